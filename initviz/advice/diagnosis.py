"""From numbers to a verdict: what is wrong with this network, which layers say so, and what would cure it.

Forward and backward are judged apart: a network can carry its signal and still lose its gradient. The verdict follows
what was measured, never the name of the initializer; the same checks read a prediction, and so find the cure.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, log, nan
from typing import Literal, Protocol, TypeAlias

import numpy as np

from initviz.arrays import FloatArray
from initviz.network.experiment import Experiment
from initviz.text import percent, show


class Columns(Protocol):
    """A Propagation or a Prediction: columns by name over the layers 0..depth, KeyError for one it does not have."""

    def column(self, name: str, /) -> FloatArray: ...


Severity: TypeAlias = Literal["bad", "warning", "note", "good"]
Direction: TypeAlias = Literal["forward", "backward", "both"]


@dataclass(frozen=True)
class Threshold:
    """From where on a number is worth a word: a warning at `warning`, bad at `bad`; and who says so."""

    warning: float
    bad: float
    source: str


THRESHOLDS = {
    "change": Threshold(10, 100, "ours: one and two orders of magnitude over all hidden layers"),
    "factor": Threshold(2, 4, "ours: halved or doubled by every layer"),
    "saturated": Threshold(
        0.4,
        0.75,
        "Glorot & Bengio (2010), section 3; shares ours: hard tanh has 1/3 where all is well",
    ),
    "zero": Threshold(0.9, 0.99, "ours: nine in ten outputs silent"),
    "dead": Threshold(0.3, 0.4, "zero for every sample; bad as in CS231n's notes on dying ReLUs, the warning is ours"),
    "cosine": Threshold(0.98, 0.999, "Schoenholz et al. (2017), arXiv:1611.01232: correlations go to 1; limits ours"),
    "float16": Threshold(0.05, 0.5, "Micikevicius et al. (2018), arXiv:1710.03740: gradients lost in float16"),
}
"""Every limit the diagnosis uses, in one place."""


@dataclass(frozen=True)
class Finding:
    """One observation: what it is called, how bad, the sentence, and the numbers it rests on.

    layers: where it shows (numbers of layers). evidence: name -> number, the very ones the sentence names.
    """

    id: str
    severity: Severity
    direction: Direction
    title: str
    sentence: str
    layers: tuple[int, ...]
    evidence: dict[str, float]


LARGEST_LOG = 700.0
"""Just below the logarithm of the largest number."""

_ORDER: tuple[Severity, ...] = ("bad", "warning", "note", "good")


def diagnose(experiment: Experiment, layers: Columns) -> tuple[Finding, ...]:
    """All findings, the gravest first; exactly one finding "healthy" when neither direction has any."""
    return _judged(experiment, layers, [*_CHECKS, *_MEASURED_CHECKS])


def diagnose_prediction(experiment: Experiment, layers: Columns) -> tuple[Finding, ...]:
    """The same judgement of a prediction, which knows nothing of symmetry, overflow and float16.

    It needs the columns std, grad_h_std, saturated, zero, dead and cosine.
    """
    return _judged(experiment, layers, _CHECKS)


def is_healthy(findings: Sequence[Finding]) -> bool:
    """Whether nothing worse than a note was found."""
    return all(finding.severity in ("note", "good") for finding in findings)


def _judged(experiment: Experiment, layers: Columns, checks: "Sequence[_Check]") -> tuple[Finding, ...]:
    found = [finding for check in checks for finding in check(experiment, layers)]
    if is_healthy(found):
        found.append(_healthy(experiment, layers))
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.severity)))


def verdict(findings: tuple[Finding, ...]) -> dict[Direction, Severity]:
    """The gravest severity forward and backward; "good" where nothing was found."""
    worst: dict[Direction, Severity] = {"forward": "good", "backward": "good"}
    for finding in findings:
        for direction, severity in worst.items():
            if finding.direction in (direction, "both"):
                worst[direction] = min(severity, finding.severity, key=_ORDER.index)
    return worst


# --- the checks ----------------------------------------------------------------------------------------------------


def _hidden(layers: Columns, name: str) -> FloatArray:
    return layers.column(name)[1:]


def _signal_sizes(layers: Columns) -> FloatArray:
    """std of the hidden layers' h, first to last."""
    return _until_overflow(layers, "std", "nonfinite")


