"""Normalization of the pre-activations z, and its exact backward pass. Learnt scale and shift belong to the layer.

One `Normalization(...)` entry is all it takes to add one: simulation, training and theory ask the record, never its
name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue
from initviz.frameworks import NAMELESS, Names

EPSILON = 1e-5
"""Added to the variance, as PyTorch, JAX and the papers do: a vanishing z is not blown up to 1."""

Normalize: TypeAlias = Callable[[FloatArray, int], FloatArray]
"""(z, axis) -> 1 / std along the axis; z is overwritten by the normalized values."""

PullBack: TypeAlias = Callable[[FloatArray, FloatArray, FloatArray, int], None]
"""(normalized z, 1 / std, gradient, axis): the gradient is overwritten by the one with respect to z."""


def _standardize(z: FloatArray, axis: int) -> FloatArray:
    """Mean 0 and variance 1 along the axis."""
    mean = z.mean(axis=axis, keepdims=True)
    z -= mean
    variance = np.square(z).mean(axis=axis, keepdims=True)
    _drop_rounding(z, mean, variance, axis)
    inverse: FloatArray = 1 / np.sqrt(variance + z.dtype.type(EPSILON))
    z *= inverse
    return inverse


ROUNDINGS = 32
"""So many roundings of z is what equal sums may differ by, summed in another order."""


def _drop_rounding(centred: FloatArray, mean: FloatArray, variance: FloatArray, axis: int) -> None:
    """Set differences between z and its mean to 0 where they are only rounding: division by their std would show it as
    a signal. Such is the spread of one unit over samples (of units over one sample) whose z are equal on paper."""
    size = np.sqrt((np.square(mean) + variance).mean())
    if not (variance < np.square(0.01 * size)).any():  # a spread that large needs no closer look
        return
    spread = centred.max(axis=axis, keepdims=True) - centred.min(axis=axis, keepdims=True)
    alike = spread <= ROUNDINGS * np.finfo(centred.dtype).eps * size
    np.copyto(centred, 0, where=alike)
    np.copyto(variance, 0, where=alike)


def _pull_back_standardized(normalized: FloatArray, inverse: FloatArray, grad: FloatArray, axis: int) -> None:
    """Ioffe & Szegedy (2015), section 3: mean and variance depend on z too."""
    shared = normalized * (grad * normalized).mean(axis=axis, keepdims=True)
    grad -= grad.mean(axis=axis, keepdims=True)
    grad -= shared
    grad *= inverse


@dataclass(frozen=True)
class WideLimit:
    """What a normalization does in a wide layer with a large batch, where its statistics are no longer random."""

    over_batch: bool
    """Whether they are those of one unit over all samples, so that what all samples share is taken away, biases too.
    Else they are a sample's own, whose mean over many units is 0 anyway."""
    divides: bool
    """Whether z is divided by its std (with EPSILON)."""


@dataclass(frozen=True)
class Normalization:
    """Normalizes along `axis` of (samples, units): 0 over the batch, 1 over the layer, None not at all."""

    id: str
    name: str
    axis: int | None
    source: str = ""
    normalize: Normalize = _standardize
    pull_back: PullBack = _pull_back_standardized
    limit: WideLimit | None = None
    """What theory needs to know; without it there is no prediction."""
    names: Names = NAMELESS
    """What frameworks call it: a layer for `units` units in PyTorch and Keras, an expression in a elsewhere."""

    def forward(self, z: FloatArray) -> tuple[FloatArray, FloatArray | None]:
        """(normalized z, 1 / std along the axis); the input array is overwritten."""
        return z, None if self.axis is None else self.normalize(z, self.axis)

    def backward(self, normalized: FloatArray, inverse: FloatArray | None, grad: FloatArray) -> FloatArray:
        """Gradient with respect to the z that was normalized; `grad` is overwritten."""
        if self.axis is not None and inverse is not None:
            self.pull_back(normalized, inverse, grad, self.axis)
        return grad


NORMALIZATIONS = Catalogue(
    "normalization",
    [
        Normalization("none", "None", None, limit=WideLimit(over_batch=False, divides=False)),
        Normalization(
            "batch",
            "Batch norm",
            0,
            "Ioffe & Szegedy (2015), arXiv:1502.03167",
            limit=WideLimit(over_batch=True, divides=True),
            names=Names(
                f"nn.BatchNorm1d(units, eps={EPSILON}, affine=False, dtype=DTYPE)",
                f"keras.layers.BatchNormalization(epsilon={EPSILON}, center=False, scale=False)",
                f"jax.nn.standardize(a, axis=0, epsilon={EPSILON})",
                "standardize(a, axis=0)",
            ),
        ),
        Normalization(
            "layer",
            "Layer norm",
            1,
            "Ba et al. (2016), arXiv:1607.06450",
            limit=WideLimit(over_batch=False, divides=True),
            names=Names(
                f"nn.LayerNorm(units, eps={EPSILON}, elementwise_affine=False, dtype=DTYPE)",
                f"keras.layers.LayerNormalization(epsilon={EPSILON}, center=False, scale=False)",
                f"jax.nn.standardize(a, axis=1, epsilon={EPSILON})",
                "standardize(a, axis=1)",
            ),
        ),
    ],
)
