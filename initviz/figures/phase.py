"""The phase diagram of an activation: order, chaos, and the edge between them."""

from math import isnan, log10
from typing import Any, TypeAlias

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue, Named
from initviz.figures.theme import LIGHT, Theme, faded, figure, layout
from initviz.gaussian.moments import CriticalPoint, EdgeOfChaos
from initviz.text import show
from initviz.theory.phase import PhaseMap

Scale: TypeAlias = tuple[tuple[float, str], ...]


def diverging(theme: Theme) -> Scale:
    """Shrinks (blue), stays (the page's own colour), grows (orange): the ends are Okabe and Ito's."""
    return ((0.0, theme.colour(0)), (0.5, theme.background), (1.0, theme.colour(1)))


COLOURINGS = Catalogue("colouring", [Named("chi", "χ₁ per layer"), Named("depth", "Depth scale")])

W, B = "σ<sub>w</sub>", "σ<sub>b</sub>"
STAR = "#f0e442"
"""Okabe and Ito's yellow: with an outline it stands out on both pages."""

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
    colouring: str = "chi",
    theme: Theme = LIGHT,
) -> go.Figure:
    """sigma_w (log) x sigma_b in colour, with the edge of chaos, the critical point and this experiment's place.

    Every cell has an invisible marker, and so has the critical point: what a page can let a visitor choose, with x and
    y the standard deviations. A place outside is drawn on the border, with an arrow.
    """
    x, y = _log_edges(phases.sigma_w), _edges(phases.sigma_b)
    traces = [_cells(phases, x, y, colouring, theme), *_edge_lines(phases, edge, theme), _choices(phases)]
    notes = [_side(phases, side, theme) for side in (False, True)]
    if point.sigma_w2 is not None and point.sigma_b2 is not None:
        traces.append(_star(point, point.sigma_w2**0.5, point.sigma_b2**0.5, theme))
    else:
        notes.append(_words("no critical point", 0.99, 0.03, theme) | {"xref": "paper", "yref": "paper"})
    if here is not None:
        traces.append(_you_are_here(here, x, y, theme))
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


def _edge_lines(phases: PhaseMap, edge: EdgeOfChaos, theme: Theme) -> list[dict[str, Any]]:
    """The edge of chaos, solid where the variance stays and dotted where it runs away from it.

    Above the edge's last bias, chi_1 can still pass 1 on the way to an endless variance (relu with biases): dotted too.
    """
    w, b = np.sqrt(edge.sigma_w2), np.sqrt(edge.sigma_b2)
    parts = [(w[run], b[run], "solid" if edge.stable[run[0]] else "dot") for run in _runs(edge.stable)]
    parts.append((*_runaway_border(phases, float(b.max(initial=-1.0))), "dot"))
    names = {"solid": "edge of chaos", "dot": "χ₁ = 1, the variance runs away"}
    lines: list[dict[str, Any]] = []
    for w, b, dash in parts:
        seen = b <= 1.1 * phases.sigma_b[-1]
        if np.unique(b[seen]).size > 1:  # relu's edge is one point: its star
            line = {"type": "scatter", "x": _short(w[seen]), "y": _short(b[seen]), "mode": "lines", "hoverinfo": "skip"}
            halo = {"color": faded(theme.background, 0.8), "width": 7}
            lines.append({**line, "line": halo, "showlegend": False})
            lines.append({**line, "line": {"color": theme.text, "width": 3, "dash": dash}, "name": names[dash]})
    return lines


