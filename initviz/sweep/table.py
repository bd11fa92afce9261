"""What a sweep measures: one tidy table, a row for each experiment and layer, measured and predicted side by side.

Public: KEY, PREFIX, field_column, rows_of, Rows, in_order.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import pandas as pd

from initviz.measure.simulate import simulate
from initviz.network.columns import COLUMNS
from initviz.network.experiment import FIELDS, Experiment
from initviz.sweep.plan import point_key
from initviz.theory.prediction import predict

PREFIX = "predicted_"
"""Before the names of predicted columns."""

KEY = "point"
"""The column that names the experiment a row belongs to."""

Rows: TypeAlias = dict[str, list[Any]]
"""Plain columns, as workers send them."""


def field_column(name: str) -> str:
    """The column that holds a field of the experiment: its name, or set_NAME where a measured column has that name."""
    return f"set_{name}" if name in COLUMNS else name


def rows_of(experiment: Experiment, last_layer_only: bool = False) -> Rows:
    """The rows of one experiment: its key, its fields, the measured columns, then the predicted ones.

    Predicted columns are nan where theory has no answer. Raises InputError where the experiment cannot run.
    """
    measured, prediction = simulate(experiment), predict(experiment)
    fields = {field_column(name): getattr(experiment, name) for name in FIELDS} | {"alpha": experiment.phi_alpha}
    first = len(measured) - 1 if last_layer_only else 0
    count = len(measured) - first
    rows: Rows = {KEY: [point_key(experiment)] * count, **{name: [value] * count for name, value in fields.items()}}
    rows |= {str(name): values.tolist() for name, values in measured.to_frame().iloc[first:].items()}
    predicted = [name for name in COLUMNS if prediction.has(name) and name != "layer"]
    return rows | {PREFIX + name: prediction.column(name)[first:].tolist() for name in predicted}


def in_order(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The rows in the order of the plan, whoever finished first; rows of other experiments are left out."""
    place = table[KEY].map(pd.Series(range(len(keys)), index=list(keys)))
    ordered = table.assign(_place=place).dropna(subset="_place").sort_values(["_place", "layer"], kind="stable")
    return ordered.drop(columns="_place").reset_index(drop=True)
