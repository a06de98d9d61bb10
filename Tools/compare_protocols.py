#!/usr/bin/env python3
"""Parity of each way to train and to score a task, on real models and data, with transformers.

    compare_protocols.py losses   --program finetune --kind KIND --model DIR --data DIR [--accumulate 2] [--train-on-prompt]
    compare_protocols.py evaluate --program finetune --kind KIND --model DIR --data DIR [--limit 200]
    compare_protocols.py train    --program finetune --kind KIND --model DIR --data DIR [--epochs 3] [--train-limit 2000]

KIND is stsb, squad, arc (multiple choice), boolq (pairs), likelihood (ARC by a language model) or generation (the
LLM-Adapters form of OpenBookQA). `losses` trains 20 steps with both programs, from the same weights, in file order,
without dropout, with AdamW at a constant rate, and compares the loss of each step; the trained model must then load in
transformers without a missing or unexpected key. `evaluate` scores a saved model with both, and compares metrics.
Exit status 1 where they differ by more than --max. `train` fine-tunes with both by one recipe (shuffled, dropout of the
checkpoint, warm-up 0.06, linear decay, clip 1.0) and prints both scores and times; the orders and dropout masks differ.
"""
import argparse, copy, json, math, os, pathlib, random, shutil, subprocess, sys, tempfile, time
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import torch
import transformers as hf
from torch.nn.functional import cross_entropy, mse_loss

IGNORED = -100


def table(path):
    lines = pathlib.Path(path).read_text("utf-8-sig").rstrip("\n").split("\n")
    header = lines[0].split("\t")
    return [dict(zip(header, line.split("\t"))) for line in lines[1:]]


def json_lines(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text("utf-8").splitlines() if line.strip()]


def padded(tokenizer, rows):
    return tokenizer.pad(rows, return_tensors="pt")


class Kind:
    """How a kind of task is read, encoded, trained and scored by transformers."""
    task, flags, max_length, batch, rate = None, [], 128, 8, 5e-5
    files = None  # the names that our program reads, where they are not those of the data folder

    def __init__(self, tokenizer, a):
        self.tokenizer, self.a = tokenizer, a
        self.max_length = a.max_length or self.max_length

    def make(self, folder):
        return self.auto.from_pretrained(folder, dtype=torch.float32)

    def encode(self, *texts):
        return self.tokenizer(*texts, truncation=True, max_length=self.max_length)

    def terms(self, item):
        return 1

    def length(self, item):
        return len(item[0]["input_ids"])


class STSB(Kind):
    task, batch, auto = "stsb", 16, hf.AutoModelForSequenceClassification

    def make(self, folder):
        return self.auto.from_pretrained(folder, num_labels=1, dtype=torch.float32)

    def items(self, split):
        return [(self.encode(r["sentence1"], r["sentence2"]), float(r["score"])) for r in table(self.a.data / f"{split}.tsv")]

    def loss(self, model, items):
        out = model(**padded(self.tokenizer, [i[0] for i in items])).logits
        return mse_loss(out.squeeze(-1), torch.tensor([i[1] for i in items], dtype=out.dtype), reduction="sum")

    def score(self, model, limit):
        from scipy.stats import pearsonr, spearmanr
        items, out = self.items("dev")[:limit], []
        for s in range(0, len(items), 32):
            out += model(**padded(self.tokenizer, [i[0] for i in items[s:s + 32]])).logits.squeeze(-1).tolist()
        gold = [i[1] for i in items]
        return {"pearson": pearsonr(out, gold)[0], "spearman": spearmanr(out, gold)[0]}, out


class BoolQ(Kind):
    task, batch, max_length, auto = "boolq", 8, 256, hf.AutoModelForSequenceClassification

    def make(self, folder):
        return self.auto.from_pretrained(folder, num_labels=2, dtype=torch.float32)

    def items(self, split):
        return [(self.encode(r["question"], r["passage"]), int(r["answer"])) for r in json_lines(self.a.data / f"{split}.jsonl")]

    def loss(self, model, items):
        out = model(**padded(self.tokenizer, [i[0] for i in items])).logits
        return cross_entropy(out, torch.tensor([i[1] for i in items]), reduction="sum")

    def score(self, model, limit):
        from sklearn.metrics import accuracy_score
        items, out = self.items("dev")[:limit], []
        for s in range(0, len(items), 32):
            out += model(**padded(self.tokenizer, [i[0] for i in items[s:s + 32]])).logits.argmax(-1).tolist()
        return {"accuracy": accuracy_score([i[1] for i in items], out)}, out


