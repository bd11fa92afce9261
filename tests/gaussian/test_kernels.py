"""Two-input moments: closed forms, quadrature and series against each other, Price's theorem and Monte Carlo."""

from itertools import pairwise
from math import acos, cos, pi, sin, sqrt

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from initviz.activations import ACTIVATIONS, Activation
from initviz.gaussian.kernels import cosine_fixed_point, equal_gap, equal_slopes, pair_law, pair_moments
from initviz.gaussian.moments import fixed_point, moments
from tests.gaussian.reference import pair_moments_by_quadrature

CASES = [
    pytest.param(a, alpha, id=f"{a.id}-{alpha:g}")
    for a in ACTIVATIONS.values()
    for alpha in ([a.param.default, a.param.low, a.param.high] if a.param else [0.0])
]
every_activation = pytest.mark.parametrize(("activation", "alpha"), CASES)
DEFAULTS = [pytest.param(a, a.alpha(None), id=a.id) for a in ACTIVATIONS.values()]
CLOSED = [pytest.param(a, a.alpha(None), id=a.id) for a in ACTIVATIONS.values() if a.kernel]
SERIES = [pytest.param(a, a.alpha(None), id=a.id) for a in ACTIVATIONS.values() if a.elementwise and not a.kernel]


def sizes(activation: Activation, alpha: float, q_a: float, q_b: float) -> tuple[float, float]:
    """The units of errors: sqrt(E phi(u)^2 E phi(v)^2), and the same with phi'."""
    a, b = moments(activation, alpha, q_a), moments(activation, alpha, q_b)
    return sqrt(a.m2 * b.m2), sqrt(a.d2 * b.d2)


def errors(activation: Activation, alpha: float, q_a: float, q_b: float, c: float) -> tuple[float, float]:
    product, slopes = pair_moments_by_quadrature(activation, alpha, q_a, q_b, c)
    found = pair_moments(activation, alpha, q_a, q_b, c)
    units = sizes(activation, alpha, q_a, q_b)
    return abs(float(found.product) - product) / units[0], abs(float(found.slopes) - slopes) / units[1]


# --- the reference -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("activation", "alpha"), CLOSED)
@pytest.mark.parametrize("c", [-1.0, -0.9, 0.0, 0.3, 0.99, 1 - 1e-6, 1.0])
@pytest.mark.parametrize(("q_a", "q_b"), [(1e-6, 1e-6), (1.0, 7.0), (20.0, 20.0)])
def test_quadrature_and_closed_forms_agree(
    activation: Activation, alpha: float, q_a: float, q_b: float, c: float
) -> None:
    """Two independent answers, to 1e-12; sin at q = 20 sums 17 periods in either direction."""
    assert max(errors(activation, alpha, q_a, q_b, c)) < 1e-12


@pytest.mark.parametrize("c", [-0.5, 0.8, 0.9999])
@pytest.mark.parametrize("q", [0.1, 400.0])
def test_quadrature_sees_every_kink(q: float, c: float) -> None:
    """hard_tanh: E phi' phi' = P(|u| < 1, |v| < 1), an integral over one normal distribution function."""
    edge, s = 1 / sqrt(q), sqrt(1 - c * c)

    def inside(x: float) -> float:
        both = special.ndtr((edge - c * x) / s) - special.ndtr((-edge - c * x) / s)
        return float(both * np.exp(-x * x / 2) / sqrt(2 * pi))

    bend = edge / (edge + 8 * s)
    cuts = [min(edge, 12.0) * k for k in (-1, -bend, 0, bend, 1)]
    expected = sum(integrate.quad(inside, a, b, epsabs=0, epsrel=1e-12)[0] for a, b in pairwise(cuts))
    _, slopes = pair_moments_by_quadrature(ACTIVATIONS["hard_tanh"], None, q, q, c)
    assert slopes == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("id", ["tanh", "gelu"])
def test_quadrature_agrees_with_a_plain_double_integral(id: str) -> None:
    activation, q, c = ACTIVATIONS[id], 0.7, 0.6

    def integrand(y: float, x: float) -> float:
        z = sqrt(q) * np.array([x, c * x + sqrt(1 - c * c) * y])
        return float(np.prod(activation.phi(z, 0.0)) * np.exp(-(x * x + y * y) / 2) / (2 * pi))

    expected = integrate.dblquad(integrand, -9, 9, -9, 9, epsabs=1e-11, epsrel=1e-11)[0]
    assert pair_moments_by_quadrature(activation, None, q, q, c)[0] == pytest.approx(expected, rel=1e-9)


# --- the fast way --------------------------------------------------------------------------------------------------

