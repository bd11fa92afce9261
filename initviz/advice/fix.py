"""The cure for a network that will not learn: found by predicting candidates, told before it is applied."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, log

import numpy as np
from scipy import special

from initviz.advice.diagnosis import diagnose_prediction
from initviz.advice.findings import Finding, is_healthy
from initviz.advice.trends import trend
from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.gaussian.quadrature import edges, panels
from initviz.network.experiment import DEFAULTS, Experiment
from initviz.text import percent, show
from initviz.theory.batches import batch_of
from initviz.theory.prediction import Prediction, predict

INITIALIZERS_TO_TRY = ("lecun_normal", "glorot_normal", "he_normal", "kumar", "critical")
"""In the order a teacher would name them; the first that is predicted to stay healthy is proposed."""

RECTIFIERS = ("relu", "leaky_relu", "prelu", "relu6", "abrelu")
"""Activations for which the sources name He's rule."""

GAINS_TO_TRY = (1.1, 1.2, 0.8, 1.4, 0.6, 2.0, 0.4, 2.8, 0.2, 4.0, 0.1)
"""Of the first initializer, where none serves as it is; the nearest to 1 first."""

PAIRS_TO_TRY = (("tanh", "lecun_normal", 1.0), ("relu", "he_normal", 1.0), ("tanh", "lecun_normal", 1.1))
"""Another activation with initializer and gain, where no initializer serves the present one. A little more than 1 keeps
tanh from shrinking in deep networks."""

ALIKE = 0.1
"""Mean cosine of the inputs from which on centring them is worth a try: independent directions have 0."""

COVERAGE = 0.998
"""A complete fix holds for so many of the networks of this width, as far as theory knows their scatter."""


@dataclass(frozen=True)
class Fix:
    """A changed experiment and what theory says of it."""

    experiment: Experiment
    name: str
    sentence: str
    prediction: Prediction
    findings: tuple[Finding, ...]
    """Of the prediction itself."""
    complete: bool
    """Whether nearly all networks of this width are predicted to be healthy, not the average one alone."""

    def changes(self, before: Experiment) -> dict[str, str | None]:
        """Fields that differ from those of the experiment before, as they stand in a link; None: no longer set."""
        old, new = before.to_query(), self.experiment.to_query()
        return {name: new.get(name) for name in DEFAULTS if old.get(name) != new.get(name)}


def propose(experiment: Experiment) -> Fix | None:
    """The smallest change after which nearly all networks are predicted to be healthy, else the best found.

    None where nothing is predictable. Deterministic, and independent of how the weights fall; it never looks at the
    present trouble, only at what would be well.
    """
    best: tuple[tuple[float, float], Experiment, Prediction] | None = None
    present = predict(experiment)
    for changed in _candidates(experiment):
        prediction = _predicted(changed)
        if prediction is None or _same(prediction, present):
            continue
        fix = None if _gradient_trouble(prediction) else _judged(experiment, changed, prediction)
        if fix and fix.complete:
            return fix
        rank = _rank(fix, prediction)
        if best is None or rank < best[0]:
            best = rank, changed, prediction
    return _judged(experiment, *best[1:]) if best else None


def _predicted(experiment: Experiment) -> Prediction | None:
    try:
        prediction = predict(experiment)
    except InputError:
        return None
    return None if prediction.reason else prediction


def _gradient_trouble(prediction: Prediction) -> bool:
    """Known at once, while cosines and shares take their time."""
    return trend(prediction.column("grad_h_std")[1:][::-1]).severity is not None


def _same(one: Prediction, other: Prediction) -> bool:
    """Whether two predictions are of one law under two names."""
    return all(np.allclose(one.column(name), other.column(name), equal_nan=True) for name in ("std", "grad_h_std"))


def _rank(fix: Fix | None, prediction: Prediction) -> tuple[float, float]:
    """Smaller is better: how many findings are worse than a note, then the larger change of a size over all layers."""
    troubles = sum(finding.severity in ("bad", "warning") for finding in fix.findings) if fix else inf
    return troubles, max(abs(log(change)) if change > 0 else inf for change in _changes(prediction))


# --- candidates ----------------------------------------------------------------------------------------------------


def _candidates(experiment: Experiment) -> Iterator[Experiment]:
    """Changed experiments, the smallest change first."""
    for frame in _frames(experiment):
        named = ("he_normal",) if experiment.activation in RECTIFIERS else ()
        for initializer in (*named, *INITIALIZERS_TO_TRY):
            yield frame.changed(initializer=initializer)
        for gain in GAINS_TO_TRY:
            yield frame.changed(initializer=INITIALIZERS_TO_TRY[0], gain=gain)
        for activation, initializer, gain in PAIRS_TO_TRY:
            yield frame.changed(activation=activation, initializer=initializer, gain=gain)