def arc(path):
    for r in json_lines(path):
        q = r["question"]
        yield q["stem"], [c["text"] for c in q["choices"]], [c["label"] for c in q["choices"]].index(r["answerKey"])


class ARC(Kind):
    task, flags, batch, auto = "arc_easy", ["--protocol", "multiple-choice"], 4, hf.AutoModelForMultipleChoice

    def items(self, split):
        return [([self.encode(stem, c) for c in choices], right)
                for stem, choices, right in arc(self.a.data / f"ARC-Easy-{split.capitalize()}.jsonl")]

    def logits(self, model, item):  # One question a pass, since they have three to five choices.
        return model(**{k: v[None] for k, v in padded(self.tokenizer, item[0]).items()}).logits

    def loss(self, model, items):
        return sum(cross_entropy(self.logits(model, i), torch.tensor([i[1]])) for i in items)

    def score(self, model, limit):
        from sklearn.metrics import accuracy_score
        items = self.items("dev")[:limit]
        out = [self.logits(model, i).argmax(-1).item() for i in items]
        return {"accuracy": accuracy_score([i[1] for i in items], out)}, out


class SQuAD(Kind):
    task, batch, max_length, auto = "squad", 4, 384, hf.AutoModelForQuestionAnswering
    files = {"train-v1.1.json": "train-v1.1*.json", "dev-v1.1.json": "dev-v1.1.json"}

    train_limit = 400  # questions; enough for 20 steps

    def make(self, folder):
        return self.auto.from_pretrained(folder, num_labels=2, dtype=torch.float32)

    def length(self, item):
        return len(item[0])

    def questions(self, split):
        data = json.loads(next(self.a.data.glob(self.files[f"{split}-v1.1.json"])).read_text("utf-8"))["data"]
        return [(q["id"], q["question"], p["context"], q["answers"]) for d in data for p in d["paragraphs"] for q in p["qas"]]

    def items(self, split):
        from make_span_fixtures import prepare_train_features
        out = []
        for _, question, context, answers in self.questions(split)[:self.train_limit]:
            own = [(answers[0]["answer_start"], answers[0]["text"])]
            out += [f[:4] for f in prepare_train_features(self.tokenizer, question, context, own, self.max_length, self.a.stride)]
        print(sum(f[1] != f[3] for f in out), "of", len(out), "windows have the label that the original gets wrong")
        return out

    def inputs(self, ids):
        rows = []
        for row in ids:
            pair = row.index(self.tokenizer.sep_token_id) + 1
            rows.append({"input_ids": row, "token_type_ids": [0] * pair + [1] * (len(row) - pair)})
        return padded(self.tokenizer, rows)

    def loss(self, model, items):
        # One window a pass: transformers' softmax over the tokens also covers padding, so that its loss depends on what a
        # window shares a batch with. Ours pads nothing.
        total = 0
        for part in [items] if self.a.padded else [[i] for i in items]:
            out = model(**self.inputs([i[0] for i in part]))
            # transformers halves the sum of start and end.
            total += sum(cross_entropy(logits, torch.tensor([i[n] for i in part]), reduction="sum")
                         for logits, n in ((out.start_logits, 1), (out.end_logits, 2))) / 2
        return total

    def score(self, model, limit):
        from make_span_fixtures import postprocess
        from squad_rules import score_v1
        texts, golds = [], []
        for _, question, context, answers in self.questions("dev")[:limit]:
            encoded = self.tokenizer([question.lstrip()], [context], truncation="only_second", max_length=self.max_length,
                                     stride=self.a.stride, return_overflowing_tokens=True, return_offsets_mapping=True)
            windows = []
            for i, ids in enumerate(encoded["input_ids"]):
                out = model(**self.inputs([ids]))
                mapping = [o if s == 1 else None for o, s in zip(encoded["offset_mapping"][i], encoded.sequence_ids(i))]
                windows.append((out.start_logits[0].numpy(), out.end_logits[0].numpy(), mapping))
            start, end = postprocess(context, windows, 20, 30, False, 0.0)[0]
            texts.append(context[start:end])
            golds.append([g["text"] for g in answers])
        exact, f1 = score_v1(texts, golds)
        return {"exact_match": sum(exact) / len(exact), "f1": sum(f1) / len(f1)}, texts


