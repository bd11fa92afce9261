"""Claims about the size of the first weights, and what it does to the signal."""

from dataclasses import replace

from initviz.advice.claims.numbers import (
    ALIKE,
    ALIVE,
    ARTICLE,
    DEEP,
    GRADIENT,
    LECTURE,
    NET,
    SCRIPT,
    SIGNAL,
    at,
    case,
    largest,
    mean,
    per_layer,
    quotient,
    ratio,
)
from initviz.advice.claims.record import Check, Claim, Trial
from initviz.network.columns import LayerTable
from initviz.network.experiment import Experiment
from initviz.network.presets import PRESETS

TOPIC = "First weights"
TANH = PRESETS["tanh_small"].experiment.changed(samples=100)
"""The lecture's network of ten layers, with fewer samples."""
SATURATED = TANH.changed(std=PRESETS["tanh_large"].experiment.std)

FACTOR = Check("factor on the std of h per layer", per_layer("std"))


def variance(table: LayerTable) -> float:
    """Inputs times the variance of the weights, of the first layer."""
    return float(table.column("fan_in")[1] * table.column("weight_std")[1] ** 2)


def _law(experiment: Experiment) -> float:
    """The same as the initializer's law has it."""
    layer = experiment.spec().layers[0]
    assert layer.weight_variance is not None
    return layer.fan_in * layer.weight_variance


def _typical(table: LayerTable) -> float:
    """The median size of dL/dz by the std of all dL/dz, where it is largest."""
    return float((table.column("grad_z_median")[1:] / table.column("grad_z_std")[1:]).max())


def drawn(initializer: str, scale: float, **values: object) -> tuple[Trial, Check]:
    """A network whose weights are to have the variance scale / N, within 2 %, and the check that says so."""
    experiment = TANH.changed(initializer=initializer, depth=2, samples=20, **values)
    check = Check("N times the variance of W", variance, 0.98 * scale, 1.02 * scale, expected=_law(experiment))
    return Trial(experiment), check


def _script(id: str) -> Trial:
    return Trial(PRESETS[f"script_{id}"].experiment.changed(samples=300))


def _wider(which: str, one: int, other: int) -> Check:
    """Whether the last layer of one trial is spread wider than that of the other."""
    wider = quotient(at("std"))
    return Check(f"std of h in the last layer, {which}", lambda *runs: wider(runs[one], runs[other]), low=1.1)


