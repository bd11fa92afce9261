"""Claims about what becomes of the gradient on its way back."""

from math import exp, log

from initviz.activations import ACTIVATIONS
from initviz.advice.claims.numbers import (
    ALIVE,
    ARTICLE,
    ARTICLE_1,
    GRADIENT,
    LECTURE,
    NET,
    SCRIPT,
    at,
    case,
    largest,
    per_layer,
    ratio,
    smallest,
)
from initviz.advice.claims.record import Check, Claim, Trial
from initviz.gaussian.properties import properties
from initviz.network.columns import LayerTable
from initviz.network.experiment import Experiment
from initviz.network.presets import PRESETS

TOPIC, SMALL_PRINT = "Gradients", "Small print"
BACK = per_layer("grad_h_std", to=0, by=-1)
_SIGMOID = NET.changed(activation="sigmoid", initializer="lecun_normal")


def _passed(table: LayerTable) -> float:
    """Share of the gradient that the first layer's activation lets through."""
    return float(table.column("grad_z_std")[1] / table.column("grad_h_std")[1])


def _earliest_least(table: LayerTable) -> float:
    """Share of the layers whose gradient is larger than that of the layer before them."""
    gradient = table.column("grad_h_std")
    return float((gradient[1:] > gradient[:-1]).mean())


def _dies(which: str) -> Check:
    return Check(f"{GRADIENT.name}, {which}", GRADIENT.of, high=1 / ALIVE)


def _grows(which: str) -> Check:
    return Check(f"{GRADIENT.name}, {which}", GRADIENT.of, low=ALIVE)


def _input(std: float) -> Trial:
    return Trial(_SIGMOID.changed(input_std=std, depth=3))


