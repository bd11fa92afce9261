"""How a size changes along a network: the factor per layer, whether all layers share it, whether it finds a level."""

from dataclasses import dataclass
from math import exp, log, nan
from typing import Protocol

import numpy as np

from initviz.advice.findings import LARGEST_LOG, THRESHOLDS, Severity, grade_log, gravest
from initviz.arrays import FloatArray
from initviz.text import show


class Columns(Protocol):
    """A Propagation or a Prediction: columns by name over the layers 0..depth, KeyError for one it does not have."""

    def column(self, name: str, /) -> FloatArray: ...


EVEN = 1.5
"""A factor per layer is that of every layer when half of the layers lie within this factor of it."""


@dataclass(frozen=True)
class Trend:
    """How a size changes from the first hidden layer to the last, in the direction of travel."""

    factor: float
    """Geometric mean of the change per layer."""
    start: float
    end: float
    count: int
    """Sizes that were compared: those before the first that is no number."""
    severity: Severity | None
    low: float = 1.0
    high: float = 1.0
    """The smallest and the largest change of a layer."""
    even: bool = True
    """Whether the mean factor describes the layers, and not only their product."""

    @property
    def whole(self) -> float:
        """End over start; inf where it is no number."""
        if self.count < 2:
            return 1.0
        return self.end / self.start if self.start > 0 else 1.0


def trend(values: FloatArray) -> Trend:
    """Change of positive sizes along their axis, up to the last that is a number.

    A size that reaches 0 has a factor of 0; where there is nothing to compare, the factor is 1.
    """
    finite = np.isfinite(values)
    count = len(values) if finite.all() else int(np.argmin(finite))
    start, end = (float(values[0]), float(values[count - 1])) if count else (nan, nan)
    if count < 2 or start == 0:
        return Trend(1.0, start, end, count, None)
    if end == 0:
        return Trend(0.0, start, end, count, "bad", low=0.0)
    change, steps = log(end) - log(start), count - 1  # the quotient itself may overflow
    severity = gravest([grade_log(abs(change), "change"), grade_log(abs(change) / steps, "factor")])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.diff(np.log(values[:count]))
    low, high = (_exp(float(limit)) for limit in (logs.min(), logs.max()))
    even = np.count_nonzero(np.abs(logs - change / steps) <= log(EVEN)) * 2 >= steps
    return Trend(_exp(change / steps), start, end, count, severity, low, high, bool(even))


def _exp(logarithm: float) -> float:
    return exp(min(logarithm, LARGEST_LOG))


def finds_its_level(values: FloatArray) -> bool:
    """Whether a size changes in the first quarter of the layers alone: at the pace of the others, the slope of their
    logs, the whole way would be no change worth a word."""
    if len(values) < 3 or not (np.isfinite(values).all() and (values > 0).all()):  # an overflow is no level
        return False
    rest = np.log(values[max(1, (len(values) - 1) // 4) :])
    steps = np.arange(len(rest)) - (len(rest) - 1) / 2
    slope = float(steps @ rest) / float(steps @ steps)
    return abs(slope) * (len(values) - 1) < log(THRESHOLDS["change"].warning)


def signal_trouble(stds: FloatArray) -> Severity | None:
    """How grave the change of the signal is: none where it finds its level."""
    severity = trend(stds).severity
    return None if severity and finds_its_level(stds) else severity


def by_layer(change: Trend, keeps: str, multiplies: str) -> str:
    """What each layer does to the size, or between which limits where the layers differ."""
    if change.even:
        return keeps if change.factor < 1 else multiplies
    return f"the layers differ, with factors between {show(change.low)} and {show(change.high)}"


# --- the sizes that are judged -------------------------------------------------------------------------------------


def signal_sizes(layers: Columns) -> FloatArray:
    """std of the hidden layers' h, first to last."""
    return _until_overflow(layers, "std", "nonfinite")


def gradient_sizes(layers: Columns) -> FloatArray:
    """std of the gradient at the hidden layers' h, last to first."""
    return _until_overflow(layers, "grad_h_std", "grad_h_nonfinite")[::-1]


def _until_overflow(layers: Columns, name: str, lost: str) -> FloatArray:
    """A column of sizes, nan where any value has overflowed: what is left there says nothing of the size."""
    values = layers.column(name)[1:]
    try:
        return np.where(layers.column(lost)[1:] > 0, nan, values)
    except KeyError:  # a prediction
        return values
