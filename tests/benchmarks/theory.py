"""What a prediction costs, as a share of simulating the default experiment: `python -m tests.benchmarks.theory`.

Exits with 1 when a promise of the contract is broken.
"""

import sys
from collections.abc import Callable
from time import perf_counter, process_time

import numpy as np

from initviz import Experiment, predict, simulate
from initviz.activations import ACTIVATIONS
from initviz.theory.phase import pair_growth, phase_map

WARM = 0.02
"""A prediction of 100 layers, as a share of a simulation."""
COLD = 0.5
"""Seconds of its first call."""
TABLE = 1.0
"""Seconds for the growth of all pairs, and for a map of 40 x 40 points."""


def best(task: Callable[[], object], repetitions: int, clock: Callable[[], float] = perf_counter) -> float:
    """Seconds of the run that others on the machine disturbed least."""
    times = []
    for _ in range(repetitions):
        start = clock()
        task()
        times.append(clock() - start)
    return min(times)


def once(task: Callable[[], object]) -> float:
    """Seconds of processor time of a first call, which cannot be repeated."""
    return best(task, 1, process_time)


def predictions() -> dict[str, Experiment]:
    """Networks of 100 layers of several kinds."""
    deep = Experiment(depth=100)
    return {
        "relu, He": deep.changed(activation="relu", initializer="he_normal"),
        "maxout": deep.changed(activation="maxout"),
        "residual": deep.changed(residual=0.5),
        "batch normalization": deep.changed(normalization="batch"),
    }


def main() -> int:
    """Measure and print; 0 when all promises are kept."""
    deep, grid = Experiment(depth=100), np.linspace(0.1, 4, 40)
    cold = once(lambda: predict(deep))
    growth = once(lambda: pair_growth(Experiment()))
    phases = once(lambda: phase_map(ACTIVATIONS["gelu"], None, grid, grid))
    simulate(Experiment())
    simulation = best(lambda: simulate(Experiment()), 7)
    warm = best(lambda: predict(deep), 21)
    lines = {
        "the default experiment, simulated": simulation,
        f"100 layers, first call (limit {COLD} s)": cold,
        f"growth of all pairs, first call (limit {TABLE} s)": growth,
        f"phase map of gelu, first call (limit {TABLE} s)": phases,
        f"100 layers, warm (limit {WARM:.0%} of the simulation: {warm / simulation:.1%})": warm,
        "  with cosines and shares": best(lambda: predict(deep).columns, 9),
        "  with bands": best(lambda: predict(deep).scatter, 9),
    }
    for name, experiment in predictions().items():
        predict(experiment)
        lines[f"  {name}"] = best(lambda: predict(experiment), 9)  # noqa: B023 - called at once
    for name, seconds in lines.items():
        sys.stdout.write(f"{name:70}{1e3 * seconds:9.2f} ms\n")
    return 0 if warm < WARM * simulation and cold < COLD and max(growth, phases) < TABLE else 1


if __name__ == "__main__":
    sys.exit(main())
