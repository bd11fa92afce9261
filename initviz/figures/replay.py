"""A picture of layers that can be drawn again, one layer after another, by the browser alone."""

from collections.abc import Sequence
from typing import Any

from initviz.figures.theme import Theme

MILLISECONDS = 400
"""From one layer to the next."""


def frames(shapes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """First all shapes lie flat on their baselines, where their outlines begin; then one after another rises.

    `shapes` are the first traces of the figure. Only their heights change, so that the browser moves lines instead of
    drawing anew.
    """
    flat = [_heights([shape["y"][0]] * len(shape["y"])) for shape in shapes]
    start = {"name": "start", "data": flat, "traces": list(range(len(shapes)))}
    rising = [
        {"name": f"step {place}", "data": [_heights(shape["y"])], "traces": [place]}
        for place, shape in enumerate(shapes)
    ]
    return [start, *rising]


def _heights(y: Sequence[float]) -> dict[str, Any]:
    return {"type": "scatter", "y": list(y)}


def button(theme: Theme) -> dict[str, Any]:
    """Plays the frames. It stands below the left end of the axis, in the margin that the axis has anyway."""
    moves = {"frame": {"duration": MILLISECONDS, "redraw": False}, "transition": {"duration": MILLISECONDS // 2}}
    return {
        "type": "buttons",
        "buttons": [
            {"label": "\u25b6 Play", "method": "animate", "args": [None, {**moves, "mode": "immediate"}]},
        ],
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 24, "l": 0, "b": 0, "r": 0},
        "bgcolor": theme.background,
        "bordercolor": theme.muted,
        "font": {"size": 14, "color": theme.text},
    }
