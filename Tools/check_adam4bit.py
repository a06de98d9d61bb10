#!/usr/bin/env python3
"""Holds the fixtures of adam4bit, made by Tools/independent_optimizers.py, against the package itself, run on the CPU.

    git clone https://github.com/thu-ml/low-bit-optimizers
    python Tools/check_adam4bit.py low-bit-optimizers

Its CUDA extension and yacs are stubbed, and codes are found by its own `round_type nearest`. Exits 1 when more than 1e-4
of the codes differ or a weight by more than 1e-5 of its update.
"""
import copy, json, pathlib, sys, types
import numpy as np, torch
from safetensors.numpy import load_file

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "optimizers"


class Config:
    """As much of yacs' CfgNode as the package touches."""

    def __init__(self, new_allowed=False):
        pass

    def clone(self):
        return copy.deepcopy(self)


def package(folder):
    def module(name, **members):
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)
    module("yacs")
    module("yacs.config", CfgNode=Config)
    for name in ("", ".quantization", ".fused_adamw"):
        module("lpmm.cpp_extension" + name)
    sys.path.insert(0, folder)
    import lpmm.config, lpmm.optim
    return lpmm


def check(lpmm, variant, scale):
    """Shares of codes that differ, and the largest difference of a weight by its update."""
    config = lpmm.config._C.clone()
    config.QUANT.M.ROUND_TYPE = config.QUANT.SQM.ROUND_TYPE = "nearest"
    config.QUANT.SQM.SCALE_TYPE.DEFAULT = scale
    # The package deletes the name of its own module.
    sys.modules["lpmm.optim.optimizer"].get_config = lambda _: config
    record = json.loads((FIXTURES / f"{variant}.json").read_text())
    problem = json.loads((FIXTURES / f"problem-{record['problem']}.json").read_text())
    given, expected = load_file(FIXTURES / f"problem-{record['problem']}.safetensors"), load_file(
        FIXTURES / f"{variant}.safetensors")
    roles = {p["name"]: p["role"] for p in problem["parameters"]}
    weights = {n: torch.nn.Parameter(torch.tensor(given[f"W0/{n}"])) for n in record["parameters"]}
    plain = [p for n, p in weights.items() if roles[n] in ("bias", "norm")]
    decayed = [p for n, p in weights.items() if roles[n] not in ("bias", "norm")]
    groups = [{"params": decayed, "weight_decay": record["weight_decay"]}, {"params": plain, "weight_decay": 0.0}]
    optimizer = lpmm.optim.AdamW([g for g in groups if g["params"]], lr=1, eps=record["options"]["eps"])
    flips = codes = 0
    worst = 0.0
    for t, rate in enumerate(record["learning_rates"]):
        for group in optimizer.param_groups:
            group["lr"] = rate
        for n, p in weights.items():
            gradient = given[f"G/{problem['gradient_index'][t]}/{n}"] * np.float32(problem["gradient_scale"][t])
            p.grad = torch.tensor(gradient)
        optimizer.step()
        for n, p in weights.items():
            for moment, name in (("m", "exp_avg"), ("v", "exp_avg_sq")):
                reference = expected.get(f"state/{t + 1}/{n}/{moment}/codes")
                if reference is not None:
                    # Blocks are filled up with zeros.
                    found = optimizer.state[p][name].numpy().ravel()[:reference.size]
                    flips += int((found != reference.ravel()).sum())
                    codes += reference.size
            reference = expected.get(f"W/{t + 1}/{n}")
            if reference is not None:
                moved = np.linalg.norm(reference - given[f"W0/{n}"])
                worst = max(worst, float(np.linalg.norm(p.detach().numpy() - reference) / moved))
    assert codes, "the fixture holds no codes"
    return flips, codes, worst


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    torch.set_num_threads(1)
    lpmm = package(sys.argv[1])
    failed = False
    for variant, scale in (("adam4bit", "rank1"), ("adam4bit-group", "group")):
        flips, codes, worst = check(lpmm, variant, scale)
        print(f"{variant}: {flips} of {codes} codes differ, weights by at most {worst:.1e} of the update")
        failed |= flips > 1e-4 * codes or worst > 1e-5
    sys.exit(int(failed))


main()
