"""Optimizers: steps by hand here, against PyTorch in test_torch.py."""

import numpy as np
import pytest

from initviz.learn.optimizers import OPTIMIZERS

GRADIENTS = (2.0, -1.0, 0.5)
BY_HAND = {
    "sgd": [0.8, 0.9, 0.85],
    # velocity 2, 0.8, 1.22
    "momentum": [0.8, 0.72, 0.598],
    # mean 0.2, 0.08, 0.122 over 0.1, 0.19, 0.271; square 0.004, 0.004996, 0.005241004 over 0.001, 0.001999, 0.002997001
    "adam": [
        1 - 0.1 * 2 / 2,
        0.9 - 0.1 * (0.08 / 0.19) / (0.004996 / 0.001999) ** 0.5,
        0.9
        - 0.1 * (0.08 / 0.19) / (0.004996 / 0.001999) ** 0.5
        - 0.1 * (0.122 / 0.271) / (0.005241004 / 0.002997001) ** 0.5,
    ],
}


@pytest.mark.parametrize("id", OPTIMIZERS)
def test_three_steps_by_hand(id: str) -> None:
    parameters = np.ones(1)
    stepper = OPTIMIZERS[id].start(parameters)
    seen = []
    for gradient in GRADIENTS:
        stepper.step(parameters, np.array([gradient]), 0.1)
        seen.append(float(parameters[0]))
    np.testing.assert_allclose(seen, BY_HAND[id], rtol=1e-7)  # Adam's epsilon of 1e-8 is left out by hand


@pytest.mark.parametrize("id", OPTIMIZERS)
def test_float32_stays_float32(id: str) -> None:
    parameters, gradient = np.ones((2, 3), np.float32), np.ones((2, 3), np.float32)
    OPTIMIZERS[id].start(parameters).step(parameters, gradient, 0.1)
    assert parameters.dtype == gradient.dtype == np.float32
    assert (parameters < 1).all()
