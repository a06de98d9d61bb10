"""Invents a grid of many cells, some with hostile names, for a look at the report's page. Its figures mean nothing.

python3 Tools/make_report_cells.py --like RUN --cells 500 --output GRID
finetune report GRID --output REPORT
RUN is the folder of any completed run; each cell is its record with other names, rates, seeds, scores and log.
"""
import argparse, copy, json, math, pathlib, random

HOSTILE = [
    "<script>window.hacked=1;document.title='hacked'</script>", "\"><img src=x onerror=window.hacked=1>", "' onmouseover='window.hacked=1",
    "</style><style>body{display:none}", "]]><!--", "</script><script>window.hacked=1</script>", "&lt;b&gt;&amp;", "| a | b | \\",
    "\u202eevil\u202c", "W" * 300, "a\u0301\u0302\u0303" * 40, "=cmd|' ''!A0", "日本語の名前", "\\input{x} $x_1$ % #", "[x](javascript:window.hacked=1)", "{{7*7}} ${7*7}",
]

parser = argparse.ArgumentParser()
parser.add_argument("--like", required=True, type=pathlib.Path)
parser.add_argument("--cells", type=int, default=500)
parser.add_argument("--output", required=True, type=pathlib.Path)
parser.add_argument("--plain", action="store_true", help="no hostile names")
options = parser.parse_args()
like = json.loads((options.like / "results.json").read_text())
chance = random.Random(1)
names = ["adamw", "fira", "came", "lion", "adafactor"] if options.plain else ["adamw", "fira"] + HOSTILE
tasks = ["cola", "mrpc"] if options.plain else ["cola", HOSTILE[0], HOSTILE[9]]
metric = like["task"]["primary_metric"]
cells = []
for number in range(options.cells):
    group, seed = divmod(number, 3)
    optimizer, task = names[group % len(names)], tasks[group // len(names) % len(tasks)]
    rate = float(f"{10 ** (-5 + 0.5 * (group // len(names) // len(tasks) % 7)):.2e}")
    score = max(0.0, min(1.0, 0.5 + 0.04 * (group % len(names) % 5) - 0.03 * abs(math.log10(rate) + 3.5) + chance.gauss(0, 0.02)))
    status = chance.choices(["completed", "diverged", "failed", "pending", "interrupted", "cut"], [20, 1, 1, 1, 1, 1])[0]
    reason = None if status in ("completed", "pending") else chance.choice(["ended by signal 9"] if options.plain else HOSTILE)
    seed += 3 * (group // len(names) // len(tasks) // 7)
    name = f"cell-{number}" if options.plain else f"{number}-{HOSTILE[number % len(HOSTILE)]}".replace("/", "_")[:120]
    cells.append({
        "name": name, "task": task, "optimizer": optimizer, "seed": seed, "status": status, "reason": reason, "learning_rate": rate,
        "primary_metric": metric, "metrics": {metric: score} if status == "completed" else {},
        "identity": {"settings": {"task": task, "optimizer": optimizer, "learning_rate": str(rate), "seed": str(seed)}, "optimizer_option": {}}})
    folder = options.output / name
    folder.mkdir(parents=True)
    if status not in ("completed", "diverged"): continue
    record = copy.deepcopy(like)
    record["status"] = record["outcome"]["status"] = status
    if reason: record["reason"] = record["outcome"]["reason"] = reason
    record["seed"], record["config"]["seed"] = seed, seed
    record["task"]["name"], record["optimizer"]["name"], record["optimizer"]["learning_rate"] = task, optimizer, rate
    record["model"]["name"] = "demo" if options.plain else HOSTILE[number % 3]
    record["environment"]["git_commit"] = "0" * 40 if options.plain else HOSTILE[0]
    for part in (record, record["outcome"]):
        part["metrics"] = {"dev": {metric: score}} if status == "completed" else {"dev": {}}
    record["outcome"]["standard_error"] = {"dev": {metric: 0.01}}
    record["outcome"]["baseline"] = {"dev": {metric: 0.4}}
    record["memory"]["optimizer_state_bytes"] = (1 + group % len(names)) << 22
    (folder / "results.json").write_text(json.dumps(record))
    steps = record["best"]["step"] if record["best"] else 10
    (folder / "train_log.jsonl").write_text("".join(json.dumps({
        "step": step, "epoch": step / steps, "loss": 0.7 * math.exp(-step / steps) + chance.random() * 0.05, "learning_rate": rate,
        "gradient_norm": 1.0, "tokens": 100, "seconds": 0.01}) + "\n" for step in range(1, steps + 1)))
(options.output / "grid.json").write_text(json.dumps({
    "schema_version": 2, "status": "unfinished", "axes": {}, "winners": [], "groups": [], "cells": cells, "command": []}))
print(f"{len(cells)} cells in {options.output}")
