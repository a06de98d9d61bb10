#!/usr/bin/env python3
"""Writes Tests/Fixtures/left_out_targets.json: losses and gradients of heads where some targets are left out.

PyTorch's cross_entropy leaves them out by ignore_index, and takes the mean over the others. Needs torch.
"""
import json, pathlib
import torch
import torch.nn.functional as F

torch.manual_seed(20240818)
OUT = -100
OFFSETS = [0, 3, 7, 9, 14]


def grouped(scores, labels):
    """Cross-entropy over the rows of each group, padded with -inf to the same width."""
    widths = [b - a for a, b in zip(OFFSETS, OFFSETS[1:])]
    rows = [F.pad(scores[a:b], (0, max(widths) - (b - a)), value=-torch.inf) for a, b in zip(OFFSETS, OFFSETS[1:])]
    return F.cross_entropy(torch.stack(rows), torch.tensor(labels), ignore_index=OUT)


def case(head, columns, targets, loss):
    logits = torch.randn(OFFSETS[-1], columns, dtype=torch.float64).float().double().requires_grad_()
    value = loss(logits)
    value.backward()
    return {"head": head, "columns": columns, "logits": logits.flatten().tolist(), **targets, "loss": value.item(),
            "gradient": logits.grad.flatten().tolist()}


def spans(first, last):
    return case("spans", 2, {"first": first, "last": last},
                lambda x: (grouped(x[:, 0], first) + grouped(x[:, 1], last)) / 2)


def choices(correct):
    return case("choices", 1, {"correct": correct}, lambda x: grouped(x[:, 0], correct))


def classes(labels):
    return case("classes", 3, {"classes": labels}, lambda x: F.cross_entropy(x, torch.tensor(labels), ignore_index=OUT))


cases = [spans([1, OUT, 0, OUT], [2, OUT, 1, OUT]), spans([2, 0, OUT, 4], [2, 3, OUT, 4]), spans([0, 1, 1, 2], [1, 3, 1, 4]),
         choices([OUT, 3, OUT, 0]), choices([2, 0, 1, OUT]),
         classes([0, OUT, 2, 1, OUT, OUT, 1, 0, 2, OUT, 1, 1, 0, OUT])]
path = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures/left_out_targets.json"
path.write_text(json.dumps({"script": "Tools/make_target_fixtures.py", "torch": torch.__version__, "offsets": OFFSETS,
                            "cases": cases}) + "\n")
