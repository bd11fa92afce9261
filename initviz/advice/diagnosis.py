"""From numbers to a verdict: what is wrong with this network, and which layers say so.

Forward and backward are judged apart: a network can carry its signal and still lose its gradient. The verdict follows
what was measured, never the name of the initializer; the same checks read a prediction, and so find the cure.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from initviz.advice.findings import (
    ENOUGH_SAMPLES,
    THRESHOLDS,
    Direction,
    Finding,
    grade,
    in_order,
    is_healthy,
)
from initviz.advice.trends import (
    Columns,
    Trend,
    by_layer,
    gradient_sizes,
    signal_sizes,
    signal_trouble,
    trend,
)
from initviz.network.experiment import Experiment
from initviz.network.spec import LayerSpec, NetworkSpec
from initviz.text import changed, percent, show, span, times


@dataclass(frozen=True)
class _Subject:
    """What is judged, beside the numbers: the hidden layers, and how many samples went through them."""

    spec: NetworkSpec
    samples: int

    @property
    def depth(self) -> int:
        return len(self.spec)

    @property
    def width(self) -> int:
        """Units of the widest layer."""
        return max(layer.width for layer in self.spec.layers)

    @property
    def last(self) -> LayerSpec:
        return self.spec.layers[-1]


def diagnose(experiment: Experiment, layers: Columns) -> tuple[Finding, ...]:
    """All findings, the gravest first, consequences under their causes; a finding "healthy" when nothing is wrong."""
    return _judged(_subject(experiment), layers, [*_CHECKS, *_MEASURED_CHECKS])


def diagnose_network(spec: NetworkSpec, samples: int, layers: Columns) -> tuple[Finding, ...]:
    """The same for a network of somebody's own, whose layers may all be different, on a batch of so many samples."""
    return _judged(_Subject(spec, samples), layers, [*_CHECKS, *_MEASURED_CHECKS])


def diagnose_prediction(experiment: Experiment, layers: Columns) -> tuple[Finding, ...]:
    """The same judgement of a prediction, which knows nothing of symmetry, overflow and float16.

    It needs the columns std, grad_h_std, saturated, zero, dead and cosine.
    """
    return _judged(_subject(experiment), layers, _CHECKS)


def _subject(experiment: Experiment) -> _Subject:
    return _Subject(experiment.spec(), experiment.source.count(experiment.samples))


def settled(direction: Direction, layers: Columns) -> Finding:
    """What to say of a direction in which nothing was found, while the other has its troubles."""
    forward = direction == "forward"
    values = signal_sizes(layers) if forward else gradient_sizes(layers)
    change = trend(values)
    what, other = ("signal", "with the gradient") if forward else ("gradient", "in the forward pass")
    words = f"The {what} itself survives"
    if change.count < 2:
        sentence = f"{words} the only layer."
    elif change.severity:
        words = f"The {what} finds its level"
        sentence = f"{words}: its std goes from {show(change.start)} to {show(change.end)}, and then hardly changes."
    else:
        sentence = (
            f"{words}: its std goes from {show(change.start)} to {show(change.end)}, a factor of"
            f" {show(change.factor)} per layer."
        )
    evidence = {"start": change.start, "end": change.end, "factor": change.factor}
    return Finding("settled", "good", direction, words, f"{sentence} The trouble is {other}.", (), evidence)


_Check: TypeAlias = Callable[[_Subject, Columns], Iterator[Finding]]


def _judged(network: _Subject, layers: Columns, checks: Sequence[_Check]) -> tuple[Finding, ...]:
    found = [finding for check in checks for finding in check(network, layers)]
    if is_healthy(found):
        found.append(_healthy(network, layers))
    return in_order(found)


def _healthy(network: _Subject, layers: Columns) -> Finding:
    forward, backward = trend(signal_sizes(layers)), trend(gradient_sizes(layers))
    size = f"{changed(forward.whole, 'keeps', 'grows')} ({show(forward.factor)} per layer)"
    if forward.severity:
        size = f"goes from a std of {show(forward.start)} to a level of {show(forward.end)}"
    words = (
        f"from layer 1 to layer {network.depth} the signal {size}, the gradient"
        f" {changed(backward.whole, 'keeps', 'grows')} on its way back ({show(backward.factor)} per layer)."
    )
    if network.depth == 1:
        words = f"the std of the only layer is {show(forward.end)}; with one layer there is no change to judge."
    return Finding(
        "healthy",
        "good",
        "both",
        "Signal and gradient survive",
        f"Signal and gradient survive: {words}",
        tuple(range(1, network.depth + 1)),
        {"forward": forward.factor, "backward": backward.factor, "std": forward.end},
    )


# --- sizes ---------------------------------------------------------------------------------------------------------


