"""Where theory stops: what it would have to know and does not, said instead of drawn.

Public: gradients_lost, band_limits, BandLimits.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from initviz.gaussian.moments import at_infinite_width
from initviz.theory.alike import branch_share
from initviz.theory.finite_width import Scatter
from initviz.theory.mean_field import MeanField

BATCH_ERROR = 1.5
"""With batch normalization, by what factor few samples or units may move the first gradient before none is given."""
LOG_VARIANCE = 3.0
"""Largest variance of the log of one sample's squared size for which leading order in depth/width gives a band."""
LOG_VARIANCE_NORMALIZED = 1.5
"""The same where layers are normalized: there the next order comes in sooner."""
NARROW = 32
"""Units below which a normalization over them divides by a std too random for a band of gradients: of networks 8 or 16
units wide it would hold 84 to 90 %."""
BEND = 0.25
"""How much the second order may move the mean squared size of a sample, relative to it: where sizes scatter far, phi
treats small and large ones differently, and they are no longer log-normal."""


def gradients_lost(theory: MeanField) -> str:
    """Why batch normalization leaves no prediction of gradients, as a sentence; empty where there is one.

    A unit's variance over the batch is a sum over as many random directions as the batch fills: D = 1 / (mean squared
    cosine of all pairs, and 1/width by chance). E 1/variance is larger by 1 / (1 - 2/D), exactly so for D directions of
    one size; what normalization takes away of the gradient is 2/samples at most.
    """
    over_batch = theory.layers.over_batch[:, 0]
    if not over_batch.any():
        return ""
    alike = np.square(theory.correlations) @ theory.pair_shares[:-1] + theory.pair_shares[-1]
    alike[1:] += 1 / theory.layers.width[:-1, 0]
    log_error = -np.log(np.maximum(1 - 2 * alike, 1e-3)) / 2
    if over_batch * branch_share(theory) @ log_error <= np.log(BATCH_ERROR):
        return ""
    return (
        "No prediction for gradients: batch normalization divides units by a std over the batch, and for"
        f" {len(over_batch)} layers {theory.batch.samples} samples, or the directions they fill, are too few for that."
    )


@dataclass(frozen=True)
class BandLimits:
    """Which of the layers 0..depth have a band, and why others have none."""

    signal: NDArray[np.bool_]
    gradient: NDArray[np.bool_]
    reason: str = ""


def band_limits(theory: MeanField, scatter: Scatter) -> BandLimits:
    """Where the spread is known well enough to be drawn."""
    layers = theory.layers
    nowhere = np.zeros(len(layers) + 1, dtype=bool)
    if layers.over_batch.any():
        return BandLimits(nowhere, nowhere, "No bands: how the std of a unit over the batch scatters is not predicted.")
    holds = layers.divides[:, 0] + layers.keeps_forward[:, 0] > 0
    single = [at_infinite_width(spec.activation, spec.alpha)[0].elementwise for spec in layers.specs]
    if any(hold and not one for hold, one in zip(holds, single, strict=True)):
        return BandLimits(nowhere, nowhere, "No bands: maxout is followed only through independent, plain weights.")
    largest = LOG_VARIANCE_NORMALIZED if layers.divides.any() else LOG_VARIANCE
    signal = (np.log1p(scatter.sample_square) <= largest) & (np.abs(scatter.square_shift) <= BEND)
    signal = np.logical_and.accumulate(signal)
    gradient = (np.log1p(scatter.sample_gradient) <= largest) & (np.abs(scatter.gradient_shift) <= 2 * BEND)
    gradient = np.logical_and.accumulate(gradient[::-1])[::-1] & signal[-1]
    if np.any(layers.divides * layers.width * (layers.width < NARROW)):
        return BandLimits(signal, nowhere, f"No band for gradients: fewer than {NARROW} units are normalized together.")
    return BandLimits(signal, gradient, _reason(signal, gradient))


def _reason(signal: NDArray[np.bool_], gradient: NDArray[np.bool_]) -> str:
    lost = []
    if not signal.all():
        lost.append(f"for the signal from layer {int(np.argmin(signal))} on")
    if not gradient.all():
        lost.append(f"for gradients up to layer {len(gradient) - 1 - int(np.argmin(gradient[::-1]))}")
    if not lost:
        return ""
    return f"No band {' and '.join(lost)}: so deep a network of this width scatters too far for it."
