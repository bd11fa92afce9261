"""Normalization of z: what it makes of a batch, and its backward pass against finite differences."""

import numpy as np
import pytest

from initviz.arrays import FloatArray
from initviz.network.normalization import EPSILON, NORMALIZATIONS, Normalization

real = pytest.mark.parametrize(
    "normalization", [n for n in NORMALIZATIONS.values() if n.axis is not None], ids=lambda n: n.id
)


def some_z() -> FloatArray:
    return 3 + 2 * np.random.default_rng(0).standard_normal((6, 5))


def test_none_changes_nothing() -> None:
    z = some_z()
    none = NORMALIZATIONS["none"]
    out, inverse = none.forward(z.copy())
    np.testing.assert_array_equal(out, z)
    np.testing.assert_array_equal(none.backward(out, inverse, z), z)


@real
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mean_zero_and_variance_one_along_the_axis(normalization: Normalization, dtype: type) -> None:
    """Up to epsilon, which keeps the variance at v / (v + 1e-5)."""
    z: FloatArray = some_z().astype(dtype)
    variance = z.var(axis=normalization.axis)
    out, _ = normalization.forward(z.copy())
    assert out.dtype == dtype
    tolerance = 30 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(out.mean(axis=normalization.axis), 0, atol=tolerance)
    np.testing.assert_allclose(out.var(axis=normalization.axis), variance / (variance + EPSILON), rtol=tolerance)


def test_the_axes() -> None:
    z = np.array([[0.0, 10.0], [2.0, 30.0]])
    np.testing.assert_allclose(NORMALIZATIONS["batch"].forward(z.copy())[0], [[-1, -1], [1, 1]], rtol=EPSILON)
    np.testing.assert_allclose(NORMALIZATIONS["layer"].forward(z.copy())[0], [[-1, 1], [-1, 1]], rtol=EPSILON)


@real
def test_a_signal_that_is_gone_is_not_blown_up(normalization: Normalization) -> None:
    out, _ = normalization.forward(1e-6 * some_z())
    assert np.abs(out).max() < 1e-2
    out, _ = normalization.forward(np.zeros((4, 3)))
    assert not out.any()


@real
def test_backward_is_the_gradient(normalization: Normalization) -> None:
    """Central differences: h^2 / 6 times third derivatives of order 1, and rounding eps / h: about 1e-9 with 1e-5."""
    z, h = some_z(), 1e-5
    grad = np.random.default_rng(1).standard_normal(z.shape)
    measured = np.empty_like(z)
    for index in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[index] = h
        difference = normalization.forward(z + step)[0] - normalization.forward(z - step)[0]
        measured[index] = (grad * difference).sum() / (2 * h)
    out, inverse = normalization.forward(z.copy())
    np.testing.assert_allclose(normalization.backward(out, inverse, grad.copy()), measured, atol=1e-8)


@real
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_differs_by_rounding_only_becomes_0_and_nothing_else_does(
    normalization: Normalization, dtype: type
) -> None:
    """Lines of equal values, of values that differ in the last bits, by a thousand of them, and much."""
    eps = float(np.finfo(dtype).eps)
    lines = np.random.default_rng(2).standard_normal((4, 3000))
    lines[0], lines[1, :], lines[2] = 0.3, 0.7 + 2 * eps * np.arange(3000) % (4 * eps), 0.5 + 1000 * eps * lines[2]
    z: FloatArray = np.array(lines if normalization.axis == 1 else lines.T, dtype, order="C")
    out, _ = normalization.forward(z)
    found = out if normalization.axis == 1 else out.T
    assert not found[:2].any()
    assert found[2].any() and found[3].std() == pytest.approx(1, rel=1e-4)
