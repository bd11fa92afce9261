"""The tangent kernel at infinite width: how a step of gradient descent on one input moves the output for another.

Jacot et al. (2018), arXiv:1806.07572; in the standard parametrization, where it grows with the width (Sohl-Dickstein et
al. 2020, arXiv:2001.07301). Theta(x, x') = sum over layers of

    (h_{l-1} . h'_{l-1} + 1) times the sum over the units of layer l of df/dz df'/dz',

the 1 for biases, which are trained too. The first factor is known from the forward recursion, the second from the
backward one: each layer multiplies it by fan_in Var W E phi'(z) phi'(z').
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from initviz.arrays import FloatArray
from initviz.gaussian.kernels import pair_law
from initviz.gaussian.moments import moments
from initviz.network.normalization import EPSILON
from initviz.network.spec import LayerSpec, NetworkSpec


def no_tangent_kernel(spec: NetworkSpec) -> str:
    """Why the kernel of a network is not known, as half a sentence; empty where it is."""
    if spec.unpredictable:
        return spec.unpredictable
    if any(layer.normalization.axis == 0 for layer in spec.layers):
        return "batch normalization ties the examples of a batch together"
    return ""


@dataclass(frozen=True)
class _Kernels:
    """Of one layer, each (n, n)."""

    before: FloatArray
    """E h h' of what enters."""
    z: FloatArray
    """E z z' of what enters the activation."""
    slopes: FloatArray
    """E phi'(z) phi'(z')."""
    shrink: FloatArray
    """What normalization multiplies a product of two gradients by."""


def tangent_kernel(
    spec: NetworkSpec,
    x: FloatArray,
    *,
    output_factor: float = 1.0,
    rates: Sequence[float] | None = None,
    single_rates: Sequence[float] | None = None,
) -> FloatArray:
    """Theta of one output for the inputs x (n, features), shape (n, n), float64. `no_tangent_kernel` must be empty.

    The last layer of `spec` is the output. output_factor multiplies its weights; rates and single_rates are factors on
    each layer's learning rate, for weights and for biases, scale and shift.
    """
    rates, single_rates = rates or [1.0] * len(spec), single_rates or [1.0] * len(spec)
    hidden, output = spec.layers[:-1], spec.layers[-1]
    kernels, product = _forward(hidden, x.astype(float))
    theta = rates[-1] * output.fan_in * product + single_rates[-1]
    passed = np.full_like(product, output.fan_in * _variance(output) * output_factor**2)
    for number in range(len(hidden) - 1, -1, -1):
        layer, at = hidden[number], kernels[number]
        entering = passed * layer.branch**2 * at.slopes
        if layer.normalization.axis is not None:
            theta += single_rates[number] * entering * (at.z + 1)
        entering = entering * at.shrink
        theta += entering * (rates[number] * layer.fan_in * at.before + single_rates[number])
        passed = layer.fan_in * _variance(layer) * entering + (passed if layer.skip else 0)
    return theta


def _forward(layers: Sequence[LayerSpec], x: FloatArray) -> tuple[list[_Kernels], FloatArray]:
    """The kernels of every hidden layer, and E h h' of the last."""
    product, mean = x @ x.T / x.shape[1], x.mean(axis=1)
    kernels = []
    for layer in layers:
        z = layer.fan_in * _variance(layer) * product + layer.bias_variance
        shrink = np.ones_like(z)
        if layer.normalization.axis is not None:
            inverse = 1 / np.sqrt(z.diagonal() + EPSILON)
            shrink = np.outer(inverse, inverse)
            z = z * shrink
        q = z.diagonal()
        law = pair_law(layer.activation, layer.alpha, q[:, np.newaxis], q[np.newaxis, :])
        root = np.sqrt(q)
        cosine = np.clip(z / np.maximum(np.outer(root, root), np.finfo(float).tiny), -1, 1)
        np.fill_diagonal(cosine, 1)
        kernels.append(_Kernels(product, z, law.slopes(cosine), shrink))
        added, m1 = layer.branch**2 * law.product(cosine), layer.branch * moments(layer.activation, layer.alpha, q).m1
        if layer.skip:
            product = product + added + np.outer(mean, m1) + np.outer(m1, mean)
            mean = mean + m1
        else:
            product, mean = added, m1
    return kernels, product


def _variance(layer: LayerSpec) -> float:
    assert layer.weight_variance is not None
    return layer.weight_variance
