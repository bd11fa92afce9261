"""Moments against other integrators, closed forms and Monte Carlo; fixed and critical points by what they claim."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from itertools import pairwise
from math import asin, exp, expm1, inf, isfinite, pi, sqrt

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from initviz.activations import ACTIVATIONS, Activation
from initviz.arrays import FloatArray
from initviz.gaussian.moments import (
    Moments,
    _integrals,
    _octaves,
    critical_point,
    depth_scale,
    edge_of_chaos,
    fixed_point,
    gains,
    init_pair,
    moments,
    second_moment,
)
from tests.test_activations import FORMULAS

CASES = [
    pytest.param(a, alpha, id=f"{a.id}-{alpha:g}")
    for a in ACTIVATIONS.values()
    for alpha in ([a.param.default, a.param.low, a.param.high] if a.param else [0.0])
]
every_activation = pytest.mark.parametrize(("activation", "alpha"), CASES)
ELEMENTWISE = [case for case in CASES if isinstance(a := case.values[0], Activation) and a.elementwise]
elementwise = pytest.mark.parametrize(("activation", "alpha"), ELEMENTWISE)
NAMES = [field.name for field in fields(Moments)]
QS = [1e-6, 1e-2, 1.0, 37.0, 1e4]


def is_odd(activation: Activation, alpha: float) -> bool:
    z = np.linspace(0.1, 9, 50)
    return bool(np.all(activation.phi(z, alpha) == -activation.phi(-z, alpha)))


# --- moments -------------------------------------------------------------------------------------------------------


def by_adaptive_quadrature(activation: Activation, alpha: float, q: float) -> dict[str, float]:
    """Every moment by scipy's QUADPACK in z, split at kinks and at powers of 4 around them."""
    reach, scale = 14 * sqrt(q), activation.scale(alpha)
    steps = scale * 4.0 ** np.arange(-1, 30)
    cuts = np.add.outer(activation.kinks or (0.0,), [*-steps, 0.0, *steps]).ravel()
    cuts = np.unique(np.clip(np.concatenate([cuts, sqrt(q) * np.linspace(-14, 14, 15)]), -reach, reach))

    def at(curve: str, z: float) -> float:
        return float(getattr(activation, curve)(np.array([z]), alpha)[0])

    def mean(function: str, power: int, shift: float = 0.0) -> float:
        def integrand(z: float) -> float:
            return (at(function, z) - shift) ** power * exp(-z * z / (2 * q)) / sqrt(2 * pi * q)

        pieces = (
            integrate.quad(integrand, low, high, epsabs=0, epsrel=1e-12, full_output=1)[0]
            for low, high in pairwise(cuts)
        )
        return sum(pieces)

    m1 = mean("phi", 1)
    return {
        "m1": m1,
        "m2": mean("phi", 2),
        "m4": mean("phi", 4),
        "variance": mean("phi", 2, m1),
        "d1": mean("dphi", 1),
        "d2": mean("dphi", 2),
        "d4": mean("dphi", 4),
    }


@pytest.mark.parametrize("q", [1e-6, 1.0, 1e4])
@elementwise
def test_moments_are_exact(activation: Activation, alpha: float, q: float) -> None:
    """The 1e-11 of `moments`. m1 may vanish (selu is made so that it does at q = 1): then 1e-15 of the size of h."""
    if activation.period and q > 1:
        pytest.skip("no adaptive integrator follows 200 periods: see test_sine")
    mine = moments(activation, alpha, q)
    for name, expected in by_adaptive_quadrature(activation, alpha, q).items():
        if name == "m1" and is_odd(activation, alpha):
            assert mine.m1 == 0
        else:
            rounding = 1e-15 * sqrt(mine.m2) if name == "m1" else 0
            assert getattr(mine, name) == pytest.approx(expected, rel=1e-11, abs=rounding), name


