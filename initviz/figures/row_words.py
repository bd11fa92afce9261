"""A layer's distribution in words: what its shape does not show, and from where to where it reaches."""

from initviz.arrays import FloatArray
from initviz.figures.theme import WARNING
from initviz.measure.propagation import Gradient, Histogram, Signal
from initviz.text import percent, show


def note(data: Signal | Gradient, histogram: Histogram, log_sizes: bool) -> str:
    """What its shape does not show: overflow, exact zeros, values outside; empty when nothing."""
    notes = [f"{WARNING} {percent(data.nonfinite)} overflow"] if data.nonfinite else []
    if histogram.total:
        if log_sizes and histogram.below:
            notes.append(f"{percent(histogram.below / histogram.total)} exactly 0")
        elif histogram.below or histogram.above:
            notes.append(f"{percent((histogram.below + histogram.above) / histogram.total)} outside")
    return ", ".join(notes)


def span(data: Signal | Gradient, histogram: Histogram, log_sizes: bool, edges: FloatArray) -> str:
    """Its lowest and highest value; empty where it has none."""
    if not histogram.counts.any():
        return ""
    if isinstance(data, Signal) and data.min == data.max:
        return f"all {show(data.min)}"
    if edges[0] == -edges[-1]:
        return f"±{show(float(f'{edges[-1]:.2g}'))}"
    ends = histogram.edges[[0, -1]]
    low, high = (show(float(f"{end:.2g}")) for end in (10.0**ends if log_sizes else ends))
    return f"{low} to {high}"
