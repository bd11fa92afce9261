"""Charts that move under a slider of the page, drawn by the browser alone: lines in places of a small drawing.

What is sent is ready to draw: every number is a place in the panel's own units, None where there is none.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

import numpy as np

from initviz.arrays import FloatArray
from initviz.figures.theme import Theme

Places: TypeAlias = list[float | None]

WIDTH, HEIGHT = 330, 280
"""Units of a panel: about the pixels it has where three stand side by side, and on a phone."""

LEFT, RIGHT, TOP, BOTTOM = 56, 322, 34, 242
"""Where the axes are."""


@dataclass(frozen=True)
class Scale:
    """From numbers low..high to places first..last; what lies outside is put on the border if `kept`."""

    low: float
    high: float
    first: float
    last: float
    kept: bool = False

    def __call__(self, values: FloatArray | Sequence[float]) -> Places:
        """Places with a digit after the point: None where a number is none, or lies outside."""
        given = np.asarray(values, float)
        numbers = np.clip(given, self.low, self.high) if self.kept else given
        inside = np.isfinite(numbers) & (numbers >= self.low) & (numbers <= self.high)
        places = self.first + (self.last - self.first) * (numbers - self.low) / (self.high - self.low)
        return [round(place, 1) if ok else None for place, ok in zip(places.tolist(), inside.tolist(), strict=True)]


def across(low: float, high: float, kept: bool = False) -> Scale:
    """A horizontal scale of a panel."""
    return Scale(low, high, LEFT + 8, RIGHT - 4, kept)


def upwards(low: float, high: float, kept: bool = False) -> Scale:
    """A vertical one."""
    return Scale(low, high, BOTTOM, TOP + 6, kept)


@dataclass(frozen=True)
class Trace:
    """A line, and dots where `dot` is their radius. x, y: one list of places for each step, or a single one for all."""

    x: list[Places]
    y: list[Places]
    colour: str
    width: float = 3
    opacity: float = 1
    dot: float = 0
    fill: str = "none"


@dataclass(frozen=True)
class Word:
    """A text in the drawing."""

    x: float
    y: float
    text: str
    colour: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Panel:
    """One chart. Ticks are (place, text)."""

    title: str
    alt: str
    traces: list[Trace]
    x_ticks: list[tuple[float, str]] = field(default_factory=list)
    y_ticks: list[tuple[float, str]] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)


def ticks(scale: Scale, values: Sequence[float], texts: Sequence[str]) -> list[tuple[float, str]]:
    """Those that lie on the scale."""
    placed = zip(scale(list(values)), texts, strict=True)
    return [(place, text) for place, text in placed if place is not None]


def drawing(
    panels: Sequence[Panel],
    said: Sequence[str],
    *,
    name: str,
    start: int,
    theme: Theme,
    mark: tuple[int, str] | None = None,
    take: str = "",
) -> dict[str, Any]:
    """What the slider of the page needs: panels, what each step is called, where it starts.

    mark: a step that is marked below the slider, and the word there. take: the label of a button that hands the number
    of the step to the page; none without it.
    """
    return {
        "panels": [asdict(panel) for panel in panels],
        "said": list(said),
        "name": name,
        "start": start,
        "mark": mark,
        "take": take,
        "size": [WIDTH, HEIGHT],
        "axes": [LEFT, RIGHT, TOP, BOTTOM],
        "colours": {"text": theme.text, "grid": theme.grid, "background": theme.background},
    }
