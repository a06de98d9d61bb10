"""Expected values of the analyses, by NumPy and scipy, for Tests/AnalysisTests and Tests/SupportTests.

    python Tools/make_analysis_fixtures.py

Writes Tests/Fixtures/analysis.json and analysis.safetensors: correlations of scipy; rank-1 errors and spectra of
Tests/Fixtures/second_moments.safetensors; Fira's scaling factors and Adapprox's ranks and error ratios along a few steps,
transcribed in Double from design notes and papers. Gradients, projections P and sketches are given, so nothing is drawn.
"""
import json, pathlib, warnings
import numpy as np
import scipy
from safetensors.numpy import load_file, save_file
from scipy.stats import pearsonr, spearmanr

warnings.simplefilter("ignore")
ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
rng = np.random.default_rng(11)
tensors = {}


def finite(x):
    return None if np.isnan(x) else float(x)  # null: scipy calls it undefined


def agreement(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    return {"cosine": finite(a @ b / (np.linalg.norm(a) * np.linalg.norm(b))), "spearman": finite(spearmanr(a, b)[0]),
            "pearson": finite(pearsonr(a, b)[0]), "mean_squared_error": float(np.mean((a - b) ** 2)),
            "relative_squared_error": float(np.mean((a - b) ** 2) / np.mean(b ** 2))}


def correlations():
    x = rng.normal(size=80)
    cases = {"noisy": (x, x + rng.normal(size=80)), "opposed": (x, -x + 0.1 * rng.normal(size=80)),
             "monotone, not linear": (x, np.exp(2 * x)),
             "ties on both sides": (rng.integers(0, 5, 100), rng.integers(1, 4, 100)),
             "two values": ([1, 2], [5, 3]), "large and close": (1e6 + x, 1e6 + 2 * x + rng.normal(size=80)),
             "left constant": (np.full(10, 3.0), rng.random(10)), "right constant": (rng.random(10), np.full(10, 0.1))}
    return [{"name": n, "a": [float(v) for v in a], "b": [float(v) for v in b], **agreement(a, b)}
            for n, (a, b) in cases.items()]


def factorizations():
    out = []
    for name, v in load_file(ROOT / "second_moments.safetensors").items():
        if v.ndim != 2:
            continue
        v = v.astype(np.float64)
        outer = np.outer(v.mean(1), v.mean(0)) / v.mean()
        s = np.linalg.svd(v, compute_uv=False)
        share = np.cumsum(s ** 2) / np.sum(s ** 2)
        out.append({"name": name, "rank_one": float(np.linalg.norm(v - outer) / np.linalg.norm(v)),
                    "spectrum": (s / s[0]).tolist(),
                    "values_holding": {str(q): int(np.searchsorted(share, q) + 1) for q in (0.9, 0.99, 0.999)}})
    return out


def scaling():
    """phi = ||N|| / (||X|| + 1e-8), N = m / (sqrt(v) + 1e-6), of R = project(G), S = G - back(R), and G."""
    rank, steps, scale = 2, 6, 0.5
    shapes = {"tall": (12, 6), "wide": (6, 14), "square": (8, 8)}
    parts, pairs = ("projected", "residual", "full"), (("projected", "full"), ("projected", "residual"), ("full", "residual"))
    moments, over, whole_sum, column_sum = {}, [], {}, {}
    skipped = 2
    for name, (m, n) in shapes.items():
        side = n if m >= n else m
        tensors[f"P/{name}"] = np.linalg.qr(rng.normal(size=(side, rank)))[0].T.astype(np.float32).copy()
    for t in range(1, steps + 1):
        whole, column = {p: [] for p in parts}, {p: [] for p in parts}
        for name, (m, n) in shapes.items():
            g32 = (rng.normal(size=(m, n)) * 10.0 ** rng.uniform(-4, -2, size=(m, 1))).astype(np.float32)
            tensors[f"G/{name}/{t}"] = g32
            g, p = g32.astype(np.float64) * scale, tensors[f"P/{name}"].astype(np.float64)
            r = g @ p.T if m >= n else p @ g
            rest = g - (r @ p if m >= n else p.T @ r)
            for part, x in (("projected", r), ("residual", rest), ("full", g)):
                first, second = moments.get((name, part), (0.0, 0.0))
                first, second = 0.9 * first + 0.1 * x, 0.999 * second + 0.001 * x * x
                moments[name, part] = first, second
                d = first / (np.sqrt(second) + 1e-6)
                axis = 1 if m >= n else 0
                column[part] += (np.linalg.norm(d, axis=axis) / (np.linalg.norm(x, axis=axis) + 1e-8)).tolist()
                whole[part].append(float(np.linalg.norm(d) / (np.linalg.norm(x) + 1e-8)))
        over.append({"matrices": [agreement(whole[a], whole[b]) for a, b in pairs],
                     "columns": [agreement(column[a], column[b]) for a, b in pairs]})
        if t > skipped:
            for p in parts:
                whole_sum[p] = np.add(whole_sum.get(p, 0), whole[p])
                column_sum[p] = np.add(column_sum.get(p, 0), column[p])
    count = steps - skipped
    return {"rank": rank, "steps": steps, "gradient_scale": scale, "skipped": skipped, "shapes": shapes, "over_steps": over,
            "factors": {p: (whole_sum[p] / count).tolist() for p in parts},
            "of_averages": {"matrices": [agreement(whole_sum[a] / count, whole_sum[b] / count) for a, b in pairs],
                            "columns": [agreement(column_sum[a] / count, column_sum[b] / count) for a, b in pairs]}}


def ranks():
    """S-RSI from given sketches, two iterations; the incremental rule: up one above the threshold, else down one."""
    most, threshold, steps = 5, 0.05, 12
    out = {"k_max": most, "threshold": threshold, "steps": steps, "matrices": []}
    for name, (m, n) in {"tall": (20, 12), "wide": (12, 30)}.items():
        qu, rank, chosen, errors = 0.0, most, [], []
        for t in range(1, steps + 1):
            scale = np.exp(rng.normal(size=(m, 1))) * np.exp(0.5 * rng.normal(size=(1, n)))
            g32 = (1e-3 * rng.normal(size=(m, n)) * scale).astype(np.float32)
            sketch = rng.normal(size=(rank, n)).astype(np.float32)
            tensors[f"rank/G/{name}/{t}"], tensors[f"rank/sketch/{name}/{t}"] = g32, sketch
            v = 0.999 * np.maximum(qu, 0) + 0.001 * g32.astype(np.float64) ** 2
            u = sketch.T.astype(np.float64)
            for _ in range(2):
                q = np.linalg.qr(v @ u)[0]
                u = v.T @ q
            qu = q @ u.T
            error = float(np.linalg.norm(v - qu) / np.linalg.norm(v))
            assert abs(error - threshold) > 1e-3, "too close to tell"
            chosen.append(rank)
            errors.append(error)
            rank = min(most, max(1, rank + (1 if error > threshold else -1)))
        print(name, chosen, np.round(errors, 4))
        out["matrices"].append({"name": name, "shape": [m, n], "rank": chosen, "error_ratio": errors})
    return out


out = {"script": "Tools/make_analysis_fixtures.py", "numpy": np.__version__, "scipy": scipy.__version__,
       "correlations": correlations(), "factorizations": factorizations(), "scaling": scaling(), "ranks": ranks()}
(ROOT / "analysis.json").write_text(json.dumps(out, allow_nan=False) + "\n")
save_file(tensors, ROOT / "analysis.safetensors")
(ROOT / "analysis.safetensors").chmod(0o644)
