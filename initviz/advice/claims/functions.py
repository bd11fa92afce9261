"""Claims about the activation functions themselves."""

from collections.abc import Callable

import numpy as np

from initviz.activations import ACTIVATIONS
from initviz.advice.claims.numbers import ARTICLE, ARTICLE_1, DEEP, LECTURE, NET, at, case, largest, mean
from initviz.advice.claims.record import Case, Check, Claim, Trial
from initviz.gaussian.properties import measured_costs, properties, tanh_from_sigmoid
from initviz.measure.linear import collapse_error
from initviz.network.columns import LayerTable
from initviz.network.experiment import Experiment

TOPIC = "Activations"
GRID = np.linspace(-10, 10, 4001)


def _value(id: str, z: float, alpha: float | None = None) -> float:
    activation = ACTIVATIONS[id]
    return float(activation.phi(np.array([z]), activation.alpha(alpha))[0])


def _slope(id: str, z: float) -> Callable[[], float]:
    activation = ACTIVATIONS[id]
    return lambda: float(activation.dphi(np.array([z]), activation.alpha(None))[0])


def _steepest(id: str) -> float:
    return properties(ACTIVATIONS[id]).slope_high


def _from_relu(beta: float) -> Callable[[], float]:
    """Largest distance of swish from ReLU on the grid."""
    return lambda: float(np.abs(ACTIVATIONS["swish"].phi(GRID, beta) - np.maximum(GRID, 0)).max())


def _bounded(id: str) -> Case:
    check = Check(
        "largest output, for inputs up to 1000",
        lambda: max(abs(_value(id, z)) for z in (-1000.0, 1000.0)),
        high=10.0,
    )
    return case(f"the activation is {ACTIVATIONS[id].name}", check)


def _off_centre(table: LayerTable) -> float:
    """Size of the mean of h over its std, where it is largest."""
    return float(np.abs(table.column("mean")[1:] / table.column("std")[1:]).max())


def _dearer(id: str) -> float:
    return measured_costs(rounds=10)[id].ratio


_SIGMOID = NET.changed(activation="sigmoid", initializer="lecun_normal")
_RELU = NET.changed(activation="relu", initializer="he_normal")
_CENTRE = Check("size of the mean of h over its std, largest", _off_centre, high=0.25)

