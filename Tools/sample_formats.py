"""Reads every sample below tasks/ by the official rules, with Python's own readers (no package needed).

python Tools/sample_formats.py [--official FOLDER]: exits 1 and says what is wrong. FOLDER holds official files (CoLA, squad, …
in the folders named below); then headers, keys with their order, blanks, escapes and final newlines must equal theirs.
"""
import argparse
import csv
import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "tasks"
OFFICIAL = {
    "mrpc": "glue/MRPC", "sst2": "glue/SST-2", "stsb": "glue/STS-B", "qqp": "glue/QQP/sample", "mnli": "glue/MNLI/sample", "qnli": "glue/QNLI",
    "wnli": "glue/WNLI", "ax": "glue/diagnostic", "squad": "squad", "boolq": "commonsense/boolq", "piqa": "commonsense/piqa",
    "siqa": "commonsense/socialiqa", "hellaswag": "commonsense/hellaswag/sample", "arc_easy": "commonsense/arc/ARC-Easy",
    "arc_challenge": "commonsense/arc/ARC-Challenge", "openbookqa": "commonsense/openbookqa",
}
ADAPTERS = {
    "boolq": "boolq", "piqa": "piqa", "siqa": "social_i_qa", "winogrande": "winogrande", "arc_easy": "ARC-Easy",
    "arc_challenge": "ARC-Challenge", "openbookqa": "openbookqa",
}
problems = []
# What occurs somewhere in a task's files; each task must show the edge cases of its format.
seen = {}


def check(condition, path, message):
    if not condition:
        problems.append(f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}: {message}")


def note(task, **cases):
    for case, holds in cases.items():
        seen.setdefault(task, Counter())[case] += bool(holds)


def text(path):
    return path.read_bytes().decode("utf-8")


def table(task, name, columns, count=30, newline=True, header=True, mark=False):
    """Rows of a TSV as Hugging Face's GLUE script reads them: csv, no quoting, names from the header if there is one."""
    path = ROOT / task / "sample" / name
    whole = text(path)
    check(whole.startswith("\ufeff") == mark, path, "byte order mark")
    whole = ("" if header else "\t".join(columns) + "\n") + whole.removeprefix("\ufeff")
    check(whole.endswith("\n") == newline, path, "final newline")
    check("\r" not in whole, path, "carriage return")
    lines = whole.removesuffix("\n").split("\n")
    # str.splitlines and friends would also break at other characters; csv is given the lines as they are.
    rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    check(lines[0].split("\t") == columns, path, f"header {lines[0]!r}")
    check(len(rows) == len(lines) - 1 and len(rows) >= count, path, f"{len(rows)} rows")
    ragged = [row for row in rows if None in row or None in row.values()]
    check(not ragged, path, f"a ragged row {ragged[:1]}")
    rows = [row for row in rows if row not in ragged]
    if columns[0] in ("index", "id"):
        check([row[columns[0]] for row in rows] == [str(i) for i in range(len(rows))], path, "numbers")
    for row in rows:
        values = [row[column] for column in columns if not column.endswith("parse")]
        note(
            task, quote=any('"' in value for value in values), lone_quote=any(value.count('"') % 2 for value in values),
            leading_quote=any(value.startswith('"') for value in values), not_ascii=not "".join(values).isascii(),
            trailing_blank=any(value.endswith(" ") for value in values), no_break_space="\u00a0" in "".join(values),
            inner_mark="\ufeff" in "".join(values))
    return path, rows


def labels(path, found, expected):
    check(set(found) == set(expected), path, f"labels {sorted(set(found))}, expected {sorted(expected)}")
    least = min(Counter(found).values())
    check(least * len(expected) * 3 >= len(found), path, f"labels are unbalanced: {Counter(found)}")


def apart(task, splits):
    """No example of one split is in another."""
    for (one, first), (two, second) in [(a, b) for i, a in enumerate(splits) for b in splits[i + 1:]]:
        both = set(first) & set(second)
        check(not both, ROOT / task, f"{one} and {two} share {sorted(both)[:1]}")


