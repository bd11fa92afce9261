"""Layers that a line over layers cannot show - overflow, nothing defined, zero on a log axis - said in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isinf, isnan
from typing import Any

import numpy as np

from initviz.figures.runs import Series
from initviz.figures.theme import WARNING, Theme, faded

MOST_WORDS = 4
"""Lines of text about gaps; a run that overflows and recovers again and again has more than a chart can name."""


@dataclass(frozen=True)
class Gap:
    """Neighbouring layers where one or several series have no point, and why."""

    names: tuple[str, ...]
    why: str
    first: int
    last: int

    def text(self) -> str:
        """For example "dL/dh: overflow, layers 7-10"."""
        where = f"layer {self.first}" if self.first == self.last else f"layers {self.first}-{self.last}"
        return f"{', '.join(self.names)}: {self.why}, {where}"


def _why(value: float, lost: float, zero: str) -> str:
    """Why a point is missing or incomplete; empty when nothing is wrong with it."""
    if lost > 0 or isinf(value):
        return "overflow"
    if isnan(value):
        return "undefined"
    return zero if value == 0 else ""


def find_gaps(series: Sequence[Series], log: bool) -> list[Gap]:
    """Every stretch of layers where a measured line has no point that can be trusted; equal stretches are one gap."""
    found: dict[tuple[str, int, int], list[str]] = {}
    for one in series:
        if one.kind == "predicted":
            continue  # no prediction is no event of the run
        lost = np.zeros(len(one.values)) if one.nonfinite is None else one.nonfinite
        words = [_why(value, share, one.zero if log else "") for value, share in zip(one.values, lost, strict=True)]
        for why, first, last in _runs(words):
            found.setdefault((why, int(one.layers[first]), int(one.layers[last])), []).append(one.name)
    return [Gap(tuple(names), why, first, last) for (why, first, last), names in found.items()]


def _runs(words: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """(word, first index, last index) of every stretch of equal words, empty ones left out."""
    starts = [i for i, word in enumerate(words) if i == 0 or words[i - 1] != word]
    for start, end in pairwise([*starts, len(words)]):
        if words[start]:
            yield words[start], start, end - 1


def _colour(gap: Gap, theme: Theme) -> str:
    return theme.wrong if gap.why == "overflow" else theme.muted


def shading(gap: Gap, theme: Theme) -> dict[str, Any]:
    """The gap's layers set off in the background."""
    return {
        "type": "rect",
        "yref": "paper",
        "x0": gap.first - 0.4,
        "x1": gap.last + 0.4,
        "y0": 0,
        "y1": 1,
        "line": {"width": 0},
        "fillcolor": faded(_colour(gap, theme), 0.15),
        "layer": "below",
    }


def gap_words(gaps: Sequence[Gap], first: int, last: int, theme: Theme) -> list[dict[str, Any]]:
    """One line of text per gap, stacked under the top edge on the side where the gap is."""
    words = []
    for row, gap in enumerate(gaps[:MOST_WORDS]):
        left = gap.first + gap.last <= first + last
        sign = f"{WARNING} " if gap.why == "overflow" else ""
        more = f" (and {len(gaps) - MOST_WORDS} more)" if row == MOST_WORDS - 1 and len(gaps) > MOST_WORDS else ""
        words.append(
            {
                "text": sign + gap.text() + more,
                "xref": "paper",
                "yref": "paper",
                "x": 0 if left else 1,
                "y": 1,
                "xanchor": "left" if left else "right",
                "yanchor": "top",
                "yshift": -22 * row,
                "showarrow": False,
                "font": {"color": theme.wrong if gap.why == "overflow" else theme.text},
                "bgcolor": faded(theme.background, 0.8),
            }
        )
    return words
