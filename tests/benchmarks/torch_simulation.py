"""The default experiment's outputs computed with PyTorch: the yardstick of the benchmark, not used by anything else."""

from typing import Any

import torch

from initviz.network.experiment import Experiment

BINS, STRIDE = 60, 9


def simulate_with_torch(experiment: Experiment) -> list[dict[str, Any]]:
    """Tanh network with normal weights: drawing, both passes by autograd, and the statistics `simulate` returns."""
    torch.manual_seed(experiment.seed)
    width = experiment.width
    h = torch.randn(experiment.samples, width, requires_grad=True)
    hs, zs, ws = [h], [], []
    for _ in range(experiment.depth):
        w = torch.randn(width, width).mul_(experiment.std).requires_grad_()
        z = h @ w
        h = torch.tanh(z)
        z.retain_grad()
        h.retain_grad()
        hs.append(h)
        zs.append(z)
        ws.append(w)
    h.backward(torch.randn_like(h))
    with torch.no_grad():
        rows = [_signal(hs[0]) | _gradient(hs[0].grad) | {"cosine": _cosine(hs[0])}]
        for before, out, z, w in zip(hs, hs[1:], zs, ws, strict=False):
            rows.append(
                {
                    "h": _signal(out),
                    "z": _signal(z),
                    "w": _signal(w),
                    "grad_h": _gradient(out.grad),
                    "grad_z": _gradient(z.grad),
                    "grad_w": _gradient(w.grad),
                    "cosine": _cosine(out),
                    "saturated": (out.abs() > 0.97).float().mean().item(),
                    "dead": (out == 0).all(0).float().mean().item(),
                    "same_sign": ((before >= 0).all(1) | (before <= 0).all(1)).float().mean().item(),
                    "unique": w.grad[0].unique().numel(),
                }
            )
    return rows


def _moments(x: Any) -> dict[str, Any]:
    size = x.abs()
    return {
        "mean": x.mean().item(),
        "std": x.std().item(),
        "rms": x.square().mean().sqrt().item(),
        "nonfinite": (~x.isfinite()).sum().item(),
        "zero": (x == 0).sum().item(),
        "float16_zero": (size <= 2**-25).sum().item(),
        "float16_overflow": (size >= 65520).sum().item(),
    }


def _signal(x: Any) -> dict[str, Any]:
    low, high = (value.item() for value in x.aminmax())
    return _moments(x) | {"min": low, "max": high, "histogram": torch.histc(x.flatten()[::STRIDE], BINS, low, high)}


def _gradient(x: Any) -> dict[str, Any]:
    size = x.flatten()[::STRIDE].abs()
    return _moments(x) | {"median": size.median().item(), "histogram": torch.histc(size[size > 0].log10(), BINS)}


def _cosine(x: Any) -> float:
    total = torch.nn.functional.normalize(x, dim=1).sum(0)
    return float((total.square().sum() - len(x)) / (len(x) * (len(x) - 1)))
