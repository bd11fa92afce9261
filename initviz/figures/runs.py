"""Charts by depth take a list of named runs; this is what an entry is, and how columns become lines over layers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from initviz.arrays import FloatArray
from initviz.figures.theme import Role
from initviz.network.columns import LayerTable
from initviz.text import percent

Kind: TypeAlias = Literal["measured", "predicted", "proposed"]
"""How a line looks: solid with dots, dashed, or in long dashes (after a fix)."""


@dataclass(frozen=True)
class Run:
    """One entry of a chart by depth: one network, the median of many, a prediction, what a fix would do."""

    name: str
    table: LayerTable
    kind: Kind = "measured"
    role: Role = 0
    """The colour, in a chart of one column; where there are several, each column has its own."""
    coverage: float = 0.95
    """The share of all networks that the bands hold, where the table has bands."""


PINNED: Role = 1
"""The colour of a pinned run: that of the present one does not change when another is pinned beside it."""
PINNED_NAME = "A: measured"


@dataclass(frozen=True)
class Line:
    """One column as a chart shows it."""

    column: str
    label: str = ""
    """What tells it apart from the chart's other columns."""
    role: Role = 0
    first: int = 0
    """The first layer that has it."""
    scale: float = 1
    lost: str = "nonfinite"
    """The column that says which layers overflowed, where the table has it."""


@dataclass(frozen=True)
class Series:
    """A line over layers, ready to draw. layers, values: (n,). low, high: (n,) limits of a band around it.
    nonfinite: (n,) share of the values behind each point that overflowed. zero: what a log axis says of a zero."""

    name: str
    layers: Sequence[int]
    values: FloatArray
    kind: Kind = "measured"
    role: Role = 0
    low: FloatArray | None = None
    high: FloatArray | None = None
    nonfinite: FloatArray | None = None
    zero: str = "exactly 0"
    hollow: bool = False
    """Drawn with open markers: a second run whose columns have the colours of the first."""


def series(runs: Sequence[Run], *lines: Line, bands: bool = True) -> list[Series]:
    """The lines of all runs that have the columns, run by run; columns without any number are left out of predictions.

    One column is coloured by run. Several are coloured by column, and every measured run but the first is hollow.
    """
    own = [run for run in runs if run.kind == "measured"]
    drawn = []
    for run in runs:
        for line in lines:
            if run.table.has(line.column) and not _untold(run, line):
                one = _series(run, line, several=len(lines) > 1, alone=len(own) < 2, second=run in own[1:])
                drawn.append(_with_band(one, run, line) if bands and run.kind != "proposed" else one)
    return drawn


def _untold(run: Run, line: Line) -> bool:
    """Whether a prediction has no number at all there."""
    values = run.table.column(line.column)[line.first :]
    return run.kind != "measured" and bool((values != values).all())  # noqa: PLR0124 - only nan is unlike itself


def _series(run: Run, line: Line, *, several: bool, alone: bool, second: bool) -> Series:
    table, rows = run.table, slice(line.first, None)
    name = run.name if not several else line.label if alone and run.kind == "measured" else f"{run.name} {line.label}"
    return Series(
        name,
        range(line.first, len(table)),
        line.scale * table.column(line.column)[rows],
        kind=run.kind,
        role=line.role if several and run.kind != "proposed" else run.role,
        nonfinite=table.column(line.lost)[rows] if table.has(line.lost) else None,
        hollow=several and second,
    )


def _with_band(one: Series, run: Run, line: Line) -> Series:
    """The same with its band, and how much that covers, where the run has one."""
    if not run.table.has_band(line.column):
        return one
    low, high = (line.scale * limit[line.first :] for limit in run.table.band(line.column))
    return replace(one, name=f"{one.name} ({percent(run.coverage)})", low=low, high=high)


def known(one: Series) -> Series:
    """With gaps where values overflowed: nobody can say which of them would be 0, or equal."""
    if one.nonfinite is None:
        return one
    return replace(one, values=np.where(one.nonfinite > 0, np.nan, one.values))
