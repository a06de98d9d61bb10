"""Scores of scikit-learn, scipy, lm_eval and SQuAD's official rules on generated predictions, for Tests/TasksTests.

Writes Tests/Fixtures/metrics.json. The standard errors of means are lm_eval's; those of other scores are bootstraps by
scipy with more resamples than ours, which agree with ours within a few per cent only.
"""
import json, pathlib, random, unicodedata, warnings
import numpy as np
from lm_eval.api.metrics import mean_stderr
from scipy import stats
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef, mean_squared_error
from fixture_common import versions
from squad_rules import find_best_thresh, normalize_answer, score_v1, score_v2

warnings.filterwarnings("ignore")
random.seed(20240611)
RESAMPLES = 4000


def bootstrap(score, *columns):
    result = stats.bootstrap([np.array(c) for c in columns], lambda *c: score(*c), n_resamples=RESAMPLES, paired=True,
                             vectorized=False, method="percentile", random_state=np.random.default_rng(7))
    return float(result.standard_error)


def mean_error(values):
    return float(mean_stderr([float(v) for v in values])) if len(values) > 1 else None


# Classes -----------------------------------------------------------------------------------------------------------

def class_scores(y, p):
    binary = max(list(p) + list(y)) < 2
    return {"accuracy": float(accuracy_score(y, p)), "matthews_correlation": float(matthews_corrcoef(y, p)),
            "f1": float(f1_score(y, p, zero_division=0)) if binary else None,
            "f1_macro": float(f1_score(y, p, average="macro", zero_division=0))}


def class_case(p, y, errors=False):
    train = [random.randrange(max(y) + 1) for _ in range(9)]
    guess = {name: DummyClassifier(strategy="most_frequent").fit(np.zeros((len(t), 1)), t).predict(np.zeros((len(y), 1)))
             for name, t in (("own", y), ("train", train))}
    row = {"predictions": p, "labels": y, "train": train, "scores": class_scores(y, p),
           "baselines": {name: class_scores(y, [int(v) for v in g]) for name, g in guess.items()},
           "binomial": {"accuracy": mean_error([a == b for a, b in zip(p, y)])}}
    if errors:
        row["bootstrap"] = {
            "matthews_correlation": bootstrap(matthews_corrcoef, y, p),
            "f1_macro": bootstrap(lambda a, b: f1_score(a, b, average="macro", zero_division=0), y, p)}
        if max(p + y) < 2:
            row["bootstrap"]["f1"] = bootstrap(lambda a, b: f1_score(a, b, zero_division=0), y, p)
    return row


cases = [([0, 0, 0], [0, 1, 1]), ([1, 1], [1, 1]), ([0, 0], [0, 0]), ([0, 1], [1, 0]), ([1, 1, 1], [0, 0, 1]), ([1], [1]),
         ([2, 2, 2], [0, 4, 4])]
classes = [class_case(p, y) for p, y in cases]
for size, count in ((10, 2), (97, 2), (443, 2), (50, 3), (211, 7)):
    for repeat in range(2):
        labels = [random.randrange(count) for _ in range(size)]
        predicted = [y if random.random() < 0.6 else random.randrange(count) for y in labels]
        classes.append(class_case(predicted, labels, errors=repeat == 0 and size > 90))

# Numbers -----------------------------------------------------------------------------------------------------------


def correlation(of):
    def value(a, b):
        r = float(of(a, b).statistic)
        return 0.0 if np.isnan(r) else r  # ours says 0 where scipy says NaN
    return value


pearson, spearman = correlation(stats.pearsonr), correlation(stats.spearmanr)


def number_case(p, y, errors=False):
    p = [float(np.float32(v)) for v in p]
    row = {"predictions": p, "answers": y,
           "scores": {"pearson": pearson(p, y), "spearman": spearman(p, y),
                      "mean_squared_error": float(mean_squared_error(y, p))},
           "normal": {"mean_squared_error": mean_error([(a - b) ** 2 for a, b in zip(p, y)])},
           "baseline": {"pearson": 0.0, "spearman": 0.0,
                        "mean_squared_error": float(mean_squared_error(y, [np.float32(np.mean(y))] * len(y)))}}
    if errors:
        row["bootstrap"] = {"pearson": bootstrap(pearson, p, y), "spearman": bootstrap(spearman, p, y)}
    return row


numbers = [number_case([2.5, 2.5, 2.5], [1.0, 2.0, 5.0]), number_case([1.0, 2.0, 3.0], [4.0, 4.0, 4.0]),
           number_case([1.0, 2.0], [5.0, 0.0]), number_case([1e6, 1e6 + 1, 1e6 + 2, 1e6], [0.0, 1.0, 2.0, 0.5]),
           number_case([0.1, 0.1, 0.1, 0.2], [1.0, 1.0, 1.0, 0.0])]
