#!/usr/bin/env python3
"""Loads a trained folder with transformers, or with peft where it holds an adapter, and checks that it is the model that
our program scored.

    check_roundtrip.py RUN/model --task cola --data DIR --predictions RUN/predictions-dev.tsv

DIR holds the task's dev.tsv. Checks: no missing, unexpected or mismatched key; the metrics in RUN/results.json; every
logit and prediction in the predictions file. Exit status 1 on any difference.
"""
import argparse, json, pathlib, sys
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from reference_scoring import compare_predictions, logits, metrics, read_examples
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("model", type=pathlib.Path)
p.add_argument("--task", required=True, choices=["cola", "mrpc"])
p.add_argument("--data", required=True, type=pathlib.Path)
p.add_argument("--predictions", required=True, type=pathlib.Path)
p.add_argument("--results", type=pathlib.Path, help="default: results.json beside the model folder")
p.add_argument("--max-length", type=int, help="default: what results.json says, else 128")
p.add_argument("--tolerance", type=float, default=1e-4, help="of a logit")
p.add_argument("--threads", type=int, default=2)
a = p.parse_args()
torch.set_num_threads(a.threads)
failures = []

if (a.model / "adapter_config.json").exists():
    import peft
    base = json.loads((a.model / "adapter_config.json").read_text())["base_model_name_or_path"]
    labels = AutoConfig.from_pretrained(a.model)
    model = AutoModelForSequenceClassification.from_pretrained(
        base, dtype=torch.float32, num_labels=labels.num_labels, id2label=labels.id2label, label2id=labels.label2id)
    model = peft.PeftModel.from_pretrained(model, a.model)
    info = {}
    # peft warns of missing keys and goes on, so each tensor of the file is looked for.
    from safetensors.torch import load_file
    held = peft.get_peft_model_state_dict(model)
    for name, value in load_file(a.model / "adapter_model.safetensors").items():
        if name not in held or not torch.equal(held[name], value):
            failures.append(f"{name} is not what peft has after loading")
    if set(held) != set(load_file(a.model / "adapter_model.safetensors")):
        failures.append("peft would save other tensors")
    model.config.id2label = labels.id2label
    print(f"adapter: {len(held)} tensors in peft")
else:
    model, info = AutoModelForSequenceClassification.from_pretrained(a.model, dtype=torch.float32, output_loading_info=True)
for key in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"):
    if info.get(key):
        failures.append(f"{key}: {sorted(info[key])}")

results = json.loads((a.results or a.model.parent / "results.json").read_text())
max_length = a.max_length or results.get("config", {}).get("max_length") or 128
examples = read_examples(a.task, a.data / "dev.tsv")
reference = logits(model, a.model, examples, max_length)
scores = metrics([e[1] for e in examples], reference.argmax(-1).tolist())
ours = results["metrics"]["dev"]
shared = sorted(set(scores) & set(ours))
if not shared:
    failures.append(f"results.json has none of {sorted(scores)} under metrics.dev: {sorted(ours)}")
for name in shared:
    print(f"{name}: results.json {ours[name]:.9f}, transformers {scores[name]:.9f}")
    if abs(ours[name] - scores[name]) > 1e-6:
        failures.append(f"{name} differs: {ours[name]} in results.json, {scores[name]} by transformers")

problems, largest = compare_predictions(a.predictions, a.task, reference, examples, model.config.id2label)
failures += problems
print(f"logits: largest difference {largest:.2e} (allowed {a.tolerance:.0e})")
if not largest <= a.tolerance:
    failures.append("logits differ")
for f in failures:
    print("  " + f)
print("FAIL" if failures else "PASS")
sys.exit(1 if failures else 0)
