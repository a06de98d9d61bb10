#!/usr/bin/env python3
"""Checks prompts, answers and extraction of the LLM-Adapters form against a copy of that project's rule.

    check_llm_adapters.py --program finetune --model DIR --data /path/of/llm_adapters [--limit 20]

For each set under DIR, `finetune evaluate --format llm-adapters --samples` scores the first examples with a language model,
however small; prompts, gold answers, extracted answers and the score must be what commonsense_evaluate.py makes of the file
and of the texts that were generated. Exit status 1 where anything differs.
"""
import argparse, json, pathlib, re, subprocess, sys, tempfile

TASKS = {"boolq": "boolq", "piqa": "piqa", "social_i_qa": "siqa", "hellaswag": "hellaswag", "winogrande": "winogrande",
         "ARC-Easy": "arc_easy", "ARC-Challenge": "arc_challenge", "openbookqa": "openbookqa"}
ANSWERS = {"boolq": r"true|false", "piqa": r"solution1|solution2", "hellaswag": r"ending1|ending2|ending3|ending4",
           "winogrande": r"option1|option2"}
OTHERS = r"answer1|answer2|answer3|answer4|answer5"


def generate_prompt(instruction):
    return f"""Below is an instruction that describes a task. Write a response that appropriately completes the request. 

                ### Instruction:
                {instruction}

                ### Response:
                """  # noqa: E501


def extract_answer(dataset, sentence):
    """Of a decoded output, whose prompt ends with the first "### Response:"."""
    found = re.findall(ANSWERS.get(dataset, OTHERS), sentence.strip())
    return found[0] if found else ""


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--program", required=True)
    p.add_argument("--model", required=True)
    p.add_argument("--data", required=True, type=pathlib.Path)
    p.add_argument("--limit", type=int, default=20)
    a = p.parse_args()
    failures = 0
    for dataset, task in TASKS.items():
        path = a.data / dataset / "test.json"
        if not path.exists():
            print(f"{dataset}: no {path}")
            continue
        rows = json.loads(path.read_text("utf-8"))[:a.limit]
        with tempfile.TemporaryDirectory() as d:
            samples = pathlib.Path(d) / "samples.jsonl"
            done = subprocess.run([a.program, "evaluate", "--task", task, "--format", "llm-adapters", "--model", a.model, "--data", path.parent,
                                   "--split", "test", "--limit", str(a.limit), "--samples", samples, "--json"], capture_output=True, text=True)
            if done.returncode:
                print(f"FAIL {dataset}: exit {done.returncode}: {done.stderr[-500:]}")
                failures += 1
                continue
            found = [json.loads(line) for line in samples.read_text("utf-8").splitlines()]
        scores = json.loads(done.stdout)
        scores = scores.get("metrics", scores)
        scores = scores.get("test", scores)
        # The original reads the output behind the prompt up to the next "### Response:".
        extracted = [extract_answer(dataset, s["generated"].split("### Response:")[0]) for s in found]
        wrong = {
            "prompts": sum(s["prompt"] != generate_prompt(r["instruction"]) for s, r in zip(found, rows)),
            "gold answers": sum(s["gold"] != r["answer"] for s, r in zip(found, rows)),
            "extracted answers": sum((s["extracted"] or "") != e for s, e in zip(found, extracted)),
            "accuracy": abs(scores["accuracy"] - sum(e == r["answer"] for e, r in zip(extracted, rows)) / len(rows)) > 1e-9,
            "unparsable": abs(scores["unparsable"] - sum(e == "" for e in extracted) / len(rows)) > 1e-9}
        ok = len(found) == len(rows) and not any(wrong.values())
        failures += not ok
        print(f"{'PASS' if ok else 'FAIL'} {dataset}: {len(found)} prompts of {len(rows)}, {sum(e == '' for e in extracted)} without an answer; "
              f"different: {', '.join(f'{k} {int(v)}' for k, v in wrong.items() if v) or 'none'}")
    return 1 if failures else 0


sys.exit(main())
