"""How far one network of finite width strays from the prediction: the middle and the spread of its sizes.

Public: scatter, Scatter.

What is followed from layer to layer is the covariance, over networks, of three numbers that belong to one sample: the
mean of h over the units, that of h^2, and the log of the squared gradient. A layer adds noise of order 1/width and
passes on what the layers before did (Roberts, Yaida & Hanin 2022, arXiv:2106.10165; Hanin & Nica 2020,
arXiv:1812.05994). Samples that are alike scatter together, so that a batch averages away only what differs among them.
Orthogonal weights draw no new lengths, and a normalization over the units holds the size of z: that noise is left out.
All numbers are relative to the prediction: mu / sqrt(m), m, with m = E h^2.
"""

from dataclasses import dataclass

import numpy as np

from initviz.arrays import FloatArray
from initviz.network.normalization import EPSILON
from initviz.theory.alike import Alike, alike, branch_share, held, weight_share
from initviz.theory.mean_field import MeanField
from initviz.theory.residual import coherent_growth

MEAN, SQUARE, GRADIENT = range(3)
"""The three numbers: places in the covariances."""


@dataclass(frozen=True)
class Scatter:
    """Over networks, relative to the prediction at infinite width, for layers 0..depth; sizes are about log-normal.

    For relu, `sample_square` and `sample_gradient` are exact at every width: (1 + 5/width)^layers - 1, the latter with
    a factor 1 + 2/width of the start gradient.
    """

    square: FloatArray
    """Variance of the mean of h^2 over the whole batch."""
    variance: FloatArray
    """Variance of the variance of h over the whole batch."""
    gradient: FloatArray
    """Variance of the mean squared gradient at h over the whole batch."""
    sample_square: FloatArray
    """Variance of the mean of h^2 of a single sample."""
    sample_gradient: FloatArray
    """Variance of the mean squared gradient of a single sample."""
    square_shift: FloatArray
    """How much larger the expected mean of h^2 is than at infinite width."""
    variance_shift: FloatArray
    """The same of the variance of h."""
    gradient_shift: FloatArray
    """The same of the mean squared gradient, as a log."""


def scatter(theory: MeanField) -> Scatter:
    """The spread of one network of these widths."""
    pairs = alike(theory)
    noise, carried = _noise(theory, pairs), _carried(theory, pairs)
    forward, backward = _followed(noise, carried, _by_one_matrix(theory, pairs))
    direction = np.stack([-2 * theory.sizes.mu[:, 0] / np.sqrt(theory.sizes.square[:, 0]), np.ones(len(forward))], 1)
    pooled = np.tensordot(forward, theory.pair_shares, (1, 0))
    of_mean = pooled[:, MEAN, MEAN]  # the batch's mean over all units is no exact 0: its square goes off the variance
    share = theory.sizes.v[:, 0] / theory.sizes.square[:, 0]
    within = np.einsum("li,lij,lj->l", direction, pooled[:, :2, :2], direction) + 2 * (of_mean * share) ** 2
    start = 2 / theory.layers.width[-1, 0]  # of the squared length of a random start gradient
    growth = coherent_growth(theory).h
    coherent = 1 - 1 / np.maximum(growth, 1)  # share of the squared gradient that follows delta . h
    shift = _forward_shift(theory, pairs, carried, forward[:, -1])
    within_shift = np.einsum("li,li->l", direction, shift) - of_mean
    return Scatter(
        square=pooled[:, SQUARE, SQUARE],
        variance=np.divide(within, share**2, out=np.zeros_like(within), where=share > 0),
        gradient=_with_coherent(
            theory, coherent, backward @ theory.pair_shares + start * theory.pair_shares[-1], pooled[:, SQUARE, SQUARE]
        ),
        sample_square=forward[:, -1, SQUARE, SQUARE],
        sample_gradient=(1 + start) * (1 + backward[:, -1]) - 1,
        square_shift=shift[:, SQUARE],
        variance_shift=np.divide(within_shift, share, out=np.zeros_like(share), where=share > 0),
        gradient_shift=(1 - coherent)
        * _gradient_shift(theory, pairs, shift, forward, noise[:, -1, GRADIENT, GRADIENT], backward[:, -1]),
    )


