"""Numbers on axes: ranges with some room, ticks that a person would write, and no more digits than a screen shows."""

from collections.abc import Sequence
from math import ceil, floor, isfinite, log10
from typing import Any

import numpy as np

from initviz.arrays import FloatArray
from initviz.text import show


def compact(values: FloatArray, digits: int) -> list[float]:
    """Plain numbers with so many digits of the largest one: what a screen can show, in half the JSON."""
    largest = float(np.abs(values).max(initial=0.0))
    if not 1e-290 < largest < 1e290:  # the powers of ten for rounding would not fit into a float
        return [float(value) for value in values]
    rounded: list[float] = np.round(values, digits - 1 - floor(log10(largest))).tolist()
    return rounded


def log_ticks(low: float, high: float, most: int = 8) -> dict[str, Any]:
    """Ticks between 10^low and 10^high, as exponents in `tickvals` and written 0.01, 1 or 1e-7 in `ticktext`."""
    step = max(1, ceil((high - low) / most))
    digits = (1, 2, 5) if high - low < 2 else (1,)
    exponents = range(floor(low / step) * step, ceil(high) + 1, step)
    places = sorted(exponent + log10(digit) for exponent in exponents for digit in digits)
    inside = [place for place in places if low <= place <= high and -307 < place < 308]
    return {"tickmode": "array", "tickvals": inside, "ticktext": [show(10.0**place) for place in inside]}


def log_axis(values: Sequence[float]) -> dict[str, Any]:
    """A logarithmic axis around the positive finite `values`, never less than most of a decade."""
    sizes = [value for value in values if isfinite(value) and value > 0] or [0.5, 2.0]
    low, high = log10(min(sizes)), log10(max(sizes))
    margin = max(0.05 * (high - low), 0.35 - (high - low) / 2)
    low, high = low - margin, high + margin
    ticks = log_ticks(low, high)
    return {"type": "log", "range": [low, high], **ticks, "tickvals": [10.0**place for place in ticks["tickvals"]]}


def linear_axis(values: Sequence[float]) -> dict[str, Any]:
    """A linear axis around the finite `values`, with some room for dots and names."""
    known = [value for value in values if isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    margin = 0.06 * (high / 2 - low / 2) * 2 or 0.1 * abs(high) or 0.5
    return {"range": [low - margin, high + margin]}


def layer_axis(first: int, last: int, title: str = "layer (0 = input)") -> dict[str, Any]:
    """A horizontal axis over whole layers with at most about ten ticks."""
    step = next(step for step in (1, 2, 5, 10, 20, 50) if (last - first) / step <= 11)
    return {"title": {"text": title}, "range": [first - 0.4, last + 0.4], "tick0": 0, "dtick": step, "zeroline": False}
