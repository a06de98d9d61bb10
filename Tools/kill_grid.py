"""Kills a small grid at random moments, many times, and checks that nothing is lost and nothing is run twice.

    python3 Tools/kill_grid.py --program .build/release/finetune --kills 200 --seed 1

A grid is started, and after a random time SIGKILL goes to the grid, to one of its cells, or to all of them at once. Then
it is started again, until it is complete; then the next grid begins, until there were enough kills. What is checked:
  a cell that has completed keeps its results.json, byte for byte, whatever is killed afterwards;
  a grid that was killed leaves no cell running;
  a complete grid has the outcomes, logs (but for seconds) and winners of a grid that was left alone.
Prints a summary, and exits with 1 if anything went wrong.
"""

import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def children(pid):
    """The living processes that a process started."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Kills:
    def __init__(self, options, work):
        self.options, self.work, self.random = options, work, random.Random(options.seed)
        fixtures = ROOT / "Tests/Fixtures"
        self.command = [
            options.program, "grid", "--tasks", "cola", "--optimizers", "adamw,fira", "--learning-rates", "1e-3,3e-3",
            "--seeds", "1,2", "--jobs", options.jobs, "--model", fixtures / "models/bert-tiny", "--data",
            fixtures / "data/cola", "--max-steps", options.steps, "--eval-every", "100", "--batch-size", "4", "--threads", "1",
            "--save", "best", "--checkpoint-every", "50", "--quiet"]
        self.faults, self.kills, self.kinds = [], 0, {}

    def fault(self, text):
        self.faults.append(text)
        print("FAULT:", text, flush=True)

    def start(self, folder):
        return subprocess.Popen([*map(str, self.command), "--output", str(folder)], stdout=subprocess.DEVNULL,
                                stderr=open(self.work / "errors", "w"))

    def completed(self, folder):
        """The digest of results.json of every cell that has completed."""
        found = {}
        for path in folder.glob("*/results.json"):
            data = path.read_bytes()
            if json.loads(data)["status"] == "completed":
                found[path.parent.name] = hashlib.sha256(data).hexdigest()
        return found

    def content(self, folder):
        cells = {}
        for path in sorted(folder.glob("*/results.json")):
            cell = path.parent
            log = [json.loads(line) for line in (cell / "train_log.jsonl").read_text().splitlines()]
            for line in log:
                del line["seconds"]
            cells[cell.name] = {
                "outcome": json.loads(path.read_bytes())["outcome"], "log": log,
                "files": sorted(str(file.relative_to(cell)) for file in cell.rglob("*") if file.is_file())}
        grid = json.loads((folder / "grid.json").read_bytes())
        winners = [{key: value for key, value in winner.items() if "seconds" not in key and "peak" not in key
                    and "tokens" not in key} for winner in grid["winners"]]
        return {"cells": cells, "winners": winners, "status": grid["status"]}

    def kill(self, process):
        cells = children(process.pid)
        kind = self.random.choice(["grid", "cell", "all"] if cells else ["grid"])
        victims = {"grid": [process.pid], "all": [process.pid, *cells],
                   "cell": [self.random.choice(cells)] if cells else []}[kind]
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                return None, []
        self.kills += 1
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        return kind, cells

    def grid(self, folder, expected):
        known = {}
        while True:
            process = self.start(folder)
            deadline = time.monotonic() + self.random.uniform(0.05, self.options.longest)
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            if process.poll() is None and self.kills < self.options.kills:
                kind, cells = self.kill(process)
                if kind == "cell":
                    # The grid goes on, and tries the cell again; it is stopped too before it is started again.
                    time.sleep(self.random.uniform(0, 0.5))
                    cells = children(process.pid) + cells
                    process.kill()
                process.wait()
                limit = time.monotonic() + 5
                while any(map(is_alive, cells)) and time.monotonic() < limit:
                    time.sleep(0.01)
                if any(map(is_alive, cells)):
                    self.fault(f"kill {self.kills}: a cell lives on five seconds after its grid")
            status = process.wait()
            now = self.completed(folder)
            for name, digest in known.items():
                if now.get(name) != digest:
                    self.fault(f"kill {self.kills}: {name} had completed, and was run again or lost")
            known = now
            if status == 0:
                break
            if status > 0:
                self.fault(f"kill {self.kills}: the grid ended with {status}: {(self.work / 'errors').read_text()}")
                break
        found = self.content(folder)
        for name in sorted({*found["cells"], *expected["cells"]}):
            parts = [part for part in ("outcome", "log", "files")
                     if found["cells"].get(name, {}).get(part) != expected["cells"].get(name, {}).get(part)]
            if parts:
                extra = set(found["cells"].get(name, {}).get("files", [])) ^ set(expected["cells"][name]["files"])
                self.fault(f"after {self.kills} kills {name} has another {', '.join(parts)} than if left alone {extra or ''}")
        if {**found, "cells": None} != {**expected, "cells": None}:
            self.fault(f"after {self.kills} kills the grid has other winners than one that was left alone")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/release/finetune")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--steps", default="400", help="optimizer steps of a cell")
    parser.add_argument("--longest", type=float, default=2.0, help="longest time until a kill, in seconds")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.program = options.program.resolve()
    with tempfile.TemporaryDirectory(prefix="kill-grid-") as name:
        kills = Kills(options, pathlib.Path(name))
        start = time.monotonic()
        if kills.start(kills.work / "whole").wait() != 0:
            sys.exit("the grid itself fails: " + (kills.work / "errors").read_text())
        print(f"a grid that is left alone takes {time.monotonic() - start:.1f} s", flush=True)
        expected = kills.content(kills.work / "whole")
        grids = 0
        while kills.kills < options.kills and len(kills.faults) < 5:
            kills.grid(kills.work / f"grid{grids}", expected)
            shutil.rmtree(kills.work / f"grid{grids}")
            grids += 1
        print(f"{kills.kills} kills ({', '.join(f'{k} {n}' for k, n in sorted(kills.kinds.items()))}), {grids} grids, "
              f"{len(kills.faults)} faults")
        sys.exit(1 if kills.faults else 0)


if __name__ == "__main__":
    main()
