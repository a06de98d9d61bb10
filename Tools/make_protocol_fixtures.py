#!/usr/bin/env python3
"""Writes Tests/Fixtures/protocols.json and models/bert-tiny-heads/: losses of six training steps of every protocol, and the
scores of the model that comes of them, by transformers on the tasks' samples.

    python Tools/make_protocol_fixtures.py

bert-tiny-heads is a small random BERT with the heads for one number or a score of each choice (they have the same names),
and for spans. Its config names no architecture, so that each head may be any task's. The language model is
models/llama-tiny-lm. What is computed is that of Tools/compare_protocols.py. When a
sample changes, run this again. Needs torch, transformers, scikit-learn and scipy in the versions that the file names.
"""
import argparse, copy, hashlib, json, pathlib, re, shutil, sys
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import compare_protocols as compare
from fixture_common import randomize, versions
import torch
import transformers as hf
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "Tests" / "Fixtures"
STEPS, RATE = 6, 2e-3
RUNS = [  # name, model, sample, options
    ("stsb", "bert-tiny-heads", "stsb/sample", {"max_length": 48, "batch_size": 4}),
    ("arc", "bert-tiny-heads", "arc_easy/sample", {"max_length": 32, "batch_size": 3, "accumulate": 2}),
    ("squad", "bert-tiny-heads", "squad/sample", {"max_length": 90, "batch_size": 4, "stride": 40}),
    ("squad", "bert-tiny-heads", "squad/sample", {"max_length": 60, "batch_size": 3, "accumulate": 2, "stride": 6}),
    ("likelihood", "llama-tiny-lm", "arc_easy/sample", {"max_length": 64, "batch_size": 4}),
    ("likelihood", "llama-tiny-lm", "arc_easy/sample", {"max_length": 20, "batch_size": 3, "accumulate": 2, "train_on_prompt": True}),
    ("generation", "llama-tiny-lm", "openbookqa/sample/llm-adapters", {"max_length": 64, "batch_size": 4}),
    ("generation", "llama-tiny-lm", "openbookqa/sample/llm-adapters", {"max_length": 64, "batch_size": 2, "accumulate": 2, "train_on_prompt": True}),
]


def make_bert():
    folder = FIXTURES / "models" / "bert-tiny-heads"
    folder.mkdir(exist_ok=True)
    vocabulary = FIXTURES / "models" / "bert-tiny"
    config = hf.BertConfig(vocab_size=300, hidden_size=12, num_hidden_layers=2, num_attention_heads=2, intermediate_size=20,
                           max_position_embeddings=96, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, num_labels=1)
    two = copy.deepcopy(config)
    two.num_labels = 2
    model, spans = hf.BertForMultipleChoice(config), hf.BertForQuestionAnswering(two)
    randomize(list(model.named_parameters()) + [(n, p) for n, p in spans.named_parameters() if n.startswith("qa_outputs")], 3, 0.3)
    save_file({n: p.detach().contiguous() for n, p in list(model.named_parameters()) + [
        (n, p) for n, p in spans.named_parameters() if n.startswith("qa_outputs")]}, folder / "model.safetensors", {"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    config.save_pretrained(folder)
    for name in ("vocab.txt", "tokenizer_config.json"):
        shutil.copyfile(vocabulary / name, folder / name)


def main():
    torch.set_num_threads(1)
    make_bert()
    runs = []
    for name, model, sample, options in RUNS:
        data, folder = ROOT / "tasks" / sample, FIXTURES / "models" / model
        a = argparse.Namespace(data=data, max_length=options["max_length"], steps=STEPS, accumulate=options.get("accumulate", 1), padded=False,
                               train_on_prompt=options.get("train_on_prompt", False), stride=options.get("stride", 128))
        kind = compare.KINDS[name](hf.AutoTokenizer.from_pretrained(folder), a)
        reference = kind.make(folder)
        with torch.no_grad():
            start = kind.score(reference.eval(), 100_000)[0] if hasattr(kind, "score") else {}
        losses = compare.reference_losses(kind, reference, kind.items("train"), options["batch_size"], RATE, a)
        with torch.no_grad():
            end, predictions = kind.score(reference.eval(), 100_000) if hasattr(kind, "score") else ({}, [])
        if kind.task == "arc_easy":  # the names of the choices
            names = [[c["label"] for c in r["question"]["choices"]] for r in compare.json_lines(data / "ARC-Easy-Dev.jsonl")]
            predictions = [n[i] for n, i in zip(names, predictions)]
        whole = compare.KINDS[name](kind.tokenizer, argparse.Namespace(**vars(a) | {"max_length": 10**6})) if name != "squad" else None
        long = lambda item: any(len(x["input_ids"]) > a.max_length for x in (item[0] if isinstance(item[0], list) else [item[0]]))
        if issubclass(compare.KINDS[name], compare.Text):
            long = lambda item: len(item[0]) > a.max_length + 1  # the last token is no input
        truncated = sum(map(long, whole.items("train"))) if whole else 0
        digest = hashlib.sha256(b"".join(p.read_bytes() for p in sorted(data.iterdir()) if p.suffix in (".tsv", ".json", ".jsonl"))).hexdigest()
        settings = dict(zip([f[2:].replace("-", "_") for f in kind.flags[::2]], kind.flags[1::2])) | {
            ("doc_stride" if k == "stride" else k): v for k, v in options.items()}
        settings |= {"max_steps": STEPS, "learning_rate": RATE, "schedule": "constant", "warmup_ratio": 0, "dropout": 0, "gradient_clip": 0,
                     "no_shuffle": True}
        runs.append({"kind": name, "task": kind.task, "model": model, "sample": sample, "sample_sha256": digest, "settings": settings,
                     "losses": losses, "metrics_before": start, "metrics": end,
                     "predictions": predictions, "truncated": truncated})
        print(name, options, losses[0], losses[-1], start, end, truncated, "truncated")
    # Texts that the language model writes after the prompts, whose beginning is cut, and the first "e" or "st" in them.
    folder, generations = FIXTURES / "models" / "llama-tiny-lm", []
    model = hf.LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer, limit = hf.AutoTokenizer.from_pretrained(folder), 32
    for row in json.loads((ROOT / "tasks/openbookqa/sample/llm-adapters/test.json").read_text("utf-8"))[:6]:
        prompt = tokenizer(compare.generate_prompt(row["instruction"]))["input_ids"]
        kept = prompt[-(model.config.max_position_embeddings - limit):]
        out = model.generate(torch.tensor([kept]), attention_mask=torch.ones(1, len(kept), dtype=torch.long), max_new_tokens=limit,
                             do_sample=False, pad_token_id=0)[0, len(kept):].tolist()
        text = tokenizer.decode(out, skip_special_tokens=True)
        found = re.findall("e|st", text)
        generations.append({"cut": len(prompt) - len(kept), "tokens": out, "extracted": found[0] if found else None})
        print(generations[-1]["cut"], repr(text), generations[-1]["extracted"])
    value = {"script": "Tools/make_protocol_fixtures.py", "versions": versions("torch", "transformers", "scikit-learn", "scipy"), "runs": runs, "generations": generations}
    (FIXTURES / "protocols.json").write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


main()
