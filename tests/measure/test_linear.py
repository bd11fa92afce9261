"""A linear network against the one matrix that its weights multiply to."""

from math import isnan, sqrt
from typing import Any

import numpy as np
import pytest

from initviz.activations import ACTIVATIONS
from initviz.measure.linear import collapse_error, is_linear
from initviz.network.experiment import Experiment

LINEAR = Experiment(activation="linear", initializer="lecun_normal", width=40, samples=30, depth=8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"depth": 1},
        {"bias_std": 0.5},
        {"residual": 0.5, "bias_std": 0.5},
        {"tied": True},
        {"initializer": "orthogonal"},
        {"initializer": "lsuv"},
        {"inputs": "digits"},
        {"std": 0.01, "initializer": "random_normal", "depth": 100},
    ],
)
def test_a_linear_network_is_one_matrix(changes: dict[str, Any], dtype: str) -> None:
    """Each of depth products rounds sums of n terms, whose errors add like random numbers: sqrt(n) eps each. A hundred
    times that leaves room for outputs that cancel. A bias or a branch left out would cost parts of 1."""
    experiment = LINEAR.changed(dtype=dtype, **changes)
    assert is_linear(experiment)
    bound = 100 * experiment.depth * sqrt(max(experiment.width, 64)) * np.finfo(float).eps
    assert collapse_error(experiment) < min(bound, 1e-6)


@pytest.mark.parametrize("id", [id for id in ACTIVATIONS if id not in ("linear", "maxout")])
def test_no_other_is(id: str) -> None:
    experiment = LINEAR.changed(activation=id)
    assert not is_linear(experiment)
    assert collapse_error(experiment) > 1e-3


def test_normalized_or_lost_signals_are_not_called_linear() -> None:
    assert not is_linear(LINEAR.changed(normalization="layer"))
    assert isnan(collapse_error(LINEAR.changed(initializer="zeros")))
