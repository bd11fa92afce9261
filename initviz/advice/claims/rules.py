"""Claims about rules for the first weights and the defaults of frameworks."""

from initviz.advice.claims.numbers import ARTICLE, DEAD, DEEP, GRADIENT, NET, SIGNAL, at, case, quotient
from initviz.advice.claims.record import Check, Claim, Trial
from initviz.advice.claims.weights import drawn
from initviz.network.columns import LayerTable
from initviz.network.presets import PRESETS

TOPIC = "Rules and defaults"
_TORCH = NET.changed(activation="relu", initializer="torch_default")


def _off_one(table: LayerTable) -> float:
    """How far the variance of z strays from 1, at most."""
    return max(abs(float(value) ** 2 - 1) for value in table.column("z_std")[1:])


def _matrices(table: LayerTable) -> float:
    """Different matrices from layer 2 on, told apart by their std."""
    return len(set(table.column("weight_std")[2:].tolist()))


CLAIMS = (
    Claim(
        "kumar_sigmoid",
        TOPIC,
        "Sigmoid needs another start than tanh and ReLU: Kumar's 12.8/N.",
        ARTICLE,
        tuple(
            case(
                f"the rule is {name} and the network has {depth} layers",
                Trial(NET.changed(activation="sigmoid", initializer=id, depth=depth)),
                GRADIENT,
            )
            for id, name, depth in (
                ("kumar", "Kumar's", 3),
                ("kumar", "Kumar's", 10),
                ("lecun_normal", "Xavier's", 3),
                ("he_normal", "He's", 3),
            )
        ),
        ("S0-13", "S0-15"),
        learn="Larger weights make up for most of the small slope, if not for all of it.",
    ),
    Claim(
        "lsuv",
        TOPIC,
        "LSUV gives the output of every layer the variance 1, whatever the activation.",
        "Mishkin & Matas (2016), arXiv:1511.06422",
        tuple(
            case(
                f"the activation is {name}",
                Trial(NET.changed(activation=id, initializer="lsuv")),
                Check("distance of the variance of z from 1, at most", _off_one, high=0.1),
            )
            for id, name in (("tanh", "tanh"), ("relu", "ReLU"), ("sigmoid", "sigmoid"))
        ),
        ("S0-14", "S3-33"),
    ),
    Claim(
        "own_matrix_each",
        TOPIC,
        "One seeded initializer object, handed to all layers, draws weights of its own for each of them.",
        "what the Keras script takes for granted",
        (
            case(
                "",
                Trial(PRESETS["script_tied"].experiment.changed(samples=50)),
                Check("different matrices in layers 2 to 6", _matrices, low=5.0),
            ),
        ),
        ("S2-12",),
        learn="Keras draws the same numbers for the same seed and shape.",
    ),
    Claim(
        "uniform_or_normal",
        TOPIC,
        "It matters whether weights are drawn from a uniform or from a normal distribution.",
        "a standing question in forums",
        tuple(
            case(
                f"the activation is {name}",
                Trial(NET.changed(activation=id, initializer=f"{rule}_normal")),
                Trial(NET.changed(activation=id, initializer=f"{rule}_uniform")),
                Check("std of h in the last layer, uniform over normal", quotient(at("std")), low=1.5),
                Check("std of dL/dh at the input, uniform over normal", quotient(at("grad_h_std", 0)), low=1.5),
            )
            for id, name, rule in (("tanh", "tanh", "lecun"), ("relu", "ReLU", "he"))
        ),
        ("S0-11", "S0-12"),
        learn="In wide layers only the variance counts, and the two rules share it.",
    ),
    Claim(
        "torch_is_he",
        TOPIC,
        "PyTorch's linear layers start with He's variance, since they call kaiming_uniform_.",
        "posts on torch.nn.Linear",
        (case("", *drawn("torch_default", 2.0, activation="relu")),),
        (),
        learn="They call it with a = sqrt 5, which makes it a third of 1/N.",
    ),
    Claim(
        "torch_default_is_fine",
        TOPIC,
        "PyTorch's default start is fine for ReLU networks.",
        "tutorials that leave the default",
        tuple(
            case(f"the network has {depth} layers", Trial(_TORCH.changed(depth=depth)), GRADIENT) for depth in (2, 10)
        ),
        (),
        learn="Each layer keeps two fifths of the gradient.",
    ),
    Claim(
        "zero_biases",
        TOPIC,
        "Biases may start at zero.",
        "CS231n's notes, setting up the model",
        (
            case("the activation is ReLU", Trial(DEEP.changed(activation="relu", initializer="he_normal")), SIGNAL),
            case("the activation is tanh", Trial(DEEP.changed(initializer="lecun_normal")), SIGNAL),
            case("the activation is GELU", Trial(DEEP.changed(activation="gelu", initializer="he_normal")), SIGNAL),
        ),
        ("S2-4",),
        learn="GELU's critical point lies where biases are random.",
    ),
    Claim(
        "leaky_needs_less",
        TOPIC,
        "Leaky ReLU needs He's rule with the slope in it, 2 / (1 + a²).",
        "He et al. (2015), arXiv:1502.01852, eq. 15",
        (
            case(
                "",
                Trial(NET.changed(activation="leaky_relu", alpha=0.5, initializer="he_normal")),
                SIGNAL,
                DEAD,
            ),
        ),
        ("S1-12", "S3-3"),
    ),
)
