"""The growth per layer under every pair of activation and initializer, as an annotated heat map."""

from collections.abc import Sequence
from math import log10
from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.activations import ACTIVATIONS
from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue, Named
from initviz.figures.phase import clipped_log, diverging
from initviz.figures.theme import LIGHT, Theme, figure, layout
from initviz.network.initializers import INITIALIZERS
from initviz.text import show
from initviz.theory.phase import PairGrowth

DIRECTIONS = Catalogue("direction", [Named("forward", "Signal (forward)"), Named("backward", "Gradient (backward)")])

GROWTH_DECADES = log10(2)
"""Full colour where a layer halves or doubles."""


ROW, HEADER = 25, 225
"""Pixels of a row, and of the initializers' names above them: fixed, so that tables side by side are level."""


def pair_table(
    growth: PairGrowth,
    direction: str,
    initializers: Sequence[str],
    *,
    here: tuple[str, str] | None = None,
    theme: Theme = LIGHT,
) -> go.Figure:
    """Growth per layer of all activations (rows) under some of the initializers (columns), a number in every cell.

    The numbers are what can be chosen: customdata is (activation, initializer). here: the pair that is framed.
    """
    columns = [growth.initializers.index(id) for id in initializers]
    values = (growth.forward if direction == "forward" else growth.backward)[:, columns]
    rows = [ACTIVATIONS[id].name for id in growth.activations]
    names = [INITIALIZERS[id].name for id in initializers]
    axis = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": "", "showline": False}
    axis |= {"ticklabelstandoff": 4}
    axes = {
        "xaxis": axis
        | _named(names)
        | {"side": "top", "tickangle": -90, "automargin": False, "range": [-0.5, len(names) - 0.5]},
        "yaxis": axis | _named(rows) | {"range": [len(rows) - 0.5, -0.5]},
    }
    frame = [here] if here and here[1] in initializers else []
    empty = [column for column in range(len(names)) if np.isnan(values[:, column]).all()]
    return figure(
        [_growth_cells(values, theme), _growth_numbers(growth, values, initializers, theme)],
        layout(
            theme,
            alt=f"Growth per layer, {direction}: {len(rows)} activations by {', '.join(names)}. {_range(values)}",
            **axes,
            annotations=[_no_prediction(column, len(rows)) for column in empty],
            shapes=[_frame(growth.activations.index(row), initializers.index(id), theme) for row, id in frame],
            margin={"l": 4, "r": 4, "t": HEADER, "b": 8},
            height=ROW * len(rows) + HEADER + 8,
            hoverdistance=40,
            plot_bgcolor=theme.grid,
        ),
    )


def _named(names: Sequence[str]) -> dict[str, Any]:
    return {"tickvals": list(range(len(names))), "ticktext": list(names)}


def _range(values: FloatArray) -> str:
    known = values[np.isfinite(values)]
    return f"From {show(known.min())} to {show(known.max())}." if known.size else "No prediction."


def _growth_cells(values: FloatArray, theme: Theme) -> dict[str, Any]:
    logs = clipped_log(values, -GROWTH_DECADES, GROWTH_DECADES)
    return {
        "type": "heatmap",
        "z": [[None if np.isnan(value) else round(float(value), 3) for value in row] for row in logs],
        "zmin": -GROWTH_DECADES,
        "zmax": GROWTH_DECADES,
        "colorscale": [list(stop) for stop in diverging(theme)],
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hoverinfo": "skip",
    }


def _growth_numbers(
    growth: PairGrowth, values: FloatArray, initializers: Sequence[str], theme: Theme
) -> dict[str, Any]:
    places = [(row, column) for row in range(values.shape[0]) for column in range(values.shape[1])]
    numbers = [float(values[place]) for place in places]
    return {
        "type": "scatter",
        "x": [column for _, column in places],
        "y": [row for row, _ in places],
        "mode": "text",
        "text": [short(number) for number in numbers],
        "textfont": {"size": 14, "color": [ink(cell_colour(number, theme)) for number in numbers]},
        "customdata": [[growth.activations[row], initializers[column]] for row, column in places],
        "hovertext": [
            f"{ACTIVATIONS[growth.activations[row]].name}, {INITIALIZERS[initializers[column]].name}<br>"
            + ("no prediction" if np.isnan(number) else f"× {number:.3g} per layer")
            for (row, column), number in zip(places, numbers, strict=True)
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "showlegend": False,
    }


def short(number: float) -> str:
    """A factor in four characters or less: .22, 1.4, 12, 3e-5; empty where there is none."""
    if np.isnan(number):
        return ""
    if 0.01 <= number < 99.5:
        return f"{number:.2f}".lstrip("0") if number < 0.995 else f"{number:.2g}"
    mantissa, _, exponent = f"{number:.0e}".partition("e")
    return f"{mantissa}e{int(exponent)}" if number > 0 else "0"


def cell_colour(growth: float, theme: Theme) -> str:
    """#rrggbb of a cell; that of the empty ones for nan."""
    if np.isnan(growth):
        return theme.grid
    height = float(clipped_log(np.array(growth), -GROWTH_DECADES, GROWTH_DECADES)) / GROWTH_DECADES
    ends = (theme.background, theme.colour(1 if height > 0 else 0))
    channels = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in ends]
    return "#" + "".join(f"{round(a + abs(height) * (b - a)):02x}" for a, b in zip(*channels, strict=True))


def ink(colour: str) -> str:
    """Black or white, whichever stands out more against #rrggbb: at least 4.5 to 1 (WCAG 2.1)."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    light = float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05
    return "#000000" if light / 0.05 > 1.05 / light else "#ffffff"


def _no_prediction(column: int, rows: int) -> dict[str, Any]:
    place = {"x": column, "y": (rows - 1) / 2, "textangle": -90}
    return {**place, "text": "no prediction", "showarrow": False}


def _frame(row: int, column: int, theme: Theme) -> dict[str, Any]:
    corners = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    return {"type": "rect", **corners, "line": {"color": theme.text, "width": 3}}