def _signal(network: _Subject, layers: Columns) -> Iterator[Finding]:
    stds = signal_sizes(layers)
    change, severity = trend(stds), signal_trouble(stds)
    seen = tuple(range(1, change.count + 1))
    evidence = {"factor": change.factor, "first": change.start, "last": change.end}
    if stds[0] == 0:
        yield Finding(
            "vanishing_signal",
            "bad",
            "forward",
            "No signal at all",
            "All outputs of layer 1 are the same number: nothing of the input gets through.",
            (1,),
            {"std": 0.0},
        )
    elif severity is None:
        return
    elif change.end == 0:
        lost = 1 + int(np.argmax(stds == 0))
        sentence = f"The signal dies: its std is {show(change.start)} in layer 1 and 0 from layer {lost} on."
        yield Finding("vanishing_signal", "bad", "forward", "The signal dies", sentence, seen, evidence)
    else:
        kind, title, words = _way(change, "signal")
        sizes = f"its std goes from {show(change.start)} in layer 1 to {show(change.end)} in layer {change.count}"
        yield Finding(kind, severity, "forward", title, f"{title}: {sizes}; {words}.", seen, evidence)


def _gradient(network: _Subject, layers: Columns) -> Iterator[Finding]:
    gradients = gradient_sizes(layers)
    change, depth = trend(gradients), network.depth
    if change.severity is None:
        return
    first = depth + 1 - change.count
    seen = tuple(range(first, depth + 1))
    evidence = {"factor": change.factor, "last": change.start, "first": change.end}
    kind, title, words = _way(change, "gradient")
    if change.end == 0:
        lost = depth - int(np.argmax(gradients == 0))
        said = f"its std is {show(change.start)} at layer {depth} and 0 from layer {lost} back."
    else:
        said = (
            f"its std goes from {show(change.start)} at layer {depth} to {show(change.end)} at layer {first}; {words}."
        )
    sentence = f"{title} on its way back: {said}"
    yield Finding(kind, change.severity, "backward", title, sentence, seen, evidence)


def _way(change: Trend, what: str) -> tuple[str, str, str]:
    """Id and title of a size that changes too much, and what each layer does."""
    word = "vanishing" if change.factor < 1 else "exploding"
    title = f"The {what} {'dies' if change.factor < 1 else 'explodes'}"
    keeps, multiplies = (
        f"each layer keeps {percent(change.factor)}",
        f"each layer makes it {times(change.factor)} as large",
    )
    return f"{word}_{what}", title, by_layer(change, keeps, multiplies)


# --- shares --------------------------------------------------------------------------------------------------------


def _saturation(network: _Subject, layers: Columns) -> Iterator[Finding]:
    plateau = f"lie on a plateau of {network.last.activation.name}, where the slope is nearly zero"
    yield from _worst_share(layers, "saturated", "both", "Units are saturated", "of the outputs", plateau)


def _silence(network: _Subject, layers: Columns) -> Iterator[Finding]:
    yield from _worst_share(layers, "zero", "forward", "Almost everything is zero", "of the outputs", "are zero")


def _death(network: _Subject, layers: Columns) -> Iterator[Finding]:
    """A unit is judged by the samples it has seen: with a few it may be silent for all of them by chance."""
    samples = network.samples
    if samples >= ENOUGH_SAMPLES:
        words = f"are zero for every one of the {samples} samples"
        if _is_flat_where_zero(network):
            words += ": no gradient reaches their weights"
        yield from _worst_share(layers, "dead", "both", "Units are dead", "of the units", words)
        return
    for finding in _worst_share(layers, "dead", "both", "Too few samples to tell dead units", "of the units", ""):
        share, layer = percent(finding.evidence["share"]), finding.evidence["layer"]
        sentence = (
            f"{share} of the units of layer {layer:g} are zero for all of the {samples} samples, which so few samples"
            f" can be by chance: dead units are judged from {ENOUGH_SAMPLES} samples on."
        )
        yield Finding(
            "few_samples",
            "note",
            "both",
            finding.title,
            sentence,
            finding.layers,
            finding.evidence | {"samples": samples},
        )


def _is_flat_where_zero(network: _Subject) -> bool:
    """Whether the activation is exactly 0 with slope 0 for very negative z, as ReLU is."""
    far = np.array([-100.0])
    last = network.last
    values = (last.activation.phi(far, last.alpha), last.activation.dphi(far, last.alpha))
    return not np.concatenate(values).any()


def _worst_share(
    layers: Columns, name: str, direction: Direction, title: str, what: str, words: str
) -> Iterator[Finding]:
    """A finding where the share is too large anywhere: its largest value, and all layers where it is too large."""
    shares = layers.column(name)
    layer = 1 + int(np.argmax(shares[1:]))
    worst = float(shares[layer])
    severity = grade(worst, name)
    if severity:
        limit = THRESHOLDS[name].warning
        hit = tuple(int(k) for k in np.flatnonzero(shares >= limit))
        others = f"; in {span(hit)} it is {percent(limit)} or more" if len(hit) > 1 else ""
        sentence = f"{percent(worst)} {what} of layer {layer} {words}{others}."
        evidence = {"share": worst, "layer": layer}
        yield Finding(f"{name}_units", severity, direction, title, sentence, hit, evidence)


