"""How far one network of finite width scatters around the prediction: the spread of its sizes, to leading order.

Public: scatter, Scatter.

What is followed from layer to layer is the covariance, over networks, of three numbers that belong to one sample: the
mean of h over the units, that of h^2, and the log of the squared gradient. A layer adds noise of order 1/width and
passes on what the layers before did (Roberts, Yaida & Hanin 2022, arXiv:2106.10165; Hanin & Nica 2020,
arXiv:1812.05994). Samples that are alike scatter together, so that a batch averages away only what differs among them.
All numbers are relative to the prediction: mu / sqrt(m), m, with m = E h^2.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from initviz.activations import Activation
from initviz.arrays import FloatArray
from initviz.gaussian.hermite import hermite
from initviz.gaussian.moments import at_infinite_width, moments, selected
from initviz.gaussian.quadrature import REACH, Octaves, bends, edges, effective, panels
from initviz.network.normalization import EPSILON
from initviz.theory.layers import Run
from initviz.theory.mean_field import MeanField

TERMS = 24
"""Hermite coefficients kept; bands need no more."""
ROUNDING = 1e-9
"""Coefficients and covariances of functions of size 1 that are no larger are errors of the quadrature."""
_FUNCTIONS = 3  # phi, phi^2 and phi'^2, each divided by its size


@dataclass(frozen=True)
class Scatter:
    """Relative variances over networks for layers 0..depth; sizes are log-normal to a good approximation.

    For relu, `sample_square` and `sample_gradient` are exact at every width: (1 + 5/width)^layers - 1, the latter with
    a factor 1 + 2/width of the start gradient. With normalization the bands are up to twice too wide: that it also
    holds the size of z fixed is left out.
    """

    square: FloatArray
    """Of the mean of h^2 over the whole batch."""
    variance: FloatArray
    """Of the variance of h over the whole batch."""
    gradient: FloatArray
    """Of the mean squared gradient at h over the whole batch."""
    sample_square: FloatArray
    """Of the mean of h^2 of a single sample."""
    sample_gradient: FloatArray


def scatter(theory: MeanField) -> Scatter:
    """The spread of one network of these widths."""
    noise, carried = _noise(theory), _carried(theory)
    depth = len(noise)
    covariance = np.zeros((depth + 1, *noise.shape[1:]))  # one for each layer that the gradient is followed back to
    forward = [covariance[0].copy()]
    for layer in range(1, depth + 1):
        old, step = covariance[:layer], carried[layer - 1]
        new = step @ old @ step.T + noise[layer - 1]
        for index in (1, 2):  # a larger signal makes larger noise: what makes relu exact
            new[..., index, index] += noise[layer - 1][..., index, index] * old[..., index, index]
        covariance[:layer] = new
        covariance[layer] = new[0]
        covariance[layer, :, 2, :] = covariance[layer, :, :, 2] = 0
        forward.append(new[0])
    of_mean = 2 * theory.sizes.mu[:, 0] / np.sqrt(theory.sizes.square[:, 0])
    direction = np.stack([-of_mean, np.ones_like(of_mean), np.zeros_like(of_mean)], axis=1)
    pooled = np.tensordot(np.array(forward), theory.pair_shares, (1, 0))
    within = np.einsum("li,lij,lj->l", direction, pooled, direction)
    share = theory.sizes.v[:, 0] / theory.sizes.square[:, 0]
    start = 2 / theory.layers.width[-1, 0]  # of the squared length of a random start gradient
    return Scatter(
        square=pooled[:, 1, 1],
        variance=np.divide(within, share**2, out=np.zeros_like(within), where=share > 0),
        gradient=covariance[..., 2, 2] @ theory.pair_shares + start * theory.pair_shares[-1],
        sample_square=np.array(forward)[:, -1, 1, 1],
        sample_gradient=(1 + start) * (1 + covariance[:, -1, 2, 2]) - 1,
    )


def _noise(theory: MeanField) -> FloatArray:
    """What each layer adds: covariances of the three, (depth, pairs + 1, 3, 3); in the last place a sample with itself.

    With a residual connection h' = h + a phi: h'^2 - h^2 = 2 a h phi + a^2 phi^2, and h does not depend on phi.
    """
    sizes, square = theory.sizes, theory.sizes.square[:, 0]
    skip, branch, width = theory.layers.skip, theory.layers.branch, theory.layers.width
    b = branch * np.sqrt(sizes.at.m2[:, :1] / square[1:, np.newaxis])
    covariance, overlap = _alike(theory)
    mu = skip * sizes.mu[:-1, :1] / np.sqrt(square[1:, np.newaxis])
    before = np.concatenate([theory.products[:-1], square[:-1, np.newaxis]], axis=1)
    product = skip * before / square[1:, np.newaxis]
    through = _branch_share(theory)
    c00, c01, c02, c11, c12, c22 = (covariance[..., i, j] for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    noise = np.empty_like(covariance)
    noise[..., 0, 0] = b**2 * c00
    noise[..., 0, 1] = b**3 * c01 + 2 * b**2 * mu * c00
    noise[..., 1, 1] = b**4 * c11 + 4 * b**3 * mu * c01 + 4 * b**2 * product * c00
    noise[..., 0, 2] = through * b * c02
    noise[..., 1, 2] = through * (b**2 * c12 + 2 * b * mu * c02)
    # gradients of a pair: Gaussian over the units, with squared cosine `overlap`; residual connections add them up
    noise[..., 2, 2] = through**2 * (c22 * (1 + 2 * overlap) + 2 * overlap) + 4 * overlap * through * (1 - through)
    for i, j in ((1, 0), (2, 0), (2, 1)):
        noise[..., i, j] = noise[..., j, i]
    return noise / width[..., np.newaxis, np.newaxis]


def _alike(theory: MeanField) -> tuple[FloatArray, FloatArray]:
    """The pairs' covariances of the three functions, and the squared cosine of their gradients at W h + b.

    Shapes (depth, pairs + 1, 3, 3) and (depth, pairs + 1). Unlike samples become alike by chance: a layer of n units
    adds about (1 - c^2)^2/n to the variance of a cosine c, and 1/n to the squared cosine of independent gradients. As
    cosines neither can exceed 1, which leading order does where small differences grow.
    """
    sizes, depth = theory.sizes, len(theory.sizes.q)
    n = theory.layers.width[:, 0]
    c = np.concatenate([theory.correlations, np.ones((depth, 1))], axis=1)
    parts = [_series(run, sizes.q[run.rows, 0], c[run.rows]) for run in theory.layers.runs]
    covariance, curvature, slope = (np.concatenate(part) for part in zip(*parts, strict=True))
    chance, weighty = np.zeros_like(c), _weight_share(theory)
    for layer in range(1, depth):
        grown = slope[layer - 1] ** 2 * chance[layer - 1] + (1 - c[layer] ** 2) ** 2 / n[layer - 1]
        chance[layer] = np.minimum(weighty[layer] ** 2 * grown, 1)
    covariance = covariance + curvature * chance[..., np.newaxis, np.newaxis] / 2
    passed = np.square(slope * (sizes.at.m2 / (sizes.q * sizes.at.d2))[:, :1])
    overlap = np.ones_like(c)
    before = np.full(c.shape[1] - 1, 1 / n[-1])
    for layer in reversed(range(depth)):
        both = 1 + covariance[layer, :-1, 2, 2]
        overlap[layer, :-1] = np.minimum(passed[layer, :-1] * before + (both - passed[layer, :-1]) / n[layer], 1)
        before = overlap[layer, :-1] + 1 / n[layer]
    return covariance, overlap


def _weight_share(theory: MeanField) -> FloatArray:
    """Share of z^2 that the weights bring, not the biases, (depth,)."""
    signal = theory.layers.sigma_w2[:, 0] * theory.sizes.square[:-1, 0]
    total = signal + theory.layers.sigma_b2[:, 0]
    return np.divide(signal, total, out=np.ones_like(signal), where=total > 0)


def _branch_share(theory: MeanField) -> FloatArray:
    """Share of the squared gradient that came through the weights, not beside them, (depth, 1)."""
    inside, outside = theory.gradients.h[:-1, :1], theory.gradients.h[1:, :1]
    skip = theory.layers.skip
    return 1 - np.divide(skip * outside, inside, out=np.zeros_like(inside), where=skip > 0)  # both may have died


def _carried(theory: MeanField) -> FloatArray:
    """How each layer passes on small changes of the three numbers, (depth, 3, 3)."""
    sizes, depth, layers = theory.sizes, len(theory.layers), theory.layers
    skip, branch, divides = layers.skip[:, 0], layers.branch[:, 0], layers.divides[:, 0]
    square, q = sizes.square[:, 0], sizes.q[:, 0]
    signal = layers.sigma_w2[:, 0] * theory.unshared
    variance = signal + layers.sigma_b2[:, 0] + EPSILON
    share = np.where(divides, signal / variance, _weight_share(theory))
    follows = share * np.where(divides, EPSILON / variance, 1)
    kept = np.sqrt(square[:-1] / square[1:])
    b = branch * np.sqrt(sizes.at.m2[:, 0] / square[1:])
    mu = sizes.mu[:-1, 0] / np.sqrt(square[1:])
    parts = [_elasticities(run, q[run.rows]) for run in layers.runs]
    m1, m2, d2 = np.concatenate(parts, axis=1)
    step = np.zeros((depth, 3, 3))
    step[:, 0, 0] = skip * kept
    step[:, 0, 1] = b * m1 * follows
    step[:, 1, 0] = skip * 2 * b * kept * sizes.at.m1[:, 0] / np.sqrt(sizes.at.m2[:, 0])
    step[:, 1, 1] = skip * (kept**2 + 2 * b * mu * m1 * follows) + b**2 * m2 * follows
    step[:, 2, 1] = _branch_share(theory)[:, 0] * (d2 * follows - divides * share)
    step[:, 2, 2] = 1
    return step


def _elasticities(run: Run, q: FloatArray) -> FloatArray:
    """Change of m1 / sqrt(m2), m2 and d2 per relative change of q, (3, len(q)); the first not relative to m1 itself."""
    h = 1e-3
    up, at, down = (moments(run.activation, run.alpha, q * factor) for factor in (1 + h, 1.0, 1 - h))
    return np.stack(
        [(up.m1 - down.m1) / (2 * h * np.sqrt(at.m2)), q * at.growth / at.m2, (up.d2 - down.d2) / (2 * h * at.d2)]
    )


# --- covariances of phi, phi^2 and phi'^2 --------------------------------------------------------------------------


def _series(run: Run, q: FloatArray, c: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Cov(f(u), g(v)) for phi / sqrt(M2), phi^2 / M2 and phi'^2 / D2 at correlations c of u and v, (len(q), pairs).

    (len(q), pairs, 3, 3); then its second derivative by c, and the slope of E phi(u) phi(v) / M2, (len(q), pairs).
    By Hermite series; what they leave out is known at c = 1 and falls like the last term. Maxout: linear in c.
    """
    activation, alpha = at_infinite_width(run.activation, run.alpha)
    table = _hermite_table(activation, alpha)(q)
    terms = table[:, : _FUNCTIONS * TERMS].reshape(-1, _FUNCTIONS, TERMS)[..., 1:]
    total = table[:, _FUNCTIONS * TERMS :].reshape(-1, _FUNCTIONS, _FUNCTIONS)
    rest = total - np.einsum("qin,qjn->qij", terms, terms)
    last = TERMS if activation.elementwise else 1
    orders = np.arange(1, TERMS)
    powers = np.concatenate([np.ones((*c.shape, 1)), np.cumprod(np.repeat(c[..., np.newaxis], last, -1), axis=-1)], -1)

    def summed(derivative: int) -> FloatArray:
        factor = special.poch(orders - derivative + 1, derivative)
        falling = powers[..., np.maximum(orders - derivative, 0).clip(max=last)] * factor
        series = np.einsum("qin,qjn,qpn->qpij", terms, terms, falling)
        end = powers[..., max(last - derivative, 0)] * special.poch(last - derivative + 1, derivative)
        return series + end[..., np.newaxis, np.newaxis] * rest[:, np.newaxis]

    return summed(0), summed(2), summed(1)[..., 0, 0]


