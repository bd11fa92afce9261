"""Estimated costs against what a simulation takes: memory as traced, work as processor time."""

import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from initviz.activations import ACTIVATIONS
from initviz.arrays import Workspace
from initviz.measure.simulate import simulate
from initviz.network.budget import STATISTICS_MIB, Budget, cost
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.network.inputs import INPUTS, MNIST_FOLDER, MNIST_SHAPE, PREPROCESSING, _mnist_in
from initviz.network.normalization import NORMALIZATIONS
from tests.mnist import write_mnist

AMPLE = Budget(1e9, 1e9)


@pytest.fixture(autouse=True, scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Grey images in the training set's file, and whatever is loaded once for all."""
    folder = tmp_path_factory.mktemp("mnist")
    images = np.full((60_000, MNIST_SHAPE[1]), 128, np.uint8)
    write_mnist(folder, images, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MNIST_FOLDER, str(folder))
        simulate(Experiment(width=2, depth=1, inputs="digits"))
        yield
    _mnist_in.cache_clear()


def peak_mib(experiment: Experiment) -> float:
    _mnist_in.cache_clear()  # the first visitor reads the file
    Workspace._kept.clear()
    tracemalloc.start()
    simulate(experiment, budget=AMPLE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


def check(experiment: Experiment) -> None:
    """At least nine tenths of the peak; small jobs have an eighth of the memory, so at most about twice it."""
    peak, estimate = peak_mib(experiment), cost(experiment).mib
    assert 0.9 * peak <= estimate
    assert estimate <= 2.5 * peak + STATISTICS_MIB


@pytest.mark.parametrize("initializer", INITIALIZERS)
@pytest.mark.parametrize("size", [{"width": 1024, "samples": 10}, {"width": 64, "samples": 10_000}])
def test_memory_of_drawing_and_fitting(initializer: str, size: dict[str, Any]) -> None:
    check(Experiment(initializer=initializer, depth=2, **size))


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("preprocessing", PREPROCESSING)
def test_memory_of_the_batch(inputs: str, preprocessing: str) -> None:
    check(Experiment(inputs=inputs, preprocessing=preprocessing, width=2, depth=2, samples=10_000))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_memory_of_activations(activation: str) -> None:
    check(Experiment(activation=activation, width=200, depth=2, samples=5000))


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"residual": 0.5},
        {"dtype": "float64"},
        {"bias_std": 1.0, "tied": True},
        {"initializer": "lsuv", "residual": 0.5, "dtype": "float64"},
        {"activation": "maxout", "alpha": 5, "initializer": "orthogonal", "linear_first": True},
    ],
)
def test_memory_of_options(normalization: str, options: dict[str, Any]) -> None:
    check(Experiment(normalization=normalization, width=200, depth=3, samples=2000, **options))


def seconds(experiment: Experiment) -> float:
    """Processor time of the quickest of three."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        simulate(experiment, budget=AMPLE)
        taken.append(time.process_time() - started)
    return min(taken)


def test_a_gflop_takes_about_as_long_whatever_it_is_spent_on() -> None:
    """Within a factor of four either way of a default experiment: products, weights, values, layers, decompositions."""
    kinds = {
        "products": Experiment(),
        "weights": Experiment(depth=20, samples=2),
        "partial sorts": Experiment(depth=20, samples=2, initializer="sparse"),
        "decompositions": Experiment(depth=2, samples=2, initializer="orthogonal", width=1000),
        "values": Experiment(depth=5, width=64, samples=10_000, activation="gelu"),
        "layers": Experiment(depth=100, width=2, samples=2),
    }
    rates = {kind: seconds(experiment) / cost(experiment).gflop for kind, experiment in kinds.items()}
    for kind, rate in rates.items():
        assert rates["products"] / 4 < rate < rates["products"] * 4, (kind, rates)
