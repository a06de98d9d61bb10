#!/usr/bin/env python3
"""Writes Tests/Fixtures/{models,data,losses.json}: small random checkpoints, what transformers computes from them,
generated labelled files, and the reference trainer's losses on both. Layout: Tests/Fixtures/README.md.

    python Tools/make_model_fixtures.py --reference-trainer PATH/hf_finetune.py [--only models|losses]

Needs torch, transformers, tokenizers, sentencepiece, safetensors in the versions that the JSON files name; the losses
also need fira, galore-torch, came-pytorch, lion-pytorch.
"""
import argparse, collections, io, os, pathlib, random, shutil, sys, tempfile
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import sentencepiece, torch
from safetensors.torch import save_file
from tokenizers.normalizers import NFKD, BertNormalizer, Lowercase, Replace, Sequence, StripAccents
from tokenizers.pre_tokenizers import BertPreTokenizer
from transformers import (AlbertConfig, AlbertForSequenceClassification, AutoTokenizer, BertConfig,
                          BertForSequenceClassification, GPT2Config, GPT2ForSequenceClassification, LlamaConfig,
                          LlamaForCausalLM, LlamaForSequenceClassification, RobertaConfig, RobertaForSequenceClassification)
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import fixture_text as text
from fixture_common import randomize, versions, write_json
import reference_trainer

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
SEED = 20240611
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


# --- tokenizers -------------------------------------------------------------------------------------------------

def wordpiece_vocabulary(folder):
    """Characters, then the commonest beginnings and ends of words. (The library's trainer breaks ties by hash order, so
    two runs of it give two vocabularies.)"""
    norm, words = BertNormalizer(lowercase=True), BertPreTokenizer()
    counts = collections.Counter(w for line in text.corpus(SEED)
                                 for w, _ in words.pre_tokenize_str(norm.normalize_str(line)))
    pieces = {c for w in counts for c in w[:1]} | {"##" + c for w in counts for c in w[1:]}
    scores = collections.Counter()
    for w, n in counts.items():
        for k in range(2, len(w) + 1):
            scores[w[:k]] += n * (k - 1)
            if k < len(w):
                scores["##" + w[-k:]] += n * (k - 1)
    common = [p for p, _ in sorted(scores.items(), key=lambda kv: (-kv[1], kv[0])) if p not in pieces]
    pieces = SPECIAL + sorted(pieces) + common
    del pieces[300:]
    (folder / "vocab.txt").write_bytes("".join(p + "\n" for p in pieces).encode())
    write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "BertTokenizer", "do_lower_case": True, "strip_accents": None,
        "tokenize_chinese_chars": True, "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]",
        "cls_token": "[CLS]", "mask_token": "[MASK]", "model_max_length": 64})
    return len(pieces)


def sentencepiece_model(folder):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text.corpus(SEED)), model_writer=out, model_type="bpe", vocab_size=420,
        byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True,
        allow_whitespace_only_pieces=True, unk_id=0, bos_id=1, eos_id=2, pad_id=-1, num_threads=1, minloglevel=2)
    (folder / "tokenizer.model").write_bytes(out.getvalue())
    write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "add_eos_token": False, "legacy": True,
        "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "model_max_length": 128,
        "clean_up_tokenization_spaces": False})
    return sentencepiece.SentencePieceProcessor(model_proto=out.getvalue()).get_piece_size()


# --- checkpoints and what transformers computes ------------------------------------------------------------------

def sequences(r, vocabulary, lengths):
    return [[r.randrange(5, vocabulary) for _ in range(n)] for n in lengths]


def classification(model, ids, types, labels):
    """Each sequence alone, so that nothing is padded; the loss is the mean over sequences."""
    logits = []
    for i, s in enumerate(ids):
        extra = {"token_type_ids": torch.tensor([types[i]])} if types else {}
        logits.append(model(input_ids=torch.tensor([s]), **extra).logits)
    logits = torch.cat(logits)
    return logits, torch.nn.functional.cross_entropy(logits, torch.tensor(labels))


def language_model(model, ids):
    logits = [model(input_ids=torch.tensor([s])).logits[0] for s in ids]
    predicted = torch.cat([l[:-1] for l in logits])
    targets = torch.tensor([t for s in ids for t in s[1:]])
    return torch.cat(logits), torch.nn.functional.cross_entropy(predicted, targets)


