"""Statistics of scipy, statsmodels and numpy, or by plain enumeration, for Tests/ReportTests.

Writes Tests/Fixtures/report.json. The bootstraps use SplitMix64, written here anew from its paper, so that draws agree.
"""
import itertools, json, pathlib, random
import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from importlib.metadata import version

random.seed(5)
SEED, RESAMPLES, MASK = 20240611, 2000, (1 << 64) - 1


class SplitMix:
    def __init__(self, seed): self.state = seed

    def below(self, n):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) * n) >> 64


def numbers(n, digits=3): return [round(random.gauss(0.5, 0.2), digits) for _ in range(n)]


def interval(values):
    half = stats.sem(values) * stats.t.ppf(0.975, len(values) - 1)
    return {"values": values, "mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1)), "half_width": float(half)}


def paired(n, digits):
    d = [round(random.gauss(0.05, 0.2), digits) for _ in range(n)]
    d = [x for x in d if x] or [0.1]
    t = float(stats.ttest_1samp(d, 0).pvalue) if len(d) > 1 else None
    # Every choice of signs, counted: exact with ties too.
    ranks = stats.rankdata(np.abs(d))
    w = ranks[np.array(d) > 0].sum()
    if len(d) <= 12:
        sums = np.array([sum(r for r, s in zip(ranks, signs) if s) for signs in itertools.product([0, 1], repeat=len(d))])
        exact = min(1.0, 2 * min((sums <= w + 1e-9).mean(), (sums >= w - 1e-9).mean()))
        if len(set(np.abs(d))) == len(d):
            assert abs(exact - stats.wilcoxon(d, method="exact").pvalue) < 1e-12
    else:
        assert len(set(np.abs(d))) == len(d)
        exact = float(stats.wilcoxon(d, method="exact").pvalue)
    return {"differences": d, "t": t, "wilcoxon": float(exact)}


def bootstrap_case(n):
    a = [random.random() < 0.7 for _ in range(n)]
    b = [random.random() < 0.6 for _ in range(n)]
    g, diff = SplitMix(SEED), []
    for _ in range(RESAMPLES):
        i = [g.below(n) for _ in range(n)]
        diff.append(float(np.mean([a[k] for k in i])) - float(np.mean([b[k] for k in i])))
    diff = np.array(diff)
    p = min(1.0, 2 * (1 + min((diff <= 0).sum(), (diff >= 0).sum())) / (RESAMPLES + 1))
    only_a, only_b = sum(x and not y for x, y in zip(a, b)), sum(y and not x for x, y in zip(a, b))
    both, none = sum(x and y for x, y in zip(a, b)), sum(not x and not y for x, y in zip(a, b))
    return {"a": [int(x) for x in a], "b": [int(x) for x in b], "p": float(p),
            "low": float(np.percentile(diff, 2.5)), "high": float(np.percentile(diff, 97.5)),
            "mcnemar": float(mcnemar([[both, only_a], [only_b, none]], exact=True).pvalue)}


def iqm_case(tasks):
    g, means = SplitMix(SEED), []
    for _ in range(RESAMPLES):
        means.append(stats.trim_mean([t[g.below(len(t))] for t in tasks for _ in t], 0.25))
    return {"tasks": tasks, "value": float(stats.trim_mean([x for t in tasks for x in t], 0.25)),
            "low": float(np.percentile(means, 2.5)), "high": float(np.percentile(means, 97.5))}


def expected_best(values):
    return {"values": values, "best": [float(np.mean([max(c) for c in itertools.product(values, repeat=k)]))
                                       for k in range(1, len(values) + 1)]}


def ranks_case(tasks):
    return {"tasks": tasks, "ranks": [float(x) for x in np.mean([stats.rankdata(-np.array(t)) for t in tasks], axis=0)]}


def window_case(rates, scores, threshold):
    """Walks outward from the best on a line through the points, found by numpy's interpolation on a fine root search."""
    from scipy.optimize import brentq
    logs, best = np.log10(rates), int(np.nanargmax(scores))
    f = lambda x, i: np.interp(x, logs[i:i + 2], scores[i:i + 2]) - threshold
    i = best
    while i > 0 and scores[i - 1] >= threshold: i -= 1
    low, open_low = (rates[0], True) if i == 0 else (10 ** brentq(f, logs[i - 1], logs[i], args=(i - 1,), xtol=1e-15), False)
    i = best
    while i < len(rates) - 1 and scores[i + 1] >= threshold: i += 1
    high, open_high = ((rates[-1], True) if i == len(rates) - 1
                       else (10 ** brentq(f, logs[i], logs[i + 1], args=(i,), xtol=1e-15), False))
    return {"rates": rates, "scores": scores, "threshold": threshold, "best": best, "low": float(low), "high": float(high),
            "open_low": open_low, "open_high": open_high}


def front(points):
    keep = [i for i, (c, s) in enumerate(points)
            if not any((d <= c and u > s) or (d < c and u >= s) for d, u in points)]
    return {"points": points, "front": keep}


result = {
    "versions": {n: version(n) for n in ["numpy", "scipy", "statsmodels"]},
    "intervals": [interval(numbers(n)) for n in [2, 3, 5, 10, 40]],
    "t_quantiles": [{"freedom": f, "probability": p, "t": float(stats.t.ppf(1 - p / 2, f))}
                    for f in [1, 2, 3, 7, 30, 1000] for p in [0.5, 0.05, 0.001]],
    "t_tails": [{"freedom": f, "t": t, "p": float(2 * stats.t.sf(t, f))} for f in [1, 2, 5, 50] for t in [0.0, 0.3, 2.5, 30.0]],
    "paired": [paired(n, d) for n, d in [(1, 3), (2, 3), (3, 3), (5, 3), (6, 5), (8, 1), (12, 1), (12, 6), (25, 9), (40, 9)]],
    "mcnemar": [{"first": a, "second": b, "p": float(mcnemar([[9, a], [b, 9]], exact=True).pvalue)}
                for a, b in [(0, 0), (1, 0), (5, 5), (3, 12), (40, 61), (700, 820), (0, 2000)]],
    "holm": [{"p": p, "corrected": [float(x) for x in multipletests(p, method="holm")[1]]}
             for p in [[0.01], [0.04, 0.01, 0.03], [0.5, 0.5, 0.001, 0.02, 0.9], [round(random.random() ** 3, 4) for _ in range(15)]]],
    "bootstrap": [bootstrap_case(n) for n in [20, 57]],
    "iqm": [iqm_case([[0.5]]), iqm_case([numbers(3) for _ in range(5)]), iqm_case([numbers(4), numbers(2), numbers(7)])],
    "expected_best": [expected_best(numbers(n)) for n in [1, 2, 5]] + [expected_best([0.3, 0.3, 0.1, 0.7])],
    "mean_ranks": [ranks_case([[0.5, 0.6, 0.6], [0.1, 0.3, 0.2], [0.9, 0.9, 0.9]]), ranks_case([numbers(4) for _ in range(6)])],
    "windows": [window_case([1e-5, 3e-5, 1e-4, 3e-4], [0.2, 0.5, 0.55, 0.1], 0.45),
                window_case([1e-5, 3e-5, 1e-4], [0.5, 0.49, 0.1], 0.4), window_case([2e-5], [0.5], 0.4),
                window_case([1e-5, 1e-4, 1e-3], [0.1, 0.5, 0.2], 0.499)],
    "pareto": [front([[1, 0.5], [2, 0.6], [3, 0.55], [1, 0.4], [2, 0.6]]), front([[round(random.random(), 1), round(random.random(), 1)] for _ in range(30)])],
}
path = pathlib.Path(__file__).resolve().parents[1] / "Tests/Fixtures/report.json"
path.write_text(json.dumps(result, indent=1) + "\n")
