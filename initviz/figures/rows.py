"""From a Propagation to the few numbers that a picture of its distributions needs: one row per layer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue
from initviz.propagation import Gradient, Histogram, Layer, Propagation, Signal
from initviz.wording import percent, show

MOST_BINS = 60
"""More bins than this are merged: no screen shows them in a row, and figures stay small."""

Expected: TypeAlias = Mapping[int, tuple[FloatArray, FloatArray]]
"""Layer -> (edges (bins + 1,), expected share of the values in each bin (bins,))."""


@dataclass(frozen=True)
class Quantity:
    """Something whose distribution every layer has."""

    id: str
    name: str
    axis: str
    """Title of the axis its values stand on."""
    of: Callable[[Layer], Signal | Gradient | None]
    log: bool = False
    """Whether the histogram is of log10 of the sizes."""


QUANTITIES = Catalogue(
    "quantity",
    [
        Quantity("h", "activation h", "h", lambda layer: layer.h),
        Quantity("z", "pre-activation z", "z", lambda layer: layer.z),
        Quantity("grad_h", "gradient dL/dh", "size of dL/dh", lambda layer: layer.grad_h, log=True),
        Quantity("grad_z", "gradient dL/dz", "size of dL/dz", lambda layer: layer.grad_z, log=True),
        Quantity(
            "grad_w",
            "gradient dL/dW",
            "size of dL/dW",
            lambda layer: layer.weights.gradient if layer.weights else None,
            log=True,
        ),
    ],
)


@dataclass(frozen=True)
class Row:
    """The distribution of one layer, ready to draw."""

    layer: int
    edges: FloatArray
    """(bins + 1,) in the quantity's own unit (log10 for sizes)."""
    shares: FloatArray
    """(bins,) share of the layer's finite values in each bin."""
    expected: FloatArray | None
    """(bins,) what theory expects there."""
    note: str
    """What the shape does not show: overflow, exact zeros, values outside the range; "" when nothing."""
    zero_at: float | None
    """Where the value 0 stands between the edges, 0..1; None when it is not inside."""
    span: str
    """Lowest and highest value in words."""

    @property
    def positions(self) -> FloatArray:
        """Edges as positions 0..1 within the row, (bins + 1,)."""
        return np.linspace(0, 1, len(self.edges))

    @property
    def peak(self) -> float:
        """The share drawn at full height. One bin that towers over all others (relu's zeros) is cut off at three times
        the next one, because otherwise nothing but it would be seen."""
        ordered = np.sort(self.shares)
        highest = float(ordered[-1])
        return min(highest, 3 * float(ordered[-2])) or highest or 1.0

    @property
    def cut(self) -> str:
        """Says how high the bin is that `peak` cuts off; "" when none is."""
        highest = float(self.shares.max())
        return f"{percent(highest)} in one bin" if highest > self.peak else ""

    @property
    def words(self) -> list[str]:
        """Range, cut and note, those there are."""
        return [text for text in (self.span, self.cut, self.note) if text]

    @property
    def centres(self) -> FloatArray:
        """Middle of each bin, (bins,); halves first, so that the largest floats do not overflow."""
        return self.edges[1:] / 2 + self.edges[:-1] / 2

    @property
    def heights(self) -> FloatArray:
        """Shares relative to the peak, 0..1, (bins,)."""
        return np.minimum(self.shares / self.peak, 1.0)


def even_choice(count: int, limit: int) -> list[int]:
    """At most `limit` of the indices 0..count-1, evenly spread, first and last among them."""
    return sorted({round(index) for index in np.linspace(0, count - 1, min(count, limit))})


def rows(
    propagation: Propagation, quantity: Quantity, *, shared_axis: bool, limit: int, expected: Expected | None = None
) -> list[Row]:
    """The distributions of at most `limit` layers that have the quantity, each over its own range or all over one."""
    having = [(layer, data) for layer in propagation if (data := quantity.of(layer)) is not None]
    chosen = [having[index] for index in even_choice(len(having), limit)]
    common = _common_edges([data.histogram for _, data in chosen]) if shared_axis else None
    return [_row(layer.layer, data, quantity, common, expected or {}) for layer, data in chosen]


def _common_edges(histograms: Sequence[Histogram]) -> FloatArray:
    filled = [one for one in histograms if one.counts.any()] or list(histograms)
    low = min(float(one.edges[0]) for one in filled)
    high = max(float(one.edges[-1]) for one in filled)
    return np.linspace(low, high, min(max(len(one.counts) for one in filled), MOST_BINS) + 1)


def _row(layer: int, data: Signal | Gradient, quantity: Quantity, common: FloatArray | None, expected: Expected) -> Row:
    histogram = data.histogram
    edges = histogram.edges if common is None else common
    if len(edges) > MOST_BINS + 1:
        edges = np.linspace(edges[0], edges[-1], MOST_BINS + 1)
    counts = histogram.counts if edges is histogram.edges else histogram.rebinned(edges)
    low, high = float(edges[0]), float(edges[-1])
    return Row(
        layer,
        edges,
        counts / max(histogram.total, 1),
        _rebinned(*expected[layer], edges) if layer in expected else None,
        _note(data, quantity),
        -low / (high - low) if low <= 0 <= high and not quantity.log else None,
        _span(data, quantity),
    )


def _rebinned(old_edges: FloatArray, masses: FloatArray, edges: FloatArray) -> FloatArray:
    """Masses over other edges, each spread evenly over its bin."""
    return np.diff(np.interp(edges, old_edges, np.concatenate([[0.0], np.cumsum(masses)])))


def _note(data: Signal | Gradient, quantity: Quantity) -> str:
    histogram = data.histogram
    notes = [f"{percent(data.nonfinite)} overflow"] if data.nonfinite else []
    if histogram.total:
        if quantity.log and histogram.below:
            notes.append(f"{percent(histogram.below / histogram.total)} exactly 0")
        elif histogram.below or histogram.above:
            notes.append(f"{percent((histogram.below + histogram.above) / histogram.total)} outside")
    return ", ".join(notes)


def _span(data: Signal | Gradient, quantity: Quantity) -> str:
    histogram = data.histogram
    if not histogram.counts.any():
        return ""
    if isinstance(data, Signal) and data.min == data.max:
        return f"all {show(data.min)}"
    ends = histogram.edges[[0, -1]]
    low, high = (show(float(end)) for end in (10.0**ends if quantity.log else ends))
    return f"{low} to {high}"
