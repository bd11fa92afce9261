"""Colours, fonts and axes that all figures share, for light and dark pages.

Measured is solid, predicted dashed, run A the first colour, run B the second; depth is one sequential scale; red only
marks something wrong. Pages show these figures with `st.plotly_chart(..., theme=None)`: the look is already complete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, floor, isfinite, log10
from typing import Any, Literal, TypeAlias

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sequential

from initviz.arrays import FloatArray
from initviz.text import show

Role: TypeAlias = int | Literal["wrong", "muted"]
"""What a colour stands for: 0 = run A, 1 = run B, more for several curves; wrong; muted for reference lines."""

WARNING = "\u26a0"
"""Stands beside everything red, so that colour is never the only sign."""

FONT = '"Source Sans", "Source Sans 3", system-ui, sans-serif'
FONT_SIZE = 15
"""Pixels; nothing in a figure is smaller than 14."""


@dataclass(frozen=True)
class Theme:
    """The colours of one page background; all of them as #rrggbb."""

    id: str
    background: str
    text: str
    muted: str
    grid: str
    wrong: str
    categorical: tuple[str, ...]
    """Okabe and Ito's colour-blind-safe hues, each at a lightness that this background shows."""
    depth_part: tuple[float, float]
    """The part of viridis that stands at least 3:1 against the background, first layer to last."""
    heat: tuple[tuple[float, str], ...]
    """Colour scale of a heat map from few (0) to many (1); cividis."""

    def colour(self, role: Role) -> str:
        """The colour that stands for `role`; categorical ones repeat when there are more curves than colours."""
        if isinstance(role, int):
            return self.categorical[role % len(self.categorical)]
        return self.wrong if role == "wrong" else self.muted


def _scale(colours: Sequence[str]) -> tuple[tuple[float, str], ...]:
    """Colours at equal distances from 0 to 1."""
    return tuple((place / (len(colours) - 1), colour) for place, colour in enumerate(colours))


LIGHT = Theme(
    id="light",
    background="#ffffff",
    text="#262730",
    muted="#5f6470",
    grid="#e1e3e8",
    wrong="#c4122f",
    categorical=("#0072b2", "#b35c00", "#00795a", "#a3498a", "#4d5bd0", "#6f6a00", "#262730"),
    depth_part=(0.0, 0.59),
    heat=_scale(sequential.Cividis[::-1]),
)
DARK = Theme(
    id="dark",
    background="#0e1117",
    text="#fafafa",
    muted="#a6abb7",
    grid="#313541",
    wrong="#ff6b6b",
    categorical=("#56b4e9", "#e69f00", "#2fc496", "#e093c3", "#a3acff", "#f0e442", "#fafafa"),
    depth_part=(0.34, 1.0),
    heat=_scale(sequential.Cividis),
)
THEMES = {theme.id: theme for theme in (LIGHT, DARK)}

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star", "cross")
"""Markers by role, so that colour is never the only difference."""


def symbol(role: Role) -> str:
    """The marker that goes with a colour."""
    return SYMBOLS[role % len(SYMBOLS)] if isinstance(role, int) else "circle-open"


@cache
def template(theme: Theme) -> go.layout.Template:
    """The base look as a Plotly template. It is set explicitly in every figure because importing Streamlit replaces
    Plotly's default one by a placeholder."""
    axis = {
        "gridcolor": theme.grid,
        "linecolor": theme.muted,
        "zerolinecolor": theme.grid,
        "ticks": "outside",
        "tickcolor": theme.muted,
        "exponentformat": "e",
        "automargin": True,
        "title": {"standoff": 8},
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": FONT_SIZE, "color": theme.text},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": axis,
            "yaxis": axis,
            "colorway": list(theme.categorical),
            "margin": {"l": 16, "r": 16, "t": 10, "b": 4},
            "title": {"x": 0, "xref": "paper", "font": {"size": 17}},
            # On top and outside: it pushes the plot down instead of covering it, and wraps on a phone.
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "itemclick": "toggleothers"},
            "hoverlabel": {"font": {"family": FONT, "size": FONT_SIZE}},
            "hovermode": "closest",
            "dragmode": False,  # a chart must not catch the finger that scrolls the page
        }
    )


