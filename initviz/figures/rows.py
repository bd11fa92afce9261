"""From a Propagation to the few numbers that a picture of its distributions needs: one row per layer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

import numpy as np

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue
from initviz.figures.theme import WARNING
from initviz.measure.propagation import Bins, Gradient, Histogram, Layer, Propagation, Signal
from initviz.text import percent, show

MOST_BINS = 60
"""More bins than this are merged: no screen shows them in a row, and figures stay small."""

Expected: TypeAlias = Mapping[int, tuple[FloatArray, FloatArray]]
"""Layer -> (edges (bins + 1,), expected share of the values in each bin (bins,))."""


@dataclass(frozen=True)
class Quantity:
    """Something whose distribution every layer has."""

    id: str
    name: str
    of: Callable[[Layer], Signal | Gradient | None]
    log: bool = False
    """Whether the histogram is of log10 of the sizes."""


QUANTITIES = Catalogue(
    "quantity",
    [
        Quantity("h", "activation h", lambda layer: layer.h),
        Quantity("z", "pre-activation z", lambda layer: layer.z),
        Quantity("grad_h", "size of dL/dh", lambda layer: layer.grad_h, log=True),
        Quantity("grad_z", "size of dL/dz", lambda layer: layer.grad_z, log=True),
        Quantity(
            "grad_w",
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
    def peak(self) -> float:
        """The share drawn at full height. One bin that towers over all others (relu's zeros) is cut off at three times
        the next one, because otherwise nothing but it would be seen."""
        ordered = np.sort(self.shares)
        highest = float(ordered[-1])
        return min(highest, 3 * float(ordered[-2])) or highest or 1.0

    @property
    def overflow(self) -> bool:
        """Whether some of the layer's values are not finite."""
        return self.note.startswith(WARNING)

    @property
    def cut(self) -> float:
        """The share in the bin that `peak` cuts off; 0 when none is."""
        highest = float(self.shares.max())
        return highest if highest > self.peak else 0.0

    @property
    def words(self) -> list[str]:
        """Range, highest bin and note, those there are."""
        cut = f"{percent(self.cut)} in one bin" if self.cut else ""
        return [text for text in (self.span, cut, self.note) if text]

    @property
    def heights(self) -> FloatArray:
        """Shares relative to the peak, 0..1, (bins,)."""
        return np.minimum(self.shares / self.peak, 1.0)


def middles(edges: FloatArray) -> FloatArray:
    """Middle of each bin; halves first, so that the largest floats do not overflow."""
    return edges[1:] / 2 + edges[:-1] / 2


def even_choice(count: int, limit: int) -> list[int]:
    """At most `limit` (2 or more) of the indices 0..count-1 in equal steps, first and last among them."""
    step = max(1, ceil((count - 1) / (limit - 1)))
    return sorted({*range(0, count, step), count - 1})


def rows(
    propagation: Propagation,
    quantity: Quantity,
    *,
    shared_axis: bool,
    limit: int,
    expected: Expected | None = None,
    bins: Bins | None = None,
) -> list[Row]:
    """The distributions of at most `limit` layers that have the quantity, each over its own range or all over one.

    `bins` is for h and z; sizes of gradients have their own.
    """
    having = [(layer, data) for layer in propagation if (data := quantity.of(layer)) is not None]
    chosen = [having[index] for index in even_choice(len(having), limit)]
    histograms = [_binned(data, bins) for _, data in chosen]
    common = _common_edges(histograms) if shared_axis else None
    return [
        _row(layer.layer, data, histogram, quantity, common, expected or {})
        for (layer, data), histogram in zip(chosen, histograms, strict=True)
    ]


def _binned(data: Signal | Gradient, bins: Bins | None) -> Histogram:
    return data.fine.histogram(bins) if bins and isinstance(data, Signal) else data.histogram


def _common_edges(histograms: Sequence[Histogram]) -> FloatArray:
    filled = [one for one in histograms if one.counts.any()] or list(histograms)
    low = min(float(one.edges[0]) for one in filled)
    high = max(float(one.edges[-1]) for one in filled)
    return _even_edges(low, high, min(max(len(one.counts) for one in filled), MOST_BINS))


def _even_edges(low: float, high: float, bins: int) -> FloatArray:
    """(bins + 1,) edges; halved on the way, because the range may be wider than the largest float."""
    return 2 * np.linspace(low / 2, high / 2, bins + 1)


def _row(
    layer: int,
    data: Signal | Gradient,
    histogram: Histogram,
    quantity: Quantity,
    common: FloatArray | None,
    expected: Expected,
) -> Row:
    edges = histogram.edges if common is None else common
    if len(edges) > MOST_BINS + 1:
        edges = _even_edges(float(edges[0]), float(edges[-1]), MOST_BINS)
    counts = histogram.counts if edges is histogram.edges else histogram.rebinned(edges)
    low, high = float(edges[0]), float(edges[-1])
    return Row(
        layer,
        edges,
        counts / max(histogram.total, 1),
        _rebinned(*expected[layer], edges) if layer in expected else None,
        _note(data, histogram, quantity),
        -low / 2 / (high / 2 - low / 2) if low <= 0 <= high and counts.any() and not quantity.log else None,
        _span(data, histogram, quantity),
    )


def _rebinned(old_edges: FloatArray, masses: FloatArray, edges: FloatArray) -> FloatArray:
    """Masses over other edges, each spread evenly over its bin."""
    return np.diff(np.interp(edges, old_edges, np.concatenate([[0.0], np.cumsum(masses)])))


def _note(data: Signal | Gradient, histogram: Histogram, quantity: Quantity) -> str:
    notes = [f"{WARNING} {percent(data.nonfinite)} overflow"] if data.nonfinite else []
    if histogram.total:
        if quantity.log and histogram.below:
            notes.append(f"{percent(histogram.below / histogram.total)} exactly 0")
        elif histogram.below or histogram.above:
            notes.append(f"{percent((histogram.below + histogram.above) / histogram.total)} outside")
    return ", ".join(notes)


def _span(data: Signal | Gradient, histogram: Histogram, quantity: Quantity) -> str:
    if not histogram.counts.any():
        return ""
    if isinstance(data, Signal) and data.min == data.max:
        return f"all {show(data.min)}"
    ends = histogram.edges[[0, -1]]
    low, high = (show(float(f"{end:.2g}")) for end in (10.0**ends if quantity.log else ends))
    return f"{low} to {high}"
