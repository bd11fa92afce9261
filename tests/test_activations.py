"""Activations: against their textbook formulas in 30-digit arithmetic, against finite differences, and at the edges."""

from collections.abc import Callable
from math import inf
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import special

from initviz.activations import ACTIVATIONS, Activation
from initviz.arrays import FloatArray
from initviz.catalogue import InputError

EPS = float(np.finfo(np.float64).eps)

CASES = [
    pytest.param(a, alpha, id=f"{a.id}-{alpha:g}")
    for a in ACTIVATIONS.values()
    for alpha in ([a.param.default, a.param.low, a.param.high] if a.param else [0.0])
]
every_activation = pytest.mark.parametrize(("activation", "alpha"), CASES)

# --- the formulas of the papers, written down a second time ---

Formula = Callable[[Any, float], Any]


def _relu(x: Any) -> Any:
    return x if x > 0 else mpmath.mpf(0)


def _clip(x: Any, low: float, high: float) -> Any:
    return min(max(x, mpmath.mpf(low)), mpmath.mpf(high))


FORMULAS: dict[str, Formula] = {
    "linear": lambda x, a: x,
    "sigmoid": lambda x, a: 1 / (1 + mpmath.exp(-x)),
    "hard_sigmoid": lambda x, a: _clip(x + 3, 0, 6) / 6,
    "tanh": lambda x, a: (mpmath.exp(x) - mpmath.exp(-x)) / (mpmath.exp(x) + mpmath.exp(-x)),
    "hard_tanh": lambda x, a: _clip(x, -1, 1),
    "softsign": lambda x, a: x / (1 + abs(x)),
    "relu": lambda x, a: _relu(x),
    "relu6": lambda x, a: _clip(x, 0, 6),
    "leaky_relu": lambda x, a: _relu(x) - a * _relu(-x),
    "prelu": lambda x, a: _relu(x) - a * _relu(-x),
    "elu": lambda x, a: x if x > 0 else a * (mpmath.exp(x) - 1),
    "celu": lambda x, a: x if x > 0 else a * (mpmath.exp(x / a) - 1),
    "selu": lambda x, a: (
        mpmath.mpf("1.0507009873554804934193349852946")
        * (x if x > 0 else mpmath.mpf("1.6732632423543772848170429916717") * (mpmath.exp(x) - 1))
    ),
    "gelu": lambda x, a: x * mpmath.ncdf(x),
    "gelu_tanh": lambda x, a: x / 2 * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + 0.044715 * x**3))),
    "swish": lambda x, a: x / (1 + mpmath.exp(-a * x)),
    "hard_swish": lambda x, a: x * _clip(x + 3, 0, 6) / 6,
    "mish": lambda x, a: x * mpmath.tanh(mpmath.log(1 + mpmath.exp(x))),
    "softplus": lambda x, a: mpmath.log(1 + mpmath.exp(x)),
    "squareplus": lambda x, a: (x + mpmath.sqrt(x**2 + a)) / 2,
    "erf": lambda x, a: mpmath.erf(x),
    "sin": lambda x, a: mpmath.sin(x),
    "abrelu": lambda x, a: _relu(x),
}
POINTS = np.array([-30.0, -10.0, -4.5, -2.0, -0.9, -0.03, -1e-9, 1e-9, 0.03, 0.9, 2.0, 4.5, 10.0, 30.0])


@pytest.mark.parametrize(
    ("activation", "alpha"),
    [case for case in CASES if case.values[0].id in FORMULAS],  # type: ignore[union-attr]
)
def test_values_and_slopes_are_those_of_the_formula(activation: Activation, alpha: float) -> None:
    """Up to a few roundings of numbers of the size of x; the slope of the formula comes from 30 digits as well."""
    formula = FORMULAS[activation.id]
    with mpmath.workdps(40):
        values = [float(formula(mpmath.mpf(float(x)), alpha)) for x in POINTS]
        slopes = [float(mpmath.diff(lambda x: formula(x, alpha), mpmath.mpf(float(x)), h=1e-15)) for x in POINTS]
    rounding = 8 * EPS * np.maximum(1, np.abs(POINTS))
    np.testing.assert_array_less(np.abs(activation.phi(POINTS, alpha) - values), rounding)
    curved = max(1.0, alpha)  # swish rounds beta x before it enters the sigmoid
    np.testing.assert_array_less(np.abs(activation.dphi(POINTS, alpha) - slopes), 2 * curved * rounding)


