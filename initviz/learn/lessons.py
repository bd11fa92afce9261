"""Experiments to load on the training page, each with the question that it answers.

Up to four starts learn the same task from the same data; what a lesson says is tested (tests/learn/test_lessons).
"""

from dataclasses import dataclass

from initviz.catalogue import Catalogue
from initviz.learn.settings import Training
from initviz.network.experiment import Experiment


@dataclass(frozen=True)
class Lesson:
    """One question: the starts that answer it, the first of them on the page's own controls, and what to watch."""

    id: str
    name: str
    question: str
    starts: tuple[tuple[Experiment, Training], ...]
    follow: str = "std"
    """The column of the history to look at."""
    two_weights: bool = False
    """Whether `one_unit` shows the same with two weights."""


def _starts(
    base: Experiment, training: Training, *others: dict[str, object]
) -> tuple[tuple[Experiment, Training], ...]:
    """The base, and variations of it; learning_rate and optimizer are the training's."""
    pairs = [(base, training)]
    for changes in others:
        own = {name: changes.pop(name) for name in ("learning_rate", "optimizer") if name in changes}
        pairs.append((base.changed(**changes), training.changed(**own)))
    return tuple(pairs)


_HE = Experiment(activation="relu", initializer="he_normal", depth=3, width=128)
_DIGITS = Training(epochs=8)
_PLANE = Training(task="spiral", optimizer="adam", learning_rate=0.003, epochs=60, noise=0.05)
_DESCENT = Training(loss="squared", batch=10_000, examples=200, epochs=40, rate_unit="limit")

LESSONS = Catalogue(
    "lesson",
    [
        Lesson(
            "playground",
            "A spiral in the plane",
            "What do the units of the first layer see, and how is a spiral put together from it?",
            _starts(_HE.changed(width=32), _PLANE),
        ),
        Lesson(
            "constant",
            "Constant weights",
            "Why must weights be random? All units of a layer get the same gradient and stay one unit.",
            _starts(_HE.changed(initializer="constant", std=0.05), _DIGITS, {"initializer": "he_normal"}),
            "distinct",
        ),
        Lesson(
            "zeros",
            "Zeros",
            "Does a network learn from nothing? Only its last biases move: it learns how frequent the classes are.",
            _starts(_HE.changed(initializer="zeros"), _DIGITS, {"initializer": "he_normal"}),
            "grad_w_std",
        ),
        Lesson(
            "small",
            "The lecture's 0.01 at depth 10",
            "Does a signal that dies in the forward pass keep a network from learning?",
            _starts(Experiment(width=64, depth=10, std=0.01), _DIGITS, {"initializer": "lecun_normal"}),
        ),
        Lesson(
            "xavier_he",
            "Xavier against He, ReLU, depth 20",
            "Is a factor of 2 in the variance worth anything? Over 20 layers it is one of a million.",
            _starts(
                _HE.changed(depth=20, width=64),
                _DIGITS.changed(learning_rate=0.05),
                {"initializer": "lecun_normal"},
            ),
            "std",
        ),
        Lesson(
            "sigmoid",
            "Sigmoid at depth 10",
            "Can a deep sigmoid network learn at all? With Glorot its gradient dies on the way back; at the edge of"
            " chaos it arrives.",
            _starts(
                Experiment(activation="sigmoid", initializer="glorot_normal", depth=10, width=128),
                _DIGITS.changed(learning_rate=0.1, epochs=15),
                {"initializer": "critical"},
            ),
            "grad_w_std",
        ),
        Lesson(
            "dying",
            "Dying ReLU",
            "Can large steps kill units for good? Compare the dead units at two rates, and with a leaky slope.",
            _starts(
                _HE.changed(depth=4, width=64),
                Training(task="circle", epochs=15, learning_rate=0.05),
                {"learning_rate": 0.7},
                {"learning_rate": 0.7, "activation": "leaky_relu"},
            ),
            "dead",
        ),
        Lesson(
            "first_loss",
            "The first loss",
            "What does the loss before the first step tell? Outputs that prefer no class have ln 10; large weights"
            " begin far above it.",
            _starts(
                _HE.changed(initializer="random_normal", std=0.3),
                _DIGITS.changed(learning_rate=0.01),
                {"initializer": "he_normal"},
            ),
        ),
        Lesson(
            "limit",
            "Below and above the predicted limit",
            "How large may the learning rate be? Known before the first step: at 0.5 and 0.9 of the limit the loss"
            " falls step by step, at 1.1 and 2 of it it does not.",
            _starts(
                Experiment(activation="tanh", initializer="lecun_normal", depth=1, width=1024),
                _DESCENT.changed(task="regression", learning_rate=0.5),
                {"learning_rate": 0.9},
                {"learning_rate": 1.1},
                {"learning_rate": 2.0},
            ),
        ),
        Lesson(
            "positive",
            "All-positive inputs",
            "Why centre the data? Where all inputs are positive, the gradient of a unit's weights has one sign: steps"
            " that centred inputs bear zig-zag here.",
            _starts(
                Experiment(activation="tanh", initializer="lecun_normal", depth=1, width=64, input_std=3.0),
                _DIGITS.changed(learning_rate=1.0, epochs=5),
                {"preprocessing": "center"},
            ),
            "update_ratio",
            two_weights=True,
        ),
        Lesson(
            "selu",
            "SELU without normalization",
            "Does SELU keep 20 layers in shape by itself?",
            _starts(
                Experiment(
                    activation="selu", initializer="lecun_normal", depth=20, width=64, preprocessing="standardize"
                ),
                _DIGITS.changed(learning_rate=0.02),
                {"activation": "relu"},
            ),
        ),
        Lesson(
            "prelu",
            "PReLU's own slopes",
            "Which slope for negative inputs does a network choose, if it may? Each layer begins at 0.25.",
            _starts(_HE.changed(activation="prelu"), _DIGITS.changed(epochs=20)),
            "alpha",
        ),
        Lesson(
            "batch_norm",
            "Batch normalization and a bad start",
            "Does batch normalization make the start irrelevant?",
            _starts(
                Experiment(width=128, depth=6, std=0.01, normalization="batch"), _DIGITS, {"normalization": "none"}
            ),
        ),
        Lesson(
            "article",
            "The article's network",
            "What do the article's three initial sizes mean for learning? One linear layer and five of 100 units.",
            _starts(
                Experiment(
                    activation="relu", initializer="random_normal", std=0.14, depth=6, width=100, linear_first=True
                ),
                _DIGITS.changed(learning_rate=0.02),
                {"std": 0.1},
                {"std": 0.28},
            ),
        ),
        Lesson(
            "six_times",
            "ReLU, tanh, sigmoid: a race",
            "Does ReLU converge six times faster? Each activation with the start that fits it, to the same loss.",
            _starts(
                _HE,
                _DIGITS.changed(epochs=20),
                {"activation": "tanh", "initializer": "lecun_normal"},
                {"activation": "sigmoid", "initializer": "glorot_normal"},
            ),
        ),
    ],
)
