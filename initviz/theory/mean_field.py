"""The recursions of mean-field theory, from layer to layer and back, for a few inputs and pairs of inputs at once.

Public: mean_field, Field; hidden_layers, Hidden; propagate, Sizes; propagate_back, Gradients; by_layer.

Schoenholz et al. (2017), arXiv:1611.01232; Poole et al. (2016), arXiv:1606.05340; with batch normalization Yang et al.
(2019), arXiv:1902.08129. Per sample, over the units of a layer, h has mean mu and variance v, z variance q. The last
axis of an array is that of the inputs or pairs.
"""

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from initviz.activations import Activation
from initviz.arrays import FloatArray
from initviz.gaussian.kernels import pair_law
from initviz.gaussian.moments import Moments, moments, second_moment
from initviz.network.experiment import Experiment
from initviz.network.normalization import EPSILON
from initviz.theory.batches import Batch, Rule, batch_of

APART = 1.5
"""With batch normalization: how many times the E q^2 / (E q)^2 of layer 1, over the batch, another layer may have.

Theory divides all units by one std. The std of a real unit is a sum over the samples with random signs, and where few
samples hold most of it, it holds these back. Up to this limit the gradient of 20 layers is predicted within a factor of
5 for standardized digits (test_batch_normalization_is_predicted_or_not_at_all); beyond it, not in its magnitude.
"""

# --- the layers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hidden:
    """One hidden layer as theory sees it. sigma_w2 and sigma_b2 may be arrays of several networks, shape (..., 1)."""

    activation: Activation
    alpha: float
    width: int
    pieces: int
    weight_var: float | FloatArray
    sigma_w2: float | FloatArray
    """fan_in Var W."""
    sigma_b2: float | FloatArray
    branch: float
    """Factor on phi(z): 1 without a residual connection."""
    skip: bool

    @property
    def backward(self) -> float | FloatArray:
        """E of the squared gradient passed back through the weights, per E of that which enters them."""
        return self.width * self.weight_var


def hidden_layers(experiment: Experiment) -> tuple[Hidden, Hidden]:
    """The first hidden layer, and what all others are like. The initializer must be random (`unpredictable` empty)."""
    initializer, settings = experiment.weights, experiment.settings
    shapes = replace(experiment, depth=2).shapes()
    kinds = []
    for layer, (fan_in, width, pieces) in enumerate(shapes, start=1):
        variance = initializer.variance(fan_in, width, settings)
        assert variance is not None
        biases = initializer.bias_variance(fan_in, width, settings)
        skip = experiment.has_skip(layer)
        kinds.append(
            Hidden(
                *experiment.layer_activation(layer),
                width,
                pieces,
                weight_var=variance,
                sigma_w2=fan_in * variance,
                sigma_b2=experiment.bias_std**2 if biases is None else biases,
                branch=experiment.residual if skip else 1.0,
                skip=skip,
            )
        )
    return kinds[0], kinds[1]


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


def normalized(normalization: str, layer: Hidden, mu: FloatArray, v: FloatArray, weights: FloatArray) -> FloatArray:
    """q of what enters the activation, from mean and variance of the h before.

    Batch normalization leaves every sample's distance from the mean of all; a layer's own mean is 0 at infinite width.
    """
    if normalization == "batch":
        spread = layer.sigma_w2 * (v + (mu - _average(mu, weights)) ** 2)
        return spread / (_average(spread, weights) + EPSILON)
    q = layer.sigma_w2 * (v + mu**2) + layer.sigma_b2
    return q / (q + EPSILON) if normalization == "layer" else q


def _average(values: FloatArray, weights: FloatArray) -> FloatArray:
    return (values @ weights)[..., np.newaxis]


def propagate(
    experiment: Experiment, kinds: tuple[Hidden, Hidden], mu: FloatArray, v: FloatArray, weights: FloatArray
) -> Sizes:
    """Mean and variance of every layer's h; mu and v are those of the inputs, weights their shares (0 is possible)."""
    first, others = kinds
    depth, normalization = experiment.depth, experiment.normalization
    if v.ndim == 1 and normalization != "batch" and not others.skip:
        q = _plain_q(normalization == "layer", kinds, depth, (v + mu**2).tolist())
    else:
        q = _general_q(normalization, kinds, depth, (mu, v, weights))
    at = _moments(first, others, q)
    scale = np.full((depth,) + (1,) * v.ndim, others.branch)
    scale[0] = first.branch
    m1, variance = scale * at.m1, scale**2 * at.variance
    mus, vs = np.stack([mu, *m1]), np.stack([v, *variance])
    start = 0 if first.skip else 1
    if others.skip:  # residual branches add up: what they add is independent of what is there already
        mus[start:], vs[start:] = np.cumsum(mus[start:], axis=0), np.cumsum(vs[start:], axis=0)
    return Sizes(mus, vs, q, at)