PLACES = [(10.0, 0.9), (500.0, 0.9), (1e4, 0.9), (10.0, 0.5), (10.0, 0.97), (100.0, 0.93), (500.0, 0.9999)]
NEGATIVE = [(10.0, -0.9, 1e-6, 1e-4), (70.0, -0.9, 1e-6, 1e-4), (1400.0, -0.9999, 2e-2, 0.3)]


@pytest.mark.parametrize(("activation", "alpha"), SERIES)
def test_series_is_close(activation: Activation, alpha: float) -> None:
    """The table in the docstring of `pair_law`, at a few of its points; test_series_is_close_everywhere has more."""
    for q, c, *limits in [(q, c, 1e-6, 1e-4) for q, c in PLACES] + NEGATIVE:
        assert np.all(np.array(errors(activation, alpha, q, q, c)) < limits), (q, c)


@pytest.mark.slow
@every_activation
def test_series_is_close_everywhere(activation: Activation, alpha: float) -> None:
    if not activation.elementwise:
        pytest.skip("the reference is for elementwise activations")
    for q in (1.3, 10.0, 100.0):
        for c in (-0.97, 0.85, 0.9, 0.97, 0.999):
            limits = (1e-6, 1e-4) if c > -0.9 else (2e-2, 0.3)
            assert np.all(np.array(errors(activation, alpha, q, q, c)) < limits), (q, c)


# --- near c = 1 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("q", [1e-3, 1.0, 100.0, 1e4])
@pytest.mark.parametrize("c", [0.1, 0.8, 0.99, 1 - 1e-6, 1 - 1e-9])
def test_gaps_of_erf_have_a_closed_form(q: float, c: float) -> None:
    """Williams (1997): E phi(u) phi(v) = 2/pi arcsin(2 q c / (1 + 2 q)). As a difference of arc sines it would cancel;
    with t = 2 q / (1 + 2 q) the sine of the difference is t sqrt(1 - c^2 t^2) - c t sqrt(1 - t^2)."""
    t = 2 * q / (1 + 2 * q)
    apart = t**2 * (1 - c) * (1 + c)
    sine = apart / (t * sqrt(1 - c * c * t * t) + c * t * sqrt((1 - t) * (1 + t)))
    slopes = 4 / pi / sqrt(1 + 4 * q + 4 * q * q * (1 - c) * (1 + c))
    erf = ACTIVATIONS["erf"]
    assert equal_gap(erf, 0.0, q, c) == pytest.approx(2 / pi * np.arcsin(sine), rel=1e-9)
    assert equal_slopes(erf, 0.0, q, c) == pytest.approx(slopes, rel=1e-9)


@pytest.mark.parametrize(("q", "c"), [(30.0, 0.97), (30.0, 0.999)])
def test_steep_sigmoids_agree_with_mpmath(q: float, c: float) -> None:
    """The logistic function's cosine, from the square of phi(u) - phi(v), to ten digits; the series alone was off by
    up to 3e-5."""
    with mpmath.workdps(20):
        std_x, std_y = (mpmath.sqrt(q * (1 + sign * mpmath.mpf(c)) / 2) for sign in (1, -1))

        def squared(x: mpmath.mpf, y: mpmath.mpf) -> mpmath.mpf:
            apart = mpmath.sech((x + y) / 2) * mpmath.sech((x - y) / 2) * mpmath.sinh(y) / 2
            return apart**2 * mpmath.npdf(x, 0, std_x) * mpmath.npdf(y, 0, std_y)

        # even in x and in y; 24 nodes a panel
        gap = 2 * mpmath.quad(
            squared, [0, 3, 6, 10, 16, 32, 64], [0, 4 * std_y, 10 * std_y], method="gauss-legendre", maxdegree=4
        )
    m2 = moments(ACTIVATIONS["sigmoid"], None, q).m2
    assert equal_gap(ACTIVATIONS["sigmoid"], 0.0, q, c) == pytest.approx(float(gap), rel=1e-9)
    product = float(pair_law(ACTIVATIONS["sigmoid"], None, q, q).product(c))
    assert product / m2 == pytest.approx(1 - float(gap) / m2, abs=2e-7)


