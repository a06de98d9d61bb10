"""Optimizer rules without a runnable reference package, written from the papers in NumPy, in Double.

Each class is one parameter's state: `step(W, G, lr, decay)` returns the new weights. They share no code with the
program that is tested against them. A one-dimensional parameter takes the unfactored, unprojected rule.
"""
import math
import numpy as np


def rms(x):
    return np.linalg.norm(x) / math.sqrt(x.size)


class Factored:
    """Row and column means of squares, averaged; the inverse root as Adafactor has it. 1-D: every element."""

    def __init__(self, shape, dtype):
        self.factored = len(shape) == 2
        self.r = np.zeros(shape[0], dtype) if self.factored else np.zeros(shape, dtype)
        self.c = np.zeros(shape[-1], dtype)

    def update(self, square, beta):
        if self.factored:
            self.r = beta * self.r + (1 - beta) * square.mean(1)
            self.c = beta * self.c + (1 - beta) * square.mean(0)
        else:
            self.r = beta * self.r + (1 - beta) * square

    def inverse_root(self):
        if not self.factored:
            return self.r ** -0.5
        return np.outer((self.r / self.r.mean()) ** -0.5, self.c ** -0.5)


class SM3:
    """SM3-II with momentum (google-research/sm3): cover by rows and columns; 1-D accumulates as Adagrad."""

    def __init__(self, shape, dtype, momentum=0.9):
        self.momentum, self.m = momentum, np.zeros(shape, dtype)
        self.r, self.c = np.zeros(shape[0], dtype), np.zeros(shape[-1], dtype)
        self.two_d = len(shape) == 2

    def step(self, W, G, lr, decay):
        if self.two_d:
            nu = np.minimum(self.r[:, None], self.c[None, :]) + G * G
            self.r, self.c = nu.max(1), nu.max(0)
        else:
            nu = self.r = self.r + G * G
        u = G / np.sqrt(nu + 1e-30)
        self.m = self.momentum * self.m + (1 - self.momentum) * u
        W = W - lr * decay * W
        return W - lr * self.m


class AdEMAMix:
    """apple/ml-ademamix: a fast and a slow average; warm-ups count from step 1."""

    def __init__(self, shape, dtype, beta1=0.9, beta2=0.999, beta3=0.9999, alpha=5.0, eps=1e-8, alpha_warmup=0,
                 beta3_warmup=0):
        self.b1, self.b2, self.b3, self.alpha, self.eps = beta1, beta2, beta3, alpha, eps
        self.ta, self.tb, self.t = alpha_warmup, beta3_warmup, 0
        self.m1, self.m2, self.v = (np.zeros(shape, dtype) for _ in range(3))

    def step(self, W, G, lr, decay):
        self.t += 1
        t = self.t
        alpha = self.alpha * t / self.ta if self.ta and t < self.ta else self.alpha
        b3 = self.b3
        if self.tb and t < self.tb:
            f = lambda b: math.log(0.5) / math.log(b + 1e-8) - 1
            x = t / self.tb
            b3 = 0.5 ** (1 / (1 + (1 - x) * f(self.b1) + x * f(self.b3)))
        self.m1 = self.b1 * self.m1 + (1 - self.b1) * G
        self.m2 = b3 * self.m2 + (1 - b3) * G
        self.v = self.b2 * self.v + (1 - self.b2) * G * G
        c1, c2 = 1 - self.b1 ** t, 1 - self.b2 ** t
        u = (self.m1 / c1 + alpha * self.m2) / (np.sqrt(self.v) / math.sqrt(c2) + self.eps)
        return W - lr * (u + decay * W)


class Flora:
    """BorealisAI/flora-opt, PyTorch file: Adafactor whose momentum is kept under a random projection."""

    def __init__(self, shape, dtype, draw, rank=8, kappa=1000, beta1=0.9, scale_parameter=True):
        self.rank, self.kappa, self.b1, self.scale, self.t = rank, kappa, beta1, scale_parameter, 0
        self.sq = Factored(shape, dtype)
        self.compressed = len(shape) == 2 and min(shape) >= rank and max(shape) / min(shape) <= 4
        self.draw = draw
        if self.compressed:
            self.left = shape[0] < shape[1]
            self.long = shape[0] if self.left else shape[1]
            self.A = self.new_matrix()
            self.state = np.zeros((rank, shape[1]) if self.left else (shape[0], rank), dtype)
        else:
            self.state = np.zeros(shape, dtype)

    def new_matrix(self):
        return self.draw((self.rank, self.long) if self.left else (self.long, self.rank), 1 / math.sqrt(self.rank))

    def down(self, x):
        return x if not self.compressed else (self.A @ x if self.left else x @ self.A)

    def up(self, c):
        return c if not self.compressed else (self.A.T @ c if self.left else c @ self.A.T)

    def step(self, W, G, lr, decay):
        self.t += 1
        if self.scale:
            lr = lr * max(1e-3, rms(W))
        self.sq.update(G * G + 1e-30, 1 - self.t ** -0.8)
        u = self.sq.inverse_root() * G
        old = self.up(self.state)
        d = (1 - self.b1) * u + self.b1 * old
        if self.compressed and self.t % self.kappa == 0:
            self.A = self.new_matrix()
            self.state = self.down(old)
        self.state = self.b1 * self.state + (1 - self.b1) * self.down(u)
        d = d / max(1.0, rms(d))
        W = W - decay * lr * W
        return W - lr * d


