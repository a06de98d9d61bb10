#!/usr/bin/env python3
"""Writes Tests/Fixtures/spans.json: what transformers' example scripts for question answering make of windows and logits.

    python Tools/make_span_fixtures.py

`features` follows prepare_train_features of run_qa.py on transformers' fast tokenizers, with the tokenizers of
Tests/Fixtures/tokenizers. `searches` follows postprocess_qa_predictions of utils_qa.py on random logits. Both functions
are written here as they stand there; where they differ from the original, a comment says so. Needs numpy, tokenizers and
transformers in the versions that the file names.
"""
import json, os, pathlib, random, sys
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import numpy as np
from transformers import AutoTokenizer
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fixture_common import versions, write_json

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"


def prepare_train_features(tokenizer, question, context, answers, max_length, stride):
    """[(input ids, start label, end label, the original's start label, character offsets of the context's tokens)]"""
    encoded = tokenizer([question.lstrip()], [context], truncation="only_second", max_length=max_length, stride=stride,
                        return_overflowing_tokens=True, return_offsets_mapping=True, padding=False)
    out = []
    for i, offsets in enumerate(encoded["offset_mapping"]):
        input_ids = encoded["input_ids"][i]
        cls_index = input_ids.index(tokenizer.cls_token_id)
        sequence_ids = encoded.sequence_ids(i)
        own = [o for o, s in zip(offsets, sequence_ids) if s == 1]
        start = end = original = cls_index
        if answers and own:  # The original fails on a context without a token.
            start_char, end_char = answers[0][0], answers[0][0] + len(answers[0][1])
            token_start_index = 0
            while sequence_ids[token_start_index] != 1:
                token_start_index += 1
            token_end_index = len(input_ids) - 1
            while sequence_ids[token_end_index] != 1:
                token_end_index -= 1
            if offsets[token_start_index][0] <= start_char and offsets[token_end_index][1] >= end_char:
                last = token_end_index
                while token_start_index < len(offsets) and offsets[token_start_index][0] <= start_char:
                    token_start_index += 1
                original = token_start_index - 1
                # The original runs on to the end of the sequence, whose special tokens have the offsets (0, 0), where the
                # answer begins in the last token of the window. "Note: we could go after the last offset if the answer
                # is the last word (edge case)."
                start = min(original, last)
                assert start == original or original == len(offsets) - 1
                while offsets[token_end_index][1] >= end_char:
                    token_end_index -= 1
                end = token_end_index + 1
        out.append((input_ids, start, end, original, own))
    return out


def postprocess(context, windows, n_best_size, max_answer_length, version_2, threshold):
    """`windows`: (start logits, end logits, offset mapping with None outside of the context). Returns the answer, the
    n-best list as (offsets, score, probability), and the score difference of no answer."""
    min_null_prediction, prelim_predictions = None, []
    for start_logits, end_logits, offset_mapping in windows:
        feature_null_score = start_logits[0] + end_logits[0]
        if min_null_prediction is None or min_null_prediction["score"] > feature_null_score:
            min_null_prediction = {"offsets": (0, 0), "score": feature_null_score, "start_logit": start_logits[0],
                                   "end_logit": end_logits[0]}
        # The original leaves the order of equal logits to numpy's unstable sort.
        start_indexes = np.argsort(start_logits, kind="stable")[-1: -n_best_size - 1: -1].tolist()
        end_indexes = np.argsort(end_logits, kind="stable")[-1: -n_best_size - 1: -1].tolist()
        for start_index in start_indexes:
            for end_index in end_indexes:
                if offset_mapping[start_index] is None or offset_mapping[end_index] is None:
                    continue
                if end_index < start_index or end_index - start_index + 1 > max_answer_length:
                    continue
                prelim_predictions.append({
                    "offsets": (offset_mapping[start_index][0], offset_mapping[end_index][1]),
                    "score": start_logits[start_index] + end_logits[end_index],
                    "start_logit": start_logits[start_index], "end_logit": end_logits[end_index]})
    if version_2 and min_null_prediction is not None:
        prelim_predictions.append(min_null_prediction)
        null_score = min_null_prediction["score"]
    predictions = sorted(prelim_predictions, key=lambda x: x["score"], reverse=True)[:n_best_size]
    if version_2 and min_null_prediction is not None and not any(p["offsets"] == (0, 0) for p in predictions):
        predictions.append(min_null_prediction)
    for p in predictions:
        p["text"] = context[p["offsets"][0]: p["offsets"][1]]
    # The original would put the word "empty" here where there is no candidate; no case below is such.
    assert any(p["text"] for p in predictions)
    scores = np.array([p["score"] for p in predictions])
    exp_scores = np.exp(scores - np.max(scores))
    probabilities = exp_scores / exp_scores.sum()
    best = [(p["offsets"], float(p["score"]), float(q)) for p, q in zip(predictions, probabilities)]
    if not version_2:
        return predictions[0]["offsets"], best, None
    i = 0
    while predictions[i]["text"] == "":
        i += 1
    score_diff = null_score - predictions[i]["start_logit"] - predictions[i]["end_logit"]
    return (0, 0) if score_diff > threshold else predictions[i]["offsets"], best, float(score_diff)


WORDS = ["the", "café", "owner", "the", "人", "mends", "coats", "naïve", "😀", "of", "a", "owner", "in", "1987", "–"]


