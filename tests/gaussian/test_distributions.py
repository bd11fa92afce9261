"""Masses and shares of h against inverse functions, atoms, the arcsine law and draws."""

from collections.abc import Callable
from math import log, pi, sqrt

import numpy as np
import pytest
from scipy import special

from initviz.activations import ACTIVATIONS, Activation
from initviz.arrays import FloatArray
from initviz.gaussian.distributions import h_masses, saturated_share, zero_share
from initviz.gaussian.moments import at_infinite_width

CASES = [
    pytest.param(a, alpha, id=f"{a.id}-{alpha:g}")
    for a in ACTIVATIONS.values()
    for alpha in ([a.param.default, a.param.low, a.param.high] if a.param else [0.0])
]
every_activation = pytest.mark.parametrize(("activation", "alpha"), CASES)
INVERSES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "linear": lambda h: h,
    "tanh": np.arctanh,
    "sigmoid": special.logit,
    "erf": special.erfinv,
    "softsign": lambda h: h / (1 - np.abs(h)),
    "softplus": lambda h: h + np.log(-np.expm1(-h)),
}


@pytest.mark.parametrize("q", [1e-20, 0.3, 1.0, 50.0, 1e4])
@pytest.mark.parametrize("id", INVERSES)
def test_masses_match_closed_forms(id: str, q: float) -> None:
    """P(a <= h < b) by the inverse function, to the 1e-12 of `h_masses`."""
    activation = ACTIVATIONS[id]
    if q == 1e-20 and id in ("sigmoid", "softplus"):
        pytest.skip("h is a constant to within rounding")
    edges = np.unique(activation.phi(sqrt(q) * np.linspace(-3, 3, 41), 0.0))
    edges = edges[np.abs(edges) < 1] if id in ("tanh", "erf", "sigmoid") else edges
    edges = edges[(edges < 1) & (edges > 0)] if id == "sigmoid" else edges
    expected = np.diff(special.ndtr(INVERSES[id](edges) / sqrt(q)))
    near_one = 1e-16 / np.abs(1 - edges[[0, -1]] ** 2).min() if id in ("tanh", "erf", "sigmoid") else 0
    assert h_masses(activation, None, q, edges) == pytest.approx(expected, abs=1e-12 + near_one)


def draws(activation: Activation, alpha: float, q: float) -> FloatArray:
    z = sqrt(q) * np.random.default_rng(3).standard_normal(200_000)
    activation, alpha = at_infinite_width(activation, alpha)
    if not activation.elementwise:
        return z[: 100_000 * 2].reshape(-1, 2).max(axis=1) if alpha == 2 else z.reshape(-1, round(alpha)).max(axis=1)
    return activation.phi(z, alpha)


@every_activation
@pytest.mark.parametrize("q", [1e-6, 0.7, 30.0, 1e4])
def test_masses_and_shares_match_draws(activation: Activation, alpha: float, q: float) -> None:
    """200,000 draws, 40 bins: within 5 standard errors each. Not monotone, flat and sharp ones are among them."""
    h = draws(activation, alpha, q)
    edges = np.linspace(h.min(), h.max(), 41)
    share = np.append(np.histogram(h, edges)[0] / h.size, [np.mean(h == 0)])
    low, high = activation.saturation(alpha)
    share = np.append(share, np.mean((h < low) | (h > high)))
    found = [
        *h_masses(activation, alpha, q, edges),
        zero_share(activation, alpha, q),
        saturated_share(activation, alpha, q),
    ]
    expected = np.array(found)
    assert np.all(np.abs(share - expected) <= 5 * np.sqrt(expected * (1 - expected) / h.size) + 10 / h.size)


@pytest.mark.parametrize("q", [1e-4, 1.0, 100.0])
def test_exact_zeros(q: float) -> None:
    at_three = special.ndtr(-3 / sqrt(q))
    expected = {"relu": 0.5, "relu6": 0.5, "abrelu": 0.5, "hard_sigmoid": at_three, "hard_swish": at_three}
    for id, share in (expected | dict.fromkeys(("tanh", "leaky_relu", "elu", "sin", "maxout"), 0.0)).items():
        assert zero_share(ACTIVATIONS[id], None, q) == pytest.approx(share, abs=1e-12), id


@pytest.mark.parametrize("q", [0.01, 1.0, 500.0])
def test_saturation_of_known_functions(q: float) -> None:
    """Beyond 3 % of the way to the plateau: for tanh |h| > 0.97, for elu h < -0.97, for relu6 h > 5.82."""

    def beyond(z: float) -> float:
        return float(special.ndtr(-z / sqrt(q)))

    assert saturated_share(ACTIVATIONS["tanh"], None, q) == pytest.approx(2 * beyond(np.arctanh(0.97)), abs=1e-12)
    assert saturated_share(ACTIVATIONS["elu"], None, q) == pytest.approx(beyond(-log(0.03)), abs=1e-12)
    assert saturated_share(ACTIVATIONS["relu6"], None, q) == pytest.approx(beyond(5.82), abs=1e-12)
    for id in ("relu", "linear", "gelu", "maxout"):
        assert saturated_share(ACTIVATIONS[id], None, q) == 0


def test_atoms_fall_into_the_bins_of_numpy() -> None:
    """[a, b), and the last bin closed: -1 and 1 of hard_tanh, each with 30.9 % at q = 4."""
    end = special.ndtr(-0.5)
    assert h_masses(ACTIVATIONS["hard_tanh"], None, 4.0, np.array([-1.0, 0.0, 1.0])) == pytest.approx([0.5, 0.5])
    found = h_masses(ACTIVATIONS["hard_tanh"], None, 4.0, np.array([-2.0, -1.0, 0.0, 1.0, 2.0]))
    assert found == pytest.approx([0, 0.5, 0.5 - end, end])
    assert h_masses(ACTIVATIONS["relu"], None, 4.0, np.array([-1.0, 0.0, 50.0])) == pytest.approx([0, 1])


@pytest.mark.parametrize("q", [1e3, 1e30])
def test_a_large_sine_has_uniform_phase(q: float) -> None:
    """The arcsine law."""
    edges = np.linspace(-1, 1, 21)
    expected = np.diff(np.arcsin(edges)) / pi
    assert h_masses(ACTIVATIONS["sin"], None, q, edges) == pytest.approx(expected, abs=1e-12)


@every_activation
def test_many_variances_at_once(activation: Activation, alpha: float) -> None:
    q = np.array([[0.0, 1e-200, 0.1], [3.0, 1e3, 1e200]])
    edges = np.linspace(-2, 2, 9)
    together = h_masses(activation, alpha, q, edges)
    assert together.shape == (2, 3, 8)
    assert np.all(together >= -1e-15)
    for place in np.ndindex(q.shape):
        assert together[place] == pytest.approx(h_masses(activation, alpha, float(q[place]), edges), abs=1e-12)


@every_activation
def test_without_variance_h_is_one_number(activation: Activation, alpha: float) -> None:
    here = activation.phi(np.zeros(1), alpha)[0] if activation.elementwise else 0.0
    assert h_masses(activation, alpha, 0.0, np.array([here - 1, here, here + 1])) == pytest.approx([0, 1], abs=0)
    assert zero_share(activation, alpha, 0.0) == (here == 0)
