"""The result of a simulation: immutable statistics of every layer. Raw activations and gradients never get here."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import frexp, ldexp, nan

import numpy as np

from initviz.arrays import CountArray, FloatArray
from initviz.network.columns import COLUMNS, Column, LayerTable


@dataclass(frozen=True)
class Bins:
    """How histograms of z and h are binned: over the data's own range, or over low..high."""

    count: int = 60
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Histogram:
    """Counts of a subsample of at least 50,000 values (or all, if fewer); arrays are read-only.

    edges: (bins + 1,). counts: (bins,). below, above: values outside a fixed range. For log10 sizes `below` counts the
    exact zeros.
    """

    edges: FloatArray
    counts: CountArray
    below: int = 0
    above: int = 0

    @property
    def total(self) -> int:
        """Number of values, those outside the range included."""
        return int(self.counts.sum()) + self.below + self.above

    @property
    def centres(self) -> FloatArray:
        """Middle of each bin, (bins,)."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    def density(self) -> FloatArray:
        """Share of all values per unit of the axis, (bins,); integrates to the share inside the range."""
        return self.counts / (np.diff(self.edges) * max(self.total, 1))

    def rebinned(self, edges: FloatArray) -> FloatArray:
        """Counts over other edges, each bin's counts spread evenly over it; what lies outside is left out."""
        return np.diff(np.interp(edges, self.edges, _cumulated(self.counts)))


def even_edges(low: float, high: float, bins: int) -> FloatArray:
    """(bins + 1,) edges of equal bins, with a range around values that are all the same.

    Scaled while they are computed, because high - low may overflow and its parts may underflow.
    """
    if not low < high:
        margin = abs(low) / 2 or 0.5
        low, high = low - margin, low + margin
    exponent = frexp(max(-low, high))[1] + 1
    first, last = ldexp(low, -exponent), ldexp(high, -exponent)
    edges: FloatArray = np.ldexp(first + (last - first) / bins * np.arange(bins + 1), exponent)
    edges[-1] = high
    return edges


FINE = 720
"""Bins of what is kept; 10, 20, 30, 60, 90 and 120 divide it."""


@dataclass(frozen=True)
class FineCounts:
    """Counts of a subsample in so many equal bins of low..high, its own range, that others follow from them.

    counts: (FINE,), read-only.
    """

    low: float
    high: float
    counts: CountArray

    def histogram(self, bins: Bins) -> Histogram:
        """Exact over the own range where the number of bins divides FINE, else as if values were spread evenly within
        each fine bin."""
        low = self.low if bins.low is None else bins.low
        high = self.high if bins.high is None else bins.high
        edges = even_edges(low, high, bins.count)
        cumulated = _cumulated(self.counts)
        if (low, high) == (self.low, self.high) and FINE % bins.count == 0:
            inside = cumulated[:: FINE // bins.count]
        else:
            inside = np.rint(np.interp(edges, even_edges(self.low, self.high, FINE), cumulated)).astype(np.int64)
        counts = np.diff(inside)
        for array in (edges, counts):
            array.flags.writeable = False
        return Histogram(edges, counts, below=int(inside[0]), above=int(cumulated[-1] - inside[-1]))


def _cumulated(counts: CountArray) -> CountArray:
    """How many values lie below each edge."""
    return np.concatenate([[0], np.cumsum(counts)])


@dataclass(frozen=True)
class Signal:
    """Statistics of all values of z or h in a layer, over every sample and unit. Moments and extremes describe the
    finite values and are nan when there are none; shares are of all values."""

    mean: float
    std: float
    rms: float
    min: float
    max: float
    zero: float
    """Share of values that are exactly 0."""
    nonfinite: float
    float16_zero: float
    """Share of non-zero values so small that float16 makes them 0."""
    float16_overflow: float
    """Share of values that float16 cannot hold, non-finite ones included."""
    fine: FineCounts

    @cached_property
    def histogram(self) -> Histogram:
        """60 bins over the values' own range."""
        return self.fine.histogram(Bins())


@dataclass(frozen=True)
class Gradient:
    """Statistics of all values of a gradient, like `Signal`; the histogram is of log10 |value|."""

    std: float
    rms: float
    median: float
    """Median of |value| over the subsample."""
    nonfinite: float
    """Share of values that are not finite."""
    float16_zero: float
    float16_overflow: float
    histogram: Histogram


@dataclass(frozen=True)
class Weights:
    """The weights of one layer as they were drawn, and their gradient dL/dW (summed over the batch)."""

    fan_in: int
    mean: float
    std: float
    histogram: Histogram
    gradient: Gradient
    norm: float
    """Frobenius norm of dL/dW."""
    ratio: float
    """std(dL/dW) / std(W), the gradient-to-data ratio."""
    unique_columns: int
    """Distinct columns of dL/dW: 1 means that all units learn the same."""
    same_sign: float
    """Share of the samples whose gradient has one sign over all incoming weights of a unit."""


@dataclass(frozen=True)
class Layer:
    """One layer. The input (layer 0) has neither z nor weights nor shares of saturated, zero and dead units."""

    layer: int
    h: Signal
    cosine: float
    """Mean cosine of the angle between two different samples' h."""
    grad_h: Gradient
    z: Signal | None = None
    """What enters the activation: after normalization, where there is one."""
    grad_z: Gradient | None = None
    weights: Weights | None = None
    saturated: float = nan
    zero: float = nan
    dead: float = nan


@dataclass(frozen=True, eq=False)  # known by identity: what is built from it is remembered by it
class Propagation(LayerTable):
    """What one random network did to one batch, forward and backward; layer 0 is the input."""

    layers: tuple[Layer, ...]
    samples: int
    """Rows of the batch; a data set may hold fewer than were asked for."""
    features: int
    """Columns of the batch."""

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    @cached_property
    def _columns(self) -> dict[str, FloatArray]:
        return {name: self._gathered(column) for name, column in COLUMNS.items() if column.path}

    def _gathered(self, column: Column) -> FloatArray:
        return np.array([column.of(layer) for layer in self.layers], dtype=float)

    def has(self, name: str, /) -> bool:
        return name in self._columns

    def column(self, name: str, /) -> FloatArray:
        """One column of the table over the layers 0..depth, float64, nan where a layer has no such number."""
        return self._columns[name].copy()