def glue():
    def task(name, train, test, text_columns, values, splits=("train", "dev")):
        groups = []
        for split in splits:
            path, rows = table(name, f"{split}.tsv", train)
            labels(path, [row[train[-1]] for row in rows], values)
            groups.append((split, ["\t".join(row[c].strip() for c in text_columns) for row in rows]))
        path, rows = table(name, "test.tsv", test)
        groups.append(("test", ["\t".join(row[c] for c in text_columns) for row in rows]))
        apart(name, groups)

    groups = []
    for split in ("train", "dev"):
        path, rows = table("cola", f"{split}.tsv", ["source", "label", "mark", "sentence"], header=False)
        labels(path, [row["label"] for row in rows], "01")
        check(all((row["mark"] == "*") == (row["label"] == "0") for row in rows), path, "marks")
        groups.append((split, [row["sentence"] for row in rows]))
    _, rows = table("cola", "test.tsv", ["index", "sentence"])
    apart("cola", [*groups, ("test", [row["sentence"] for row in rows])])

    identifiers, groups = ["#1 ID", "#2 ID"], []
    columns = [*identifiers, "#1 String", "#2 String"]
    for split in ("train", "dev", "test"):
        first = "index" if split == "test" else "Quality"
        path, rows = table("mrpc", f"{split}.tsv", [first, *columns], mark=split != "test")
        if first == "Quality":
            labels(path, [row[first] for row in rows], "01")
        groups += [(split, ["\t".join(row[c] for c in columns[2:]) for row in rows]),
                   (f"{split}'s identifiers", [row[c] for row in rows for c in identifiers])]
    apart("mrpc", groups)

    pair = ["sentence1", "sentence2"]
    following = ["entailment", "not_entailment"]
    task("sst2", ["sentence", "label"], ["index", "sentence"], ["sentence"], "01")
    for split, blank in (("train", True), ("dev", True), ("test", False)):
        lines = text(ROOT / f"sst2/sample/{split}.tsv").splitlines()[1:]
        sentences = [line.split("\t")[1 if split == "test" else 0] for line in lines]
        check(all(s.endswith(" ") == blank and s == s.lower() for s in sentences), ROOT / "sst2", f"blanks of {split}")
    task("qqp", ["id", "qid1", "qid2", "question1", "question2", "is_duplicate"], ["id", "question1", "question2"],
         ["question1", "question2"], "01")
    task("qnli", ["index", "question", "sentence", "label"], ["index", "question", "sentence"], ["question", "sentence"],
         following)
    task("rte", ["index", *pair, "label"], ["index", *pair], pair, following)
    task("wnli", ["index", *pair, "label"], ["index", *pair], pair, "01")

    columns = ["index", "genre", "filename", "year", "old_index", "source1", "source2", *pair]
    for split in ("train", "dev"):
        path, rows = table("stsb", f"{split}.tsv", columns + ["score"])
        scores = [float(row["score"]) for row in rows]
        check(all(0 <= score <= 5 for score in scores) and len(set(scores)) > 5, path, "scores")
        forms = {len(row["score"]) for row in rows}
        check(1 in forms and 5 in forms and max(forms) > 10, path, f"lengths of scores {forms}")
        note("stsb", source=any(row["source1"] != "none" for row in rows))
    table("stsb", "test.tsv", columns)

    columns = ["index", "promptID", "pairID", "genre", "sentence1_binary_parse", "sentence2_binary_parse",
               "sentence1_parse", "sentence2_parse", *pair]
    kinds = ["entailment", "neutral", "contradiction"]
    for name, annotators in (("train", ["label1"]), ("dev_matched", [f"label{i}" for i in range(1, 6)]),
                             ("dev_mismatched", [f"label{i}" for i in range(1, 6)])):
        path, rows = table("mnli", f"{name}.tsv", columns + annotators + ["gold_label"])
        labels(path, [row["gold_label"] for row in rows], kinds)
        for row in rows:
            (gold, votes), *_ = Counter(row[a] for a in annotators).most_common(1)
            check(gold == row["gold_label"] and 2 * votes > len(annotators), path, f"gold label of {row['index']}")
            check(row["pairID"] == row["promptID"] + gold[0], path, f"pairID {row['pairID']}")
            for number in "12":
                parse = row[f"sentence{number}_parse"]
                check(parse.startswith("(ROOT") and parse.count("(") == parse.count(")"), path, "a parse")
            note("mnli", first_vote_is_not_gold=row["label1"] != gold)
    for name in ("test_matched", "test_mismatched"):
        table("mnli", f"{name}.tsv", columns)

    _, rows = table("ax", "diagnostic.tsv", ["index", *pair], newline=False)
    turned = [(row["sentence2"], row["sentence1"]) for row in rows[1::2]]
    check([(row["sentence1"], row["sentence2"]) for row in rows[::2]] == turned, ROOT / "ax", "pairs in both orders")