@every_activation
def test_the_derivative_is_the_slope(activation: Activation, alpha: float) -> None:
    """Central differences over +-h are off by h^2 phi'''/6 + eps |phi| / h; phi''' is of the order 1 / scale^2."""
    h = 1e-4 * min(activation.scale(alpha), 1)
    z = np.linspace(-12, 12, 2001) + 0.00173  # between the kinks of the maxout demonstration
    away = np.ones(z.shape, bool)
    for kink in activation.kinks:
        away &= np.abs(z - kink) > 2 * h
    assert away.mean() > 0.99
    z = z[away]
    difference = (activation.phi(z + h, alpha) - activation.phi(z - h, alpha)) / (2 * h)
    np.testing.assert_allclose(activation.dphi(z, alpha), difference, rtol=0, atol=1e-7)


@every_activation
def test_backward_is_the_gradient_of_forward(activation: Activation, alpha: float) -> None:
    """For every activation, maxout and abrelu too: d sum(g h) / dz by central differences, one z at a time."""
    rng = np.random.default_rng(1)
    z = 2 * rng.standard_normal((4, 5 * activation.pieces(alpha)))
    grad_h = rng.standard_normal((4, 5))
    h = 1e-4 * min(activation.scale(alpha), 1)
    measured = np.empty_like(z)
    for index in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[index] = h
        difference = activation.forward(z + step, alpha) - activation.forward(z - step, alpha)
        measured[index] = (grad_h * difference).sum() / (2 * h)
    np.testing.assert_allclose(activation.backward(z, alpha, grad_h), measured, rtol=0, atol=1e-7)


@every_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_shape_stay(activation: Activation, alpha: float, dtype: type) -> None:
    z: FloatArray = np.linspace(-3, 3, 12 * activation.pieces(alpha), dtype=dtype).reshape(3, -1)
    before = z.copy()
    h = activation.forward(z, alpha)
    assert h.shape == (3, 4)
    for out in (h, activation.backward(z, alpha, h), activation.phi(z, alpha), activation.dphi(z, alpha)):
        assert out.dtype == dtype
        assert not np.shares_memory(out, z)
    np.testing.assert_array_equal(z, before)


@every_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_values_neither_overflow_nor_get_lost(activation: Activation, alpha: float, dtype: type) -> None:
    """Warnings are errors here. Far out every function is flat or straight: phi'(x) = phi(x) / x there, or 0."""
    x: FloatArray = np.array([-1e30, -1000, 0, 1000, 1e30], dtype)
    phi, slope = activation.phi(x, alpha), activation.dphi(x, alpha)
    assert np.isfinite(phi).all()
    assert np.isfinite(slope).all()
    if activation.id == "sin":
        return
    for end in (0, -1):
        assert min(abs(slope[end] - phi[end] / x[end]), abs(slope[end])) <= 1e-6


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS.values() if a.id != "sin"], ids=lambda a: a.id)
def test_infinity_goes_to_the_limit(activation: Activation) -> None:
    """An overflowed z becomes what a very large z becomes, not nan; only the sine has no limit."""
    alpha = activation.alpha(None)
    far = activation.phi(np.array([-1e15, 1e15]), alpha)
    with np.errstate(all="ignore"):
        phi = activation.phi(np.array([-inf, inf]), alpha)
        slope = activation.dphi(np.array([-inf, inf]), alpha)
    np.testing.assert_allclose(phi, np.where(np.abs(far) > 1e6, np.copysign(inf, far), far), atol=1e-6)
    np.testing.assert_allclose(slope, activation.dphi(np.array([-1e15, 1e15]), alpha), atol=1e-6)


@pytest.mark.parametrize("activation", [case for case in ACTIVATIONS.values() if any(case.plateaus(1.0))])
def test_plateaus_are_where_the_function_flattens_out(activation: Activation) -> None:
    alpha = activation.alpha(None)
    for level, x in zip(activation.plateaus(alpha), (-1e9, 1e9), strict=True):
        if level is not None:
            assert activation.phi(np.array([x]), alpha)[0] == pytest.approx(level, abs=1e-8)


# --- facts of the source material ---


def _at(id: str, x: float, alpha: float | None = None) -> tuple[float, float]:
    a = ACTIVATIONS[id]
    z = np.array([x], float)
    return float(a.phi(z, a.alpha(alpha))[0]), float(a.dphi(z, a.alpha(alpha))[0])