TEXTS = [["The old gardener opened a window."], ["Clock"], ["some naïve teacher forgot the résumé, at 7:45"],
         ["  two  spaces and a tab\there "], ["UPPER lower 100% $3.50 (of course) “quoted” – dash"],
         ["日本 emoji 🙂 and é e\u0301"], ["The first letter followed the river.", "Every clock repaired the bottle."],
         ["no violin", "the quiet engineer measured this heavy lantern slowly; then the market sold every number"],
         ["the quiet engineer measured this heavy lantern slowly; then the market sold every number", "no violin"],
         ["a a a a a a a a a a", "the the the the the the the the the the"]]


def tokenization(folder, max_length):
    t = AutoTokenizer.from_pretrained(folder)
    full = [t(*x, truncation=False) for x in TEXTS]
    cut = [t(*x, truncation=True, max_length=max_length) for x in TEXTS]
    out = {"texts": TEXTS, "text_ids": [e["input_ids"] for e in full]}
    if "token_type_ids" in full[0]:
        out["text_types"] = [e["token_type_ids"] for e in full]
    return out | {"truncated": {"max_length": max_length, "ids": [e["input_ids"] for e in cut]}}


def sentencepiece_tokenization(folder, max_length):
    """The sentencepiece package is the reference here. Pairs as transformers: BOS before each of the two; the texts
    that transformers' own re-implementation tokenizes differently are left out of the pairs and the truncation."""
    sp = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    hf = AutoTokenizer.from_pretrained(folder)
    texts = [x for x in TEXTS if len(x) == 1]
    ids = [[sp.bos_id()] + sp.encode(x[0]) for x in texts]
    differ = [x[0] for x, i in zip(texts, ids) if hf(x[0])["input_ids"] != i]
    pairs = [x for x in TEXTS if len(x) == 2]
    pair_ids = [hf(*x)["input_ids"] for x in pairs]
    for x, i in zip(pairs, pair_ids):
        assert i == [sp.bos_id()] + sp.encode(x[0]) + [sp.bos_id()] + sp.encode(x[1]), "pair template changed"
    cut = [hf(*x, truncation=True, max_length=max_length)["input_ids"] for x in texts + pairs if x[0] not in differ]
    return {"texts": texts + pairs, "text_ids": ids + pair_ids, "transformers_differs": differ,
            "truncated": {"max_length": max_length, "texts": [x for x in texts + pairs if x[0] not in differ],
                          "ids": cut}}


