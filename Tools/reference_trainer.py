"""Runs the reference training script in this process and returns what it wrote.

Optimizers that the script does not know are added here: adagrad, adam-mini (blocks by role), ademamix (the independent rule).
"""
import contextlib, io, json, pathlib, sys, tempfile
import numpy as np
import torch
import independent_optimizers as own


class AdEMAMix(torch.optim.Optimizer):
    """Tools/independent_optimizers.py's rule, in Double, with both warm-ups over the whole run."""

    def __init__(self, parameters, lr, steps):
        super().__init__(parameters, {"lr": lr})
        self.rules = {}
        self.steps = steps

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                rule = self.rules.setdefault(p, own.AdEMAMix(p.shape, np.float64, alpha_warmup=self.steps,
                                                             beta3_warmup=self.steps))
                p.copy_(torch.from_numpy(rule.step(p.numpy().astype(np.float64), p.grad.numpy().astype(np.float64),
                                                   group["lr"], 0.0)).float())


def role_name(name, p):
    """A name by which adam-mini takes the blocks that a role has here; its own reading of BERT's names fails."""
    if "bias" in name:
        return "bias"
    if p.ndim == 1:
        return "norm.weight"
    for part, role in [("query", "q_proj"), ("key", "k_proj"), ("q_proj", "q_proj"), ("k_proj", "k_proj"),
                       ("embed", "embed")]:
        if part in name:
            return role + ".weight"
    return "mlp.weight"


def more_optimizers(known):
    def optimizer(name, model, a):
        parameters = [p for p in model.parameters() if p.requires_grad]
        if name == "adagrad":
            return torch.optim.Adagrad(parameters, lr=a.lr, eps=1e-10)
        if name == "ademamix":
            return AdEMAMix(parameters, a.lr, a.max_steps)
        if name == "adam-mini":
            from adam_mini import Adam_mini
            c = model.config
            return Adam_mini([(f"{i}.{role_name(n, p)}", p) for i, (n, p) in enumerate(model.named_parameters())],
                             lr=a.lr, dim=c.hidden_size, n_heads=c.num_attention_heads,
                             n_kv_heads=getattr(c, "num_key_value_heads", None), verbose=False)
        return known(name, model, a)
    return optimizer


def run_script(trainer):
    source = pathlib.Path(trainer).read_text()
    body, call = source.rstrip().rsplit("\n", 1)
    assert call == "main()", call
    script = {"__name__": "reference"}
    exec(compile(body, str(trainer), "exec"), script)
    script["optimizer"] = more_optimizers(script["optimizer"])
    script["main"]()


def run(trainer, model, task, train, optimizer, s, threads, more=()):
    """`s`: settings under the program's option names; `more`: options of the script. Returns the trainer's JSON object (losses, tokens, ...)."""
    with tempfile.TemporaryDirectory() as d:
        out = pathlib.Path(d) / "out.json"
        argv = [trainer, "--model", model, "--task", task, "--train", train, "--optimizer", optimizer,
                "--lr", s["learning_rate"], "--batch", s["batch_size"], "--max-steps", s["max_steps"],
                "--warmup-ratio", s["warmup_ratio"], "--schedule", s["schedule"], "--weight-decay", s["weight_decay"],
                "--clip", s["gradient_clip"], "--dropout", s["dropout"], "--max-length", s["max_length"],
                "--sequential", "--threads", threads, "--rank", s.get("rank", 8), "--gap", s.get("update_gap", 200),
                "--alpha", s.get("scale", s.get("alpha", 1.0)), "--out", out, *more]
        before, svd = sys.argv, torch.linalg.svd
        sys.argv = [str(x) for x in argv]
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                run_script(trainer)
        finally:
            # The script replaces torch.linalg.svd by one with fixed signs; it does so again on its next run.
            sys.argv, torch.linalg.svd = before, svd
        return json.loads(out.read_text())