@pytest.mark.parametrize(("id", "bias"), [("sigmoid", 0.0), ("tanh", 0.5), ("hard_tanh", 0.5), ("softsign", 0.3)])
@pytest.mark.parametrize("sigma_w2", [200.0, 600.0])
def test_final_cosines_of_steep_sigmoids(id: str, bias: float, sigma_w2: float) -> None:
    """They solve their equation by the reference to 1e-6; the series alone was off by up to 3e-5."""
    activation, sigma_b2 = ACTIVATIONS[id], bias * sigma_w2
    q = float(fixed_point(activation, None, sigma_w2, sigma_b2))
    end = float(cosine_fixed_point(activation, None, sigma_w2, sigma_b2, q))
    assert 0.5 < end < 1
    product, slopes = pair_moments_by_quadrature(activation, None, q, q, end)
    off = (sigma_w2 * product + sigma_b2) / q - end
    assert off / (1 - sigma_w2 * slopes) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("activation", "alpha"), SERIES)
def test_series_for_different_variances(activation: Activation, alpha: float) -> None:
    """As for equal ones up to |c| = 0.9; beyond, corners away from 0 do not meet and the model of the rest is off."""
    for q_a, q_b in [(0.5, 1.0), (1.0, 10.0)]:
        assert np.all(np.array(errors(activation, alpha, q_a, q_b, 0.9)) < [1e-7, 1e-6])
        assert np.all(np.array(errors(activation, alpha, q_a, q_b, 0.999)) < [5e-3, 0.4])


@every_activation
def test_equal_and_independent_inputs(activation: Activation, alpha: float) -> None:
    """c = 1 gives E phi^2 and E phi'^2, c = 0 the squared means: to 1e-7, completed where the series ends."""
    q = np.array([1e-9, 0.2, 3.0, 800.0])
    at, units = moments(activation, alpha, q), np.ones(4)
    equal, apart = pair_moments(activation, alpha, q, q, 1.0), pair_moments(activation, alpha, q, q, 0.0)
    assert equal.product / at.m2 == pytest.approx(units, abs=1e-7)
    assert equal.slopes / at.d2 == pytest.approx(units, abs=1e-7)
    assert apart.product / at.m2 == pytest.approx(at.m1**2 / at.m2, abs=1e-7)
    chance = at.d1**2 if activation.id != "maxout" else units / alpha
    assert apart.slopes / at.d2 == pytest.approx(chance / at.d2, abs=1e-7)


@every_activation
@settings(max_examples=8, deadline=None)
@given(c=st.floats(-0.95, 0.95), octave=st.floats(-20, 12))
def test_slopes_are_the_derivative_of_the_product(
    activation: Activation, alpha: float, c: float, octave: float
) -> None:
    """Price's theorem, by a central difference: with |c| <= 0.95 its error is below 1e-4 of E phi'^2."""
    q, h = 2.0**octave, 1e-4
    law = pair_law(activation, alpha, q, q)
    high, low = (float(law.product(c + step)) for step in (h, -h))
    rounding = 1e-14 * moments(activation, alpha, q).m2 / (q * h)
    size = moments(activation, alpha, q).d2
    assert float(law.slopes(c)) == pytest.approx((high - low) / (2 * h * q), abs=1e-4 * size + rounding)


@every_activation
@settings(max_examples=8, deadline=None)
@given(c=st.floats(0, 1), a=st.floats(-30, 20), b=st.floats(-30, 20))
def test_products_are_bounded_and_symmetric(activation: Activation, alpha: float, c: float, a: float, b: float) -> None:
    """Cauchy-Schwarz, up to the error of the series; and u and v may change places."""
    q_a, q_b = 2.0**a, 2.0**b
    here, there = pair_moments(activation, alpha, q_a, q_b, c), pair_moments(activation, alpha, q_b, q_a, c)
    product, slopes = sizes(activation, alpha, q_a, q_b)
    assert here.product == pytest.approx(there.product)
    assert here.slopes == pytest.approx(there.slopes)
    assert abs(here.product) <= product * (1 + 2e-2)
    assert abs(here.slopes) <= slopes * (1 + 0.3)


@every_activation
def test_laws_for_many_layers_answer_one_by_one(activation: Activation, alpha: float) -> None:
    q_a, q_b = np.array([[0.0, 1e-3, 2.0], [1e-80, 30.0, 1e80]]), np.array([0.5, 2e-3, 1e60])
    c = np.array([[0.1, -0.5, 0.9], [1.0, 0.0, -1.0]])
    law, all_at_once = pair_law(activation, alpha, q_a, q_b), pair_moments(activation, alpha, q_a, q_b, c)
    assert np.isfinite(all_at_once.product).all()
    assert np.isfinite(all_at_once.slopes).all()
    for row in range(2):
        assert law[row].product(c[row]) == pytest.approx(all_at_once.product[row])
        assert law[row].slopes(c[row]) == pytest.approx(all_at_once.slopes[row])
        assert float(law[row, 1].product(c[row, 1])) == pytest.approx(all_at_once.product[row, 1])


