#!/usr/bin/env python3
"""Writes Tests/Fixtures/families/<family>/: a small random base model of each family, and for each head on it what
transformers computes: logits, gradients, and losses along 20 AdamW and 20 Fira steps. Layout: Tests/Fixtures/README.md.

    python Tools/make_family_fixtures.py [--only FAMILY]
    python Tools/make_family_fixtures.py --real DIR --out DIR      the same from a real BERT, for check_families.py

Needs torch, transformers, safetensors, fira in the versions that the JSON files name. Every sequence runs alone, so
nothing is padded; a loss is the mean over the batch's targets.

A trajectory is kept only where the reference agrees with itself in double precision: an Adam step divides by the size of
a gradient, and one that is nearly zero makes any two float32 programs part.
"""
import argparse, json, math, os, pathlib, random, sys, tempfile, zlib
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import torch
import torch.nn.functional as F
import transformers as hf
from safetensors.torch import load_file, save_file
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fixture_common import randomize, signed_svd, versions, write_json

torch.linalg.svd = signed_svd
from fira import FiraAdamW

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "families"
SEED = 20240818
LENGTHS = [7, 2, 13, 9, 16, 5, 11, 3, 8, 1]
BATCHES = [[0, 5], [5, 10]]
CHOICES = [0, 3, 5, 7, 10]
LABELS = 3
ENCODER_HEADS = {"classification": "ForSequenceClassification", "regression": "ForSequenceClassification",
                 "span_extraction": "ForQuestionAnswering", "multiple_choice": "ForMultipleChoice",
                 "masked_language_model": "ForMaskedLM"}
DECODER_HEADS = {"classification": "ForSequenceClassification", "regression": "ForSequenceClassification",
                 "span_extraction": "ForQuestionAnswering"}
NO_DROPOUT = dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)


def bert():
    return "Bert", hf.BertConfig(
        vocab_size=53, hidden_size=21, num_hidden_layers=2, num_attention_heads=3, intermediate_size=34,
        max_position_embeddings=18, type_vocab_size=2, layer_norm_eps=1e-12, **NO_DROPOUT), ENCODER_HEADS


def roberta():
    """hidden sizes and eps as in the distilled models: nothing of BERT's defaults."""
    return "Roberta", hf.RobertaConfig(
        vocab_size=47, hidden_size=20, num_hidden_layers=2, num_attention_heads=5, intermediate_size=37,
        max_position_embeddings=20, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0,
        eos_token_id=2, **NO_DROPOUT), ENCODER_HEADS


def albert(**more):
    return "Albert", hf.AlbertConfig(**(dict(
        vocab_size=59, embedding_size=11, hidden_size=21, num_hidden_layers=3, num_attention_heads=3,
        intermediate_size=38, max_position_embeddings=17, type_vocab_size=2, classifier_dropout_prob=0.0,
        **NO_DROPOUT) | more)), ENCODER_HEADS


def albert_groups():
    kind, config, heads = albert(hidden_size=12, intermediate_size=19, num_hidden_layers=4, num_hidden_groups=2,
                                  inner_group_num=2, hidden_act="gelu")
    return kind, config, {"classification": heads["classification"]}


def gpt2(**more):
    return "GPT2", hf.GPT2Config(**(dict(
        vocab_size=49, n_embd=18, n_layer=2, n_head=3, n_positions=19, embd_pdrop=0.0, attn_pdrop=0.0,
        resid_pdrop=0.0, bos_token_id=48, eos_token_id=48) | more)), DECODER_HEADS | {"language_model": "LMHeadModel"}


def gpt2_untied():
    """Every switch of the config that changes the forward pass."""
    kind, config, heads = gpt2(n_inner=31, tie_word_embeddings=False, scale_attn_by_inverse_layer_idx=True,
                               reorder_and_upcast_attn=True, activation_function="gelu", layer_norm_epsilon=1e-3)
    return kind, config, {"language_model": heads["language_model"]}


