#!/usr/bin/env python3
"""Writes Tests/Fixtures/optimizers: weights along 24 steps of each optimizer. Layout: Tests/Fixtures/README.md.

    python Tools/make_optimizer_fixtures.py [--only PREFIX]

The packages named in `reference` of each JSON file are run as they are; rules without a package are written out in
Tools/independent_optimizers.py. Singular vectors are signed: the entry of largest magnitude of each is positive.
"""
import argparse, json, math, os, pathlib, sys
os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import numpy as np, torch
from safetensors.numpy import save_file
import independent_optimizers as own

OUT = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "optimizers"
SEED, STEPS, DECAY = 20240612, 24, 0.1
_svd = torch.linalg.svd


def signed_svd(a, full_matrices=True, **kw):
    u, s, vh = _svd(a, full_matrices=full_matrices, **kw)
    u = u * torch.sign(u.gather(-2, u.abs().argmax(-2, keepdim=True)))
    return u, s, vh * torch.sign(vh.gather(-1, vh.abs().argmax(-1, keepdim=True)))


torch.linalg.svd = signed_svd

# --- problems ----------------------------------------------------------------------------------------------------

SMALL = [("tall", (12, 7), "matrix"), ("wide", (7, 12), "matrix"), ("square", (9, 9), "matrix"),
         ("deficient", (10, 6), "matrix"), ("zero", (6, 5), "matrix"), ("late", (5, 8), "matrix"),
         ("tiny", (6, 4), "matrix"), ("embedding", (8, 5), "embedding"), ("head", (2, 7), "head"),
         ("query", (8, 8), "query"), ("key", (4, 8), "key"), ("value", (4, 8), "value"), ("bias", (11,), "bias"),
         ("norm", (7,), "norm")]
BLOCKS = [("exact4096", (64, 64), "matrix"), ("above4096", (65, 64), "matrix"), ("long", (520, 10), "matrix"),
          ("small", (12, 7), "matrix"), ("vector", (4200,), "bias"), ("bias", (11,), "bias")]
PROJECTED_ROLES = {"query", "key", "value", "matrix"}


def spectral(r, shape, rank=None, base=None):
    """A matrix with singular values 0.3, 0.18, 0.108 …: well apart, so that singular vectors are well determined. The
    kept ones must also have one clearly largest entry, or their sign would be."""
    k = min(shape)
    s = 0.3 * 0.6 ** np.arange(k)
    if rank:
        s[rank:] = 0
    for _ in range(1000):
        u, _ = np.linalg.qr(base[0] + 0.7 * r.standard_normal((shape[0], k)))
        v, _ = np.linalg.qr(base[1] + 0.7 * r.standard_normal((shape[1], k)))
        top = [np.sort(np.abs(x), 0)[-2:] for x in (u[:, :3], v[:, :3])]
        if all((t[1] / t[0] > 1.05).all() for t in top):
            return (u * s) @ v.T
    raise SystemExit(f"no gradient of shape {shape} with clear signs")


def gradient(r, name, shape, role, k, base):
    if name == "zero" or (name == "late" and k < 3):
        return np.zeros(shape)
    if len(shape) == 1:
        return 0.1 * (base + r.standard_normal(shape))
    if role in ("embedding", "head") or min(shape) > 32:
        g = 0.1 * (base + r.standard_normal(shape))
        if role == "embedding":
            g[[2, 5]] = 0
        return g
    g = spectral(r, shape, 2 if name == "deficient" else None, base)
    return g * 2.0 ** -20 if name == "tiny" else g