@pytest.mark.parametrize(
    ("id", "x", "slope", "tolerance"),
    [
        ("sigmoid", 0, 0.25, 1e-15),
        ("sigmoid", 3, 0.0452, 5e-5),
        ("sigmoid", -3, 0.0452, 5e-5),
        ("sigmoid", 10, 4.54e-5, 5e-8),
        ("sigmoid", -10, 4.54e-5, 5e-8),
        ("tanh", 0, 1, 1e-15),
        ("tanh", 3, 0.00987, 5e-6),
        ("tanh", -3, 0.00987, 5e-6),
    ],
)
def test_slopes_that_the_sources_print(id: str, x: float, slope: float, tolerance: float) -> None:
    """The tolerance is half a unit of the last printed digit."""
    assert _at(id, x)[1] == pytest.approx(slope, abs=tolerance)


@pytest.mark.parametrize(
    ("id", "x", "slope"),
    [
        ("relu", 0, 0),
        ("relu6", 0, 0),
        ("relu6", 6, 0),
        ("hard_tanh", -1, 0),
        ("hard_tanh", 1, 0),
        ("hard_sigmoid", -3, 0),
        ("hard_sigmoid", 3, 0),
        ("hard_swish", -3, 0),
        ("hard_swish", 3, 1),
        ("leaky_relu", 0, 0.01),
        ("prelu", 0, 0.25),
        ("elu", 0, 1),
        ("celu", 0, 1),
        ("softsign", 0, 1),
        ("selu", 0, 1.0507009873554805 * 1.6732632423543772),
    ],
)
def test_slopes_at_the_kinks_follow_pytorch(id: str, x: float, slope: float) -> None:
    assert _at(id, x)[1] == pytest.approx(slope, rel=4 * EPS)


def test_relu_at_the_lecture_s_points() -> None:
    assert [_at("relu", x) for x in (-10, 0, 10)] == [(0, 0), (0, 0), (10, 1)]


def test_tanh_is_a_stretched_sigmoid() -> None:
    x = np.linspace(-20, 20, 4001)
    tanh, sigmoid = ACTIVATIONS["tanh"], ACTIVATIONS["sigmoid"]
    np.testing.assert_allclose(tanh.phi(x, 0), 2 * sigmoid.phi(2 * x, 0) - 1, rtol=0, atol=1e-12)


def test_slopes_of_saturated_units_do_not_cancel() -> None:
    """1 - tanh(x)^2 would be 0 from x = 19 on; 4 exp(-2x) is right there to all digits."""
    x = np.array([20.0, 50.0, 300.0])
    np.testing.assert_allclose(ACTIVATIONS["tanh"].dphi(x, 0), 4 * np.exp(-2 * x), rtol=1e-12)
    np.testing.assert_allclose(ACTIVATIONS["sigmoid"].dphi(2 * x, 0), np.exp(-2 * x), rtol=1e-12)


def test_elu_goes_down_to_minus_alpha() -> None:
    for alpha in (0.1, 1.0, 3.0):
        assert _at("elu", -50, alpha)[0] == pytest.approx(-alpha, rel=1e-12)


def test_swish_between_half_a_line_and_relu() -> None:
    x = np.linspace(-5, 5, 101)
    swish = ACTIVATIONS["swish"]
    np.testing.assert_allclose(swish.phi(x, 0), x / 2, rtol=4 * EPS)
    np.testing.assert_allclose(swish.phi(x, 1), x * special.expit(x), rtol=4 * EPS)
    largest = 0.2785 / 20  # |x sigmoid(b x) - relu(x)| is at most 0.2785 / b, the minimum of x sigmoid(x)
    assert np.abs(swish.phi(x, 20) - np.maximum(x, 0)).max() <= largest


def test_leaky_slopes_of_both_slides() -> None:
    assert ACTIVATIONS["leaky_relu"].alpha(None) == 0.01
    assert _at("leaky_relu", -1, 0.1) == (-0.1, 0.1)
    assert _at("leaky_relu", 1, 0.1) == (1, 1)


@pytest.mark.parametrize(
    ("id", "limits"),
    [
        ("tanh", (-0.97, 0.97)),
        ("sigmoid", (0.015, 0.985)),
        ("elu", (-0.97, inf)),
        ("relu6", (-inf, 5.82)),
        ("relu", (-inf, inf)),
        ("linear", (-inf, inf)),
    ],
)
def test_saturation_begins_three_percent_before_the_plateau(id: str, limits: tuple[float, float]) -> None:
    a = ACTIVATIONS[id]
    assert a.saturation(a.alpha(None)) == pytest.approx(limits, rel=1e-12)


