"""The horizontal axis of distributions: one for all layers (linear, logarithmic, fixed), or each layer its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

import numpy as np

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue, Named
from initviz.figures.scales import log_ticks
from initviz.measure.propagation import Histogram, even_edges
from initviz.text import show

AXES = Catalogue("axis", [Named("shared", "Shared"), Named("log", "Shared, log"), Named("own", "Own")])
"""Shared: sizes can be compared. Log: so can sizes that are many decades apart. Own: shapes can be compared."""
FIXED = Named("fixed", "Fixed")
"""Between limits that somebody chose; the histograms are binned over them already."""

TAIL = 0.001
"""Share of a layer's values that may lie beyond either end of a shared axis, or a few samples would set its scale."""
OWN_BINS, SHARED_BINS = 60, 120
"""No screen shows more in a row, and figures stay small; on a shared axis a narrow layer needs finer ones."""
MOST_DECADES = 12
"""Of a logarithmic axis on either side of 0."""
INNER = 30
"""The linear part of a logarithmic axis around 0 ends at this part of the size of the smallest layer."""


@dataclass(frozen=True)
class ValueAxis:
    """One axis for all layers. edges: (bins + 1,) values between bins. places: (bins + 1,) where they stand on it."""

    edges: FloatArray
    places: FloatArray
    ticks: dict[str, Any]


def own_edges(histogram: Histogram) -> FloatArray:
    """Edges over the layer's own range; about 0 where it reaches about as far to both sides, so that all such layers
    have their 0 in the middle."""
    low, high = float(histogram.edges[0]), float(histogram.edges[-1])
    if low < 0 < high and 0.5 < -low / high < 2:
        high = max(-low, high)
        low = -high
    elif len(histogram.counts) <= OWN_BINS:
        return histogram.edges
    return even_edges(low, high, min(len(histogram.counts), OWN_BINS))


def common_axis(kind: str, histograms: Sequence[Histogram], log_sizes: bool, bins: int) -> ValueAxis | None:
    """The axis that all histograms share, None for `own`. kind: an id of AXES, or that of FIXED.

    log_sizes: the histograms are of log10 of sizes already.
    """
    if kind == "own":
        return None
    filled = [one for one in histograms if one.counts.any()] or list(histograms)
    if kind == FIXED.id:
        ends = [one.edges[[0, -1]] for one in filled]
        bins = min(len(filled[0].counts), OWN_BINS)
    else:
        ends = [_central(one) for one in filled]
    low, high = min(float(one[0]) for one in ends), max(float(one[1]) for one in ends)
    if kind == "log" and not log_sizes:
        return _symmetric_log(low, high, bins, min(max(-float(one[0]), float(one[1])) for one in ends))
    edges = even_edges(low, high, bins)
    return ValueAxis(edges, edges, log_ticks(low, high) if log_sizes else {})


def _central(histogram: Histogram) -> FloatArray:
    """Between which values all but TAIL on either side lie, (2,)."""
    shares = np.concatenate([[0], np.cumsum(histogram.counts)]) / max(int(histogram.counts.sum()), 1)
    first, last = np.searchsorted(shares, TAIL, "right") - 1, np.searchsorted(shares, 1 - TAIL)
    return histogram.edges[np.array([min(first, len(shares) - 2), min(max(last, 1), len(shares) - 1)])]


def _symmetric_log(low: float, high: float, bins: int, smallest: float) -> ValueAxis:
    """Linear within `unit` of 0, logarithmic beyond: place = sign(x) log10(1 + |x| / unit)."""
    largest = max(-low, high)
    unit = max(smallest / INNER, largest / 10**MOST_DECADES) or 1.0

    def place(value: float) -> float:
        return float(np.copysign(np.log10(1 + abs(value) / unit), value))

    places = even_edges(place(low), place(high), bins)
    decades = range(floor(log10(unit)) + 1, floor(log10(largest or 1.0)) + 1)
    step = max(1, -(-len(decades) // 3))
    sizes = [10.0**power for power in decades[::-1][::step]]
    marks = sorted(mark for mark in (*(-size for size in sizes), 0.0, *sizes) if low <= mark <= high)
    words = {"tickvals": [place(mark) for mark in marks], "ticktext": [show(mark) for mark in marks]}
    edges = np.copysign(unit * (10 ** np.abs(places) - 1), places)
    return ValueAxis(edges, places, {"tickmode": "array", **words})
