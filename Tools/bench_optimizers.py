#!/usr/bin/env python3
"""Times optimizer steps, ours and the reference implementations in turns, on one machine in one run.

    python Tools/bench_optimizers.py BENCH [--shapes minilm,bert-base] [--optimizers adamw,fira,...] [--ours-only]

BENCH is .build/release/optimizer-bench. Gradients are given (no model runs); a projected optimizer's refresh, every 200
steps, is counted with a 200th of its extra time: that of its first step. `ours` and `reference` are milliseconds per step,
`first` and `refresh` our first step and our 201st over our median. Adapprox, which has no reference, is timed in turns with our AdamW: `ratio` is its time over AdamW's.
Without torch and the reference packages only our side is timed.
"""
import argparse, json, os, pathlib, statistics, subprocess, sys, tempfile, time

REFRESH = 200


def bert(layers, width, inner, vocabulary=30522):
    out = [("embeddings.word", "embedding", [vocabulary, width]), ("embeddings.position", "embedding", [512, width]),
           ("embeddings.type", "embedding", [2, width]), ("embeddings.norm.weight", "norm", [width]),
           ("embeddings.norm.bias", "bias", [width])]
    for i in range(layers):
        for name, m, n in [("query", width, width), ("key", width, width), ("value", width, width),
                           ("output", width, width), ("up", inner, width), ("down", width, inner)]:
            out += [(f"layer.{i}.{name}.weight", "matrix", [m, n]), (f"layer.{i}.{name}.bias", "bias", [m])]
        for name in ["norm1", "norm2"]:
            out += [(f"layer.{i}.{name}.weight", "norm", [width]), (f"layer.{i}.{name}.bias", "bias", [width])]
    return out + [("pooler.weight", "head", [width, width]), ("pooler.bias", "head", [width]),
                  ("classifier.weight", "head", [2, width]), ("classifier.bias", "head", [2])]


SHAPES = {"minilm": bert(6, 384, 1536), "bert-base": bert(12, 768, 3072)}


def references():
    """name -> (our options, function of (all parameters, projected ones, others) -> torch optimizer)."""
    import torch
    from bitsandbytes.optim import AdamW8bit
    from transformers.optimization import Adafactor
    from came_pytorch import CAME
    from fira import FiraAdamW
    from galore_torch import GaLoreAdamW
    from lion_pytorch import Lion
    low = lambda rest, projected, **k: [{"params": rest},
                                        {"params": projected, "update_proj_gap": REFRESH, "proj_type": "std"} | k]
    return {
        "adamw": lambda p, m, r: torch.optim.AdamW(p, lr=1e-6, weight_decay=0.0),
        "adamw (fused)": lambda p, m, r: torch.optim.AdamW(p, lr=1e-6, weight_decay=0.0, fused=True),
        "fira": lambda p, m, r: FiraAdamW(low(r, m, rank=8, alpha=1.0), lr=1e-6, no_deprecation_warning=True),
        "galore": lambda p, m, r: GaLoreAdamW(low(r, m, rank=4, scale=4.0), lr=1e-6, no_deprecation_warning=True),
        "galore (rank 128)": lambda p, m, r: GaLoreAdamW(low(r, m, rank=128, scale=0.25), lr=1e-6,
                                                         no_deprecation_warning=True),
        "came": lambda p, m, r: CAME(p, lr=1e-6, betas=(0.9, 0.999, 0.9999)),
        "adafactor": lambda p, m, r: Adafactor(p, lr=1e-6, scale_parameter=False, relative_step=False),
        "adafactor (beta1)": lambda p, m, r: Adafactor(p, lr=1e-6, scale_parameter=False, relative_step=False, beta1=0.9),
        "adam8bit": lambda p, m, r: AdamW8bit(p, lr=1e-6, weight_decay=0.0),
        "adam8bit (its lookup)": lambda p, m, r: AdamW8bit(p, lr=1e-6, weight_decay=0.0),
        "lion": lambda p, m, r: Lion(p, lr=1e-6),
        "sgdm": lambda p, m, r: torch.optim.SGD(p, lr=1e-6, momentum=0.9),
        "adagrad": lambda p, m, r: torch.optim.Adagrad(p, lr=1e-6),
    }


# GaLore's own fine-tuning example has rank 4; 128, its default, is for pretraining.
OPTIONS = {"adafactor (beta1)": ["beta1=0.9"], "adam8bit (its lookup)": ["lookup=bitsandbytes-cpu"],
           "galore": ["rank=4", "scale=4"], "galore (rank 128)": ["rank=128"], "fira": ["rank=8"], "adapprox (rank 16)": ["rank=16"]}
REFRESHED = {"fira", "galore", "galore (rank 128)"}
DEFAULT = ["adamw", "adamw (fused)", "fira", "galore", "galore (rank 128)", "came", "adafactor", "adafactor (beta1)", "lion",
           "adapprox (rank 16)"]
# Timed in turns with another optimizer of ours.
BESIDE = {"adapprox (rank 16)": "adamw"}


