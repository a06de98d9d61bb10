"""Times training beside PyTorch at its best, in turn, and prints medians of the ratios.

    python3 Tools/bench_compare.py --trainer hf_finetune.py --model minilm --data glue/CoLA --rounds 5

TRAINER is the reference training script. PyTorch runs with its fused AdamW and batches grouped by length, in float32 and
under bfloat16 autocast; ours in float32 and with --precision bf16. A processor without instructions for bfloat16 is
measured in float32 alone. In each round every way runs once, one after the other, since machines differ and other work
comes and goes. Tokens are real ones: padding does not count. Peak memory is that of the process.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def ours(a, precision, folder):
    subprocess.run([a.program, "--task", "cola", "--model", a.model, "--data", a.data, "--optimizer", "adamw",
                    "--learning-rate", "5e-5", "--max-steps", str(a.steps), "--batch-size", str(a.batch), "--threads",
                    str(a.threads), "--eval-limit", "8", "--save", "none", "--quiet", "--precision", precision, "--output",
                    folder / "run", "--overwrite", *(["--random-init"] if a.random else []), *adapter(a)], check=True, capture_output=True)
    results = json.loads((folder / "run/results.json").read_bytes())
    return results["throughput"]["tokens_per_second"], results["memory"]["peak_rss_bytes"] / 2**20


def adapter(a):
    """Our flags for peft's settings."""
    if not a.lora:
        return []
    names = {"r": "rank", "lora_alpha": "alpha", "lora_dropout": "dropout", "target_modules": "targets"}
    return ["--method", "lora"] + [
        word for key, value in json.loads(a.lora).items() if key in names
        for word in ("-M", f"{names[key]}={','.join(value) if isinstance(value, list) else value}")]


def pytorch(a, more, folder):
    subprocess.run([sys.executable, a.trainer, "--model", a.model, "--task", "cola", "--train", f"{a.data}/train.tsv", "--optimizer",
                    "adamw", "--lr", "5e-5", "--max-steps", str(a.steps), "--batch", str(a.batch), "--threads", str(a.threads),
                    "--clip", "1", "--warmup-ratio", "0.06", "--group-by-length", "--shuffle-batches", "--fused", *more,
                    *(["--from-config"] if a.random else []), *(["--lora", a.lora] if a.lora else []), "--out",
                    folder / "torch.json"], check=True, capture_output=True)
    results = json.loads((folder / "torch.json").read_bytes())
    return results["tokens_per_second"], results["peak_rss_mib"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default=ROOT / ".build/release/finetune")
    parser.add_argument("--trainer", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True, help="the folder of CoLA's official files")
    parser.add_argument("--random", action="store_true", help="random weights of the model's shape; speed depends on no weight")
    parser.add_argument("--lora", help='settings of peft.LoraConfig, for both: \'{"r": 16, "target_modules": ["query", "value"]}\'')
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    precisions = {"float32": ("f32", [])}
    if "avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text():
        precisions["bf16"] = ("bf16", ["--bf16"])
    ways = {f"ours, {name}": lambda folder, own=own: ours(a, own, folder) for name, (own, _) in precisions.items()}
    ways |= {f"PyTorch, {name}": lambda folder, more=more: pytorch(a, more, folder) for name, (_, more) in precisions.items()}
    found = {name: [] for name in ways}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        for _ in range(a.rounds):
            for way, measure in ways.items():
                found[way].append(measure(pathlib.Path(name)))
    for way, values in found.items():
        print(f"{way}: {statistics.median(v[0] for v in values):.0f} tokens/s, "
              f"{statistics.median(v[1] for v in values):.0f} MiB")
    for precision in precisions:
        mine, theirs = found[f"ours, {precision}"], found[f"PyTorch, {precision}"]
        ratios = [left[0] / right[0] for left, right in zip(mine, theirs)]
        print(f"{precision}: {statistics.median(ratios):.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f})")
    if "bf16" not in precisions:
        return
    best = [left[0] / max(right[0], other[0]) for left, right, other in
            zip(found["ours, bf16"], found["PyTorch, bf16"], found["PyTorch, float32"])]
    print(f"our bf16 against the better of theirs: {statistics.median(best):.2f}")


if __name__ == "__main__":
    main()
