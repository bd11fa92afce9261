"""Prepared clouds and digits on the Data page, and what the first layers make of them."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from initviz.arrays import FloatArray
from initviz.data.preparations import (
    PREPARATIONS,
    cloud,
    condition_number,
    digit_images,
    digit_pixels,
    layers_of_data,
)
from initviz.figures import prepared, signal
from initviz.figures.runs import Run
from initviz.figures.theme import Theme
from initviz.learn.one_unit import GOAL, batch_descent, steps_until_near
from initviz.measure.propagation import Propagation
from initviz.network.budget import Budget
from initviz.network.experiment import Experiment
from initviz.progress import Progress
from initviz.text import say, show
from initviz.ui import parts, shown
from initviz.ui.cache import prepare
from initviz.ui.state import Visit
from initviz.ui.waiting import answer, remembered

WORK_GFLOP = 5.0
"""What the measurements of this page take, about: the time of so many GFLOP."""


def rows_of(options: Mapping[str, Any]) -> dict[str, FloatArray]:
    """The data by preparation, in the order of the catalogue."""
    of, shape = options["of"], (options["mean"], options["scale"], options["correlation"])

    def compute() -> dict[str, FloatArray]:
        raw = digit_images()[0] if of == "digits" else cloud(*shape)
        return {id: preparation.apply(raw) for id, preparation in PREPARATIONS.items()}

    return remembered(("prepared", of, shape if of != "digits" else ()), compute)


def drawn_panels(current: Visit, rows: Mapping[str, FloatArray], look: Theme) -> None:
    """Clouds and paths, side by side, or on a phone one below the other; the sentence that compares them first."""
    panels = [_panel(id, digit_pixels(x) if current.options["of"] == "digits" else x) for id, x in rows.items()]
    first, last = panels[0], panels[-1]
    st.markdown(
        f"Two weights learn from the data **as they came** in {first.steps:,} steps, normalized in"
        f" {panels[2].steps:,}, **whitened** in {last.steps:,}:"
        f" the condition number of these two features falls from {show(condition_number(first.points))} to"
        f" {show(condition_number(last.points))}."
    )
    groups = [[panel] for panel in panels] if parts.on_a_phone() else [panels]
    for group in groups:
        name = "-".join(panel.name for panel in group)[:20]
        parts.drawn(
            f"{current.key} {name}",
            f"panels-{name}",
            "The data, and below the way of two weights over the lines of equal loss",
            partial(prepared.panels, group, theme=look),
        )


def _panel(id: str, points: FloatArray) -> prepared.Panel:
    return prepared.Panel(PREPARATIONS[id].name, points, batch_descent(points), GOAL, steps_until_near(points))


def effect(current: Visit, rows: Mapping[str, FloatArray], look: Theme) -> None:
    """The first layers of the experiment on each preparation: a table, size and likeness by depth."""
    experiment = current.experiment
    Budget.from_environment().check(experiment.changed(inputs="digits", samples=1797))
    runs = _runs(experiment, current.options, rows)
    st.markdown(f"**What the first layers make of it** · {experiment.summary()}, {len(rows['none']):,} samples")
    left, right = st.columns(2, gap="medium")
    drawn = [Run(PREPARATIONS[id].name, run, role=role) for role, (id, run) in enumerate(runs.items())]
    with left:
        parts.drawn(current.key, "std", "Size of the signal", partial(signal.std_by_depth, drawn, theme=look))
    with right:
        parts.drawn(
            current.key, "cosine", "How alike two samples are", partial(signal.cosine_by_depth, drawn, theme=look)
        )
    table = [
        {
            "data": PREPARATIONS[id].name,
            "mean": say(float(x.mean())),
            "std": say(float(x.std())),
            "condition number": say(condition_number(x)),
            "std of h₁": say(runs[id].column("std")[1]),
            "cosine of two h₁": say(runs[id].column("cosine")[1]),
            "one sign, % of dL/dw₁": say(100 * runs[id].column("grad_w_same_sign")[1]),
            "what": PREPARATIONS[id].says,
        }
        for id, x in rows.items()
    ]
    shown.table(lambda: pd.DataFrame(table).to_csv(index=False))
    st.dataframe(pd.DataFrame(table), hide_index=True, height="content", key="effect", alt="Preparations and layers")
    st.caption("Directions in which the data do not vary at all are left out of the condition number.")


def _runs(experiment: Experiment, options: Mapping[str, Any], rows: Mapping[str, FloatArray]) -> dict[str, Propagation]:
    prepare()

    def work(progress: Progress) -> dict[str, Propagation]:
        runs = {}
        for number, (id, x) in enumerate(rows.items(), 1):
            runs[id] = layers_of_data(experiment, x)
            progress(number / len(rows))
        return runs

    key = experiment, *(options[name] for name in ("of", "mean", "scale", "correlation"))
    return answer("Preparing", key, work, gflop=WORK_GFLOP, mib=200.0)
