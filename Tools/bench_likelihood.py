"""Times zero-shot scoring beside the common evaluation harness (lm_eval), alternating.

    Tools/bench_likelihood.py FINETUNE MODEL DATA TASK EXAMPLES [ROUNDS] [BATCH]

TASK is arc_easy or piqa; DATA is the folder of its official files. Both score the same first EXAMPLES examples (ARC: test,
PIQA: valid) with two threads in float32. Only the harness's scoring is timed, not its start, which takes seconds; ours is
the whole process. The harness runs with batches of BATCH requests, which it sorts by length.
"""
import json, os, statistics, subprocess, sys, time

finetune, model, data, task, count = sys.argv[1:6]
count, rounds = int(count), int(sys.argv[6]) if len(sys.argv) > 6 else 3
batch = sys.argv[7] if len(sys.argv) > 7 else "1"
HARNESS = """
import json, sys, time, torch
torch.set_num_threads(2)
from lm_eval.models.huggingface import HFLM
from lm_eval.api.instance import Instance
requests = [tuple(pair) for pair in json.load(open(sys.argv[2]))]
model = HFLM(pretrained=sys.argv[1], device="cpu", dtype="float32", batch_size=int(sys.argv[3]))
instances = [Instance(request_type="loglikelihood", doc={}, arguments=pair, idx=0) for pair in requests]
start = time.perf_counter()
model.loglikelihood(instances, disable_tqdm=True)
print(time.perf_counter() - start)
"""
requests = []
if task == "arc_easy":
    split = "test"
    for line in list(open(f"{data}/ARC-Easy-Test.jsonl", encoding="utf-8"))[:count]:
        row = json.loads(line)["question"]
        requests += [(f"Question: {row['stem']}\nAnswer:", " " + choice["text"]) for choice in row["choices"]]
else:
    split = "dev"
    for line in list(open(f"{data}/valid.jsonl", encoding="utf-8"))[:count]:
        row = json.loads(line)
        requests += [(f"Question: {row['goal']}\nAnswer:", " " + row[key]) for key in ("sol1", "sol2")]
path = f"/tmp/bench-likelihood-{os.getpid()}.json"
json.dump(requests, open(path, "w"))
times = {"harness": [], "finetune": []}
for _ in range(rounds):
    output = subprocess.run([sys.executable, "-c", HARNESS, model, path, batch], check=True, capture_output=True, text=True,
                            env=dict(os.environ, HF_HUB_OFFLINE="1")).stdout
    times["harness"].append(float(output.split()[-1]))
    start = time.perf_counter()
    subprocess.run([finetune, "evaluate", "--model", model, "--task", task, "--data", data, "--split", split,
                    "--limit", str(count), "--threads", "2", "--json"], check=True, capture_output=True)
    times["finetune"].append(time.perf_counter() - start)
os.remove(path)
for name, values in times.items():
    print(f"{name}: median {statistics.median(values):.1f} s ({min(values):.1f} to {max(values):.1f})")
print(f"ratio of medians {statistics.median(times['harness']) / statistics.median(times['finetune']):.2f}")
