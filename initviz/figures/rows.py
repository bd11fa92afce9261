"""From a Propagation to the few numbers that a picture of its distributions needs: one row per layer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import TypeAlias

import numpy as np

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue
from initviz.figures.axes import SHARED_BINS, ValueAxis, common_axis, own_edges
from initviz.figures.row_words import note, span
from initviz.figures.shares import peak_of, rebinned, shares_over
from initviz.figures.theme import WARNING
from initviz.measure.propagation import FINE, Bins, Gradient, Histogram, Layer, Propagation, Signal
from initviz.text import percent

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
    """(bins + 1,) places on the axis: in the quantity's own unit (log10 for sizes), unless a shared axis says else."""
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

    zeros: float
    """Share of the values that are exactly 0."""
    pinned: FloatArray | None = None
    """(bins,) heights 0..1 of the pinned network's distribution in the same layer, relative to its own peak."""

    @property
    def peak(self) -> float:
        """The share drawn at full height."""
        return peak_of(self.shares, self.zeros)

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
        cut = f"{percent(self.cut)} in the bar at 0" if self.cut else ""
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
    axis: str,
    limit: int,
    expected: Expected | None = None,
    bins: Bins | None = None,
    beside: Propagation | None = None,
) -> tuple[list[Row], ValueAxis | None]:
    """The distributions of at most `limit` layers that have the quantity, and the axis they share, if they do.

    `bins` is for h and z; sizes of gradients have their own. `beside`: the pinned network.
    """
    having = [(layer, data) for layer in propagation if (data := quantity.of(layer)) is not None]
    chosen = [having[index] for index in even_choice(len(having), limit)]
    histograms = [_binned(data, bins) for _, data in chosen]
    others = {layer.layer: data for layer in beside or () if (data := quantity.of(layer)) is not None}
    seen = [*histograms, *(_binned(others[layer.layer], bins) for layer, _ in chosen if layer.layer in others)]
    common = common_axis(axis, seen, quantity.log, bins.count if bins else SHARED_BINS)
    shown = [
        _row(layer.layer, data, histogram, quantity, common, expected or {})
        for (layer, data), histogram in zip(chosen, histograms, strict=True)
    ]
    return [_beside(row, others.get(row.layer), common) for row in shown], common


def _beside(row: Row, other: Signal | Gradient | None, common: ValueAxis | None) -> Row:
    """The row with the pinned network's shape in it."""
    if other is None:
        return row
    zero = other.zero if isinstance(other, Signal) else 0.0
    fine = other.fine.histogram(Bins(FINE)) if isinstance(other, Signal) else other.histogram
    shares = shares_over(fine, zero, common.edges if common else row.edges)
    return replace(row, pinned=np.minimum(shares / peak_of(shares, zero), 1.0))


def rows_over_one_axis(
    runs: Sequence[Propagation], quantity: Quantity, limit: int, axis: str = "shared"
) -> tuple[list[list[Row]], ValueAxis | None]:
    """The rows of several runs, all over one axis: "shared" or "log"."""
    having = [[(layer, data) for layer in run if (data := quantity.of(layer)) is not None] for run in runs]
    chosen = [[every[index] for index in even_choice(len(every), limit)] for every in having]
    every = [data.histogram for some in chosen for _, data in some]
    common = common_axis(axis, every, quantity.log, SHARED_BINS)
    return [
        [_row(layer.layer, data, data.histogram, quantity, common, {}) for layer, data in some] for some in chosen
    ], common


def _binned(data: Signal | Gradient, bins: Bins | None) -> Histogram:
    return data.fine.histogram(bins) if bins and isinstance(data, Signal) else data.histogram


def _row(
    layer: int,
    data: Signal | Gradient,
    histogram: Histogram,
    quantity: Quantity,
    common: ValueAxis | None,
    expected: Expected,
) -> Row:
    edges = common.edges if common else own_edges(histogram)
    fine = data.fine.histogram(Bins(FINE)) if isinstance(data, Signal) and edges is not histogram.edges else histogram
    low, high = float(edges[0]), float(edges[-1])
    return Row(
        layer,
        common.places if common else edges,
        shares_over(fine, data.zero if isinstance(data, Signal) else 0.0, edges),
        rebinned(*expected[layer], edges) if layer in expected else None,
        note(data, histogram, quantity.log),
        -low / 2 / (high / 2 - low / 2) if low <= 0 <= high and histogram.counts.any() and not quantity.log else None,
        span(data, histogram, quantity.log, edges),
        data.zero if isinstance(data, Signal) else 0.0,
    )
