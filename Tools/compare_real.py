#!/usr/bin/env python3
"""Parity on a real encoder or decoder and the real CoLA and MRPC.

    compare_real.py head      --encoder DIR --out DIR         the model with a fixed classifier head, as a checkpoint
    compare_real.py losses    --trainer HF_FINETUNE --model DIR --data GLUE --out DIR [--threads 2] [--verify]
                              [--tasks cola] [--optimizers adamw] [--batch-size 8] [--max-length 64]
    compare_real.py logits    --model DIR --data GLUE --out DIR
    compare_real.py compare   --reference FILE.json --log RUN/train_log.jsonl
    compare_real.py compare-logits --reference FILE.json --predictions RUN/predictions-dev.tsv --data GLUE

GLUE is the folder that holds CoLA/ and MRPC/. `losses` writes {cola,mrpc}-{adamw,fira}.json, `logits` {cola,mrpc}-logits.json;
each names the settings under which our program has to be run. Exit status 1 where a comparison fails.
"""
import argparse, json, pathlib, shutil, sys
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from reference_scoring import compare_predictions, logits, metrics, read_examples
import reference_trainer, torch

FOLDER = {"cola": "CoLA", "mrpc": "MRPC"}
BASE = {"batch_size": 32, "max_steps": 20, "warmup_ratio": 0.06, "schedule": "linear", "weight_decay": 0.0,
        "gradient_clip": 0.0, "dropout": 0.0, "max_length": 128, "no_shuffle": True}
OPTIMIZERS = {"adamw": {"learning_rate": 5e-5},
              "fira": {"learning_rate": 5e-4, "rank": 8, "update_gap": 6, "alpha": 1.0, "projector": "svd"}}
# traps.md: on some machines the thread count alone moves Fira on the real encoder by 2e-4.
FIRST, ANY = 1e-4, 2e-3


def head(a):
    from transformers import AutoModelForSequenceClassification
    torch.manual_seed(a.seed)
    model = AutoModelForSequenceClassification.from_pretrained(a.encoder, num_labels=2, dtype=torch.float32)
    g = torch.Generator().manual_seed(a.seed)
    with torch.no_grad():
        layer = model.classifier if hasattr(model, "classifier") else model.score  # a decoder's has no bias
        layer.weight.copy_(torch.randn(layer.weight.shape, generator=g) * 0.02)
        if layer.bias is not None:
            layer.bias.zero_()
    model.save_pretrained(a.out)
    for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        if (a.encoder / name).exists():
            shutil.copyfile(a.encoder / name, a.out / name)
    print("wrote", a.out)


def losses(a):
    a.out.mkdir(parents=True, exist_ok=True)
    for task in a.tasks:
        for optimizer in a.optimizers:
            s, train = BASE | OPTIMIZERS[optimizer], a.data / FOLDER[task] / "train.tsv"
            s |= {"batch_size": a.batch_size, "max_length": a.max_length}
            r = reference_trainer.run(a.trainer, a.model, task, train, optimizer, s, a.threads)
            record = {"model": str(a.model), "task": task, "optimizer": optimizer, "settings": s, "threads": a.threads,
                      "losses": r["losses"], "tokens": r["tokens"], "tokens_per_second": r["tokens_per_second"]}
            if a.verify:
                again = reference_trainer.run(a.trainer, a.model, task, train, optimizer, s, 1 if a.threads != 1 else 2)
                record["other_threads_differ_by"] = max(abs(x - y) for x, y in zip(r["losses"], again["losses"]))
            (a.out / f"{task}-{optimizer}.json").write_text(json.dumps(record, indent=1) + "\n")
            print(task, optimizer, "first", r["losses"][0], "last", r["losses"][-1],
                  "other thread count:", record.get("other_threads_differ_by"), flush=True)


