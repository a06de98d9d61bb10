#!/usr/bin/env python3
"""Writes Tests/Fixtures/run_settings.json: what the reference implementations make of single settings of a run.

losses        torch's cross_entropy with label_smoothing and weight: loss and gradient
balanced      scikit-learn's class_weight="balanced"
layer_decay   factors by BEiT's LayerDecayValueAssigner, and losses of AdamW with one parameter group for each factor,
              on the models of Tests/Fixtures/families
statistics    mean, sample standard deviation and standard error by NumPy and scipy
"""
import json, math, os, pathlib, re, sys
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import numpy as np
import scipy.stats
import torch
import torch.nn.functional as F
import transformers as hf
from safetensors.torch import load_file
from sklearn.utils.class_weight import compute_class_weight
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fixture_common import versions
from make_family_fixtures import BATCHES, FAMILIES, LABELS, ROOT, Case

OUT = -100
OFFSETS = [0, 3, 7, 9, 14]
STEPS, RATE, DECAY = 12, 2e-3, 0.1


def logits(rows, columns):
    return torch.randn(rows, columns, dtype=torch.float64).mul(2).float().double().requires_grad_()


def loss_case(smoothing, weights, labels, columns):
    x = logits(len(labels), columns)
    weight = None if weights is None else torch.tensor(weights, dtype=torch.float64)
    value = F.cross_entropy(x, torch.tensor(labels), weight=weight, label_smoothing=smoothing, ignore_index=OUT)
    value.backward()
    return {"smoothing": smoothing, "weights": weights, "classes": labels, "columns": columns,
            "logits": x.flatten().tolist(), "loss": value.item(), "gradient": x.grad.flatten().tolist()}


def choice_case(smoothing, correct):
    """Groups of several sizes: each is a cross-entropy of its own, and those that count have equal weight."""
    x = logits(OFFSETS[-1], 1)
    losses = [F.cross_entropy(x[a:b, 0][None], torch.tensor([c]), label_smoothing=smoothing)
              for a, b, c in zip(OFFSETS, OFFSETS[1:], correct) if c != OUT]
    value = torch.stack(losses).mean()
    value.backward()
    return {"smoothing": smoothing, "offsets": OFFSETS, "correct": correct, "logits": x.flatten().tolist(),
            "loss": value.item(), "gradient": x.grad.flatten().tolist()}


def losses():
    torch.manual_seed(20240818)
    labels = [0, 2, OUT, 1, 2, 0, OUT, 2]
    long = torch.randint(0, 70, (3,)).tolist() + [OUT]
    rows = [loss_case(s, w, labels, 3) for s in (0.0, 0.1, 1.0) for w in (None, [1.0, 2.5, 0.25]) if s or w]
    rows += [loss_case(0.1, None, long, 70)]
    return rows + [choice_case(s, [0, OUT, 1, 4]) for s in (0.1, 1.0)]


def balanced():
    out = []
    for examples in ([0, 1, 1, 1, 0, 1], [2, 0, 1, 1, 2, 2, 2, 1], [1, 0]):
        classes = np.unique(examples)
        out.append({"classes": len(classes), "examples": examples,
                    "weights": compute_class_weight("balanced", classes=classes, y=examples).tolist()})
    return out


class LayerDecayValueAssigner:
    """BEiT's (github.com/microsoft/unilm, beit/optim_factory.py), with its values as run_class_finetuning.py makes them."""

    def __init__(self, layer_decay, num_layers):
        self.values = list(layer_decay ** (num_layers + 1 - i) for i in range(num_layers + 2))

    def get_scale(self, layer_id):
        return self.values[layer_id]


def layer_id(name, family, layers):
    """get_num_layer_for_vit for these models' names: 0 for embeddings, the blocks from 1, the last for all else."""
    if "embedding" in name or "embed_tokens" in name or ".wte." in name or ".wpe." in name:
        return 0
    found = re.search(r"(?:encoder\.layer|model\.layers|transformer\.h)\.(\d+)\.", name)
    if found:
        return int(found.group(1)) + 1
    found = re.search(r"albert_layer_groups\.(\d+)\.albert_layers\.(\d+)\.", name)
    if found:
        return int(found.group(1)) * (2 if family == "albert-groups" else 1) + int(found.group(2)) + 1
    return layers + 1


def layer_decay(family, factor):
    kind, config, heads = FAMILIES[family]()
    layers = {"albert": 1, "albert-groups": 4}.get(family, config.num_hidden_layers)
    file = json.loads((ROOT / family / "heads.json").read_text())
    case = Case("classification", file["heads"]["classification"]["targets"], file["sequences"], file.get("token_types"))
    assigner = LayerDecayValueAssigner(factor, layers)

    def run(dtype):
        torch.set_default_dtype(dtype)
        model = getattr(hf, kind + heads["classification"]).from_pretrained(ROOT / family, dtype=dtype, num_labels=LABELS)
        own = load_file(ROOT / family / "heads.safetensors")
        prefix = "classification/weight/"
        with torch.no_grad():
            for name, p in model.named_parameters():
                if prefix + name in own:
                    p.copy_(own[prefix + name])
        model.eval()
        scales = {n: assigner.get_scale(layer_id(n, family, layers)) for n, _ in model.named_parameters()}
        optimizer = torch.optim.AdamW([{"params": [p], "lr": RATE * scales[n], "weight_decay": DECAY if p.ndim > 1 else 0.0}
                                       for n, p in model.named_parameters()])
        found = []
        for step in range(STEPS):
            loss = case.run(model, *BATCHES[step % 2])[1]
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            found.append(loss.item())
        torch.set_default_dtype(torch.float32)
        return found, scales
    (found, scales), (double, _) = run(torch.float32), run(torch.float64)
    apart = max(abs(a - b) for a, b in zip(found, double))
    print(f"{family}: {found[0]:.4f} … {found[-1]:.4f} (in double {apart:.0e})")
    return {"family": family, "decay": factor, "layers": layers, "learning_rate": RATE, "weight_decay": DECAY,
            "float32_against_double": apart, "losses": found, "factors": scales}


def statistics():
    r = np.random.default_rng(7)
    series = [[0.5], [0.25, 0.75], [0.61, 0.58, 0.64, 0.6]] + [r.normal(0.6, 0.02, 7).tolist()]
    return [{"values": v, "mean": float(np.mean(v)), "standard_deviation": float(np.std(v, ddof=1)) if len(v) > 1 else None,
             "standard_error": float(scipy.stats.sem(v)) if len(v) > 1 else None} for v in series]


def main():
    torch.set_num_threads(1)
    hf.logging.disable_progress_bar()
    found = {"script": "Tools/make_run_setting_fixtures.py",
             "versions": versions("torch", "transformers", "scikit-learn", "numpy", "scipy"),
             "losses": losses(), "balanced": balanced(), "statistics": statistics(),
             "layer_decay": [layer_decay(f, 0.5) for f in ("bert", "roberta", "albert", "albert-groups", "gpt2", "llama")]}
    path = ROOT.parent / "run_settings.json"
    text = json.dumps(found)
    # Shorter numbers lose nothing: what is compared is compared in float32.
    path.write_text(re.sub(r"-?\d+\.\d{10,}(?:e-?\d+)?", lambda m: repr(float(f"{float(m.group()):.9g}")), text) + "\n")


if __name__ == "__main__":
    main()
