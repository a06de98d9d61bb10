"""Checks the files of runs and grids against docs/schemas with Python's jsonschema, an implementation that is not ours.

python3 Tools/check_schemas.py FOLDER...
Every results.json, grid.json, seeds.json and train_log.jsonl below the folders is checked. Then each member that must be there is
taken out, and each is misspelled, to see that the schema finds it. Needs the PyPI package jsonschema.
"""
import copy, json, pathlib, sys
from jsonschema import Draft202012Validator

schemas = {}
for path in sorted((pathlib.Path(__file__).parent.parent / "docs/schemas").glob("*.schema.json")):
    schema = json.loads(path.read_text())
    Draft202012Validator.check_schema(schema)
    schemas[path.name.removesuffix(".schema.json")] = Draft202012Validator(schema)
names = {"results.json": "results", "grid.json": "grid", "seeds.json": "seeds", "train_log.jsonl": "train_log"}
failures, counts = [], {name: 0 for name in names}


def members(value, place=()):
    """The places of all members of objects in a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield place + (key,)
            yield from members(inner, place + (key,))
    elif isinstance(value, list):
        for index, inner in enumerate(value[:3]): yield from members(inner, place + (index,))


def without(value, place, other=None):
    """A copy that lacks a member, or has it under another name."""
    value = copy.deepcopy(value)
    inner = value
    for step in place[:-1]: inner = inner[step]
    taken = inner.pop(place[-1])
    if other: inner[other] = taken
    return value


found = None
for name, schema in names.items():
    samples = []
    for root in map(pathlib.Path, sys.argv[1:]):
        for path in sorted(root.rglob(name)):
            text = path.read_text()
            values = [json.loads(line) for line in text.splitlines()] if name.endswith("l") else [json.loads(text)]
            for value in values:
                counts[name] += 1
                for error in schemas[schema].iter_errors(value):
                    failures.append(f"{path}: {error.json_path}: {error.message}")
            samples += values[:1]
    # The first of each status is enough for the faults.
    chosen = {json.dumps(s.get("status")): s for s in samples}.values()
    missed = set()
    for sample in chosen:
        for key in sample:
            for changed in (without(sample, (key,)), without(sample, (key,), key + "s")):
                if schemas[schema].is_valid(changed): failures.append(f"{name}: nothing is said of a changed {key}")
        for place in members(sample):
            if schemas[schema].is_valid(without(sample, place)): missed.add(".".join(str(s) for s in place if isinstance(s, str)))
    print(f"{name}: {counts[name]} checked" + (f"; may be absent: {len(missed)} members" if missed else ""))
for failure in failures[:40]: print("FAIL ", failure)
empty = [name for name, count in counts.items() if count == 0]
if empty: print("not there to check: " + ", ".join(empty))
print(f"{len(failures)} failures")
raise SystemExit(bool(failures))