def make_problem(name, parameters, distinct):
    r = np.random.default_rng(SEED + len(name))
    tensors = {}
    for p, shape, role in parameters:
        tensors[f"W0/{p}"] = 0.05 * r.standard_normal(shape)
        k = min(shape)
        own_base = role not in ("embedding", "head") and len(shape) == 2 and k <= 32
        base = [r.standard_normal((n, k)) for n in shape] if own_base else r.standard_normal(shape)
        for i in range(distinct):
            tensors[f"G/{i}/{p}"] = gradient(r, p, shape, role, i, base)
    tensors = {k: np.ascontiguousarray(v, np.float32) for k, v in tensors.items()}
    # One step near 1e-6 and one eight times as large: wrong epsilons, clips and limiters must show.
    scale = [1.0, 0.5, 2.0, 1.0, 1.0, 0.25, 1.0, 1.0, 2.0 ** -20, 1.0, 1.0, 2.0, 8.0, 1.0, 0.5, 1.0, 1.0, 4.0, 1.0, 1.0,
             0.125, 1.0, 1.0, 1.0]
    problem = {"name": name, "steps": STEPS, "seed": SEED, "script": "Tools/make_optimizer_fixtures.py",
               "parameters": [{"name": p, "shape": list(s), "role": role} for p, s, role in parameters],
               "gradient_index": [t % distinct for t in range(STEPS)], "gradient_scale": scale}
    save_file(tensors, OUT / f"problem-{name}.safetensors")
    write_json(OUT / f"problem-{name}.json", problem)
    return problem, tensors


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def rates(peak):
    """Warm-up, decline and a wobble: the rate differs in every step."""
    return [peak * (min(1, 0.4 + 0.15 * t) * (1 - 0.03 * t) + 0.05 * math.sin(t)) for t in range(STEPS)]


class Problem:
    def __init__(self, name, parameters, distinct):
        self.name = name
        self.meta, self.tensors = make_problem(name, parameters, distinct)
        self.roles = {p["name"]: p["role"] for p in self.meta["parameters"]}

    def start(self, names, dtype):
        return {n: self.tensors[f"W0/{n}"].astype(dtype) for n in names}

    def gradients(self, t, names, dtype):
        k, s = self.meta["gradient_index"][t], self.meta["gradient_scale"][t]
        return {n: self.tensors[f"G/{k}/{n}"].astype(dtype) * dtype(s) for n in names}


# --- running -----------------------------------------------------------------------------------------------------

def run_torch(problem, names, lr, build, dtype, inspect=None, projected=()):
    W = {n: torch.nn.Parameter(torch.tensor(w)) for n, w in problem.start(names, dtype).items()}
    plain = lambda n: problem.roles[n] in ("bias", "norm")
    groups = [{"names": [n for n in names if n in projected], "projected": True, "weight_decay": DECAY},
              {"names": [n for n in names if n not in projected and not plain(n)], "weight_decay": DECAY},
              {"names": [n for n in names if n not in projected and plain(n)], "weight_decay": 0.0}]
    groups = [g | {"params": [W[n] for n in g["names"]]} for g in groups if g["names"]]
    order = [n for g in groups for n in g.pop("names")]
    opt = build(groups, {n: W[n] for n in order})
    out, extra = {}, {}
    for t in range(STEPS):
        for n, g in problem.gradients(t, names, dtype).items():
            W[n].grad = torch.tensor(g)
        if lr is not None:
            for group in opt.param_groups:
                group["lr"] = lr[t]
        opt.step()
        out[t + 1] = {n: W[n].detach().numpy().copy() for n in names}
        if inspect:
            extra |= inspect(t + 1, opt, W)
    return out, extra


def run_own(problem, names, lr, build, dtype, inspect=None, projected=()):
    W = problem.start(names, dtype)
    states = {n: build(n, W[n].shape, dtype) for n in names}
    out, extra = {}, {}
    for t in range(STEPS):
        for n, g in problem.gradients(t, names, dtype).items():
            decay = 0.0 if problem.roles[n] in ("bias", "norm") else DECAY
            W[n] = states[n].step(W[n], g, lr[t], decay)
        out[t + 1] = {n: w.copy() for n, w in W.items()}
        if inspect:
            extra |= inspect(t + 1, states)
    return out, extra


def update_difference(problem, a, b, names):
    """The largest ‖A − B‖ / ‖B − W0‖ over parameters and steps, beyond what storing the weights in float32 costs
    (6e-8 √t ‖B‖: it is most of the difference where a step only decays the weights)."""
    worst = 0.0
    for t in b:
        for n in names:
            w0 = problem.tensors[f"W0/{n}"].astype(np.float64)
            moved = np.linalg.norm(b[t][n] - w0)
            if moved > 0:
                d = np.linalg.norm(a[t][n].astype(np.float64) - b[t][n]) - 6e-8 * math.sqrt(t) * np.linalg.norm(b[t][n])
                worst = max(worst, float(d / moved))
    return worst


