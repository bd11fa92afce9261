"""Claims about training: symmetry, speed, units that die."""

import numpy as np

from initviz.advice.claims.numbers import (
    ARTICLE,
    LECTURE,
    NET,
    SCRIPT,
    accuracy,
    at,
    case,
    smallest,
)
from initviz.advice.claims.record import Check, Claim, Trial
from initviz.learn.run import Trained
from initviz.learn.settings import Training
from initviz.network.experiment import Experiment
from initviz.network.presets import PRESETS

TOPIC = "Learning"
_DIGITS = Training(examples=400, epochs=8, test_share=0.3)
_CIRCLE = Training(task="circle", examples=500, epochs=10)
_HE = Experiment(activation="relu", initializer="he_normal", depth=2, width=32)
CLASSES = _DIGITS.chosen_task.classes
CHANCE = 1 / CLASSES
BAR = 0.6
"""Loss to be reached in the race: a quarter of what outputs without a preference have."""


def _first_loss(trained: Trained) -> float:
    """The loss before the first step over ln(classes)."""
    return trained.history[0].loss / float(np.log(CLASSES))


def _slower(relu: Trained, other: Trained) -> float:
    """Steps to the bar over ReLU's; all that were taken where the bar was not reached."""
    steps = [run.history.first_step_at(BAR) for run in (relu, other)]
    return float((other.steps if np.isnan(steps[1]) else steps[1]) / steps[0])


def _dead(trained: Trained) -> float:
    """Share of dead units at the end, mean over the hidden layers."""
    return float(trained.history.column("dead")[-1, :-1].mean())


def _moved(trained: Trained) -> float:
    """How far the slopes have moved from the first one, at most."""
    slopes = trained.history.column("alpha")[:, :-1]
    return float(np.abs(slopes[-1] - slopes[0]).max())


def _distinct(trained: Trained) -> float:
    return float(trained.history.column("distinct")[-1, :-1].min())


def _learns(experiment: Experiment, **training: object) -> Trial:
    return Trial(experiment, _DIGITS.changed(**training))


_ACCURACY = Check("test accuracy", accuracy, low=3 * CHANCE)