class Text(Kind):
    """A language model that is trained on what follows a context. Items are (tokens, start of what is trained on)."""
    batch, rate, max_length, auto = 4, 2e-5, 512, hf.AutoModelForCausalLM

    def cut(self, ids, start):
        surplus = max(0, len(ids) - self.max_length - 1)
        return ids[surplus:], 1 if self.a.train_on_prompt else start - surplus

    def terms(self, item):
        return len(item[0]) - item[1]

    def loss(self, model, items):
        longest = max(len(ids) for ids, _ in items)
        inputs = torch.zeros(len(items), longest, dtype=torch.long)
        mask, labels = torch.zeros_like(inputs), torch.full_like(inputs, IGNORED)
        for row, (ids, start) in enumerate(items):
            inputs[row, :len(ids)], mask[row, :len(ids)] = torch.tensor(ids), 1
            labels[row, start:len(ids)] = torch.tensor(ids[start:])
        out = model(input_ids=inputs, attention_mask=mask).logits
        return cross_entropy(out[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED, reduction="sum")


class Likelihood(Text):
    task, flags = "arc_easy", ["--protocol", "likelihood"]

    def joint(self, context, continuation):
        """_encode_pair of the common evaluation harness, for a context that does not end with a blank."""
        return self.tokenizer(context + continuation)["input_ids"], len(self.tokenizer(context)["input_ids"])

    def items(self, split):
        path = self.a.data / f"ARC-Easy-{split.capitalize()}.jsonl"
        return [self.cut(*self.joint(f"Question: {stem}\nAnswer:", " " + choices[right])) for stem, choices, right in arc(path)]

    def score(self, model, limit):
        from sklearn.metrics import accuracy_score
        gold, out, norm = [], [], []
        for stem, choices, right in list(arc(self.a.data / "ARC-Easy-Dev.jsonl"))[:limit]:
            sums = []
            for choice in choices:
                ids, start = self.joint(f"Question: {stem}\nAnswer:", " " + choice)
                p = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
                sums.append(sum(p[i - 1, ids[i]].item() for i in range(start, len(ids))))
            gold.append(right)
            out.append(sums.index(max(sums)))
            norm.append(max(range(len(sums)), key=lambda i: sums[i] / len(choices[i])))
        return {"accuracy": accuracy_score(gold, out), "accuracy_norm": accuracy_score(gold, norm)}, out


def generate_prompt(instruction):
    """The prompt of LLM-Adapters' commonsense_evaluate.py without an input, an indented literal."""
    return f"""Below is an instruction that describes a task. Write a response that appropriately completes the request. 

                ### Instruction:
                {instruction}

                ### Response:
                """  # noqa: E501


def split_mix(seed):
    """The first number of SplitMix64 (Steele, Lea and Flood 2014) with this seed."""
    bits = (seed + 0x9E3779B97F4A7C15) % 2**64
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB % 2**64
    return bits ^ bits >> 31


class Generation(Text):
    task, flags = "openbookqa", ["--format", "llm-adapters"]

    def items(self, split):
        rows = json.loads((self.a.data / "train.json").read_text("utf-8"))
        # Our program holds out rows of the training file, since the set has no dev file.
        held = set(sorted(range(len(rows)), key=split_mix)[:max(1, min(120, len(rows) // 10))])
        rows = [r for i, r in enumerate(rows) if i not in held]
        plain = lambda text: self.tokenizer(text, add_special_tokens=False)["input_ids"]
        out = []
        for r in rows[:200]:
            prompt = self.tokenizer(generate_prompt(r["instruction"]))["input_ids"]
            out.append(self.cut(prompt + plain(r["output"]) + [self.tokenizer.eos_token_id], len(prompt)))
        return out


KINDS = {"stsb": STSB, "squad": SQuAD, "arc": ARC, "boolq": BoolQ, "likelihood": Likelihood, "generation": Generation}


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\nexit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done


def data_folder(kind, a, work):
    if not kind.files:
        return a.data
    for name, pattern in kind.files.items():
        found = next(a.data.glob(pattern), None)
        if found:
            (work / name).symlink_to(found)
    return work


def checkpoint(kind, a, work):
    """The model with a head whose weights both programs read, and the tokenizer's files."""
    torch.manual_seed(7)
    model, folder = kind.make(a.model), work / "start"
    model.save_pretrained(folder)
    for path in a.model.iterdir():
        if path.name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "merges.txt"):
            shutil.copyfile(path, folder / path.name)
    return model, folder


def loads_whole(kind, folder):
    _, info = kind.auto.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    return {k: sorted(info[k]) for k in ("missing_keys", "unexpected_keys", "mismatched_keys") if info.get(k)}


def reference_losses(kind, model, items, batch, rate, a):
    model.eval()  # no dropout
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    window, found = batch * a.accumulate, []
    for step in range(a.steps):
        own = [items[i % len(items)] for i in range(step * window, (step + 1) * window)]
        terms, total = sum(kind.terms(i) for i in own), 0.0
        for s in range(0, window, batch):
            part = kind.loss(model, own[s:s + batch]) / terms
            part.backward()
            total += part.item()
        optimizer.step()
        optimizer.zero_grad()
        found.append(total)
    return found


def losses(a):
    tokenizer = hf.AutoTokenizer.from_pretrained(a.model)
    kind = KINDS[a.kind](tokenizer, a)
    work = a.work / (a.kind + (f"-accumulate{a.accumulate}" if a.accumulate > 1 else "") + ("-prompt" if a.train_on_prompt else ""))
    shutil.rmtree(work, ignore_errors=True)
    (work / "data").mkdir(parents=True)
    model, folder = checkpoint(kind, a, work)
    batch, rate = a.batch_size or kind.batch, a.learning_rate or kind.rate
    command = [a.program, "run", "--task", kind.task, *kind.flags, "--model", folder, "--data", data_folder(kind, a, work / "data"),
               "--batch-size", batch, "--accumulate", a.accumulate, "--max-steps", a.steps, "--max-length", kind.max_length,
               "--learning-rate", rate, "--schedule", "constant", "--warmup-ratio", 0, "--dropout", 0, "--gradient-clip", 0, "--no-shuffle",
               *(["--doc-stride", a.stride] if kind.files else []), "--optimizer", "adamw", "--threads", a.threads, "--eval-limit", 8, "--save", "last", "--output", work / "run"]
    run(*command, *(["--train-on-prompt"] if a.train_on_prompt else []))
    log = [json.loads(line) for line in (work / "run/train_log.jsonl").read_text().splitlines()]
    ours = [r["loss"] for r in log if "loss" in r and "step" in r][:a.steps]

    items, doubled = kind.items("train"), copy.deepcopy(model).double() if a.double else None
    theirs = reference_losses(kind, model, items, batch, rate, a)
    differences = [abs(x - y) for x, y in zip(ours, theirs, strict=True)]
    faults = loads_whole(kind, work / "run/model")
    own = ""
    if doubled is not None:
        exact = reference_losses(kind, doubled, items, batch, rate, a)
        far = lambda found: max(abs(x - y) for x, y in zip(found, exact))
        own = f"; from the reference in double, ours differs by {far(ours):.1e} and its float32 by {far(theirs):.1e}"
    worst = max(range(len(differences)), key=differences.__getitem__)
    ok = differences[worst] <= a.max and not faults
    print(f"{'PASS' if ok else 'FAIL'} {work.name}: batch {batch} × {a.accumulate}, loss {theirs[0]:.4f} to {theirs[-1]:.4f}; first step "
          f"differs by {differences[0]:.1e}, largest {differences[worst]:.1e} at step {worst + 1} of {len(ours)}{own}; "
          f"saved model: {faults or 'every key is read'}", flush=True)
    if not ok or a.verbose:
        for step, (x, y) in enumerate(zip(ours, theirs), 1):
            print(f"  step {step:3d}  ours {x:.7f}  reference {y:.7f}  difference {abs(x - y):.1e}")
    return 0 if ok else 1


def reference_training(kind, items, batch, rate, a):
    """Trains as transformers' scripts do; returns the model and the seconds of training."""
    random.seed(a.seed)
    torch.manual_seed(a.seed)
    model = kind.make(a.model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, fused=True)
    steps = math.ceil(a.epochs * math.ceil(len(items) / batch))
    schedule = hf.get_linear_schedule_with_warmup(optimizer, int(0.06 * steps), steps)
    order, start = [], time.perf_counter()
    for _ in range(steps):
        if not order:
            # Batches of like lengths waste least on padding: this is group_by_length.
            shuffled = random.sample(range(len(items)), len(items))
            for first in range(0, len(items), 50 * batch):
                pool = sorted(shuffled[first:first + 50 * batch], key=lambda i: kind.length(items[i]))
                order += [pool[i:i + batch] for i in range(0, len(pool), batch)]
            random.shuffle(order)
        own = [items[i] for i in order.pop()]
        (kind.loss(model.train(), own) / sum(kind.terms(i) for i in own)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    return model.eval(), time.perf_counter() - start


def train(a):
    tokenizer = hf.AutoTokenizer.from_pretrained(a.model)
    kind = KINDS[a.kind](tokenizer, a)
    batch, rate = a.batch_size or kind.batch, a.learning_rate or kind.rate
    with tempfile.TemporaryDirectory() as d:
        work = pathlib.Path(d)
        limit = ["--train-limit", a.train_limit] if a.train_limit else []
        found = run(a.program, "run", "--task", kind.task, *kind.flags, "--model", a.model, "--data", data_folder(kind, a, work),
                    "--batch-size", batch, "--epochs", a.epochs, "--max-length", kind.max_length, "--learning-rate", rate,
                    "--warmup-ratio", 0.06, "--gradient-clip", 1, "--seed", a.seed, "--optimizer", "adamw", "--threads", a.threads,
                    *(["--doc-stride", a.stride] if kind.files else []), *limit, "--eval-limit", a.limit, "--save", "none",
                    "--eval-every", 1_000_000, "--output", work / "run", "--json").stdout
    ours = json.loads(found)
    kind.train_limit = a.train_limit
    items = kind.items("train")
    items = items if kind.files else items[:a.train_limit]
    model, seconds = reference_training(kind, items, batch, rate, a)
    with torch.no_grad():
        theirs, _ = kind.score(model, a.limit)
    taken = ours["measured"]["throughput"]["train_seconds"] if "measured" in ours else ours["throughput"]["train_seconds"]
    metrics = ours.get("outcome", ours)["metrics"]["dev"]
    print(f"{a.kind}, seed {a.seed}, {len(items)} items, batch {batch}, rate {rate}, {a.epochs} epochs: "
          + ", ".join(f"{name} {metrics[name]:.4f} (transformers {value:.4f})" for name, value in theirs.items())
          + f"; training {taken:.0f} s (transformers {seconds:.0f} s)", flush=True)
    return 0


def evaluate(a):
    tokenizer = hf.AutoTokenizer.from_pretrained(a.model)
    kind = KINDS[a.kind](tokenizer, a)
    faults = loads_whole(kind, a.model)
    with tempfile.TemporaryDirectory() as d:
        work = pathlib.Path(d)
        found = run(a.program, "evaluate", "--task", kind.task, *kind.flags, "--model", a.model, "--data", data_folder(kind, a, work),
                    "--max-length", kind.max_length, "--limit", a.limit, "--threads", a.threads, "--split", "dev",
                    *(["--doc-stride", a.stride] if kind.files else []), "--samples", work / "samples.jsonl", "--json").stdout
        samples = json_lines(work / "samples.jsonl")
    ours = json.loads(found)
    ours = ours.get("metrics", ours)
    ours = ours.get("dev", ours)
    with torch.no_grad():
        theirs, predictions = kind.score(kind.auto.from_pretrained(a.model, dtype=torch.float32).eval(), a.limit)
    worst = max(abs(ours[name] - value) for name, value in theirs.items())
    ok = worst <= a.max and not faults
    other = ""
    if a.kind == "squad":
        other = f"; {sum(s['prediction'] != p for s, p in zip(samples, predictions))} other answers"
    if a.kind == "stsb":
        other = f"; predictions differ by at most {max(abs(s['prediction'] - p) for s, p in zip(samples, predictions)):.1e}"
    print(f"{'PASS' if ok else 'FAIL'} {a.kind}, {len(samples)} examples: "
          + ", ".join(f"{name} {ours[name]:.6f} (transformers {value:.6f})" for name, value in theirs.items())
          + f"{other}; keys: {faults or 'every one is read'}")
    return 0 if ok else 1


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("command", choices=["losses", "evaluate", "train"])
    p.add_argument("--program", required=True)
    p.add_argument("--kind", required=True, choices=list(KINDS))
    p.add_argument("--model", required=True, type=pathlib.Path)
    p.add_argument("--data", required=True, type=pathlib.Path)
    p.add_argument("--work", type=pathlib.Path, default=pathlib.Path("compare-protocols"), help="folder of the runs")
    p.add_argument("--steps", type=int, default=20)
    p.add_argument("--batch-size", type=int)
    p.add_argument("--accumulate", type=int, default=1)
    p.add_argument("--learning-rate", type=float)
    p.add_argument("--max-length", type=int)
    p.add_argument("--stride", type=int, default=128, help="of SQuAD's windows")
    p.add_argument("--train-on-prompt", action="store_true")
    p.add_argument("--limit", type=int, default=100_000, help="evaluate, train: the number of dev examples to score")
    p.add_argument("--train-limit", type=int, help="train: the number of training examples")
    p.add_argument("--epochs", type=float, default=1)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--max", type=float, default=2e-3, help="largest difference of a loss or a metric")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--padded", action="store_true", help="squad: pad the windows of a batch, as transformers does")
    p.add_argument("--double", action="store_true", help="also train the reference in double, to see what rounding does")
    p.add_argument("--verbose", action="store_true")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    sys.exit({"losses": losses, "evaluate": evaluate, "train": train}[a.command](a))


if __name__ == "__main__":
    main()