class Adapprox:
    """papers/adapprox-paper.txt with a fixed rank. `draw(shape)` gives the Gaussian start of the iteration; a warm start
    draws only the columns that the last U does not give, and takes one iteration (optimizers.md)."""

    def __init__(self, shape, dtype, draw, rank, beta1=0.9, beta2=0.999, eps=1e-8, iterations=5, oversampling=5,
                 truncate="rotate", cosine=False, start="cold", clip_threshold=1.0):
        self.b1, self.b2, self.eps, self.cosine = beta1, beta2, eps, cosine
        self.warm, self.is_known = start == "warm", False
        self.clip = clip_threshold
        self.draw, self.truncate, self.iterations = draw, truncate, iterations
        self.two_d = len(shape) == 2
        self.M = np.zeros(shape, dtype)
        if self.two_d:
            self.k = min(rank, *shape)
            self.sketch = min(self.k + oversampling, *shape)
            self.Q, self.U = np.zeros((shape[0], self.k), dtype), np.zeros((shape[1], self.k), dtype)
        else:
            self.V = np.zeros(shape, dtype)

    def factor(self, V):
        U, iterations = np.zeros((V.shape[1], 0), V.dtype), self.iterations
        if self.warm and self.is_known:
            iterations = 1
            kept = self.U[:, np.abs(self.U).max(0) > 0]
            U = kept / np.abs(kept).max(0)
        U = np.concatenate([U, self.draw((V.shape[1], self.sketch - U.shape[1]))], 1)
        self.is_known = True
        for _ in range(iterations):
            Q, _ = np.linalg.qr(V @ U)
            U = V.T @ Q
        if self.truncate == "rotate" and self.sketch > self.k:
            values, vectors = np.linalg.eigh(U.T @ U)
            keep = vectors[:, ::-1][:, :self.k]
            return Q @ keep, U @ keep
        return Q[:, :self.k], U[:, :self.k]

    def step(self, W, G, lr, decay):
        if self.two_d:
            V = self.b2 * np.maximum(self.Q @ self.U.T, 0) + (1 - self.b2) * G * G
            self.Q, self.U = self.factor(V)
        else:
            V = self.V = self.b2 * self.V + (1 - self.b2) * G * G
        N = G / (np.sqrt(V) + self.eps)
        N = N / max(1.0, rms(N) / self.clip)
        M = self.M = self.b1 * self.M + (1 - self.b1) * N
        if self.cosine:
            n, m = np.linalg.norm(N), np.linalg.norm(M)
            theta = min(1.0, max(-1.0, float((N * M).sum() / (n * m)))) if n > 0 and m > 0 else 0.0
            M = M * min(1 / (1 - theta + self.eps), 1 / (1 - self.b1))
        return W - lr * (M + decay * W)


class Fira:
    """fira with its limiter's ablations, and only-scaling (no code published; optimizers.md has the reading)."""

    def __init__(self, shape, dtype, rank=8, gap=200, alpha=1.0, gamma=1.01, eps=1e-6, limiter="norm-growth",
                 granularity="column", only_scaling=False, shrink=0.1, projected=True):
        self.rank, self.gap, self.alpha, self.gamma, self.eps, self.t = rank, gap, alpha, gamma, eps, 0
        self.limiter, self.granularity, self.only, self.a = limiter, granularity, only_scaling, shrink
        self.projected, self.right = projected and len(shape) == 2, shape[0] >= shape[-1]
        self.m = self.v = None
        self.s = None

    def basis(self, G):
        u, _, vt = np.linalg.svd(G.astype(np.float64), full_matrices=False)
        p = vt[:self.rank].T if self.right else u[:, :self.rank]
        return p * np.sign(p[np.abs(p).argmax(0), np.arange(p.shape[1])])

    def step(self, W, G, lr, decay):
        if self.projected and self.t % self.gap == 0:
            self.P = self.basis(G)
        R = G if not self.projected else (G @ self.P if self.right else self.P.T @ G)
        back = lambda x: self.alpha * (x @ self.P.T if self.right else self.P @ x)
        if self.m is None:
            self.m, self.v = np.zeros_like(R), np.zeros_like(R)
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * R
        self.v = 0.999 * self.v + 0.001 * R * R
        N = self.m / (np.sqrt(self.v) + self.eps)
        eta = lr * math.sqrt(1 - 0.999 ** self.t) / (1 - 0.9 ** self.t)
        update = N
        if self.projected:
            axis = None if self.granularity == "matrix" else (1 if self.right else 0)
            norm = lambda x: np.sqrt((x * x).sum(axis=axis, keepdims=axis is not None))
            S = norm(N) / (norm(R) + 1e-8) * (G if self.only else G - back(R))
            S = self.limit(S)
            update = S if self.only else back(N) + S
        W = W - eta * update
        return W - lr * decay * W

    def limit(self, S):
        n = np.linalg.norm(S)
        if self.limiter == "none":
            return S
        if self.limiter == "clip":
            return S * min(1.0, 1.0 / n) if n > 0 else S
        if self.limiter == "tensor-wise":
            return S * self.a
        if self.s is None:
            self.s = n
            return S
        if self.limiter == "shrink":
            target = self.a * n + (1 - self.a) * self.s
            self.s = target if n > 0 else self.s
            return S * (target / n) if n > 0 else S
        L = max(n / (self.s + 1e-8), self.gamma) / self.gamma
        self.s = n / L
        return S / L