CLAIMS = (
    Claim(
        "sigmoid_flat",
        TOPIC,
        "Sigmoid is steep between -3 and 3, and flat outside.",
        ARTICLE_1,
        (
            case(
                "",
                Check(
                    "slope of sigmoid at 3 over that at 0",
                    lambda: _slope("sigmoid", 3)() / _slope("sigmoid", 0)(),
                    high=0.2,
                    expected=4 * np.exp(-3) / (1 + np.exp(-3)) ** 2,
                ),
            ),
        ),
        ("S1-4", "S3-5"),
        activation="sigmoid",
    ),
    Claim(
        "not_centred",
        TOPIC,
        "The outputs of sigmoid are not zero-centred, those of tanh are.",
        ARTICLE_1,
        (
            case(
                "",
                Trial(_SIGMOID),
                Trial(NET.changed(initializer="lecun_normal")),
                Check("mean of h, sigmoid", lambda sigmoid, tanh: mean("mean")(sigmoid), low=0.25),
                Check("mean of h, tanh", lambda sigmoid, tanh: mean("mean")(tanh), -0.02, 0.02),
            ),
        ),
        ("S1-6", "S1-7"),
    ),
    Claim(
        "tanh_steeper",
        TOPIC,
        "tanh is steeper than sigmoid: its slope goes up to 1.",
        ARTICLE_1,
        (
            case(
                "",
                Check(
                    "largest slope of tanh over that of sigmoid",
                    lambda: _steepest("tanh") / _steepest("sigmoid"),
                    3.9,
                    4.1,
                    expected=4.0,
                ),
            ),
        ),
        ("S1-7",),
        activation="tanh",
    ),
    Claim(
        "tanh_is_sigmoid",
        TOPIC,
        "tanh is a sigmoid, scaled: tanh(x) = 2 sigmoid(2x) - 1.",
        LECTURE,
        (case("", Check("largest distance of the two", lambda: tanh_from_sigmoid(GRID)[1], high=1e-12, expected=0.0)),),
        ("S3-8",),
        activation="tanh",
    ),
    Claim(
        "fixed_interval",
        TOPIC,
        "Activation functions squash their input into a fixed interval.",
        ARTICLE_1,
        tuple(_bounded(id) for id in ("sigmoid", "tanh", "relu", "leaky_relu", "elu")),
        ("S1-16",),
        activation="relu",
    ),
    Claim(
        "linear_is_one",
        TOPIC,
        "Without an activation, any number of layers does no more than a single one.",
        ARTICLE,
        tuple(
            case(
                f"the activation is {name}",
                Trial(
                    Experiment(activation=id, initializer="lecun_normal", width=64, samples=64),
                    measure=collapse_error,
                    foresee=None,
                ),
                Check("distance of the network from one matrix", lambda error: error, high=1e-6),
            )
            for id, name in (("linear", "linear"), ("relu", "ReLU"))
        ),
        ("S0-5", "S1-3", "S3-4"),
    ),
    Claim(
        "half_fire",
        TOPIC,
        "Not all ReLU units fire at once: at the start about half of the outputs are zero.",
        ARTICLE_1,
        (case("", Trial(_RELU), Check("share of zeros", mean("zero"), 0.45, 0.55)),),
        ("S1-10", "S3-11"),
    ),
    Claim(
        "dead_only_by_training",
        TOPIC,
        "At the start no ReLU unit is dead; they die in training.",
        ARTICLE_1,
        tuple(
            case(
                f"the network has {depth} layers",
                Trial(DEEP.changed(activation="relu", initializer="he_normal", depth=depth, samples=300)),
                Check("dead units, most in a layer", largest("dead"), high=0.05),
            )
            for depth in (5, 50)
        ),
        ("S1-11",),
        learn="In deep layers all inputs are alike, and a unit that is silent for one of them is silent for all.",
    ),
    Claim(
        "leaky_lives",
        TOPIC,
        "Leaky ReLU has no dead units.",
        ARTICLE_1,
        (
            case(
                "",
                Trial(DEEP.changed(activation="leaky_relu", initializer="he_normal")),
                Check("dead units, most in a layer", largest("dead"), high=0.0),
            ),
        ),
        ("S1-12", "S1-15"),
    ),
    Claim(
        "relu_not_centred",
        TOPIC,
        "ReLU's outputs are not zero-centred.",
        LECTURE,
        (
            case(
                "",
                Trial(_RELU),
                Check("mean of h over its std in layer 1", lambda t: at("mean", 1)(t) / at("std", 1)(t), low=0.25),
            ),
        ),
        ("S1-9", "S3-2"),
    ),
    Claim(
        "elu_centred",
        TOPIC,
        "ELU's outputs are closer to zero mean than ReLU's.",
        LECTURE,
        (
            case(
                "",
                Trial(_RELU.changed(depth=3)),
                Trial(_RELU.changed(depth=3, activation="elu")),
                Check("mean of h, ELU over ReLU", lambda relu, elu: mean("mean")(elu) / mean("mean")(relu), high=0.9),
            ),
        ),
        ("S3-15", "S1-14"),
    ),
    Claim(
        "elu_saturates",
        TOPIC,
        "ELU saturates at -alpha for very negative inputs.",
        LECTURE,
        (case("", Check("ELU at -50, alpha 2", lambda: _value("elu", -50.0, 2.0), -2.001, -1.999, expected=-2.0)),),
        ("S3-15",),
        activation="elu",
    ),
    Claim(
        "swish_is_relu",
        TOPIC,
        "ReLU is a special case of swish.",
        LECTURE,
        tuple(
            case(
                f"beta is {beta:g}",
                Check("largest distance from ReLU", _from_relu(beta), high=0.05),
            )
            for beta in (0.0, 1.0, 10.0)
        ),
        ("S3-16",),
        learn="Strictly in the limit of large beta alone.",
        activation="swish",
    ),
    Claim(
        "exp_costs",
        TOPIC,
        "exp() makes sigmoid cost more to compute than ReLU.",
        LECTURE,
        (case("", Check("time of sigmoid over that of ReLU, here and now", lambda: _dearer("sigmoid"), low=1.5)),),
        ("S3-7",),
        learn="For the function alone; in a wide layer the product with the weights takes far longer.",
        activation="sigmoid",
    ),
    Claim(
        "maxout_doubles",
        TOPIC,
        "Maxout doubles the number of weights of every unit.",
        LECTURE,
        (
            case(
                "",
                Check(
                    "weights of a maxout unit over those of a ReLU unit",
                    lambda: _weights("maxout") / _weights("relu"),
                    2.0,
                    2.0,
                    expected=2.0,
                ),
            ),
        ),
        ("S3-20", "S1-14"),
        activation="maxout",
    ),
)


def _weights(id: str) -> float:
    rows, columns = Experiment(activation=id).spec().layers[0].weight_shape
    return rows * columns
