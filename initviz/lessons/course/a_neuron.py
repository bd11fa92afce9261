"""What a neuron does: a weighted sum, then the activation."""

import numpy as np

from initviz.arrays import FloatArray
from initviz.fields import Number
from initviz.lessons.lesson import Lesson, Question, Step, activation
from initviz.network.experiment import Experiment

Z = 0.5 * 2 - 0.25 * 1
"""Weights 1/2 and -1/4 on inputs 2 and 1."""

TANH = Experiment(initializer="lecun_normal", depth=3, width=100, samples=200)
SIGMOID = TANH.changed(activation="sigmoid")


def _array(z: float) -> FloatArray:
    return np.array([float(z)])


LESSON = Lesson(
    id="neuron",
    name="What a neuron does",
    minutes=5,
    rows=("S0-1", "S1-5", "S1-7"),
    steps=(
        Step(
            "From inputs to z, from z to h",
            "A unit multiplies each input by a weight, adds the products and its bias, and calls the sum **z**:"
            " z = w·x + b. Its output is **h = φ(z)**. Take inputs 2 and 1, weights ½ and -¼, no bias: z = {z}.",
            TANH,
            "tanh takes {z} to **{h}**: a little less than z. Near 0 it is a straight line of slope 1; far out it is"
            " flat.",
            Question(
                "φ is tanh. Set the point: how large is h for this z?",
                Number("h", "Your prediction of the output.", -1, 1, 0.05),
                activation(),
                at=Z,
            ),
            numbers=lambda desk: {"z": Z, "h": float(desk.experiment.phi.phi(_array(Z), 0.0)[0])},
            page="activations",
        ),
        Step(
            "Another activation",
            "The same unit with another φ gives another h. Choose **Sigmoid** as the activation.",
            TANH,
            "Sigmoid gives {h}. All its outputs are positive, and for z = 0 it says {zero}, not 0.",
            control="activation",
            change={"activation": "sigmoid"},
            done=lambda desk: desk.experiment.activation == "sigmoid",
            watch=activation(),
            numbers=lambda desk: {
                name: float(SIGMOID.phi.phi(_array(z), 0.0)[0]) for name, z in (("h", Z), ("zero", 0))
            },
        ),
        Step(
            "How steep is it?",
            "To learn, a unit needs slope: the gradient that passes it is multiplied by φ'(z).",
            SIGMOID,
            "At its steepest, at z = 0, sigmoid passes **{slope}** of the gradient; at z = 3 it passes {out}. tanh"
            " passes {tanh} at its best.",
            Question(
                "Set the point: how steep is sigmoid at its steepest place, z = 0?",
                Number("slope", "Your prediction of the slope.", 0, 1, 0.05),
                activation(slope=True),
            ),
            numbers=lambda desk: {
                "slope": float(SIGMOID.phi.dphi(_array(0), 0.0)[0]),
                "out": float(SIGMOID.phi.dphi(_array(3), 0.0)[0]),
                "tanh": float(TANH.phi.dphi(_array(0), 0.0)[0]),
            },
            page="activations",
        ),
    ),
    take_away="A unit is a weighted sum and a bend. What it passes on is h = φ(z); what it passes back is φ'(z), at"
    " most"
    " {slope} for sigmoid.",
    source="LeCun et al. (1998), Efficient BackProp, section 4.4",
)
