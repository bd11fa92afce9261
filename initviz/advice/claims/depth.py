"""Claims about depth: activations, shortcuts and normalizations that are said to need no care."""

from math import sqrt

from initviz.advice.claims.numbers import ALIKE, ALIVE, DEEP, GRADIENT, NET, SIGNAL, at, case, quotient
from initviz.advice.claims.record import Check, Claim, Trial
from initviz.measure.jacobian import stretch_spread
from initviz.network.experiment import Experiment
from initviz.theory.jacobian import predicted_stretch_spread

TOPIC = "Depth"
L = 64
"""Layers of the residual networks."""
_RESIDUAL = Experiment(activation="relu", initializer="he_normal", depth=L, width=256, samples=20)
_NORMALIZED = Experiment(activation="relu", normalization="batch", depth=10, width=200, samples=200, std=0.1)


_EDGE = DEEP.changed(initializer="lecun_normal", depth=30)


def _spread(activation: str, initializer: str) -> Trial:
    experiment = Experiment(
        activation=activation,
        initializer=initializer,
        gain=1.0 if activation == "tanh" else sqrt(2),
        depth=50,
        width=128,
        samples=2,
        input_std=0.1 if activation == "tanh" else 1.0,
    )
    return Trial(experiment, measure=stretch_spread, foresee=predicted_stretch_spread)


CLAIMS = (
    Claim(
        "gelu_he",
        TOPIC,
        "GELU with He's start is fine at any depth.",
        "posts that treat GELU as a smooth ReLU",
        tuple(
            case(
                f"the network has {depth} layers",
                Trial(DEEP.changed(activation="gelu", initializer="he_normal", depth=depth)),
                SIGNAL,
                GRADIENT,
            )
            for depth in (5, 50)
        ),
        (),
        learn="Where the signal becomes small GELU's slope is a half, and so less and less comes through.",
    ),
    Claim(
        "selu_normalizes",
        TOPIC,
        "SELU normalizes itself: mean 0 and std 1 in deep layers, whatever the inputs.",
        "Klambauer et al. (2017), arXiv:1706.02515",
        tuple(
            case(
                condition,
                Trial(DEEP.changed(activation="selu", initializer=initializer, depth=20, input_std=std)),
                Check("std of h in the last layer", at("std"), 0.8, 1.25),
                Check("mean of h in the last layer", at("mean"), -0.25, 0.25),
            )
            for condition, initializer, std in (
                ("N Var W is 1, for inputs of std 1", "lecun_normal", 1.0),
                ("N Var W is 1, for inputs of std 5", "lecun_normal", 5.0),
                ("N Var W is 2, as of He", "he_normal", 1.0),
                ("N Var W is 1/3, as in PyTorch", "torch_default", 1.0),
            )
        ),
        (),
        learn="The pull towards std 1 is part of one pair: this function and this variance.",
    ),
    Claim(
        "residual_no_care",
        TOPIC,
        "Residual networks need no care at the start.",
        "posts on He et al. (2016), arXiv:1512.03385",
        tuple(
            case(f"the branch is scaled by {name}", Trial(_RESIDUAL.changed(residual=a)), SIGNAL, GRADIENT)
            for name, a in (("1", 1.0), ("1 / sqrt L", 1 / sqrt(L)), ("1 / L", 1 / L))
        ),
        (),
        learn="Branches as large as their input multiply; at 1 / sqrt L the positive mean of ReLU still adds up.",
    ),
    Claim(
        "residual_deeper",
        TOPIC,
        "Skip connections keep the gradient alive where a plain network loses it.",
        "He et al. (2016), arXiv:1512.03385",
        (
            case(
                "",
                Trial(NET.changed(std=0.01, depth=20, residual=1.0)),
                Check("std of dL/dh, input over last layer", GRADIENT.of, low=1 / ALIVE),
            ),
            case(
                "",
                Trial(NET.changed(std=0.01, depth=20)),
                Check("the same without skip connections", GRADIENT.of, high=1 / ALIVE),
            ),
        ),
        ("S1-2",),
    ),
    Claim(
        "batch_norm_start",
        TOPIC,
        "Batch normalization makes the start irrelevant.",
        "posts on Ioffe & Szegedy (2015), arXiv:1502.03167",
        (
            case(
                "one looks at the signal",
                Trial(_NORMALIZED.changed(std=0.01)),
                Trial(_NORMALIZED.changed(std=1.0)),
                Check("std of h in the last layer, std 1 over std 0.01", quotient(at("std")), 0.8, 1.25),
            ),
            case(
                "one looks at how fast weights change",
                Trial(_NORMALIZED.changed(std=0.01)),
                Trial(_NORMALIZED.changed(std=1.0)),
                Check(
                    "dL/dW : W in layer 5, std 1 over std 0.01",
                    quotient(at("grad_w_ratio", 5)),
                    0.5,
                    2.0,
                    expected=(0.01 / 1.0) ** 2,
                ),
            ),
        ),
        (),
        learn="It undoes the scale forward; one step is then large for small weights, and nothing for large ones.",
    ),
    Claim(
        "batch_norm_gradient",
        TOPIC,
        "With batch normalization gradients neither vanish nor explode.",
        "Ioffe & Szegedy (2015), arXiv:1502.03167",
        tuple(
            case(f"the network has {depth} layers", Trial(_NORMALIZED.changed(depth=depth)), GRADIENT)
            for depth in (5, 50)
        ),
        (),
        learn="At the start each layer enlarges it, by more than He would allow: Yang et al. (2019), arXiv:1902.08129.",
    ),
    Claim(
        "orthogonal_better",
        TOPIC,
        "Orthogonal weights are better than Gaussian ones in deep networks.",
        "Saxe et al. (2014), arXiv:1312.6120",
        tuple(
            case(
                f"the activation is {name}",
                _spread(id, rule),
                _spread(id, "orthogonal"),
                Check(
                    "uneven stretching of the Jacobian, Gaussian over orthogonal",
                    lambda gaussian, orthogonal: gaussian / orthogonal,
                    low=4.0,
                ),
            )
            for id, name, rule in (("tanh", "tanh", "lecun_normal"), ("relu", "ReLU", "lecun_normal"))
        ),
        ("S3-33",),
        learn="They turn without stretching; what the activation does is left, and ReLU does as much again.",
    ),
    Claim(
        "relu_inputs_alike",
        TOPIC,
        "A deep network at He's start tells its inputs apart.",
        "taken for granted wherever a start is judged by its std",
        tuple(
            case(
                f"the activation is {name}",
                Trial(DEEP.changed(activation=id, initializer="he_normal", alpha=alpha)),
                ALIKE,
            )
            for id, name, alpha in (
                ("relu", "ReLU", None),
                ("leaky_relu", "Leaky ReLU of slope 0.5", 0.5),
                ("linear", "linear", None),
            )
        ),
        ("S3-32",),
    ),
    Claim(
        "tanh_any_depth",
        TOPIC,
        "A tanh network can be deep where its weights stand on the edge of chaos.",
        "Schoenholz et al. (2017), arXiv:1611.01232",
        (
            case("the weights stand on the edge", Trial(_EDGE), SIGNAL, GRADIENT),
            case("the weights are half as large", Trial(_EDGE.changed(gain=0.5)), SIGNAL, GRADIENT),
            case("the weights are twice as large", Trial(_EDGE.changed(gain=2.0)), SIGNAL, GRADIENT),
        ),
        (),
    ),
)
