"""Initializers: every variance against a hand-written golden row, and against what is really drawn."""

from dataclasses import replace
from math import exp, log, pi, sqrt

import numpy as np
import pytest
from scipy import stats

from initviz.activations import ACTIVATIONS
from initviz.arrays import FloatArray
from initviz.network.initializers import INITIALIZERS, Initializer, Settings

FAN_IN, FAN_OUT, STD = 300, 200, 0.02
CUT = 1 - 4 * exp(-2) / sqrt(2 * pi) / (2 * stats.norm.cdf(2) - 1)  # variance of a unit normal cut at +-2

GOLDEN: dict[str, tuple[float | None, float]] = {
    # Var W for tanh, 300 inputs, 200 outputs, std 0.02, gain 1 (None: not random); kurtosis E w^4 / (E w^2)^2
    "random_normal": (0.0004, 3.0),
    "random_uniform": (0.0004, 1.8),
    "truncated_normal": (0.0004 * CUT, stats.truncnorm(-2, 2).stats("k") + 3),
    "lecun_normal": (1 / 300, 3.0),
    "lecun_uniform": (1 / 300, 1.8),
    "glorot_normal": (1 / 250, 3.0),
    "glorot_uniform": (1 / 250, 1.8),
    "he_normal": (1 / 150, 3.0),
    "he_uniform": (1 / 150, 1.8),
    "he_normal_fan_out": (1 / 100, 3.0),
    "he_uniform_fan_out": (1 / 100, 1.8),
    "variance_scaling": (1 / 300, stats.truncnorm(-2, 2).stats("k") + 3),
    "torch_default": (1 / 900, 1.8),
    "kumar": (1 / 300, 3.0),
    "critical": (1 / 300, 3.0),
    "random_walk": (exp(1 / 300) / 300, 3.0),
    "orthogonal": (1 / 300, 3.0),
    "sparse": (0.0004 * 15 / 300, 3.0 * 300 / 15),
    "lsuv": (None, 0),
    "data_dependent": (None, 0),
    "zeros": (None, 0),
    "ones": (None, 0),
    "constant": (None, 0),
    "identity": (None, 0),
}


def settings_for(activation: str = "tanh", alpha: float | None = None, std: float = STD, gain: float = 1.0) -> Settings:
    phi = ACTIVATIONS[activation]
    return Settings(phi, phi.alpha(alpha), std, gain)


def drawn(initializer: Initializer, settings: Settings, seed: int = 0) -> FloatArray:
    return initializer.draw(np.random.default_rng(seed), FAN_IN, FAN_OUT, settings)


every_initializer = pytest.mark.parametrize("initializer", INITIALIZERS.values(), ids=lambda i: i.id)
random_weights = pytest.mark.parametrize("id", [id for id, (variance, _) in GOLDEN.items() if variance is not None])


def test_every_initializer_has_a_golden_row() -> None:
    """A "He" that is not He agrees with itself; only a number written by hand finds it out."""
    assert set(GOLDEN) == set(INITIALIZERS)


@pytest.mark.parametrize("id", GOLDEN)
def test_variance_is_the_golden_one(id: str) -> None:
    golden = GOLDEN[id][0]
    assert INITIALIZERS[id].variance(FAN_IN, FAN_OUT, settings_for()) == (
        None if golden is None else pytest.approx(golden, rel=1e-12)
    )


@random_weights
def test_drawn_weights_have_the_golden_variance(id: str) -> None:
    """The mean of n squares has the standard error variance * sqrt((kurtosis - 1) / n): four of them are allowed."""
    variance, kurtosis = GOLDEN[id]
    assert variance is not None
    w = drawn(INITIALIZERS[id], settings_for()).astype(np.float64)
    assert np.square(w).mean() == pytest.approx(variance, rel=4 * sqrt((kurtosis - 1) / w.size))
    assert abs(w.mean()) < 4 * sqrt(variance / w.size)