CLAIMS = (
    Claim(
        "sigmoid_quarter",
        TOPIC,
        "The slope of sigmoid is never more than 0.25.",
        ARTICLE_1,
        (
            case(
                "",
                Check(
                    "largest slope of sigmoid",
                    lambda: properties(ACTIVATIONS["sigmoid"]).slope_high,
                    0.249,
                    0.251,
                    expected=0.25,
                ),
            ),
        ),
        ("S1-5", "S3-5"),
        activation="sigmoid",
    ),
    Claim(
        "quarter_each",
        TOPIC,
        "A sigmoid network multiplies its gradient by at most 0.25 at every layer, so that 100 layers leave 0.25^100.",
        SCRIPT,
        (
            case("the weights are Xavier's", Trial(_SIGMOID), Check("factor on dL/dh per layer", BACK, high=0.25)),
            case(
                "the weights are N(0, 1)",
                Trial(_SIGMOID.changed(initializer="random_normal", std=1, width=300)),
                Check("factor on dL/dh per layer", BACK, high=0.25),
            ),
        ),
        ("S2-1", "S2-2"),
        learn="The product has the weights in it too: large ones make the same gradient explode.",
    ),
    Claim(
        "product_of_tens",
        SMALL_PRINT,
        "Four factors of 10 multiply to 1000.",
        ARTICLE,
        (
            case(
                "",
                Trial(Experiment(activation="linear", std=0.5, width=400, depth=4, samples=100)),
                Check("rms of h, layer 4 over input", ratio("rms", by=0), 900, 1100),
            ),
        ),
        ("S0-4",),
        learn="A misprint: the measured network has four linear layers that multiply by ten each.",
    ),
    Claim(
        "early_layers",
        TOPIC,
        "A vanishing gradient hurts the earliest layers most.",
        ARTICLE_1,
        (
            case(
                "",
                Trial(PRESETS["tanh_small"].experiment.changed(samples=100)),
                Check("share of layers with more gradient than the one before", _earliest_least, low=1.0),
                _dies("std 0.01"),
            ),
        ),
        ("S1-2",),
    ),
    Claim(
        "tanh_both",
        TOPIC,
        "A tanh network can vanish and can explode.",
        ARTICLE_1,
        (
            case("", Trial(NET.changed(std=0.01)), _dies("std 0.01")),
            case("", Trial(NET.changed(std=1)), _grows("std 1")),
        ),
        ("S1-8",),
    ),
    Claim(
        "sigmoid_both",
        TOPIC,
        "A sigmoid network can vanish and can explode.",
        ARTICLE_1,
        (
            case("", Trial(_SIGMOID), _dies("Xavier")),
            case("", Trial(_SIGMOID.changed(initializer="random_normal", std=1, depth=20)), _grows("std 1")),
        ),
        ("S1-6",),
    ),
    Claim(
        "sigmoid_slow",
        TOPIC,
        "Sigmoid learns slowly both where its input varies very much and where it varies very little.",
        ARTICLE,
        (
            case(
                "the input varies very much",
                _input(100),
                Check("share of dL/dh that passes layer 1", _passed, high=0.2),
            ),
            case(
                "it varies very little",
                _input(0.01),
                Check("share of dL/dh that passes layer 1", _passed, high=0.2),
            ),
        ),
        ("S0-7",),
        learn="At little variance the slope is at its largest; what is lost there is the bend, not the gradient.",
    ),
    Claim(
        "one_sign",
        TOPIC,
        "Where all inputs of a unit are positive, the gradients of its weights are all positive or all negative.",
        LECTURE,
        (
            case(
                "",
                Trial(PRESETS["positive_inputs"].experiment.changed(width=200, samples=200)),
                Check("share of samples with one sign, least of all layers", smallest("grad_w_same_sign"), low=1.0),
            ),
        ),
        ("S3-6", "S1-6"),
        learn="For one sample at a time; a batch adds up samples of both signs.",
    ),
    Claim(
        "centred_not_one_sign",
        TOPIC,
        "With zero-centred inputs the gradients of a unit's weights have both signs.",
        LECTURE,
        (
            case(
                "",
                Trial(NET.changed(initializer="lecun_normal")),
                Check("share of samples with one sign, most of all layers", largest("grad_w_same_sign"), high=0.01),
            ),
        ),
        ("S3-6", "S3-23"),
    ),
    Claim(
        "he_gradient",
        TOPIC,
        "He keeps the gradient of a ReLU network at the size that it starts with.",
        "He et al. (2015), arXiv:1502.01852",
        (case("", Trial(NET.changed(activation="relu", initializer="he_normal", depth=20)), GRADIENT),),
        ("S3-32",),
    ),
    Claim(
        "fan_out_backward",
        TOPIC,
        "He's rule by fan_out instead of fan_in keeps the gradient better.",
        "documentation of torch.nn.init",
        (
            case(
                "",
                Trial(NET.changed(activation="relu", initializer="he_normal")),
                Trial(NET.changed(activation="relu", initializer="he_normal_fan_out")),
                Check(
                    "factor on dL/dh per layer, fan_out over fan_in",
                    lambda by_in, by_out: exp(abs(log(BACK(by_out) / BACK(by_in)))),
                    low=1.1,
                ),
            ),
        ),
        (),
        learn="In layers of one width the two rules are the same.",
    ),
    Claim(
        "tanh_xavier_gradient",
        TOPIC,
        "Xavier keeps the gradient of a deep tanh network alive.",
        "Glorot & Bengio (2010), AISTATS",
        (case("", Trial(NET.changed(initializer="lecun_normal")), GRADIENT),),
        ("S3-30",),
    ),
    Claim(
        "ten_inputs",
        SMALL_PRINT,
        "The lecture's listing feeds its network inputs of 10 dimensions.",
        "a comment in the listing",
        (
            case(
                "",
                Trial(PRESETS["tanh_small"].experiment.changed(samples=20)),
                Check("inputs of a unit in layer 1", at("fan_in", 1), 10, 10, expected=Experiment().width),
            ),
        ),
        ("S3-28",),
    ),
)