MPMATH_CASES = [("tanh", 1e-6), ("tanh", 500.0), ("gelu", 1.0), ("mish", 1e4), ("selu", 30.0), ("softsign", 1e4)]


@pytest.mark.parametrize(("id", "q"), MPMATH_CASES)
def test_second_moment_agrees_with_30_digits(id: str, q: float) -> None:
    """Against the papers' formulas in mpmath, which share neither the integrator nor the code of phi."""
    formula = FORMULAS[id]
    with mpmath.workdps(30):
        cuts = [0, *(mpmath.mpf(2) ** k for k in range(-4, 1 + int(np.log2(13 * sqrt(q) + 1)))), 13 * mpmath.sqrt(q)]
        cuts = sorted({min(cut, cuts[-1]) for cut in cuts})

        def integrand(z: mpmath.mpf) -> mpmath.mpf:
            return (formula(z, 0.0) ** 2 + formula(-z, 0.0) ** 2) * mpmath.npdf(z, 0, mpmath.sqrt(q))

        expected = float(mpmath.quad(integrand, cuts))
    assert second_moment(ACTIVATIONS[id], None, q) == pytest.approx(expected, rel=1e-11)


def check(id: str, alpha: float | None, q: float, **expected: float) -> None:
    mine = moments(ACTIVATIONS[id], alpha, q)
    for name, value in expected.items():
        assert getattr(mine, name) == pytest.approx(value, rel=1e-11, abs=1e-20), name


@pytest.mark.parametrize("q", QS)
def test_relu_and_leaky_relu(q: float) -> None:
    check("relu", None, q, m1=sqrt(q / (2 * pi)), m2=q / 2, m4=1.5 * q**2, d1=0.5, d2=0.5, d4=0.5, growth=0.5)
    check("relu", None, q, variance=q / 2 * (1 - 1 / pi))
    a = 0.3
    check("leaky_relu", a, q, m1=(1 - a) * sqrt(q / (2 * pi)), m2=q / 2 * (1 + a**2), m4=1.5 * q**2 * (1 + a**4))
    check("leaky_relu", a, q, d1=(1 + a) / 2, d2=(1 + a**2) / 2, d4=(1 + a**4) / 2)


@pytest.mark.parametrize("q", QS)
def test_erf(q: float) -> None:
    m2 = 2 / pi * asin(2 * q / (1 + 2 * q))
    check("erf", None, q, m1=0, m2=m2, variance=m2, d1=2 / sqrt(pi * (1 + 2 * q)), d2=4 / pi / sqrt(1 + 4 * q))
    check("erf", None, q, d4=16 / pi**2 / sqrt(1 + 8 * q), growth=4 / pi / ((1 + 2 * q) * sqrt(1 + 4 * q)))


@pytest.mark.parametrize("q", QS)
def test_sine(q: float) -> None:
    """Where exp(-q/2) is below rounding d1 is, too."""
    x = expm1(-2 * q)
    check("sin", None, q, m1=0, m2=-x / 2, m4=x**2 * (6 + 4 * x + x**2) / 8, variance=-x / 2)
    check("sin", None, q, d2=(1 + exp(-2 * q)) / 2, d4=(3 + 4 * exp(-2 * q) + exp(-8 * q)) / 8)
    assert moments(ACTIVATIONS["sin"], None, q).d1 == pytest.approx(exp(-q / 2), rel=1e-11, abs=1e-15)


@pytest.mark.parametrize("q", QS)
def test_gelu(q: float) -> None:
    """By Stein's lemma, with E Phi^2 = 1/4 + asin(q / (1 + q)) / 2 pi and E pdf^2 = 1 / (2 pi sqrt(1 + 2 q))."""
    phi2, cross = 0.25 + asin(q / (1 + q)) / (2 * pi), q / ((1 + q) * 2 * pi * sqrt(1 + 2 * q))
    check("gelu", None, q, m1=q / sqrt(2 * pi * (1 + q)), m2=q * (phi2 + 2 * cross), d1=0.5)
    check("gelu", None, q, d2=phi2 + 2 * cross + q / (2 * pi * (1 + 2 * q) ** 1.5))


