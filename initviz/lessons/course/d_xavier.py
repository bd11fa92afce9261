"""Xavier: variance one over the number of inputs."""

from initviz.fields import Number
from initviz.lessons.lesson import Lesson, Question, Step, layers
from initviz.network.experiment import Experiment

LINEAR = Experiment(activation="linear", std=0.03)
XAVIER = Experiment(initializer="lecun_normal")

LESSON = Lesson(
    id="xavier",
    name="Xavier: one over the number of inputs",
    minutes=7,
    rows=("S3-30", "S0-11", "S0-9"),
    steps=(
        Step(
            "Without an activation",
            "A sum of n products of independent numbers has n times the variance of one. Here φ(z) = z. Move **std**"
            " until the std of h in layer 10 is between one half and two.",
            LINEAR,
            "n Var W = 1 keeps the variance: for n = 500 a std of {rule}.",
            control="std",
            change={"std": 0.045},
            done=lambda desk: 0.5 < desk.value("std", -1) < 2,
            watch=layers("std", log=True),
            numbers=lambda desk: {"rule": desk.experiment.width**-0.5},
        ),
        Step(
            "Let the rule do it",
            "Nobody needs to know n: choose **Xavier (fan_in) = LeCun normal** as the initializer.",
            LINEAR,
            "It draws W with variance 1/n, whatever n is: std {measured} here.",
            control="initializer",
            change={"initializer": "lecun_normal"},
            done=lambda desk: desk.experiment.initializer == "lecun_normal",
            watch=layers("std", log=True),
            numbers=lambda desk: {"measured": desk.value("weight_std", 2, initializer="lecun_normal")},
        ),
        Step(
            "With tanh",
            "The rule was derived for the linear network. tanh makes every output a little smaller than its z.",
            XAVIER,
            "**{last}**: smaller, but alive; with the lecture's small weights it would be {small}. The loss gets"
            " less from"
            " layer to"
            " layer, since tanh bends small z less.",
            Question(
                "Set the point: the std of h in layer 10 with tanh and Xavier.",
                Number("std", "Your prediction.", 0, 1, 0.05),
                layers("std"),
                at=10,
            ),
            numbers=lambda desk: {
                "last": desk.value("std", 10),
                "small": desk.value("std", 10, initializer="random_normal", std=0.01),
            },
            page="initialization",
        ),
    ),
    take_away="Variance 1/n keeps what a linear network carries, and tanh nearly so: {last} is left of a std of 1"
    " after ten"
    " layers.",
    source="Glorot & Bengio (2010), section 4.2.1; LeCun et al. (1998), eq. 16",
)