_STEADY = Check("std of h, last layer over layer 2", ratio("std", by=2), 0.5, 2.0)
_SETTLED_BACK = Check("std of dL/dh, layer 1 over last layer", ratio("grad_h_std", to=1, by=-1), 1 / ALIVE, ALIVE)
CLAIMS = (
    Claim(
        "small_random",
        TOPIC,
        "Small random numbers, of std 0.01, are a good start for the weights.",
        LECTURE,
        (
            case("the network has two layers", Trial(TANH.changed(depth=2)), SIGNAL),
            case("the network has ten layers", Trial(TANH), SIGNAL),
        ),
        ("S3-26",),
        learn="Each layer multiplies the signal by its std times the root of the number of inputs.",
    ),
    Claim(
        "std_001_dies",
        TOPIC,
        "With weights of std 0.01 all activations of a deep tanh network become zero.",
        LECTURE,
        (case("", Trial(TANH), Check("std of h in the last layer", at("std"), high=1e-3)),),
        ("S3-26", "S3-28", "S0-9"),
        learn="tanh is a straight line at this size, so the factor is the same at every layer.",
    ),
    Claim(
        "std_1_saturates",
        TOPIC,
        "With weights of std 1 almost all tanh units are saturated, at -1 or at 1.",
        LECTURE,
        (case("", Trial(SATURATED), Check("saturated share", mean("saturated"), low=0.8)),),
        ("S3-27",),
    ),
    Claim(
        "std_1_no_gradient",
        TOPIC,
        "With weights of std 1 the gradients of a tanh network are all zero.",
        LECTURE,
        (
            case(
                "one looks at the typical unit",
                Trial(SATURATED),
                Check("median dL/dz over its std, largest", _typical, high=1e-3),
            ),
            case("one looks at the whole gradient", Trial(SATURATED), replace(GRADIENT, low=0.0, high=1 / ALIVE)),
        ),
        ("S3-27",),
        learn="The few units that are not saturated pass so much gradient through weights of this size that it grows.",
    ),
    Claim(
        "vanish_or_explode",
        TOPIC,
        "With random weights, signal and gradient of a deep network vanish or explode.",
        ARTICLE,
        tuple(
            case(
                f"the std is {std:g}",
                Trial(NET.changed(activation="relu", std=std)),
                Check("std of h, last layer over first", ratio("std"), low, high),
            )
            for std, low, high in ((0.01, 0.0, 1 / ALIVE), (0.1, ALIVE, 1e300), (1.0, ALIVE, 1e300))
        ),
        ("S0-3", "S1-2"),
        learn="Between the two lies He's std, the root of 2 / N, where neither happens.",
    ),
    Claim(
        "xavier_variance",
        TOPIC,
        "Xavier draws weights of variance 1/N, with N the number of inputs of a unit.",
        ARTICLE,
        (case("", *drawn("lecun_normal", 1.0)),),
        ("S0-11", "S3-30"),
        learn="It is the variance, not the std; many call this rule LeCun's.",
    ),
    Claim(
        "he_variance",
        TOPIC,
        "He draws weights of variance 2/N for ReLU.",
        ARTICLE,
        (case("", *drawn("he_normal", 2.0, activation="relu")),),
        ("S0-12", "S3-32"),
    ),
    Claim(
        "one_xavier",
        TOPIC,
        "Xavier's 1/N and Glorot's 2/(fan_in + fan_out) are the same rule.",
        "posts that use both names as one",
        tuple(
            case(
                condition,
                Trial(small.changed(initializer="lecun_normal")),
                Trial(small.changed(initializer="glorot_normal")),
                Check("variance of W, Glorot's over Xavier's", quotient(variance), 0.98, 1.02, expected=expected),
            )
            for condition, small, expected in (
                ("a layer has as many outputs as inputs", Experiment(width=200, depth=2, samples=20), 1.0),
                (
                    "a layer has 200 outputs for 64 inputs",
                    Experiment(width=200, depth=1, inputs="digits", samples=20),
                    2 * 64 / (64 + 200),
                ),
            )
        ),
        ("S0-11", "S3-30"),
    ),
    Claim(
        "xavier_linear",
        TOPIC,
        "Xavier keeps the size of the signal, as its derivation says.",
        LECTURE,
        tuple(
            case(
                f"the activation is {name}",
                Trial(NET.changed(activation=id, initializer="lecun_normal")),
                replace(FACTOR, low=0.95, high=1.05),
            )
            for id, name in (("linear", "linear"), ("tanh", "tanh"), ("relu", "ReLU"))
        ),
        ("S3-30",),
        learn="The derivation takes the activation for a straight line.",
    ),
    Claim(
        "xavier_tanh",
        TOPIC,
        "Xavier keeps the activations of a deep tanh network at a reasonable size.",
        LECTURE,
        (case("", Trial(DEEP.changed(initializer="lecun_normal")), SIGNAL),),
        ("S3-30", "S0-15"),
        learn="They shrink all the same, by less at every layer.",
    ),
    Claim(
        "xavier_relu",
        TOPIC,
        "Xavier breaks down with ReLU: every layer divides the signal by the root of 2.",
        LECTURE,
        (
            case(
                "",
                Trial(NET.changed(activation="relu", initializer="lecun_normal")),
                replace(FACTOR, low=0.66, high=0.76),
            ),
        ),
        ("S3-31", "S0-8"),
    ),
    Claim(
        "he_relu",
        TOPIC,
        "He keeps the std of a ReLU network at every depth.",
        LECTURE,
        (
            case("the network has 10 layers", Trial(NET.changed(activation="relu", initializer="he_normal")), SIGNAL),
            case("the network has 50 layers", Trial(DEEP.changed(activation="relu", initializer="he_normal")), SIGNAL),
        ),
        ("S3-32", "S2-11"),
    ),
    Claim(
        "he_all_is_well",
        TOPIC,
        "He keeps the std of every ReLU layer, so all is well.",
        "posts that look at the std alone",
        tuple(
            case(
                f"the network has {depth} layers",
                Trial(DEEP.changed(activation="relu", initializer="he_normal", depth=depth)),
                SIGNAL,
                ALIKE,
            )
            for depth in (5, 50)
        ),
        ("S3-32",),
        learn="The std is that of all inputs together: it cannot show that they all become alike.",
    ),
    Claim(
        "relu_scale_free",
        TOPIC,
        "ReLU's slope does not depend on how large its input is, so the scale of the weights does not matter for it.",
        ARTICLE,
        (
            case(
                "one looks at the slopes",
                Trial(NET.changed(activation="relu", std=0.01)),
                Trial(NET.changed(activation="relu", std=1)),
                Check(
                    "share of zero slopes, std 1 less std 0.01",
                    lambda small, large: abs(mean("zero")(large) - mean("zero")(small)),
                    high=0.01,
                ),
            ),
            case(
                "one looks at the size of the signal",
                Trial(NET.changed(activation="relu", initializer="lecun_normal")),
                replace(FACTOR, low=0.9, high=1.1),
            ),
        ),
        ("S0-8",),
        learn="Half of the slopes are 1 at any scale, and the variance is still halved by every layer under 1/N.",
    ),
    Claim(
        "relu_dead_at_028",
        TOPIC,
        "With the largest std, 0.28, ReLU's outputs are almost zero: its neurons are dead.",
        SCRIPT,
        (
            case(
                "",
                _script("relu_028"),
                Check("std of h, last layer over layer 2", ratio("std", by=2), high=1 / ALIVE),
                Check("dead units, most in a layer", largest("dead"), low=0.3),
            ),
        ),
        ("S2-9",),
        learn="Zeros stay at a half whatever the std; the other half grows.",
    ),
    Claim(
        "sigmoid_worse_with_std",
        TOPIC,
        "The larger the std of the weights, the wider the outputs of a deep sigmoid layer are spread.",
        SCRIPT,
        (
            case(
                "",
                _script("sigmoid_010"),
                _script("sigmoid_014"),
                _script("sigmoid_028"),
                Check(
                    "std of h in the last layer, std 0.14 over 0.10",
                    lambda a, b, c: at("std")(b) / at("std")(a),
                    low=1.1,
                ),
                Check("the same, std 0.28 over 0.14", lambda a, b, c: at("std")(c) / at("std")(b), low=1.1),
            ),
        ),
        ("S2-5", "S2-7"),
    ),
    Claim(
        "tanh_unstable",
        TOPIC,
        "With a random normal start, tanh's outputs are spread differently in every layer.",
        SCRIPT,
        tuple(
            case(
                f"the std is {std}",
                _script(f"tanh_{std.replace('.', '')}"),
                Check("std of h, last layer over layer 2", ratio("std", by=2), high=0.9),
            )
            for std in ("0.10", "0.14", "0.28")
        ),
        ("S2-8",),
        learn="Above the edge of chaos, the root of 1 / N, the spread settles at a level instead.",
    ),
    Claim(
        "xavier_cures_sigmoid",
        TOPIC,
        "Glorot's start cures sigmoid: its layers keep their size.",
        SCRIPT,
        (
            case("one looks at the signal, forward", _script("sigmoid_glorot"), _STEADY),
            case("one looks at the gradient, backward", _script("sigmoid_glorot"), _SETTLED_BACK),
        ),
        ("S2-10", "S0-13"),
        learn="Each layer passes the slope of sigmoid, a quarter at best, times weights that make up for none of it.",
    ),
    Claim(
        "glorot_tanh",
        TOPIC,
        "Glorot's start steadies tanh.",
        SCRIPT,
        (case("", _script("tanh_glorot"), _STEADY, _SETTLED_BACK),),
        ("S2-10",),
    ),
    Claim(
        "he_script",
        TOPIC,
        "He's start steadies ReLU on handwritten digits.",
        SCRIPT,
        (case("", _script("relu_he"), _STEADY),),
        ("S2-11",),
    ),
)
