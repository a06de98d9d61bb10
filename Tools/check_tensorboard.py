"""Reads a run's event files with the real tensorboard, and compares every value with train_log.jsonl and results.json.

python3 Tools/check_tensorboard.py RUN [RUN…]
Values must be equal as 32-bit numbers. Then tensorboard itself is started on a free port of this machine, and its own answers about
scalars and hyper-parameters are compared too. Needs the PyPI packages tensorboard and numpy. RUN/tensorboard is what
`finetune run --tensorboard --output RUN` writes.
"""
import json, os, pathlib, shutil, struct, subprocess, sys, tempfile, time, urllib.parse, urllib.request
import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator, SCALARS
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.plugins.hparams import plugin_data_pb2

failures = []


def check(what, fits):
    print(("ok    " if fits else "FAIL  ") + what)
    if not fits: failures.append(what)


def expected(run):
    """What the curves must be: {tag: [(step, value)]} in 32 bits."""
    record = json.loads((run / "results.json").read_text())
    curves = {}
    def add(tag, step, value):
        curves.setdefault(tag, []).append((step, np.float32(np.nan if value is None else value)))
    for line in (run / "train_log.jsonl").read_text().splitlines():
        line = json.loads(line)
        add("train/loss", line["step"], line["loss"])
        add("train/learning_rate", line["step"], line["learning_rate"])
        add("train/gradient_norm", line["step"], line["gradient_norm"])
    for entry in record["history"]:
        for name, value in entry["metrics"].items(): add(f"eval/{name}", entry["step"], value)
    return record, curves


def same(a, b):
    return [s for s, _ in a] == [s for s, _ in b] and np.array_equal([v for _, v in a], [v for _, v in b], equal_nan=True)


def settings(record):
    wanted = {k: v for k, v in record["config"].items() if v is not None and not isinstance(v, (dict, list))}
    wanted["learning_rate"] = record["optimizer"]["learning_rate"]
    for key, value in record["optimizer"]["options"].items(): wanted["optimizer_option." + key] = value
    wanted.setdefault("task", record["task"]["name"])
    return wanted


runs = [pathlib.Path(path) for path in sys.argv[1:]]
for run in runs:
    record, curves = expected(run)
    files = sorted((run / "tensorboard").iterdir())
    # One more for each time that the run was resumed.
    check(f"{run.name}: event files {[f.name for f in files]}", len(files) == 1 + len(record["measured"]["resumed_after_steps"]) and
          all(".tfevents." in f.name for f in files))
    for file in files:
        raw = [event_pb2.Event.FromString(e) for e in RawEventFileLoader(str(file)).Load()]
        check(f"{run.name}: {len(raw)} whole entries, the first says {raw[0].file_version!r}", raw[0].file_version == "brain.Event:2")
        data, at, right = file.read_bytes(), 0, True
        while at + 12 <= len(data):
            (length,) = struct.unpack_from("<Q", data, at)
            if at + 16 + length > len(data): break
            body = data[at + 12:at + 12 + length]
            right &= struct.unpack_from("<I", data, at + 8)[0] == masked_crc32c(data[at:at + 8])
            right &= struct.unpack_from("<I", data, at + 12 + length)[0] == masked_crc32c(body)
            at += 16 + length
        # Only a process that was killed may leave a part of an entry.
        check(f"{run.name}: every length and entry has the library's checksum", right and (at == len(data) or file != files[-1]))
    accumulator = EventAccumulator(str(run / "tensorboard"), size_guidance={SCALARS: 0})
    accumulator.Reload()
    read = {tag: [(e.step, np.float32(e.value)) for e in accumulator.Scalars(tag)] for tag in accumulator.Tags()["scalars"]}
    for tag, points in curves.items():
        check(f"{run.name}: {tag}: {len(points)} values", same(read.get(tag, []), points))
    speed = read.get("train/tokens_per_second", [])
    lines = [json.loads(l) for l in (run / "train_log.jsonl").read_text().splitlines()]
    # The log rounds seconds to the microsecond.
    close = len(speed) == len(lines) and all(abs(v - l["tokens"] / l["seconds"]) <= v * (1e-6 / l["seconds"] + 1e-6) for (_, v), l in zip(speed, lines) if l["seconds"] > 0)
    check(f"{run.name}: train/tokens_per_second: {len(speed)} values", close)
    check(f"{run.name}: no other curves", set(read) == set(curves) | {"train/tokens_per_second"})
    plugin = {v.tag: plugin_data_pb2.HParamsPluginData.FromString(v.metadata.plugin_data.content)
              for e in raw for v in e.summary.value if v.metadata.plugin_data.plugin_name == "hparams"}
    start = plugin["_hparams_/session_start_info"].session_start_info
    told = {k: getattr(v, v.WhichOneof("kind")) for k, v in start.hparams.items()}
    check(f"{run.name}: {len(told)} hyper-parameters", told == settings(record))
    end = plugin["_hparams_/session_end_info"].session_end_info.status
    check(f"{run.name}: {record['status']} is told as {end}", end == {"completed": 1, "diverged": 2, "failed": 2, "interrupted": 0}[record["status"]])
    # Cut anywhere, what is left is a readable beginning.
    whole = files[-1].read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        cut = pathlib.Path(folder) / files[-1].name
        for length in range(len(whole) - 1, max(0, len(whole) - 400), -37):
            cut.write_bytes(whole[:length])
            part = list(RawEventFileLoader(str(cut)).Load())
            if not 0 < len(part) < len(raw): failures.append(f"cut at {length}: {len(part)} entries")
        check(f"{run.name}: a file that is cut off is read up to there", not any(f.startswith("cut") for f in failures))

