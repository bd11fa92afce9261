"""Reference lines over layers, and names that stand where no curve and no other name is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, log10
from typing import Any

import numpy as np

from initviz.figures.runs import Series
from initviz.figures.theme import Theme, faded


@dataclass(frozen=True)
class ReferenceLine:
    """A horizontal line with a name. `keep`: always in view; else only where the data come near."""

    value: float
    label: str
    keep: bool = True


def _float_limits() -> Iterator[ReferenceLine]:
    for dtype in (np.float16, np.float32):
        limits = np.finfo(dtype)
        for word, value in (("smallest", limits.smallest_subnormal), ("largest", limits.max)):
            yield ReferenceLine(float(value), f"{word} {limits.dtype}", keep=False)


FLOAT_LIMITS = tuple(_float_limits())
"""The smallest and largest positive numbers of float16 and float32."""

NEAR = 2.0
"""Decades from the data within which a line that need not be kept is still drawn."""


def in_view(lines: Sequence[ReferenceLine], seen: Sequence[float], log: bool) -> list[ReferenceLine]:
    """The lines to draw beside these values."""
    sizes = [log10(value) for value in seen if isfinite(value) and value > 0] if log else []
    if not sizes:
        return [line for line in lines if line.keep]
    low, high = min(sizes) - NEAR, max(sizes) + NEAR
    return [line for line in lines if line.keep or low <= log10(line.value) <= high]


@dataclass(frozen=True)
class Box:
    """A part of the plot; 0..1 from left to right and from bottom to top."""

    left: float
    right: float
    bottom: float
    top: float

    def meets(self, other: "Box") -> bool:
        """Whether the two overlap."""
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.top <= other.bottom or other.top <= self.bottom)


LETTER, LINE = 0.021, 0.115
"""Width of a letter and height of a line of text, as parts of the smallest plot."""
STEPS = 60
"""Points of a curve that are looked at between two ends of the plot."""


class Plot:
    """Where on a chart over layers the curves run, and which places are taken by words."""

    def __init__(self, series: Sequence[Series], span: Sequence[float], ends: Sequence[float], log: bool):
        """span: of the horizontal axis. ends: of the vertical one, as exponents where it is logarithmic."""
        self.span, self.ends, self.log = span, ends, log
        self.taken: list[Box] = []
        self.points = [point for one in series for point in self._points(one)]

    def across(self, layer: float) -> float:
        """Where a layer stands, 0..1."""
        return (layer - self.span[0]) / (self.span[1] - self.span[0])

    def height(self, value: float) -> float:
        """Where a value stands; 0 is the bottom, 1 the top."""
        return ((log10(value) if self.log else value) - self.ends[0]) / (self.ends[1] - self.ends[0])

    def _points(self, one: Series) -> Iterator[tuple[float, float]]:
        """Of a curve and of its band's limits, close to each other."""
        for part in (one.values, one.low, one.high):
            known = [] if part is None else [v if isfinite(v) and (v > 0 or not self.log) else None for v in part]
            pairs = zip(one.layers, known, strict=False)
            places = [(self.across(layer), self.height(value)) for layer, value in pairs if value is not None]
            yield from places[:1]
            for (x0, y0), (x1, y1) in pairwise(places):
                steps = max(2, int(max(abs(x1 - x0), abs(y1 - y0)) * STEPS))
                yield from ((x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps) for i in range(1, steps + 1))

    def best(self, boxes: Sequence[Box]) -> int:
        """The box with the fewest other things in it, which then is taken; the first among equals."""

        def crowd(box: Box) -> int:
            over = sum(box.left < x < box.right and box.bottom < y < box.top for x, y in self.points)
            outside = box.left < -0.01 or box.right > 1.01 or box.bottom < -0.01 or box.top > 1.01
            return over + STEPS * (sum(box.meets(other) for other in self.taken) + outside)

        chosen = min(range(len(boxes)), key=lambda index: crowd(boxes[index]))
        self.taken.append(boxes[chosen])
        return chosen


def line_shape(line: ReferenceLine, theme: Theme) -> dict[str, Any]:
    """The dotted line."""
    return {**_dotted(theme), "xref": "paper", "x0": 0, "x1": 1, "y0": line.value, "y1": line.value}


def line_name(line: ReferenceLine, plot: Plot, theme: Theme) -> dict[str, Any]:
    """Its name, above or below it, at the right, left or middle: where it covers least."""
    at, width = plot.height(line.value), LETTER * len(line.label)
    starts = {"right": 1 - width, "left": 0.0, "center": 0.5 - width / 2}
    places = [(anchor, up) for anchor in starts for up in (True, False)]
    boxes = [
        Box(starts[anchor], starts[anchor] + width, at if up else at - LINE, at + LINE if up else at)
        for anchor, up in places
    ]
    anchor, up = places[plot.best(boxes)]
    return {
        **_name(line.label, theme),
        "xref": "paper",
        "x": {"right": 1, "left": 0, "center": 0.5}[anchor],
        "xanchor": anchor,
        "y": log10(line.value) if plot.log else line.value,  # so Plotly wants it, unlike a shape's
        "yanchor": "bottom" if up else "top",
    }


def first_layer(theme: Theme) -> dict[str, Any]:
    """A dotted line at the earliest layer."""
    return {**_dotted(theme), "yref": "paper", "x0": 1, "x1": 1, "y0": 0, "y1": 1}


def first_layer_name(plot: Plot, theme: Theme) -> dict[str, Any]:
    """Its name, at the height where it covers least."""
    text, left = "earliest layer", plot.across(1)
    heights = (0.5, 0.35, 0.65, 0.2, 0.8, 0.08, 0.92)
    boxes = [Box(left, left + LETTER * len(text), y - LINE / 2, y + LINE / 2) for y in heights]
    return {**_name(text, theme), "x": 1, "xanchor": "left", "yref": "paper", "y": heights[plot.best(boxes)]}


def _dotted(theme: Theme) -> dict[str, Any]:
    return {"type": "line", "line": {"color": theme.muted, "width": 1.5, "dash": "dot"}, "layer": "below"}


def _name(text: str, theme: Theme) -> dict[str, Any]:
    """Legible over curves, which shine through."""
    font = {"color": theme.muted, "size": 14}
    return {"text": text, "showarrow": False, "font": font, "bgcolor": faded(theme.background, 0.6)}