for size, step in ((7, 0.5), (150, 0.0), (150, 0.5)):
    right = [round(random.uniform(0, 5), 3) if step == 0 else random.randrange(11) * 0.5 for _ in range(size)]
    near = [y + random.gauss(0, 1.5) for y in right]
    numbers.append(number_case([round(v / step) * step if step else v for v in near], right, errors=size > 100))

# Choices -----------------------------------------------------------------------------------------------------------


def choice_case(size, ties):
    rows = []
    for _ in range(size):
        count = random.choice([2, 3, 4, 5])
        texts = ["x" * random.choice([1, 2, 4, 9, 30]) for _ in range(count)]
        scores = [-float(random.randrange(1, 6) if ties else random.uniform(0.1, 40)) for _ in range(count)]
        rows.append({"log_likelihoods": scores, "characters": [len(t) for t in texts], "gold": random.randrange(count)})
    right = [int(np.argmax(r["log_likelihoods"])) == r["gold"] for r in rows]
    norm = [int(np.argmax(np.array(r["log_likelihoods"]) / np.array([float(c) for c in r["characters"]]))) == r["gold"]
            for r in rows]
    gold = [r["gold"] for r in rows]
    position = max(sorted(set(gold)), key=gold.count)
    return {"examples": rows, "scores": {"accuracy": float(np.mean(right)), "accuracy_norm": float(np.mean(norm))},
            "binomial": {"accuracy": mean_error(right), "accuracy_norm": mean_error(norm)},
            "baseline": gold.count(position) / len(gold)}


choices = [choice_case(40, False), choice_case(40, True), choice_case(1, False)]

# Generated texts ---------------------------------------------------------------------------------------------------

pieces = ["", "7", "42", "-3", "é", "e\u0301", "yes", "Yes", "no"]
spaces = ["", " ", "\n", "\t", "\u00a0", "\u3000", "\x1c", "\u200b", "\u2028", "\u0085"]
texts = []
for size in (30, 60, 1):
    rows = []
    for _ in range(size):
        answer = random.choice(pieces[1:])
        text = random.choice([answer, random.choice(pieces)])
        rows.append({"text": random.choice(spaces) + text + random.choice(spaces), "answer": answer,
                     "extracted": random.choice([None, answer, random.choice(pieces)])})
    exact = [r["text"].strip() == r["answer"].strip() for r in rows]
    read = [r["extracted"] == r["answer"] for r in rows]
    unread = [r["extracted"] is None for r in rows]
    answers = [r["answer"] for r in rows]
    texts.append({"examples": rows, "scores": {"exact_match": float(np.mean(exact)), "accuracy": float(np.mean(read)),
                                               "unparsable": float(np.mean(unread))},
                  "binomial": {"exact_match": mean_error(exact), "accuracy": mean_error(read),
                               "unparsable": mean_error(unread)},
                  "baseline": max(answers.count(a) for a in answers) / size})

# Spans -------------------------------------------------------------------------------------------------------------

words = ["the", "The", "a", "an", "An", "THE", "cat", "Cat,", "(dog)", "$5.00", "1,000", "don't", "É", "e\u0301t\u00e9",
         "a\u0301", "«the»", "-", "--", "。", "ΟΔΟΣ", "İ", "half-a-cup", "an_the", "½", "中the", "Σ", "n"]
gaps = [" ", "  ", "\u00a0", "\n", "-", "", "\u3000", "\x1f", "\u200b", " the "]


def phrase(longest=4):
    text = ""
    for _ in range(random.randrange(1, longest + 1)):
        text += random.choice(words) + random.choice(gaps[:2] * 3 + gaps)
    return text


def near(golds):
    kind = random.random()
    if not golds:
        return "" if kind < 0.6 else phrase()
    gold = random.choice(golds)
    if kind < 0.3:
        return random.choice([gold, gold.lower(), gold + ".", "the " + gold])
    if kind < 0.6:
        return gold + " " + phrase(2)
    return "" if kind < 0.7 else phrase()


