"""How an experiment's network is trained: one small frozen value beside `Experiment`, for link, flags, cache."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from initviz.catalogue import Catalogue, Named
from initviz.fields import Choice, Field, Number, Switch
from initviz.learn.losses import LOSSES, SQUARED, Loss
from initviz.learn.optimizers import OPTIMIZERS, Optimizer
from initviz.learn.parametrization import PARAMETRIZATIONS
from initviz.learn.tasks import TASKS, Task

_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 10_000)
_EPOCHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_EXAMPLES = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 70_000)

RATES = Catalogue("learning-rate unit", [Named("absolute", "as it stands"), Named("limit", "x the predicted limit")])


def _set(default: Any, spec: Field) -> Any:
    return field(default=default, metadata={"spec": spec})


@dataclass(frozen=True)
class Training:
    """What is learnt and how. Raises InputError for a value that is not possible."""

    task: str = _set("digits", Choice("Task", "What the network learns.", TASKS))
    optimizer: str = _set("sgd", Choice("Optimizer", "How a gradient becomes a step.", OPTIMIZERS))
    learning_rate: float = _set(0.1, Number("learning rate", "Size of the steps.", 1e-6, 1e3, log=True))
    rate_unit: str = _set(
        "absolute",
        Choice("rate in units of", "1, or the largest rate predicted to be stable for full batches.", RATES),
    )
    batch: int = _set(
        32,
        Number(
            "batch",
            "Examples for one step; all of them where there are fewer.",
            1,
            100_000,
            integer=True,
            marks=_BATCHES,
        ),
    )
    epochs: int = _set(20, Number("epochs", "Passes through the examples.", 1, 100_000, integer=True, marks=_EPOCHS))
    l2: float = _set(0.0, Number("L2", "Adds this times each weight to its gradient.", 0, 1, 0.001))
    loss: str = _set(
        LOSSES["cross_entropy"].id, Choice("Loss", "What is made small; a regression has squared errors.", LOSSES)
    )
    noise: float = _set(0.1, Number("noise", "How blurred the task is.", 0, 1, 0.05))
    examples: int = _set(
        2000,
        Number(
            "examples",
            "Training and test together; a data set may hold fewer.",
            10,
            70_000,
            integer=True,
            marks=_EXAMPLES,
        ),
    )
    test_share: float = _set(0.2, Number("test share", "Share of the examples kept for the test.", 0.05, 0.9, 0.05))
    learn_alpha: bool = _set(
        True, Switch("learn the activation's parameter", "The slope of PReLU, the beta of swish; one for each layer.")
    )
    parametrization: str = _set(
        "standard", Choice("Parametrization", "How start and steps depend on the width.", PARAMETRIZATIONS)
    )

    def __post_init__(self) -> None:
        for name, spec in TRAINING_FIELDS.items():
            object.__setattr__(self, name, spec.check(getattr(self, name)))

    def changed(self, **values: Any) -> "Training":
        """The same training with other values of some fields."""
        return replace(self, **values)

    @property
    def chosen_task(self) -> Task:
        """The task the id stands for."""
        return TASKS[self.task]

    @property
    def chosen_loss(self) -> Loss:
        """The loss: squared errors wherever targets are numbers."""
        return LOSSES[self.loss] if self.chosen_task.classes else SQUARED

    @property
    def chosen_optimizer(self) -> Optimizer:
        """The optimizer the id stands for."""
        return OPTIMIZERS[self.optimizer]

    def uses(self, name: str) -> bool:
        """Whether the field acts at all."""
        if name == "noise":
            return self.chosen_task.noisy
        return name != "loss" or self.chosen_task.classes > 0


TRAINING_FIELDS: Mapping[str, Field] = MappingProxyType({f.name: f.metadata["spec"] for f in fields(Training)})
"""name -> how it is read, checked, shown and explained."""

TRAINING_DEFAULTS: Mapping[str, Any] = MappingProxyType({f.name: f.default for f in fields(Training)})