def _moments(first: Hidden, others: Hidden, q: FloatArray) -> Moments[FloatArray]:
    head = moments(first.activation, first.alpha, q[:1])
    tail = moments(others.activation, others.alpha, q[1:])
    return Moments(*(np.concatenate([getattr(head, f.name), getattr(tail, f.name)]) for f in fields(Moments)))


def _plain_q(layer_norm: bool, kinds: tuple[Hidden, Hidden], depth: int, squares: list[float]) -> FloatArray:
    """q without residual connections, where E h^2 is all that matters: number by number, which is fastest for a few."""
    rows = []
    for layer in (kinds[0], *[kinds[1]] * (depth - 1)):
        sigma_w2, sigma_b2 = float(layer.sigma_w2), float(layer.sigma_b2)
        row = [sigma_w2 * square + sigma_b2 for square in squares]
        if layer_norm:
            row = [q / (q + EPSILON) for q in row]
        rows.append(row)
        squares = [second_moment(layer.activation, layer.alpha, q) for q in row]
    return np.array(rows)


def _general_q(
    normalization: str,
    kinds: tuple[Hidden, Hidden],
    depth: int,
    inputs: tuple[FloatArray, FloatArray, FloatArray],
) -> FloatArray:
    mu, v, weights = inputs
    rows = []
    for layer in (kinds[0], *[kinds[1]] * (depth - 1)):
        rows.append(normalized(normalization, layer, mu, v, weights))
        at = moments(layer.activation, layer.alpha, rows[-1])
        mu = layer.skip * mu + layer.branch * at.m1
        v = layer.skip * v + layer.branch**2 * at.variance
    return np.array(rows)


# --- forward: the cosines ------------------------------------------------------------------------------------------


def by_layer(kinds: tuple[Hidden, Hidden], depth: int, name: str, ndim: int = 2) -> FloatArray:
    """One property of every hidden layer, shape (depth, 1), or (depth, ..., 1) with `ndim` axes."""
    first, others = (np.array(getattr(kind, name), dtype=float, ndmin=ndim - 1) for kind in kinds)
    return np.stack([first, *[others] * (depth - 1)])


def _pair_products(
    experiment: Experiment, kinds: tuple[Hidden, Hidden], batch: Batch, sizes: Sizes
) -> tuple[FloatArray, FloatArray]:
    """E h_a h_b for each of the batch's representative cosines, (depth + 1, pairs), and cosines in z, (depth, pairs).

    Both samples are taken to have the mean size, which is the first column of `sizes`.
    """
    first, others = kinds
    q, mu, square = sizes.q[:, 0], sizes.mu[:, 0], sizes.square[:, 0]
    by_batch = experiment.normalization == "batch"
    cosines = batch.centred_cosines if by_batch else batch.cosines
    product = cosines.points * sizes.v[0, 0] + mu[0] ** 2 if by_batch else cosines.points * square[0]
    products, correlations = [product], []
    laws = pair_law(first.activation, first.alpha, q[:1], q[:1]), pair_law(others.activation, others.alpha, q, q)
    for index in range(experiment.depth):
        layer, law = kinds[min(index, 1)], laws[min(index, 1)]
        if by_batch:
            common = _common_part(product, square[index], cosines.weights, batch.samples)
            c = (product - common) / (square[index] - common)
        else:
            c = (layer.sigma_w2 * product + layer.sigma_b2) / (layer.sigma_w2 * square[index] + layer.sigma_b2)
        correlations.append(np.minimum(np.maximum(c, -1.0), 1.0))
        branch = law[index].product(correlations[-1])
        if layer.skip:
            m1 = layer.branch * sizes.at.m1[index, 0]
            product = product + 2 * mu[index] * m1 + layer.branch**2 * branch
        else:
            product = branch
        products.append(product)
    return np.array(products), np.array(correlations)