def squad(task, files, two):
    identifiers, contexts = [], []
    for name in files:
        path = ROOT / task / "sample" / name
        whole = text(path)
        check(whole.isascii() and not whole.endswith("\n"), path, "ASCII, no final newline")
        loaded = json.loads(whole)
        check(loaded["version"] == ("v2.0" if two else "1.1"), path, "version")
        questions = []
        for article in loaded["data"]:
            for paragraph in article["paragraphs"]:
                context = paragraph["context"]
                contexts.append(context)
                for question in paragraph["qas"]:
                    questions.append(question)
                    impossible = question.get("is_impossible", False)
                    check(two == ("is_impossible" in question), path, "is_impossible")
                    check(bool(question["answers"]) != impossible, path, f"answers of {question['id']}")
                    check(("plausible_answers" in question) == impossible, path, "plausible_answers")
                    check(name.startswith("dev") or impossible or len(question["answers"]) == 1, path, "one answer in train")
                    for answer in question["answers"] + question.get("plausible_answers", []):
                        start, span = answer["answer_start"], answer["text"]
                        check(context[start:start + len(span)] == span, path, f"span {span!r} at {start}")
                        note(
                            task, at_start=start == 0, at_end=start + len(span) == len(context),
                            bytes_differ=len(context[:start].encode()) != start, no_break_space="\u00a0" in span,
                            utf16_differs=len(context[:start].encode("utf-16-le")) != 2 * start,
                            combining="\u0301" in context[:start + len(span)], earlier=context.find(span) < start,
                            inner_newline="\n" in context, quote='"' in context,
                            blank_question=question["question"] != question["question"].strip(),
                            several=len(question["answers"]) > 3, different=len({a["text"] for a in question["answers"]}) > 1,
                            impossible=impossible)
        check(len(questions) >= 30, path, f"{len(questions)} questions")
        identifiers += [question["id"] for question in questions]
    check(len(set(identifiers)) == len(identifiers), ROOT / task, "identifiers occur twice")
    check(len(set(contexts)) == len(contexts), ROOT / task, "contexts occur twice")


def objects(task, name, keys, compact=False, escaped=True):
    """The objects of a JSON Lines file, each of which must be what json.dumps writes."""
    path = ROOT / task / "sample" / name
    whole = text(path)
    check(whole.endswith("\n") and "\r" not in whole, path, "final newline")
    lines = whole.split("\n")[:-1]
    rows = [json.loads(line) for line in lines]
    check(len(rows) >= 30, path, f"{len(rows)} examples")
    for line, row in zip(lines, rows):
        separators = (",", ":") if compact else (", ", ": ")
        check(line == json.dumps(row, ensure_ascii=escaped, separators=separators), path, f"not json.dumps: {line[:60]}")
        check(list(row) == keys, path, f"keys {list(row)}")
        values = json.dumps(row, ensure_ascii=False)
        strings = [value for value in row.values() if isinstance(value, str)]
        note(
            task, not_ascii=not values.isascii(), quote='\\"' in values, inner_mark="\ufeff" in values,
            no_width="\u200b" in values, edge_blank=any(s != s.strip() for s in strings), two_blanks=".  " in values,
            escapes="\\u" in line)
    return path, rows


def listed(task, name, values, examples):
    path = ROOT / task / "sample" / name
    found = text(path).split("\n")
    check(found.pop() == "", path, "final newline")
    check(len(found) == len(examples), path, f"{len(found)} labels for {len(examples)} examples")
    labels(path, found, values)
    return found


