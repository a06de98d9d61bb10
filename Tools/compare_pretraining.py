#!/usr/bin/env python3
"""Causal language-model training against PyTorch, step by step.

    compare_pretraining.py fixture --out Tests/Fixtures               losses of 20 steps on the small checkpoint, for the tests
    compare_pretraining.py compare --program finetune --config DIR --text FILE [--trained]
                                                                      both programs, from one random checkpoint of that config

The reference pads each batch and masks the padding; a document is `<s> pieces </s>`, cut with an overlap of one token, and
the loss is the mean over the predicted tokens of a batch. Exit status 1 where a step differs by more than 5e-5.
"""
import argparse, json, math, pathlib, random, shutil, subprocess, sys, tempfile
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import torch
from fixture_text import sentence, written
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

SETTINGS = {"batch_size": 8, "max_steps": 20, "warmup_ratio": 0.1, "schedule": "cosine", "weight_decay": 0.05,
            "gradient_clip": 1.0, "dropout": 0.0, "max_length": 32, "held_out": 0.05}
OPTIMIZERS = {"adamw": {"learning_rate": 3e-3}, "fira": {"learning_rate": 3e-3, "rank": 4, "update_gap": 6, "projector": "svd"}}


def held_out(count, share):
    """Which documents our program holds out: evenly spaced."""
    wanted = min(count - 1, max(1, round(share * count)))
    return {i for i in range(count) if (i + 1) * wanted // count > i * wanted // count}


def sequences(tokenizer, documents, length):
    made = []
    for document in documents:
        ids = tokenizer(document)["input_ids"] + [tokenizer.eos_token_id]
        if len(ids) <= length:
            made.append(ids)
        else:
            made += [ids[i:i + length] for i in range(0, len(ids) - 1, length - 1)]
    return made


def optimizer(name, model, s):
    parameters = list(model.named_parameters())
    inside = [p for n, p in parameters if p.ndim == 2 and ".layers." in n]
    ids = {id(p) for p in inside}
    others = [p for _, p in parameters if id(p) not in ids]
    norms = [p for p in others if p.ndim == 1]
    rest = [p for p in others if p.ndim > 1]
    wd = s["weight_decay"]
    if name == "adamw":
        return torch.optim.AdamW([{"params": inside + rest, "weight_decay": wd}, {"params": norms, "weight_decay": 0}],
                                 lr=s["learning_rate"], betas=(.9, .999), eps=1e-8)
    # Signs of singular vectors as in the reference trainer.
    svd = torch.linalg.svd

    def signed(a, full_matrices=True, **kw):
        u, v, vh = svd(a, full_matrices=full_matrices, **kw)
        u = u * torch.sign(u.gather(-2, u.abs().argmax(-2, keepdim=True)))
        return u, v, vh * torch.sign(vh.gather(-1, vh.abs().argmax(-1, keepdim=True)))
    torch.linalg.svd = signed
    from fira import FiraAdamW
    return FiraAdamW([{"params": rest, "weight_decay": wd}, {"params": norms, "weight_decay": 0},
                      {"params": inside, "weight_decay": wd, "rank": s["rank"], "update_proj_gap": s["update_gap"],
                       "proj_type": "std", "alpha": 1.0}], lr=s["learning_rate"], no_deprecation_warning=True)


def reference(folder, documents, name, s):
    torch.manual_seed(0)
    svd = torch.linalg.svd
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).train()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    out = held_out(len(documents), s["held_out"])
    data = sequences(tokenizer, [d for i, d in enumerate(documents) if i not in out], s["max_length"])
    o, losses, total = optimizer(name, model, s), [], s["max_steps"]
    warm = int(total * s["warmup_ratio"])
    for step in range(total):
        batch = data[step * s["batch_size"]:(step + 1) * s["batch_size"]]
        width = max(map(len, batch))
        ids = torch.tensor([b + [0] * (width - len(b)) for b in batch])
        mask = torch.tensor([[1] * len(b) + [0] * (width - len(b)) for b in batch])
        logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
        labels = ids[:, 1:].masked_fill(mask[:, 1:] == 0, -100)
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels.reshape(-1), ignore_index=-100)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), s["gradient_clip"])
        x = step / warm if step < warm else .5 * (1 + math.cos(math.pi * (step - warm) / (total - warm)))
        for g in o.param_groups:
            g["lr"] = s["learning_rate"] * x
        o.step()
        o.zero_grad()
        losses.append(loss.item())
    torch.linalg.svd = svd
    return losses


