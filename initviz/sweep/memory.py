"""A small sweep that is kept in memory: for a page, which draws it while it grows.

Public: Swept, sweep_in_memory.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import nan
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from initviz.arrays import FloatArray
from initviz.progress import Report
from initviz.sweep.plan import Grid, point_key
from initviz.sweep.run import Opening, here, run_sweep
from initviz.sweep.table import KEY, Rows

Place: TypeAlias = Literal["first", "last"]
"""The first hidden layer, or the last."""

PLACES: tuple[Place, ...] = ("first", "last")


@dataclass(frozen=True, eq=False)
class Swept:
    """What is measured of a grid so far."""

    grid: Grid
    rows: Mapping[str, Rows] = field(default_factory=dict)
    """Key of an experiment -> the rows of its first and its last hidden layer."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """Summary of an experiment -> why it has no rows."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def done(self) -> bool:
        """Whether every experiment was tried."""
        return len(self.rows) + len(self.failures) >= len(self.grid)

    def to_frame(self) -> pd.DataFrame:
        """All rows one after another, as a table that a sweep writes has them."""
        return pd.concat([pd.DataFrame(rows) for rows in self.rows.values()], ignore_index=True)

    def column(self, name: str, place: Place = "last") -> FloatArray:
        """(values of the first axis, of the second, ..., seeds); nan where there is nothing yet, or no such number."""
        index = PLACES.index(place)
        found = [self.rows.get(point_key(point), {}).get(name) for point in self.grid.points()]
        shape = [len(values) for values in self.grid.axes.values()]
        numbers = [nan if column is None else float(column[index]) for column in found]
        return np.array(numbers).reshape(*shape, self.grid.seeds)


class _Memory:
    """Keeps rows as `run_sweep` hands them over."""

    def __init__(self, rows: Mapping[str, Rows]) -> None:
        self.rows = dict(rows)

    def begin(self, grid: Grid, last_layer_only: bool) -> None:
        """Nothing has to be prepared."""

    def keys(self) -> set[str]:
        """The experiments that are measured already."""
        return set(self.rows)

    def add(self, rows: Rows) -> None:
        """Keep the first and the last hidden layer."""
        first_and_last = (min(1, len(rows[KEY]) - 1), -1)
        self.rows[rows[KEY][0]] = {name: [column[index] for index in first_and_last] for name, column in rows.items()}

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Nothing is buffered."""
        yield


def sweep_in_memory(
    grid: Grid, report: Report | None = None, begun: Swept | None = None, opening: Opening | None = None
) -> Swept:
    """Measure the grid, in this process one experiment after another where no executor is given; `report` is handed
    what there is after each.

    begun: the same grid, or one with common experiments, that was stopped earlier: what it holds is not run again.
    """
    memory = _Memory(begun.rows if begun else {})

    def progress(share: float) -> None:
        if report:
            report(share, Swept(grid, dict(memory.rows)))

    outcome = run_sweep(grid, memory, opening or here(), progress=progress)
    return Swept(grid, memory.rows, outcome.failures)
