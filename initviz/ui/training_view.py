"""What is drawn of a training: values that no later slice changes."""

from dataclasses import dataclass
from typing import TypeAlias

from initviz.learn.history import History
from initviz.learn.pictures import Answers, Curve, Plane, answers, curve, plane
from initviz.learn.settings import Training
from initviz.learn.trainer import Trainer
from initviz.learn.verdict import Verdict
from initviz.network.experiment import Experiment

Picture: TypeAlias = Plane | Curve | Answers


def pictured(trainer: Trainer) -> Picture:
    """What the network answers now."""
    task = trainer.data.task
    return plane(trainer) if task.plane else answers(trainer) if task.classes else curve(trainer)


@dataclass(frozen=True)
class Start:
    """One start that is trained: its name in the charts, and how it begins and goes on."""

    name: str
    experiment: Experiment
    training: Training


@dataclass(frozen=True, eq=False)
class Shown:
    """What is drawn of one start."""

    start: Start
    history: History
    others: tuple[History, ...]
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class View:
    """Everything that is drawn of a training, as it was after a slice."""

    runs: tuple[Shown, ...]
    step: int
    total: int
    seconds: float
    finished: bool
    picture: Picture
    first_loss: str
    limit: str
    reference: float
    """The training loss of the best constant answer."""
