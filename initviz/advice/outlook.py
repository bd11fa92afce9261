"""What a prediction promises: the columns of the typical network, and the share of all networks that are healthy.

Public: columns_of, dead_share; odds.

A network of finite width scatters around the prediction. Three numbers are taken to scatter, independently of each
other and log-normally, by as much as the prediction's bands say: the size of the signal, that of the gradient, and how
far apart two inputs are, with the shares that follow from it. A network is known by its normal score r in each.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
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

SCORES = np.linspace(-3.5, 3.5, 15)
"""Normal scores of the networks that are looked at."""

OF_INPUTS = ("saturated_units", "zero_units", "dead_units", "inputs_alike")
"""Findings about shares and cosines, which follow from how far the inputs are apart."""

NEXT_ORDER = 2.0
"""Bands hold to leading order in 1/width: of what they promise, this over width^2 is taken off."""


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


def odds(experiment: Experiment, prediction: Prediction, floor: float = 0.0) -> float:
    """Share of the networks of this width that should be healthy; below `floor` it may be said too large, in less time.

    0 at once where the typical gradient is far off.
    """
    if prediction.reason or _is_far_off(prediction.column("grad_h_std")[:0:-1]):
        return 0.0
    networks = _Networks(experiment, prediction)
    share = 1 - NEXT_ORDER / experiment.width**2
    for healthy in (networks.keeps_gradient, networks.keeps_signal, networks.tells_inputs_apart):
        if share <= floor:
            break
        share *= _share(healthy)
    return share


def _is_far_off(gradients: FloatArray) -> bool:
    """Whether so much of the typical gradient is lost that no network keeps it; known at once, while scatter is not."""
    whole = trend(gradients).whole
    return not whole > 0 or abs(log(whole)) > 3 * log(THRESHOLDS["change"].warning)


def _share(healthy: Callable[[float], bool]) -> float:
    """Share of all networks whose score is healthy: between the scores where that changes, found by bisection."""
    judged = [healthy(float(r)) for r in SCORES]
    share = float(judged[0]) * float(special.ndtr(SCORES[0])) + float(judged[-1]) * float(special.ndtr(-SCORES[-1]))
    for low, high, before, after in zip(SCORES, SCORES[1:], judged, judged[1:], strict=False):
        limit = _where_it_changes(healthy, float(low), float(high), before) if before != after else float(high)
        share += before * (special.ndtr(limit) - special.ndtr(low)) + after * (special.ndtr(high) - special.ndtr(limit))
    return min(1.0, float(share))


def _where_it_changes(healthy: Callable[[float], bool], low: float, high: float, before: bool) -> float:
    for _ in range(4):
        middle = (low + high) / 2
        low, high = (middle, high) if healthy(middle) == before else (low, middle)
    return (low + high) / 2


class _Networks:
    """The networks of one law, each known by its normal score r in one respect."""

    def __init__(self, experiment: Experiment, prediction: Prediction) -> None:
        self.experiment, self.prediction = experiment, prediction
        self._left_out = _left_out(prediction)

    def keeps_gradient(self, r: float) -> bool:
        way = np.arange(float(len(self.prediction)))[::-1] - 1
        gradients = self._sizes("grad_h_std", r, way)
        gradients[-1] = self.prediction.column("grad_h_std")[-1]
        return trend(gradients[:0:-1]).severity is None

    def keeps_signal(self, r: float) -> bool:
        stds = self._sizes("std", r, np.arange(float(len(self.prediction))) - 1)
        stds[1] = self.prediction.column("std")[1]  # where the way through the hidden layers starts
        return signal_trouble(stds[1:]) is None

    def _sizes(self, name: str, r: float, way: FloatArray) -> FloatArray:
        middle, spread = self._bands[name]
        return middle * np.exp(r * spread + np.sign(r) * self._left_out * way)

    @cached_property
    def _bands(self) -> dict[str, tuple[FloatArray, FloatArray]]:
        """Median of each size over all networks, and the standard deviation of its logarithm."""
        bands = {name: self.prediction.band(name, ONE_SIGMA, rough=True) for name in ("std", "grad_h_std")}
        with np.errstate(all="ignore"):
            return {
                name: (np.sqrt(low) * np.sqrt(high), np.nan_to_num(np.log(high / low) / 2))
                for name, (low, high) in bands.items()
            }

    def tells_inputs_apart(self, r: float) -> bool:
        """Distances between inputs are taken to scatter like the size of the signal does (in logs), or where that is
        held fixed by sqrt(layer/width), about as measured; shares like those of independent units."""
        typical, width = self._typical.values, self._width
        closer = np.exp(-r * np.maximum(self._bands["std"][1], np.sqrt(np.arange(len(width)) / width)))
        shares: dict[str, FloatArray] = {name: typical[name] for name in ("saturated", "zero")}
        shares["dead"] = dead_share(self.prediction, closer[:-1]) if typical["dead"][1:].any() else typical["dead"]
        moved: dict[str, FloatArray] = {
            name: np.clip(share + r * np.sqrt(np.clip(share * (1 - share), 0, None) / width), 0, 1)
            for name, share in shares.items()
        }
        closer[0] = 1
        moved["cosine"] = 1 - (1 - typical["cosine"]) * closer
        findings = every(diagnose_prediction(self.experiment, Outlook({**typical, **moved})))
        return not any(one.id in OF_INPUTS and one.severity in ("bad", "warning") for one in findings)

    @cached_property
    def _typical(self) -> Outlook:
        return columns_of(self.prediction)

    @cached_property
    def _width(self) -> FloatArray:
        spec = self.prediction.spec
        return np.array([spec.features, *(layer.width for layer in spec.layers)], dtype=float)


ONE_SIGMA = float(2 * special.ndtr(1.0) - 1)
"""Coverage of one standard deviation to either side."""


def _left_out(prediction: Prediction) -> float:
    """What normalization does to sizes in one layer and the prediction leaves out, relative, to order of magnitude."""
    layers = [layer for layer in prediction.spec.layers if layer.normalization.axis is not None]
    return max(
        (1 / (prediction.batch.samples, layer.width)[layer.normalization.axis or 0] for layer in layers), default=0.0
    )