def choices(path, row, order):
    question = row["question"]
    given = [choice["label"] for choice in question["choices"]]
    texts = [choice["text"] for choice in question["choices"]]
    check(all(list(choice) == order for choice in question["choices"]), path, "keys of a choice")
    check("".join(given) in ("ABC", "ABCD", "ABCDE", "123", "1234", "12345"), path, f"choice labels {given}")
    check(len(set(texts)) == len(texts), path, f"choices {texts}")
    if "answerKey" in row:
        check(row["answerKey"] in given, path, f"answerKey {row['answerKey']}")
    return given


def commonsense():
    keys = ["question", "title", "answer", "passage"]
    for split in ("train", "dev"):
        path, rows = objects("boolq", f"{split}.jsonl", keys, escaped=False)
        labels(path, [row["answer"] for row in rows], [True, False])
    objects("boolq", "test.jsonl", ["question", "title", "passage"], escaped=False)

    for split in ("train", "valid"):
        _, rows = objects("piqa", f"{split}.jsonl", ["goal", "sol1", "sol2"])
        listed("piqa", f"{split}-labels.lst", "01", rows)
    objects("piqa", "tests.jsonl", ["goal", "sol1", "sol2"])
    for split in ("train", "dev"):
        _, rows = objects("siqa", f"{split}.jsonl", ["context", "question", "answerA", "answerB", "answerC"])
        listed("siqa", f"{split}-labels.lst", "123", rows)

    for split in ("train", "val", "test"):
        gold = [] if split == "test" else ["label"]
        keys = ["ind", "activity_label", "ctx_a", "ctx_b", "ctx", "split", "split_type", *gold, "endings", "source_id"]
        path, rows = objects("hellaswag", f"hellaswag_{split}.jsonl", keys)
        if gold:
            labels(path, [row["label"] for row in rows], range(4))
        for row in rows:
            check(row["ctx"] == (row["ctx_a"] + " " + row["ctx_b"]).rstrip(" "), path, "ctx")
            check(len(set(row["endings"])) == 4 and row["split"] == split, path, "endings")
            note("hellaswag", tags="[step]" in row["ctx"] and not row["ctx_b"], comma=row["endings"][0].startswith(", "),
                 zeroshot=row["split_type"] == "zeroshot")

    sentences = {}
    for name in ("train_xl", "train_debiased", "dev", "test"):
        gold = [] if name == "test" else ["answer"]
        path, rows = objects("winogrande", f"{name}.jsonl", ["qID", "sentence", "option1", "option2", *gold])
        check(all(row["sentence"].count("_") == 1 for row in rows), path, "one blank a sentence")
        sentences[name] = {row["sentence"] for row in rows}
        if gold:
            labels(path, [row["answer"] for row in rows], "12")
        if name == "dev":
            check(listed("winogrande", "dev-labels.lst", "12", rows) == [row["answer"] for row in rows], path, "labels")
    check(sentences["train_debiased"] < sentences["train_xl"], ROOT / "winogrande", "train_debiased is a part of train_xl")
    check(not sentences["train_xl"] & (sentences["dev"] | sentences["test"]), ROOT / "winogrande", "splits overlap")

    for kind in ("Easy", "Challenge"):
        task = f"arc_{kind.lower()}"
        for split in ("Train", "Dev", "Test"):
            path, rows = objects(task, f"ARC-{kind}-{split}.jsonl", ["id", "question", "answerKey"], compact=True, escaped=False)
            given = [choices(path, row, ["text", "label"]) for row in rows]
            check({len(labels) for labels in given} == {3, 4, 5}, path, "three, four and five choices")
            check({labels[0] for labels in given} == {"A", "1"}, path, "letters and digits")
    for split in ("train", "dev", "test"):
        path, rows = objects("openbookqa", f"Main/{split}.jsonl", ["id", "question", "answerKey"])
        given = [choices(path, row, ["text", "label"]) for row in rows]
        check(all(len(labels) == 4 for labels in given), path, "four choices")
        labels(path, [row["answerKey"] for row in rows], "ABCD")
        note("openbookqa", twice=len({json.dumps(row["question"]) for row in rows}) < len(rows))
    for split in ("train_rand_split", "dev_rand_split", "test_rand_split_no_answers"):
        keys = ["id", "question"] if split.startswith("test") else ["answerKey", "id", "question"]
        path, rows = objects("commonsense_qa", f"{split}.jsonl", keys)
        given = [choices(path, row, ["label", "text"]) for row in rows]
        check(all(len(labels) == 5 for labels in given), path, "five choices")
        if keys[0] == "answerKey":
            labels(path, [row["answerKey"] for row in rows], "ABCDE")


