"""The recursions of mean-field theory, from layer to layer and back, for a few inputs and pairs of inputs at once.

Public: mean_field, MeanField; propagate, Sizes; propagate_back, Gradients.

Schoenholz et al. (2017), arXiv:1611.01232; Poole et al. (2016), arXiv:1606.05340; with batch normalization Yang et al.
(2019), arXiv:1902.08129. Per sample, over the units of a layer, h has mean mu and variance v, z variance q. The last
axis of an array is that of the inputs or pairs.
"""

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from initviz.arrays import FloatArray
from initviz.gaussian.kernels import pair_law
from initviz.gaussian.moments import Moments, moments, second_moment
from initviz.network.normalization import EPSILON
from initviz.network.spec import NetworkSpec
from initviz.theory.batches import Batch, Rule
from initviz.theory.layers import Layers, layers_of

APART = 1.5
"""With batch normalization: how many times the E q^2 / (E q)^2 of layer 1, over the batch, another layer may have.

Theory divides all units by one std. The std of a real unit is a sum over the samples with random signs, and where few
samples hold most of it, it holds these back: beyond this limit sizes are not predicted in their magnitude.
"""

# --- forward: the variances ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sizes:
    """Mean and variance of h over the units, for layers 0..depth, and q of z for layers 1..depth; (layers, ..., n)."""

    mu: FloatArray
    v: FloatArray
    q: FloatArray
    at: Moments[FloatArray]
    """The activation's moments at q."""

    @property
    def square(self) -> FloatArray:
        """E h^2."""
        return self.v + self.mu**2


def propagate(layers: Layers, mu: FloatArray, v: FloatArray, weights: FloatArray) -> Sizes:
    """Mean and variance of every layer's h; mu and v are those of the inputs, weights their shares (0 is possible)."""
    if v.ndim == 1 and not layers.skip.any() and not layers.over_batch.any():
        q = _plain_q(layers, (v + mu**2).tolist())
        at = _moments(layers, q)
        mus, vs = [mu, *layers.branch * at.m1], [v, *layers.branch**2 * at.variance]
        return Sizes(np.stack(mus), np.stack(vs), q, at)
    mus, vs, rows = [mu], [v], []
    for run in layers.runs:
        for index in range(*run.rows.indices(len(layers))):
            rows.append(_entering(layers, index, mus[-1], vs[-1], weights))
            at = moments(run.activation, run.alpha, rows[-1])
            skip, branch = layers.skip[index], layers.branch[index]
            mus.append(branch * at.m1 + (mus[-1] if skip else 0))
            vs.append(branch**2 * at.variance + (vs[-1] if skip else 0))  # what a branch adds is independent of h
    q = np.array(rows)
    return Sizes(np.array(mus), np.array(vs), q, _moments(layers, q))


def _moments(layers: Layers, q: FloatArray) -> Moments[FloatArray]:
    parts = [moments(run.activation, run.alpha, q[run.rows]) for run in layers.runs]
    return Moments(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Moments)))


def _plain_q(layers: Layers, squares: list[float]) -> FloatArray:
    """q where E h^2 is all that matters: number by number, which is fastest for a few."""
    rows = []
    columns = zip(
        *(column[:, 0].tolist() for column in (layers.sigma_w2, layers.sigma_b2, layers.divides)), strict=True
    )
    for spec, (sigma_w2, sigma_b2, divides) in zip(layers.specs, columns, strict=True):
        row = [sigma_w2 * square + sigma_b2 for square in squares]
        if divides:
            row = [q / (q + EPSILON) for q in row]
        rows.append(row)
        squares = [second_moment(spec.activation, spec.alpha, q) for q in row]
    return np.array(rows)


def _entering(layers: Layers, index: int, mu: FloatArray, v: FloatArray, weights: FloatArray) -> FloatArray:
    """q of what enters the activation, from mean and variance of the h before.

    A normalization over the batch leaves every sample's distance from the mean of all.
    """
    over_batch = bool(layers.over_batch[index])
    centre = _average(mu, weights) if over_batch else 0.0
    q = layers.sigma_w2[index] * (v + (mu - centre) ** 2) + layers.sigma_b2[index]
    if not layers.divides[index]:
        return q
    return q / ((_average(q, weights) if over_batch else q) + EPSILON)


def _average(values: FloatArray, weights: FloatArray) -> FloatArray:
    return (values @ weights)[..., np.newaxis]


# --- forward: the cosines ------------------------------------------------------------------------------------------


