#!/usr/bin/env python3
"""Markdown tables from the grids that Tools/sweep_optimizers.sh makes.

    optimizer_table.py sweep OUT      every rate: dev score, dev loss; the best in bold
    optimizer_table.py presets OUT    rate, score, time, state bytes and peak memory of every optimizer
"""
import json, math, pathlib, sys


LABELS = ["unacceptable", "acceptable"]


def runs(folder):
    for path in sorted(folder.glob("*/*/results.json")):
        yield path.parent, json.loads(path.read_text())


def dev_loss(folder):
    """Mean cross-entropy from the logits in the predictions: it tells rates apart that score alike."""
    lines = (folder / "predictions-dev.tsv").read_text().splitlines()
    columns = lines[0].split("\t")
    total = 0.0
    for line in lines[1:]:
        cells = dict(zip(columns, line.split("\t")))
        values = [float(x) for x in cells["logits"].split()]
        peak = max(values)
        total += peak + math.log(sum(math.exp(v - peak) for v in values)) - values[LABELS.index(cells["label"])]
    return total / (len(lines) - 1)


def score(result):
    return (result.get("metrics") or {}).get("dev", {}).get(result["task"]["primary_metric"], float("nan"))


what, out = sys.argv[1], pathlib.Path(sys.argv[2])
if what == "sweep":
    rows = {}
    for folder, result in runs(out):
        done = result["status"] == "completed"
        entry = (result["optimizer"]["learning_rate"], score(result) if done else math.nan,
                 dev_loss(folder) if done else math.inf)
        rows.setdefault(result["optimizer"]["name"], []).append(entry)
    print("| optimizer | rate: score (dev loss) | | |\n|---|---|---|---|")
    for name, entries in rows.items():
        best = max(entries, key=lambda e: (round(e[1], 6) if e[1] == e[1] else -2, -e[2]))
        cells = [f"{'**' if e == best else ''}{e[0]:g}: {e[1]:.3f} ({e[2]:.3f}){'**' if e == best else ''}" for e in sorted(entries)]
        print(f"| {name} | " + " | ".join(cells) + " |")
else:
    print("| optimizer | rate | last epoch | accuracy | train s | tokens/s | state MiB | peak MiB | |\n|---|---|---|---|---|---|---|---|---|")
    for _, r in runs(out):
        last = r["history"][-1]["metrics"] if r["history"] else {}
        note = r["status"] if r["status"] != "completed" else ("one class" if r.get("collapsed") else "")
        print(f"| {r['optimizer']['name']} | {r['optimizer']['learning_rate']:g} | {last.get(r['task']['primary_metric'], math.nan):.3f} | "
              f"{last.get('accuracy', math.nan):.3f} | {r['throughput']['train_seconds']:.0f} | {r['throughput']['tokens_per_second']:,.0f} | "
              f"{r['memory']['optimizer_state_bytes'] / 2**20:.1f} | {r['memory']['peak_rss_bytes'] / 2**20:,.0f} | {note} |")