def variant(name, optimizer, options, problem, build, peak, reference, runner=run_torch, packages=("torch",),
            exclude=(), only=None, projected=False, saved=(1, 2, 5, 10, 24), inspect=None, double=True, notes=None,
            fixed_rate=None, tolerance=1e-5, **more):
    if not name.startswith(ARGS.only):
        return None
    from importlib.metadata import version
    names = [n for n in problem.roles if n not in exclude and (only is None or n in only)]
    proj = [n for n in names if projected and problem.roles[n] in PROJECTED_ROLES]
    lr = rates(peak) if fixed_rate is None else [fixed_rate(t + 1) for t in range(STEPS)]
    used = lr if fixed_rate is None else None
    primary = np.float64 if runner is run_own else np.float32
    result, extra = runner(problem, names, used if runner is run_torch else lr, build, primary, inspect, proj)
    record = {"variant": name, "problem": problem.name, "optimizer": optimizer, "options": options,
              "learning_rates": lr, "weight_decay": DECAY, "parameters": names, "projected": proj,
              "saved_steps": list(saved), "tolerance": tolerance, "reference": reference, "versions": {p: version(p) for p in packages},
              "script": "Tools/make_optimizer_fixtures.py"} | more
    if notes:
        record["notes"] = notes
    if double:
        other, _ = runner(problem, names, used if runner is run_torch else lr, build,
                          np.float32 if primary is np.float64 else np.float64, None, proj)
        record["float32_against_double"] = update_difference(problem, *((result, other) if primary is np.float32
                                                                       else (other, result)), names)
    tensors = {f"W/{t}/{n}": w.astype(np.float32) for t in saved for n, w in result[t].items()} | extra
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, OUT / f"{name}.safetensors")
    write_json(OUT / f"{name}.json", record)
    bad = [k for k, v in tensors.items() if v.dtype == np.float32 and not np.isfinite(v).all()]
    print(f"{name:32s} float32 against Double {record.get('float32_against_double', float('nan')):.1e}", bad or "",
          flush=True)
    return result


def first_order(small):
    t = torch.optim
    v = lambda name, opts, make, peak: variant(
        name, name, opts, small, lambda g, W: make([{k: x for k, x in d.items() if k != "projected"} for d in g]),
        peak, f"torch.optim.{make.__name__ if hasattr(make, '__name__') else name}")
    v("sgd", {}, lambda g: t.SGD(g, lr=1), 0.1)
    v("sgdm", {"momentum": 0.9}, lambda g: t.SGD(g, lr=1, momentum=0.9), 0.03)
    variant("sgdm-dampening", "sgdm", {"momentum": 0.9, "dampening": 0.4}, small,
            lambda g, W: t.SGD(g, lr=1, momentum=0.9, dampening=0.4), 0.03, "torch.optim.SGD")
    v("adam", {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}, lambda g: t.Adam(g, lr=1), 0.01)
    v("adamw", {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}, lambda g: t.AdamW(g, lr=1), 0.01)
    variant("adamw-betas", "adamw", {"beta1": 0.8, "beta2": 0.95, "eps": 1e-6}, small,
            lambda g, W: t.AdamW(g, lr=1, betas=(0.8, 0.95), eps=1e-6), 0.01, "torch.optim.AdamW")
    v("adagrad", {"eps": 1e-10}, lambda g: t.Adagrad(g, lr=1), 0.02)
    from lion_pytorch import Lion
    variant("lion", "lion", {"beta1": 0.9, "beta2": 0.99}, small, lambda g, W: Lion(g, lr=1), 0.003,
            "lion_pytorch.Lion", packages=("torch", "lion-pytorch"))