@pytest.mark.parametrize("id", [id for id in GOLDEN if INITIALIZERS[id].iid])
def test_drawn_weights_have_the_shape_their_name_says(id: str) -> None:
    """The kurtosis of n normal values has the standard error sqrt(24 / n), of flatter distributions less."""
    w = drawn(INITIALIZERS[id], settings_for())
    assert stats.kurtosis(w, axis=None) + 3 == pytest.approx(GOLDEN[id][1], abs=4 * sqrt(24 / w.size))


@pytest.mark.parametrize(
    ("id", "limit"),
    [
        ("random_uniform", STD * sqrt(3)),
        ("glorot_uniform", sqrt(6 / 500)),
        ("he_uniform", sqrt(6 / 300)),
        ("torch_default", 1 / sqrt(300)),
        ("truncated_normal", 2 * STD),
        ("variance_scaling", 2 / sqrt(CUT * 300)),
    ],
)
def test_bounded_weights_reach_their_bound_and_no_further(id: str, limit: float) -> None:
    """Float32 rounding aside. Of 60,000 values the largest misses the bound by under 1 % (0.99^60,000 is 0)."""
    largest = np.abs(drawn(INITIALIZERS[id], settings_for())).max()
    assert 0.99 * limit < largest <= limit * (1 + 1e-6)


# --- the pair of activation and initializer ---


@pytest.mark.parametrize(
    ("activation", "alpha", "scale"),
    [
        ("sigmoid", None, 12.8),
        ("tanh", None, 1.0),
        ("relu", None, 2.0),
        ("linear", None, 1.0),
        ("softplus", None, 4 / (1 + log(2) ** 2)),
        ("leaky_relu", 0.5, 1.6),
        ("gelu", None, 4.0),
        ("softsign", None, 1.0),
        ("elu", None, 1.0),
        ("elu", 0.5, 2.0),
        ("celu", None, 1.0),
        ("prelu", 1.0, 1.0),
    ],
)
def test_kumar_s_rule(activation: str, alpha: float | None, scale: float) -> None:
    """Kumar (2017): 1 / (N phi'(0)^2 (1 + phi(0)^2)), for the rectifiers 2 / N. softsign, elu with alpha 1 and celu are
    differentiable at 0, though phi' has a kink there; elu with alpha 0.5 has slopes 0.5 and 1."""
    variance = INITIALIZERS["kumar"].variance(FAN_IN, FAN_OUT, settings_for(activation, alpha))
    assert variance == pytest.approx(scale / FAN_IN, rel=1e-12)


@pytest.mark.parametrize(("activation", "alpha", "scale"), [("relu", None, 2), ("tanh", None, 2), ("prelu", 0.5, 1.6)])
def test_he_knows_the_negative_slope(activation: str, alpha: float | None, scale: float) -> None:
    settings = settings_for(activation, alpha)
    assert INITIALIZERS["he_normal"].variance(FAN_IN, FAN_OUT, settings) == pytest.approx(scale / FAN_IN, rel=1e-12)
    assert INITIALIZERS["he_uniform_fan_out"].variance(FAN_IN, FAN_OUT, settings) == pytest.approx(scale / FAN_OUT)


def test_random_walk() -> None:
    """Sussillo & Abbott (2014), eq. 17 and below: g = exp(1/2N) for linear, sqrt2 exp(1.2/(max(N,6)-2.4)) for relu."""
    walk = INITIALIZERS["random_walk"]
    assert walk.variance(100, 7, settings_for("linear")) == pytest.approx(exp(0.01) / 100, rel=1e-12)
    assert walk.variance(100, 7, settings_for("relu")) == pytest.approx(2 * exp(2.4 / 97.6) / 100, rel=1e-12)
    assert walk.variance(2, 7, settings_for("relu")) == pytest.approx(2 * exp(2.4 / 3.6) / 2, rel=1e-12)
    assert walk.variance(100, 7, settings_for("prelu", 1.0)) == pytest.approx(exp(0.01) / 100, rel=1e-12)