def _gradient_sizes(layers: Columns) -> FloatArray:
    """std of the gradient at the hidden layers' h, last to first."""
    return _until_overflow(layers, "grad_h_std", "grad_h_nonfinite")[::-1]


def _until_overflow(layers: Columns, name: str, lost: str) -> FloatArray:
    """A column of sizes, nan where any value has overflowed: what is left there says nothing of the size."""
    values = _hidden(layers, name)
    try:
        return np.where(_hidden(layers, lost) > 0, nan, values)
    except KeyError:  # a prediction
        return values


def _grade(value: float, name: str) -> Severity | None:
    limit = THRESHOLDS[name]
    return "bad" if value >= limit.bad else "warning" if value >= limit.warning else None


def _grade_log(log_value: float, name: str) -> Severity | None:
    """The same for a number known by its logarithm, which may be too large to be computed."""
    return _grade(exp(min(log_value, LARGEST_LOG)), name)


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
        return Trend(0.0, start, end, count, "bad")
    change, steps = log(end) - log(start), count - 1  # the quotient itself may overflow
    grades = [_grade_log(abs(change), "change"), _grade_log(abs(change) / steps, "factor")]
    severity = min((grade for grade in grades if grade), key=_ORDER.index, default=None)
    return Trend(exp(min(change / steps, LARGEST_LOG)), start, end, count, severity)


def _has_settled(values: FloatArray) -> bool:
    """Whether the last step is less than half of the average one: the size has found its level."""
    if not np.isfinite(values).all():  # an overflow is no level
        return False
    logs = np.log(values[values > 0])
    return logs.size > 2 and abs(logs[-1] - logs[-2]) < abs(logs[-1] - logs[0]) / (logs.size - 1) / 2


def _overflow(experiment: Experiment, layers: Columns) -> Iterator[Finding]:
    directions: tuple[tuple[str, Direction, str], ...] = (
        ("nonfinite", "forward", "signal"),
        ("grad_h_nonfinite", "backward", "gradient"),
    )
    for name, direction, what in directions:
        values = layers.column(name)
        hit = tuple(int(layer) for layer in np.flatnonzero(values > 0))
        if hit:
            first, way = (hit[0], "on") if direction == "forward" else (hit[-1], "back")
            share = float(values[first])
            title, cause = f"The {what} overflows", experiment.dtype
            if direction == "backward" and layers.column("nonfinite")[first + 1 :].any():
                title, cause = "The gradient is lost", "where the signal overflows"
            yield Finding(
                f"{what}_overflow",
                "bad",
                direction,
                title,
                f"{title} {cause}: from layer {first} {way}, values are no longer finite"
                f" ({percent(share)} of them there).",
                hit,
                {"layer": first, "nonfinite": share},
            )


def _signal(experiment: Experiment, layers: Columns) -> Iterator[Finding]:
    stds = _signal_sizes(layers)
    change = trend(stds)
    seen = tuple(range(1, change.count + 1))
    evidence = {"factor": change.factor, "first": change.start, "last": change.end}
    if stds[0] == 0:
        yield Finding(
            "vanishing_signal",
            "bad",
            "forward",
            "No signal at all",
            "All outputs of layer 1 are the same: nothing of the input gets through.",
            (1,),
            {"std": 0.0},
        )
    elif change.severity is None or _has_settled(stds):
        return
    elif change.factor < 1:
        yield Finding(
            "vanishing_signal",
            change.severity,
            "forward",
            "The signal dies",
            f"The signal dies: each layer keeps {percent(change.factor)} of the std;"
            f" layer {change.count} is at {show(change.end)}.",
            seen,
            evidence,
        )
    else:
        yield Finding(
            "exploding_signal",
            change.severity,
            "forward",
            "The signal explodes",
            f"The signal explodes: each layer multiplies the std by {show(change.factor)};"
            f" layer {change.count} is at {show(change.end)}.",
            seen,
            evidence,
        )


