"""What is said of every activation without a network, against what the textbooks say."""

from math import inf
from threading import Event, Thread

import numpy as np
import pytest

from initviz.activations import ACTIVATIONS, SELU_ALPHA, SELU_SCALE
from initviz.gaussian.properties import measured_costs, properties

RANGES = {
    "linear": (-inf, inf),
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
    "hard_tanh": (-1, 1),
    "softsign": (-1, 1),
    "relu": (0, inf),
    "relu6": (0, 6),
    "leaky_relu": (-inf, inf),
    "elu": (-1, inf),
    "selu": (-SELU_SCALE * SELU_ALPHA, inf),
    "softplus": (0, inf),
    "erf": (-1, 1),
    "sin": (-1, 1),
}
SLOPES = {"linear": (1, 1), "sigmoid": (0, 0.25), "tanh": (0, 1), "relu": (0, 1), "softplus": (0, 1), "sin": (-1, 1)}
ZERO_CENTRED = {"linear", "tanh", "hard_tanh", "softsign", "erf", "sin"}
NOT_MONOTONE = {"gelu", "gelu_tanh", "swish", "hard_swish", "mish", "sin", "maxout"}  # maxout: its demonstration


@pytest.mark.parametrize(("id", "ends"), RANGES.items())
def test_ranges(id: str, ends: tuple[float, float]) -> None:
    found = properties(ACTIVATIONS[id])
    # the grid steps by 0.0005: it misses an extreme by less than the slope's change over half a step
    assert (found.low, found.high) == pytest.approx(ends, abs=1e-6)
    assert found.bounded == (inf not in ends and -inf not in ends)


@pytest.mark.parametrize(("id", "ends"), SLOPES.items())
def test_slopes(id: str, ends: tuple[float, float]) -> None:
    found = properties(ACTIVATIONS[id])
    assert (found.slope_low, found.slope_high) == pytest.approx(ends, abs=1e-6)


@pytest.mark.parametrize("id", ACTIVATIONS)
def test_centre_and_monotony(id: str) -> None:
    found = properties(ACTIVATIONS[id])
    assert found.zero_centred == (id in ZERO_CENTRED)
    assert found.monotone == (id not in NOT_MONOTONE)


@pytest.mark.parametrize("id", [id for id, activation in ACTIVATIONS.items() if activation.param])
def test_traits_hold_at_the_ends_of_the_parameter(id: str) -> None:
    param = ACTIVATIONS[id].param
    assert param is not None
    for alpha in (param.low, param.high):
        found = properties(ACTIVATIONS[id], alpha)
        inside = ACTIVATIONS[id].phi(np.linspace(-30, 30, 1001), alpha)
        assert found.low <= inside.min()
        assert found.high >= inside.max()
        assert found.bounded == np.isfinite([found.low, found.high]).all()


def test_costs_are_measured_for_every_activation() -> None:
    costs = measured_costs(rows=10, units=100, rounds=3)
    assert list(costs) == list(ACTIVATIONS)
    for cost in costs.values():
        assert 0 < cost.forward < 1e6
        assert 0 < cost.backward < 1e6
        assert cost.ratio_low <= cost.ratio <= cost.ratio_high
    assert costs["relu"].ratio_low == costs["relu"].ratio_high == 1


def test_costs_do_not_count_the_work_of_others() -> None:
    """Threads that keep every core busy cost time, but none of this thread's."""
    alone = measured_costs(rows=50, units=200)
    stop = Event()
    busy = [Thread(target=lambda: [np.ones(1_000_000).sum() for _ in iter(stop.is_set, True)]) for _ in range(4)]
    for thread in busy:
        thread.start()
    try:
        crowded = measured_costs(rows=50, units=200)
    finally:
        stop.set()
    for thread in busy:
        thread.join()
    for id in ("sigmoid", "gelu"):
        assert 0.5 < crowded[id].ratio / alone[id].ratio < 2