# --- the layers that are not elementwise ---


def test_maxout_is_the_largest_of_its_pieces() -> None:
    maxout = ACTIVATIONS["maxout"]
    assert maxout.pieces(3) == 3
    z = np.array([[1.0, -2.0, 0.5, 5.0, 0.7, -9.0]])  # three pieces of two units
    np.testing.assert_array_equal(maxout.forward(z, 3), [[1.0, 5.0]])
    np.testing.assert_array_equal(maxout.backward(z, 3, np.array([[10.0, 20.0]])), [[10, 0, 0, 20, 0, 0]])


def test_abrelu_subtracts_the_mean_of_the_sample() -> None:
    abrelu = ACTIVATIONS["abrelu"]
    z = np.array([[1.0, 2.0, 6.0], [-1.0, -2.0, 0.0]])  # means 3 and -1
    np.testing.assert_array_equal(abrelu.forward(z, 1.0), [[0, 0, 3], [0, 0, 1]])
    np.testing.assert_array_equal(abrelu.forward(z, 0.0), np.maximum(z, 0))


def test_abrelu_tends_to_relu_in_wide_layers() -> None:
    """The mean of n units has std 1 / sqrt(n): no output moves by more than its largest value."""
    z = np.random.default_rng(0).standard_normal((20, 4000))
    moved = np.abs(ACTIVATIONS["abrelu"].forward(z, 1.0) - np.maximum(z, 0))
    assert moved.max() <= 5 / np.sqrt(4000)


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS.values() if a.param], ids=lambda a: a.id)
def test_alpha_keeps_to_its_range(activation: Activation) -> None:
    param = activation.param
    assert param is not None
    assert activation.alpha(None) == param.default
    with pytest.raises(InputError, match=f"{param.name} = .* out of range"):
        activation.alpha(param.high + param.step)


def test_every_formula_belongs_to_an_activation() -> None:
    """A check of this file: a formula under a misspelt id would never be compared."""
    unknown: set[str] = set(FORMULAS) - set(ACTIVATIONS)
    assert not unknown


def test_curves_do_not_depend_on_the_order_of_values() -> None:
    z: FloatArray = np.random.default_rng(0).standard_normal(200)
    for a in ACTIVATIONS.values():
        alpha = a.alpha(None)
        np.testing.assert_array_equal(a.phi(z[::-1].copy(), alpha)[::-1], a.phi(z, alpha))


@every_activation
def test_float32_is_float64_rounded(activation: Activation, alpha: float) -> None:
    """Formulas that are quick in float32 are off by a few of its roundings, and gelu's tail is right to four digits
    where it is smallest: squares up to 80 are rounded before they enter the exponential."""
    z = np.linspace(-12, 12, 4001, dtype=np.float32)
    rounding = 4 * float(np.finfo(np.float32).eps)
    for curve in (activation.phi, activation.dphi):
        exact = curve(z.astype(float), alpha)
        error = np.abs(curve(z, alpha) - exact)
        steep = max(1.0, alpha)
        assert (error <= rounding * steep * np.maximum(1, np.abs(z))).all()
        if activation.id == "gelu":
            assert (error[z < -4] <= 4e-5 * np.abs(exact[z < -4])).all()


def test_a_slope_of_0_times_infinity_is_no_accident() -> None:
    """Leaky with slope 0 is relu, swish with beta 0 is z / 2, at infinity too."""
    ends: FloatArray = np.array([-inf, inf])
    for id in ("leaky_relu", "prelu"):
        assert ACTIVATIONS[id].phi(ends, 0.0).tolist() == [0, inf]
        assert ACTIVATIONS[id].dphi(ends, 0.0).tolist() == [0, 1]
        assert ACTIVATIONS[id].phi(ends, 1.5).tolist() == [-inf, inf]
    assert ACTIVATIONS["swish"].phi(ends, 0.0).tolist() == [-inf, inf]
    assert ACTIVATIONS["swish"].dphi(ends, 0.0).tolist() == [0.5, 0.5]


def test_a_learnt_slope_may_leave_its_range() -> None:
    z = np.array([-2.0, 0.0, 3.0])
    for slope in (-0.5, 1.5):
        assert ACTIVATIONS["prelu"].phi(z, slope).tolist() == [-2 * slope, 0, 3]
        assert ACTIVATIONS["prelu"].dphi(z, slope).tolist() == [slope, slope, 1]
