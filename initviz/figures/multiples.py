"""The same picture for several values of one control, side by side over one axis."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from initviz.figures.panels import grid, panel_title
from initviz.figures.picture import Picture
from initviz.figures.rows import QUANTITIES, rows_over_one_axis
from initviz.figures.strips import violin_shapes
from initviz.figures.theme import LIGHT, Theme, figure, layout
from initviz.measure.propagation import Propagation

MOST_LAYERS = 11
"""In each panel; deeper networks show an even choice."""


def side_by_side(runs: Mapping[str, Propagation], *, quantity: str = "h", theme: Theme = LIGHT) -> go.Figure:
    """Violins of h (or another id of QUANTITIES) in every layer, one panel for each named run, all over one axis."""
    what = QUANTITIES[quantity]
    shown, axis = rows_over_one_axis(list(runs.values()), what, MOST_LAYERS)
    most = max(len(rows) for rows in shown)
    cells, _ = grid(len(runs), columns=len(runs), row_height=300)
    traces: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    for number, (run, rows, cell) in enumerate(zip(runs.values(), shown, cells, strict=True)):
        picture, suffix = Picture(what, len(run) - 1, axis, theme), cell["axis"]
        own = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "showlegend": False}
        traces += [trace | own for trace in violin_shapes(rows, picture)]
        horizontal = picture.value_axis(rows, what.name)
        axes[f"xaxis{suffix}"] = {**horizontal, "domain": cell["x"], "anchor": f"y{suffix}", "nticks": 5}
        axes[f"yaxis{suffix}"] = {
            "domain": [0, 0.93],
            "anchor": f"x{suffix}",
            "range": [0.4 - most, 0.6],
            "tickmode": "array",
            "tickvals": [-place for place in range(len(rows))],
            "ticktext": [str(row.layer) for row in rows],
            "zeroline": False,
            "title": {"text": "" if number else picture.layer_title(rows)},
        }
    titles = [panel_title(cell | {"y": [0, 0.94]}, name, theme) for name, cell in zip(runs, cells, strict=True)]
    alt = f"Distributions of {what.name} by layer, side by side: {'; '.join(runs)}."
    return figure(traces, layout(theme, alt=alt, annotations=titles, height=160 + 27 * most, showlegend=False, **axes))
