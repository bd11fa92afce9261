"""The edge of chaos: where neither inputs nor gradients are lost."""

from math import isfinite

from initviz.fields import Number
from initviz.lessons.lesson import Desk, Lesson, Question, Step, layers
from initviz.network.experiment import Experiment

CHAOS = Experiment(initializer="lecun_normal", gain=2.0, depth=50, width=200, samples=200)
ORDER = CHAOS.changed(gain=0.8)


def _on_the_edge(desk: Desk) -> bool:
    ratio = desk.ratio("grad_h_std", 1, -1)
    return isfinite(ratio) and 0.1 < ratio < 10


LESSON = Lesson(
    id="edge",
    name="The edge of chaos",
    minutes=9,
    rows=("S3-30", "S3-33"),
    steps=(
        Step(
            "Weights a little too small",
            "Fifty layers of tanh with {gain} times the std of Xavier. The gradient has std 1 at the top.",
            ORDER,
            "**{first}**: a factor of {factor} a layer. This is the **ordered** phase: all inputs end at one point.",
            Question(
                "Set the point: the std of dL/dh in layer 1.",
                Number("std", "Your prediction of the std.", 1e-12, 1e12, log=True),
                layers("grad_h_std", log=True),
                at=1,
            ),
            numbers=lambda desk: {
                "gain": desk.experiment.gain,
                "first": desk.value("grad_h_std", 1),
                "factor": desk.ratio("grad_h_std", 1, 50) ** (1 / 49),
            },
            page="phase_diagram",
        ),
        Step(
            "Weights a little too large",
            "Now {gain} times the std of Xavier: the signal has no difficulty, its std is {std} in layer 50.",
            CHAOS,
            "**{first}**: the **chaotic** phase. A small change of the input becomes another output, and the gradient"
            " explodes by {factor} a layer.",
            Question(
                "Set the point: the std of dL/dh in layer 1.",
                Number("std", "Your prediction of the std.", 1e-12, 1e12, log=True),
                layers("grad_h_std", log=True),
                at=1,
            ),
            numbers=lambda desk: {
                "gain": desk.experiment.gain,
                "std": desk.value("std", 50),
                "first": desk.value("grad_h_std", 1),
                "factor": desk.ratio("grad_h_std", 1, 50) ** (1 / 49),
            },
            page="phase_diagram",
        ),
        Step(
            "Find the edge",
            "Between the two lies a border at which the gradient keeps its size. Move **gain** (under Advanced)"
            " until the"
            " gradient in layer 1 is within a factor of ten of that in layer 50.",
            CHAOS,
            "For tanh without biases the edge is at gain 1, which is Xavier. There the gradient arrives with {edge}.",
            control="gain",
            change={"gain": 1.0},
            done=_on_the_edge,
            watch=layers("grad_h_std", log=True),
            numbers=lambda desk: {"edge": desk.value("grad_h_std", 1, gain=1.0)},
            page="phase_diagram",
        ),
    ),
    take_away="Deep networks learn only near the edge of chaos. Initializers with names are points on it; there"
    " {edge} of the"
    " gradient is left after fifty layers.",
    source="Schoenholz et al. (2017), arXiv:1611.01232",
)