def llama(**more):
    return "Llama", hf.LlamaConfig(**(dict(
        vocab_size=51, hidden_size=24, head_dim=6, num_hidden_layers=2, num_attention_heads=6, num_key_value_heads=2,
        intermediate_size=29, max_position_embeddings=64, rms_norm_eps=1e-5, attention_dropout=0.0, bos_token_id=1,
        eos_token_id=2, pad_token_id=2, tie_word_embeddings=False) | more)), DECODER_HEADS | {"language_model": "ForCausalLM"}


def llama_tied():
    kind, config, heads = llama(
        tie_word_embeddings=True, attention_bias=True, mlp_bias=True, max_position_embeddings=128,
        rope_parameters={"rope_type": "llama3", "rope_theta": 5000.0, "factor": 4.0, "low_freq_factor": 1.0,
                         "high_freq_factor": 4.0, "original_max_position_embeddings": 32})
    return kind, config, {"language_model": heads["language_model"]}


def mistral():
    """A window that sequences end within, a head size of its own, and no biases."""
    return "Mistral", hf.MistralConfig(
        vocab_size=51, hidden_size=20, head_dim=6, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=27, max_position_embeddings=128, sliding_window=64, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2,
        pad_token_id=2), DECODER_HEADS | {"language_model": "ForCausalLM"}


def qwen2():
    return "Qwen2", hf.Qwen2Config(
        vocab_size=49, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=35, max_position_embeddings=64, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2,
        pad_token_id=2), DECODER_HEADS | {"language_model": "ForCausalLM"}


def qwen3():
    return "Qwen3", hf.Qwen3Config(
        vocab_size=53, hidden_size=22, head_dim=8, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=31, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=2
    ), DECODER_HEADS | {"language_model": "ForCausalLM"}


FAMILIES = {"bert": bert, "roberta": roberta, "albert": albert, "albert-groups": albert_groups, "gpt2": gpt2,
            "gpt2-untied": gpt2_untied, "llama": llama, "llama-tied": llama_tied, "mistral": mistral, "qwen2": qwen2, "qwen3": qwen3}


def targets(r, head, ids, vocabulary):
    if head == "classification":
        return {"classes": [r.randrange(LABELS) for _ in ids]}
    if head == "regression":
        return {"values": [round(r.uniform(-1.5, 1.5), 3) for _ in ids]}
    if head == "span_extraction":
        first = [r.randrange(len(s)) for s in ids]
        return {"first": first, "last": [r.randrange(a, len(s)) for a, s in zip(first, ids)]}
    if head == "multiple_choice":
        return {"offsets": CHOICES, "correct": [r.randrange(b - a) for a, b in zip(CHOICES, CHOICES[1:])]}
    if head == "masked_language_model":
        return {"tokens": [[r.randrange(3, vocabulary) if r.random() < 0.4 or k == 1 else -100 for k in range(len(s))]
                           for s in ids]}
    return {}