@pytest.mark.parametrize("slope", [0.0, 0.25, 0.5, 1.0])
def test_random_walk_knows_the_negative_slope(slope: float) -> None:
    """The log of the gradient's size makes no step on average: 4,000 layers of 100 units, by hand.

    One step has a variance of (1/2 + 3/4 v)/N, so the mean of 4,000 strays by 0.0018 (one sigma) at most; the rule's
    own terms of second order are below 0.0015.
    """
    n, rng = 100, np.random.default_rng(7)
    variance = INITIALIZERS["random_walk"].variance(n, n, settings_for("leaky_relu", slope))
    assert variance is not None
    gradient, logs = rng.standard_normal(n), []
    for _ in range(4000):
        slopes = np.where(rng.random(n) < 0.5, slope, 1.0)
        after = sqrt(variance) * rng.standard_normal((n, n)) @ (slopes * gradient)
        logs.append(np.log(np.linalg.norm(after) / np.linalg.norm(gradient)))
        gradient = after / np.linalg.norm(after)
    assert abs(np.mean(logs)) < 4 * 0.0018 + 0.0015


def test_pytorch_brings_its_biases() -> None:
    torch = INITIALIZERS["torch_default"]
    assert torch.bias_variance(FAN_IN, FAN_OUT, settings_for()) == pytest.approx(1 / 900, rel=1e-12)
    assert INITIALIZERS["he_normal"].bias_variance(FAN_IN, FAN_OUT, settings_for()) is None


@pytest.mark.parametrize(("id", "kurtosis"), [("torch_default", 1.8), ("critical", 3.0), ("he_uniform", 3.0)])
def test_biases_follow_their_own_law(id: str, kurtosis: float) -> None:
    """Uniform for PyTorch's default, as its formula says; biases that an experiment adds are normal."""
    biases = INITIALIZERS[id].draw_biases(np.random.default_rng(3), 20_000, 0.25)
    law = stats.uniform(-sqrt(0.75), 2 * sqrt(0.75)) if kurtosis < 2 else stats.norm(0, 0.5)
    assert stats.kstest(biases, law.cdf).pvalue > 1e-3
    assert stats.kurtosis(biases, fisher=False) == pytest.approx(kurtosis, abs=4 * sqrt(24 / 20_000))


# --- the special ones ---


@pytest.mark.parametrize(("fan_in", "fan_out"), [(40, 30), (30, 40), (30, 30)])
def test_orthogonal_rows_or_columns(fan_in: int, fan_out: int) -> None:
    w = INITIALIZERS["orthogonal"].draw(np.random.default_rng(0), fan_in, fan_out, settings_for(gain=2.0))
    products = w.T @ w if fan_in >= fan_out else w @ w.T
    np.testing.assert_allclose(products, 4 * np.eye(min(fan_in, fan_out)), atol=1e-12)


def test_orthogonal_matrices_prefer_no_direction() -> None:
    """The trace of a Haar matrix has mean 0 and variance 1; LAPACK's own signs would make the corner negative."""
    rng = np.random.default_rng(0)
    traces = [np.trace(INITIALIZERS["orthogonal"].draw(rng, 3, 3, settings_for())) for _ in range(400)]
    assert abs(np.mean(traces)) < 4 / sqrt(400)


@pytest.mark.parametrize(("fan_in", "expected"), [(100, 15), (15, 15), (4, 4)])
def test_sparse_units_have_fifteen_connections(fan_in: int, expected: int) -> None:
    w = INITIALIZERS["sparse"].draw(np.random.default_rng(0), fan_in, 50, settings_for())
    assert set(np.count_nonzero(w, axis=0)) == {expected}
    if fan_in == 100:
        assert len({tuple(np.flatnonzero(column)) for column in w.T}) == 50, "each unit has its own connections"


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("zeros", np.zeros((3, 2))),
        ("ones", np.ones((3, 2))),
        ("constant", np.full((3, 2), STD)),
        ("identity", [[2, 0], [0, 2], [0, 0]]),
    ],
)
def test_weights_that_are_not_random(id: str, expected: FloatArray) -> None:
    w = INITIALIZERS[id].draw(np.random.default_rng(0), 3, 2, settings_for(gain=2.0))
    np.testing.assert_array_equal(w, expected)
    assert INITIALIZERS[id].unpredictable