def _gradient(experiment: Experiment, layers: Columns) -> Iterator[Finding]:
    change = trend(_gradient_sizes(layers))
    depth = experiment.depth
    first = depth + 1 - change.count
    sizes = f"its std goes from {show(change.start)} at layer {depth} to {show(change.end)} at layer {first}."
    seen = tuple(range(first, depth + 1))
    evidence = {"factor": change.factor, "last": change.start, "first": change.end}
    if change.severity and change.factor < 1:
        yield Finding(
            "vanishing_gradient",
            change.severity,
            "backward",
            "The gradient dies",
            f"The gradient dies on its way back: each layer keeps {percent(change.factor)} of it; {sizes}",
            seen,
            evidence,
        )
    elif change.severity:
        yield Finding(
            "exploding_gradient",
            change.severity,
            "backward",
            "The gradient explodes",
            f"The gradient explodes on its way back: each layer multiplies it by {show(change.factor)}; {sizes}",
            seen,
            evidence,
        )


def _saturation(experiment: Experiment, layers: Columns) -> Iterator[Finding]:
    yield from _worst_share(
        layers,
        "saturated",
        "both",
        "Units are saturated",
        "{share} of the outputs of layer {layer} lie on a plateau of "
        + experiment.phi.name
        + ", where the slope is nearly zero.",
    )


def _silence(experiment: Experiment, layers: Columns) -> Iterator[Finding]:
    yield from _worst_share(
        layers, "zero", "forward", "Almost everything is zero", "{share} of the outputs of layer {layer} are zero."
    )


def _death(experiment: Experiment, layers: Columns) -> Iterator[Finding]:
    yield from _worst_share(
        layers,
        "dead",
        "both",
        "Units are dead",
        "{share} of the units of layer {layer} are zero for every sample: no gradient reaches their weights.",
    )


def _worst_share(layers: Columns, name: str, direction: Direction, title: str, sentence: str) -> Iterator[Finding]:
    shares = layers.column(name)
    layer = 1 + int(np.argmax(shares[1:]))
    worst = float(shares[layer])
    severity = _grade(worst, name)
    if severity:
        hit = tuple(int(k) for k in np.flatnonzero(shares >= THRESHOLDS[name].warning))
        yield Finding(
            f"{name}_units",
            severity,
            direction,
            title,
            sentence.format(share=percent(worst), layer=layer),
            hit,
            {"share": worst, "layer": layer},
        )


def _symmetry(experiment: Experiment, layers: Columns) -> Iterator[Finding]:
    """Gradients that are all 0, or no numbers, are alike too: then only equal weights make the units one."""
    like = _hidden(layers, "grad_w_unique_columns") == 1
    like &= (_hidden(layers, "grad_w_std") > 0) | (_hidden(layers, "weight_std") == 0)
    hit = tuple(1 + int(k) for k in np.flatnonzero(like))
    if hit and experiment.width > 1:
        yield Finding(
            "symmetry",
            "bad",
            "both",
            "All units are one",
            f"Symmetry: in {len(hit)} of {experiment.depth} layers every unit gets the same weight gradient, so"
            f" {experiment.width} units learn as one.",
            hit,
            {"unique_columns": 1, "layers": len(hit)},
        )