@elementwise
@settings(max_examples=10)
@given(octave=st.floats(-25, 20))
def test_remembering_costs_no_accuracy(activation: Activation, alpha: float, octave: float) -> None:
    """The 1e-12 of `Octaves`; for what may vanish in units of what it is made of."""
    q = np.array([2.0**octave])
    kept, computed = moments(activation, alpha, q), _integrals(activation, alpha, q)
    made_of = {
        "m1": np.sqrt(computed.m2),
        "d1": np.sqrt(computed.d2),
        "growth": np.sqrt(computed.m2 * computed.d2 / q),
    }
    for name in NAMES:
        exact = getattr(computed, name)
        assert np.abs(getattr(kept, name) - exact) <= 1e-12 * made_of.get(name, exact), name


@every_activation
def test_one_q_is_an_array_of_one(activation: Activation, alpha: float) -> None:
    """Rounding apart: 14 terms, so some 1e-15."""
    q = np.array([[0.0, 1e-9, 0.3], [1.0, 1e5, 1e60]])
    together = moments(activation, alpha, q)
    for place in np.ndindex(q.shape):
        alone = moments(activation, alpha, float(q[place]))
        for name in NAMES:
            assert getattr(together, name)[place] == pytest.approx(getattr(alone, name), rel=1e-13)
        assert second_moment(activation, alpha, float(q[place])) == pytest.approx(alone.m2, rel=1e-13)
    assert second_moment(activation, alpha, q) == pytest.approx(together.m2, rel=1e-13)


@every_activation
def test_far_out_the_limits_are_right(activation: Activation, alpha: float) -> None:
    """At small q phi is a + b z on either side of 0, at large q it is a + b z or flat, to within 1e-6."""
    q = np.array([0.0, 1e-300, 1e-30, 1e-14, 1e14, 1e30, 1e300, inf])
    at = moments(activation, alpha, q)
    for name in NAMES:
        assert not np.isnan(getattr(at, name)).any(), name
    if not activation.elementwise:
        return
    offset = float(activation.phi(np.zeros(1), alpha)[0])
    slopes = activation.dphi(np.array([-1e-12, 1e-12]), alpha)
    small = slice(0, 4)
    assert at.m2[small] == pytest.approx(offset**2 + q[small] * np.mean(slopes**2), rel=1e-6, abs=0)
    assert at.d2[small] == pytest.approx(np.mean(slopes**2), rel=1e-6)
    assert at.variance[1:4] / q[1:4] == pytest.approx(np.mean(slopes**2) - np.sum(slopes * [-1, 1]) ** 2 / (2 * pi))
    if activation.period is None:
        far = np.array([-1.0, 1.0]) * 1e10
        ends = activation.phi(far, alpha) / far
        levels = activation.phi(far, alpha) if not ends.any() or np.abs(ends).max() < 1e-9 else np.zeros(2)
        expected = q[4:7] * np.mean(ends**2) if not levels.any() else np.full(3, np.mean(levels**2))
        assert at.m2[4:7] == pytest.approx(expected, rel=1e-4)


@every_activation
@settings(max_examples=15)
@given(octave=st.floats(-60, 60))
def test_moments_obey_their_inequalities(activation: Activation, alpha: float, octave: float) -> None:
    """Jensen and Cauchy-Schwarz; and E phi^2 never falls with q, which is what makes fixed points easy to find."""
    at = moments(activation, alpha, 2.0**octave)
    slack = 1 + 1e-11
    assert at.m1**2 <= at.m2 * slack
    assert at.m2**2 <= at.m4 * slack
    assert at.d1**2 <= at.d2 * slack
    assert at.d2**2 <= at.d4 * slack
    assert 0 <= at.variance <= at.m2 * slack
    assert at.growth >= -1e-12
    assert at.variance <= 2.0**octave * at.d2 * slack or not activation.elementwise  # Poincare


