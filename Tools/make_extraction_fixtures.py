#!/usr/bin/env python3
"""Writes Tests/Fixtures/extraction.json: answers that LLM-Adapters' extract_answer (commonsense_evaluate.py) reads from texts.

    python Tools/make_extraction_fixtures.py

The texts are random sequences of answers, parts of answers, and what may stand between them. Needs the standard library.
"""
import json, pathlib, random, re, sys

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
SETS = {"boolq": ["true", "false"], "piqa": ["solution1", "solution2"], "hellaswag": ["ending1", "ending2", "ending3", "ending4"],
        "winogrande": ["option1", "option2"], "arc_easy": ["answer1", "answer2", "answer3", "answer4", "answer5"]}
BETWEEN = [" ", "", "\n", ".", "the correct answer is ", "\u00a0", "é", "人", "😀", "### Response:", "### Response", "###", " \x1c", "0", "12"]


def extract_answer(answers, output):
    """`output` is what follows the prompt's own "### Response:" in the decoded text."""
    found = re.findall("|".join(answers), output.split("### Response:")[0].strip())
    return found[0] if found else ""


def text(r, answers):
    parts = []
    for _ in range(r.randrange(0, 7)):
        answer = r.choice(answers)
        cut = r.randrange(1, len(answer))
        parts.append(r.choice([r.choice(BETWEEN)] * 2 + [answer, answer.upper(), answer.capitalize(), answer[:cut], answer[cut:]]))
    return "".join(parts)


r = random.Random(5)
cases = []
for task, answers in SETS.items():
    for output in ["", " ", "### Response:", answers[0] + "### Response:", "### Response:" + answers[0], answers[-1] + answers[0]] + [
            text(r, answers) for _ in range(40)]:
        cases.append([task, output, extract_answer(answers, output)])
path = FIXTURES / "extraction.json"
path.write_text(json.dumps({"script": "Tools/make_extraction_fixtures.py", "python": sys.version.split()[0], "cases": cases},
                           ensure_ascii=False, separators=(",", ":")).replace("],[", "],\n[") + "\n", encoding="utf-8")
print(path, len(cases), "cases,", sum(1 for c in cases if c[2]), "with an answer")
