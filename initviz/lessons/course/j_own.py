"""A deep network of one's own."""

from initviz.advice.diagnosis import diagnose
from initviz.advice.findings import is_healthy
from initviz.fields import Number
from initviz.lessons.lesson import Desk, Lesson, Question, Step, layers
from initviz.network.experiment import Experiment

START = Experiment(activation="gelu", initializer="torch_default", depth=30, width=200, samples=200)


def _healthy(desk: Desk) -> bool:
    return desk.experiment.depth >= START.depth and is_healthy(
        diagnose(desk.experiment, desk.simulate(desk.experiment))
    )


LESSON = Lesson(
    id="own",
    name="Your own model",
    minutes=8,
    rows=("S2-15", "S0-15"),
    steps=(
        Step(
            "What a framework gives you",
            "Thirty layers of GELU, and nobody has set an initializer: PyTorch draws weights of variance 1/(3n).",
            START,
            "**{last}**: the default is neither Xavier nor He, and deep networks without normalization die of it.",
            Question(
                "Set the point: the std of dL/dh in layer 1, of 1 in layer 30.",
                Number("std", "Your prediction of the std.", 1e-20, 10, log=True),
                layers("grad_h_std", log=True),
                at=1,
            ),
            numbers=lambda desk: {"last": desk.value("grad_h_std", 1)},
            page="overview",
        ),
        Step(
            "Make it learn",
            "Keep 30 layers or more, change what you like, and get a network in which neither signal nor gradient is"
            " lost."
            " The verdict of the Overview decides. The **initializer** is a good place to begin.",
            START,
            "The critical initializer works out variances for any activation, GELU's biases too: {critical} is left"
            " of the"
            " gradient in layer 1.",
            control="initializer",
            change={"initializer": "critical"},
            done=_healthy,
            watch=layers("grad_h_std", log=True),
            numbers=lambda desk: {"critical": desk.value("grad_h_std", 1, initializer="critical")},
            page="overview",
        ),
        Step(
            "Twice as deep",
            "The same start in a network of {deep} layers.",
            START.changed(initializer="critical", depth=60),
            "**{last}**. It goes on slowly, where a wrong factor a layer would go on exponentially. Now look at a"
            " model of"
            " your own: its file tells which law each layer really got.",
            Question(
                "Set the point: the std of dL/dh in layer 1.",
                Number("std", "Your prediction of the std.", 1e-6, 1e6, log=True),
                layers("grad_h_std", log=True),
                at=1,
            ),
            numbers=lambda desk: {"deep": desk.experiment.depth, "last": desk.value("grad_h_std", 1)},
            page="your_model",
        ),
    ),
    take_away="Do not trust a default: measure every layer, forward and backward, before you train. {last} of the"
    " gradient"
    " arrives through {deep} layers if the start is right.",
    source="Roberts et al. (2022), arXiv:2106.10165",
)
