"""A sweep as a heat map over two fields of the experiment."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isinf, log10
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from initviz.arrays import FloatArray
from initviz.figures.phase import diverging
from initviz.figures.scales import log_ticks
from initviz.figures.theme import LIGHT, Theme, figure, layout
from initviz.network.experiment import FIELDS
from initviz.text import say

DECADES = 1.0
"""Sizes that span more than so many powers of ten are coloured by their logarithm."""
FULL_ERRORS = 5.0
"""Standard errors at which a difference has its full colour."""
MOST_WORDS = 8
"""Columns up to which the word of a gap fits into its cell."""
ROW = 44
"""Pixels of a row of cells."""


@dataclass(frozen=True)
class Side:
    """One axis of a grid: what varies, how each value is called, and the values where they are numbers."""

    title: str
    names: tuple[str, ...]
    values: tuple[float, ...] = ()

    def said(self, index: int) -> str:
        """A value in a sentence: numbers with what they are, names alone."""
        return f"{self.title} {self.names[index]}" if self.values else self.names[index]


ALONE = Side("", ("",))
"""The other axis of a grid that has only one."""


def side(name: str, values: Sequence[Any]) -> Side:
    """The axis of a field of the experiment."""
    spec = FIELDS[name]
    names = tuple(str(spec.say(value)) for value in values)
    numbers = tuple(values) if all(isinstance(one, int | float) and not isinstance(one, bool) for one in values) else ()
    return Side(spec.label, names, numbers)


def heat(
    values: FloatArray,
    gaps: NDArray[np.str_],
    y: Side,
    x: Side,
    *,
    title: str,
    kind: str = "size",
    theme: Theme = LIGHT,
) -> go.Figure:
    """Cells (y, x) in colour with their numbers where they fit; the word of `gaps` where there is none.

    kind: "size"; "share", of a whole; "factor", around 1; "errors", a difference in standard errors. Every cell has an
    invisible marker with its indices as x and y, for a page that lets a visitor choose one.
    """
    colours, look = _colours(values, kind, title, theme)
    rows, columns = values.shape
    texts = [[_word(value, gap) for value, gap in zip(*pair, strict=True)] for pair in zip(values, gaps, strict=True)]
    cells = {
        "type": "heatmap",
        "x": list(range(columns)),
        "y": list(range(rows)),
        "z": colours,
        "text": texts,
        "texttemplate": "%{text}",  # Plotly leaves out what does not fit
        "hoverinfo": "skip",
        "xgap": 1,
        "ygap": 1,
        **look,
    }
    order = [(row, column) for row in range(rows) for column in range(columns)]
    choices = {
        "type": "scatter",
        "x": [column for _, column in order],
        "y": [row for row, _ in order],
        "mode": "markers+text",
        "marker": {"size": 22, "opacity": 0},
        "text": [_gap(texts, colours, row, column, columns) for row, column in order],
        "textfont": {"size": 14, "color": theme.muted},
        "customdata": [[cell(y, x, row, column), texts[row][column]] for row, column in order],
        "hovertemplate": "%{customdata[0]}: %{customdata[1]}<extra></extra>",
        "showlegend": False,
    }
    axes = {
        "xaxis": _names(x, columns),
        "yaxis": _names(y, rows) | {"range": [rows - 0.5, -0.5]},
    }
    alt = f"Heat map of {title}: {x.title.lower()} across{f', {y.title.lower()} down' if y.title else ''}."
    return figure([cells, choices], layout(theme, alt=alt, **axes, height=170 + ROW * rows, hoverdistance=40))


def _names(one: Side, count: int) -> dict[str, Any]:
    ticks = {"tickmode": "array", "tickvals": list(range(count)), "ticktext": list(one.names)}
    shown = {"range": [-0.5, count - 0.5], "showgrid": False, "zeroline": False, "fixedrange": True}
    return {"title": {"text": one.title}, **ticks, **shown}


def _word(value: float, gap: str) -> str:
    return "overflow" if isinf(value) else say(value) if isfinite(value) else str(gap)


def _gap(texts: list[list[str]], colours: list[list[float | None]], row: int, column: int, columns: int) -> str:
    if colours[row][column] is not None:
        return ""
    return texts[row][column] if columns <= MOST_WORDS else "–"


def cell(y: Side, x: Side, row: int, column: int) -> str:
    """What a cell is called."""
    return ", ".join(name for name in (y.said(row), x.said(column)) if name)


def _colours(
    values: FloatArray, kind: str, title: str, theme: Theme
) -> tuple[list[list[float | None]], dict[str, Any]]:
    """What is coloured, None for a gap, and how."""
    known = values[np.isfinite(values)]
    scale, low, high, ticks = theme.heat, *_ends(known), {}
    shown = values
    if kind == "errors":
        scale, low, high = diverging(theme), -FULL_ERRORS, FULL_ERRORS
        shown = np.where(np.isfinite(values), np.clip(values, low, high), np.nan)
    elif kind == "factor" or (kind == "size" and spans_decades(known)):
        with np.errstate(all="ignore"):
            shown = np.log10(values)
        low, high = _ends(shown[np.isfinite(shown)])
        if kind == "factor":
            high = max(-low, high, 0.3)
            scale, low = diverging(theme), -high
        ticks = log_ticks(low, high, most=5)
    colours = [[float(f"{one:.4g}") if isfinite(one) else None for one in row] for row in shown]
    bar = {"title": {"text": title, "side": "top"}, "orientation": "h", "y": 1.02, "yanchor": "bottom", "thickness": 12}
    return colours, {
        "colorscale": [list(stop) for stop in scale],
        "zmin": low,
        "zmax": high,
        "colorbar": bar | ticks,
    }


def _ends(known: FloatArray) -> tuple[float, float]:
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def spans_decades(known: FloatArray) -> bool:
    """Whether sizes are told apart by their logarithm only; those that are exactly 0 are left out."""
    sizes = known[known != 0]
    return bool(sizes.size) and float(sizes.min()) > 0 and log10(float(sizes.max()) / float(sizes.min())) > DECADES