# The real program, with the runs side by side as in a grid.
with tempfile.TemporaryDirectory() as folder:
    for index, run in enumerate(runs): shutil.copytree(run / "tensorboard", pathlib.Path(folder) / f"run-{index}")
    log = open(os.path.join(folder, "log"), "w+")
    process = subprocess.Popen([sys.executable, "-m", "tensorboard.main", "--logdir", folder, "--host", "127.0.0.1", "--port", "0",
                                "--load_fast", "false", "--reload_interval", "1"], stderr=log, stdout=log)
    try:
        base = None
        for _ in range(600):
            text = open(log.name).read()
            if "http://" in text: base = text[text.index("http://"):].split()[0].rstrip("/"); break
            time.sleep(0.1)
        def get(path, body=None):
            request = urllib.request.Request(base + path, data=None if body is None else json.dumps(body).encode(),
                                             headers={"Content-Type": "application/json"})
            return json.load(urllib.request.urlopen(request, timeout=30))
        for _ in range(100):
            tags = get("/data/plugin/scalars/tags")
            if len(tags) == len(runs): break
            time.sleep(0.2)
        check(f"tensorboard: {len(tags)} runs with scalars", len(tags) == len(runs))
        for index, run in enumerate(runs):
            record, curves = expected(run)
            for tag, points in curves.items():
                query = urllib.parse.urlencode({"run": f"run-{index}", "tag": tag})
                shown = [(s, np.float32(v)) for _, s, v in get("/data/plugin/scalars/scalars?" + query)]
                wanted = dict(points)
                # Tensorboard shows a thousand points of a long curve.
                fits = len(shown) == min(len(points), 1000) and all(np.array_equal(v, wanted[s], equal_nan=True) for s, v in shown)
                check(f"tensorboard: run-{index} {tag}: {len(shown)} values", fits)
        experiment = get("/data/plugin/hparams/experiment", {"experimentName": "", "hparamsLimit": 1000})
        names = {info["name"] for info in experiment["hparamInfos"]}
        for name in ["optimizer", "learning_rate", "seed", "batch_size", "optimizer_option.beta1" if any(
                "beta1" in expected(r)[0]["optimizer"]["options"] for r in runs) else "model"]:
            check(f"tensorboard: HPARAMS has {name}", name in names)
        columns = [{"hparam": name} for name in sorted(names)]
        groups = get("/data/plugin/hparams/session_groups", {
            "experimentName": "", "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"],
            "colParams": columns + [{"metric": i["name"]} for i in experiment["metricInfos"]], "startIndex": 0, "sliceSize": 100})["sessionGroups"]
        check(f"tensorboard: {len(groups)} rows of HPARAMS", len(groups) == len(runs))
        for group in groups:
            index = int(group["sessions"][0]["name"].split("-")[-1])
            record, curves = expected(runs[index])
            wanted = settings(record)
            check(f"tensorboard: run-{index}: hyper-parameters {len(group['hparams'])}", all(group["hparams"].get(k) == v for k, v in wanted.items()))
            values = {m["name"].get("tag"): np.float32(m["value"]) for m in group["sessions"][0]["metricValues"] if m["name"].get("group", "") == ""}
            last = {tag: points[-1][1] for tag, points in curves.items() if tag.startswith("eval/")}
            check(f"tensorboard: run-{index}: scores beside them {sorted(last)}", all(values.get(t) == v for t, v in last.items()))
    finally:
        process.terminate()
        process.wait()
print("FAILED: " + "; ".join(failures) if failures else "all checks passed")
raise SystemExit(bool(failures))