def _fitted(initializer: Initializer, settings: Settings) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(W, b, z) on a batch far from unit variance."""
    h = 5 + 3 * np.random.default_rng(1).standard_normal((400, FAN_IN))
    w: FloatArray = drawn(initializer, settings).astype(np.float64)
    b: FloatArray = np.zeros(FAN_OUT)
    if initializer.fit:
        w, b = initializer.fit(w, b, h)
    return w, b, h @ w + b


def test_lsuv_gives_every_layer_unit_variance() -> None:
    w, b, z = _fitted(INITIALIZERS["lsuv"], settings_for())
    assert abs(z.var() - 1) < 0.1
    assert not b.any()
    products = w.T @ w
    np.testing.assert_allclose(products, products[0, 0] * np.eye(FAN_OUT), atol=1e-12)


def test_data_dependent_standardizes_every_unit() -> None:
    z = _fitted(INITIALIZERS["data_dependent"], settings_for())[2]
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), 1, rtol=1e-12)


@pytest.mark.parametrize("id", ["lsuv", "data_dependent"])
def test_fits_survive_a_batch_without_signal(id: str) -> None:
    initializer = INITIALIZERS[id]
    assert initializer.fit is not None
    w, b = initializer.fit(drawn(initializer, settings_for()), np.zeros(FAN_OUT), np.zeros((5, FAN_IN)))
    assert np.isfinite(w).all()
    assert not b.any()


# --- all of them ---


@every_initializer
@pytest.mark.parametrize("shape", [(30, 20), (20, 30), (1, 7), (7, 1)])
def test_shape_and_determinism(initializer: Initializer, shape: tuple[int, int]) -> None:
    first, again = (initializer.draw(np.random.default_rng(3), *shape, settings_for()) for _ in range(2))
    assert first.shape == shape
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)
    other = initializer.draw(np.random.default_rng(4), *shape, settings_for())
    deterministic = initializer.id in ("zeros", "ones", "constant", "identity")
    assert np.array_equal(first, other) == deterministic


@every_initializer
@pytest.mark.parametrize("name", ["std", "gain"])
def test_uses_is_honest(initializer: Initializer, name: str) -> None:
    """A control that is shown changes the weights, one that is hidden does not, fitted weights included."""
    settings = settings_for()
    other = replace(settings, **{name: 1.5 * getattr(settings, name)})
    before, after = _fitted(initializer, settings), _fitted(initializer, other)
    assert (not np.array_equal(before[0], after[0])) == (name in initializer.uses)


@pytest.mark.parametrize("initializer", [i for i in INITIALIZERS.values() if "gain" in i.uses], ids=lambda i: i.id)
def test_the_gain_multiplies(initializer: Initializer) -> None:
    plain, tripled = drawn(initializer, settings_for()), drawn(initializer, settings_for(gain=3.0))
    np.testing.assert_allclose(tripled, 3 * plain, rtol=1e-6)
    variance = initializer.variance(FAN_IN, FAN_OUT, settings_for())
    if variance is not None:
        assert initializer.variance(FAN_IN, FAN_OUT, settings_for(gain=3.0)) == pytest.approx(9 * variance)


@pytest.mark.parametrize("id", INITIALIZERS)
def test_the_density_is_that_of_the_draws(id: str) -> None:
    """Counts in 40 bins within five standard deviations of the integral over each; none where weights depend on each
    other or on the data."""
    initializer, n = INITIALIZERS[id], 400
    settings = Settings(std=0.02, gain=1.3)
    drawn = initializer.draw(np.random.default_rng(7), n, n, settings).astype(np.float64)
    edges = np.linspace(-4.3, 4.3, 41) * drawn.std()
    middles = (edges[:-1, np.newaxis] + np.diff(edges)[:, np.newaxis] * (np.arange(1000) + 0.5) / 1000).ravel()
    density = initializer.density(middles, n, n, settings)
    assert (density is not None) == initializer.iid
    if density is not None:
        expected = density.reshape(40, 1000).mean(axis=1) * np.diff(edges) * n * n
        counts = np.histogram(drawn, edges)[0]
        assert (np.abs(counts - expected) <= 5 * np.sqrt(expected) + 5).all()