def save_logits(a):
    from transformers import AutoModelForSequenceClassification
    a.out.mkdir(parents=True, exist_ok=True)
    model = AutoModelForSequenceClassification.from_pretrained(a.model, dtype=torch.float32)
    for task in a.tasks:
        examples = read_examples(task, a.data / FOLDER[task] / "dev.tsv")
        out = logits(model, a.model, examples, 128)
        scores = metrics([e[1] for e in examples], out.argmax(-1).tolist())
        (a.out / f"{task}-logits.json").write_text(json.dumps(
            {"model": str(a.model), "task": task, "split": "dev", "max_length": 128, "metrics": scores,
             "logits": out.tolist()}) + "\n")
        print(task, len(examples), "examples", scores, flush=True)


def compare(a):
    reference = json.loads(a.reference.read_text())
    log = [json.loads(l) for l in a.log.read_text().splitlines() if l.strip()]
    log = {r["step"]: r["loss"] for r in log if "step" in r and "loss" in r}
    n = len(reference["losses"])
    missing = [s for s in range(1, n + 1) if s not in log]
    if missing:
        print(f"FAIL {a.log}: no step {missing[0]} of {n}")
        return 1
    d = [abs(log[s + 1] - x) for s, x in enumerate(reference["losses"])]
    worst = max(range(n), key=lambda i: d[i])
    ok = d[0] <= a.first and d[worst] <= a.max and all(x == x for x in d)
    print(f"{'PASS' if ok else 'FAIL'} {reference['task']} {reference['optimizer']}: first step {d[0]:.2e} "
          f"(allowed {a.first:.0e}), largest {d[worst]:.2e} at step {worst + 1} (allowed {a.max:.0e}), {n} steps")
    if not ok or a.verbose:
        for s, x in enumerate(reference["losses"]):
            print(f"  step {s + 1:3d}  reference {x:.7f}  ours {log[s + 1]:.7f}  difference {d[s]:.2e}")
    return 0 if ok else 1


def compare_logits(a):
    reference = json.loads(a.reference.read_text())
    examples = read_examples(reference["task"], a.data / FOLDER[reference["task"]] / "dev.tsv")
    problems, d = compare_predictions(a.predictions, reference["task"], reference["logits"], examples)
    ok = not problems and d <= a.max
    print(f"{'PASS' if ok else 'FAIL'} {reference['task']} logits: largest difference {d:.2e} (allowed {a.max:.0e})")
    for p in problems:
        print("  " + p)
    return 0 if ok else 1


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(required=True)
    path = pathlib.Path

    def command(name, function, *arguments):
        c = sub.add_parser(name)
        c.set_defaults(run=function)
        for flag, options in arguments:
            c.add_argument(flag, **options)
    needed = lambda t=path: {"type": t, "required": True}
    tasks = ("--tasks", {"nargs": "+", "default": ["cola", "mrpc"], "choices": list(FOLDER)})
    threads = ("--threads", {"type": int, "default": 2})
    command("head", head, ("--encoder", needed()), ("--out", needed()), ("--seed", {"type": int, "default": 7}), threads)
    command("losses", losses, ("--trainer", needed()), ("--model", needed()), ("--data", needed()), ("--out", needed()),
            tasks, ("--optimizers", {"nargs": "+", "default": list(OPTIMIZERS), "choices": list(OPTIMIZERS)}), threads,
            ("--batch-size", {"type": int, "default": BASE["batch_size"]}), ("--max-length", {"type": int, "default": BASE["max_length"]}),
            ("--verify", {"action": "store_true"}))
    command("logits", save_logits, ("--model", needed()), ("--data", needed()), ("--out", needed()), tasks, threads)
    command("compare", compare, ("--reference", needed()), ("--log", needed()), ("--verbose", {"action": "store_true"}),
            ("--first", {"type": float, "default": FIRST}), ("--max", {"type": float, "default": ANY}))
    command("compare-logits", compare_logits, ("--reference", needed()), ("--predictions", needed()),
            ("--data", needed()), ("--max", {"type": float, "default": 1e-4}))
    a = p.parse_args()
    if "threads" in a:
        torch.set_num_threads(a.threads)
    sys.exit(a.run(a))


main()