def factored(small):
    from transformers.optimization import Adafactor
    base = {"eps": 1e-30, "eps2": 1e-3, "clip_threshold": 1.0, "decay_rate": -0.8}

    def ada(name, beta1, scale, relative):
        options = base | {"scale_parameter": scale, "relative_step": relative} | ({"beta1": beta1} if beta1 else {"beta1": 0.0})
        variant(name, "adafactor", options, small,
                lambda g, W: Adafactor(g, lr=None if relative else 1, beta1=beta1, scale_parameter=scale,
                                       relative_step=relative, warmup_init=False),
                0.01, "transformers.optimization.Adafactor", packages=("torch", "transformers"),
                fixed_rate=(lambda t: min(1e-2, 1 / math.sqrt(t))) if relative else None,
                notes="beta1 0 means none: nothing is averaged and no first moment is stored." + (
                    " relative_step: learning_rates is what the rule itself gives, min(1e-2, 1/sqrt(t)); the rate "
                    "passed in is not read." if relative else ""))
    ada("adafactor", None, False, False)
    ada("adafactor-beta1", 0.9, False, False)
    ada("adafactor-scaled", None, True, False)
    ada("adafactor-relative", 0.9, False, True)
    ada("adafactor-scaled-relative", 0.9, True, True)
    from came_pytorch import CAME
    variant("came", "came", {"beta1": 0.9, "beta2": 0.999, "beta3": 0.9999, "eps": 1e-30, "eps2": 1e-16,
                             "clip_threshold": 1.0}, small, lambda g, W: CAME(g, lr=1), 0.003, "came_pytorch.CAME",
            packages=("torch", "came-pytorch"))


def low_rank(small, blocks):
    from galore_torch import GaLoreAdafactor, GaLoreAdamW, GaLoreAdamW8bit
    from fira import FiraAdamW
    skip = ("late",)

    def groups(g, **k):
        return [{x: y for x, y in d.items() if x != "projected"} | (k if d.get("projected") else {}) for d in g]

    def projectors(t, opt, W):
        """The projections drawn in this step: [n, r] on the right, [m, r] on the left, columns are the vectors."""
        out = {}
        for n, p in W.items():
            pr = opt.state[p].get("projector")
            if pr is not None and (t - 1) % pr.update_proj_gap == 0 and not isinstance(pr.ortho_matrix, list):
                m = pr.ortho_matrix.detach().numpy()
                out[f"P/{t}/{n}"] = m.T.copy() if m.shape[0] < m.shape[1] else m.copy()
        return out
    note = "P/<step>/<name>: the projection computed before that step, columns are the singular vectors."
    for name, kind in [("galore", "std"), ("galore-reverse", "reverse_std"), ("galore-right", "right"),
                       ("galore-left", "left")]:
        variant(name, "galore", {"rank": 2, "update_gap": 6, "scale": 0.25, "proj_type": kind, "eps": 1e-6,
                                 "projector": "svd"}, small,
                lambda g, W, kind=kind: GaLoreAdamW(groups(g, rank=2, update_proj_gap=6, scale=0.25, proj_type=kind),
                                                    lr=1, no_deprecation_warning=True),
                0.02, "galore_torch.GaLoreAdamW", packages=("torch", "galore-torch"), exclude=skip, projected=True,
                inspect=projectors, notes=note)
    variant("galore-adafactor", "galore-adafactor",
            {"rank": 2, "update_gap": 6, "scale": 0.25, "proj_type": "std", "projector": "svd", "beta1": 0.0,
             "eps": 1e-30, "eps2": 1e-3, "clip_threshold": 1.0, "decay_rate": -0.8, "scale_parameter": False,
             "relative_step": False}, small,
            lambda g, W: GaLoreAdafactor(groups(g, rank=2, update_proj_gap=6, scale=0.25, proj_type="std"), lr=1,
                                         scale_parameter=False, relative_step=False, warmup_init=False),
            0.02, "galore_torch.GaLoreAdafactor", packages=("torch", "galore-torch"), exclude=skip, projected=True,
            inspect=projectors, notes=note)
    for name, rank, alpha in [("fira", 2, 1.0), ("fira-rank3", 3, 1.0), ("fira-alpha", 2, 0.5)]:
        without = skip + (("deficient",) if rank > 2 else ())
        options = {"rank": rank, "update_gap": 6, "alpha": alpha, "gamma": 1.01, "eps": 1e-6, "projector": "svd"}
        got = variant(name, "fira", options, small,
                      lambda g, W: FiraAdamW(groups(g, rank=rank, update_proj_gap=6, alpha=alpha, proj_type="std"),
                                             lr=1, no_deprecation_warning=True),
                      0.01, "fira.FiraAdamW", packages=("torch", "fira"), exclude=without, projected=True,
                      inspect=projectors, notes=note)
        if got:
            # The independent rule carries the ablations; it must first agree with the package.
            names = [n for n in small.roles if n not in without]
            mine, _ = run_own(small, names, rates(0.01), fira_state(small, rank=rank, alpha=alpha), np.float64)
            d = update_difference(small, got, mine, names)
            print(f"  independent rule against the package: {d:.1e}")
            assert d < 1e-5
    ablations = [("fira-only-scaling", "fira-only-scaling", {"only_scaling": True}, {}),
                 ("fira-matrix", "fira", {"granularity": "matrix"}, {"granularity": "matrix"})]
    ablations += [(f"fira-limiter-{l}", "fira", {"limiter": l}, {"limiter": l})
                  for l in ("shrink", "tensor-wise", "clip", "none")]
    for name, optimizer, keywords, options in ablations:
        # Only scaling has no low-rank update for an alpha to scale.
        alpha = {"alpha": 1.0} if optimizer == "fira" else {}
        variant(name, optimizer, {"rank": 2, "update_gap": 6, "gamma": 1.01, "eps": 1e-6,
                                  "projector": "svd"} | alpha | options, small, fira_state(small, **keywords), 0.01,
                "independent (optimizers.md)", runner=run_own, packages=("numpy",), exclude=skip, projected=True,
                notes="shrink and tensor-wise use a = 0.1.")
    stubbed = lambda g: eight_bit_galore(GaLoreAdamW8bit, groups(g, rank=8, update_proj_gap=6, scale=0.25,
                                                                   proj_type="std"))
    variant("galore-adam8bit", "galore-adam8bit",
            {"rank": 8, "update_gap": 6, "scale": 0.25, "proj_type": "std", "eps": 1e-8, "projector": "svd",
             "lookup": "bitsandbytes-cpu"}, blocks, lambda g, W: stubbed(g), 0.02, "galore_torch.GaLoreAdamW8bit",
            packages=("torch", "galore-torch", "bitsandbytes"), only=("long", "small", "bias"), projected=True,
            saved=(2, 24), inspect=projectors, double=False, tolerance=1e-3,
            notes=note + " R of `long` has 4,160 elements and is quantized, that of `small` is not. A code at a "
                         "boundary may flip under another rounding of P: compare `long` to 1e-3, or inject P.")


