"""Large weights: units saturate, and the gradient grows all the same."""

from initviz.fields import Number
from initviz.lessons.lesson import Lesson, Question, Step, layers
from initviz.network.experiment import Experiment

START = Experiment(std=1)

LESSON = Lesson(
    id="large",
    name="Large weights: saturated",
    minutes=6,
    rows=("S3-27", "S1-8"),
    steps=(
        Step(
            "At the ends of tanh",
            "Now the weights have std {std}: z is a sum of 500 terms, and its std in layer 1 is {z}.",
            START,
            "**{saturated}** of the outputs are within a few per cent of -1 or 1.",
            Question(
                "Set the point: the share of saturated outputs in layer 5, from 0 to 1.",
                Number("share", "Your prediction.", 0, 1, 0.05),
                layers("saturated"),
                at=5,
            ),
            numbers=lambda desk: {
                "std": desk.experiment.std,
                "z": desk.value("z_std", 1),
                "saturated": desk.value("saturated", 5),
            },
            page="initialization",
        ),
        Step(
            "All gradients zero?",
            "Where tanh is flat its slope is 0, and the slides say: all gradients are zero. The gradient has std 1 at"
            " layer 10.",
            START,
            "**{first}**: it grows by {factor} a layer on its way back. The few units that are not saturated have large"
            " weights, and that outweighs all who are silent.",
            Question(
                "Set the point: the std of dL/dh in layer 1.",
                Number("std", "Your prediction of the std.", 1e-8, 1e8, log=True),
                layers("grad_h_std", log=True),
                at=1,
            ),
            numbers=lambda desk: {"first": desk.value("grad_h_std", 1), "factor": desk.ratio("grad_h_std", 1, 2)},
            page="gradient_flow",
        ),
        Step(
            "Out of saturation",
            "Move **std** until fewer than a tenth of the outputs of every layer are saturated.",
            START,
            "Between dying and saturating there is a narrow range, around {rule} for 500 inputs.",
            control="std",
            change={"std": 0.04},
            done=lambda desk: bool((desk.simulate(desk.experiment).column("saturated")[1:] < 0.1).all()),
            watch=layers("saturated"),
            numbers=lambda desk: {"rule": desk.experiment.width**-0.5},
        ),
    ),
    take_away="Saturated units do not stop the gradient as a whole: with these weights it explodes. Near a std of"
    " {rule}"
    " it does neither.",
    source="Poole et al. (2016), arXiv:1606.05340: large weights make tanh networks chaotic",
)
