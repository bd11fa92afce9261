"""A network with its weights, and the mathematics of one layer, forward and backward: here and nowhere else.

Samples are rows. A hidden layer turns h (samples, fan_in) into the h of the next layer (samples, width):

    z = h W + b                           affine
    z = scale * normalized(z) + shift     normalize, rescale (where the layer has a normalization)
    h' = phi(z), or h + a phi(z)          activate, add_skip

and backward, from dL/dh' to dL/dh:

    dL/dz = a dL/dh' * phi'(z)            activation_gradient
    (through scale and normalization)     rescale_gradient, normalization_gradient
    dL/dW = h^T dL/dz, dL/db = sum dL/dz  weight_gradient, bias_gradient
    dL/dh = dL/dz W^T (+ dL/dh')          input_gradient

Each step takes any block of rows and writes into `out` where it is given, so that `simulate` can go through a batch
block by block in its own memory; only a normalization over the batch needs all rows at once. `forward` and `backward`
do all the steps on a whole batch, as training wants them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.network.spec import LayerSpec, NetworkSpec


@dataclass(frozen=True)
class LayerValues:
    """What a layer computed on its way forward, kept for the way back. Arrays are (samples, columns)."""

    h: FloatArray
    """What entered the layer."""
    normalized: FloatArray
    """z after normalization, before scale and shift; the same array as `z` without them."""
    inverse_std: FloatArray | None
    z: FloatArray
    """What entered the activation."""
    out: FloatArray
    """What left the layer."""


@dataclass(frozen=True)
class LayerGradients:
    """Derivatives of the loss by a layer's parameters and by what entered it. Sums over the batch, not means."""

    weights: FloatArray
    biases: FloatArray
    scale: FloatArray | None
    shift: FloatArray | None
    alpha: float | None
    """By the activation's parameter, where it can be learnt."""
    h: FloatArray | None
    """None where nobody wanted it."""


