"""The "in practice" advice of the sources, each line with its evidence; and what to take for a given network.

Public: ADVICE, Advice, Simulate; plan, Plan. Numbers of the evidence are measured or predicted when asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import TypeAlias

from initviz.advice.candidates import named_initializer
from initviz.advice.diagnosis import diagnose_prediction
from initviz.advice.findings import Finding
from initviz.advice.outlook import columns_of
from initviz.catalogue import Catalogue
from initviz.learn.limit import Limit, rate_limit
from initviz.learn.settings import Training
from initviz.learn.start import task_data
from initviz.measure.propagation import Propagation
from initviz.network.experiment import Experiment
from initviz.text import percent, show
from initviz.theory.prediction import Prediction, predict

Simulate: TypeAlias = Callable[[Experiment], Propagation]


@dataclass(frozen=True)
class Evidence:
    """What was measured, in a sentence, and whether it bears the advice out."""

    sentence: str
    holds: bool


@dataclass(frozen=True)
class Advice:
    """One line of advice, in our own words. `name` is the line."""

    id: str
    name: str
    source: str
    rows: tuple[str, ...]
    evidence: Callable[[Simulate], Evidence]


TEN = Experiment(initializer="lecun_normal", width=200, samples=200)
SIGMOID, TANH = TEN.changed(activation="sigmoid"), TEN
RELU = TEN.changed(activation="relu", initializer="he_normal")
DEEP = RELU.changed(depth=50)
DIGITS = TEN.changed(inputs="digits", depth=3)


def _value(simulate: Simulate, experiment: Experiment, column: str, layer: int) -> float:
    return float(simulate(experiment).column(column)[layer])


def _relu_first(simulate: Simulate) -> Evidence:
    relu, sigmoid = (_value(simulate, one, "grad_h_std", 1) for one in (RELU, SIGMOID))
    return Evidence(
        f"Ten layers leave {show(relu)} of the gradient with ReLU and He, {show(sigmoid)} with sigmoid and Xavier.",
        relu > 100 * sigmoid,
    )


def _leaky(simulate: Simulate) -> Evidence:
    relu, leaky = (_value(simulate, DEEP.changed(activation=id), "dead", -1) for id in ("relu", "leaky_relu"))
    early = _value(simulate, DEEP, "dead", 5)
    return Evidence(
        f"With ReLU and He {percent(relu)} of the units of layer 50 are 0 for every sample, with Leaky ReLU"
        f" {percent(leaky)}; in layer 5 of the same network {percent(early)}: no reason to worry in shallow ones.",
        relu > 0.1 > max(leaky, early),
    )


def _elu_maxout(simulate: Simulate) -> Evidence:
    elu, maxout = (RELU.changed(activation=id, initializer="critical") for id in ("elu", "maxout"))
    off = [abs(_value(simulate, one, "mean", 5)) / _value(simulate, one, "rms", 5) for one in (RELU, elu, maxout)]
    return Evidence(
        f"The mean of h is {show(off[0])} of its rms in layer 5 with ReLU, {show(off[1])} with ELU, {show(off[2])} with"
        " maxout, which also has twice the weights: ELU is nearest to zero-centred.",
        off[1] < min(off[0], off[2]),
    )


def _tanh(simulate: Simulate) -> Evidence:
    tanh, relu = (_value(simulate, one, "std", 10) / _value(simulate, one, "std", 1) for one in (TANH, RELU))
    return Evidence(
        f"From layer 1 to 10 the std of h changes by a factor of {show(tanh)} with tanh and Xavier, and of"
        f" {show(relu)} with ReLU and He.",
        tanh < relu,
    )


def _no_sigmoid(simulate: Simulate) -> Evidence:
    factor = _value(simulate, SIGMOID, "grad_h_std", 1) / _value(simulate, SIGMOID, "grad_h_std", 2)
    return Evidence(
        f"Each layer with sigmoid and Xavier leaves {percent(factor)} of the gradient: over ten layers"
        f" {show(_value(simulate, SIGMOID, 'grad_h_std', 1))}.",
        factor < 0.5,
    )


def _sigmoid_output(simulate: Simulate) -> Evidence:
    one = SIGMOID.changed(depth=1)
    low, high = _value(simulate, one, "min", 1), _value(simulate, one, "max", 1)
    return Evidence(
        f"Its outputs lie between {show(low)} and {show(high)} here, so they can be read as probabilities; one layer"
        f" passes {show(_value(simulate, one, 'grad_z_std', 1))} of the gradient, which costs little at the top.",
        low > 0 and high < 1,
    )


def _tanh_xavier(simulate: Simulate) -> Evidence:
    xavier, he = (TANH, TANH.changed(initializer="he_normal"))
    gradient = [_value(simulate, one, "grad_h_std", 1) for one in (xavier, he)]
    return Evidence(
        f"The gradient of 1 arrives in layer 1 with {show(gradient[0])}; with He's larger weights it is"
        f" {show(gradient[1])}.",
        0.1 < gradient[0] < 10,
    )


def _relu_he(simulate: Simulate) -> Evidence:
    he, xavier = (
        _value(simulate, RELU.changed(initializer=id), "std", 10)
        / _value(simulate, RELU.changed(initializer=id), "std", 1)
        for id in ("he_normal", "lecun_normal")
    )
    return Evidence(
        f"From layer 1 to 10 the std of h changes by a factor of {show(he)} with He and of {show(xavier)} with Xavier.",
        0.5 < he < 2 and xavier < 0.1,
    )


def _sigmoid_neither(simulate: Simulate) -> Evidence:
    ids = ("lecun_normal", "he_normal", "kumar")
    xavier, he, kumar = (_value(simulate, SIGMOID.changed(initializer=id), "grad_h_std", 1) for id in ids)
    return Evidence(
        f"Of the gradient arrive {show(xavier)} with Xavier, {show(he)} with He, {show(kumar)} with Kumar's rule, and"
        f" {show(_value(simulate, TANH, 'grad_h_std', 1))} with tanh and Xavier.",
        max(xavier, he) < 0.01 * kumar,
    )


def _centre(simulate: Simulate) -> Evidence:
    raw, centred = (_value(simulate, DIGITS.changed(preprocessing=id), "cosine", 1) for id in ("none", "center"))
    return Evidence(
        f"Two digits have a cosine of {show(raw)} in layer 1 as they are, of {show(centred)} without their mean.",
        abs(centred) < 0.1 < raw,
    )


def _rate(simulate: Simulate) -> Evidence:
    rates = [largest_rate(RELU.changed(depth=depth)).rate or 0.0 for depth in (2, 20)]
    return Evidence(
        f"The predicted limit is {show(rates[0])} for 2 layers of ReLU and He, {show(rates[1])} for 20 of them: one"
        " rate does not serve all depths.",
        rates[1] < rates[0],
    )


def _random(simulate: Simulate) -> Evidence:
    constant, random = (
        _value(simulate, TANH.changed(initializer=id, width=64), "grad_w_unique_columns", 3)
        for id in ("constant", "lecun_normal")
    )
    return Evidence(
        f"Of 64 units {show(random)} learn something of their own with random weights, with equal ones"
        f" {show(constant)}.",
        random > constant == 1,
    )


_LECTURE = "the lecture"
_ARTICLE = "the article on activation functions"
_PAIRS = "the article on initializers, after Kumar (2017)"

ADVICE = Catalogue(
    "advice",
    [
        Advice("relu", "Use ReLU first.", f"{_LECTURE}; {_ARTICLE}", ("S3-19", "S1-15"), _relu_first),
        Advice("rate", "Be careful with the learning rate.", _LECTURE, ("S3-19",), _rate),
        Advice("leaky", "Try Leaky ReLU where units die.", f"{_LECTURE}; {_ARTICLE}", ("S3-19", "S1-15"), _leaky),
        Advice("elu", "Try ELU or maxout too.", _LECTURE, ("S3-19",), _elu_maxout),
        Advice("tanh", "Try tanh, but expect less of it.", _LECTURE, ("S3-19",), _tanh),
        Advice("sigmoid", "No sigmoid in hidden layers.", _LECTURE, ("S3-19",), _no_sigmoid),
        Advice("output", "Sigmoid at the output, to classify.", _ARTICLE, ("S1-15",), _sigmoid_output),
        Advice("pair_tanh", "With tanh: Xavier.", _PAIRS, ("S0-15",), _tanh_xavier),
        Advice("pair_relu", "With ReLU: He.", _PAIRS, ("S0-15",), _relu_he),
        Advice("pair_sigmoid", "With sigmoid: neither.", _PAIRS, ("S0-15", "S0-13"), _sigmoid_neither),
        Advice("centre", "Subtract the mean of the data.", _LECTURE, ("S3-23",), _centre),
        Advice("random", "Draw weights at random, biases 0.", _LECTURE, ("S3-25", "S2-14"), _random),
    ],
)


# --- the helper ----------------------------------------------------------------------------------------------------


def largest_rate(experiment: Experiment) -> Limit:
    """The predicted limit of the learning rate on the digits, full batches, cross-entropy."""
    training = Training()
    return rate_limit(experiment, training, task_data(experiment, training))


@dataclass(frozen=True)
class Plan:
    """What to take for an activation, a depth, a width, a normalization and a scale of residual branches."""

    experiment: Experiment
    gain: float
    """Factor on weights of std 1/sqrt(fan_in); nan where they have no variance of their own."""
    gradient: float
    """Predicted std of dL/dh in layer 1, of 1 in the last; nan where theory has none."""
    findings: tuple[Finding, ...]
    """About the prediction; empty where there is none."""
    limit: Limit
    prediction: Prediction


def plan(experiment: Experiment) -> Plan:
    """The initializer that the sources name for the activation, in the experiment's own surroundings, and what is to be
    expected of it. Raises InputError without the inputs."""
    chosen = experiment.changed(initializer=named_initializer(experiment), gain=1.0, tied=False)
    prediction = predict(chosen)
    width = chosen.width
    variance = chosen.weights.variance(width, width, chosen.settings)
    known = prediction.reason == ""
    return Plan(
        chosen,
        sqrt(width * variance) if variance is not None else float("nan"),
        float(prediction.column("grad_h_std")[1]),
        diagnose_prediction(chosen, columns_of(prediction)) if known else (),
        largest_rate(chosen),
        prediction,
    )
