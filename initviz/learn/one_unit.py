"""One linear unit with two weights: why inputs of one sign make it zig-zag sample by sample (S3-6), and how the shape
of a cloud of inputs bends its way with the whole batch."""

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


NEAR = 0.01
"""The goal counts as reached where so little of the first distance is left."""


def batch_descent(inputs: FloatArray, steps: int = 60) -> FloatArray:
    """The two weights from (0, 0) on, shape (steps + 1, 2), by gradient descent on the whole batch (n, 2).

    w += rate H (goal - w) with H = E x x^T, at half the largest stable rate: 1 over the largest eigenvalue of H.
    """
    curvature = inputs.T @ inputs / len(inputs)
    rate = 1 / np.linalg.eigvalsh(curvature)[-1]
    path = [np.zeros(2)]
    for _ in range(steps):
        path.append(path[-1] + rate * curvature @ (GOAL - path[-1]))
    return np.array(path)


def steps_until_near(inputs: FloatArray, most: int = 100_000) -> int:
    """Steps of `batch_descent` until the distance to the goal is NEAR of the first; `most` where it takes more."""
    curvature = inputs.T @ inputs / len(inputs)
    values, vectors = np.linalg.eigh(curvature)
    squares, left = np.square(vectors.T @ GOAL), 1 - values / values[-1]
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        near = np.sqrt(np.sum(squares * left ** (2 * middle)) / np.sum(squares)) <= NEAR
        low, high = (low, middle) if near else (middle, high)
    return high