def _pair_products(
    layers: Layers, sizes: Sizes, product: FloatArray, shares: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """E h_a h_b of some pairs, (depth + 1, pairs), and their cosines in z, (depth, pairs), from the inputs' product.

    Both samples are taken to have the mean size, which is the first column of `sizes`. shares: see `pair_shares`.
    """
    q, mu, square = sizes.q[:, 0], sizes.mu[:, 0], sizes.square[:, 0]
    products, correlations = [product], []
    for run in layers.runs:
        law = pair_law(run.activation, run.alpha, q[run.rows], q[run.rows])
        for row, index in enumerate(range(*run.rows.indices(len(layers)))):
            sigma_w2, sigma_b2, branch = layers.sigma_w2[index], layers.sigma_b2[index], layers.branch[index]
            shared = _shared(product, square[index], shares) if layers.over_batch[index] else 0.0
            c = (sigma_w2 * (product - shared) + sigma_b2) / (sigma_w2 * (square[index] - shared) + sigma_b2)
            correlations.append(np.minimum(np.maximum(c, -1.0), 1.0))
            passed = branch**2 * law[row].product(correlations[-1])
            if layers.skip[index]:
                passed = product + 2 * mu[index] * branch * sizes.at.m1[index, 0] + passed
            products.append(product := passed)
    return np.array(products), np.array(correlations)


def _shared(product: FloatArray, square: FloatArray, shares: FloatArray) -> FloatArray:
    """Mean of E h_a h_b over all a and b of the batch, equal ones included: what the whole batch shares."""
    return product @ shares[:-1] + square * shares[-1]


# --- backward ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gradients:
    """Mean squares over the units: at h for layers 0..depth, at the activation's input and at W h + b for 1..depth."""

    h: FloatArray
    z: FloatArray
    affine: FloatArray


def propagate_back(layers: Layers, sizes: Sizes, unshared: FloatArray) -> Gradients:
    """Gradients from independent N(0, 1) at the last h.

    unshared: E h^2 of the mean sample less what the batch shares, for layers 0..depth - 1: what a normalization over
    the batch divides all samples by.

    A sample's gradient at z is independent of those of other samples, so that what normalization takes away of it is
    of order 1/samples (batch) or 1/width (layer) and only the division by the std is left.
    """
    through = layers.branch**2 * sizes.at.d2
    square = np.where(layers.over_batch, unshared, sizes.square[:-1])
    variance = layers.sigma_w2 * square + layers.sigma_b2
    inverse = np.where(layers.divides, 1 / (variance + EPSILON), 1.0)
    factor = layers.skip + layers.backward * through * inverse
    h = np.ones((len(factor) + 1, *factor.shape[1:]))
    h[:-1] = np.cumprod(factor[::-1], axis=0)[::-1]
    z = h[1:] * through / layers.pieces
    return Gradients(h, z, z * inverse)


# --- all of it -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MeanField:
    """Everything the recursions say of one network and batch, computed when it is asked for."""

    layers: Layers
    batch: Batch

    @cached_property
    def _centred(self) -> bool:
        """Whether the batch enters about its mean row, which is how a normalization over it sees the first layer."""
        return bool(self.layers.over_batch[0])

    @cached_property
    def _rule(self) -> Rule:
        return self.batch.centred_square if self._centred else self.batch.square

    @cached_property
    def shares(self) -> FloatArray:
        """Shares of the batch that the columns of `sizes` stand for; the first, of share 0, is the mean sample."""
        return np.array([0.0, *self._rule.weights])

    @cached_property
    def sizes(self) -> Sizes:
        squares = np.array([self._rule.mean, *self._rule.points])
        mu = np.full(squares.size, self.batch.mean)
        return propagate(self.layers, mu, squares if self._centred else squares - mu**2, self.shares)

    @cached_property
    def _cosines(self) -> Rule:
        return self.batch.centred_cosines if self._centred else self.batch.cosines

    @cached_property
    def _pairs(self) -> tuple[FloatArray, FloatArray]:
        product = self._cosines.points * (self.sizes.v[0, 0] if self._centred else self.sizes.square[0, 0])
        if self._centred:
            product = product + self.sizes.mu[0, 0] ** 2
        return _pair_products(self.layers, self.sizes, product, self.pair_shares)

    @property
    def products(self) -> FloatArray:
        """E h_a h_b of representative pairs, layers 0..depth."""
        return self._pairs[0]

    @property
    def correlations(self) -> FloatArray:
        """Of what enters the activation, layers 1..depth."""
        return self._pairs[1]

    @property
    def pair_weights(self) -> FloatArray:
        """Shares of the pairs of different samples that the columns of `products` stand for."""
        return self._cosines.weights

    @cached_property
    def pair_shares(self) -> FloatArray:
        """Of all (a, b) of the batch, and last the share of a = b."""
        samples = self.batch.samples
        return np.append((1 - 1 / samples) * self.pair_weights, 1 / samples)

    @cached_property
    def unshared(self) -> FloatArray:
        """E h^2 of the mean sample for layers 0..depth - 1, about the mean of the batch where the next layer takes that
        away."""
        square = self.sizes.square[:-1, 0]
        if not self.layers.over_batch.any():
            return square
        return square - self.layers.over_batch[:, 0] * _shared(self.products[:-1], square, self.pair_shares)

    @cached_property
    def last_valid_layer(self) -> int:
        """The last layer that theory can tell: beyond it, a few samples would take over the batch (see APART)."""
        if not self.layers.over_batch.any():
            return len(self.layers)
        q = self.sizes.q
        apart = np.square(q) @ self.shares / np.square(q @ self.shares)
        beyond = np.flatnonzero(apart > APART * apart[0])
        return int(beyond[0]) if beyond.size else len(self.layers)

    @cached_property
    def gradients(self) -> Gradients:
        return propagate_back(self.layers, self.sizes, self.unshared[:, np.newaxis])


def mean_field(spec: NetworkSpec, batch: Batch) -> MeanField:
    """The recursions of a network that `no_prediction` has nothing against."""
    return MeanField(layers_of(spec), batch)
