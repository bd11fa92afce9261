"""What is remembered of a training run: a table of steps x layers that stays small however long the run."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue

MOST_RECORDS = 120
"""More than these are thinned out: every other one goes, and from then on only every other one is asked for."""


@dataclass(frozen=True)
class Column:
    """A number that is followed during training."""

    id: str
    name: str
    meaning: str
    by_layer: bool = True
    log: bool = False
    """Whether it is best seen on a logarithmic axis."""


COLUMNS = Catalogue(
    "column",
    [
        Column("loss", "loss", "Mean loss over at most 500 training examples.", by_layer=False),
        Column("accuracy", "accuracy", "Share of those whose largest output is the right one.", by_layer=False),
        Column("test_loss", "test loss", "Mean loss over the test examples.", by_layer=False),
        Column("test_accuracy", "test accuracy", "Share of right answers among them.", by_layer=False),
        Column("mean", "mean of h", "Over the same training examples and all units."),
        Column("std", "std of h", "Over the same training examples and all units.", log=True),
        Column("saturated", "saturated", "Share of values within 3 % of a plateau of the activation."),
        Column("dead", "dead units", "Share of units whose activation is 0 for every one of those examples."),
        Column("grad_w_std", "std of dL/dW", "The weights' gradient in the step that led here.", log=True),
        Column("update_ratio", "update:data", "log10 of rms(change of W) / rms(W) in that step; -3 is usual."),
        Column("distinct", "distinct units", "Units whose weights and bias differ from those of all others."),
        Column("alpha", "alpha", "The activation's parameter."),
    ],
)


@dataclass(frozen=True)
class Record:
    """The state after so many steps. `layers`: column -> one number for each layer, the output layer last."""

    step: int
    epoch: float
    loss: float
    accuracy: float
    test_loss: float
    test_accuracy: float
    layers: Mapping[str, FloatArray]


class History:
    """Records in the order of their steps. `total` steps are expected; more do no harm."""

    def __init__(self, total: int) -> None:
        self._records: list[Record] = []
        self._stride = max(1, -(-total // (MOST_RECORDS - 20)))

    def wants(self, step: int) -> bool:
        """Whether the state after this step is to be recorded: the first two always."""
        return step < 2 or step % self._stride == 0

    def add(self, record: Record) -> None:
        """Append a record; one of the same step is replaced."""
        if self._records and self._records[-1].step == record.step:
            self._records.pop()
        self._records.append(record)
        if len(self._records) > MOST_RECORDS:
            self._stride *= 2
            last = self._records[-1].step
            self._records = [one for one in self._records if self.wants(one.step) or one.step == last]

    def snapshot(self) -> "History":
        """The records so far: later ones do not join it."""
        copied = History(0)
        copied._records, copied._stride = list(self._records), self._stride
        return copied

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index: int) -> Record:
        return self._records[index]

    @property
    def steps(self) -> FloatArray:
        """(records,)."""
        return np.array([record.step for record in self._records], dtype=float)

    @property
    def layers(self) -> int:
        """Hidden layers and the output layer."""
        return len(self._records[0].layers["mean"]) if self._records else 0

    def has(self, name: str) -> bool:
        """Whether the column exists and holds a number."""
        return name in COLUMNS and bool(np.isfinite(self.column(name)).any())

    def column(self, name: str) -> FloatArray:
        """(records,) or, by layer, (records, layers); nan where there is no number. Raises InputError for others."""
        if not COLUMNS[name].by_layer:
            return np.array([getattr(record, name) for record in self._records], dtype=float)
        return np.array([record.layers[name] for record in self._records], dtype=float).reshape(len(self), self.layers)

    def first_step_at(self, loss: float) -> float:
        """The first recorded step whose training loss is at most this; nan where none is."""
        reached = self.column("loss") <= loss
        return float(self.steps[int(np.argmax(reached))]) if reached.any() else nan

    def rows(self) -> list[dict[str, float]]:
        """One row for each record and layer (1 ... the output layer): the tidy table."""
        return [
            {
                "step": record.step,
                "epoch": record.epoch,
                "layer": layer + 1,
                **{name: getattr(record, name) for name, column in COLUMNS.items() if not column.by_layer},
                **{name: float(record.layers[name][layer]) for name, column in COLUMNS.items() if column.by_layer},
            }
            for record in self._records
            for layer in range(self.layers)
        ]

    def to_frame(self) -> pd.DataFrame:
        """The tidy table, one row for each recorded step and layer."""
        return pd.DataFrame(self.rows())
