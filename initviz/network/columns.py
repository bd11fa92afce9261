"""The columns that every layer has, and the face of whatever has a number per layer: measured, predicted or repeated.

One `Column(...)` entry is all it takes to add one: tables, CSV, command line, ensembles and the glossary follow.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from math import isnan, nan
from typing import Literal, Protocol, TypeAlias

import numpy as np
import pandas as pd

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue

Unit: TypeAlias = Literal["", "share", "count"]
"""A plain number, a share of a whole (0..1), or a whole number."""


@dataclass(frozen=True)
class Column:
    """One number per layer."""

    id: str
    name: str
    """The head of the column."""
    meaning: str
    """One sentence for a tooltip."""
    unit: Unit = ""
    path: str = ""
    """Where a measured layer keeps it, as attributes joined by dots; empty where it is only predicted."""
    predicted: bool = False
    """Whether theory has it too."""

    def of(self, layer: object) -> float:
        """The number of a measured layer, nan where the layer has none."""
        part = reduce(lambda value, name: None if value is None else getattr(value, name), self.path.split("."), layer)
        return nan if part is None else float(part)  # type: ignore[arg-type]


class LayerTable(Protocol):
    """Columns by name over the layers 0..depth, float64, nan where a layer has no such number."""

    def __len__(self) -> int:
        """Number of layers, the input included."""

    def has(self, name: str, /) -> bool:
        """Whether `column` knows the name."""

    def column(self, name: str, /) -> FloatArray:
        """(depth + 1,); KeyError for a name it does not have."""

    def has_band(self, name: str, /) -> bool:
        """Whether `band` knows between which limits the column lies in most networks."""
        return False

    def band(self, name: str, /) -> tuple[FloatArray, FloatArray]:
        """(low, high), each (depth + 1,); KeyError for a name that has no band."""
        raise KeyError(name)

    def to_frame(self) -> pd.DataFrame:
        """One row per layer, indexed by position; `layer` is the first column."""
        values = {name: self.column(name) for name in COLUMNS if self.has(name)}
        return pd.DataFrame(values | {"layer": np.arange(len(self))})

    def rows(self) -> Iterator[dict[str, float]]:
        """One dict per layer: column name -> number; whole numbers are int."""
        columns = {name: self.column(name) for name in COLUMNS if self.has(name)}
        for index in range(len(self)):
            row = {name: _plain(name, values[index].item()) for name, values in columns.items()}
            yield row | {"layer": index}


def _plain(name: str, value: float) -> float:
    return value if isnan(value) or COLUMNS[name].unit != "count" else int(value)


def _gradients(name: str, head: str, what: str, unit: Unit = "", predicted: bool = False) -> list[Column]:
    """The same number of the gradients at h, z and W."""
    ways = {"h": "grad_h", "z": "grad_z", "w": "weights.gradient"}
    return [
        Column(
            f"grad_{id}_{name}",
            f"{head} of dL/d{id.upper() if id == 'w' else id}",
            f"{what} of the loss's gradient at {'the weights' if id == 'w' else id}.",
            unit,
            f"{path}.{name}",
            predicted,
        )
        for id, path in ways.items()
    ]


def _signals(*names: str, predicted: bool) -> list[Column]:
    return [
        Column(f"z_{name}", f"{_HEADS[name]} of z", f"{_WHAT[name]} of all z of the layer.", "", f"z.{name}", predicted)
        for name in names
    ]


_HEADS = {"mean": "mean", "std": "std", "rms": "rms", "min": "smallest", "max": "largest"}
_WHAT = {
    "mean": "Mean",
    "std": "Standard deviation",
    "rms": "Root of the mean square",
    "min": "Smallest value",
    "max": "Largest value",
}


def _all_columns() -> list[Column]:
    over = "over all samples and units of the layer"
    lost = {
        "nonfinite": ("overflowed", "Share of the values that are inf or nan"),
        "float16_zero": ("lost in float16", "Share of the non-zero values that float16 makes 0"),
        "float16_overflow": ("beyond float16", "Share of the values that float16 cannot hold"),
    }
    columns = [
        Column("layer", "layer", "0 is the input, 1 to depth are the hidden layers.", "count", "layer", True),
        Column("mean", "mean of h", f"Mean of the activations h {over}.", "", "h.mean", True),
        Column("std", "std of h", f"Standard deviation of the activations h {over}.", "", "h.std", True),
        Column("rms", "rms of h", f"Root of the mean square of the activations h {over}.", "", "h.rms", True),
        Column(
            "saturated",
            "saturated",
            "Share of the outputs of phi close to a level where it flattens out.",
            "share",
            "saturated",
            True,
        ),
        Column("zero", "zero", "Share of the outputs of phi that are exactly 0.", "share", "zero", True),
        Column("dead", "dead", "Share of the units that are 0 for every sample of the batch.", "share", "dead"),
        Column("cosine", "cosine", "Mean cosine between the h of two different samples.", "", "cosine", True),
        Column("q", "q", "Predicted mean square of z, E z^2.", predicted=True),
        Column("chi", "chi", "Predicted factor on the squared gradient from h to the h before.", predicted=True),
        *_gradients("std", "std", "Standard deviation", predicted=True),
        *_gradients("median", "median", "Median size"),
        Column("grad_w_norm", "norm of dL/dW", "Frobenius norm of the weights' gradient.", "", "weights.norm"),
        Column(
            "grad_w_ratio",
            "dL/dW : W",
            "std of the weights' gradient over the std of the weights.",
            "",
            "weights.ratio",
        ),
        Column(
            "grad_w_unique_columns",
            "distinct columns",
            "Different columns of dL/dW; 1 means that all units learn the same.",
            "count",
            "weights.unique_columns",
        ),
        Column(
            "grad_w_same_sign",
            "one sign",
            "Share of the samples whose gradient has one sign over all weights of a unit.",
            "share",
            "weights.same_sign",
        ),
        Column("min", "smallest h", "Smallest h of the layer.", "", "h.min"),
        Column("max", "largest h", "Largest h of the layer.", "", "h.max"),
        *_signals("mean", "std", "rms", predicted=True),
        *_signals("min", "max", predicted=False),
    ]
    for name, (head, what) in lost.items():
        columns.append(Column(name, f"h {head}", f"{what}, of h.", "share", f"h.{name}"))
        columns += _gradients(name, head, what, "share")
    return [
        *columns,
        Column("fan_in", "fan_in", "Number of inputs of each unit.", "count", "weights.fan_in"),
        Column("weight_mean", "mean of W", "Mean of the weights.", "", "weights.mean"),
        Column("weight_std", "std of W", "Standard deviation of the weights.", "", "weights.std"),
    ]


COLUMNS: Catalogue[Column] = Catalogue("column", _all_columns())
"""Every number that a layer has, in the order of the tables."""