def make_model(name, build, tokenizer, tokenize, lengths, task, seed, pair_from=None):
    folder = ROOT / "models" / name
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = tokenizer(folder)
    model = build(vocabulary)
    randomize(model.named_parameters(), seed)
    model.eval()
    r = random.Random(seed)
    ids = sequences(r, vocabulary, lengths)
    expected = {"name": name, "script": "Tools/make_model_fixtures.py", "seed": seed,
                "versions": versions("torch", "transformers", "tokenizers", "sentencepiece", "safetensors"),
                "task": task, "sequences": ids}
    if task == "classification":
        labels = [r.randrange(model.config.num_labels) for _ in ids]
        types = None
        if pair_from is not None:
            types = [[int(i >= pair_from and k > len(s) // 3) for k in range(len(s))] for i, s in enumerate(ids)]
            expected["token_types"] = types
        expected["labels"] = labels
        logits, loss = classification(model, ids, types, labels)
    else:
        logits, loss = language_model(model, ids)
    loss.backward()
    grads = {f"grad/{n}": p.grad.contiguous() for n, p in model.named_parameters()}
    norm = torch.sqrt(sum((g.double() ** 2).sum() for g in grads.values())).item()
    expected |= {"loss": loss.item(), "gradient_norm": norm} | tokenize(folder, 12)
    save_file({"logits": logits.detach().contiguous()} | grads, folder / "expected.safetensors")
    model.save_pretrained(folder)
    write_json(folder / "expected.json", expected)
    print(name, sum(p.numel() for p in model.parameters()), "parameters; loss", loss.item(), "gradient norm", norm,
          "logits", logits.std().item())


def bert(vocabulary):
    return BertForSequenceClassification(BertConfig(
        vocab_size=vocabulary, hidden_size=36, num_hidden_layers=3, num_attention_heads=3, intermediate_size=52,
        max_position_embeddings=64, type_vocab_size=2, initializer_range=0.15, layer_norm_eps=1e-12,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, num_labels=2))


def llama_config(vocabulary, **more):
    return LlamaConfig(
        vocab_size=vocabulary, hidden_size=40, num_hidden_layers=2, num_attention_heads=10, num_key_value_heads=5,
        intermediate_size=52, max_position_embeddings=128, rms_norm_eps=1e-5, initializer_range=0.15,
        tie_word_embeddings=False, attention_dropout=0.0, bos_token_id=1, eos_token_id=2, **more)


def make_models():
    make_model("bert-tiny", bert, wordpiece_vocabulary, tokenization, [7, 1, 64, 2, 31, 12], "classification", SEED, 3)
    make_model("llama-tiny", lambda v: LlamaForSequenceClassification(llama_config(v, num_labels=2, pad_token_id=2)),
               sentencepiece_model, sentencepiece_tokenization, [5, 1, 90, 2, 33, 14], "classification", SEED + 1)
    make_model("llama-tiny-lm", lambda v: LlamaForCausalLM(llama_config(v)), sentencepiece_model,
               sentencepiece_tokenization, [6, 1, 41, 2, 13], "language_model", SEED + 2)
    for seed, (name, tokenizer) in enumerate(BORROWED.items(), SEED + 3):
        make_borrower(name, ROOT / "tokenizers" / "folders" / tokenizer, seed)


# Checkpoints without tokenizer files of their own: those of Tests/Fixtures/tokenizers/folders/<value> go with them.
BORROWED = {"roberta-tiny": "roberta", "albert-tiny": "albert", "gpt2-tiny": "gpt2"}


def make_borrower(name, tokenizer, seed):
    """Config and weights only: what transformers computes of such models is in families/, here are losses on text."""
    vocabulary = len(AutoTokenizer.from_pretrained(tokenizer))
    none = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    if name == "roberta-tiny":
        model = RobertaForSequenceClassification(RobertaConfig(
            vocab_size=vocabulary, hidden_size=15, num_hidden_layers=2, num_attention_heads=3, intermediate_size=26,
            max_position_embeddings=130, type_vocab_size=1, layer_norm_eps=1e-5, **none))
    elif name == "albert-tiny":
        model = AlbertForSequenceClassification(AlbertConfig(
            vocab_size=vocabulary, embedding_size=10, hidden_size=24, num_hidden_layers=3, num_attention_heads=3,
            intermediate_size=35, max_position_embeddings=384, classifier_dropout_prob=0.0, **none))
    else:
        model = GPT2ForSequenceClassification(GPT2Config(
            vocab_size=vocabulary, n_embd=15, n_layer=2, n_head=3, n_positions=128, embd_pdrop=0.0, attn_pdrop=0.0,
            resid_pdrop=0.0, bos_token_id=vocabulary - 1, eos_token_id=vocabulary - 1))
    randomize(model.named_parameters(), seed, 0.25)
    model.save_pretrained(ROOT / "models" / name)
    print(name, sum(p.numel() for p in model.parameters()), "parameters")


# --- data and losses ---------------------------------------------------------------------------------------------

def make_data():
    for split, seed, count in [("train", 1, 160), ("dev", 2, 40)]:
        text.write_tsv(ROOT / "data" / "cola" / f"{split}.tsv", text.cola_rows(SEED + seed, count))
        text.write_tsv(ROOT / "data" / "mrpc" / f"{split}.tsv", text.mrpc_rows(SEED + 10 + seed, count))


def check_llama_ids():
    """The reference trainer tokenizes with transformers; that must be what the sentencepiece package gives."""
    folder = ROOT / "models" / "llama-tiny"
    sp = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    hf = AutoTokenizer.from_pretrained(folder)
    longest = 0
    for task, columns in [("cola", [3]), ("mrpc", [3, 4])]:
        for split in ["train", "dev"]:
            for line in (ROOT / "data" / task / f"{split}.tsv").read_text("utf-8").splitlines():
                row = line.split("\t")
                mine = [i for c in columns for i in [sp.bos_id()] + sp.encode(row[c])]
                theirs = hf(*[row[c] for c in columns])["input_ids"]
                assert mine == theirs, (row, mine, theirs)
                longest = max(longest, len(mine))
    print("llama ids agree on all data; longest", longest)


BASE = {"batch_size": 8, "max_steps": 20, "warmup_ratio": 0.1, "schedule": "linear", "weight_decay": 0.0,
        "dropout": 0.0, "no_shuffle": True}
FIRA = {"rank": 4, "update_gap": 6, "alpha": 1.0, "projector": "svd"}
LENGTH = {("bert-tiny", "cola"): 48, ("bert-tiny", "mrpc"): 56, ("llama-tiny", "cola"): 96, ("llama-tiny", "mrpc"): 112}
LENGTH |= {(m, t): n for m in BORROWED for t, n in [("cola", 64), ("mrpc", 80)]}
LENGTH |= {("albert-tiny", t): 384 for t in ["cola", "mrpc"]}
RUNS = [(m, t, o, s | {"gradient_clip": c})
        for m in ["bert-tiny", "llama-tiny"] for t in ["cola", "mrpc"]
        for o, s in [("adamw", {"learning_rate": 1e-3}), ("fira", {"learning_rate": 2e-3} | FIRA)]
        for c in [1.0, 0.0]]
RUNS += [(m, t, o, s | {"gradient_clip": 1.0})
         for m in BORROWED for t in ["cola", "mrpc"]
         for o, s in [("adamw", {"learning_rate": 1e-3}), ("fira", {"learning_rate": 2e-3} | FIRA)]]
RUNS += [(m, "cola", o, s | {"gradient_clip": 1.0})
         for m in ["bert-tiny", "llama-tiny"]
         for o, s in [("galore", {"learning_rate": 5e-3, "rank": 4, "update_gap": 6, "scale": 1.0, "projector": "svd"}),
                      ("adafactor", {"learning_rate": 1e-3, "beta1": 0.9}), ("came", {"learning_rate": 2e-4}),
                      ("lion", {"learning_rate": 2e-4}), ("sgd", {"learning_rate": 0.05}),
                      ("sgdm", {"learning_rate": 0.02})]]


class AlbertText:
    """transformers' AlbertTokenizer with the pieces of the sentencepiece package: it splits text before the model
    sees it, and so finds others. No token types, as it gives none."""

    def __init__(self, folder):
        self.fast = AutoTokenizer.from_pretrained(folder)
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(pathlib.Path(folder) / "spiece.model"))
        self.normalizer = Sequence([Replace("``", '"'), Replace("''", '"'), NFKD(), StripAccents(), Lowercase()])

    def __getattr__(self, name):
        return getattr(self.fast, name)

    def __call__(self, a, b=None, truncation=True, max_length=None):
        texts = [self.pieces.encode(self.normalizer.normalize_str(t)) for t in (a, b) if t is not None]
        ids = sum([t + [self.fast.sep_token_id] for t in texts], [self.fast.cls_token_id])
        assert len(ids) <= max_length, "truncation is tested elsewhere"
        return {"input_ids": ids, "attention_mask": [1] * len(ids)}


def reference_losses(trainer, model, task, optimizer, s, threads=1):
    with tempfile.TemporaryDirectory() as folder:
        if model in BORROWED:
            shutil.copytree(ROOT / "tokenizers" / "folders" / BORROWED[model], folder, dirs_exist_ok=True)
        shutil.copytree(ROOT / "models" / model, folder, dirs_exist_ok=True)
        load = AutoTokenizer.from_pretrained
        if model == "albert-tiny":
            tokenizer = AlbertText(folder)
            AutoTokenizer.from_pretrained = lambda _: tokenizer
        try:
            return reference_trainer.run(trainer, folder, task, ROOT / "data" / task / "train.tsv", optimizer, s,
                                         threads)["losses"]
        finally:
            AutoTokenizer.from_pretrained = load


def make_losses(trainer, verify):
    runs, spread = [], 0.0
    for model, task, optimizer, s in RUNS:
        s = BASE | s | {"max_length": LENGTH[model, task]}
        losses = reference_losses(trainer, model, task, optimizer, s)
        runs.append({"model": model, "tokenizer": BORROWED.get(model), "task": task, "optimizer": optimizer, "settings": s,
                     "losses": losses})
        line = f"{model} {task} {optimizer} clip {s['gradient_clip']}: {losses[0]:.4f} … {losses[-1]:.4f}"
        if verify:
            again = reference_losses(trainer, model, task, optimizer, s, threads=2)
            d = max(abs(a - b) for a, b in zip(losses, again))
            spread = max(spread, d)
            line += f"; two threads differ by {d:.1e}"
        print(line, flush=True)
    write_json(ROOT / "losses.json", {
        "script": "Tools/make_model_fixtures.py", "seed": SEED,
        "versions": versions("torch", "transformers", "tokenizers", "fira", "galore-torch", "came-pytorch",
                             "lion-pytorch"),
        "runs": runs})
    if verify:
        print("largest difference between one and two threads", spread)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--reference-trainer", type=pathlib.Path, help="the reference training script, for the losses")
    p.add_argument("--only", choices=["models", "losses"])
    p.add_argument("--verify", action="store_true", help="run each training with two threads too, and say how much differs")
    a = p.parse_args()
    torch.set_num_threads(1)
    if a.only != "losses":
        make_models()
        make_data()
        check_llama_ids()
    if a.only != "models":
        if not a.reference_trainer:
            p.error("--reference-trainer is needed for the losses (or give --only models)")
        make_losses(a.reference_trainer, a.verify)


main()
