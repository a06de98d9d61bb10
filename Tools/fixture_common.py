"""What the fixture scripts share: versions, files, weights that hide no mistake, singular vectors with fixed signs."""
import json
import torch


def versions(*names):
    from importlib.metadata import version
    return {n: version(n) for n in names}


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def is_norm(name):
    return "norm" in name.lower() or ".ln_" in name or name.startswith("ln_")


def randomize(parameters, seed, std=0.15):
    """Large, everywhere non-trivial weights: a forgotten bias or a norm weight taken as 1 must show."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(parameters):
            one = is_norm(name) and name.endswith("weight")
            p.copy_(torch.randn(p.shape, generator=g) * (std if p.ndim == 2 else 0.1) + (1.0 if one else 0.0))


_svd = torch.linalg.svd


def signed_svd(a, full_matrices=True, **kw):
    """The entry of largest magnitude of every kept singular vector is positive: moments outlive a refresh."""
    u, s, vh = _svd(a, full_matrices=full_matrices, **kw)
    u = u * torch.sign(u.gather(-2, u.abs().argmax(-2, keepdim=True)))
    vh = vh * torch.sign(vh.gather(-1, vh.abs().argmax(-1, keepdim=True)))
    return u, s, vh
