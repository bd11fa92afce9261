"""Small weights: the signal dies with depth."""

from initviz.fields import Number
from initviz.lessons.lesson import Lesson, Question, Step, layers
from initviz.network.experiment import Experiment

START = Experiment()
SIZE = Number("std", "Your prediction of the std.", 1e-8, 1, log=True)

LESSON = Lesson(
    id="small",
    name="Small weights: the signal dies",
    minutes=6,
    rows=("S3-26", "S0-3", "S0-9"),
    steps=(
        Step(
            "Ten layers",
            "The lecture's network: ten layers of 500 tanh units, inputs of std 1, weights of std {std}. The std of"
            " h in"
            " layer 1 is {first}.",
            START,
            "It is **{last}**. Each layer multiplies the std by about {factor}, and does so ten times.",
            Question("Set the point: the std of h in layer 10.", SIZE, layers("std", log=True), at=10),
            numbers=lambda desk: {
                "std": desk.experiment.std,
                "first": desk.value("std", 1),
                "last": desk.value("std", 10),
                "factor": desk.ratio("std", 10, 9),
            },
            page="initialization",
        ),
        Step(
            "Keep it alive",
            "The factor is the std of the weights times √500, the root of the number of inputs. Move **std** until more"
            " than a tenth of the signal is left in layer 10.",
            START,
            "With 500 inputs weights need a std near 1/√500 = {rule}; twice as wide a layer would need √2 times smaller"
            " ones.",
            control="std",
            change={"std": 0.05},
            done=lambda desk: desk.value("std", -1) > 0.1,
            watch=layers("std", log=True),
            numbers=lambda desk: {"rule": desk.experiment.width**-0.5},
        ),
        Step(
            "The way back",
            "The gradient starts with std 1 at layer 10 and goes back through the same weights.",
            START,
            "**{first}**: the same factor a layer, {factor}, now backwards. What is lost forward is lost once more.",
            Question("Set the point: the std of dL/dh in layer 1.", SIZE, layers("grad_h_std", log=True), at=1),
            numbers=lambda desk: {"first": desk.value("grad_h_std", 1), "factor": desk.ratio("grad_h_std", 1, 2)},
            page="gradient_flow",
        ),
    ),
    take_away="A factor of {factor} a layer is a factor of {first} over the network: sizes are products, not sums.",
    source="Glorot & Bengio (2010), section 4.2",
)