def instructed(task):
    """What LLM-Adapters' files say of the labelled examples in the official form, in their order."""
    def rows(name):
        return [json.loads(line) for line in text(ROOT / task / "sample" / name).splitlines()]

    def numbered(start, name, texts, right, gap=" ", behind="\n\n"):
        listing = gap.join(f"{name.capitalize()}{i}: {t}" for i, t in enumerate(texts, 1))
        form = "/".join(f"{name}{i}" for i in range(1, len(texts) + 1))
        return f"{start}\n\n{listing}{behind}Answer format: {form}", f"{name}{right + 1}"

    def question(row):
        texts = [choice["text"] for choice in row["question"]["choices"]]
        right = [choice["label"] for choice in row["question"]["choices"]].index(row["answerKey"])
        return numbered("Please choose the correct answer to the question: " + row["question"]["stem"], "answer", texts, right)

    if task == "boolq":
        start = "Please answer the following question with true or false, question: "
        make = lambda row: (f"{start}{row['question']}?\n\nAnswer format: true/false", str(row["answer"]).lower())
        return [[make(row) for row in rows(name)] for name in ("train.jsonl", "dev.jsonl")]
    if task in ("piqa", "siqa"):
        result = []
        for split in ("train", "valid" if task == "piqa" else "dev"):
            gold = [int(label) for label in text(ROOT / task / "sample" / f"{split}-labels.lst").split()]
            pairs = zip(rows(f"{split}.jsonl"), gold)
            result.append([
                numbered(f"Please choose the correct solution to the question: {row['goal']}", "solution",
                         [row["sol1"], row["sol2"]], right, gap="\n\n")
                if task == "piqa" else
                numbered(f"Please choose the correct answer to the question: {row['context']} {row['question']}", "answer",
                         [row["answerA"], row["answerB"], row["answerC"]], right - 1)
                for row, right in pairs])
        return result
    if task == "hellaswag":
        start = "Please choose the correct ending to complete the given sentence: "
        make = lambda row: numbered(f"{start}{row['activity_label']}: {row['ctx']}", "ending", row["endings"], row["label"])
        return [[make(row) for row in rows(name)] for name in ("hellaswag_train.jsonl", "hellaswag_val.jsonl")]
    if task == "winogrande":
        start = "Please choose the correct answer to fill in the blank to complete the given sentence: "
        make = lambda row: numbered(start + row["sentence"], "option", [row["option1"], row["option2"]],
                                    int(row["answer"]) - 1, behind=" ")
        return [[make(row) for row in rows(name)] for name in ("train_xl.jsonl", "dev.jsonl")]
    if task == "openbookqa":
        return [[question(row) for row in rows(f"Main/{split}.jsonl")] for split in ("train", "test")]
    name = {"arc_easy": "ARC-Easy", "arc_challenge": "ARC-Challenge"}[task]
    return [[question(row) for row in rows(f"{name}-{split}.jsonl")] for split in ("Train", "Test")]


def adapters():
    def load(path):
        whole = text(path)
        loaded = json.loads(whole)
        check(whole == json.dumps(loaded, indent=4), path, "not json.dumps(…, indent=4)")
        check(len(loaded) >= 30, path, f"{len(loaded)} examples")
        for row in loaded:
            check(list(row) == ["instruction", "input", "output", "answer"] and row["input"] == "", path, "keys")
            check(row["output"] == "the correct answer is " + row["answer"], path, "output")
        return [(row["instruction"], row["answer"]) for row in loaded]

    every = set()
    for task in (*ADAPTERS, "hellaswag"):
        for name, expected in zip(("train", "test"), instructed(task)):
            path = ROOT / task / "sample" / "llm-adapters" / f"{name}.json"
            found = load(path)
            check(found == expected[:len(found)], path, "differs from the same examples in the official form")
            every |= set(expected if name == "train" else [])
    for task in ("commonsense_170k", "commonsense_15k"):
        mix = load(ROOT / task / "sample" / f"{task}.json")
        check(set(mix) <= every, ROOT / task, "an instruction of no set, or none of the large mix")
        starts = {(row[0].split(":")[0], row[0].rsplit("format: ")[1]) for row in mix}
        check(len(starts) >= 6, ROOT / task, f"kinds of instructions {starts}")
        # The small mix is a part of the large one.
        every &= set(mix)
        for name, folder in {**ADAPTERS, "hellaswag": "hellaswag"}.items():
            path = ROOT / task / "sample" / folder / "test.json"
            check(text(path) == text(ROOT / name / "sample/llm-adapters/test.json"), path, f"differs from that of {name}")