class Ours:
    def __init__(self, bench, shapes, optimizer, threads, more, clock):
        self.file = tempfile.NamedTemporaryFile("w", suffix=".json")
        json.dump([{"name": n, "role": r, "shape": s} for n, r, s in shapes], self.file)
        self.file.flush()
        options = [x for o in OPTIONS.get(optimizer, []) + more.get(optimizer, []) for x in ("-O", o)]
        self.process = subprocess.Popen(
            [bench, "--parameters", self.file.name, "--optimizer", optimizer.split()[0], "--threads", str(threads),
             "--clock", clock] + options, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def steps(self, count):
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("the benchmark program ended early")
        return [float(x) for x in line.split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Reference:
    def __init__(self, make, shapes, clock):
        import torch
        self.now = time.process_time if clock == "processor" else time.perf_counter
        generator = torch.Generator().manual_seed(1)
        draw = lambda s, std: torch.randn(s, generator=generator) * std
        self.parameters = [torch.nn.Parameter(draw(s, 0.02)) for _, _, s in shapes]
        self.gradients = [draw(s, 0.01) for _, _, s in shapes]
        for p in self.parameters:
            p.grad = torch.empty_like(p)
        projected = [p for p, (_, role, _) in zip(self.parameters, shapes) if role == "matrix"]
        rest = [p for p, (_, role, _) in zip(self.parameters, shapes) if role != "matrix"]
        self.optimizer = make(self.parameters, projected, rest)

    def steps(self, count):
        out = []
        for _ in range(count):
            for p, g in zip(self.parameters, self.gradients):
                p.grad.copy_(g)
            start = self.now()
            self.optimizer.step()
            out.append(self.now() - start)
        return out

    def close(self):
        pass


def measure(sides, rounds, block):
    """First (refreshing) step and the others of each side, in turns; `rounds * block + 2` steps in all."""
    def rested(side, count):
        # Whatever threads the other side left spinning come to rest.
        time.sleep(0.2)
        return side.steps(count)

    first = [rested(side, 1)[0] for side in sides]
    rest = [[] for _ in sides]
    for side in sides:
        side.steps(1)
    for _ in range(rounds):
        for side, times in zip(sides, rest):
            times += rested(side, block)
    return [(f, statistics.median(r)) for f, r in zip(first, rest)]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("bench")
    p.add_argument("--shapes", default="minilm,bert-base")
    p.add_argument("--optimizers", default=",".join(DEFAULT))
    p.add_argument("--rounds", type=int, default=5, help="turns of each side")
    p.add_argument("--steps", type=int, default=4, help="steps of a turn")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--ours-only", action="store_true")
    p.add_argument("--clock", choices=["wall", "processor"], default="wall",
                   help="processor: the processes' own time, with --threads 1 on a busy machine")
    p.add_argument("-O", action="append", default=[], metavar="OPTIMIZER.KEY=VALUE", help="another option of ours")
    a = p.parse_args()
    more = {}
    for option in a.O:
        optimizer, rest = option.split(".", 1)
        more.setdefault(optimizer, []).append(rest)
    made = {}
    if not a.ours_only:
        try:
            import torch
            torch.set_num_threads(a.threads)
            made = references()
        except ImportError as e:
            print(f"no reference is timed: {e}")
    print(f"{'shapes':10} {'optimizer':18} {'ours':>8} {'reference':>10} {'ratio':>6} {'first':>8} {'refresh':>8}   "
          f"ms per step, {a.threads} threads")
    for shape in a.shapes.split(","):
        for name in a.optimizers.split(","):
            if name == "adamw (fused)" and name not in made:
                continue
            sides = [Ours(a.bench, SHAPES[shape], name, a.threads, more, a.clock)]
            if name in BESIDE:
                sides.append(Ours(a.bench, SHAPES[shape], BESIDE[name], a.threads, more, a.clock))
            elif name in made:
                sides.append(Reference(made[name], SHAPES[shape], a.clock))
            results = measure(sides, a.rounds, a.steps)
            slowest = ""
            if name in REFRESHED:
                rest = -(2 + a.rounds * a.steps) % REFRESH
                if rest:
                    sides[0].steps(rest)
                slowest = "".join(f"{x / results[0][1]:8.1f} " for x in (results[0][0], sides[0].steps(1)[0]))
            for side in sides:
                side.close()
            extra = lambda r: max(0.0, r[0] - r[1]) / REFRESH if name in REFRESHED else 0.0
            times = [r[1] + extra(r) for r in results]
            ratio = f"{1e3 * times[1]:10.1f} {times[1] / times[0]:6.2f}" if len(times) > 1 else " " * 17
            if name in BESIDE:
                ratio = f"{'':10} {times[0] / times[1]:6.2f} times our {BESIDE[name]}, {1e3 * times[1]:.1f}"
            print(f"{shape:10} {name:18} {1e3 * times[0]:8.1f} {ratio} {slowest}", flush=True)
            del sides


main()