def _common_part(product: FloatArray, square: FloatArray, weights: FloatArray, samples: int) -> FloatArray:
    """Mean of E h_a h_b over all a and b of the batch, equal ones included: what batch normalization takes away."""
    return (1 - 1 / samples) * (product @ weights) + square / samples


# --- backward ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gradients:
    """Mean squares over the units: at h for layers 0..depth, at the activation's input and at W h + b for 1..depth."""

    h: FloatArray
    z: FloatArray
    affine: FloatArray


def propagate_back(
    experiment: Experiment, kinds: tuple[Hidden, Hidden], sizes: Sizes, centred: FloatArray | None
) -> Gradients:
    """Gradients from independent N(0, 1) at the last h.

    centred: E h^2 about the batch's mean, (depth, ..., 1), which only batch normalization needs.

    A sample's gradient at z is independent of those of other samples, so that what normalization takes away of it is
    of order 1/samples (batch) or 1/width (layer) and only the division by the std is left.
    """
    depth = experiment.depth
    sigma_w2, sigma_b2, branch, skip, backward = (
        by_layer(kinds, depth, name, sizes.q.ndim) for name in ("sigma_w2", "sigma_b2", "branch", "skip", "backward")
    )
    through = branch**2 * sizes.at.d2
    inverse: float | FloatArray = 1.0
    if experiment.normalization == "layer":
        inverse = 1 / (sigma_w2 * sizes.square[:-1] + sigma_b2 + EPSILON)
    elif centred is not None:
        inverse = 1 / (sigma_w2 * centred + EPSILON)
    factor = skip + backward * through * inverse
    h = np.ones((depth + 1, *factor.shape[1:]))
    h[:-1] = np.cumprod(factor[::-1], axis=0)[::-1]
    pieces = by_layer(kinds, depth, "pieces", sizes.q.ndim)
    z = h[1:] * through / pieces
    return Gradients(h, z, z * inverse)


# --- all of it -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """Everything the recursions say of one experiment, computed when it is asked for."""

    experiment: Experiment
    batch: Batch
    kinds: tuple[Hidden, Hidden]

    @property
    def _by_batch(self) -> bool:
        return self.experiment.normalization == "batch"

    @cached_property
    def _rule(self) -> Rule:
        return self.batch.centred_square if self._by_batch else self.batch.square

    @cached_property
    def shares(self) -> FloatArray:
        """Shares of the batch that the columns of `sizes` stand for; the first, of share 0, is the mean sample."""
        return np.array([0.0, *self._rule.weights])

    @cached_property
    def sizes(self) -> Sizes:
        squares = np.array([self._rule.mean, *self._rule.points])
        mu = np.full(squares.size, self.batch.mean)
        return propagate(self.experiment, self.kinds, mu, squares if self._by_batch else squares - mu**2, self.shares)

    @cached_property
    def _pairs(self) -> tuple[FloatArray, FloatArray]:
        return _pair_products(self.experiment, self.kinds, self.batch, self.sizes)

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
        return (self.batch.centred_cosines if self._by_batch else self.batch.cosines).weights

    @property
    def pair_shares(self) -> FloatArray:
        """Of all (a, b) of the batch, and last the share of a = b."""
        samples = self.batch.samples
        return np.append((1 - 1 / samples) * self.pair_weights, 1 / samples)

    @cached_property
    def centred(self) -> FloatArray:
        """E h^2 of the mean sample about the mean of the batch, layers 0..depth - 1."""
        square = self.sizes.square[:, 0]
        return (square - _common_part(self.products, square, self.pair_weights, self.batch.samples))[:-1]

    @cached_property
    def last(self) -> int:
        """The last layer that theory can tell: beyond it, a few samples would take over the batch (see APART)."""
        if not self._by_batch:
            return self.experiment.depth
        q = self.sizes.q
        apart = np.square(q) @ self.shares / np.square(q @ self.shares)
        beyond = np.flatnonzero(apart > APART * apart[0])
        return int(beyond[0]) if beyond.size else self.experiment.depth

    @cached_property
    def gradients(self) -> Gradients:
        centred = self.centred[:, np.newaxis] if self._by_batch else None
        return propagate_back(self.experiment, self.kinds, self.sizes, centred)


def mean_field(experiment: Experiment) -> Field:
    """The field of an experiment. Raises InputError when its inputs cannot be read."""
    return Field(experiment, batch_of(experiment), hidden_layers(experiment))
