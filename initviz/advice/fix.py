"""The cure for a network that will not learn: found by predicting candidates, told with its odds before it is applied.

Public: propose, Fix; promise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import floor, inf, log

import numpy as np

from initviz.advice import candidates
from initviz.advice.diagnosis import diagnose_prediction
from initviz.advice.findings import Finding, is_healthy
from initviz.advice.outlook import columns_of, odds
from initviz.advice.trends import trend
from initviz.catalogue import InputError
from initviz.gaussian.properties import properties
from initviz.network.experiment import DEFAULTS, Experiment
from initviz.text import changed, is_kept, show
from initviz.theory.prediction import Prediction, predict

COVERAGE = 0.998
"""A complete fix holds for so many of the networks of this width, as far as theory knows their scatter."""
LIKELY = 0.9
"""Odds that are good enough to offer nothing else beside."""
EVEN = 0.5
"""Odds from which on a smaller change is offered before a larger one that is surer."""

ALIKE = 1e-3
"""Relative: a std typed with six digits is the law that it was rounded from, also after a hundred layers."""
CLEARLY = 0.05
"""By how much the odds of a larger change must exceed those of a smaller one."""


@dataclass(frozen=True)
class Fix:
    """A changed experiment and what theory says of it."""

    experiment: Experiment
    name: str
    sentence: str
    prediction: Prediction
    findings: tuple[Finding, ...]
    """Of the prediction itself: of the typical network."""
    odds: float
    """Share of the networks of this width that are predicted to be healthy."""
    reason: str = ""
    """Why it is offered beside the first, as a sentence; empty for the first."""

    @property
    def complete(self) -> bool:
        """Whether nearly all networks of this width are predicted to be healthy, not the typical one alone."""
        return self.odds >= COVERAGE

    def changes(self, before: Experiment) -> dict[str, str | None]:
        """Fields that differ from those of the experiment before, as they stand in a link; None: no longer set."""
        old, new = before.to_query(), self.experiment.to_query()
        return {name: new.get(name) for name in DEFAULTS if old.get(name) != new.get(name)}


def propose(experiment: Experiment) -> tuple[Fix, ...]:
    """The smallest change that should help, and where that is not likely enough, a second option with its reason.

    The first keeps the activation, unless nothing does any good with it; only the second may name another one, be it
    ReLU with a slope of its own. Empty
    where nothing is predictable. Deterministic, and independent of how the weights fall; it never looks at the present
    trouble, only at what would be well.
    """
    kept = _keeping_the_structure(experiment)
    same = [fix for fix in kept if fix.experiment.activation == experiment.activation]
    first = next((fix for fix in same if fix.odds >= EVEN), None) or max(same, key=lambda fix: fix.odds, default=None)
    if first and first.odds >= LIKELY and not _rebuilds(experiment, first.experiment):
        return (first,)
    surest = max(kept, key=lambda fix: fix.odds, default=None)
    if first and surest and first.odds < LIKELY <= surest.odds:
        surest = replace(surest, reason="A larger change, but surer.")
        return (first, surest) if first.odds > 0 else (surest,)
    other = _other_activation(experiment)
    if other is None or other.odds < EVEN or (first and other.odds <= first.odds < LIKELY):
        return (first,) if first else ()
    other = replace(other, reason=_why_another(experiment, kept, other))
    return (first, other) if first and first.odds > 0 else (other,)


def promise(fixes: Sequence[Fix]) -> str:
    """What to call the first of some fixes."""
    best = max(fix.odds for fix in fixes)
    return "Fix" if best >= LIKELY else "No full cure is known for this network; the best found"


def _keeping_the_structure(experiment: Experiment) -> list[Fix]:
    """The best of every step of change, up to the first that is likely to help; a ReLU may get a slope there."""
    present, found = predict(experiment), []
    for step in candidates.steps(experiment):
        best = _best(experiment, present, step)
        if best:
            found.append(best)
            if best.odds >= LIKELY:
                break
    return found


def _other_activation(experiment: Experiment) -> Fix | None:
    return _best(experiment, predict(experiment), candidates.others(experiment))


def _best(before: Experiment, present: Prediction, step: Iterable[Experiment]) -> Fix | None:
    """The first that is sure, or that is likely and the sources name it; else the likeliest."""
    best: tuple[Experiment, Prediction, float] | None = None
    for after in step:
        prediction = _predicted(after)
        if prediction is None or _same(prediction, after, present, before):
            continue
        enough = LIKELY if candidates.is_named(before, after) else COVERAGE
        share = odds(after, prediction, floor=min(best[2], enough - CLEARLY) if best else 0.0)
        if share >= enough:
            return _fix(before, after, prediction, share)
        if best is None or _better(prediction, share, best[1], best[2]):
            best = after, prediction, share
    return _fix(before, *best) if best else None


def _better(prediction: Prediction, share: float, best: Prediction, best_share: float) -> bool:
    """Whether a later candidate is clearly likelier, or where neither has a chance loses less on its way."""
    if max(share, best_share) > 0:
        return share > best_share + CLEARLY
    return _loss(prediction) < _loss(best)


def _loss(prediction: Prediction) -> float:
    """The larger change of a size over all layers, as a logarithm."""
    return max(abs(log(change)) if change > 0 else inf for change in _changes(prediction))


def _predicted(experiment: Experiment) -> Prediction | None:
    try:
        prediction = predict(experiment)
    except InputError:
        return None
    return None if prediction.reason else prediction


def _same(one: Prediction, proposed: Experiment, other: Prediction, present: Experiment) -> bool:
    """Whether two experiments follow one law under two names."""
    columns = [(one.column(name), other.column(name)) for name in ("std", "grad_h_std")]
    alike = all(np.allclose(after, before, rtol=ALIKE, equal_nan=True) for after, before in columns)
    return alike and proposed.weights.iid == present.weights.iid


def _rebuilds(before: Experiment, after: Experiment) -> bool:
    """Whether the network gets a normalization or residual connections that it does not have."""
    return after.normalization not in ("none", before.normalization) or (after.residual > 0 and not before.residual)


# --- in words ------------------------------------------------------------------------------------------------------


def _fix(before: Experiment, after: Experiment, prediction: Prediction, share: float) -> Fix:
    name = candidates.name(before, after)
    findings = diagnose_prediction(after, columns_of(prediction))
    return Fix(after, name, _sentence(name, prediction, share), prediction, findings, share)


def _changes(prediction: Prediction) -> tuple[float, float]:
    """What is left of signal and gradient at the end of their ways through the hidden layers."""
    signal, gradient = prediction.column("std")[1:], prediction.column("grad_h_std")[:0:-1]
    return trend(signal).whole, trend(gradient).whole


def _sentence(name: str, prediction: Prediction, share: float) -> str:
    depth = len(prediction.spec)
    if depth == 1:
        promised = f"{name} should give the only layer a std of {show(float(prediction.column('std')[1]))}"
    else:
        promised = f"{name}: {_promised_changes(*_changes(prediction), depth)}"
    if share >= COVERAGE:
        return f"{promised}."
    return f"{promised}. {_share_in_words(share).capitalize()} networks of this width should be healthy."


def _promised_changes(signal: float, gradient: float, depth: int) -> str:
    way = f"from layer 1 to layer {depth}"
    if is_kept(signal) and is_kept(gradient):
        return f"signal and gradient should keep their size {way} and back"
    return f"the signal should {changed(signal)} {way}, and the gradient {changed(gradient)} on its way back"


def _share_in_words(share: float) -> str:
    """How many networks, rounded down: "9 of 10"."""
    if share >= COVERAGE:
        return "nearly all"
    whole = 10 if share < 0.95 else 20 if share < 0.99 else 100
    count = floor(share * whole + 1e-9)
    return f"{count} of {whole}" if count else f"fewer than 1 in {whole}"


def _why_another(before: Experiment, kept: Sequence[Fix], other: Fix) -> str:
    """What stays wrong with the present activation when only weights are chosen, and what the other one has."""
    activation, another = before.phi, other.experiment.phi
    said = f"No choice of weights alone serves {activation.name} here."
    if kept and not is_healthy(kept[0].findings):
        trouble = kept[0].findings[0].title
        said = f"{said[:-1]}: even with {kept[0].name}, {trouble[:1].lower()}{trouble[1:]}."
    slopes = [properties(one).slope_high for one in (activation, another)]
    if slopes[0] < slopes[1]:
        said += f" Its slope is at most {show(slopes[0])}, that of {another.name} up to {show(slopes[1])}."
    return said