def _with_coherent(theory: MeanField, share: FloatArray, variance: FloatArray, square: FloatArray) -> FloatArray:
    """Variance of the batch's squared gradient, of which the share s scatters like (delta . h)^2 / |h|^2.

    delta . h at the end is one random number a sample, and from there on as good as constant, while |h|^2 goes back.
    Both parts pass the same weights: their logs are taken to be correlated by 1/2, which is measured, not derived.
    """
    growing = 2 / theory.batch.samples + np.log1p(square[-1]) - np.log1p(square)
    random, along = (1 - share) * np.sqrt(np.log1p(variance)), share * np.sqrt(np.maximum(growing, 0))
    return np.where(share > 0, np.expm1(random**2 + random * along + along**2), variance)


def _followed(noise: FloatArray, carried: FloatArray, shared: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The three forward, (depth + 1, pairs + 1, 3, 3), and the variance of the gradient, (depth + 1, pairs + 1)."""
    depth = len(noise)
    covariance = np.zeros((depth + 1, *noise.shape[1:]))  # one for each layer that the gradient is followed back to
    forward = [covariance[0].copy()]
    for layer in range(1, depth + 1):
        old, step, new_noise = covariance[:layer], carried[layer - 1], noise[layer - 1]
        new = step @ old @ step.T + new_noise + shared[layer - 1, :layer, np.newaxis]
        for index in (SQUARE, GRADIENT):  # a larger signal makes larger noise: what makes relu exact
            new[..., index, index] += new_noise[..., index, index] * old[..., index, index]
        covariance[:layer] = new
        covariance[layer] = new[0]
        covariance[layer, :, GRADIENT, :] = covariance[layer, :, :, GRADIENT] = 0
        forward.append(new[0])
    return np.array(forward), covariance[..., GRADIENT, GRADIENT]


# --- the noise of a layer ------------------------------------------------------------------------------------------


def _noise(theory: MeanField, pairs: Alike) -> FloatArray:
    """What each layer adds: covariances of the three, (depth, pairs + 1, 3, 3); in the last place a sample with itself.

    With a residual connection h' = h + a phi: h'^2 - h^2 = 2 a h phi + a^2 phi^2, and h does not depend on phi.
    """
    layers, square = theory.layers, theory.sizes.square[:, 0]
    b, mu = _branch(theory)[:, np.newaxis], _mean_before(theory)[:, np.newaxis]
    before = np.concatenate([theory.products[:-1], square[:-1, np.newaxis]], axis=1)
    product = layers.skip * before / square[1:, np.newaxis]
    through = branch_share(theory)[:, np.newaxis]
    kept, free = pairs.kept, pairs.free
    beside = product * free[..., 0, 0] + pairs.product - mu**2 * (free - kept)[..., 0, 0]
    noise = np.empty_like(kept)
    noise[..., MEAN, MEAN] = b**2 * kept[..., 0, 0]
    noise[..., MEAN, SQUARE] = b**3 * kept[..., 0, 1] + 2 * b**2 * mu * kept[..., 0, 0]
    noise[..., SQUARE, SQUARE] = b**4 * kept[..., 1, 1] + 4 * b**3 * mu * kept[..., 0, 1] + 4 * b**2 * beside
    noise[..., MEAN, GRADIENT] = through * b * kept[..., 0, 2]
    noise[..., SQUARE, GRADIENT] = through * (b**2 * kept[..., 1, 2] + 2 * b * mu * kept[..., 0, 2])
    # a pair's gradients are Gaussian over the units, with this squared cosine; residual connections add them up
    by_slopes = kept[..., 2, 2] + 2 * pairs.overlap_z * free[..., 2, 2]
    by_weights = 2 * pairs.overlap_z * (1 - layers.keeps_backward)
    by_division = 2 * pairs.cosine_square * held(theory)[:, np.newaxis] * (1 - layers.keeps_forward)  # by a real std
    noise[..., GRADIENT, GRADIENT] = through**2 * (by_slopes + by_weights + by_division)
    noise[..., GRADIENT, GRADIENT] += 4 * pairs.overlap_h * through * (1 - through)
    for i, j in ((1, 0), (2, 0), (2, 1)):
        noise[..., i, j] = noise[..., j, i]
    return noise / layers.width[..., np.newaxis, np.newaxis]


def _by_one_matrix(theory: MeanField, pairs: Alike) -> FloatArray:
    """Covariance of one sample's h with another one's gradient, because both pass the same W, (depth, depth, 3, 3).

    The first axis is the layer of W, the second the layer k that the gradient is followed back to. For Gaussian W,
    Cov(|W^T h|^2, |M W g|^2) = 2 |M h|^2 |g|^2 / n^2, where M goes on back to layer k: the more alike the directions
    are that layers k..l lengthen, the larger (a linear network: l - k times). Not followed beside skip connections.
    """
    layers, at = theory.layers, theory.sizes.at
    depth, square = len(layers), theory.sizes.square[:, 0]
    result = np.zeros((depth, depth, 3, 3))
    if layers.skip.any() or layers.over_batch.any():
        return result
    follows, answers = _follows(theory, pairs)
    drawn = (1 - layers.keeps_forward[:, 0]) / (layers.width[:, 0] * layers.fan_in[:, 0])
    normalized = held(theory)
    along = (layers.sigma_w2[:, 0] ** (1 - normalized) * at.d1[:, 0] ** 2) ** 2
    along /= layers.sigma_w2[:, 0] ** (1 - normalized) * at.d2[:, 0]
    along *= (square[:-1] ** (1 - normalized)) / square[1:]
    directions = np.zeros(depth)
    for layer in range(depth):
        directions[:layer] = 1 + along[layer - 1] * directions[:layer]
        directions[layer] = 1
        covariance = 2 * drawn[layer] * directions[: layer + 1]
        cells = result[layer, : layer + 1]
        for place, grows in ((MEAN, pairs.at.elasticity.phi), (SQUARE, pairs.at.elasticity.square)):
            cells[:, place, GRADIENT] = cells[:, GRADIENT, place] = covariance * grows[layer] * follows[layer]
        cells[:, GRADIENT, GRADIENT] = 2 * covariance * answers[layer]
    return result


# --- what a layer does to the noise of those before ----------------------------------------------------------------


def _branch(theory: MeanField) -> FloatArray:
    """Size of the branch in the new h."""
    return theory.layers.branch[:, 0] * np.sqrt(theory.sizes.at.m2[:, 0] / theory.sizes.square[1:, 0])


def _mean_before(theory: MeanField) -> FloatArray:
    """Mean of the old h in the new one."""
    return theory.layers.skip[:, 0] * theory.sizes.mu[:-1, 0] / np.sqrt(theory.sizes.square[1:, 0])


def _follows(theory: MeanField, pairs: Alike) -> tuple[FloatArray, FloatArray]:
    """Relative change of q, and of the squared gradient at h before, per relative change of |W^T h|^2, (depth,)."""
    layers = theory.layers
    signal = layers.sigma_w2[:, 0] * theory.unshared
    variance = signal + layers.sigma_b2[:, 0] + EPSILON
    divides = layers.divides[:, 0]
    share = np.where(divides, signal / variance, weight_share(theory))
    follows = share * np.where(divides, EPSILON / variance, 1)
    return follows, pairs.at.elasticity.slope * follows - divides * share


def _carried(theory: MeanField, pairs: Alike) -> FloatArray:
    """How each layer passes on small changes of the three numbers, (depth, 3, 3)."""
    sizes, square, skip = theory.sizes, theory.sizes.square[:, 0], theory.layers.skip[:, 0]
    follows, answers = _follows(theory, pairs)
    kept = np.sqrt(square[:-1] / square[1:])
    b, mu, grows = _branch(theory), _mean_before(theory), pairs.at.elasticity
    step = np.zeros((len(theory.layers), 3, 3))
    step[:, MEAN, MEAN] = skip * kept
    step[:, MEAN, SQUARE] = b * grows.phi * follows
    step[:, SQUARE, MEAN] = skip * 2 * b * kept * sizes.at.m1[:, 0] / np.sqrt(sizes.at.m2[:, 0])
    step[:, SQUARE, SQUARE] = skip * (kept**2 + 2 * b * mu * grows.phi * follows) + b**2 * grows.square * follows
    step[:, GRADIENT, SQUARE] = branch_share(theory) * answers
    step[:, GRADIENT, GRADIENT] = 1
    return step


# --- the middle: what 1/width does to the mean ---------------------------------------------------------------------


def _q_variance(theory: MeanField, pairs: Alike, forward: FloatArray) -> FloatArray:
    """Relative variance of q beyond that of independent Gaussian z, (depth,); negative where z has a fixed length."""
    layers = theory.layers
    follows, _ = _follows(theory, pairs)
    fixed = np.maximum(held(theory), layers.keeps_forward[:, 0] * weight_share(theory) ** 2)
    return follows**2 * np.log1p(forward[:-1, SQUARE, SQUARE]) - 2 * fixed / layers.width[:, 0]


def _forward_shift(theory: MeanField, pairs: Alike, carried: FloatArray, forward: FloatArray) -> FloatArray:
    """Relative shifts of the means of h and h^2, (depth + 1, 2): E f(q) = f + q^2 f'' Var(q) / 2."""
    b, mu, bends = _branch(theory), _mean_before(theory), pairs.at.curvature
    spread = _q_variance(theory, pairs, forward)
    new = np.stack([b * bends.phi, b**2 * bends.square + 2 * b * mu * bends.phi], axis=1) * spread[:, np.newaxis] / 2
    # skip connections: mean of h and mean of phi(z) vary together
    square = theory.sizes.square[:, 0]
    follows, _ = _follows(theory, pairs)
    together = 2 * b * np.sqrt(square[:-1] / square[1:]) * pairs.at.elasticity.phi * follows
    new[:, SQUARE] += theory.layers.skip[:, 0] * together * forward[:-1, MEAN, SQUARE]
    shift = [np.zeros(2)]
    for step, here in zip(carried, new, strict=True):
        shift.append(step[:2, :2] @ shift[-1] + here)
    return np.array(shift)


def _gradient_shift(
    theory: MeanField,
    pairs: Alike,
    shift: FloatArray,
    forward: FloatArray,
    noise: FloatArray,
    backward: FloatArray,
) -> FloatArray:
    """Log of E of the squared gradient over its value at infinite width, (depth + 1,).

    By the mean of the log, layer by layer, and half of the log's variance at the end.
    """
    layers, at = theory.layers, pairs.at
    n, share, normalized = layers.width[:, 0], weight_share(theory), held(theory)
    follows, _ = _follows(theory, pairs)
    before, spread = shift[:-1, SQUARE], np.log1p(forward[:-1, -1, SQUARE, SQUARE])
    along, passed = _along(theory, pairs)
    logs = at.elasticity.slope * follows * before + at.curvature.slope * _q_variance(theory, pairs, forward[:, -1]) / 2
    logs -= np.square(follows * at.elasticity.slope) * spread / 2
    logs += (along[1:] - 1) * pairs.free[:, -1, 1, 2] / n
    logs += (1 - layers.divides[:, 0]) * (1 - layers.keeps_backward[:, 0]) * (passed - 1) / layers.fan_in[:, 0]
    # division by the std of a real z, and the two directions that normalization takes away
    drawn = 1 - layers.keeps_forward[:, 0]
    logs += layers.divides[:, 0] * (normalized * (drawn - passed) / n - share * (before - spread / 2))
    own = np.log1p(noise) / 2
    total = np.append(np.cumsum((branch_share(theory) * logs - own)[::-1])[::-1], 0.0)
    return total + np.log1p(backward) / 2


def _along(theory: MeanField, pairs: Alike) -> tuple[FloatArray, FloatArray]:
    """n times the share of a sample's squared gradient that points along its h, (depth + 1,), and after it has passed
    phi' along W^T h, (depth,). A random direction has 1."""
    sizes, layers = theory.sizes, theory.layers
    q, m2, d2 = sizes.q[:, 0], sizes.at.m2[:, 0], sizes.at.d2[:, 0]
    whole = np.where(pairs.at.elementwise > 0, 1 + 2 * pairs.at.elasticity.slope, m2 / (q * d2))  # E z^2 phi'^2 / q D2
    coherent = m2 * pairs.at.elasticity.square**2 / (q * d2)  # (E z phi phi')^2 / M2 q D2
    share = weight_share(theory)
    along, passed = np.ones(len(layers) + 1), np.ones(len(layers))
    for layer in reversed(range(len(layers))):
        passed[layer] = share[layer] * (whole[layer] + (along[layer + 1] - 1) * coherent[layer]) + 1 - share[layer]
        if not layers.skip[layer, 0]:
            along[layer] = 0 if layers.divides[layer, 0] else passed[layer]
    return along, passed