def layout(theme: Theme, *, alt: str, **overrides: Any) -> dict[str, Any]:
    """The layout of a figure: the theme's template, `alt` as its description for screen readers, and `overrides`."""
    filled = {name: value for name, value in overrides.items() if value != []}
    return {"template": template(theme), "meta": {"alt": alt}, **filled}


def figure(traces: Sequence[Mapping[str, Any]], look: Mapping[str, Any]) -> go.Figure:
    """A figure of plain dicts. Plotly's check of every property takes four times as long as all the rest and would run
    for every visitor again; the tests run it on every kind of figure instead (tests/figures/test_valid.py)."""
    return go.Figure(list(traces), dict(look), _validate=False)


def alt_text(figure: go.Figure) -> str:
    """What the figure shows, in words: for `st.plotly_chart(..., alt=...)`."""
    return str(figure.layout.meta["alt"])


@cache
def depth_colour(theme: Theme, layer: int, depth: int) -> str:
    """Colour of layer 0..depth on the sequential scale (viridis: perceptually uniform, colour-blind safe)."""
    first, last = theme.depth_part
    position = first + (last - first) * layer / max(depth, 1)
    anchors = np.array([[int(anchor[i : i + 2], 16) for i in (1, 3, 5)] for anchor in sequential.Viridis], dtype=float)
    place = np.linspace(0, 1, len(anchors))
    return "#" + "".join(f"{round(np.interp(position, place, anchors[:, channel])):02x}" for channel in range(3))


def faded(colour: str, opacity: float) -> str:
    """A #rrggbb colour with an opacity, as Plotly wants it for fills."""
    return f"rgba({int(colour[1:3], 16)},{int(colour[3:5], 16)},{int(colour[5:7], 16)},{opacity:g})"


def compact(values: FloatArray, digits: int) -> list[float]:
    """Plain numbers with so many digits of the largest one: what a screen can show, in half the JSON."""
    largest = float(np.abs(values).max(initial=0.0))
    if not 1e-290 < largest < 1e290:  # the powers of ten for rounding would not fit into a float
        return [float(value) for value in values]
    rounded: list[float] = np.round(values, digits - 1 - floor(log10(largest))).tolist()
    return rounded


def log_ticks(low: float, high: float, most: int = 8) -> dict[str, Any]:
    """Ticks between 10^low and 10^high, as exponents in `tickvals` and written 0.01, 1 or 1e-7 in `ticktext`."""
    step = max(1, ceil((high - low) / most))
    digits = (1, 2, 5) if high - low < 2 else (1,)
    exponents = range(floor(low / step) * step, ceil(high) + 1, step)
    places = sorted(exponent + log10(digit) for exponent in exponents for digit in digits)
    inside = [place for place in places if low <= place <= high and -307 < place < 308]
    return {"tickmode": "array", "tickvals": inside, "ticktext": [show(10.0**place) for place in inside]}


def log_axis(values: Sequence[float]) -> dict[str, Any]:
    """A logarithmic axis around the positive finite `values`, never less than most of a decade."""
    sizes = [value for value in values if isfinite(value) and value > 0] or [0.5, 2.0]
    low, high = log10(min(sizes)), log10(max(sizes))
    margin = max(0.05 * (high - low), 0.35 - (high - low) / 2)
    low, high = low - margin, high + margin
    ticks = log_ticks(low, high)
    return {"type": "log", "range": [low, high], **ticks, "tickvals": [10.0**place for place in ticks["tickvals"]]}


def layer_axis(first: int, last: int, title: str = "layer (0 = input)") -> dict[str, Any]:
    """A horizontal axis over whole layers with at most about ten ticks."""
    step = next(step for step in (1, 2, 5, 10, 20, 50) if (last - first) / step <= 11)
    return {"title": {"text": title}, "range": [first - 0.4, last + 0.4], "tick0": 0, "dtick": step, "zeroline": False}
