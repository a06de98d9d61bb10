#!/usr/bin/env python3
"""What transformers makes of checkpoints/demo: writes Tests/Fixtures/demo.json and demo.safetensors.

    make_demo_fixtures.py          run it after checkpoints/demo/model.safetensors changed

Ids of 1,000 generated sentences, the mean loss of a predicted token over them, and every logit of the first two.
"""
import json, pathlib
import safetensors.torch
import sentencepiece, tokenizers, torch, transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

root = pathlib.Path(__file__).resolve().parent.parent
demo = root / "checkpoints/demo"
lines = (root / "tasks/cola/sample/train.tsv").read_text(encoding="utf-8").splitlines()
sentences = [line.split("\t")[3] for line in lines[:1000]]

model, info = AutoModelForCausalLM.from_pretrained(demo, dtype=torch.float32, output_loading_info=True)
for key in ("missing_keys", "unexpected_keys", "mismatched_keys"):
    assert not info[key], f"{key}: {info[key]}"
tokenizer = AutoTokenizer.from_pretrained(demo)
processor = sentencepiece.SentencePieceProcessor(str(demo / "tokenizer.model"))
ids = [tokenizer(sentence)["input_ids"] for sentence in sentences]
assert all(a == [1] + processor.encode(s) for a, s in zip(ids, sentences)), "transformers and sentencepiece disagree"

total, count = 0.0, 0
with torch.no_grad():
    for sequence in ids:
        logits = model(torch.tensor([sequence])).logits[0, :-1].double()
        total += torch.nn.functional.cross_entropy(logits, torch.tensor(sequence[1:]), reduction="sum").item()
        count += len(sequence) - 1
    first = torch.cat([model(torch.tensor([sequence])).logits[0] for sequence in ids[:2]])
versions = {m.__name__: m.__version__ for m in (torch, transformers, tokenizers, sentencepiece)}
fixture = {
    "script": "Tools/make_demo_fixtures.py", "versions": versions, "parameters": model.num_parameters(),
    "sentences": sentences, "ids": ids, "mean_loss": total / count,
}
out = root / "Tests/Fixtures"
(out / "demo.json").write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
safetensors.torch.save_file({"logits": first.contiguous()}, out / "demo.safetensors")
print(f"{len(ids)} sentences, mean loss {total / count:.6f}, perplexity {torch.tensor(total / count).exp():.3f}")