@lru_cache(maxsize=64)
def _hermite_table(activation: Activation, alpha: float) -> Octaves:
    compute = _hermite if activation.elementwise else _selection
    columns = _FUNCTIONS * (TERMS + _FUNCTIONS)
    return Octaves(lambda q: compute(activation, alpha, q), columns, low=-40, high=60, rounding=ROUNDING)


def _hermite(activation: Activation, alpha: float, q: FloatArray) -> FloatArray:
    """Coefficients and covariances of the three functions, (len(q), 3 * TERMS + 9)."""
    q = effective(activation, q)
    root = np.sqrt(q)[:, np.newaxis]
    z, weights = panels(edges(bends(activation, alpha, REACH * float(root.max())) / root))
    phi, slope = activation.phi(root * z, alpha), activation.dphi(root * z, alpha)
    return _projected(np.stack([phi, np.square(phi), np.square(slope)], axis=1), z, weights, TERMS)


def _selection(activation: Activation, alpha: float, q: FloatArray) -> FloatArray:
    z, weights = selected(activation, alpha)
    functions = np.stack([z, z**2, np.ones_like(z)])
    return np.repeat(_projected(functions[np.newaxis], z[np.newaxis], weights[np.newaxis], 1), q.size, axis=0)


def _projected(functions: FloatArray, z: FloatArray, weights: FloatArray, terms: int) -> FloatArray:
    """functions: (q, 3, nodes); the first is made to have mean square 1, the others mean 1."""
    size = np.einsum("qfn,qn->qf", np.concatenate([functions[:, :1] ** 2, functions[:, 1:]], axis=1), weights)
    size[:, 0] = np.sqrt(size[:, 0])
    weighted = functions / size[..., np.newaxis] * weights[:, np.newaxis]
    coefficients = np.zeros((*functions.shape[:2], TERMS))
    for n, polynomial in enumerate(hermite(z, terms)):
        coefficients[..., n] = np.einsum("qfn,qn->qf", weighted, polynomial)
    second = np.einsum("qfn,qgn->qfg", weighted, functions / size[..., np.newaxis])
    mean = coefficients[..., 0]
    total = second - mean[..., np.newaxis] * mean[:, np.newaxis]
    return np.concatenate([coefficients.reshape(len(functions), -1), total.reshape(len(functions), -1)], axis=1)
