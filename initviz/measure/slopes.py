"""How steep the activation is where a layer's own pre-activations lie."""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from initviz.activations import Activation
from initviz.arrays import FloatArray
from initviz.gaussian.properties import properties
from initviz.measure.propagation import FINE, FineCounts, even_edges

BINS = 50
WITHIN = 16
"""Places within each fine bin of z at which the slope is taken."""


@dataclass(frozen=True)
class Slopes:
    """The distribution of phi'(z) over the values of z in a layer, from the least slope there is to the largest.

    edges: (BINS + 1,). shares: (BINS,) of the values.
    """

    edges: FloatArray
    shares: FloatArray
    mean: float


def slopes_at(activation: Activation, alpha: float, z: FineCounts) -> Slopes | None:
    """The slopes at the values of z that were counted, spread evenly within each fine bin; None where there are none,
    and where a unit's slope does not follow from one number (maxout, ABReLU)."""
    if not activation.elementwise or not z.counts.any() or not isfinite(z.low + z.high):
        return None
    edges = even_edges(z.low, z.high, FINE) if z.low < z.high else np.full(FINE + 1, z.low)
    inside = (np.arange(WITHIN) + 0.5) / WITHIN
    places = edges[:-1, np.newaxis] * (1 - inside) + edges[1:, np.newaxis] * inside  # a difference might overflow
    weights = np.repeat(z.counts / (WITHIN * z.counts.sum()), WITHIN)
    with np.errstate(all="ignore"):  # exp of a far tail may underflow: that is its value
        slopes = activation.dphi(places.ravel(), alpha)
    known = properties(activation, alpha)
    limits = known.slope_low, known.slope_high
    bins = even_edges(*(limits if np.isfinite(limits).all() else (float(slopes.min()), float(slopes.max()))), BINS)
    shares, _ = np.histogram(np.clip(slopes, bins[0], bins[-1]), bins, weights=weights)
    return Slopes(bins, shares, float(weights @ slopes))