# --- likeness ------------------------------------------------------------------------------------------------------


def _likeness(network: _Subject, layers: Columns) -> Iterator[Finding]:
    """Only a note where the gradient dies: that finding explains it (see CAUSES)."""
    cosine = layers.column("cosine")
    last, first = float(cosine[-1]), float(cosine[0])
    severity = grade(last, "cosine")
    gradient = trend(gradient_sizes(layers))
    if severity and first < THRESHOLDS["cosine"].warning and layers.column("std")[-1] > 0:
        yield Finding(
            "inputs_alike",
            "note" if gradient.severity and gradient.factor < 1 else severity,
            "forward",
            "Inputs become indistinguishable",
            f"Different inputs become one: their mean cosine goes from {show(first)} to {last:.4g} in layer"
            f" {network.depth}.",
            (network.depth,),
            {"first": first, "last": last},
        )


def _symmetry(network: _Subject, layers: Columns) -> Iterator[Finding]:
    """Units are copies of each other where they get the same gradient; where there is none, where all weights are equal
    and nothing else sets the units apart."""
    norm, alike = layers.column("grad_w_norm")[1:], layers.column("grad_w_unique_columns")[1:] == 1
    equal = layers.column("weight_std")[1:] == 0
    if any(layer.bias_variance for layer in network.spec.layers):
        equal[:] = False
    one = tuple(1 + int(k) for k in np.flatnonzero(alike & (norm > 0)))
    finite = layers.column("grad_w_nonfinite")[1:] == 0
    idle = tuple(1 + int(k) for k in np.flatnonzero(equal & (norm == 0) & finite))
    lost = tuple(1 + int(k) for k in np.flatnonzero(equal & ~finite & ~(alike & (norm > 0))))
    hit = tuple(sorted(one + idle + lost))
    if not hit or network.width == 1:
        return
    said = []
    even = all(layer.width == network.width for layer in network.spec.layers)
    units = f"the {network.width} units of a layer" if even else "the units of a layer"
    if one:
        said.append(f"in {span(one)} every unit gets the same weight gradient, so that {units} learn as one")
    if idle:
        said.append(f"in {span(idle)} all weights are equal and their gradient is exactly 0, so that nothing is learnt")
    if lost:
        said.append(f"in {span(lost)} all weights are equal, so that the units of a layer are copies of each other")
    yield Finding(
        "symmetry",
        "bad",
        "both",
        "All units are one",
        f"Symmetry: {'; '.join(said)}.",
        hit,
        {"unique_columns": 1, "layers": len(hit), "idle": len(idle)},
    )


def _sharing(network: _Subject, layers: Columns) -> Iterator[Finding]:
    """Weights are known to be the same by shape, mean and std: two independent draws never agree in all digits."""
    columns = [layers.column(name)[1:].tolist() for name in ("fan_in", "weight_mean", "weight_std")]
    marks = list(zip(*columns, strict=True))
    mark, count = Counter(marks).most_common(1)[0]
    if count > 1:
        hit = tuple(layer for layer, other in enumerate(marks, start=1) if other == mark)
        yield Finding(
            "tied_weights",
            "note",
            "both",
            "One matrix in many layers",
            f"{count} of {network.depth} layers have the very same weights: they are not independent, so predictions"
            " for random networks do not apply.",
            hit,
            {"layers": count},
        )


# --- numbers that a computer cannot hold ---------------------------------------------------------------------------


def _overflow(network: _Subject, layers: Columns) -> Iterator[Finding]:
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
            title, cause = f"The {what} overflows", network.spec.dtype
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


def _float16(network: _Subject, layers: Columns) -> Iterator[Finding]:
    lost = layers.column("grad_h_float16_zero") + layers.column("grad_h_float16_overflow")
    layer = int(np.nanargmax(lost)) if np.isfinite(lost).any() else 0
    if grade(float(lost[layer]), "float16"):
        yield Finding(
            "float16_loss",
            "note",
            "backward",
            "Not in float16",
            f"In float16, {percent(float(lost[layer]))} of the gradients at layer {layer} would be lost.",
            tuple(int(k) for k in np.flatnonzero(lost >= THRESHOLDS["float16"].warning)),
            {"share": float(lost[layer]), "layer": layer},
        )


_CHECKS: tuple[_Check, ...] = (_signal, _gradient, _saturation, _silence, _death, _likeness)
_MEASURED_CHECKS: tuple[_Check, ...] = (_overflow, _symmetry, _float16, _sharing)
