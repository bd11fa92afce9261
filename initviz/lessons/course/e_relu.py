"""ReLU throws half away, and He gives it back."""

from initviz.fields import Number
from initviz.lessons.lesson import Lesson, Question, Step, layers
from initviz.network.experiment import Experiment

XAVIER = Experiment(activation="relu", initializer="lecun_normal")
HE = XAVIER.changed(initializer="he_normal")

LESSON = Lesson(
    id="relu",
    name="ReLU and the factor 2",
    minutes=6,
    rows=("S3-31", "S3-32", "S0-12", "S1-10"),
    steps=(
        Step(
            "Xavier with ReLU",
            "ReLU sets every negative z to 0: half of the mean square is gone. The std of h in layer 1 is {first}.",
            XAVIER,
            "**{factor}** a layer, near 1/√2, so that {last} is left in layer 10.",
            Question(
                "Set the line: by what factor does the std change from layer to layer?",
                Number("factor", "Your prediction of the factor per layer.", 0.3, 1.5, 0.05),
                layers("std", log=True),
                line=True,
            ),
            numbers=lambda desk: {
                "first": desk.value("std", 1),
                "last": desk.value("std", 10),
                "factor": desk.ratio("std", 10, 1) ** (1 / 9),
            },
            page="initialization",
        ),
        Step(
            "Twice the variance",
            "If half of the mean square is lost, weights of twice the variance make up for it. Choose **He normal**"
            " as the"
            " initializer.",
            XAVIER,
            "From layer 1 to layer 10 the std now changes by a factor of {kept}: steady, for a network of this width.",
            control="initializer",
            change={"initializer": "he_normal"},
            done=lambda desk: desk.experiment.weights.id.startswith("he_"),
            watch=layers("std", log=True),
            numbers=lambda desk: {"kept": desk.ratio("std", 10, 1, initializer="he_normal")},
        ),
        Step(
            "Do units die?",
            "Weights four times as large make everything larger. Do they also make more outputs 0?",
            HE.changed(initializer="random_normal", std=0.25),
            "**{zero}**: one half, as with any weights of mean 0. ReLU is scale-free. What grows is the signal, to"
            " {last} in"
            " layer 10.",
            Question(
                "Weights of std ¼. Set the point: the share of zeros in layer 10.",
                Number("share", "Your prediction.", 0, 1, 0.05),
                layers("zero"),
                at=10,
            ),
            numbers=lambda desk: {"zero": desk.value("zero", 10), "last": desk.value("std", 10)},
        ),
    ),
    take_away="ReLU needs variance 2/n. Too large weights explode; they silence no more units than others: {zero} of"
    " the"
    " outputs are 0.",
    source="He et al. (2015), arXiv:1502.01852, eq. 10",
)
