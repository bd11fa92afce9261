"""The cure for a network that will not learn: found by predicting candidates, told before it is applied."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import inf, log

import numpy as np

from initviz.catalogue import InputError
from initviz.diagnosis import Finding, foresee, is_healthy, trend
from initviz.experiment import DEFAULTS, Experiment
from initviz.theory import Prediction, predict
from initviz.wording import percent

INITIALIZERS_TO_TRY = ("lecun_normal", "glorot_normal", "he_normal", "kumar", "critical")
"""In the order a teacher would name them; the first that is predicted to be healthy is proposed."""

PAIRS_TO_TRY = (("tanh", "lecun_normal"), ("relu", "he_normal"))
"""Another activation, where no initializer serves the present one."""

MARGIN = 0.5
"""A candidate that uses only this share of the room (in logs) before the first warning is proposed at once: one random
network scatters about its prediction."""

ROOM = log(10.0)
"""Log of the change over all layers at which the diagnosis warns."""


@dataclass(frozen=True)
class Fix:
    """A changed experiment and what theory says of it. `complete`: it is predicted to be healthy."""

    experiment: Experiment
    name: str
    sentence: str
    prediction: Prediction
    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        """Whether the prediction is free of warnings."""
        return is_healthy(self.findings)


@dataclass(frozen=True)
class _Candidate:
    fix: Fix
    strain: float
    """The larger of the two changes over all layers, forward and backward, as a share of ROOM."""


@lru_cache(maxsize=512)
def propose(experiment: Experiment) -> Fix | None:
    """The smallest change that theory predicts to be healthy, else the best found; None where nothing is predictable.

    Deterministic, and independent of the seed; it never looks at the present trouble, only at what would be well.
    """
    best: _Candidate | None = None
    present = predict(experiment)
    for changed, name in _candidates(experiment):
        candidate = _judged(changed, name)
        if candidate is None or _same(candidate.fix.prediction, present):
            continue
        if candidate.fix.complete and candidate.strain <= MARGIN:
            return candidate.fix
        if best is None or (candidate.fix.complete, -candidate.strain) > (best.fix.complete, -best.strain):
            best = candidate
    return best.fix if best else None


def _same(one: Prediction, other: Prediction) -> bool:
    """Whether two predictions are of one law under two names."""
    return all(np.allclose(one.column(name), other.column(name), equal_nan=True) for name in ("std", "grad_h_std"))


def _candidates(experiment: Experiment) -> Iterator[tuple[Experiment, str]]:
    """Changed experiments with their names, the smallest change first."""
    plain = experiment.changed(gain=DEFAULTS["gain"], bias_std=DEFAULTS["bias_std"], tied=False)
    for initializer in INITIALIZERS_TO_TRY:
        changed = plain.changed(initializer=initializer)
        yield changed, changed.weights.name
    for activation, initializer in PAIRS_TO_TRY:
        changed = plain.changed(activation=activation, initializer=initializer)
        yield changed, f"{changed.phi.name} with {changed.weights.name}"
    for activation, initializer in PAIRS_TO_TRY:
        changed = plain.changed(activation=activation, initializer=initializer, normalization="none", input_std=1.0)
        yield changed, f"{changed.phi.name} with {changed.weights.name}, plain layers, input std 1"


def _judged(experiment: Experiment, name: str) -> _Candidate | None:
    try:
        prediction = predict(experiment)
    except InputError:
        return None
    if prediction.reason:
        return None
    forward = trend(prediction.column("std")[1:])
    backward = trend(prediction.column("grad_h_std")[1:][::-1])
    changes = [_change(one.start, one.end) for one in (forward, backward)]
    sentence = (
        f"{name} should keep {percent(changes[0])} of the signal from layer 1 to layer {experiment.depth}, and"
        f" {percent(changes[1])} of the gradient on the way back."
    )
    findings = foresee(experiment, prediction)
    strain = max(abs(log(change)) if change > 0 else inf for change in changes) / ROOM
    return _Candidate(Fix(experiment, name, sentence, prediction, findings), strain)


def _change(start: float, end: float) -> float:
    return end / start if start > 0 else 0.0
