"""Sizes of values: what Python itself says when they are made."""

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pytest

from initviz.arrays import FloatArray, size_of
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment
from initviz.theory.phase import PairGrowth


@dataclass
class Pair:
    first: FloatArray
    second: object


@dataclass(slots=True)
class Slotted:
    array: FloatArray


def zeros() -> FloatArray:
    return np.zeros(10_000)


MADE: dict[str, Callable[[], object]] = {
    "an array": zeros,
    "a view keeps its base": lambda: zeros()[:1],
    "an object": lambda: Pair(zeros(), zeros()),
    "slots": lambda: Slotted(zeros()),
    "nested": lambda: {"a": [(zeros(), {"b": zeros()})], "c": MappingProxyType({"d": zeros()})},
    "numbers": lambda: [float(i) for i in range(10_000)],
    "a growth of pairs": lambda: PairGrowth(("a",), ("b",), zeros(), zeros()),
    "a propagation": lambda: simulate(Experiment(depth=20, width=4, samples=8)),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE.keys())
def test_sizes_are_what_was_allocated(make: Callable[[], object]) -> None:
    make()  # what is kept for the next time does not count
    tracemalloc.start()
    value = make()
    allocated, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.95 * allocated < size_of(value) < 1.15 * allocated


def test_what_is_shared_counts_once() -> None:
    array = zeros()
    assert size_of([array, array]) < 1.1 * array.nbytes


def test_code_counts_nothing() -> None:
    assert size_of([zeros, np, Pair, np.tanh, np.dtype("float32")]) == size_of([0] * 5) - size_of(0)
