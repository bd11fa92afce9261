"""A line over layers: what it is, apart from how it is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from initviz.arrays import FloatArray
from initviz.figures.theme import Role


@dataclass(frozen=True)
class Series:
    """One line over layers. Measured: solid with dots; predicted: dashed; proposed (after a fix): long dashes.

    layers, values: (n,). low, high: (n,) limits of a band around it. nonfinite: (n,) share of the values behind each
    point that overflowed. The colour of a
    line, but for predicted ones, and of any band stands for `role`.
    """

    name: str
    layers: Sequence[int]
    values: FloatArray
    kind: Literal["measured", "predicted", "proposed"] = "measured"
    role: Role = 0
    low: FloatArray | None = None
    high: FloatArray | None = None
    nonfinite: FloatArray | None = None
