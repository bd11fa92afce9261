"""A signal that survives, and a gradient that does not."""

from initviz.fields import Number
from initviz.lessons.lesson import Lesson, Question, Step, layers
from initviz.network.experiment import Experiment

START = Experiment(activation="sigmoid", initializer="lecun_normal")

LESSON = Lesson(
    id="sigmoid",
    name="The gradient's way back",
    minutes=7,
    rows=("S0-13", "S1-2", "S1-6", "S2-1", "S2-10"),
    steps=(
        Step(
            "Forward, all is well",
            "Sigmoid with Xavier: the std of h is {first} in layer 1 and {last} in layer 10, nearly steady. The"
            " gradient is"
            " multiplied by φ'(z), at most a quarter, at every layer.",
            START,
            "**{gradient}**: a factor of {factor} a layer. Xavier cures sigmoid forward only.",
            Question(
                "Set the point: the std of dL/dh in layer 1, of 1 in layer 10.",
                Number("std", "Your prediction of the std.", 1e-8, 10, log=True),
                layers("grad_h_std", log=True),
                at=1,
            ),
            numbers=lambda desk: {
                "first": desk.value("std", 1),
                "last": desk.value("std", 10),
                "gradient": desk.value("grad_h_std", 1),
                "factor": desk.ratio("grad_h_std", 1, 2),
            },
            page="gradient_flow",
        ),
        Step(
            "Let the gradient through",
            "Find an **activation** whose gradient in layer 1 is more than a tenth of that in layer 10; leave the"
            " initializer.",
            START,
            "tanh keeps {tanh} of it: its slope reaches 1.",
            control="activation",
            change={"activation": "tanh"},
            done=lambda desk: (
                desk.experiment.initializer == START.initializer and desk.ratio("grad_h_std", 1, -1) > 0.1
            ),
            watch=layers("grad_h_std", log=True),
            numbers=lambda desk: {"tanh": desk.ratio("grad_h_std", 1, -1, activation="tanh")},
        ),
        Step(
            "Or choose other weights",
            "Sigmoid need not go. Keep it, and choose an **initializer** that makes the gradient in layer 1 at least a"
            " hundred times larger than Xavier's {gradient}.",
            START,
            "Kumar's rule has larger weights, {variance} times the variance, and brings {kumar} to layer 1.",
            control="initializer",
            change={"initializer": "kumar"},
            done=lambda desk: (
                desk.experiment.activation == "sigmoid"
                and desk.value("grad_h_std", 1) > 100 * desk.value("grad_h_std", 1, initializer="lecun_normal")
            ),
            watch=layers("grad_h_std", log=True),
            numbers=lambda desk: {
                "gradient": desk.value("grad_h_std", 1),
                "kumar": desk.value("grad_h_std", 1, initializer="kumar"),
                "variance": (desk.value("weight_std", 2, initializer="kumar") / desk.value("weight_std", 2)) ** 2,
            },
        ),
    ),
    take_away="Look both ways: with sigmoid and Xavier the signal stays, and only {gradient} of the gradient arrives.",
    source="Kumar (2017), arXiv:1704.08863",
)