def search_cases(r):
    cases = []
    for number in range(12):
        words = [r.choice(WORDS) for _ in range([40, 25, 70, 6, 55, 1][number % 6])]
        context, offsets = "", []
        for word in words:
            context += " " * r.choice([1, 1, 1, 2]) * bool(context)
            offsets.append((len(context), len(context) + len(word)))
            context += word
        question, room, stride = r.choice([1, 3, 6]), r.choice([26, 33]), 9
        windows, start = [], 0
        while True:
            end = min(start + room, len(words))
            n = question + 3 + end - start
            if number % 3 == 0:  # Few values, thus many ties.
                logits = [[r.randrange(-4, 5) / 2 for _ in range(n)] for _ in range(2)]
            else:
                logits = [[round(r.gauss(0, 3), 4) for _ in range(n)] for _ in range(2)]
            if number % 4 == 1:  # The best answer lies at the border of the window.
                logits[0][question + 2], logits[1][n - 2] = 7.5 + len(windows), 7.25
            if number % 4 == 2:  # No answer is about as good as the best.
                best = max(logits[0]) + max(logits[1])
                logits[0][0], logits[1][0] = round(best / 2 + 0.3, 4), round(best / 2, 4)
            windows.append({"first": question + 2, "tokens": [start, end], "starts": logits[0], "ends": logits[1]})
            if end == len(words):
                break
            start += room - stride
        own = []
        for w in windows:
            mapping = [None] * w["first"] + offsets[w["tokens"][0]: w["tokens"][1]] + [None]
            own.append((np.array(w["starts"], np.float32), np.array(w["ends"], np.float32), mapping))
        bytes_of = lambda span: [len(context[:i].encode()) for i in span]
        expected = []
        for version_2, threshold, longest in [(False, 0.0, 30), (False, 0.0, 3), (True, 0.0, 30), (True, 1.5, 5), (True, -2.5, 30)]:
            answer, best, difference = postprocess(context, own, 20, longest, version_2, threshold)
            probe = {"version_2": version_2, "threshold": threshold, "longest": longest, "answer": bytes_of(answer),
                     "difference": difference}
            if longest == 30 and threshold == 0 and number < 6:
                probe["best"] = [bytes_of(span) for span, _, _ in best]
                probe["scores"] = [round(score, 5) for _, score, _ in best]
                probe["probabilities"] = [round(p, 7) for _, _, p in best]
            expected.append(probe)
        cases.append({"context": context, "offsets": [bytes_of(o) for o in offsets], "windows": windows, "expected": expected})
    return cases


LONG = ("The old tailor on the corner mends coats in winter and sails in summer. The café's owner says 这个城市有很多图书馆 "
        "and that in 1987\u00a0he paid 3,250 for cafe\u0301 au lait 😀 👩\u200d👧. Ångström and Straße are words, and the last one is owner")
TEXTS = [
    # question, context, answer, which occurrence of it; None where there is no answer
    ("Who mends coats?", LONG, "The old tailor", 0), ("  \t Who says it?", LONG, "The café's owner", 0),
    ("What is there?", LONG, "图书馆", 0), ("What smiles?", LONG, "😀", 0), ("Who are they?", LONG, "👩\u200d👧", 0),
    ("What is last?", LONG, "owner", 1), ("\u00a0Which units?", LONG, "Ångström", 0), ("Part of a word?", LONG, "ngstr", 0),
    ("", LONG, "cafe\u0301 au lait", 0), ("Nothing?", LONG, None, 0), ("All of it?", LONG, LONG, 0), ("Empty?", "", None, 0),
    ("   ", "", None, 0), ("Blank before?", LONG, " mends", 0), ("Short?", "It rained.", "rained", 0),
    ("The end?", "It rained.", ".", 0),
]


def feature_cases(name):
    tokenizer = AutoTokenizer.from_pretrained(FIXTURES / "tokenizers" / "folders" / name)
    cases, corrected = [], 0
    for number, (question, context, answer, occurrence) in enumerate(TEXTS):
        answers = []
        if answer is not None:
            start = -1
            for _ in range(occurrence + 1):
                start = context.index(answer, start + 1)
            answers = [(start, answer)]
        taken = len(tokenizer([question.lstrip()], [""])["input_ids"][0])
        for room, stride in [(9, 3), (14, 13), (40, 0), (500, 128)]:
            found = prepare_train_features(tokenizer, question, context, answers, taken + room, stride)
            corrected += sum(f[1] != f[3] for f in found)
            case = {"question": question, "context": context, "answer": answer,
                    "start": len(context[:answers[0][0]].encode()) if answers else None,
                    "max_length": taken + room, "stride": stride, "labels": [[f[1], f[2]] for f in found],
                    "lengths": [len(f[0]) for f in found]}
            if stride == 3 and number in (1, 4):
                case["ids"] = [f[0] for f in found]
                case["offsets"] = [[x for o in f[4] for x in (len(context[:o[0]].encode()), len(context[:o[1]].encode()))]
                                   for f in found]
            cases.append(case)
    print(name, len(cases), "cases;", corrected, "labels corrected")
    contexts = sorted({c["context"] for c in cases})
    for c in cases:
        c["context"] = contexts.index(c["context"])
        c["answer"] = "all" if c["answer"] in contexts else c["answer"]
    return {"tokenizer": name, "contexts": contexts, "cases": cases}


def main():
    r = random.Random(14)
    value = {"script": "Tools/make_span_fixtures.py", "versions": versions("numpy", "tokenizers", "transformers"),
             "searches": search_cases(r), "features": [feature_cases(name) for name in ("wordpiece", "roberta")]}
    path = FIXTURES / "spans.json"
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace('},{', '},\n{') + "\n", encoding="utf-8")
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