def span_case(golds, predictions, nulls, errors=False):
    has = [bool(g) for g in golds]
    is_v2 = nulls is not None or not all(has)
    exact, f1 = (score_v2 if is_v2 else score_v1)(predictions, golds)
    scores = {"exact_match": float(np.mean(exact)), "f1": float(np.mean(f1))}
    row = {"golds": golds, "predictions": predictions, "null_scores": nulls, "scores": scores,
           "binomial": {"exact_match": mean_error(exact)}, "normal": {"f1": mean_error(f1)}}
    if is_v2:
        def mean(values, keep):
            kept = [v for v, k in zip(values, keep) if k]
            return float(np.mean(kept)) if kept else 0.0
        null = nulls or [0.0] * len(golds)
        scores["has_answer_exact_match"], scores["has_answer_f1"] = mean(exact, has), mean(f1, has)
        scores["no_answer_accuracy"] = mean(exact, [not h for h in has])
        best = {"best_exact_match": exact, "best_f1": f1}
        row["thresholds"], row["bootstrap"] = {}, {}
        for name, values in best.items():
            scores[name], row["thresholds"][name] = find_best_thresh(predictions, values, null, has)
            if errors:
                index = np.arange(len(golds))
                row["bootstrap"][name] = bootstrap(lambda i: find_best_thresh(
                    [predictions[k] for k in i], [values[k] for k in i], [null[k] for k in i], [has[k] for k in i])[0], index)
        none = {"exact_match": score_v2([""] * len(golds), golds)[0], "f1": score_v2([""] * len(golds), golds)[1]}
        row["baseline"] = {name: float(np.mean(v)) for name, v in none.items()}
        row["binomial"]["has_answer_exact_match"] = mean_error([v for v, h in zip(exact, has) if h])
        row["normal"]["has_answer_f1"] = mean_error([v for v, h in zip(f1, has) if h])
    return row


def random_spans(size, with_empty):
    golds = [[] if with_empty and random.random() < 0.4 else [phrase() for _ in range(random.choice([1, 1, 3]))]
             for _ in range(size)]
    return golds, [near(g) for g in golds]


spans = [span_case([["The"], ["the", "cat"], ["cat"]], ["the", "", "Cat!"], None),
         span_case([["The"], ["the", "cat"], []], ["the", "", "!"], [0.5, -0.5, 0.5]),
         span_case([[], [], []], ["", "x", ""], [1.0, -2.0, 3.0]),
         span_case([["cat"], ["dog"]], ["cat", "a dog"], [1.0, -2.0]),
         span_case([["cat"], []], ["cat", "dog"], None),
         span_case([["cat sat"]], ["sat cat on"], None)]
spans.append(span_case(*random_spans(70, False), None))
for ties in (False, True):
    golds, predictions = random_spans(90, True)
    nulls = [(random.randrange(-3, 4) if ties else random.randrange(-4000, 4000)) / 256 + (0 if g else 2) for g in golds]
    spans.append(span_case(golds, predictions, nulls, errors=not ties))

nasty = ["", " ", "the", "a an the", "thea", "The  Quick, brown fox!", "a\u0301 cat", "\u00e1 cat", "A\u0300n the", "an_the", "the-an",
         "THE\u00a0end", "\u200bthe\u200b cat", "the\u3000a", "x\x1cthe\x1fy", "İstanbul", "ΟΔΥΣΣΕΥΣ ΣΑΣ Σ", "ΑΣ'Σ ΑΣ' ΑΣ.", "Σ.", "\u00adΣ",
         "Α\u00adΣ\u0301Β", "«the» “a” ‘an’", "¿the?", "½ a½ a²", "Ⅻ aⅫ", "中the文 the", "a\ufe0f", "naïve CAFÉ", "ǅ Ǆ", "ẞ STRASSE", "ａ ＡＮ",
         "𝐚 the𝟎 the𝐀", "$1,000.50", "😀the😀", "\u00ada", "ﬁ ŉ", "\u2028the\u2029", "\u0085a", "a\u0903 b", "an\u0e31", "\u180ethe", "\u212a \u212b",
         "the\u0000a", "\U0001d7ce a", "a\u0660", "٠the", "ªa", "a\u20dd", "\u2460the"]
for _ in range(60):
    nasty.append("".join(random.choice(words + gaps + ["Σ", "ς", "'", "\u0301", "A", "THE"]) for _ in range(random.randrange(1, 8))))


def checksum():
    """FNV-1a over what becomes of every scalar value below U+20000 that Python's Unicode knows, between words."""
    value, count = 0xCBF29CE484222325, 0
    for code in range(0x20000):
        c = chr(code)
        if unicodedata.category(c) in ("Cn", "Cs"):
            continue
        count += 1
        for byte in (normalize_answer(c + "A " + c + "\u03a3" + c) + "\n").encode():
            value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return {"unicode": unicodedata.unidata_version, "scalars": count, "checksum": str(value)}


path = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures/metrics.json"
path.write_text(json.dumps({
    "script": "Tools/make_metric_fixtures.py", "versions": versions("scikit-learn", "scipy", "numpy", "lm_eval"),
    "classes": classes, "numbers": numbers, "choices": choices, "texts": texts, "spans": spans,
    "normalized": [[text, normalize_answer(text)] for text in nasty], "every_scalar": checksum(),
}, ensure_ascii=True) + "\n")
print(path.stat().st_size, "bytes")
