"""Statistics of a foreign network's arrays, the same as those of a simulated one."""

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np

from initviz.arrays import FloatArray
from initviz.measure.histograms import histogram
from initviz.measure.propagation import Gradient, Signal, Weights
from initviz.measure.run import BINS
from initviz.measure.statistics import RunningStatistics, Seen, distinct_columns, gradient, merge, signal


@dataclass(frozen=True, eq=False)
class Values:
    """What is kept of an array of z or h."""

    count: int
    samples: int
    signal: Signal
    cosine: float
    zero: float
    saturated: float
    dead: float
    """Share of the units that are 0 for every sample and place."""
    same_sign: float
    """Share of the rows whose values have one sign."""


def as_values(units: FloatArray, samples: FloatArray, limits: tuple[float, float] | None) -> Values:
    """Of the same values as (rows, units) and as (samples, everything of a sample)."""
    low, high = limits or (-np.inf, np.inf)
    seen = _seen(units, (low, high), cosine=units.shape == samples.shape)
    whole = seen if units.shape == samples.shape else _seen(samples, cosine=True)
    return Values(
        units.size,
        len(samples),
        signal(seen),
        whole.mean_cosine,
        seen.share(seen.zeros),
        seen.share(seen.saturated),
        1 - float(np.mean(seen.live)),
        seen.one_sign / len(units),
    )


def as_gradient(rows: FloatArray) -> Gradient:
    """Of an array (rows, units)."""
    return gradient(_seen(rows), BINS)


def as_weights(weights: FloatArray, gradients: FloatArray, same_sign: float) -> Weights:
    """Of a matrix (fan_in, units) and the loss's derivative by it."""
    seen, of_gradient = _seen(weights), as_gradient(gradients)
    moments = seen.moments
    return Weights(
        fan_in=len(weights),
        mean=moments.mean,
        std=moments.std,
        histogram=histogram(seen.sample, moments.low, moments.high, BINS),
        gradient=of_gradient,
        norm=of_gradient.rms * sqrt(weights.size),
        ratio=of_gradient.std / moments.std if moments.std else nan,
        unique_columns=distinct_columns(np.ascontiguousarray(gradients)),
        same_sign=same_sign,
    )


def _seen(x: FloatArray, limits: tuple[float, float] | None = None, cosine: bool = False) -> Seen:
    x = np.ascontiguousarray(x)
    statistics = RunningStatistics(x, slice(0, len(x)), cosine=cosine)
    if limits is not None:
        statistics.watch(*limits)
    statistics.update(x)
    return merge(x, [statistics])
