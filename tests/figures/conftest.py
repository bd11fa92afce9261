"""Runs that between them hold everything a figure must survive."""

from functools import cache

import pytest

from initviz.figures.runs import Run
from initviz.measure.propagation import Propagation
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment
from initviz.theory.prediction import predict

SMALL = Experiment(width=40, samples=60)
EXPERIMENTS = {
    "lecture": SMALL,
    "horns": SMALL.changed(std=1.0),
    "relu": SMALL.changed(activation="relu", initializer="he_normal"),
    "overflow": SMALL.changed(activation="relu", std=100.0, depth=40),
    "float64 overflow": SMALL.changed(
        activation="linear", std=100.0, depth=100, width=150, input_std=1e6, dtype="float64"
    ),
    "zeros": SMALL.changed(initializer="zeros"),
    "one layer": SMALL.changed(depth=1),
    "deep": SMALL.changed(initializer="glorot_normal", depth=100),
    "wide": Experiment(activation="sigmoid", initializer="glorot_normal", width=600, samples=200),
    "digits": SMALL.changed(inputs="digits", activation="relu", initializer="he_normal"),
}
RUNS = tuple(EXPERIMENTS)


@cache
def run(name: str) -> Propagation:
    return simulate(EXPERIMENTS[name])


def alone(name: str, theory: bool = False) -> list[Run]:
    """The only entry of a chart by depth, or beside its prediction."""
    entries = [Run("measured", run(name))]
    return [*entries, Run("predicted", predict(EXPERIMENTS[name]), "predicted")] if theory else entries


@pytest.fixture(params=RUNS)
def any_run(request: pytest.FixtureRequest) -> Propagation:
    return run(request.param)