class Dense:
    """One hidden layer: its specification and its parameters, which training may change in place.

    weights: (fan_in, pieces * width). biases, scale, shift: (pieces * width,) or None where there are none; scale and
    shift are what a normalization learns. `alpha` is the activation's parameter, the specification's at first.
    """

    def __init__(
        self,
        spec: LayerSpec,
        weights: FloatArray,
        biases: FloatArray | None = None,
        scale: FloatArray | None = None,
        shift: FloatArray | None = None,
    ) -> None:
        self.spec = spec
        self.alpha = spec.alpha
        self.weights = _checked("Weights", weights, spec.weight_shape)
        self.biases, self.scale, self.shift = (
            array if array is None else _checked(name, array, spec.weight_shape[1:])
            for name, array in (("Biases", biases), ("Scale", scale), ("Shift", shift))
        )

    # --- forward, step by step ---

    def affine(self, h: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """z = h W + b."""
        z: FloatArray = np.matmul(h, self.weights, out=out)
        if self.biases is not None:
            z += self.biases
        return z

    def normalize(self, z: FloatArray) -> FloatArray | None:
        """Overwrite z, a whole batch, by its normalized values; 1 / std, or None without normalization."""
        return self.spec.normalization.forward(z)[1]

    @property
    def rescales(self) -> bool:
        """Whether scale or shift follow the normalization."""
        return self.scale is not None or self.shift is not None

    def rescale(self, normalized: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """scale * normalized + shift; the same array where the layer has neither."""
        if not self.rescales:
            return normalized
        z: FloatArray = np.multiply(normalized, 1 if self.scale is None else self.scale, out=out)
        if self.shift is not None:
            z += self.shift
        return z

    def activate(self, z: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """phi(z), (samples, width)."""
        return self.spec.activation.forward(z, self.alpha, out)

    def add_skip(self, h: FloatArray, phi: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """h' = h + a phi(z), where the layer has a skip connection."""
        return np.add(h, self.spec.branch * phi, out=out)

    # --- backward, step by step ---

    def activation_gradient(self, z: FloatArray, grad_out: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """dL/dz from dL/dh', by the z that entered the activation."""
        branch = grad_out if self.spec.branch == 1 else self.spec.branch * grad_out
        return self.spec.activation.backward(z, self.alpha, branch, out)

    def alpha_gradient(self, z: FloatArray, grad_out: FloatArray) -> float | None:
        """dL/dalpha, by the z that entered the activation; None where alpha is no parameter that can be learnt."""
        by_alpha = self.spec.activation.dalpha
        if by_alpha is None:
            return None
        return self.spec.branch * float(np.vdot(grad_out, by_alpha(z, self.alpha)))

    def rescale_gradient(
        self, normalized: FloatArray, grad_z: FloatArray
    ) -> tuple[FloatArray | None, FloatArray | None]:
        """(dL/dscale, dL/dshift), None for what is not there; grad_z becomes the gradient by `normalized`."""
        by_scale = None if self.scale is None else (grad_z * normalized).sum(axis=0)
        by_shift = None if self.shift is None else grad_z.sum(axis=0)
        if self.scale is not None:
            grad_z *= self.scale
        return by_scale, by_shift

    def normalization_gradient(
        self, normalized: FloatArray, inverse_std: FloatArray | None, grad_z: FloatArray
    ) -> FloatArray:
        """Overwrite the gradient by normalized z, a whole batch, by the one by h W + b."""
        return self.spec.normalization.backward(normalized, inverse_std, grad_z)

    def weight_gradient(self, h: FloatArray, grad_z: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """dL/dW = h^T dL/dz; some columns of h give those rows of it."""
        return np.matmul(h.T, grad_z, out=out)

    def bias_gradient(self, grad_z: FloatArray) -> FloatArray:
        """dL/db."""
        return grad_z.sum(axis=0)

    def input_gradient(self, grad_z: FloatArray, grad_out: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """dL/dh = dL/dz W^T, and what comes along the skip connection."""
        grad_h: FloatArray = np.matmul(grad_z, self.weights.T, out=out)
        if self.spec.skip:
            grad_h += grad_out
        return grad_h

    # --- all steps on a whole batch ---

    def forward(self, h: FloatArray) -> LayerValues:
        """The layer on a batch (samples, fan_in)."""
        normalized = self.affine(h)
        inverse_std = self.normalize(normalized)
        z = self.rescale(normalized)
        phi = self.activate(z)
        return LayerValues(h, normalized, inverse_std, z, self.add_skip(h, phi) if self.spec.skip else phi)

    def backward(self, values: LayerValues, grad_out: FloatArray, inputs: bool = True) -> LayerGradients:
        """All derivatives of the loss, from that by the layer's output (samples, width); by `inputs` only if wanted."""
        grad_z = self.activation_gradient(values.z, grad_out)
        by_scale, by_shift = self.rescale_gradient(values.normalized, grad_z)
        self.normalization_gradient(values.normalized, values.inverse_std, grad_z)
        return LayerGradients(
            self.weight_gradient(values.h, grad_z),
            self.bias_gradient(grad_z),
            by_scale,
            by_shift,
            self.alpha_gradient(values.z, grad_out),
            self.input_gradient(grad_z, grad_out) if inputs else None,
        )


class Network:
    """Hidden layers with their parameters. Tied layers hold one and the same array: their gradients add up.

    Raises InputError when the number or the shape of the arrays is not the specification's.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        weights: Sequence[FloatArray],
        biases: Sequence[FloatArray | None] | None = None,
        scales: Sequence[FloatArray | None] | None = None,
        shifts: Sequence[FloatArray | None] | None = None,
    ) -> None:
        absent = [None] * len(spec)
        given = weights, biases or absent, scales or absent, shifts or absent
        parts = [[None if a is None else np.asarray(a, spec.dtype) for a in arrays] for arrays in given]
        if any(len(arrays) != len(spec) for arrays in parts):
            raise InputError(f"A network of {len(spec)} layers needs so many arrays of weights, not {len(weights)}.")
        self.spec = spec
        self.layers = tuple(Dense(*arguments) for arguments in zip(spec.layers, *parts, strict=True))

    def __len__(self) -> int:
        return len(self.layers)

    def forward(self, batch: FloatArray) -> list[LayerValues]:
        """Every layer on a batch (samples, features); the network's output is the last one's `out`."""
        values: list[LayerValues] = []
        for layer in self.layers:
            values.append(layer.forward(values[-1].out if values else batch))
        return values

    def backward(
        self, values: Sequence[LayerValues], grad_out: FloatArray, inputs: bool = True
    ) -> list[LayerGradients]:
        """Gradients of every layer, first to last, from the loss's derivative by the network's output. Those by the
        batch itself are left out without `inputs`: training does not need them."""
        gradients: list[LayerGradients] = []
        for number, kept in reversed(list(enumerate(values))):
            gradients.append(self.layers[number].backward(kept, grad_out, inputs or number > 0))
            if (by_h := gradients[-1].h) is not None:
                grad_out = by_h
        return gradients[::-1]


def _checked(name: str, array: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    if array.shape != shape:
        raise InputError(f"{name} of this layer have the shape {shape}, not {array.shape}.")
    return array
