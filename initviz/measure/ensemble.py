"""The same experiment over many seeds: what is typical, and how far one network strays from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event
from types import MappingProxyType

import numpy as np
import pandas as pd

from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.measure.simulate import simulate
from initviz.measure.threads import Worker, run_team, threads
from initviz.network.budget import Budget, cost
from initviz.network.columns import LayerTable
from initviz.network.experiment import Experiment
from initviz.progress import Progress

LOW, HIGH = 0.05, 0.95
"""Quantiles of the band."""
COVERAGE = HIGH - LOW
"""The share of all networks that lie in it."""

ENSEMBLE_ROOM = 2.0
"""An ensemble may take this many times the work of the largest single experiment."""

WORTH_A_THREAD = 2**16
"""Values of a layer from which networks side by side are quicker than one after another."""


@dataclass(frozen=True, eq=False)
class Ensemble(LayerTable):
    """Columns of the layer table over several seeds, each (seeds, depth + 1)."""

    experiment: Experiment
    values: Mapping[str, FloatArray]

    def __reduce__(self) -> tuple[object, ...]:
        return Ensemble, (self.experiment, dict(self.values))  # a view of a mapping cannot be sent

    @property
    def seeds(self) -> int:
        """How many networks were drawn."""
        return len(self.values["layer"])

    def __len__(self) -> int:
        return self.experiment.depth + 1

    def has(self, name: str, /) -> bool:
        return name in self.values

    def column(self, name: str, /) -> FloatArray:
        """Median over the seeds for the layers 0..depth, nan where a layer has no such number."""
        return _quantile(self.values[name], 0.5)

    def has_band(self, name: str, /) -> bool:
        return self.has(name)

    def band(self, name: str, /) -> tuple[FloatArray, FloatArray]:
        """Limits between which COVERAGE of the networks lie, for the layers 0..depth."""
        return _quantile(self.values[name], LOW), _quantile(self.values[name], HIGH)


def repeat(
    experiment: Experiment, seeds: int, progress: Progress | None = None, budget: Budget | None = None
) -> Ensemble:
    """Simulate `seeds` networks: the experiment's own seed and the ones that follow it.

    Networks run side by side on the cores (see `at_once`), each as it would alone. `progress` is called with the share
    done and may raise to stop. Raises InputError for fewer than 2 seeds or more than the budget has, and OverBudget
    where one of the networks is too big.
    """
    budget = budget or Budget.from_environment()
    check_seeds(experiment, seeds, budget)
    networks = [experiment.redrawn(index) for index in range(seeds)]
    size = min(at_once(experiment, budget), seeds)
    tables = _simulated(networks, size, progress or (lambda share: None), budget)
    columns = {str(name): np.array([table[name] for table in tables], dtype=float) for name in tables[0].columns}
    return Ensemble(experiment, MappingProxyType(columns))


def at_once(experiment: Experiment, budget: Budget) -> int:
    """How many networks of an ensemble run side by side, one thread each: as many as memory allows of those that have
    enough to do outside Python's lock."""
    if experiment.source.count(experiment.samples) * experiment.width < WORTH_A_THREAD:
        return 1
    return max(min(threads(), int(budget.mib / cost(experiment).mib)), 1)


class _Stopped(Exception):
    """Another thread has failed, or nobody waits any more."""


def _simulated(networks: Sequence[Experiment], size: int, told: Progress, budget: Budget) -> list[pd.DataFrame]:
    """The tables of all networks; whichever thread is free takes the next one."""
    shares, stopped = [0.0] * len(networks), Event()
    tables = [pd.DataFrame()] * len(networks)

    def report(worker: Worker, index: int, share: float) -> None:
        shares[index] = share
        if worker.rank == 0:
            told(sum(shares) / len(networks))
        elif stopped.is_set():
            raise _Stopped

    def work(worker: Worker) -> None:
        try:
            for index, network in worker.gather(enumerate(networks))[0]:
                if not stopped.is_set():
                    progress = partial(report, worker, index)
                    tables[index] = simulate(network, progress, budget, size=1 if size > 1 else None).to_frame()
        except BaseException:
            stopped.set()
            raise
        worker.gather(None)

    run_team(work, size)
    told(1.0)
    return tables


def check_seeds(experiment: Experiment, seeds: int, budget: Budget) -> None:
    """Raise InputError where so many networks are more than the budget of one experiment allows."""
    if not 2 <= seeds <= budget.seeds:
        raise InputError(f"An ensemble has 2 to {budget.seeds:g} seeds, not {seeds}.")
    budget.check(experiment)
    needed = seeds * cost(experiment).gflop
    if needed > budget.gflop * ENSEMBLE_ROOM:
        fitting = int(budget.gflop * ENSEMBLE_ROOM / cost(experiment).gflop)
        raise InputError(
            f"{seeds} networks of this size need about {needed:,.0f} GFLOP; here {fitting} seeds fit. Choose fewer"
            " seeds or a smaller network."
        )


def _quantile(values: FloatArray, share: float) -> FloatArray:
    """Quantile over the seeds of what is finite; nan for a layer without any."""
    with np.errstate(all="ignore"):
        absent = ~np.isfinite(values).any(axis=0)
        filled = np.where(np.isfinite(values), values, np.nan)
        filled[:, absent] = 0.0
        result: FloatArray = np.nanquantile(filled, share, axis=0)
    result[absent] = np.nan
    return result
