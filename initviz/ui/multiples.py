"""The experiment with several values of one control, side by side.

One `Variation(...)` entry is all it takes to add one.
"""

from dataclasses import dataclass
from functools import partial
from math import sqrt
from typing import Any

import streamlit as st

from initviz.catalogue import Catalogue
from initviz.fields import Choice
from initviz.figures.multiples import side_by_side
from initviz.figures.theme import Theme
from initviz.network.experiment import FIELDS, Experiment
from initviz.ui import parts
from initviz.ui.state import Option, Visit


@dataclass(frozen=True)
class Variation:
    """Up to four values of one field of the experiment."""

    id: str
    name: str
    field: str = ""
    values: tuple[Any, ...] = ()

    def experiments(self, experiment: Experiment) -> dict[str, Experiment]:
        """What stands over each panel -> its experiment."""
        return {self._said(value, experiment): experiment.changed(**{self.field: value}) for value in self.values}

    def _said(self, value: Any, experiment: Experiment) -> str:
        if self.field == "std":  # as the initializers count it
            return f"std {value:g} = {value * sqrt(experiment.width):.3g}/√{experiment.width}"
        spec = FIELDS[self.field]
        return f"{spec.label}: {spec.say(value)}"


VARIATIONS = Catalogue(
    "variation",
    [
        Variation("none", "Nothing"),
        Variation("stds", "Three stds", "std", (0.10, 0.14, 0.28)),
        Variation("inputs", "Raw, centred, normalized", "preprocessing", ("none", "center", "standardize")),
        Variation("depths", "Depths", "depth", (3, 5, 10)),
        Variation("widths", "Widths", "width", (20, 100, 500)),
    ],
)
OPTIONS = {
    "vary": Option(Choice("Side by side", "This experiment with other values of one control.", VARIATIONS), "none")
}


def panels(current: Visit, look: Theme) -> None:
    """The control, and the picture of what is chosen."""
    parts.options_row(OPTIONS, "vary")
    variation = VARIATIONS[current.options["vary"]]
    if not variation.field:
        return
    if not current.experiment.uses(variation.field):
        st.caption(f"{FIELDS[variation.field].label} does nothing in this experiment.")
        return
    runs = {name: parts.run(one) for name, one in variation.experiments(current.experiment).items()}
    figure = partial(side_by_side, runs, theme=look)
    parts.drawn(current.about("vary"), "multiples", "h, layer by layer, over one axis", figure)
