"""The recorded steps of a training under a slider."""

from math import ceil
from typing import Any

import numpy as np

from initviz.figures.scales import log_ticks
from initviz.figures.scrub import Panel, Trace, across, drawing, ticks, upwards
from initviz.figures.theme import Theme
from initviz.learn.history import COLUMNS, History


def recorded(history: History, column: str, theme: Theme) -> dict[str, Any]:
    """One column by layer at each recorded step, on an axis that all steps share; faint: before the first."""
    values, log, name = history.column(column), COLUMNS[column].log, COLUMNS[column].name
    if log:
        values = np.log10(values, out=np.full_like(values, np.nan), where=values > 0)
    seen = values[np.isfinite(values)]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
    margin = max(0.05 * (high - low), 0.01 * abs(high), 1e-3)
    layers = values.shape[1]
    layer, size = across(1, max(layers, 2)), upwards(low - margin, high + margin)
    marks = log_ticks(size.low, size.high) if log else None
    places = marks["tickvals"] if marks else np.linspace(size.low, size.high, 5).tolist()
    words = marks["ticktext"] if marks else [f"{place:.3g}" for place in places]
    x, rows = layer(np.arange(1.0, layers + 1)), [size(row) for row in values]
    numbers = list(range(1, layers + 1, ceil(layers / 10)))
    panel = Panel(
        f"{name.capitalize()} by layer; faint: at the start",
        f"{name} in every layer at a recorded step, beside the start",
        [
            Trace([x], rows[:1], theme.colour(0), width=2, opacity=0.3),
            Trace([x], rows, theme.colour(0), dot=4),
        ],
        ticks(layer, numbers, [str(number) for number in numbers]),
        ticks(size, places, words),
    )
    said = [f"step {int(step):,}" for step in history.steps]
    return drawing([panel], said, name="Recorded step", start=len(said) - 1, theme=theme)