def fira_state(problem, **k):
    k = {"rank": 2, "gap": 6} | k
    return lambda n, shape, dtype: own.Fira(shape, dtype, projected=problem.roles[n] in PROJECTED_ROLES, **k)


def eight_bit_galore(cls, groups):
    torch.cuda.synchronize = lambda *a, **k: None
    opt = cls(groups, lr=1)
    # galore-torch passes arguments that bitsandbytes has since removed, by position.
    opt.args.max_unorm, opt.args.skip_zeros = 0.0, False
    return opt


def written_out(small):
    sm3 = lambda n, shape, dtype: own.SM3(shape, dtype)
    v = lambda name, optimizer, options, build, peak, **k: variant(
        name, optimizer, options, small, build, peak, k.pop("reference", "independent (optimizers.md)"),
        runner=run_own, packages=("numpy",), **k)
    v("sm3", "sm3", {"momentum": 0.9}, sm3, 0.01)
    for name, o in [("ademamix", {}), ("ademamix-warmup", {"alpha_warmup": 12, "beta3_warmup": 16}),
                    ("ademamix-beta1-0", {"beta1": 0.0})]:
        v(name, "ademamix", {"beta1": 0.9, "beta2": 0.999, "beta3": 0.9999, "alpha": 5.0, "eps": 1e-8,
                             "alpha_warmup": 0, "beta3_warmup": 0} | o,
          lambda n, shape, dtype, o=o: own.AdEMAMix(shape, dtype, **o), 0.01)

    def flora(name, rank=2, **o):
        drawn = {}

        def build(n, shape, dtype):
            count = [0]

            def draw(shape, std):
                r = np.random.default_rng([SEED, count[0], *n.encode()])
                a = (r.standard_normal(shape) * std).astype(np.float32)
                drawn[f"A/{count[0]}/{n}"] = a
                count[0] += 1
                return a.astype(dtype)
            return own.Flora(shape, dtype, draw, rank=rank, kappa=5, **o)
        v(name, "flora", {"rank": rank, "kappa": 5, "beta1": 0.9, "scale_parameter": True, "eps": 1e-30, "eps2": 1e-3,
                          "decay_rate": -0.8} | o, build, 0.1 if o.get("scale_parameter", True) else 0.01,
          inspect=lambda t, s: dict(drawn) if t == STEPS else {},
          notes="Compressed: every 2-D parameter with min >= rank and max/min <= 4, whatever its role here. A is "
                "[rank, m] where m < n, else [n, rank].")
    flora("flora")
    flora("flora-unscaled", scale_parameter=False)
    flora("flora-narrow", rank=5)  # Of the smaller matrices, which decay too, the momentum stays whole.

    def adapprox(name, rank, **o):
        sketches = {}

        def build(n, shape, dtype):
            count = [0]

            def draw(shape):
                count[0] += 1
                u = np.random.default_rng([SEED, count[0], *n.encode()]).standard_normal(shape).astype(np.float32)
                sketches[f"sketch/{count[0]}/{n}"] = u
                return u.astype(dtype)
            return own.Adapprox(shape, dtype, draw, rank, **o)
        full = rank >= 12
        v(name, "adapprox", {"rank": rank, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "clip_threshold": 1.0,
                             "iterations": 5, "oversampling": 5, "truncate": "rotate", "cosine": False, "start": "cold"}
          | o, build,
          0.01, inspect=None if full else (lambda t, s: dict(sketches) if t == STEPS else {}),
          notes="Fixed rank, clamped to min(m, n). " + (
              "Full rank: Q Uᵀ is V itself, so any sketch gives these weights." if full else
              "Warm start, one iteration: sketch/<step>/<name> are the columns beside those of the last U; at step 1 all."
              if o.get("start") == "warm" else
              "Cold start: sketch/<step>/<name> is the iteration's start, [n, min(rank + oversampling, m, n)].")
          + (" Cosine guidance: ε_c = eps, factor at most 1/(1-beta1)." if o.get("cosine") else ""))
    adapprox("adapprox-full", 12)
    adapprox("adapprox-full-beta1-0", 12, beta1=0.0)
    adapprox("adapprox-full-clip", 12, clip_threshold=0.5)
    adapprox("adapprox-full-cosine", 12, cosine=True)
    adapprox("adapprox-rank2", 2)
    adapprox("adapprox-rank2-columns", 2, truncate="columns", oversampling=0)
    adapprox("adapprox-rank2-warm", 2, oversampling=2, start="warm")

    from adam_mini import Adam_mini
    named = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "matrix": "mlp", "embedding": "embed",
             "head": "lm_head"}

    def mini(groups, W):
        rename = lambda n: f"{n}.bias" if small.roles[n] == "bias" else (
            f"{n}.norm.weight" if small.roles[n] == "norm" else f"{named[small.roles[n]]}.{n}.weight")
        return Adam_mini([(rename(n), p) for n, p in W.items()], lr=1, weight_decay=DECAY, dim=8, n_heads=2,
                         n_kv_heads=1, verbose=False)
    variant("adam-mini", "adam-mini", {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}, small, mini, 0.01,
            "adam_mini.Adam_mini", packages=("torch", "adam-mini"), dim=8, heads=2,
            notes="Names in the reference were chosen by role: heads of query and key, one number per row of every "
                  "other matrix, of the embedding and of the head, one per norm weight, one per element of a bias.")


