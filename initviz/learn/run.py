"""`train`: a whole run in one call, for notebooks and the command line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from initviz.learn.history import History
from initviz.learn.limit import Limit, own_limit, rate_limit
from initviz.learn.settings import Training
from initviz.learn.start import task_data
from initviz.learn.tasks import Data
from initviz.learn.trainer import Trainer
from initviz.learn.verdict import Outcome, verdict
from initviz.learn.weights import weights_file
from initviz.network.experiment import Experiment
from initviz.network.network import Network
from initviz.progress import Progress


@dataclass(frozen=True, eq=False)
class Trained:
    """A run that has ended."""

    experiment: Experiment
    training: Training
    data: Data
    network: Network
    history: History
    limit: Limit
    measured_max_learning_rate: float | None
    """The limit of this very network at its start, from its own gradients; None where it cannot be told."""
    learning_rate: float
    outcome: Outcome
    sentence: str
    steps: int
    seconds: float

    @property
    def test_accuracy(self) -> float:
        """Over all test examples; nan for a regression."""
        return self.history[-1].test_accuracy

    @property
    def test_loss(self) -> float:
        """Over all test examples."""
        return self.history[-1].test_loss

    @property
    def diverged(self) -> bool:
        """Whether numbers overflowed."""
        return self.outcome == "diverged"

    @property
    def predicted_max_learning_rate(self) -> float | None:
        """Of full-batch gradient descent, from theory alone; None where unknown, and `limit.reason` says why."""
        return self.limit.rate

    def save(self, path: str | Path) -> None:
        """Write the weights as a safetensors file."""
        Path(path).write_bytes(weights_file(self.network, self.data.train_x))

    def to_frame(self) -> pd.DataFrame:
        """The history, one row for each recorded step and layer."""
        return self.history.to_frame()


def learning_rate(training: Training, limit: Limit) -> float:
    """In plain numbers. Raises InputError where it is meant relative to a limit that is not known."""
    return training.learning_rate if training.rate_unit == "absolute" else training.learning_rate * limit.required()


def train(
    experiment: Experiment,
    training: Training | None = None,
    *,
    data: Data | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Trained:
    """Train the experiment's network from its own start; `settings` are fields of `Training`.

    train(Experiment(activation="relu", initializer="he_normal", depth=3, width=128), task="digits").sentence

    Raises InputError for settings that are not possible and data that cannot be read. Overflow is a result.
    """
    training = (training or Training()).changed(**settings)
    data = task_data(experiment, training) if data is None else data
    limit = rate_limit(experiment, training, data)
    trainer = Trainer(experiment, training, data, learning_rate(training, limit))
    own = own_limit(trainer.network, experiment, training, data)
    while not trainer.finished:
        trainer.run(seconds=PAUSE)
        if progress:
            progress(trainer.step / trainer.total)
    judged = verdict(trainer)
    return Trained(
        experiment,
        training,
        data,
        trainer.network,
        trainer.history,
        limit,
        own,
        trainer.rate,
        judged.outcome,
        judged.sentence,
        trainer.step,
        trainer.seconds,
    )


PAUSE = 0.2
"""Seconds between two reports of progress."""
