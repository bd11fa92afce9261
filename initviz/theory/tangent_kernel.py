"""The tangent kernel at infinite width: how a step of gradient descent on one input moves the outputs for another.

Jacot et al. (2018), arXiv:1806.07572; in the standard parametrization, where it grows with the width (Sohl-Dickstein et
al. 2020, arXiv:2001.07301). For one output Theta(x, x') is a sum over layers,

    (h_{l-1} . h'_{l-1} + 1) times the sum over the units of layer l of df/dz df'/dz',

the 1 for biases, which are trained too. The first factor is known from the forward recursion, the second from the
backward one: each layer multiplies it by fan_in Var W E phi'(z) phi'(z').

Real networks differ from it in two ways that are of order depth / width. Several outputs share their backward pass
through few units: that enlarges the largest eigenvalue (`_shared`). And every draw of the weights is another: by how
much is `spread`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np

from initviz.arrays import FloatArray
from initviz.gaussian.moments import at_infinite_width, moments
from initviz.network.spec import LayerSpec, NetworkSpec
from initviz.theory.kernels import layer_kernels


def no_tangent_kernel(spec: NetworkSpec) -> str:
    """Why the kernel of a network is not known, as half a sentence; empty where it is."""
    if spec.unpredictable:
        return spec.unpredictable
    if any(layer.normalization.axis == 0 for layer in spec.layers):
        return "batch normalization ties the examples of a batch together"
    return ""


@dataclass(frozen=True)
class Rates:
    """Factors on the learning rate of one layer: for its weights, and for biases, scale and shift."""

    weights: float = 1.0
    units: float = 1.0


@dataclass(frozen=True)
class TangentKernel:
    """What each layer, the output layer last, contributes to the kernel of one output, (n, n) each: it is their sum."""

    spec: NetworkSpec
    layers: tuple[FloatArray, ...]
    q: tuple[float, ...]
    """Mean variance of what enters the activation of each hidden layer."""
    entering: tuple[float, ...]
    """Mean over the inputs of the sum of h^2 over what enters each layer."""
    grad_z: tuple[float, ...]
    """Rms of df/dz over inputs and units of each layer, for one output f."""

    @cached_property
    def _noise(self) -> list["_Noise"]:
        hidden = self.spec.layers[:-1]
        return [_noise(layer, q, self.spec.independent) for layer, q in zip(hidden, self.q, strict=True)]

    @cached_property
    def _largest(self) -> tuple[float, FloatArray]:
        """The largest eigenvalue of a real network's kernel of all outputs, and each layer's share of it."""
        parts, concentration = [self.layers[-1]], 0.0
        for number in range(len(self._noise) - 1, -1, -1):
            concentration += self._noise[number].concentration
            parts.append(self.layers[number] * _shared(self.spec.layers[-1].width, concentration))
        total = np.sum(parts, axis=0)
        if not np.isfinite(total).all():
            return float("nan"), np.zeros(len(parts))
        values, vectors = np.linalg.eigh(total)
        along = np.array([vectors[:, -1] @ part @ vectors[:, -1] for part in parts[::-1]])
        return float(values[-1]), along / max(along.sum(), np.finfo(float).tiny)

    @property
    def largest_eigenvalue(self) -> float:
        """Of the kernel of all outputs together, (n outputs, n outputs), at the network's widths; nan on overflow."""
        return self._largest[0]

    @property
    def spread(self) -> float:
        """Relative standard deviation of that eigenvalue over draws of the weights, to leading order in depth / width,
        as if all inputs were alike: for inputs that are not, it is smaller."""
        shares, outputs = self._largest[1], self.spec.layers[-1].width
        forward, variances = 0.0, []
        for noise in self._noise:
            variances.append(forward)
            forward = noise.forward + noise.carried**2 * forward
        total, backward = shares[-1] * forward, 0.0
        for number in range(len(self._noise) - 1, -1, -1):
            noise = self._noise[number]
            backward += noise.slopes + 2 * noise.concentration / outputs
            total += shares[number] * (variances[number] + backward)
        return sqrt(total)


