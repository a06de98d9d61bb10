"""Second moments of a real training run, and how well any matrix of rank k can stand for each.

    python Tools/make_second_moment_fixtures.py

Trains Tests/Fixtures/models/bert-tiny on Tests/Fixtures/data/cola for 40 steps of torch.optim.AdamW, and writes AdamW's
second moments with the least error ratio of every rank (Eckart and Young, from NumPy's singular values in Double) to
Tests/Fixtures/second_moments.safetensors: `V/<name>` and `best/<name>`, entry k - 1 for rank k.
"""
import pathlib
import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import AutoModelForSequenceClassification, BertTokenizerFast

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
STEPS, BATCH = 40, 16


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    folder = ROOT / "models" / "bert-tiny"
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    tokenizer = BertTokenizerFast(vocab=str(folder / "vocab.txt"))
    rows = [line.split("\t") for line in (ROOT / "data" / "cola" / "train.tsv").read_text().splitlines()]
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0)
    model.train()
    for step in range(STEPS):
        batch = [rows[(step * BATCH + i) % len(rows)] for i in range(BATCH)]
        inputs = tokenizer([r[3] for r in batch], padding=True, truncation=True, max_length=48, return_tensors="pt")
        loss = model(**inputs, labels=torch.tensor([int(r[1]) for r in batch])).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    out = {}
    for name, parameter in model.named_parameters():
        wanted = ("word_embeddings", "layer.0.attention.self.query", "layer.1.attention.output.dense",
                  "layer.1.intermediate", "layer.2.output.dense")
        if parameter.ndim != 2 or not any(w in name for w in wanted):
            continue
        v = optimizer.state[parameter]["exp_avg_sq"].numpy()
        squares = np.linalg.svd(v.astype(np.float64), compute_uv=False) ** 2
        rest = squares.sum() - np.cumsum(squares)
        out["V/" + name] = v
        out["best/" + name] = np.sqrt(np.maximum(rest, 0) / squares.sum()).astype(np.float32)
        print(name, v.shape, out["best/" + name][[0, 1, 3, 7]])
    save_file(out, ROOT / "second_moments.safetensors")
    (ROOT / "second_moments.safetensors").chmod(0o644)


main()
