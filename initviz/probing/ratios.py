"""How far every optimizer step moves each weight matrix of a PyTorch module: the update:data column, while it trains.

Public: UpdateRatios.
"""

import warnings
from math import inf, isnan, log10, nan
from typing import Any

import pandas as pd

from initviz.catalogue import InputError

USUAL = -3.0
"""log10 of rms(change of W) / rms(W) where learning goes well: a rule of thumb (Karpathy 2022, makemore part 3)."""
AROUND = 1.5
"""Powers of ten that a step may be smaller or larger before a word is said."""
PATIENCE = 10
"""Steps in a row outside before it is said: the first steps of an optimizer with memory are no measure."""


class UpdateRatios:
    """Call it once after every `optimizer.step()`:

    ratios = UpdateRatios(model)
    for x, y in batches:
        ...
        optimizer.step()
        ratios()

    It returns and keeps one number for each weight matrix, log10 of rms(change of W) / rms(W), nan where nothing
    moved, and warns (`warnings.warn`) once for each matrix whose steps stay far from the usual -3. It keeps one copy
    of the matrices.
    """

    def __init__(self, model: Any) -> None:
        """Raises InputError where the module has no weight matrix that learns."""
        parameters = getattr(model, "named_parameters", None)
        if parameters is None:
            raise InputError(f"UpdateRatios watches a torch.nn.Module, not a {type(model).__name__}.")
        self._weights = {name: one for name, one in parameters() if one.ndim > 1 and one.requires_grad}
        if not self._weights:
            raise InputError("The module has no weight matrix that learns.")
        self._before = {name: one.detach().clone() for name, one in self._weights.items()}
        self._outside = dict.fromkeys(self._weights, 0)
        self._history: list[dict[str, float]] = []

    def __call__(self) -> dict[str, float]:
        """What the last step did."""
        row = {name: self._moved(name) for name in self._weights}
        self._history.append(row)
        for name, ratio in row.items():
            self._judge(name, ratio)
        return row

    def to_frame(self) -> pd.DataFrame:
        """One row per step, one column per matrix."""
        return pd.DataFrame(self._history, columns=list(self._weights)).rename_axis("step")

    def _moved(self, name: str) -> float:
        old, new = self._before[name], self._weights[name].detach()
        size, change = float(old.double().norm()), float((new - old).double().norm())
        old.copy_(new)
        return log10(change / size) if 0 < change < inf and 0 < size < inf else nan

    def _judge(self, name: str, ratio: float) -> None:
        inside = abs(ratio - USUAL) <= AROUND  # nan, where nothing moves, is outside
        self._outside[name] = 0 if inside else self._outside[name] + 1
        if self._outside[name] != PATIENCE:
            return
        if isnan(ratio):
            said = "has not moved, or is no longer finite"
        else:
            said = f"moves by 10^{ratio:.1f} of its size, {'far' if ratio > USUAL else 'hardly'} for a step"
        warnings.warn(
            f"{name} {said}, {PATIENCE} steps in a row; some 10^{USUAL:g} is usual. "
            + ("Lower the learning rate." if ratio > USUAL else "Is its gradient lost on the way? See initviz.probe."),
            stacklevel=3,
        )
