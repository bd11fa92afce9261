"""Activations that are not elementwise: how a layer computes them, and what theory needs to know of a unit.

One `LayerForm(...)` goes into the catalogue's entry of its activation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from initviz.arrays import FloatArray

Curve: TypeAlias = Callable[[FloatArray, float], FloatArray]
"""(z, alpha) -> array of the same shape and dtype; alpha is ignored by functions without a parameter."""


@dataclass(frozen=True)
class Selection:
    """The law of a unit that passes on one of its pieces, unchanged. The pieces are independent and of one law.

    chance: (p, alpha) -> chance of being the one, for a piece below which each of the others lies with chance p.
    below: (p, alpha) -> chance that the one passed on lies below a level below which each piece lies with chance p.
    """

    chance: Curve
    below: Curve


@dataclass(frozen=True)
class LayerForm:
    """How a whole layer computes an activation that is not elementwise.

    forward: (z, alpha) -> h, with z of shape (samples, pieces * width) and h (samples, width).
    backward: (z, alpha, dL/dh) -> dL/dz, the exact vector-Jacobian product.
    pieces: how many affine maps feed one unit (2 or more for maxout).

    Its moments in wide layers are those of the elementwise activation `limit_id`, which it turns into there, or those
    of a `selection`. With neither, theory makes no prediction.
    """

    forward: Curve
    backward: Callable[[FloatArray, float, FloatArray], FloatArray]
    pieces: Callable[[float], int] = lambda alpha: 1
    limit_id: str | None = None
    selection: Selection | None = None
    shown: Callable[[FloatArray, float], dict[str, FloatArray]] = lambda z, alpha: {}
    """(z, alpha) -> what belongs beside the curve of one unit, by name: the lines or copies it is made of."""
    caption: str = ""
    """What its curve means, which is not all there is to it."""


def _abrelu(z: FloatArray, alpha: float) -> FloatArray:
    return np.maximum(z - alpha * z.mean(axis=1, keepdims=True), 0)


def _abrelu_backward(z: FloatArray, alpha: float, grad_h: FloatArray) -> FloatArray:
    """The mean is part of the function: every unit that fires also lowers the threshold's share of all others."""
    passed = np.where(z > alpha * z.mean(axis=1, keepdims=True), grad_h, 0)
    passed -= alpha * passed.mean(axis=1, keepdims=True)
    return passed


def _shifted(z: FloatArray, alpha: float) -> dict[str, FloatArray]:
    """The curve of a unit in a sample whose units have the mean -1 or 1."""
    return {f"mean of z {mean:+d}": np.maximum(z - alpha * mean, 0) for mean in (-1, 1)}


ABRELU = LayerForm(
    _abrelu,
    _abrelu_backward,
    limit_id="relu",  # the mean over many units of z is 0
    shown=_shifted,
    caption="ABReLU is ReLU with a corner that moves with each sample: it stands at alpha times the mean of z over the"
    " sample's units. Solid: a sample of mean 0; dashed: of mean -1 and 1. Its slope takes the mean as part of the"
    " function: every unit that fires also takes alpha/width of its gradient from all others.",
)


def _by_piece(z: FloatArray, pieces: float) -> FloatArray:
    """(samples, pieces * width) as (samples, pieces, width)."""
    return z.reshape(len(z), round(pieces), -1)


def _maxout(z: FloatArray, pieces: float) -> FloatArray:
    return _by_piece(z, pieces).max(axis=1)


def _maxout_backward(z: FloatArray, pieces: float, grad_h: FloatArray) -> FloatArray:
    """The whole gradient goes to the piece that won (the first of equals)."""
    grad_z = np.zeros_like(z)
    winner = _by_piece(z, pieces).argmax(axis=1)[:, np.newaxis, :]
    np.put_along_axis(_by_piece(grad_z, pieces), winner, grad_h[:, np.newaxis, :], axis=1)
    return grad_z


def demo_lines(pieces: float) -> tuple[FloatArray, FloatArray]:
    """Slopes and offsets of the k lines whose maximum the one-dimensional maxout demonstration draws."""
    k = np.arange(round(pieces), dtype=float)
    slopes = np.linspace(-0.5, 1.0, k.size)
    return slopes, -0.5 * np.square(k - (k.size - 1) / 2)


def _demo_pieces(z: FloatArray, pieces: float) -> dict[str, FloatArray]:
    lines = zip(*demo_lines(pieces), strict=True)
    return {f"piece {number}": slope * z + offset for number, (slope, offset) in enumerate(lines, 1)}


MAXOUT = LayerForm(
    _maxout,
    _maxout_backward,
    pieces=round,
    selection=Selection(
        chance=lambda p, pieces: p ** (round(pieces) - 1),
        below=lambda p, pieces: p ** round(pieces),
    ),
    shown=_demo_pieces,
    caption="A maxout unit has several weight vectors of its own and passes on the largest of its pieces (dashed). Here"
    " every piece is a line over the same z, chosen to be seen; in a layer the pieces are independent.",
)