def quantized(blocks):
    names = ("exact4096", "above4096", "small", "vector", "bias")
    saved = (2, 23, 24)
    from bitsandbytes.optim import AdamW8bit

    def codes(t, opt, W):
        if t not in saved:
            return {}
        out = {}
        for n, p in W.items():
            s = opt.state[p]
            if s["state1"].dtype == torch.uint8:
                out |= {f"state/{t}/{n}/m/codes": s["state1"].numpy().copy(),
                        f"state/{t}/{n}/m/absmax": s["absmax1"].numpy().copy(),
                        f"state/{t}/{n}/v/codes": s["state2"].numpy().copy(),
                        f"state/{t}/{n}/v/absmax": s["absmax2"].numpy().copy(),
                        "map/signed": s["qmap1"].numpy().copy(), "map/unsigned": s["qmap2"].numpy().copy()}
        return out
    note = ("state/<step>/<name>/{m,v}/codes (U8, one per element in row-major order) and scales, after the saved steps, "
            "of the quantized parameters; map/*: the tables, ascending. ")
    variant("adam8bit-bitsandbytes", "adam8bit", {"lookup": "bitsandbytes-cpu", "eps": 1e-8, "block": 256}, blocks,
            lambda g, W: AdamW8bit([{k: x for k, x in d.items() if k != "projected"} for d in g], lr=1), 0.01,
            "bitsandbytes.optim.AdamW8bit on CPU", packages=("torch", "bitsandbytes"), only=names, saved=saved,
            inspect=codes, double=False, tolerance=1e-4, notes=note + "At least 4,096 elements: quantized.")

    def dumped(t, states):
        return {} if t not in saved else {f"state/{t}/{n}/{k}": a for n, s in states.items() for k, a in s.dump().items()}
    flips = "A code may flip where a value lies within rounding of the middle of two codes: allow 1e-4 of them. "
    for name, optimizer, options, keywords, only, extra in [
            ("adam8bit", "adam8bit", {"lookup": "nearest", "eps": 1e-8, "block": 256}, {"bits": 8}, names,
             "At least 4,096 elements: quantized."),
            ("adam4bit", "adam4bit", {"v_scale": "rank1", "eps": 1e-8, "block": 128}, {"bits": 4}, names,
             "More than 4,096 elements: quantized. v of a matrix has `rows` and `columns` for scales."),
            ("adam4bit-group", "adam4bit", {"v_scale": "group", "eps": 1e-8, "block": 128},
             {"bits": 4, "v_scale": "group"}, names[1:4], "More than 4,096 elements: quantized; v by blocks of 128 everywhere.")]:
        variant(name, optimizer, options, blocks,
                lambda n, shape, dtype, k=keywords: own.QuantizedAdam(shape, dtype, **k), 0.01,
                "independent (optimizers.md)", runner=run_own, packages=("numpy",), only=only, saved=saved,
                inspect=dumped, tolerance=1e-4, notes=note.replace("; map/*: the tables, ascending", "") + flips + extra)


