"""Times reading a data file and tokenizing every example, from a cold start, beside `datasets` and `tokenizers`.

    Tools/bench_loading.py FINETUNE MODEL LLM_ADAPTERS_FOLDER [ROUNDS]

Ours is `finetune task check siqa --format llm-adapters`, which also checks every row, counts duplicates and hashes the
files. Theirs is one Python process that loads the same two files with `datasets` (into an empty cache, as a first run
does) and maps a fast tokenizer over them in batches. Both use the two processors.
"""
import os, statistics, subprocess, sys, tempfile, time

finetune, model, root = sys.argv[1:4]
rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
THEIRS = """
import sys, datasets
from transformers import AutoTokenizer
datasets.disable_progress_bars()
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
files = {split: f"{sys.argv[2]}/social_i_qa/{split}.json" for split in ("train", "test")}
data = datasets.load_dataset("json", data_files=files, cache_dir=sys.argv[3])
data = data.map(lambda rows: tokenizer(rows["instruction"], truncation=True, max_length=256), batched=True)
print(sum(len(ids) for split in data.values() for ids in split["input_ids"]))
"""
environment = dict(os.environ, RAYON_NUM_THREADS="2", TOKENIZERS_PARALLELISM="true", HF_HUB_OFFLINE="1")


def ours():
    subprocess.run([finetune, "task", "check", "siqa", "--format", "llm-adapters", "--data", root, "--model", model, "--json"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def theirs():
    with tempfile.TemporaryDirectory() as cache:
        subprocess.run([sys.executable, "-c", THEIRS, model, root, cache], check=True, env=environment,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


times = {"finetune": [], "datasets": []}
for _ in range(rounds):
    for name, command in (("datasets", theirs), ("finetune", ours)):
        start = time.perf_counter()
        command()
        times[name].append(time.perf_counter() - start)
for name, values in times.items():
    print(f"{name}: median {statistics.median(values):.2f} s ({min(values):.2f} to {max(values):.2f})")
print(f"ratio of medians {statistics.median(times['datasets']) / statistics.median(times['finetune']):.1f}")
