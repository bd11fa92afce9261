"""What the forward pass does, layer by layer: size, mean, shares and cosine of h."""

from collections.abc import Sequence
from typing import TypeAlias

import plotly.graph_objects as go

from initviz.figures.depth import ReferenceLine, by_depth
from initviz.figures.series import Series
from initviz.figures.theme import LIGHT, Role, Theme
from initviz.measure.ensemble import Ensemble
from initviz.measure.propagation import Propagation

Run: TypeAlias = Propagation | Ensemble
"""One network, or the median of many with its band."""


def measured(
    run: Run, name: str, column: str, *, role: Role = 0, nonfinite: str = "nonfinite", first: int = 0, scale: float = 1
) -> Series:
    """A column of the layers first..depth as a measured line; the column `nonfinite` says which of them overflowed."""
    low, high = run.band(column) if isinstance(run, Ensemble) else (None, None)
    return Series(
        name,
        range(first, len(run.column("layer"))),
        scale * run.column(column)[first:],
        role=role,
        low=None if low is None else scale * low[first:],
        high=None if high is None else scale * high[first:],
        nonfinite=run.column(nonfinite)[first:],
    )


def runs(run: Run, pinned: Run | None, column: str, *, name: str = "", nonfinite: str = "nonfinite") -> list[Series]:
    """The run's line, and beside it that of a pinned run: pinned is A (first colour), the present one then B."""
    if pinned is None:
        return [measured(run, name or _name(run), column, nonfinite=nonfinite)]
    return [
        measured(pinned, f"A: {name or _name(pinned)}", column, role=0, nonfinite=nonfinite),
        measured(run, f"B: {name or _name(run)}", column, role=1, nonfinite=nonfinite),
    ]


def _name(run: Run) -> str:
    return f"median of {run.seeds} networks" if isinstance(run, Ensemble) else "measured"


def std_by_depth(
    run: Run,
    *,
    predicted: Sequence[Series] = (),
    pinned: Run | None = None,
    log: bool = True,
    theme: Theme = LIGHT,
) -> go.Figure:
    """Standard deviation of h over layers."""
    return by_depth(
        [*runs(run, pinned, "std"), *predicted],
        y_title="std of h",
        log=log,
        theme=theme,
    )


def mean_by_depth(
    run: Run,
    *,
    predicted: Sequence[Series] = (),
    pinned: Run | None = None,
    theme: Theme = LIGHT,
) -> go.Figure:
    """Mean of h over layers, with a line at 0."""
    return by_depth(
        [*runs(run, pinned, "mean"), *predicted],
        y_title="mean of h",
        theme=theme,
        reference_lines=[ReferenceLine(0.0, "")],
    )


def shares_by_depth(run: Run, *, predicted: Sequence[Series] = (), theme: Theme = LIGHT) -> go.Figure:
    """Saturated values, zero values and dead units in per cent, for the hidden layers; predicted ones too."""
    series = [
        measured(run, "saturated values", "saturated", role=0, first=1, scale=100),
        measured(run, "zero values", "zero", role=1, first=1, scale=100),
        measured(run, "dead units", "dead", role=3, first=1, scale=100),
    ]
    figure = by_depth([*series, *predicted], y_title="share in %", theme=theme, x_title="hidden layer")
    figure.layout.yaxis.range = (-3, 103)
    return figure


def cosine_by_depth(
    run: Run,
    *,
    predicted: Sequence[Series] = (),
    pinned: Run | None = None,
    theme: Theme = LIGHT,
) -> go.Figure:
    """Mean cosine between two samples' h over layers: 1 means that the network cannot tell its inputs apart."""
    return by_depth(
        [*runs(run, pinned, "cosine"), *predicted],
        y_title="mean cosine of two h",
        theme=theme,
        reference_lines=[ReferenceLine(1.0, "all inputs alike")],
    )
