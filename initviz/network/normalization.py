"""Normalization of the pre-activations z, without learnt scale and shift, and its exact backward pass."""

from dataclasses import dataclass

import numpy as np

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue

EPSILON = 1e-5
"""Added to the variance, as PyTorch, JAX and the papers do: a vanishing z is not blown up to 1."""


@dataclass(frozen=True)
class Normalization:
    """Normalizes along `axis` of (samples, units): 0 over the batch, 1 over the layer, None not at all."""

    id: str
    name: str
    axis: int | None
    source: str = ""

    def forward(self, z: FloatArray) -> tuple[FloatArray, FloatArray | None]:
        """(normalized z, 1 / std along the axis); the input array is overwritten."""
        if self.axis is None:
            return z, None
        z -= z.mean(axis=self.axis, keepdims=True)
        inverse = 1 / np.sqrt(np.square(z).mean(axis=self.axis, keepdims=True) + z.dtype.type(EPSILON))
        z *= inverse
        return z, inverse

    def backward(self, normalized: FloatArray, inverse: FloatArray | None, grad: FloatArray) -> FloatArray:
        """Gradient with respect to the z that was normalized; `grad` is overwritten. Ioffe & Szegedy (2015), sec. 3."""
        if self.axis is None or inverse is None:
            return grad
        shared = normalized * (grad * normalized).mean(axis=self.axis, keepdims=True)
        grad -= grad.mean(axis=self.axis, keepdims=True)
        grad -= shared
        grad *= inverse
        return grad


NORMALIZATIONS = Catalogue(
    "normalization",
    [
        Normalization("none", "None", None),
        Normalization("batch", "Batch norm", 0, "Ioffe & Szegedy (2015), arXiv:1502.03167"),
        Normalization("layer", "Layer norm", 1, "Ba et al. (2016), arXiv:1607.06450"),
    ],
)