# --- maxout and abrelu ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("c", [-1.0, -0.7, 0.0, 0.5, 0.999, 1.0])
def test_two_pieces_have_closed_forms(c: float) -> None:
    """max(x, y) = (x + y)/2 + |x - y|/2; the same piece wins iff both differences have the same sign."""
    found = pair_moments(ACTIVATIONS["maxout"], 2, 3.0, 5.0, c)
    expected = c / 2 + (sqrt(1 - c * c) + c * (pi / 2 - acos(c))) / pi
    assert found.product == pytest.approx(sqrt(15) * expected, abs=1e-9)
    assert found.slopes == pytest.approx(1 - acos(c) / pi, abs=1e-9)


@pytest.mark.parametrize("pieces", [3, 4, 5])
@pytest.mark.parametrize("c", [-0.8, 0.2, 0.97])
def test_maxout_against_draws(pieces: int, c: float) -> None:
    """400,000 pairs, within 5 standard errors."""
    activation, rng = ACTIVATIONS["maxout"], np.random.default_rng(pieces)
    u, w = rng.standard_normal((2, 400_000, pieces))
    v = c * u + sqrt(1 - c * c) * w
    found = pair_moments(activation, pieces, 1.0, 1.0, c)
    products, same = u.max(axis=1) * v.max(axis=1), (u.argmax(axis=1) == v.argmax(axis=1)).astype(float)
    for value, draws in ((found.product, products), (found.slopes, same)):
        assert abs(float(value) - draws.mean()) < 5 * draws.std() / sqrt(draws.size)


def test_abrelu_is_relu_at_infinite_width() -> None:
    here, there = (pair_moments(ACTIVATIONS[id], None, 2.0, 3.0, 0.4) for id in ("abrelu", "relu"))
    assert here.product == there.product
    assert here.slopes == there.slopes


# --- cosines -------------------------------------------------------------------------------------------------------


def test_relu_makes_all_inputs_alike() -> None:
    """He + relu takes cosine 0 to 1/pi in one layer and to 0.87 in ten: Cho & Saul's recursion."""
    law = pair_law(ACTIVATIONS["relu"], None, 1.0, 1.0)
    expected = found = 0.0
    for _ in range(10):
        angle = acos(expected)
        expected = (sin(angle) + (pi - angle) * cos(angle)) / pi
        found = float(2 * law.product(found))
        assert found == pytest.approx(expected, rel=1e-12)
    assert found == pytest.approx(0.8715, abs=1e-4)


@pytest.mark.parametrize(("activation", "alpha"), DEFAULTS)
def test_the_cosine_ends_where_it_says(activation: Activation, alpha: float) -> None:
    """A cosine below 1 solves its equation to 1e-6 and attracts; 1 attracts from below. 0.999 drifts the right way."""
    w = np.array([0.5, 1.5, 4.0, 30.0])[:, np.newaxis]
    b = np.array([0.0, 0.3])
    q = fixed_point(activation, alpha, w, b)
    ends = cosine_fixed_point(activation, alpha, w, b, q)
    assert ends.shape == (4, 2)
    for place in np.ndindex(ends.shape):
        sw2, sb2, here = w[place[0], 0], b[place[1]], q[place]
        if not 0 < here < np.inf:
            continue
        law, end = pair_law(activation, alpha, here, here), ends[place]
        chi_1 = sw2 * moments(activation, alpha, float(here)).d2
        assert (end == 1) == (chi_1 <= 1 + 1e-8)
        assert (sw2 * float(law.product(end)) + sb2) / here == pytest.approx(end, abs=1e-6)
        if end == 1:
            assert (sw2 * float(law.product(0.9)) + sb2) / here >= 0.9 - 1e-9
        elif end > 0:
            assert sw2 * float(law.slopes(end)) < 1 + 1e-6


def test_known_cosines() -> None:
    tanh = ACTIVATIONS["tanh"]
    q = fixed_point(tanh, None, np.array([0.9, 2.0, 500.0]), 0.0)
    assert cosine_fixed_point(tanh, None, np.array([0.9, 2.0, 500.0]), 0.0, q) == pytest.approx([1, 0, 0], abs=1e-9)
    assert cosine_fixed_point(ACTIVATIONS["relu"], None, 2.0, 0.0, 1.0) == 1
    assert cosine_fixed_point(ACTIVATIONS["relu"], None, 9.0, 0.0, np.inf) == 1
    biased = fixed_point(tanh, None, 4.0, 0.5)
    assert 0.1 < cosine_fixed_point(tanh, None, 4.0, 0.5, biased) < 0.9
