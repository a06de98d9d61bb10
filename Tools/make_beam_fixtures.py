#!/usr/bin/env python3
"""Writes Tests/Fixtures/beams.json: what transformers' generate writes with several beams, on the small language models
of Tests/Fixtures/families. One prompt runs at a time, so nothing is padded.

    python Tools/make_beam_fixtures.py

Needs torch, transformers and safetensors in the versions that the file names. A case is kept only where float32 and
float64 agree, so that no choice hangs on rounding.
"""
import os, pathlib, random, sys
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import torch
import transformers as hf
from safetensors.torch import load_file
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fixture_common import versions, write_json

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
FAMILIES = {"gpt2": hf.GPT2LMHeadModel, "gpt2-untied": hf.GPT2LMHeadModel, "llama": hf.LlamaForCausalLM,
            "llama-tied": hf.LlamaForCausalLM}
NEW = 9
# beams, number of end tokens, length penalty
SETTINGS = [(2, 0, 1.0), (4, 0, 1.0), (4, 1, 1.0), (4, 3, 1.0), (3, 2, 0.0), (3, 2, 2.0), (1, 2, 1.0)]
HEAD = "language_model/weight/"


def load(family):
    folder = FIXTURES / "families" / family
    own = {n[len(HEAD):]: t for n, t in load_file(folder / "heads.safetensors").items() if n.startswith(HEAD)}
    model, info = FAMILIES[family].from_pretrained(folder, output_loading_info=True, dtype=torch.float32)
    assert set(info["missing_keys"]) == set(own), info
    model.load_state_dict(own, strict=False)
    model.generation_config.eos_token_id = None
    return model.eval()


def generate(model, prompt, beams, ends, penalty):
    out = model.generate(
        torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long), max_new_tokens=NEW,
        num_beams=beams, do_sample=False, early_stopping=False, length_penalty=penalty if beams > 1 else None,
        eos_token_id=ends or None, pad_token_id=0, return_dict_in_generate=True, output_scores=True)
    tokens = out.sequences[0, len(prompt):].tolist()
    return tokens, out.sequences_scores.item() if beams > 1 else None


def run(family, model, double, r):
    cases = []
    for beams, count, penalty in SETTINGS:
        prompts, rows = [], []
        ends = []
        while len(ends) < count:
            # A token that the model likes, so that texts end early.
            prompt = [r.randrange(3, model.config.vocab_size) for _ in range(3)]
            token = generate(model, prompt, 2, [], 1.0)[0][r.randrange(1, 4)]
            ends += [token] * (token not in ends)
        for length in (1, 4, 9, 2, 7, 4):
            while True:
                prompt = [r.randrange(3, model.config.vocab_size) for _ in range(length)]
                if length == 4 and prompts:
                    prompt[:2] = prompts[-1][:2] if len(prompts[-1]) > 1 else prompt[:2]
                tokens, score = generate(model, prompt, beams, ends, penalty)
                if tokens == generate(double, prompt, beams, ends, penalty)[0]:
                    break
            prompts.append(prompt)
            rows.append({"tokens": tokens, "score": score})
        early = sum(len(row["tokens"]) < NEW for row in rows)
        print(family, beams, ends, penalty, "early:", early, "lengths:", [len(row["tokens"]) for row in rows])
        assert bool(early) or not ends or penalty > 1
        cases.append({"family": family, "beams": beams, "end_tokens": ends, "length_penalty": penalty, "new_tokens": NEW,
                      "prompts": prompts, "expected": rows})
    return cases


def main():
    cases = []
    for index, family in enumerate(FAMILIES):
        torch.set_default_dtype(torch.float32)
        cases += run(family, load(family), load(family).double(), random.Random(20241 + index))
    write_json(FIXTURES / "beams.json", {"script": "Tools/make_beam_fixtures.py",
                                         "versions": versions("torch", "transformers", "safetensors"), "cases": cases})


main()
