"""How alike two samples of a batch become, on their way forward and back, by chance: what 1/width adds to each cosine.

Public: alike, Alike; held, weight_share, branch_share.

At infinite width a pair of samples has one cosine. In a layer of n units it scatters by about (1 - c^2)/sqrt(n), and
what scatters adds up over the layers (Hanin & Nica 2020, arXiv:1812.05994; Li, Nica & Roy 2022, arXiv:2206.02768). In
the spread of a whole batch this counts as much as the spread of a single sample, which the batch averages away.
"""

from dataclasses import dataclass

import numpy as np

from initviz.arrays import FloatArray
from initviz.network.normalization import EPSILON
from initviz.theory.expansion import Expansion, expansion
from initviz.theory.mean_field import MeanField

# --- shares, (depth,) ----------------------------------------------------------------------------------------------


def weight_share(theory: MeanField) -> FloatArray:
    """Share of z^2 that the weights bring, not the biases."""
    signal = theory.layers.sigma_w2[:, 0] * theory.unshared
    total = signal + theory.layers.sigma_b2[:, 0]
    return np.divide(signal, total, out=np.ones_like(signal), where=total > 0)


def branch_share(theory: MeanField) -> FloatArray:
    """Share of the squared gradient that came through the weights, not beside them."""
    inside, outside = theory.gradients.h[:-1, 0], theory.gradients.h[1:, 0]
    skip = theory.layers.skip[:, 0]
    return 1 - np.divide(skip * outside, inside, out=np.zeros_like(inside), where=skip > 0)  # both may have died


def held(theory: MeanField) -> FloatArray:
    """How firmly a normalization holds the size of z: 1, less where EPSILON is larger than the variance; 0 without."""
    layers = theory.layers
    variance = layers.sigma_w2[:, 0] * theory.unshared + layers.sigma_b2[:, 0]
    return layers.divides[:, 0] * variance / (variance + EPSILON)


# --- pairs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alike:
    """What pairs share, (depth, pairs + 1, ...); in the last place a sample with itself."""

    at: Expansion
    free: FloatArray
    """Covariances of the three functions where z is Gaussian and nothing holds its size, (..., 3, 3)."""
    kept: FloatArray
    """What is left of them where normalization or orthogonal weights hold the size of z, (..., 3, 3)."""
    cosine_square: FloatArray
    """E c^2 of the pairs in z, chance included."""
    product: FloatArray
    """Covariance, by chance, of the two cosines that a skip connection adds: those of h and of phi(z)."""
    overlap_z: FloatArray
    """Squared cosine of the gradients at W h + b."""
    overlap_h: FloatArray
    """That of the gradients at h, before they pass phi'."""


def alike(theory: MeanField) -> Alike:
    """For each of the batch's representative pairs."""
    layers, sizes, depth = theory.layers, theory.sizes, len(theory.layers)
    q, share, fixed = sizes.q[:, 0], weight_share(theory), layers.keeps_forward[:, 0]
    at = expansion(layers, q)
    c = np.concatenate([theory.correlations, np.ones((depth, 1))], axis=1)
    slope = at.slope(c) * share[:, np.newaxis]
    chance, product = _chance(theory, c, slope, slope * fixed[:, np.newaxis] ** 0.5)
    normalized = held(theory)[:, np.newaxis]

    def second(c: FloatArray) -> FloatArray:
        """What is left of c^2: orthogonal weights fix their part of z_a z_b, normalization each z^2."""
        by_weights = c - (1 - share[:, np.newaxis])
        return (1 - normalized) * (c**2 - fixed[:, np.newaxis] * by_weights**2)

    free, kept = np.zeros((2, *c.shape, 3, 3))
    for weight, places in ((2 / 3, 0.0), (1 / 6, np.sqrt(3)), (1 / 6, -np.sqrt(3))):  # three points of a normal law
        cosine = np.clip(c + places * np.sqrt(chance), -1, 1)
        free += weight * at.covariances(cosine)
        kept += weight * at.covariances(cosine, 1 - normalized, second(cosine))
    overlap_z, overlap_h = _overlaps(theory, at.slope(c), free[..., 2, 2])
    return Alike(at, free, kept, c**2 + chance, product, overlap_z, overlap_h)


def _chance(
    theory: MeanField, c: FloatArray, slope: FloatArray, by_weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Variance of the cosines in z by chance, and its covariance with that in h; both (depth, pairs + 1).

    slope: of the cosine of phi(z) by that in h; by_weights: the same, 0 where the weights draw no new cosine.
    """
    layers, square = theory.layers, theory.sizes.square[:, 0]
    share = weight_share(theory)
    skipped = layers.skip[:, 0] * square[:-1] / square[1:]
    branch = layers.branch[:, 0] ** 2 * theory.sizes.at.m2[:, 0] / square[1:]
    in_z, product, in_h = np.zeros_like(c), np.zeros_like(c), np.zeros(c.shape[1])
    for layer, n in enumerate(layers.width[:, 0]):
        in_z[layer] = np.minimum(share[layer] ** 2 * in_h, 1)
        product[layer] = skipped[layer] * slope[layer] * in_h
        drawn = np.maximum((1 - skipped[layer] ** 2) * (1 - by_weights[layer] ** 2), 0)
        new = drawn * (1 - c[layer] ** 2) ** 2 / n
        in_h = np.minimum((skipped[layer] + branch[layer] * slope[layer]) ** 2 * in_h + new, 1)
    return in_z, product


def _overlaps(theory: MeanField, slope: FloatArray, spread: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Squared cosines of two samples' gradients at W h + b and at h, (depth, pairs + 1): 1/n where they start.

    Gaussian weights draw a new vector, whose squared cosine is larger by 1/n of what it lacks; orthogonal ones turn it.
    slope: d/dc of E phi(u) phi(v) / M2. spread: the pairs' covariance of phi'^2 / D2.
    """
    layers, sizes = theory.layers, theory.sizes
    passed = slope[:, :-1] * (sizes.at.m2 / (sizes.q * sizes.at.d2))[:, :1]  # E phi'(u) phi'(v) / D2
    through, turned = branch_share(theory), layers.keeps_backward[:, 0]
    in_z, in_h = np.ones_like(slope), np.ones_like(slope)
    overlap = np.full(slope.shape[1] - 1, 1 / layers.width[-1, 0])
    for layer in reversed(range(len(layers))):
        n, t, both = layers.width[layer, 0], through[layer], spread[layer, :-1]
        here = passed[layer] ** 2 * overlap + (1 + both - passed[layer] ** 2) / n
        here = np.minimum(here / (1 + 2 * both * overlap / n), 1)
        in_h[layer, :-1], in_z[layer, :-1] = np.minimum(passed[layer] * overlap, 1), here
        drawn = (1 - turned[layer]) / layers.fan_in[layer, 0]
        here = (here * (1 + drawn) + drawn) / (1 + 2 * here * drawn)
        mixed = 2 * t * (1 - t) * (passed[layer] * overlap + 1 / n)
        overlap = np.minimum((1 - t) ** 2 * overlap + t**2 * here + mixed, 1)
    return in_z, in_h