def tangent_kernel(
    spec: NetworkSpec, x: FloatArray, *, output_factor: float = 1.0, rates: Sequence[Rates] | None = None
) -> TangentKernel:
    """The kernel for the inputs x (n, features). `no_tangent_kernel` must be empty; the last layer is the output.

    output_factor multiplies the output layer's weights; `rates` are the layers' factors on the learning rate.
    """
    rates = rates or [Rates()] * len(spec)
    hidden, output = spec.layers[:-1], spec.layers[-1]
    x = x.astype(float)
    kernels = layer_kernels(spec.first(len(hidden)), x)
    entering_h = [x @ x.T / x.shape[1], *(at.h for at in kernels)]
    parts = [rates[-1].weights * output.fan_in * entering_h[-1] + rates[-1].units]
    passed = np.full_like(entering_h[-1], output.fan_in * _variance(output) * output_factor**2)
    grad_z = [1.0]
    below = zip(hidden[::-1], kernels[::-1], entering_h[-2::-1], rates[-2::-1], strict=True)
    for layer, at, before, rate in below:
        entering = passed * layer.branch**2 * at.slopes
        part = np.zeros_like(entering)
        if layer.normalization.axis is not None:
            part += rate.units * entering * (at.z + 1)
        entering = entering * at.shrink
        grad_z.append(sqrt(entering.diagonal().mean() / layer.width))
        parts.append(part + entering * (rate.weights * layer.fan_in * before + rate.units))
        passed = layer.fan_in * _variance(layer) * entering + (passed if layer.skip else 0)
    return TangentKernel(
        spec,
        tuple(parts[::-1]),
        q=tuple(float(at.z.diagonal().mean()) for at in kernels),
        entering=tuple(
            layer.fan_in * float(h.diagonal().mean()) for layer, h in zip(spec.layers, entering_h, strict=True)
        ),
        grad_z=tuple(grad_z[::-1]),
    )


def _variance(layer: LayerSpec) -> float:
    assert layer.weight_variance is not None
    return layer.weight_variance


# --- finite width --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Noise:
    """What the finite number of a layer's units does. A branch beside a skip connection counts by its part in the
    whole."""

    slopes: float
    """E phi'^4 / (E phi'^2)^2 - 1, over the width: relative variance of the mean squared slope."""
    weights: float
    """The same for the weights that follow it, the noise of a Gaussian row; orthogonal matrices have none."""
    forward: float
    """Relative variance of the mean of phi^2 over the units."""
    carried: float
    """Relative change of that mean for one of q."""

    @property
    def concentration(self) -> float:
        """What the layer adds to 1 / (free units) of the stack above it."""
        return self.slopes + self.weights


def _noise(layer: LayerSpec, q: float, independent: bool) -> _Noise:
    activation, alpha = at_infinite_width(layer.activation, layer.alpha)
    at = moments(activation, alpha, q)
    if not (at.m2 > 0 and at.d2 > 0 and q > 0):
        return _Noise(0.0, 0.0, 0.0, 0.0)
    kurtosis = at.d4 / at.d2**2 if activation.elementwise else 1.0
    passed = layer.branch**2 * layer.fan_in * _variance(layer) * at.d2
    part = passed / (1 + passed) if layer.skip else 1.0
    fixed = layer.normalization.axis is not None
    return _Noise(
        slopes=part * (kurtosis - 1) / layer.width,
        weights=part / layer.width if independent else 0.0,
        forward=part * (at.m4 / at.m2**2 - 1) / layer.width,
        carried=0.0 if fixed else (1 - layer.bias_variance / q) * q * at.growth / at.m2,
    )


def _shared(outputs: int, concentration: float) -> float:
    """Factor on the largest eigenvalue: `outputs` Gaussian rows through a layer stack of 1 / concentration free units.

    Mean of the largest eigenvalue of a Wishart matrix: Johnstone (2001), Annals of Statistics 29, theorem 1.1.
    """
    if outputs == 1 or concentration <= 0:
        return 1.0
    freedom = max(1 / concentration - 1, 1.0)
    centre = (sqrt(freedom) + sqrt(outputs)) ** 2
    width = sqrt(centre) * (1 / sqrt(freedom) + 1 / sqrt(outputs)) ** (1 / 3)
    return (centre - 1.2065 * width) * concentration
