"""What stands on the colours of a phase diagram: the edge, the points to choose, the star, and where you are."""

from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from initviz.arrays import FloatArray
from initviz.figures.theme import Role, Theme, faded
from initviz.gaussian.moments import CriticalPoint, EdgeOfChaos
from initviz.text import show
from initviz.theory.phase import PhaseMap, runaway_border

W, B = "σ<sub>w</sub>", "σ<sub>b</sub>"
STAR = "#f0e442"
"""Okabe and Ito's yellow: with an outline it stands out on both pages."""


def edge_lines(phases: PhaseMap, edge: EdgeOfChaos, theme: Theme) -> list[dict[str, Any]]:
    """The edge of chaos, solid where the variance stays and dotted where it runs away from it.

    Above the edge's last bias, chi_1 can still pass 1 on the way to an endless variance (relu with biases): dotted too.
    """
    w, b = np.sqrt(edge.sigma_w2), np.sqrt(edge.sigma_b2)
    parts = [(w[run], b[run], "solid" if edge.stable[run[0]] else "dot") for run in _runs(edge.stable)]
    parts.append((*runaway_border(phases, float(b.max(initial=-1.0))), "dot"))
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


def choices(phases: PhaseMap) -> dict[str, Any]:
    """An invisible marker on every cell, with what it says when it is pointed at."""
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


def star(point: CriticalPoint, sigma_w: float, sigma_b: float, theme: Theme) -> dict[str, Any]:
    """The critical point, or what comes nearest to one."""
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


def you_are_here(
    here: tuple[float, float],
    x: list[float],
    y: list[float],
    theme: Theme,
    *,
    name: str = "you are here",
    role: Role = 3,
) -> dict[str, Any]:
    """An experiment's place; on the border, as an arrow, where it lies outside."""
    shown = [min(max(value, low), high) for value, low, high in zip(here, (x[0], y[0]), (x[-1], y[-1]), strict=True)]
    outside = [value - place for value, place in zip(here, shown, strict=True)]
    arrow = "right" if outside[0] > 0 else "left" if outside[0] < 0 else "up" if outside[1] > 0 else ""
    at = f"{W} {show(here[0])}, {B} {show(here[1])}"
    return {
        "type": "scatter",
        "name": f"{name}: {at}" + (" (out of view)" if arrow else ""),
        "x": [shown[0]],
        "y": [shown[1]],
        "mode": "markers",
        "marker": {
            "symbol": f"triangle-{arrow}" if arrow else "circle",
            "size": 13,  # the star's points show around it where the two meet
            "color": theme.colour(role),
            "line": {"color": theme.background, "width": 2},
        },
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def side(phases: PhaseMap, chaotic: bool, theme: Theme) -> dict[str, Any]:
    """The name of one side of the edge, in the middle of its part of a row near the top; empty where it has none."""
    row = round(0.85 * (len(phases.sigma_b) - 1))
    inside = np.flatnonzero((phases.chi_1[row] > 1) == chaotic)
    if not inside.size:
        return {}
    name, what = ("chaotic", "gradients grow") if chaotic else ("ordered", "gradients shrink")
    middle = float(np.log10(phases.sigma_w[inside]).mean())
    return words(f"<b>{name}</b><br>{what}", middle, float(phases.sigma_b[row]), theme)


def words(text: str, x: float, y: float, theme: Theme) -> dict[str, Any]:
    """Words on the map, legible over its colours."""
    backing = {"bgcolor": faded(theme.background, 0.75), "borderpad": 3}
    return {"text": text, "x": x, "y": y, "showarrow": False, **backing}
