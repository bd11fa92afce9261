"""Losses: values by hand, gradients by finite differences, large outputs, chance."""

from math import log

import numpy as np
import pytest

from initviz.learn.losses import CROSS_ENTROPY, LOSSES, SQUARED, Loss, probabilities


def test_cross_entropy_by_hand() -> None:
    """Odds of 3 to 1: the loss is -ln 3/4, the gradient p - y, halved by the mean over two samples."""
    outputs, targets = np.array([[log(3), 0.0], [0.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    loss, gradient = CROSS_ENTROPY.evaluate(outputs, targets)
    assert loss == pytest.approx((log(4 / 3) + log(2)) / 2, rel=1e-12)
    np.testing.assert_allclose(gradient, [[-0.125, 0.125], [0.25, -0.25]], rtol=1e-12)


def test_squared_error_by_hand() -> None:
    loss, gradient = SQUARED.evaluate(np.array([[3.0], [1.0]]), np.array([[1.0], [1.0]]))
    assert loss == 1.0
    np.testing.assert_array_equal(gradient, [[1.0], [0.0]])


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_gradients_are_finite_differences(loss: Loss) -> None:
    rng = np.random.default_rng(0)
    outputs, targets = rng.standard_normal((5, 4)), np.eye(4)[rng.integers(0, 4, 5)]
    _, gradient = loss.evaluate(outputs, targets)
    for index in np.ndindex(*outputs.shape):
        step = np.zeros_like(outputs)
        step[index] = 1e-6
        slope = (loss.evaluate(outputs + step, targets)[0] - loss.evaluate(outputs - step, targets)[0]) / 2e-6
        assert slope == pytest.approx(gradient[index], rel=1e-6, abs=1e-9)


def test_large_outputs_do_not_overflow() -> None:
    loss, gradient = CROSS_ENTROPY.evaluate(np.array([[1e30, 0.0]], np.float32), np.array([[1.0, 0.0]], np.float32))
    assert loss == 0
    assert not gradient.any()
    np.testing.assert_allclose(probabilities(np.array([[1e30, 0.0, 0.0]])), [[1, 0, 0]])


@pytest.mark.parametrize("classes", [2, 10])
def test_outputs_of_zero_have_the_loss_of_chance(classes: int) -> None:
    targets = np.eye(classes)
    for loss in LOSSES.values():
        assert loss.evaluate(np.zeros((classes, classes)), targets)[0] == pytest.approx(loss.at_chance(classes))
