"""The phase diagram of an activation: order, chaos, and the edge between them."""

from math import log10
from typing import Any, TypeAlias

import numpy as np
import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue, Named
from initviz.figures.phase_marks import B, W, choices, edge_lines, side, star, words, you_are_here
from initviz.figures.runs import PINNED
from initviz.figures.theme import LIGHT, Theme, figure, layout
from initviz.gaussian.moments import CriticalPoint, EdgeOfChaos
from initviz.text import show
from initviz.theory.phase import PhaseMap

Scale: TypeAlias = tuple[tuple[float, str], ...]


def diverging(theme: Theme) -> Scale:
    """Shrinks (blue), stays (the page's own colour), grows (orange): the ends are Okabe and Ito's."""
    return ((0.0, theme.colour(0)), (0.5, theme.background), (1.0, theme.colour(1)))


COLOURINGS = Catalogue("colouring", [Named("chi", "χ₁ per layer"), Named("depth", "Depth scale")])

CHI_DECADES = 1.0
"""Full colour at chi_1 = 0.1 and 10."""
DEPTH_DECADES = (-0.5, 2.0)
"""Of the depth scale: a third of a layer to 100 layers."""


def phase_diagram(
    phases: PhaseMap,
    edge: EdgeOfChaos,
    point: CriticalPoint,
    *,
    here: tuple[float, float] | None = None,
    pinned: tuple[float, float] | None = None,
    colouring: str = "chi",
    theme: Theme = LIGHT,
) -> go.Figure:
    """sigma_w (log) x sigma_b in colour, edge of chaos, critical point, this experiment's place and a pinned one's.

    Every cell has an invisible marker, and so has the critical point: what a page can let a visitor choose, with x and
    y the standard deviations. A place outside is drawn on the border, with an arrow.
    """
    x, y = _log_edges(phases.sigma_w), _edges(phases.sigma_b)
    traces = [_cells(phases, x, y, colouring, theme), *edge_lines(phases, edge, theme), choices(phases)]
    notes = [side(phases, chaotic, theme) for chaotic in (False, True)]
    if point.sigma_w2 is not None and point.sigma_b2 is not None:
        traces.append(star(point, point.sigma_w2**0.5, point.sigma_b2**0.5, theme))
    else:
        notes.append(words("no critical point", 0.99, 0.03, theme) | {"xref": "paper", "yref": "paper"})
    if pinned is not None:
        traces.append(you_are_here(pinned, x, y, theme, name="A, pinned", role=PINNED))
    if here is not None:
        traces.append(you_are_here(here, x, y, theme))
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if x[0] <= tick <= x[-1]]
    axes = {
        "xaxis": {
            "type": "log",
            "range": [log10(x[0]), log10(x[-1])],
            "title": {"text": f"{W}, std of weights × √fan_in"},
            "tickvals": ticks,
            "ticktext": [show(tick) for tick in ticks],
            "showgrid": False,
        },
        "yaxis": {"range": [y[0], y[-1]], "title": {"text": f"{B}, std of biases"}, "showgrid": False},
    }
    for axis in axes.values():
        axis |= {"fixedrange": True, "zeroline": False}
    return figure(
        traces,
        layout(
            theme,
            alt=_map_alt(phases, point, here),
            **axes,
            annotations=[note for note in notes if note],
            height=520,
            hoverdistance=30,
        ),
    )


def _edges(centres: FloatArray) -> list[float]:
    """Borders of cells around ascending centres."""
    middles = (centres[1:] + centres[:-1]) / 2
    borders = [2 * centres[0] - middles[0], *middles, 2 * centres[-1] - middles[-1]]
    return [float(f"{border:.5g}") for border in borders]


def _log_edges(centres: FloatArray) -> list[float]:
    return [float(f"{10**border:.5g}") for border in _edges(np.log10(centres))]


def clipped_log(values: FloatArray, low: float, high: float) -> FloatArray:
    """log10 of the values, kept between low and high."""
    with np.errstate(divide="ignore"):
        return np.clip(np.log10(values), low, high)


def _cells(phases: PhaseMap, x: list[float], y: list[float], colouring: str, theme: Theme) -> dict[str, Any]:
    if colouring == "depth":
        low, high = DEPTH_DECADES
        z, scale, title = phases.depth_scale, theme.heat, "depth scale in layers"
        ticks = {1.0: "1", 10.0: "10", 100.0: "100 and more"}
    else:
        low, high = -CHI_DECADES, CHI_DECADES
        z, scale, title = phases.chi_1, diverging(theme), "χ₁: squared gradient per layer"
        ticks = {0.1: "× 0.1", 1.0: "× 1", 10.0: "× 10"}
    return {
        "type": "heatmap",
        "x": x,
        "y": y,
        "z": [np.round(row, 2).tolist() for row in clipped_log(z, low, high)],
        "zmin": low,
        "zmax": high,
        "colorscale": [list(stop) for stop in scale],
        "hoverinfo": "skip",
        "colorbar": {
            "title": {"text": title, "side": "top"},
            "orientation": "h",
            "y": -0.2,
            "yanchor": "top",
            "thickness": 12,
            "tickvals": [log10(value) for value in ticks],
            "ticktext": list(ticks.values()),
        },
    }


def _map_alt(phases: PhaseMap, point: CriticalPoint, here: tuple[float, float] | None) -> str:
    share = float(np.mean(phases.chi_1 > 1))
    critical = (
        f"{point.kind} point at sigma_w {show(point.sigma_w2**0.5)}, sigma_b {show(point.sigma_b2**0.5)}"
        if point.sigma_w2 is not None and point.sigma_b2 is not None
        else "no critical point"
    )
    place = (
        f"This experiment: sigma_w {show(here[0])}, sigma_b {show(here[1])}." if here else "This experiment: nowhere."
    )
    return f"Phase diagram: ordered left, chaotic right ({share:.0%} of the map); {critical}. {place}"
