"""Inputs of one sign: data come before weights."""

from initviz.fields import Number
from initviz.lessons.lesson import Lesson, Question, Step, layers
from initviz.network.experiment import Experiment

START = Experiment(initializer="lecun_normal", inputs="digits", depth=5, width=100, samples=500)

LESSON = Lesson(
    id="data",
    name="Centre your data",
    minutes=6,
    rows=("S3-6", "S3-23"),
    steps=(
        Step(
            "Do two digits look alike?",
            "Pixels are never negative, so all images point the same way. Two directions that have nothing in common"
            " have"
            " the cosine 0; equal ones have 1.",
            START,
            "**{cosine}** for the images themselves, and {first} in layer 1: the network sees mostly what they share.",
            Question(
                "Set the point: the mean cosine of two digits, as they enter (layer 0).",
                Number("cosine", "Your prediction.", 0, 1, 0.05),
                layers("cosine", first=0),
            ),
            numbers=lambda desk: {"cosine": desk.value("cosine", 0), "first": desk.value("cosine", 1)},
            page="data",
        ),
        Step(
            "One sign",
            "The gradient of a unit's weights is its error times the inputs. All inputs are positive.",
            START,
            "**{share}**: for each sample all weights of a unit go up, or all go down. Only zig-zag leads anywhere"
            " else.",
            Question(
                "Set the point: the share of samples whose gradient has one sign over all weights of a unit in layer"
                " 1.",
                Number("share", "Your prediction.", 0, 1, 0.05),
                layers("grad_w_same_sign"),
                at=1,
            ),
            numbers=lambda desk: {"share": desk.value("grad_w_same_sign", 1)},
            page="gradient_flow",
        ),
        Step(
            "Subtract the mean",
            "Choose **Center** or **Standardize** as the preprocessing (under Input).",
            START,
            "The mean cosine is {cosine} now, and a gradient of one sign has become rare: {share}.",
            control="preprocessing",
            change={"preprocessing": "center"},
            done=lambda desk: abs(desk.value("cosine", 0)) < 0.1,
            watch=layers("cosine", first=0),
            numbers=lambda desk: {
                "cosine": desk.value("cosine", 0, preprocessing="center"),
                "share": desk.value("grad_w_same_sign", 1, preprocessing="center"),
            },
        ),
    ),
    take_away="Subtract the mean of the training part: digits that all looked alike then have a cosine of {cosine}.",
    source="LeCun et al. (1998), Efficient BackProp, section 4.3",
)