def _frames(experiment: Experiment) -> Iterator[Experiment]:
    """The network around the weights: as it is, then without what may itself be the trouble."""
    plain = experiment.changed(gain=DEFAULTS["gain"], bias_std=DEFAULTS["bias_std"], tied=False)
    yield plain
    straight = plain.changed(**{name: DEFAULTS[name] for name in ("normalization", "residual", "input_std")})
    if straight != plain:
        yield straight
    if batch_of(straight).cosine > ALIKE:
        yield straight.changed(preprocessing="center")


_SWITCHES = {
    "tied": "own weights in every layer",
    "bias_std": "no biases",
    "normalization": "no normalization",
    "residual": "no residual connections",
    "preprocessing": "centred inputs",
}


def _name(before: Experiment, after: Experiment) -> str:
    """What is changed, in words."""
    pair = after.activation != before.activation
    words = [f"{after.phi.name} with {after.weights.name}" if pair else after.weights.name]
    if after.gain != DEFAULTS["gain"]:
        words.append(f"gain {after.gain:g}")
    words += [text for name, text in _SWITCHES.items() if getattr(after, name) != getattr(before, name)]
    if after.input_std != before.input_std:
        words.append(f"input std {after.input_std:g}")
    return ", ".join(words)


# --- what theory says of one ---------------------------------------------------------------------------------------


def _judged(before: Experiment, after: Experiment, prediction: Prediction) -> Fix:
    outlook = _outlook(prediction)
    findings = diagnose_prediction(after, _Columns(outlook))
    complete = is_healthy(findings) and all(
        is_healthy(diagnose_prediction(after, _Columns(edge))) for edge in _edges(prediction, outlook)
    )
    name = _name(before, after)
    return Fix(after, name, _sentence(name, prediction), prediction, findings, complete)


@dataclass(frozen=True)
class _Columns:
    values: Mapping[str, FloatArray]

    def column(self, name: str, /) -> FloatArray:
        return self.values[name]


def _outlook(prediction: Prediction) -> dict[str, FloatArray]:
    """All that `diagnose_prediction` reads."""
    outlook = {name: prediction.column(name) for name in ("std", "grad_h_std", "saturated", "zero", "cosine")}
    return outlook | {"dead": dead_share(prediction)}


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


def _edges(prediction: Prediction, outlook: Mapping[str, FloatArray]) -> Iterator[dict[str, FloatArray]]:
    """The outlook at the edges of what is likely: sizes small, sizes large; inputs more alike, shares larger.

    Distances between inputs are taken to scatter like the size of the signal does (in logs), or where normalization
    holds that fixed by sqrt(layer/width), about as measured; shares like those of independent units.
    """
    width = np.array([prediction.spec.features, *(layer.width for layer in prediction.spec.layers)])
    forward, backward = (prediction.band(name, COVERAGE) for name in ("std", "grad_h_std"))
    layer, reach = np.arange(len(prediction)), special.ndtri((1 + COVERAGE) / 2)
    closer = np.nan_to_num(np.sqrt(forward[0] / forward[1]), nan=1.0)
    if any(layer.normalization.axis is not None for layer in prediction.spec.layers):
        closer = np.minimum(closer, np.exp(-reach * np.sqrt(layer / width)))
    shares = {"saturated": outlook["saturated"], "zero": outlook["zero"], "dead": dead_share(prediction, closer[:-1])}
    worst = {name: share + reach * np.sqrt(share * (1 - share) / width) for name, share in shares.items()}
    worst["cosine"] = 1 - (1 - outlook["cosine"]) * closer
    slack = _left_out(prediction)
    for side in (0, 1):
        sign = 2 * side - 1
        std = forward[side] * np.exp(sign * slack * (layer - 1))
        gradient = backward[side] * np.exp(sign * slack * (len(layer) - 1 - layer))
        std[1], gradient[-1] = outlook["std"][1], outlook["grad_h_std"][-1]  # where each direction starts
        yield worst | {"std": std, "grad_h_std": gradient}


def _left_out(prediction: Prediction) -> float:
    """What normalization does to sizes in one layer and the prediction leaves out, relative, to order of magnitude."""
    layers = [layer for layer in prediction.spec.layers if layer.normalization.axis is not None]
    return max(
        (1 / (prediction.batch.samples, layer.width)[layer.normalization.axis or 0] for layer in layers), default=0.0
    )


def _changes(prediction: Prediction) -> tuple[float, float]:
    """What is left of signal and gradient at the end of their ways through the hidden layers."""
    ways = (prediction.column("std")[1:], prediction.column("grad_h_std")[1:][::-1])
    ends = [trend(way) for way in ways]
    signal, gradient = (end.end / end.start if end.start > 0 else 0.0 for end in ends)
    return signal, gradient


def _sentence(name: str, prediction: Prediction) -> str:
    depth = len(prediction.spec)
    if depth == 1:
        return f"{name} should give the only layer a std of {show(float(prediction.column('std')[1]))}."
    signal, gradient = map(percent, _changes(prediction))
    return (
        f"{name} should keep {signal} of the signal from layer 1 to layer {depth}, and {gradient} of the gradient on"
        " the way back."
    )
