"""The kernels of a wide network on a batch: how alike any two samples' activations, and slopes, are in every layer.

Public: layer_kernels, LayerKernel.

Neal (1996); Lee et al. (2018), arXiv:1711.00165; what the tangent kernel is made of: Jacot et al. (2018),
arXiv:1806.07572.
"""

from dataclasses import dataclass

import numpy as np

from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.gaussian.kernels import pair_moments
from initviz.gaussian.moments import moments
from initviz.network.normalization import EPSILON
from initviz.network.spec import LayerSpec, NetworkSpec
from initviz.theory.layers import no_prediction


@dataclass(frozen=True)
class LayerKernel:
    """Of one hidden layer at infinite width, for all pairs of samples: symmetric arrays (samples, samples)."""

    h: FloatArray
    """E h h' of what leaves the layer, per unit."""
    z: FloatArray
    """E z z' of what enters the activation."""
    slopes: FloatArray
    """E phi'(z) phi'(z'), each sample with the variance it has; for maxout the chance that the same piece wins."""
    shrink: FloatArray
    """What layer normalization multiplies a product of two gradients by on their way back; 1 without it."""


def layer_kernels(spec: NetworkSpec, inputs: FloatArray) -> tuple[LayerKernel, ...]:
    """The kernels of hidden layers 1..depth for a batch (samples, features), as accurate as `pair_law`.

    With a skip connection h' = h + a phi(z), and E h h' gains the products of means too. Raises InputError where theory
    does not know the network, and with batch normalization, which ties the samples of a batch together.
    """
    reason = no_prediction(spec)
    if not reason and any(layer.normalization.axis == 0 for layer in spec.layers):
        reason = "No kernel with batch normalization: it ties the samples of a batch together."
    if reason:
        raise InputError(reason)
    inputs = inputs.astype(np.float64, copy=False)
    kernel, mean = inputs @ inputs.T / inputs.shape[1], inputs.mean(axis=1)
    kernels = []
    for layer in spec.layers:
        kernels.append(_through(layer, kernel, mean))
        kernel = kernels[-1].h
        mean = layer.skip * mean + layer.branch * moments(layer.activation, layer.alpha, np.diag(kernels[-1].z)).m1
    return tuple(kernels)


def _through(layer: LayerSpec, kernel: FloatArray, mean: FloatArray) -> LayerKernel:
    """One layer, from E h h' and E h of what enters it."""
    assert layer.weight_variance is not None, "no_prediction has refused it"
    z = layer.fan_in * layer.weight_variance * kernel + layer.bias_variance
    shrink = np.ones_like(z)
    if layer.normalization.axis is not None:  # over a layer, whose own mean is 0 at infinite width
        inverse = 1 / np.sqrt(np.diag(z) + EPSILON)
        shrink = np.multiply.outer(inverse, inverse)
        z = z * shrink
    q = np.diag(z)
    at = moments(layer.activation, layer.alpha, q)
    a, b = np.triu_indices(len(q), 1)
    length = np.sqrt(q[a]) * np.sqrt(q[b])
    c = np.divide(z[a, b], length, out=np.zeros_like(length), where=length > 0).clip(-1, 1)
    pairs = pair_moments(layer.activation, layer.alpha, q[a], q[b], c)
    h = layer.branch**2 * _symmetric(at.m2, pairs.product)
    if layer.skip:
        beside = layer.branch * np.multiply.outer(mean, at.m1)
        h += kernel + beside + beside.T
    return LayerKernel(h, z, _symmetric(at.d2, pairs.slopes), shrink)


def _symmetric(diagonal: FloatArray, above: FloatArray) -> FloatArray:
    """A symmetric matrix from its diagonal and the entries above it, row by row."""
    full = np.diag(diagonal)
    rows, columns = np.triu_indices(len(diagonal), 1)
    full[rows, columns] = full[columns, rows] = above
    return full
