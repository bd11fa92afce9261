"""What could mend a network, in the order of least change: the experiments that `fix` has predicted.

Public: steps, others, tailored; named_initializer; name.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, product
from math import isclose, sqrt

from initviz.activations import Activation
from initviz.gaussian.moments import init_pair
from initviz.gaussian.tailored import tailored_slope
from initviz.network.experiment import DEFAULTS, Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.theory.batches import batch_of

RULES = {
    "linear": "lecun_normal",
    "tanh": "lecun_normal",
    "selu": "lecun_normal",
    "sigmoid": "kumar",
    "relu": "he_normal",
    "relu6": "he_normal",
    "leaky_relu": "he_normal",
    "prelu": "he_normal",
    "abrelu": "he_normal",
}
"""The initializer that the sources name for an activation: LeCun et al. (1998) and Klambauer et al. (2017) variance
1/fan_in, He et al. (2015) for rectifiers, Kumar (2017) for the sigmoid. For all others it is the critical point."""

SIMPLE = ("lecun_normal", "he_normal")
"""Rules that everybody knows: where the critical point is one of them, that is what it is called."""

OTHER_RULES = ("lecun_normal", "he_normal", "critical", "kumar")

GAINS = (1.1, 0.9, 1.2, 0.8, 1.5, 0.6, 2.0, 0.5)
"""Of the named initializer, the nearest to 1 first. None makes Xavier of He or He of Xavier (1.414, 0.707)."""

BRANCHES = (0.5, 0.3, 0.2, 0.1)
"""Scales of residual branches, besides the plain network."""

ALIKE = 0.1
"""Mean cosine of the inputs from which on centring them is worth a try: independent directions have 0."""

RECTIFIERS = ("relu", "leaky_relu", "prelu")
"""Activations that a slope for negative inputs turns into one another."""

PAIRS = (("tanh", "lecun_normal", 1.0), ("relu", "he_normal", 1.0), ("tanh", "lecun_normal", 1.1))
"""Another activation with initializer and gain. A little more than 1 keeps tanh from shrinking in deep networks."""


def named_initializer(experiment: Experiment) -> str:
    """The initializer to name first for this activation."""
    return RULES.get(experiment.activation) or _critical_rule(experiment.phi, experiment.phi_alpha)


def is_named(before: Experiment, after: Experiment) -> bool:
    """Whether the weights are those that the sources name, or those that are there already."""
    if (after.initializer, after.gain) == (before.initializer, before.gain):
        return True
    return after.initializer == named_initializer(after) and after.gain == DEFAULTS["gain"]


@lru_cache(maxsize=256)
def _critical_rule(activation: Activation, alpha: float) -> str:
    sigma_w2, sigma_b2, _ = init_pair(activation, alpha)
    for id in SIMPLE:
        settings = Experiment(activation=activation.id, initializer=id).changed(alpha=_own(activation, alpha)).settings
        if sigma_b2 == 0 and isclose(INITIALIZERS[id].variance(1, 1, settings) or 0.0, sigma_w2, rel_tol=1e-3):
            return id
    return "critical"


def _own(activation: Activation, alpha: float) -> float | None:
    return alpha if activation.param else None


# --- the steps -----------------------------------------------------------------------------------------------------


def steps(experiment: Experiment) -> Iterator[tuple[Experiment, ...]]:
    """Experiments with the same activation, by what has to be changed: the weights alone, the inputs, the slope of a
    rectifier, then the scale of residual branches and the normalization, where a plain network gets branches last."""
    frames = _frames(experiment)
    plain = frames[-1]
    laws = (one for frame in frames for one in _laws(frame))
    yield tuple(_unlike(experiment, chain(laws, _gains(plain))))
    alike = batch_of(plain).cosine > ALIKE
    rows = [plain, plain.changed(preprocessing="center")] if alike else [plain]
    if alike:
        yield tuple(_unlike(experiment, chain(_laws(rows[1]), _gains(rows[1]))))
    yield tuple(_unlike(experiment, (sloped for row in rows if (sloped := tailored(row)))))
    scales = _scales(experiment.residual)
    norms = [id for id in ("layer", "batch", "none") if id != experiment.normalization]
    branched = tuple(_few(experiment, (row.changed(residual=scale) for row, scale in product(rows, scales))))
    normed = tuple(_few(experiment, (row.changed(normalization=id) for row, id in product(rows, norms))))
    yield from (branched, normed) if experiment.residual else (normed, branched)
    both = product(scales[1:], norms[:2])
    yield tuple(_few(experiment, (rows[-1].changed(residual=scale, normalization=id) for scale, id in both)))


def others(experiment: Experiment) -> Iterator[Experiment]:
    """The network with another activation, and nothing else beside it that may be the trouble."""
    plain = _frames(experiment)[-1].changed(normalization="none", residual=0.0)
    rows = [plain, plain.changed(preprocessing="center")] if batch_of(plain).cosine > ALIKE else [plain]
    for row, (activation, initializer, gain) in product(rows, PAIRS):
        if activation != experiment.activation:
            yield row.changed(activation=activation, initializer=initializer, gain=gain)


def _frames(experiment: Experiment) -> list[Experiment]:
    """The network with matrices of its own in every layer, then without biases, then with inputs as they are."""
    own = experiment.changed(tied=False)
    plain = own.changed(bias_std=0.0)
    return list(dict.fromkeys([own, plain, plain.changed(input_std=1.0)]))


def _laws(frame: Experiment) -> Iterator[Experiment]:
    """Initializers, the named one first, orthogonal weights last."""
    named = named_initializer(frame)
    for id in dict.fromkeys([named, *OTHER_RULES]):
        yield frame.changed(initializer=id, gain=1.0)
    yield orthogonal(frame)


def _gains(frame: Experiment) -> Iterator[Experiment]:
    named = named_initializer(frame)
    for gain in GAINS:
        yield frame.changed(initializer=named, gain=gain)


def orthogonal(frame: Experiment) -> Experiment:
    """Orthogonal weights of the variance, and biases of the std, that the named initializer has in a wide layer."""
    named = INITIALIZERS[named_initializer(frame)]
    settings = frame.changed(initializer=named.id, gain=1.0).settings
    variance = named.variance(frame.width, frame.width, settings) or 0.0
    biases = named.bias_variance(frame.width, frame.width, settings)
    changes = {} if biases is None else {"bias_std": sqrt(biases)}
    return frame.changed(initializer="orthogonal", gain=float(f"{sqrt(variance * frame.width):.3g}"), **changes)


def tailored(frame: Experiment) -> Experiment | None:
    """The rectifier with the slope that keeps inputs apart at this depth; None in so few layers that ReLU does, and for
    activations that are no rectifiers."""
    slope = tailored_slope(frame.depth)
    if frame.activation not in RECTIFIERS or slope == 0:
        return None
    activation = "leaky_relu" if frame.activation == "relu" else frame.activation
    return frame.changed(activation=activation, alpha=slope, initializer="he_normal", gain=1.0)


def _scales(present: float) -> list[float]:
    """Smaller ones first where there are branches already, else the largest first."""
    return [scale for scale in (*BRANCHES, 0.0) if scale != present and (scale < present or not present)]


def _few(experiment: Experiment, frames: Iterator[Experiment]) -> Iterator[Experiment]:
    """Other surroundings for the weights as they are, for the named initializer and for orthogonal ones."""
    for frame in frames:
        named = frame.changed(initializer=named_initializer(frame), gain=1.0)
        yield from _unlike(experiment, iter(dict.fromkeys([frame, named, orthogonal(frame)])))


def _unlike(experiment: Experiment, candidates: Iterator[Experiment]) -> Iterator[Experiment]:
    return (one for one in dict.fromkeys(candidates) if one != experiment)


# --- in words ------------------------------------------------------------------------------------------------------


def name(before: Experiment, after: Experiment) -> str:
    """What is changed, in words."""
    words = [_weights_in_words(before, after), *_surroundings_in_words(before, after)]
    said = ", ".join(word for word in words if word)
    return said[:1].upper() + said[1:]


def _weights_in_words(before: Experiment, after: Experiment) -> str:
    pair = (after.activation, after.alpha) != (before.activation, before.alpha)
    if not pair and (after.initializer, after.gain) == (before.initializer, before.gain):
        return ""
    slope = f" of slope {after.alpha:.3g}" if after.alpha is not None and after.activation in RECTIFIERS else ""
    words = f"{after.phi.name}{slope} with {after.weights.name}" if pair else after.weights.name
    return words if after.gain == DEFAULTS["gain"] or not after.uses("gain") else f"{words}, gain {after.gain:g}"


def _surroundings_in_words(before: Experiment, after: Experiment) -> Iterator[str]:
    if before.tied and not after.tied:
        yield "own weights in every layer"
    if after.bias_std != before.bias_std:
        yield f"biases of std {after.bias_std:.3g}" if after.bias_std else "no biases"
    if after.normalization != before.normalization:
        yield after.norm.name.lower() if after.norm.axis is not None else "no normalization"
    if after.residual != before.residual:
        yield f"residual branches of scale {after.residual:g}" if after.residual else "no residual connections"
    if after.preprocessing != before.preprocessing:
        yield "centred inputs"
    if after.input_std != before.input_std:
        yield f"input std {after.input_std:g}"
