"""Sums that cancel on paper become 0; sums of random terms never do, however large or small."""

import numpy as np
import pytest

from initviz.arrays import FloatArray
from initviz.measure.rounding import drop_rounding, largest


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_rounding_is_dropped_and_signals_are_kept(dtype: type, scale: float) -> None:
    rng = np.random.default_rng(0)
    left: FloatArray = (scale * rng.standard_normal((60, 500))).astype(dtype)
    right: FloatArray = np.full((500, 40), 0.01, dtype)
    size = largest(left) * 0.01
    kept = left @ right
    expected = kept.copy()
    drop_rounding(kept, 500, size)
    assert np.array_equal(kept, expected)
    left -= left.mean(axis=1, keepdims=True)
    cancelled = left @ right
    assert cancelled.any()
    drop_rounding(cancelled, 500, size)
    assert not cancelled.any()


def test_one_row_that_does_not_cancel_keeps_them_all() -> None:
    """Also where the first row is 0: a sample whose gradient died."""
    left = np.zeros((5, 30))
    left[3] = 1e-3
    product = left @ np.ones((30, 4))
    drop_rounding(product, 30, 1e-3)
    assert product[3] == pytest.approx(np.full(4, 0.03))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_stays(value: float) -> None:
    for size in (value, 1.0):
        product = np.full((3, 2), value)
        drop_rounding(product, 4, size)
        assert not np.isfinite(product).any()