EDGES = {
    "mrpc": "quote lone_quote leading_quote not_ascii",
    "sst2": "quote lone_quote leading_quote not_ascii trailing_blank", "stsb": "quote lone_quote leading_quote source",
    "qqp": "quote lone_quote not_ascii", "mnli": "not_ascii trailing_blank first_vote_is_not_gold",
    "qnli": "lone_quote leading_quote not_ascii inner_mark", "rte": "lone_quote leading_quote no_break_space",
    "wnli": "leading_quote lone_quote", "ax": "not_ascii",
    "squad": "at_start at_end bytes_differ utf16_differs combining earlier inner_newline quote no_break_space several different "
    "blank_question",
    "squad_v2": "at_start at_end bytes_differ utf16_differs earlier inner_newline quote several different impossible "
    "blank_question",
    "boolq": "not_ascii inner_mark no_width quote", "piqa": "escapes quote edge_blank", "siqa": "escapes",
    "hellaswag": "tags comma zeroshot escapes", "winogrande": "escapes", "arc_easy": "not_ascii",
    "arc_challenge": "not_ascii two_blanks", "openbookqa": "escapes twice", "commonsense_qa": "escapes two_blanks",
}


def style(path):
    """What a file shows of its format: header or keys, blanks, escapes, ends."""
    whole = text(path)
    shown = {"mark": whole.startswith("\ufeff"), "final newline": whole.endswith("\n")}
    if path.suffix == ".tsv":
        return shown | {"header": whole.split("\n")[0]}
    if path.suffix == ".jsonl":
        lines = whole.splitlines() if whole.isascii() else whole.split("\n")[:-1]
        first = json.loads(lines[0])
        return shown | {"keys": list(first), "blanks": '": ' in lines[0][:9] or '", ' in lines[0],
                        "inner": list(first["question"]) if isinstance(first.get("question"), dict) else None}
    if path.suffix == ".json":
        loaded = json.loads(whole)
        first = loaded[0] if isinstance(loaded, list) else loaded
        return shown | {"keys": list(first), "ASCII": whole.isascii(), "start": whole[:14]}
    return shown


def official(folder):
    compared = 0
    pairs = [(ROOT / task / "sample", folder / place) for task, place in OFFICIAL.items()]
    pairs += [(ROOT / task / "sample/llm-adapters", folder / "llm_adapters" / place) for task, place in ADAPTERS.items()]
    for ours, theirs in pairs:
        for path in ours.rglob("*.*"):
            other = theirs / path.relative_to(ours)
            if path.suffix != ".md" and other.exists():
                compared += 1
                check(style(path) == style(other), path, f"{style(path)}, official {style(other)}")
    print(f"{compared} files have the style of the official file of their name")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--official", type=Path)
    arguments = parser.parse_args()
    glue()
    squad("squad", ("train-v1.1.json", "dev-v1.1.json"), two=False)
    squad("squad_v2", ("train-v2.0.json", "dev-v2.0.json"), two=True)
    commonsense()
    adapters()
    for task, cases in EDGES.items():
        for case in cases.split():
            check(seen[task][case], ROOT / task, f"no example of the edge case {case}")
    if arguments.official:
        official(arguments.official)
    for path in ROOT.glob("*/sample/**/*"):
        check(path.is_dir() or path.stat().st_size < 25_000 or path.parts[-3] in ("cola", "mrpc"), path, "25 kB or more")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(list(ROOT.glob('*/sample')))} samples read, {len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