class Case:
    """One head: runs batches of the fixture's sequences and knows transformers' loss."""

    def __init__(self, head, targets, ids, types):
        self.head, self.targets, self.ids, self.types = head, targets, ids, types

    def logits(self, model, i):
        extra = {"token_type_ids": torch.tensor([self.types[i]])} if self.types else {}
        inputs = {"input_ids": torch.tensor([self.ids[i]])} | extra
        if self.head == "multiple_choice":
            return model(**{k: v[:, None] for k, v in inputs.items()}).logits[0]
        out = model(**inputs)
        if self.head == "span_extraction":
            return torch.stack([out.start_logits[0], out.end_logits[0]], -1)
        return out.logits[0]

    def run(self, model, start, end):
        """Logits of sequences start..<end (those of one batch), and the loss of that batch."""
        order = range(start, end)
        each = {i: self.logits(model, i) for i in order}
        t = self.targets
        if self.head == "classification":
            losses = [F.cross_entropy(each[i][None], torch.tensor([t["classes"][i]])) for i in order]
        elif self.head == "regression":
            losses = [F.mse_loss(each[i], torch.tensor([t["values"][i]])) for i in order]
        elif self.head == "span_extraction":
            # transformers: the mean of the two cross-entropies over positions.
            losses = [(F.cross_entropy(each[i][None, :, 0], torch.tensor([t["first"][i]]))
                       + F.cross_entropy(each[i][None, :, 1], torch.tensor([t["last"][i]]))) / 2 for i in order]
        elif self.head == "multiple_choice":
            groups = [g for g in range(len(CHOICES) - 1) if start <= CHOICES[g] < end]
            losses = [F.cross_entropy(torch.cat([each[i] for i in range(CHOICES[g], CHOICES[g + 1])])[None],
                                      torch.tensor([t["correct"][g]])) for g in groups]
        elif self.head == "masked_language_model":
            labels = torch.tensor([x for i in order for x in t["tokens"][i]])
            rows = torch.cat([each[i] for i in order])
            return rows, F.cross_entropy(rows, labels)
        else:
            tokens = sum(len(self.ids[i]) - 1 for i in order)
            losses = [F.cross_entropy(each[i][:-1], torch.tensor(self.ids[i][1:]), reduction="sum") * len(each) / tokens
                      for i in order if len(self.ids[i]) > 1]
            return torch.cat([each[i] for i in sorted(each)]), torch.stack(losses).sum() / len(each)
        stack = torch.cat if self.head in ("span_extraction", "multiple_choice") else torch.stack
        rows = stack([each[i] for i in sorted(each)])
        return rows, torch.stack(losses).mean()

    def check_against_own_loss(self, model):
        """The loss written above is the one the model itself computes, where it takes labels for one sequence."""
        i, t = 2, self.targets
        inputs = {"input_ids": torch.tensor([self.ids[i]])}
        if self.types:
            inputs["token_type_ids"] = torch.tensor([self.types[i]])
        labels = {"classification": lambda: {"labels": torch.tensor([t["classes"][i]])},
                  "regression": lambda: {"labels": torch.tensor([t["values"][i]])},
                  "span_extraction": lambda: {"start_positions": torch.tensor([t["first"][i]]),
                                              "end_positions": torch.tensor([t["last"][i]])},
                  "masked_language_model": lambda: {"labels": torch.tensor([t["tokens"][i]])},
                  "language_model": lambda: {"labels": inputs["input_ids"]}}
        if self.head in labels:
            theirs = model(**inputs, **labels[self.head]()).loss
            mine = self.run(model, i, i + 1)[1]
            assert abs(theirs - mine) < 1e-6, (self.head, theirs, mine)


def optimizer(name, model):
    """Decay and projection by our rule: neither biases nor norms decay, matrices inside layers are projected."""
    named = list(model.named_parameters())
    outside = ("embeddings.", "embed_tokens", "wte", "wpe", "pooler", "classifier", "score", "qa_outputs", "lm_head",
               "predictions")
    if name == "adamw":
        return torch.optim.AdamW([{"params": [p for _, p in named if p.ndim > 1], "weight_decay": OPTIMIZERS[name][1]},
                                  {"params": [p for _, p in named if p.ndim == 1], "weight_decay": 0.0}])
    projected = [p for n, p in named if p.ndim == 2 and not any(o in n for o in outside)]
    ids = {id(p) for p in projected}
    return FiraAdamW([{"params": [p for _, p in named if id(p) not in ids]},
                      {"params": projected, "rank": OPTIMIZERS[name][2]["rank"], "alpha": 1.0,
                       "update_proj_gap": OPTIMIZERS[name][2]["update_gap"], "proj_type": "std"}],
                     no_deprecation_warning=True)


OPTIMIZERS = {"adamw": (2e-3, 0.1, {}),
              "fira": (4e-3, 0.0, {"rank": 3, "update_gap": 6, "alpha": 1.0, "projector": "svd"})}


def trajectory(case, model, name):
    peak = OPTIMIZERS[name][0]
    rates = [peak * (1 - step / 25) for step in range(20)]
    opt, losses = optimizer(name, model), []
    for step, rate in enumerate(rates):
        for group in opt.param_groups:
            group["lr"] = rate
        loss = case.run(model, *BATCHES[step % 2])[1]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        opt.zero_grad(set_to_none=True)
        losses.append(loss.item())
    return {"optimizer": name, "options": OPTIMIZERS[name][2], "weight_decay": OPTIMIZERS[name][1],
            "gradient_clip": 1.0, "learning_rates": rates, "losses": losses}