@every_activation
def test_growth_is_the_derivative_of_m2(activation: Activation, alpha: float) -> None:
    """Central difference: h^2/6 of the third derivative, and 1e-14/h of rounding."""
    q, h = np.array([0.1, 1.0, 20.0]), 1e-4
    slope = (second_moment(activation, alpha, q * (1 + h)) - second_moment(activation, alpha, q * (1 - h))) / (
        2 * h * q
    )
    at = moments(activation, alpha, q)
    assert at.growth == pytest.approx(slope, rel=1e-6, abs=float(1e-9 * np.max(at.m2 / q)))


def test_abrelu_is_relu_at_infinite_width() -> None:
    for alpha in (-2.0, 0.0, 1.5):
        assert moments(ACTIVATIONS["abrelu"], alpha, 3.0) == moments(ACTIVATIONS["relu"], None, 3.0)


@pytest.mark.parametrize(("pieces", "e2"), [(2, 1.0), (3, 1 + sqrt(3) / (2 * pi)), (4, 1 + sqrt(3) / pi)])
def test_maxout_moments(pieces: int, e2: float) -> None:
    """E max^2 of k unit normals; m1 and m4 against 400,000 draws, within 5 standard errors."""
    at = moments(ACTIVATIONS["maxout"], pieces, 7.0)
    assert at.m2 == pytest.approx(7 * e2, rel=1e-12)
    assert at.growth == pytest.approx(e2, rel=1e-12)
    h = sqrt(7) * np.random.default_rng(1).standard_normal((pieces, 400_000)).max(axis=0)
    for value, sample in ((at.m1, h), (at.m4, h**4), (at.variance, (h - h.mean()) ** 2)):
        assert abs(value - sample.mean()) < 5 * sample.std() / sqrt(sample.size)


@pytest.mark.parametrize("pieces", [2, 5])
def test_maxout_passes_the_gradient_of_one_piece(pieces: int) -> None:
    """d2 = 1 summed over the pieces: E (dL/dh_prev)^2 = (n / n_prev) sw2 E (dL/dh)^2, here with sw2 = 1 and n = n_prev.

    Its mean over 300 x 300 entries scatters by about sqrt(2 / 300); the limit is five times that.
    """
    activation, n, rng = ACTIVATIONS["maxout"], 300, np.random.default_rng(2)
    h, upstream = rng.standard_normal((300, n)), rng.standard_normal((300, n))
    weights = rng.standard_normal((n, pieces * n)) / sqrt(n)
    grad_z = activation.backward(h @ weights, pieces, upstream)
    assert np.mean(np.square(grad_z)) == pytest.approx(1 / pieces, rel=0.05)
    assert np.mean(np.square(grad_z @ weights.T)) == pytest.approx(moments(activation, pieces, 1.0).d2, rel=0.4)


def test_many_threads_see_the_same_numbers() -> None:
    _octaves.cache_clear()
    q = np.geomspace(1e-6, 1e4, 50)

    def ask(_: int) -> FloatArray:
        return moments(ACTIVATIONS["mish"], None, q).m2

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(32)))
    assert all(np.array_equal(answer, answers[0]) for answer in answers)


# --- gains, fixed points -------------------------------------------------------------------------------------------


@every_activation
def test_gains_keep_what_they_say(activation: Activation, alpha: float) -> None:
    found = gains(activation, alpha)
    at_one = moments(activation, alpha, 1.0)
    assert found.forward**2 * at_one.m2 == pytest.approx(1)
    assert found.backward**2 * at_one.d2 == pytest.approx(1)


