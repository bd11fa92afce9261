"""What a prediction promises: the columns of the typical network, and the share of all networks that are healthy.

Public: columns_of, dead_share; odds.

A network of finite width scatters around the prediction. Three numbers are taken to scatter, independently of each
other and log-normally, by as much as the prediction's bands say: the size of the signal, that of the gradient, and how
far apart two inputs are, with the shares that follow from it. A network is known by its normal score r in each.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log

import numpy as np
from scipy import special

from initviz.advice.diagnosis import diagnose_prediction
from initviz.advice.findings import THRESHOLDS, every
from initviz.advice.trends import signal_trouble, trend
from initviz.arrays import FloatArray
from initviz.gaussian.quadrature import edges, panels
from initviz.network.experiment import Experiment
from initviz.theory.prediction import Prediction

SCORES = np.linspace(-3.5, 3.5, 29)
"""Normal scores that stand for all networks, each for those nearest to it."""

OF_INPUTS = ("saturated_units", "zero_units", "dead_units", "inputs_alike")
"""Findings about shares and cosines, which follow from how far the inputs are apart."""

NARROWEST = 4
"""Units; below, leading order in 1/width says little, so that nothing is promised."""
NOT_SURE = 0.8
"""The largest odds of narrower networks."""


@dataclass(frozen=True)
class Outlook:
    """Columns by name, as `diagnose_prediction` reads them."""

    values: Mapping[str, FloatArray]

    def column(self, name: str, /) -> FloatArray:
        """(depth + 1,); KeyError for a name it does not have."""
        return self.values[name]


def columns_of(prediction: Prediction) -> Outlook:
    """The typical network: all that `diagnose_prediction` reads."""
    values = {name: prediction.column(name) for name in ("std", "grad_h_std", "saturated", "zero", "cosine")}
    return Outlook(values | {"dead": dead_share(prediction)})


def dead_share(prediction: Prediction, closer: float | FloatArray = 1.0) -> FloatArray:
    """Expected share of units that are zero for every sample, layers 0..depth; nan for the input and where unknown.

    The z of one unit for N samples are Gaussian with their mean correlation c: sqrt(c) u + sqrt(1 - c) v with a common
    u, so that the share is E_u P(v below the threshold)^N. `closer` multiplies the layers' 1 - c, shape (depth,).
    """
    theory, zero = prediction.mean_field, prediction.column("zero")
    dead = np.full(len(zero), np.nan)
    if theory is not None:
        apart = np.clip((1 - theory.correlations @ theory.pair_weights) * closer, 1e-12, 1)[:, np.newaxis]
        u, weights = panels(edges(np.zeros(0)))
        with np.errstate(all="ignore"):
            v = (special.ndtri(zero[1:, np.newaxis]) - np.sqrt(1 - apart) * u) / np.sqrt(apart)
            dead[1:] = np.exp(prediction.batch.samples * special.log_ndtr(v)) @ weights
    return dead


# --- all networks of a width ---------------------------------------------------------------------------------------


def odds(experiment: Experiment, prediction: Prediction) -> float:
    """Share of the networks of this width that should be healthy; 0 at once where the typical gradient is lost."""
    if prediction.reason:
        return 0.0
    if _far_off(prediction.column("grad_h_std")[:0:-1]):
        return 0.0
    backward = _share(lambda r: trend(_sizes(prediction, "grad_h_std", r)[:0:-1]).severity is None)
    if backward == 0:
        return 0.0
    forward = _share(lambda r: signal_trouble(_sizes(prediction, "std", r)[1:]) is None)
    share = backward * forward
    if share > 0:
        share *= _share_up_to(lambda r: _tells_inputs_apart(experiment, prediction, r))
    return min(share, NOT_SURE) if experiment.width < NARROWEST else share


def _far_off(gradients: FloatArray) -> bool:
    """Whether so much of the typical gradient is lost that no network keeps it; known at once, while scatter is not."""
    whole = trend(gradients).whole
    return not whole > 0 or abs(log(whole)) > 3 * log(THRESHOLDS["change"].warning)


def _share(healthy: Callable[[float], bool]) -> float:
    """Share of all networks whose score is healthy."""
    limits = np.concatenate([[-np.inf], (SCORES[1:] + SCORES[:-1]) / 2, [np.inf]])
    weights = np.diff(special.ndtr(limits))
    return min(1.0, float(sum(weight for r, weight in zip(SCORES, weights, strict=True) if healthy(float(r)))))


def _share_up_to(healthy: Callable[[float], bool]) -> float:
    """The same where all scores below some limit are healthy, and none above."""
    low, high = 0, len(SCORES)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if healthy(float(SCORES[middle])) else (low, middle)
    if low in (0, len(SCORES)):
        return float(low > 0)
    return float(special.ndtr((SCORES[low - 1] + SCORES[low]) / 2))


def _sizes(prediction: Prediction, name: str, r: float) -> FloatArray:
    """A column of sizes in a network of score r; each direction starts where the typical network does."""
    low, high = prediction.band(name, float(2 * special.ndtr(abs(r)) - 1))
    sizes, way = (high if r > 0 else low), np.arange(len(low)) - 1
    start = 1
    if name != "std":
        way, start = len(low) - 1 - np.arange(len(low)), -1
    sizes = sizes * np.exp(np.sign(r) * _left_out(prediction) * way)
    sizes[start] = prediction.column(name)[start]
    return sizes


def _left_out(prediction: Prediction) -> float:
    """What normalization does to sizes in one layer and the prediction leaves out, relative, to order of magnitude."""
    layers = [layer for layer in prediction.spec.layers if layer.normalization.axis is not None]
    return max(
        (1 / (prediction.batch.samples, layer.width)[layer.normalization.axis or 0] for layer in layers), default=0.0
    )


def _tells_inputs_apart(experiment: Experiment, prediction: Prediction, r: float) -> bool:
    """Whether shares and cosines are well in a network of score r: inputs more alike, shares larger.

    Distances between inputs are taken to scatter like the size of the signal does (in logs), or where normalization
    holds that fixed by sqrt(layer/width), about as measured; shares like those of independent units.
    """
    typical = columns_of(prediction).values
    width = np.array([prediction.spec.features, *(layer.width for layer in prediction.spec.layers)])
    low, high = prediction.band("std", float(2 * special.ndtr(1.0) - 1))
    with np.errstate(all="ignore"):
        spread = np.nan_to_num(np.log(high / low) / 2)
    if any(layer.normalization.axis is not None for layer in prediction.spec.layers):
        spread = np.maximum(spread, np.sqrt(np.arange(len(width)) / width))
    closer = np.exp(-r * spread)
    shares = {name: typical[name] for name in ("saturated", "zero")} | {"dead": dead_share(prediction, closer[:-1])}
    moved = {
        name: np.clip(share + r * np.sqrt(np.clip(share * (1 - share), 0, None) / width), 0, 1)
        for name, share in shares.items()
    }
    moved["cosine"] = 1 - (1 - typical["cosine"]) * closer
    moved["cosine"][0] = typical["cosine"][0]
    findings = every(diagnose_prediction(experiment, Outlook({**typical, **moved})))
    return not any(one.id in OF_INPUTS and one.severity in ("bad", "warning") for one in findings)
