"""Compares `finetune evaluate --samples` with the log-likelihoods of the common evaluation harness.

    Tools/compare_likelihoods.py SAMPLES.jsonl REFERENCE.tsv

The reference has the columns index, pred_acc, pred_norm, and for each choice ll_N and tok_N. A log-likelihood may
differ by 1e-4 + 1.2e-5 a token, since torch's float32 log_softmax is high by about 8e-6 a token.
"""
import csv, json, sys

samples = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
with open(sys.argv[2], encoding="utf-8") as file:
    rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
count, worst, excess, wrong, lengths, offset = 0, 0.0, 0.0, 0, 0, 0
for row in rows:
    index = int(row["index"])
    if index >= len(samples):
        continue
    choices = samples[index]["choices"]
    assert samples[index]["index"] == index
    lls = [float(row[key]) for key in row if key.startswith("ll_") and row[key] not in ("", None)]
    tokens = [int(row[key]) for key in row if key.startswith("tok_") and row[key] not in ("", None)]
    assert len(lls) == len(choices), (index, len(lls), len(choices))
    for choice, ll, n in zip(choices, lls, tokens or [c["tokens"] for c in choices]):
        difference = abs(choice["loglikelihood"] - ll)
        worst, count = max(worst, difference), count + 1
        excess = max(excess, difference - 1e-4 - 1.2e-5 * n)
        lengths += choice["tokens"] != n
    scores = [c["loglikelihood"] for c in choices]
    norms = [c["loglikelihood"] / max(1, len(c["text"])) for c in choices]
    wrong += scores.index(max(scores)) != int(row["pred_acc"])
    if row.get("pred_norm") not in (None, ""):
        wrong += norms.index(max(norms)) != int(row["pred_norm"])
print(f"{len(rows)} rows, {count} choices: largest difference {worst:.2e}, "
      f"{'within' if excess <= 0 else f'BEYOND by {excess:.2e}'} the tolerance; {wrong} other predictions, {lengths} other token counts")
sys.exit(excess > 0 or wrong > 0 or lengths > 0)