def generated(model, prompts, new, ends, batched):
    """Greedy continuations, one prompt at a time or all at once with padding on the left."""
    settings = {"max_new_tokens": new, "do_sample": False, "eos_token_id": ends or None, "pad_token_id": 0}
    model.generation_config.eos_token_id = None
    if not batched:
        return [model.generate(torch.tensor([p]), attention_mask=torch.ones(1, len(p), dtype=torch.long), **settings)[0, len(p):]
                .tolist() for p in prompts]
    width = max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
    rows = model.generate(ids, attention_mask=mask, **settings)[:, width:].tolist()
    cut = [next((i + 1 for i, t in enumerate(r) if t in ends), len(r)) for r in rows]
    return [r[:n] for r, n in zip(rows, cut)]


def generation(model, r):
    """What generate writes, free and with end tokens that occur, where no two tokens are nearly as likely."""
    size, longest = model.config.vocab_size, min(model.config.max_position_embeddings, 60)
    new = longest // 2
    while True:
        prompts = [[r.randrange(3, size) for _ in range(n)] for n in (1, longest - new, 4, 2, longest // 3, 7)]
        free = generated(model, prompts, new, [], False)
        with torch.no_grad():
            logits = [model(torch.tensor([p + f])).logits[0, len(p) - 1:-1] for p, f in zip(prompts, free)]
        gap = min(float((top[:, 0] - top[:, 1]).min()) for top in (x.topk(2).values for x in logits))
        if gap > 1e-3:
            break
    ends = sorted({free[0][3], free[2][new // 2]})
    ended = generated(model, prompts, new, ends, False)
    assert free == generated(model, prompts, new, [], True) and ended == generated(model, prompts, new, ends, True)
    return {"prompts": prompts, "new_tokens": new, "smallest_gap": gap, "free": free, "end_tokens": ends, "ended": ended}


def scoring(model, r, generation):
    """Log-likelihoods of random continuations, and of the model's own."""
    size = model.config.vocab_size
    texts = [([r.randrange(3, size) for _ in range(a)], [r.randrange(3, size) for _ in range(b)])
             for a, b in [(1, 1), (5, 3), (2, 9), (11, 2), (7, 1)]]
    texts += [(p, f[:5]) for p, f in zip(generation["prompts"], generation["free"])]
    out = []
    for context, continuation in texts:
        with torch.no_grad():
            logits = model(torch.tensor([context + continuation])).logits[0, len(context) - 1:-1].double()
        own = logits.log_softmax(-1).gather(-1, torch.tensor(continuation)[:, None])
        out.append({"context": context, "continuation": continuation, "log_likelihood": own.sum().item(),
                    "is_greedy": logits.argmax(-1).tolist() == continuation})
    return out


def in_double(case, model, name):
    """The same with every number a double."""
    torch.set_default_dtype(torch.float64)
    try:
        return trajectory(case, model.double(), name)["losses"]
    finally:
        torch.set_default_dtype(torch.float32)


def trajectories(case, load, check):
    found = []
    for name in OPTIMIZERS:
        t = trajectory(case, load()[0], name)
        if check:
            t["float32_against_double"] = max(abs(a - b) for a, b in zip(t["losses"], in_double(case, load()[0], name)))
        found.append(t)
    return found


def make(name):
    kind, config, heads = FAMILIES[name]()
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    seed = SEED + zlib.crc32(name.encode()) % 1000
    config.initializer_range = 0.15
    base = getattr(hf, kind + "Model")(config)
    randomize(base.named_parameters(), seed, 0.25)
    base.save_pretrained(folder)
    make_heads(name, folder, folder, kind, config, heads, seed, 2e-6)


def make_heads(name, folder, out, kind, config, heads, seed, spread, tolerance=5e-5):
    """Each head on the base model in `folder`; `spread`: how far a trajectory may be from its double, where
    that is checked."""
    r = random.Random(seed)
    # The padding token among the others: its embedding is not trained. Not at the end, where transformers' decoders would
    # take it for padding.
    ids = [[r.randrange(3, config.vocab_size) for _ in range(n)] for n in LENGTHS]
    if config.pad_token_id is not None:
        for s in ids[2::3]:
            s[len(s) // 2 - 1] = config.pad_token_id
    types = None
    if getattr(config, "type_vocab_size", 1) > 1:
        types = [[int(i % 2 and k > len(s) // 3) for k in range(len(s))] for i, s in enumerate(ids)]
    tensors, written = {}, {}
    for head, suffix in heads.items():
        cls = getattr(hf, kind + suffix)
        labels = {"num_labels": {"classification": LABELS, "regression": 1}.get(head, 2)}
        for attempt in range(20):
            case = Case(head, targets(r, head, ids, config.vocab_size), ids, types)

            def load():
                model, info = cls.from_pretrained(folder, output_loading_info=True, dtype=torch.float32, **labels)
                own = [(n, p) for n, p in model.named_parameters() if n in info["missing_keys"]]
                randomize(own, seed + zlib.crc32(head.encode()) % 1000 + attempt, 0.4)
                return model.eval(), own
            found = trajectories(case, load, spread is not None)
            if spread is None or max(t["float32_against_double"] for t in found) < spread:
                break
        else:
            sys.exit(f"{name} {head}: no well-conditioned trajectory")
        model, own = load()
        case.check_against_own_loss(model)
        logits, loss = case.run(model, 0, len(ids))
        loss.backward()
        grads = {n: p.grad for n, p in model.named_parameters()}
        tensors |= {f"{head}/weight/{n}": p.detach().clone() for n, p in own}
        tensors |= {f"{head}/logits": logits.detach().contiguous()}
        tensors |= {f"{head}/grad/{n}": g.contiguous() for n, g in grads.items()}
        written[head] = {
            "class": cls.__name__, "parameters": sum(p.numel() for p in model.parameters()), "targets": case.targets,
            "loss": loss.item(), "gradient_norm": torch.sqrt(sum((g.double() ** 2).sum() for g in grads.values())).item(),
            "trajectories": found}
        if head == "language_model":
            r = random.Random(seed)
            written[head]["generation"] = generation(model, r)
            written[head]["scoring"] = scoring(model, r, written[head]["generation"])
        if head == "masked_language_model":
            with tempfile.TemporaryDirectory() as saved:
                model.save_pretrained(saved)
                written[head]["saved"] = sorted(load_file(saved + "/model.safetensors"))
        if name == "roberta" and head == "multiple_choice":
            # A literal padding token keeps its own position and is not counted.
            odd = [5, 1, 9, 1, 1, 30, 12]
            inputs = torch.tensor([odd])
            hidden = model.roberta(input_ids=inputs, attention_mask=torch.ones_like(inputs)).pooler_output
            written[head]["padding_inside"] = {"sequence": odd, "logit": model.classifier(hidden).item()}
        print(f"{name} {head}: loss {loss.item():.4f}" + "".join(
            f", {t['optimizer']} {t['losses'][0]:.4f} … {t['losses'][-1]:.4f} (in double {t.get('float32_against_double', math.nan):.0e})"
            for t in found) + (f", attempt {attempt + 1}" if attempt else ""), flush=True)
    save_file(tensors, out / "heads.safetensors")
    text = json.dumps({"family": name, "script": "Tools/make_family_fixtures.py", "seed": seed,
                       "versions": versions("torch", "transformers", "safetensors", "fira"), "loss_tolerance": tolerance,
                       "sequences": ids, "batches": BATCHES} | ({"token_types": types} if types else {})
                      | {"heads": written})
    (out / "heads.json").write_text(text + "\n", encoding="utf-8")


def make_real(source, out):
    """Every head of BERT on a real encoder. Float32 alone moves its losses by up to 1e-3: tolerance 2e-3."""
    folder = out / "minilm"
    folder.mkdir(parents=True)
    for file in ("config.json", "model.safetensors"):
        (folder / file).symlink_to((source / file).resolve())
    config = hf.BertConfig.from_pretrained(source, **NO_DROPOUT)
    # The kept vectors only: all of them take minutes.
    torch.linalg.svd = lambda a, full_matrices=True, **kw: signed_svd(a, full_matrices=False, **kw)
    OPTIMIZERS.update({"adamw": (5e-5, 0.01, {}),
                       "fira": (1e-4, 0.0, {"rank": 8, "update_gap": 8, "alpha": 1.0, "projector": "svd"})})
    make_heads("minilm", folder, folder, "Bert", config, ENCODER_HEADS, SEED, None, tolerance=2e-3)


def half_precision():
    """Folders as transformers saves large models: 16-bit floats in shards. Logits by the same weights in float32."""
    for name, kind, config, dtype in [
            ("bert-f16", hf.BertForSequenceClassification, bert()[1], torch.float16),
            ("llama-bf16", hf.LlamaForCausalLM, llama()[1], torch.bfloat16)]:
        folder = ROOT.parent / "half-precision" / name
        model = kind(config)
        randomize(model.named_parameters(), SEED, 0.25)
        model.to(dtype).save_pretrained(folder, max_shard_size="9KB")
        # Loaded anew: to() rounded rotary frequencies too.
        model = kind.from_pretrained(folder, dtype=torch.float32).eval()
        ids = [[5, 9, 30, 11, 6, 6, 21], [40], [3, 28, 17]]
        with torch.no_grad():
            logits = [model(input_ids=torch.tensor([s])).logits[0].reshape(-1).tolist() for s in ids]
        write_json(folder / "expected.json", {"script": "Tools/make_family_fixtures.py", "sequences": ids, "logits": logits,
                                              "versions": versions("torch", "transformers")})
        print(name, len(list(folder.glob("*.safetensors"))), "shards")


def presets():
    """Parameters of each named shape: those of transformers' model of it, never allocated."""
    out = {}
    for name, (width, layers, heads) in {"gpt2-117m": (768, 12, 12), "gpt2-345m": (1024, 24, 16),
                                         "gpt2-1.1b": (1408, 36, 22)}.items():
        out[name] = hf.GPT2LMHeadModel, hf.GPT2Config(n_embd=width, n_layer=layers, n_head=heads, vocab_size=50257)
    for name, (width, layers, heads, vocabulary) in {
            "bert-base": (768, 12, 12, 30522), "bert-large": (1024, 24, 16, 30522), "bert-345m": (1024, 24, 16, 30592)}.items():
        out[name] = hf.BertForSequenceClassification, hf.BertConfig(
            hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=4 * width,
            vocab_size=vocabulary)
    for name, (width, inner, heads, layers) in {
            "llama-60m": (512, 1376, 8, 8), "llama-130m": (768, 2048, 12, 12), "llama-350m": (1024, 2736, 16, 24),
            "llama-1b": (2048, 5461, 32, 24), "llama-7b": (4096, 11008, 32, 32)}.items():
        out[name] = hf.LlamaForCausalLM, hf.LlamaConfig(
            hidden_size=width, intermediate_size=inner, num_attention_heads=heads, num_hidden_layers=layers,
            vocab_size=32000)
    shapes = {}
    for name, (kind, config) in out.items():
        with torch.device("meta"):
            parameters = list(kind(config).named_parameters())
        shapes[name] = {"class": kind.__name__, "tensors": len(parameters), "parameters": sum(p.numel() for _, p in parameters)}
        print(name, shapes[name]["parameters"])
    write_json(ROOT.parent / "presets.json", {"script": "Tools/make_family_fixtures.py",
                                              "versions": versions("torch", "transformers"), "presets": shapes})


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--only", choices=list(FAMILIES))
    p.add_argument("--real", type=pathlib.Path, help="a BERT checkpoint folder")
    p.add_argument("--out", type=pathlib.Path, help="where that one's fixture goes: a folder that does not exist")
    a = p.parse_args()
    torch.set_num_threads(1)
    hf.logging.disable_progress_bar()
    if a.real:
        return make_real(a.real, a.out)
    if a.only is None:
        presets()
        half_precision()
    for name in FAMILIES:
        if a.only in (None, name):
            make(name)


if __name__ == "__main__":
    main()
