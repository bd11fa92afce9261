"""Why weights must be random."""

from initviz.fields import Number
from initviz.lessons.lesson import Lesson, Question, Step, layers
from initviz.network.experiment import Experiment

START = Experiment(initializer="constant", width=64, depth=5, samples=200)
ZEROS = START.changed(initializer="zeros")

LESSON = Lesson(
    id="symmetry",
    name="Why weights must be random",
    minutes=5,
    rows=("S3-25", "S2-14", "S0-2"),
    steps=(
        Step(
            "Many units, all equal",
            "Every weight is the same number, so all {units} units of a layer compute the same. dL/dW has a column"
            " for each"
            " unit: how they will change.",
            START,
            "**{distinct}**: all units learn the same, and stay one unit for ever.",
            Question(
                "Set the point: how many columns of dL/dW in layer 3 are different?",
                Number("columns", "Your prediction.", 0, 64, 1, integer=True),
                layers("grad_w_unique_columns"),
                at=3,
                at_top=True,
            ),
            numbers=lambda desk: {
                "distinct": desk.value("grad_w_unique_columns", 3),
                "units": float(desk.experiment.width),
            },
            page="gradient_flow",
        ),
        Step(
            "Break it",
            "Choose an **initializer** with which every unit of layer 3 learns something of its own.",
            START,
            "Anything random does: with Xavier all {distinct} columns differ.",
            control="initializer",
            change={"initializer": "lecun_normal"},
            done=lambda desk: desk.value("grad_w_unique_columns", 3) == desk.experiment.width,
            watch=layers("grad_w_unique_columns"),
            numbers=lambda desk: {"distinct": desk.value("grad_w_unique_columns", 3, initializer="lecun_normal")},
        ),
        Step(
            "And zero?",
            "With zero weights and tanh every h is 0.",
            ZEROS,
            "**{norm}**, exactly: there is no direction to learn in. Biases may be 0; weights must not all be.",
            Question(
                "Set the point: the norm of dL/dW in layer 3.",
                Number("norm", "Your prediction.", 0, 10, 0.5),
                layers("grad_w_norm"),
                at=3,
                at_top=True,
            ),
            numbers=lambda desk: {"norm": desk.value("grad_w_norm", 3)},
        ),
    ),
    take_away="Equal units get equal gradients. Randomness is what makes them different; with zeros the gradient is"
    " {norm}.",
    source="Goodfellow et al. (2016), Deep Learning, section 8.4",
)