# --- quantized Adam ----------------------------------------------------------------------------------------------

def eight_bit_maps():
    """The dynamic maps of 8-bit Adam: (signed for the first moment, unsigned for the second), ascending."""
    signed, unsigned = [0.0, 1.0], [0.0, 1.0]
    for e in range(7):
        for parts, out, signs in ((2 ** e, signed, (1, -1)), (2 ** (e + 1), unsigned, (1,))):
            edges = np.linspace(0.1, 1, parts + 1)
            out += [s * x * 10.0 ** (e - 6) for x in (edges[:-1] + edges[1:]) / 2 for s in signs]
    return np.sort(np.array(signed)).astype(np.float32), np.sort(np.array(unsigned)).astype(np.float32)


FOUR_BIT_M = np.sort(np.array([0.0, 1.0] + [s * x for x in (.0055, .0325, .0775, .2125, .4375, .6625, .8875)
                                            for s in (1, -1)])).astype(np.float32)
FOUR_BIT_V = (np.arange(1, 17) / 16).astype(np.float32)


def nearest(x, table):
    """Index of the nearest entry, ties to the lower."""
    table = table.astype(np.float64)
    i = np.clip(np.searchsorted(table, x), 1, len(table) - 1)
    return np.where(np.abs(x - table[i - 1]) <= np.abs(table[i] - x), i - 1, i).astype(np.uint8)


class Quantized:
    """A tensor as codes times scales. scale: 'block' of n flat elements, or 'rank1' (min of row and column maxima)."""

    def __init__(self, shape, table, block, scale="block"):
        self.shape, self.table, self.block, self.scale = shape, table, block, scale if len(shape) == 2 else "block"
        self.store(np.zeros(shape))

    def spread(self):
        if self.scale == "rank1":
            return np.minimum(self.rows[:, None], self.columns[None, :])
        return np.repeat(self.absmax, self.block)[:math.prod(self.shape)].reshape(self.shape)

    def store(self, x):
        x = x.astype(np.float32)
        if self.scale == "rank1":
            self.rows, self.columns = np.abs(x).max(1), np.abs(x).max(0)
        else:
            flat = np.abs(x).ravel()
            flat = np.concatenate([flat, np.zeros(-flat.size % self.block, np.float32)])
            self.absmax = flat.reshape(-1, self.block).max(1)
        s = self.spread().astype(np.float64)
        self.codes = nearest(np.divide(x, s, out=np.zeros_like(s), where=s > 0), self.table)
        self.zero = s == 0

    def load(self):
        return np.where(self.zero, 0.0, self.table[self.codes].astype(np.float64) * self.spread())

    def dump(self, kind):
        scales = {"rows": self.rows, "columns": self.columns} if self.scale == "rank1" else {"absmax": self.absmax}
        return {f"{kind}/codes": self.codes} | {f"{kind}/{k}": v.astype(np.float32) for k, v in scales.items()}


class Exact:
    def __init__(self, shape, *_):
        self.x = np.zeros(shape)

    def store(self, x):
        self.x = x

    def load(self):
        return self.x

    def dump(self, kind):
        return {}


class QuantizedAdam:
    """AdamW whose moments are dequantized before the step and quantized after it."""

    def __init__(self, shape, dtype, bits, v_scale="rank1", eps=1e-8):
        n = math.prod(shape)
        self.t, self.eps = 0, eps
        if bits == 8:
            kind = Quantized if n >= 4096 else Exact
            signed, unsigned = eight_bit_maps()
            self.m, self.v = kind(shape, signed, 256), kind(shape, unsigned, 256)
        else:
            kind = Quantized if n > 4096 else Exact
            self.m = kind(shape, FOUR_BIT_M, 128)
            self.v = kind(shape, FOUR_BIT_V, 128, "rank1" if v_scale == "rank1" else "block")

    def step(self, W, G, lr, decay):
        self.t += 1
        m = 0.9 * self.m.load() + 0.1 * G
        v = 0.999 * self.v.load() + 0.001 * G * G
        self.m.store(m)
        self.v.store(v)
        c1, c2 = 1 - 0.9 ** self.t, 1 - 0.999 ** self.t
        W = W - lr * decay * W
        return W - lr / c1 * m / (np.sqrt(v) / math.sqrt(c2) + self.eps)

    def dump(self):
        return self.m.dump("m") | self.v.dump("v")