def test_gains_beside_those_of_pytorch() -> None:
    """Where both exist they agree for what is scale-free; 5/3 for tanh is a rule of thumb, 3/4 for selu a choice."""
    for id in ("linear", "relu", "leaky_relu"):
        found = gains(ACTIVATIONS[id])
        assert found.pytorch == pytest.approx(found.forward)
        assert found.pytorch == pytest.approx(found.backward)
    assert gains(ACTIVATIONS["tanh"]).pytorch == 5 / 3
    assert gains(ACTIVATIONS["tanh"]).forward == pytest.approx(1.5925374, rel=1e-7)
    assert gains(ACTIVATIONS["gelu"]).pytorch is None


def iterate(activation: Activation, alpha: float, sigma_w2: float, sigma_b2: float, q: float, layers: int) -> float:
    for _ in range(layers):
        q = sigma_w2 * second_moment(activation, alpha, q) + sigma_b2
    return q


@every_activation
@settings(max_examples=8, deadline=None)
@given(sigma_w=st.floats(0, 8), sigma_b=st.floats(0, 3))
def test_fixed_points_are_where_the_iteration_goes(
    activation: Activation, alpha: float, sigma_w: float, sigma_b: float
) -> None:
    """A finite one solves the equation; 0 and inf are approached; the iteration from 1 never turns away from it."""
    end = float(fixed_point(activation, alpha, sigma_w**2, sigma_b**2))
    later = iterate(activation, alpha, sigma_w**2, sigma_b**2, 1.0, 60)
    between = min(1.0, end) * (1 - 1e-6) <= later <= max(1.0, end) * (1 + 1e-6)
    assert between, (end, later)
    if isfinite(end) and end > 0:
        assert iterate(activation, alpha, sigma_w**2, sigma_b**2, end, 1) == pytest.approx(end, rel=1e-8)


def test_fixed_points_of_known_cases() -> None:
    relu, tanh, gelu = (ACTIVATIONS[id] for id in ("relu", "tanh", "gelu"))
    ends = fixed_point(relu, None, np.array([1.9, 2.0, 2.1, 2.0, 1.0]), np.array([0, 0, 0, 0.1, 0.3]))
    assert ends == pytest.approx([0, 1, inf, inf, 0.6])
    assert fixed_point(tanh, None, np.array([0.5, 1.0]), 0.0) == pytest.approx([0, 0], abs=0)
    assert fixed_point(tanh, None, 1 + 1e-4, 0.0) == pytest.approx(0.5e-4, rel=1e-3)  # q = (sw2 - 1)/2 near 1
    assert fixed_point(gelu, None, 2.5, 0.0) == inf
    assert fixed_point(gelu, None, 2.5, 0.0, start=1e-3) == 0
    assert fixed_point(relu, None, np.full((3, 2), 1.0), np.zeros(2)).shape == (3, 2)


def test_depth_scale() -> None:
    assert depth_scale(exp(-0.1)) == pytest.approx(10)
    assert depth_scale(exp(0.1)) == pytest.approx(10)
    assert depth_scale(1.0) == inf
    assert depth_scale(0.0) == 0


# --- the edge of chaos and critical points -------------------------------------------------------------------------


@every_activation
def test_every_point_of_the_edge_keeps_the_gradient_and_the_variance(activation: Activation, alpha: float) -> None:
    edge = edge_of_chaos(activation, alpha)
    at = moments(activation, alpha, edge.q)
    assert edge.sigma_w2 * at.d2 == pytest.approx(np.ones(edge.q.size))
    assert np.all(edge.sigma_b2 >= 0)
    assert edge.sigma_w2 * at.m2 + edge.sigma_b2 == pytest.approx(edge.q, rel=1e-9, abs=1e-15)
    assert np.all(np.isfinite(edge.chi_par))
    assert np.array_equal(edge.stable, edge.chi_par <= 1 + 1e-10)


