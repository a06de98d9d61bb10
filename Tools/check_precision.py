#!/usr/bin/env python3
"""How far bfloat16 moves the losses of real training, ours beside PyTorch's autocast.

    check_precision.py --finetune PROGRAM --trainer HF_FINETUNE --model DIR --data GLUE/CoLA [--steps 40]

Both train the same checkpoint on the same batches in float32 and in bfloat16. DIR needs a classifier: compare_real.py head makes
one. Exit status 1 where our losses are more than 1.5 times as far from float32's as PyTorch's are.
"""
import argparse, json, pathlib, subprocess, sys, tempfile
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import reference_trainer

SETTINGS = {"learning_rate": 5e-5, "batch_size": 32, "warmup_ratio": 0.06, "schedule": "linear", "weight_decay": 0.0,
            "gradient_clip": 1.0, "dropout": 0.0, "max_length": 128}


def ours(a, precision):
    with tempfile.TemporaryDirectory() as d:
        command = [a.finetune, "--task", "cola", "--model", a.model, "--data", a.data, "--max-steps", a.steps, "--no-shuffle",
                   "--save", "none", "--eval-limit", 4, "--quiet", "--precision", precision, "--output", d + "/run"]
        for key, value in SETTINGS.items():
            command += ["--" + key.replace("_", "-"), value]
        subprocess.run([str(x) for x in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lines = [json.loads(x) for x in open(d + "/run/train_log.jsonl")]
    return [x["loss"] for x in lines if "loss" in x]


def torchs(a, precision):
    train = pathlib.Path(a.data) / "train.tsv"
    more = ["--bf16"] if precision == "bf16" else []
    return reference_trainer.run(
        a.trainer, a.model, "cola", train, "adamw", SETTINGS | {"max_steps": a.steps}, 2, more)["losses"]


def mean(values):
    return sum(values) / len(values)


def main():
    p = argparse.ArgumentParser()
    for name in ("finetune", "trainer", "model", "data"):
        p.add_argument("--" + name, required=True)
    p.add_argument("--steps", type=int, default=40)
    a = p.parse_args()
    runs = {(who.__name__, precision): who(a, precision) for who in (ours, torchs) for precision in ("f32", "bf16")}
    far = {}
    for who in ("ours", "torchs"):
        single, half = runs[who, "f32"], runs[who, "bf16"]
        assert len(single) == len(half) == a.steps
        gaps = [abs(x - y) for x, y in zip(single, half)]
        far[who] = mean(gaps)
        print(f"{who}: bf16 differs from f32 by {mean(gaps):.2e} on average, {max(gaps):.2e} at most; "
              f"last loss {single[-1]:.5f} and {half[-1]:.5f}")
    gap = max(abs(x - y) for x, y in zip(runs["ours", "f32"], runs["torchs", "f32"]))
    print(f"float32, ours and PyTorch's: at most {gap:.2e}")
    sys.exit(far["ours"] > 1.5 * far["torchs"])


main()