def _runs(flags: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Indices of neighbours with the same flag: a line must not bridge what lies between two stable stretches."""
    return [run for run in np.split(np.arange(flags.size), np.flatnonzero(np.diff(flags)) + 1) if run.size]


def _short(values: FloatArray) -> list[float]:
    return [float(f"{value:.5g}") for value in values]


def _runaway_border(phases: PhaseMap, above: float) -> tuple[FloatArray, FloatArray]:
    """(sigma_w, sigma_b) at which chi_1 passes 1, for the rows with biases larger than `above`."""
    places = []
    with np.errstate(divide="ignore"):
        heights = np.log(phases.chi_1)
    for sigma_b, height in zip(phases.sigma_b, heights, strict=True):
        crossings = np.flatnonzero((height[:-1] < 0) & (height[1:] >= 0))
        if sigma_b > above and crossings.size:
            pair = slice(crossings[0], crossings[0] + 2)
            places.append((np.exp(np.interp(0.0, height[pair], np.log(phases.sigma_w[pair]))), sigma_b))
    return tuple(np.array(places).reshape(-1, 2).T)  # type: ignore[return-value]


def _choices(phases: PhaseMap) -> dict[str, Any]:
    w, b = np.meshgrid(phases.sigma_w, phases.sigma_b)
    columns = (phases.chi_1, phases.depth_scale, phases.cosine)
    return {
        "type": "scatter",
        "name": "choices",
        "x": w.ravel().tolist(),
        "y": b.ravel().tolist(),
        "mode": "markers",
        "marker": {"size": 9, "opacity": 0},
        "showlegend": False,
        "customdata": [[_number(value) for value in cell] for cell in zip(*(c.ravel() for c in columns), strict=True)],
        "hovertemplate": f"{W} %{{x}}, {B} %{{y}}<br>"
        "χ₁ = %{customdata[0]}, depth scale %{customdata[1]}<br>inputs end at cosine %{customdata[2]}<extra></extra>",
    }


ENDLESS = 1e9
"""A larger depth scale is endless but for rounding."""


def _number(value: float) -> float | str:
    """Two digits; words where JSON has no number."""
    if isnan(value):
        return "–"
    return float(f"{value:.2g}") if value < ENDLESS else "∞"


def _star(point: CriticalPoint, sigma_w: float, sigma_b: float, theme: Theme) -> dict[str, Any]:
    solid = point.kind == "critical"
    return {
        "type": "scatter",
        "name": "critical point" if solid else "least forgetful point of the edge",
        "x": [sigma_w],
        "y": [sigma_b],
        "mode": "markers",
        "marker": {
            "symbol": "star" if solid else "star-open",
            "size": 23,
            "color": STAR if solid else theme.text,
            "line": {"color": theme.text, "width": 2},
        },
        "cliponaxis": False,
        "hovertemplate": f"{point.kind}: {W} = {show(sigma_w)}, {B} = {show(sigma_b)}<extra></extra>",
    }


def _you_are_here(here: tuple[float, float], x: list[float], y: list[float], theme: Theme) -> dict[str, Any]:
    shown = [min(max(value, low), high) for value, low, high in zip(here, (x[0], y[0]), (x[-1], y[-1]), strict=True)]
    outside = [value - place for value, place in zip(here, shown, strict=True)]
    arrow = "right" if outside[0] > 0 else "left" if outside[0] < 0 else "up" if outside[1] > 0 else ""
    at = f"{W} {show(here[0])}, {B} {show(here[1])}"
    return {
        "type": "scatter",
        "name": f"you are here: {at}" + (" (out of view)" if arrow else ""),
        "x": [shown[0]],
        "y": [shown[1]],
        "mode": "markers",
        "marker": {
            "symbol": f"triangle-{arrow}" if arrow else "circle",
            "size": 13,  # the star's points show around it where the two meet
            "color": theme.colour(3),
            "line": {"color": theme.background, "width": 2},
        },
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def _side(phases: PhaseMap, chaotic: bool, theme: Theme) -> dict[str, Any]:
    """The name of one side of the edge, in the middle of its part of a row near the top; empty where it has none."""
    row = round(0.85 * (len(phases.sigma_b) - 1))
    inside = np.flatnonzero((phases.chi_1[row] > 1) == chaotic)
    if not inside.size:
        return {}
    name, what = ("chaotic", "gradients grow") if chaotic else ("ordered", "gradients shrink")
    middle = float(np.log10(phases.sigma_w[inside]).mean())
    return _words(f"<b>{name}</b><br>{what}", middle, float(phases.sigma_b[row]), theme)


def _words(text: str, x: float, y: float, theme: Theme) -> dict[str, Any]:
    backing = {"bgcolor": faded(theme.background, 0.75), "borderpad": 3}
    return {"text": text, "x": x, "y": y, "showarrow": False, **backing}


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