def quantizer():
    """What bitsandbytes' CPU quantizer makes of numbers of all sizes, by blocks of 256."""
    name = "quantizer-bitsandbytes"
    if not name.startswith(ARGS.only):
        return
    from bitsandbytes.functional import create_dynamic_map
    r = np.random.default_rng(SEED)
    x = r.standard_normal((9, 256)) * 10.0 ** r.uniform(-6, 0, (9, 256))
    x[1], x[2, ::3], x[3] = 0, 0, x[3] * 1e-37  # a block of zeros, some zeros, scales near the smallest numbers
    x[4, :] = np.linspace(-1, 1, 256)
    x = np.ascontiguousarray(x.ravel()[:-56], np.float32)  # the last block is short
    out = {"x": x}
    for kind, signed, values in (("signed", True, x), ("unsigned", False, np.abs(x))):
        table = create_dynamic_map(signed=signed)
        codes, absmax = torch.ops.bitsandbytes.quantize_blockwise(torch.tensor(values), table, 256)
        out |= {f"{kind}/map": table.numpy(), f"{kind}/codes": codes.numpy(), f"{kind}/absmax": absmax.numpy()}
    save_file(out, OUT / f"{name}.safetensors")


def main():
    global ARGS
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--only", default="", metavar="PREFIX", help="only the variants whose name starts so")
    ARGS = p.parse_args()
    torch.set_num_threads(1)
    OUT.mkdir(parents=True, exist_ok=True)
    small, blocks = Problem("small", SMALL, STEPS), Problem("blocks", BLOCKS, 2)
    first_order(small)
    factored(small)
    low_rank(small, blocks)
    written_out(small)
    quantized(blocks)
    quantizer()
    for f in OUT.iterdir():
        f.chmod(0o644)
    print("total", sum(f.stat().st_size for f in OUT.iterdir()) // 1024, "KiB")


main()