def _likeness(experiment: Experiment, layers: Columns) -> Iterator[Finding]:
    """Only a note where the gradient dies: one factor shrinks both it and the distance between two inputs (Schoenholz
    et al. 2017), so that finding has said it already."""
    cosine = layers.column("cosine")
    last, first = float(cosine[-1]), float(cosine[0])
    severity = _grade(last, "cosine")
    gradient = trend(_gradient_sizes(layers))
    if severity and first < THRESHOLDS["cosine"].warning and layers.column("std")[-1] > 0:
        yield Finding(
            "inputs_alike",
            "note" if gradient.severity and gradient.factor < 1 else severity,
            "forward",
            "Inputs become indistinguishable",
            f"Different inputs become one: their mean cosine goes from {show(first)} to {last:.4g} in layer"
            f" {experiment.depth}, whatever the std looks like.",
            (experiment.depth,),
            {"first": first, "last": last},
        )


def _float16(experiment: Experiment, layers: Columns) -> Iterator[Finding]:
    lost = layers.column("grad_h_float16_zero") + layers.column("grad_h_float16_overflow")
    layer = int(np.nanargmax(lost)) if np.isfinite(lost).any() else 0
    if _grade(float(lost[layer]), "float16"):
        yield Finding(
            "float16_loss",
            "note",
            "backward",
            "Not in float16",
            f"In float16, {percent(float(lost[layer]))} of the gradients at layer {layer} would be lost.",
            tuple(int(k) for k in np.flatnonzero(lost >= THRESHOLDS["float16"].warning)),
            {"share": float(lost[layer]), "layer": layer},
        )


def _sharing(experiment: Experiment, layers: Columns) -> Iterator[Finding]:
    """Weights are known to be the same by shape, mean and std: two independent draws never agree in all digits."""
    columns = [_hidden(layers, name).tolist() for name in ("fan_in", "weight_mean", "weight_std")]
    marks = list(zip(*columns, strict=True))
    mark, count = Counter(marks).most_common(1)[0]
    if count > 1:
        hit = tuple(layer for layer, other in enumerate(marks, start=1) if other == mark)
        yield Finding(
            "tied_weights",
            "note",
            "both",
            "One matrix in many layers",
            f"{count} of {experiment.depth} layers have the very same weights: they are not independent, so predictions"
            " for random networks do not apply.",
            hit,
            {"layers": count},
        )


def settled(direction: Direction, layers: Columns) -> Finding:
    """What to say of a direction in which nothing was found, while the other has its troubles."""
    forward = direction == "forward"
    change = trend(_signal_sizes(layers) if forward else _gradient_sizes(layers))
    words = "The signal itself survives" if forward else "The gradient itself survives"
    sentence = (
        f"{words}: its std goes from {show(change.start)} to {show(change.end)}, a factor of {show(change.factor)} per"
        f" layer. The trouble is {'with the gradient' if forward else 'in the forward pass'}."
    )
    evidence = {"start": change.start, "end": change.end, "factor": change.factor}
    return Finding("settled", "good", direction, words, sentence, (), evidence)


def _healthy(experiment: Experiment, layers: Columns) -> Finding:
    forward = trend(_signal_sizes(layers))
    backward = trend(_gradient_sizes(layers))
    words = (
        f"per layer the std changes by a factor of {show(forward.factor)} going forward, the gradient by"
        f" {show(backward.factor)} going back."
        if experiment.depth > 1
        else f"the std of the only layer is {show(forward.end)}; with one layer there is no change to judge."
    )
    return Finding(
        "healthy",
        "good",
        "both",
        "Signal and gradient survive",
        f"Signal and gradient survive: {words}",
        tuple(range(1, experiment.depth + 1)),
        {"forward": forward.factor, "backward": backward.factor, "std": forward.end},
    )


_Check: TypeAlias = Callable[[Experiment, Columns], Iterator[Finding]]
_CHECKS: tuple[_Check, ...] = (_signal, _gradient, _saturation, _silence, _death, _likeness)
_MEASURED_CHECKS: tuple[_Check, ...] = (_overflow, _symmetry, _float16, _sharing)
