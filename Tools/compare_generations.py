"""Compares `finetune evaluate --protocol generation --samples` with texts that transformers wrote.

    Tools/compare_generations.py SAMPLES.jsonl REFERENCE.tsv

The reference has the columns index, extracted, token_ids, output_json and min_gap, the smallest distance of the two best
logits on the way. Where tokens differ, rounding explains it only if that gap is small.
"""
import csv, json, sys

samples = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
with open(sys.argv[2], encoding="utf-8") as file:
    rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
same, texts, answers, worst = 0, 0, 0, 0.0
for row in rows[:len(samples)]:
    sample = samples[int(row["index"])]
    expected = [int(token) for token in row["token_ids"].split()]
    if sample["tokens"] == expected:
        same += 1
    else:
        worst = max(worst, float(row["min_gap"]))
        print(f"{row['index']}: other tokens; the smallest gap of the reference is {row['min_gap']}")
    texts += sample["generated"].split("### Response:")[0].strip() == json.loads(row["output_json"])
    answers += (sample["extracted"] or "") == row["extracted"]
count = min(len(rows), len(samples))
print(f"{count} texts: tokens of {same} equal, texts of {texts}, extracted answers of {answers}; "
      f"largest gap where they differ {worst:.4f}")
sys.exit(same < count or answers < count)