CLAIMS = (
    Claim(
        "zeros",
        TOPIC,
        "With all weights zero the model will not improve.",
        ARTICLE,
        tuple(
            case(
                "",
                _learns(_HE.changed(activation=id, initializer="zeros")),
                Check(f"test accuracy, {name}", accuracy, high=2 * CHANCE, expected=CHANCE),
            )
            for id, name in (("relu", "ReLU"), ("tanh", "tanh"), ("sigmoid", "sigmoid"))
        ),
        ("S0-2",),
        learn="Only the last biases move: the network learns how frequent the classes are.",
    ),
    Claim(
        "constant",
        TOPIC,
        "With constant weights all units of a layer learn the same.",
        LECTURE,
        (
            case(
                "",
                _learns(_HE.changed(initializer="constant", std=0.05)),
                Check("different units in a layer after training", _distinct, high=1.0, expected=1.0),
            ),
        ),
        ("S3-25",),
    ),
    Claim(
        "random_breaks_symmetry",
        TOPIC,
        "Random weights break the symmetry between the units of a layer.",
        SCRIPT,
        (
            case(
                "",
                Trial(NET.changed(initializer="lecun_normal", depth=3)),
                Check(
                    "different columns of dL/dW, fewest in a layer",
                    smallest("grad_w_unique_columns"),
                    low=200,
                    expected=NET.width,
                ),
            ),
        ),
        ("S2-14",),
    ),
    Claim(
        "six_times",
        TOPIC,
        "ReLU converges six times faster than sigmoid and tanh.",
        "the lecture, after Krizhevsky et al. (2012)",
        tuple(
            case(
                f"it is compared with {name}",
                Trial(_HE, _DIGITS.changed(epochs=20)),
                Trial(_HE.changed(activation=id, initializer="glorot_normal"), _DIGITS.changed(epochs=20)),
                Check(f"steps to a loss of {BAR:g} over ReLU's", _slower, low=6.0),
            )
            for id, name in (("tanh", "tanh"), ("sigmoid", "sigmoid"))
        ),
        ("S3-9",),
        learn="Each with the start that fits it, on small digits, at one rate; the six were measured on CIFAR-10.",
    ),
    Claim(
        "dying",
        TOPIC,
        "A large gradient can push a ReLU unit to where it never fires again.",
        LECTURE,
        (
            case(
                "",
                Trial(_HE.changed(depth=4), _CIRCLE.changed(learning_rate=0.05)),
                Trial(_HE.changed(depth=4), _CIRCLE.changed(learning_rate=1.5)),
                Check("dead units, rate 1.5 less rate 0.05", lambda slow, fast: _dead(fast) - _dead(slow), low=0.1),
            ),
        ),
        ("S3-10", "S1-11"),
    ),
    Claim(
        "leaky_inconsistent",
        TOPIC,
        "The gain of Leaky ReLU over ReLU is not consistent.",
        LECTURE,
        (
            case(
                "",
                _learns(_HE),
                _learns(_HE.changed(activation="leaky_relu")),
                Check(
                    "test accuracy, Leaky ReLU less ReLU",
                    lambda relu, leaky: accuracy(leaky) - accuracy(relu),
                    -0.03,
                    0.03,
                ),
            ),
        ),
        ("S3-13", "S3-17"),
    ),
    Claim(
        "prelu_learns",
        TOPIC,
        "PReLU learns the slope for negative inputs.",
        LECTURE,
        (
            case(
                "",
                _learns(_HE.changed(activation="prelu")),
                Check("how far a slope moves from 0.25", _moved, low=0.01),
            ),
        ),
        ("S3-14",),
    ),
    Claim(
        "first_loss",
        TOPIC,
        "Before the first step the loss of a softmax is ln of the number of classes.",
        LECTURE,
        tuple(
            case(
                f"the weights are {name}",
                Trial(start, _DIGITS.changed(epochs=1)),
                Check("first loss over ln 10", _first_loss, 0.8, 1.25, expected=1.0),
            )
            for name, start in (
                ("of std 0.01", _HE.changed(initializer="random_normal", std=0.01)),
                ("He's", _HE),
                ("of std 1", _HE.changed(initializer="random_normal", std=1.0)),
            )
        ),
        ("S3-21",),
        learn="It is so where the outputs prefer no class; large weights are sure of random ones.",
    ),
    Claim(
        "centre_inputs",
        TOPIC,
        "Zero-centre the data.",
        LECTURE,
        (
            case(
                "",
                Trial(PRESETS["digits_raw"].experiment.changed(width=200, samples=300, depth=3)),
                Trial(PRESETS["digits_centered"].experiment.changed(width=200, samples=300, depth=3)),
                Check("cosine of two inputs as they are", lambda raw, centred: at("cosine", 0)(raw), low=0.5),
                Check("cosine of two centred inputs", lambda raw, centred: abs(at("cosine", 0)(centred)), high=0.1),
            ),
        ),
        ("S3-23", "S3-6"),
        learn="Pixels are all positive: inputs point the same way until their mean is taken off.",
    ),
    Claim(
        "xavier_deep_relu",
        TOPIC,
        "The factor 2 between Xavier and He decides whether a deep ReLU network learns.",
        LECTURE,
        tuple(
            case(
                f"the network has {depth} layers",
                Trial(_HE.changed(depth=depth, initializer="lecun_normal"), _DIGITS.changed(learning_rate=0.05)),
                Trial(_HE.changed(depth=depth), _DIGITS.changed(learning_rate=0.05)),
                Check("test accuracy, Xavier", lambda xavier, he: accuracy(xavier), high=2 * CHANCE),
                Check("test accuracy, He", lambda xavier, he: accuracy(he), low=2 * CHANCE),
            )
            for depth in (2, 12)
        ),
        ("S3-31", "S3-32"),
    ),
    Claim(
        "deep_sigmoid",
        TOPIC,
        "Do not use sigmoid in hidden layers.",
        LECTURE,
        tuple(
            case(
                f"the network has {name}",
                Trial(
                    _HE.changed(activation="sigmoid", initializer="glorot_normal", depth=depth),
                    _DIGITS.changed(epochs=20, learning_rate=0.5),
                ),
                Check("test accuracy", accuracy, high=3 * CHANCE),
            )
            for depth, name in ((1, "one hidden layer"), (5, "five hidden layers"))
        ),
        ("S3-19", "S1-15", "S0-15"),
        learn="A single hidden layer of them learns.",
    ),
)