KNOWN = {
    "linear": (1.0, 0.0),
    "tanh": (1.0, 0.0),
    "sin": (1.0, 0.0),
    "erf": (pi / 4, 0.0),
    "relu": (2.0, 0.0),
    "abrelu": (2.0, 0.0),
    "leaky_relu": (2 / (1 + 0.01**2), 0.0),
    "gelu": (1.98305826, 0.17292239),  # Roberts, Yaida & Hanin (2022), section 5.3.4, like swish
    "swish": (1.98800468, 0.55514317),
}


@pytest.mark.parametrize("id", KNOWN)
def test_published_critical_points(id: str) -> None:
    point = critical_point(ACTIVATIONS[id])
    assert point.kind == "critical"
    assert (point.sigma_w2, point.sigma_b2) == pytest.approx(KNOWN[id], abs=6e-9)


@pytest.mark.parametrize("beta", [1e-3, 0.01, 0.5, 20.0])
def test_the_critical_point_follows_the_scale_of_the_function(beta: float) -> None:
    """swish(beta, z) = swish(1, beta z) / beta: the same weights, and variances that are 1/beta^2 as large."""
    point = critical_point(ACTIVATIONS["swish"], beta)
    assert point.sigma_w2 == pytest.approx(1.98800468, abs=6e-9)
    assert point.sigma_b2 == pytest.approx(0.55514317 / beta**2, rel=2e-8)
    assert point.q_star == pytest.approx(14.32017362 / beta**2, rel=1e-6)


@pytest.mark.parametrize(
    ("id", "kind"),
    [("sigmoid", "edge of chaos"), ("hard_sigmoid", "edge of chaos"), ("softplus", "none"), ("squareplus", "none")],
)
def test_activations_without_a_critical_point(id: str, kind: str) -> None:
    point = critical_point(ACTIVATIONS[id])
    assert point.kind == kind
    assert (point.sigma_w2 is None) == (kind == "none")


def test_maxout_is_critical_for_two_pieces_only() -> None:
    """E max^2 is 1 for two pieces and more for three: what keeps the gradient lets the variance grow."""
    maxout = ACTIVATIONS["maxout"]
    assert critical_point(maxout, 2).kind == "critical"
    assert critical_point(maxout, 2).sigma_w2 == 1
    for pieces in (3, 4, 5):
        assert critical_point(maxout, pieces).kind == "unstable"


@every_activation
def test_points_are_what_their_kind_says(activation: Activation, alpha: float) -> None:
    """Both chi computed again from the moments, to the 12 decimals that are given."""
    point = critical_point(activation, alpha)
    assert point.note
    if point.sigma_w2 is None or point.sigma_b2 is None or point.q_star is None or point.chi_par is None:
        assert point.kind in ("none", "unstable")
        assert (point.sigma_w2, point.sigma_b2, point.q_star, point.chi_1, point.chi_par) == (None,) * 5
        return
    at = moments(activation, alpha, point.q_star)
    assert point.sigma_w2 * at.d2 == pytest.approx(1, rel=1e-11)
    assert point.sigma_w2 * at.m2 + point.sigma_b2 == pytest.approx(point.q_star, rel=1e-10, abs=1e-11)
    assert point.chi_par == pytest.approx(point.sigma_w2 * at.growth, abs=1e-10)
    assert point.sigma_b2 >= 0
    if point.kind == "critical":
        assert point.chi_par == pytest.approx(1, abs=1e-8)
    else:
        assert point.kind == "edge of chaos"
        assert point.chi_par < 1


@every_activation
def test_the_initializer_pair_holds_the_variance(activation: Activation, alpha: float) -> None:
    """From q = 1 over 100 layers: at q* = 0 it falls like 1/depth (tanh), 1/depth^2 (softsign), celu(0.1) from relu."""
    sigma_w2, sigma_b2, note = init_pair(activation, alpha)
    assert sigma_w2 > 0
    assert sigma_b2 >= 0
    assert note.endswith(".")
    assert 1e-6 < iterate(activation, alpha, sigma_w2, sigma_b2, 1.0, 100) < 100
