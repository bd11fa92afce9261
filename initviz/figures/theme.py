"""Colours, fonts and axes that all figures share, for light and dark pages.

Measured is solid, predicted dashed, run A the first colour, run B the second; depth is one sequential scale; red only
marks something wrong. Pages show these figures with `st.plotly_chart(..., theme=None)`: the look is already complete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

import plotly.graph_objects as go
from plotly.colors import sample_colorscale, sequential

from initviz.figures.plain import PlainFigure

Role: TypeAlias = int | Literal["wrong", "muted"]
"""What a colour stands for: 0 = run A, 1 = run B, more for several curves; wrong; muted for reference lines."""

WARNING = "\u26a0"
"""Stands beside everything red, so that colour is never the only sign."""

FONT = '"Source Sans", "Source Sans 3", system-ui, sans-serif'
FONT_SIZE = 15
"""Pixels; nothing in a figure is smaller than 14."""

RIGHT = 34
"""Pixels at the right that are left to the toolbar."""


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
            "margin": {"l": 16, "r": RIGHT, "t": 10, "b": 4},
            "modebar": {
                "orientation": "v",  # beside the plot: above it, it would cover the legend
                "bgcolor": "rgba(0,0,0,0)",
                "color": theme.muted,
                "activecolor": theme.text,
            },
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


def figure(
    traces: Sequence[Mapping[str, Any]], look: Mapping[str, Any], frames: Sequence[Mapping[str, Any]] = ()
) -> go.Figure:
    """A figure of plain dicts. Plotly's check of every property takes four times as long as all the rest and would run
    for every visitor again; the tests run it on every kind of figure instead (tests/figures/test_valid.py)."""
    return PlainFigure(traces, look, frames)


def alt_text(figure: go.Figure) -> str:
    """What the figure shows, in words: for `st.plotly_chart(..., alt=...)`."""
    return str(figure.to_dict()["layout"]["meta"]["alt"])


@cache
def depth_colour(theme: Theme, layer: int, depth: int) -> str:
    """Colour of layer 0..depth on the sequential scale (viridis: perceptually uniform, colour-blind safe)."""
    first, last = theme.depth_part
    position = first + (last - first) * layer / max(depth, 1)
    (channels,) = sample_colorscale("Viridis", [position], colortype="tuple")
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)


def faded(colour: str, opacity: float) -> str:
    """A #rrggbb colour with an opacity, as Plotly wants it for fills."""
    return f"rgba({int(colour[1:3], 16)},{int(colour[3:5], 16)},{int(colour[5:7], 16)},{opacity:g})"
