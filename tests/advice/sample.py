"""Random experiments over the whole space, small enough that hundreds take seconds; the same ones every time."""

from typing import Any

import numpy as np

from initviz.activations import ACTIVATIONS
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS

COUNT = 150


def drawn(seed: int) -> Experiment:
    """One experiment: every activation and initializer, shapes from two units to 100 layers, all that can be set."""
    rng = np.random.default_rng(seed)

    def one(*values: Any) -> Any:
        return values[rng.integers(len(values))]

    def rarely(*values: Any) -> Any:
        return one(*values) if rng.random() < 0.25 else values[0]

    activation = ACTIVATIONS[one(*ACTIVATIONS)]
    param = activation.param
    alpha = float(f"{rng.uniform(param.low, param.high):.2g}") if param and rng.random() < 0.3 else None
    if activation.id == "maxout" and alpha is not None:
        alpha = round(alpha)
    return Experiment(
        activation=activation.id,
        alpha=alpha,
        initializer=one(*INITIALIZERS),
        std=float(10 ** rng.uniform(-3, 0.5)),
        gain=rarely(1.0, 0.3, 0.9, 1.1, 2.0),
        depth=one(1, 2, 3, 5, 10, 10, 20, 40, 100),
        width=one(2, 3, 5, 10, 20, 50, 100),
        inputs=one("gaussian", "gaussian", "uniform", "digits"),
        input_std=rarely(1.0, 1e-3, 10.0, 1e3),
        samples=one(2, 5, 20, 60, 100),
        preprocessing=rarely("none", "center", "standardize"),
        bias_std=rarely(0.0, 0.1, 1.0),
        normalization=rarely("none", "batch", "layer"),
        residual=rarely(0.0, 0.1, 1.0),
        tied=rarely(False, True),
        linear_first=rarely(False, True),
        seed=int(rng.integers(1000)),
        dtype=rarely("float32", "float64"),
    )


SAMPLE = [drawn(seed) for seed in range(COUNT)]
