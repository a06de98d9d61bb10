"""Runs the reference training script in this process and returns what it wrote."""
import contextlib, io, json, pathlib, runpy, sys, tempfile
import torch


def run(trainer, model, task, train, optimizer, s, threads):
    """`s`: settings under the program's option names. Returns the trainer's JSON object (losses, tokens, ...)."""
    with tempfile.TemporaryDirectory() as d:
        out = pathlib.Path(d) / "out.json"
        argv = [trainer, "--model", model, "--task", task, "--train", train, "--optimizer", optimizer,
                "--lr", s["learning_rate"], "--batch", s["batch_size"], "--max-steps", s["max_steps"],
                "--warmup-ratio", s["warmup_ratio"], "--schedule", s["schedule"], "--weight-decay", s["weight_decay"],
                "--clip", s["gradient_clip"], "--dropout", s["dropout"], "--max-length", s["max_length"],
                "--sequential", "--threads", threads, "--rank", s.get("rank", 8), "--gap", s.get("update_gap", 200),
                "--alpha", s.get("scale", s.get("alpha", 1.0)), "--out", out]
        before, svd = sys.argv, torch.linalg.svd
        sys.argv = [str(x) for x in argv]
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                runpy.run_path(str(trainer), run_name="__main__")
        finally:
            # The script replaces torch.linalg.svd by one with fixed signs; it does so again on its next run.
            sys.argv, torch.linalg.svd = before, svd
        return json.loads(out.read_text())