def flags(s):
    return [x for k, v in s.items() for x in
            (["-O", f"{k}={v}"] if k in ("rank", "update_gap", "projector") else ["--" + k.replace("_", "-"), str(v)])]


def fixture(a):
    r = random.Random(7)
    documents = [written(sentence(r)) for _ in range(200)]
    runs = []
    for name, own in OPTIMIZERS.items():
        s = SETTINGS | own
        runs.append({"model": "llama-tiny-lm", "optimizer": name, "settings": s,
                     "losses": reference(a.out / "models/llama-tiny-lm", documents, name, s)})
    (a.out / "pretraining.txt").write_text("\n".join(documents) + "\n")
    versions = {"torch": torch.__version__}
    (a.out / "pretraining.json").write_text(json.dumps({"versions": versions, "runs": runs}, indent=1) + "\n")


def compare(a):
    documents = [l for l in a.text.read_text(encoding="utf-8").split("\n") if l.strip()][:400]
    worst = 0
    with tempfile.TemporaryDirectory() as d:
        d = pathlib.Path(d)
        torch.manual_seed(1)
        if a.trained:
            AutoModelForCausalLM.from_pretrained(a.config, dtype=torch.float32).save_pretrained(d / "m")
        else:
            AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(a.config)).save_pretrained(d / "m")
        for f in ("tokenizer.model", "tokenizer.json", "tokenizer_config.json"):
            if (a.config / f).exists():
                shutil.copyfile(a.config / f, d / "m" / f)
        (d / "t.txt").write_text("\n".join(documents) + "\n", encoding="utf-8")
        for name, own in OPTIMIZERS.items():
            if a.trained and name != "adamw":
                continue
            s = SETTINGS | own
            if a.trained:
                s |= {"learning_rate": 2e-5, "max_steps": 20, "batch_size": 8, "max_length": 64}
            theirs = reference(d / "m", documents, name, s)
            subprocess.run([a.program, "pretrain", "--model", d / "m", "--text", d / "t.txt", "--optimizer", name, "--no-shuffle",
                            "--save", "none", "--quiet", "--output", d / name] + flags(s), check=True, stdout=subprocess.DEVNULL)
            ours = [json.loads(l)["loss"] for l in open(d / name / "train_log.jsonl")]
            difference = max(abs(x - y) for x, y in zip(ours, theirs, strict=True))
            worst = max(worst, difference)
            print(f"{name}: first {ours[0]:.6f} ({theirs[0]:.6f}), last {ours[-1]:.6f} ({theirs[-1]:.6f}), "
                  f"largest difference {difference:.1e}")
    sys.exit(worst > (2e-3 if a.trained else 5e-5))


p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
q = p.add_subparsers(required=True)
f = q.add_parser("fixture"); f.add_argument("--out", type=pathlib.Path, required=True); f.set_defaults(run=fixture)
c = q.add_parser("compare"); c.add_argument("--program", required=True); c.add_argument("--config", type=pathlib.Path, required=True)
c.add_argument("--text", type=pathlib.Path, required=True); c.set_defaults(run=compare)
c.add_argument("--trained", action="store_true", help="the folder's own weights, AdamW at a fine-tuning rate; 2e-3 is allowed")
a = p.parse_args()
a.run(a)
