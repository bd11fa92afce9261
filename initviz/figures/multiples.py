"""The same picture for several values of one control, side by side over one axis."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from initviz.figures.panels import few_ticks, grid, panel_title
from initviz.figures.picture import Picture
from initviz.figures.rows import QUANTITIES, Quantity, rows_over_one_axis
from initviz.figures.strips import violin_shapes
from initviz.figures.theme import LIGHT, Theme, figure, layout
from initviz.measure.propagation import Propagation
from initviz.text import show

MOST_LAYERS = 11
"""In each panel; deeper networks show an even choice."""


TITLE, BELOW = 46, 56
"""Pixels over a row of panels, for two lines of text, and under it, for its axis."""


def side_by_side(
    runs: Mapping[str, Propagation],
    *,
    quantity: str = "h",
    axis: str = "shared",
    columns: int = 6,
    theme: Theme = LIGHT,
) -> go.Figure:
    """Violins of h (or another id of QUANTITIES) in every layer, one panel for each named run, all over one axis.

    axis: "shared" or "log". columns: panels in a row.
    """
    what = QUANTITIES[quantity]
    shown, common = rows_over_one_axis(list(runs.values()), what, MOST_LAYERS, axis)
    most = max(len(rows) for rows in shown)
    columns = min(columns, len(runs))
    height = TITLE + 27 * most + BELOW
    cells, total = grid(len(runs), columns=columns, row_height=height, top=TITLE, bottom=BELOW)
    traces: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    for number, (run, rows, cell) in enumerate(zip(runs.values(), shown, cells, strict=True)):
        picture, suffix = Picture(what, len(run) - 1, common, theme), cell["axis"]
        own = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "showlegend": False}
        traces += [trace | own for trace in violin_shapes(rows, picture)]
        horizontal = picture.value_axis(rows, what.name) | {"domain": cell["x"], "anchor": f"y{suffix}"}
        axes[f"xaxis{suffix}"] = horizontal | few_ticks(common.ticks if common else {})
        axes[f"yaxis{suffix}"] = {
            "domain": cell["y"],
            "anchor": f"x{suffix}",
            "range": [0.4 - most, 0.6],
            "tickmode": "array",
            "tickvals": [-place for place in range(len(rows))],
            "ticktext": [str(row.layer) for row in rows],
            "zeroline": False,
            "title": {"text": "" if number % columns else picture.layer_title(rows)},
        }
    words = [f"{name}<br>{_end_to_end(run, what)}" for name, run in runs.items()]
    titles = [panel_title(cell, said, theme) for said, cell in zip(words, cells, strict=True)]
    alt = f"Distributions of {what.name} by layer, side by side: {'; '.join(words)}.".replace("<br>", ", ")
    return figure(traces, layout(theme, alt=alt, annotations=titles, height=total, showlegend=False, **axes))


def _end_to_end(run: Propagation, what: Quantity) -> str:
    """The std at both ends of the hidden layers, in the direction of travel."""
    sizes = [data.std for layer in run.layers[1:] if (data := what.of(layer)) is not None]
    first, *_, last = [sizes[0], *sizes] if not what.log else [sizes[-1], *sizes[::-1]]
    return f"std {show(first)} → {show(last)}" if len(sizes) > 1 else f"std {show(last)}"
