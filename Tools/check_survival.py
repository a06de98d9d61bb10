"""Fails or kills every single write of a short run, and checks that nothing is lost and that the run can go on.

    python3 Tools/check_survival.py --program .build/release/finetune --how ENOSPC EIO full short kill

Each way is tried at every call of a run that changes a file: creating, writing, syncing, linking, renaming, removing.
After it, the same command must end with the results of a run that was left alone, byte for byte but for times. Needs a C
compiler. Prints one line for each way, and exits with 1 if anything went wrong.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CREATE, WRITE = 73, 74


def content(folder):
    """What equal runs have equal: everything but times, and what keeps processes apart."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not path.is_file() or name == ".finetune-run":
            continue
        data = path.read_bytes()
        if name == "train_log.jsonl":
            lines = [json.loads(line) for line in data.decode().splitlines()]
            data = json.dumps([{key: value for key, value in line.items() if key != "seconds"} for line in lines])
        elif name == "results.json":
            data = json.dumps(json.loads(data)["outcome"])
        found[name] = hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()
    return found


class Check:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.layer = work / "failing_writes.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-o", self.layer,
                        ROOT / "Tools/failing_writes.c", "-ldl"], check=True)
        fixtures = ROOT / "Tests/Fixtures"
        self.command = [
            options.program, "--task", "cola", "--model", fixtures / "models/bert-tiny", "--data", fixtures / "data/cola",
            "--max-steps", "6", "--eval-every", "2", "--batch-size", "4", "--learning-rate", "1e-3", "--optimizer", "adam8bit",
            "--threads", "1", "--quiet", "--capture", "second-moments@3", "--resume", "--checkpoint-every", "2"]
        self.faults = []

    def run(self, folder, how=None, at=0):
        environment = dict(os.environ)
        if how:
            environment |= {"LD_PRELOAD": str(self.layer), "FAILING_FOLDER": str(folder), "FAILING_HOW": how,
                            "FAILING_AT": str(at), "FAILING_COUNT": str(self.work / "count")}
        done = subprocess.run([*map(str, self.command), "--output", str(folder)], env=environment, capture_output=True,
                              text=True, timeout=120)
        return done.returncode, done.stderr

    def calls(self):
        return struct.unpack("<q", (self.work / "count").read_bytes())[0]

    def fault(self, how, at, what):
        self.faults.append(f"{how} at call {at}: {what}")
        print(self.faults[-1], flush=True)

    def completed_is_whole(self, folder):
        """A results.json that says completed vouches for its files by their digests."""
        try:
            outcome = json.loads((folder / "results.json").read_bytes())["outcome"]
        except FileNotFoundError:
            return True
        if outcome["status"] != "completed":
            return True
        return all((folder / name).is_file() and hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
                   for name, digest in outcome["outputs"].items())

    def way(self, how, expected, total):
        folder, statuses = self.work / "run", {}
        for at in range(1, total + 1, self.options.every):
            shutil.rmtree(folder, ignore_errors=True)
            status, errors = self.run(folder, how, at)
            statuses[status] = statuses.get(status, 0) + 1
            lines = [line for line in errors.splitlines() if line.startswith("error: ")]
            if how == "kill" and status not in (-9, 0):
                self.fault(how, at, f"exit {status}: {errors}")
            elif how != "kill" and status not in (0, CREATE, WRITE):
                self.fault(how, at, f"exit {status}, expected 0, {CREATE} or {WRITE}: {errors}")
            elif status in (CREATE, WRITE) and len(lines) != 1:
                self.fault(how, at, f"{len(lines)} messages, expected one: {errors}")
            elif how == "short" and status != 0:
                self.fault(how, at, f"exit {status} after a write that took half: {errors}")
            if not self.completed_is_whole(folder):
                self.fault(how, at, "results.json says completed, and its files are others")
            status, errors = self.run(folder)
            if status != 0:
                self.fault(how, at, f"resumed: exit {status}: {errors}")
            elif content(folder) != expected:
                found = content(folder)
                names = [name for name in sorted(set(found) | set(expected)) if found.get(name) != expected.get(name)]
                self.fault(how, at, f"resumed: other content of {names}")
        counts = ", ".join(f"exit {status} {count} times" for status, count in sorted(statuses.items()))
        print(f"{how}: {total} calls, every {self.options.every}: {counts}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/release/finetune")
    parser.add_argument("--how", nargs="+", default=["ENOSPC", "EIO", "full", "short", "kill"])
    parser.add_argument("--every", type=int, default=1, help="try every so many calls only")
    options = parser.parse_args()
    options.program = options.program.resolve()
    with tempfile.TemporaryDirectory(prefix="survival-") as name:
        check = Check(options, pathlib.Path(name))
        status, errors = check.run(check.work / "whole")
        if status != 0:
            sys.exit(f"the run itself fails: exit {status}: {errors}")
        expected = content(check.work / "whole")
        check.run(check.work / "counted", "none")
        total = check.calls()
        for how in options.how:
            check.way(how, expected, total)
        print(f"{len(check.faults)} faults")
        sys.exit(1 if check.faults else 0)


if __name__ == "__main__":
    main()
