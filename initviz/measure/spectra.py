"""Singular values of weight matrices and of the input-output Jacobian: what isometry a network has at its start.

Public: Spectra, spectra_of, spectra_at_start, marchenko_pastur.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from initviz.arrays import FloatArray
from initviz.network.network import Network

MOST = 8
"""Matrices of a deep network that are looked at, evenly chosen."""


@dataclass(frozen=True)
class Spectra:
    """Singular values, largest first."""

    weights: dict[int, FloatArray]
    """By hidden layer 1..depth."""
    jacobian: FloatArray
    """Of dh_L / dh_0 at the first sample; empty where a normalization over the batch ties samples together."""

    @property
    def condition(self) -> float:
        """Largest over smallest singular value of the Jacobian; inf where directions are lost."""
        if not len(self.jacobian):
            return float("nan")
        least = float(self.jacobian[-1])
        return float(self.jacobian[0]) / least if least > 0 else float("inf")


def spectra_of(network: Network, sample: FloatArray) -> Spectra:
    """sample: (features,), where the Jacobian is taken (Pennington, Schoenholz & Ganguli 2017, arXiv:1711.04735)."""
    depth = len(network)
    chosen = sorted({round(place) for place in np.linspace(1, depth, min(depth, MOST))})
    weights = {number: _singular_values(network.layers[number - 1].weights) for number in chosen}
    return Spectra(weights, _jacobian(network, sample))


def spectra_at_start(network: Network, batch: FloatArray) -> Spectra:
    """The same at the first sample of a batch."""
    return spectra_of(network, batch[0])


def _jacobian(network: Network, sample: FloatArray) -> FloatArray:
    """Each row of an identity, sent backward, is a row of the Jacobian."""
    if any(layer.spec.normalization.axis == 0 for layer in network.layers):
        return np.zeros(0)
    outputs = network.spec.layers[-1].width
    batch = np.repeat(np.asarray(sample, network.spec.dtype)[np.newaxis], outputs, axis=0)
    with np.errstate(all="ignore"):
        gradients = network.backward(network.forward(batch), np.eye(outputs, dtype=network.spec.dtype))[0].h
    assert gradients is not None
    return _singular_values(gradients)


def _singular_values(matrix: FloatArray) -> FloatArray:
    if not np.isfinite(matrix).all():
        return np.zeros(0)
    values: FloatArray = np.linalg.svd(matrix.astype(np.float64), compute_uv=False)
    values[values <= values[0] * max(matrix.shape) * np.finfo(matrix.dtype).eps] = 0  # the rounding of the product
    return values


def marchenko_pastur(fan_in: int, fan_out: int, variance: float, count: int = 200) -> FloatArray:
    """Singular values that a large matrix of independent weights has, (count,), largest first: the middles of equal
    shares of the Marchenko-Pastur law (1967), those that are 0 for want of rank left out."""
    short, long = min(fan_in, fan_out), max(fan_in, fan_out)
    ratio = short / long
    low, high = (1 - sqrt(ratio)) ** 2, (1 + sqrt(ratio)) ** 2
    angles = np.linspace(0, np.pi, 4001)
    x = (low + high) / 2 - (high - low) / 2 * np.cos(angles)
    with np.errstate(all="ignore"):
        density = np.where(x > 0, (high - low) ** 2 / 4 * np.sin(angles) ** 2 / x, (high - low) ** 2)
    mass = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
    shares = (np.arange(count) + 0.5) / count
    return np.sqrt(variance * long * np.interp(shares, mass / mass[-1], x))[::-1]
