#!/usr/bin/env python3
"""Writes Tests/Fixtures/inspect.json: what transformers says of small checkpoints that the fixtures have: class, parameters,
missing and unexpected weights, special tokens, and ids, pieces and offsets of texts.

    python Tools/make_inspect_fixtures.py

Needs transformers, torch. Offsets are bytes of the text's UTF-8, which transformers counts in characters.
"""
import os, pathlib, sys
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import transformers
from transformers import AutoModel, AutoTokenizer
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fixture_common import versions, write_json

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
TEXTS = ["The cats were walking.", "naïve café, 天気!  two  blanks", "x"]
MODELS = ["models/bert-tiny", "models/roberta-tiny", "models/albert-tiny", "models/gpt2-tiny", "models/llama-tiny",
          "models/llama-tiny-lm", "families/bert", "families/roberta", "families/albert", "families/gpt2",
          "families/gpt2-untied", "families/llama", "families/llama-tied"]
TOKENIZERS = ["models/bert-tiny"] + ["tokenizers/folders/" + n for n in
                                     ["wordpiece", "wordpiece-json", "gpt2", "gpt2-json", "roberta", "roberta-json",
                                      "llama3", "smol", "xlmr-json"]]


def model(path):
    import json
    name = json.loads((ROOT / path / "config.json").read_text()).get("architectures", [None])[0]
    kind = getattr(transformers, name) if name else AutoModel
    loaded, info = kind.from_pretrained(ROOT / path, output_loading_info=True)
    return {"folder": path, "class": type(loaded).__name__, "parameters": loaded.num_parameters(),
            "missing": sorted(info["missing_keys"]), "unexpected": sorted(info["unexpected_keys"])}


def tokenizer(path):
    tok = AutoTokenizer.from_pretrained(ROOT / path)
    rows = []
    for text in TEXTS:
        byte = [len(text[:i].encode()) for i in range(len(text) + 1)]
        got = tok(text, return_offsets_mapping=True, return_special_tokens_mask=True)
        tokens = tok.convert_ids_to_tokens(got["input_ids"])
        # Of a special token, transformers gives the offsets (0, 0).
        spans = [None if s else [byte[a], byte[b]]
                 for (a, b), s in zip(got["offset_mapping"], got["special_tokens_mask"])]
        # Where a symbol is no part of the vocabulary and dropped, transformers counts on without it: its spans overlap.
        wrong = {i + d for i in range(len(spans) - 1) if spans[i] and spans[i + 1] and spans[i][1] > spans[i + 1][0]
                 for d in (0, 1)}
        spans = ["overlaps" if i in wrong else s for i, s in enumerate(spans)]
        rows.append({"text": text, "ids": got["input_ids"], "pieces": tokens, "spans": spans})
    special = {}
    for role in ["bos", "eos", "unk", "sep", "pad", "cls", "mask"]:
        token = getattr(tok, role + "_token", None)
        if token is not None:
            special[role] = {"id": tok.convert_tokens_to_ids(token), "token": token}
    return {"folder": path, "class": type(tok).__name__, "special": special, "texts": rows}


def main():
    write_json(ROOT / "inspect.json", {
        "script": "Tools/make_inspect_fixtures.py", "versions": versions("transformers", "tokenizers", "torch"),
        "models": [model(p) for p in MODELS], "tokenizers": [tokenizer(p) for p in TOKENIZERS]})


if __name__ == "__main__":
    main()
