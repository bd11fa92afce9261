"""One linear unit with two weights, learning sample by sample: why inputs of one sign make it zig-zag (S3-6)."""

import numpy as np

from initviz.arrays import FloatArray

GOAL = np.array([1.0, -1.0])
"""The weights that fit every sample."""


def descent(mean: float, steps: int = 40, rate: float = 0.3, seed: int = 0) -> FloatArray:
    """The two weights from (0, 0) on, shape (steps + 1, 2).

    Each step is one of stochastic gradient descent on half the squared error of one sample, w += rate (goal.x - w.x) x,
    with x uniform over a square of side 1.6 about (mean, mean). Where both inputs are positive, both weights move up,
    or both down.
    """
    inputs = np.random.default_rng(seed).uniform(mean - 0.8, mean + 0.8, (steps, 2))
    path = [np.zeros(2)]
    for x in inputs:
        path.append(path[-1] + rate * ((GOAL - path[-1]) @ x) * x)
    return np.array(path)
