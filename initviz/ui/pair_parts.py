"""The table of all pairs on the Phase diagram page, and what choosing a cell does."""

from functools import partial
from math import log

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from initviz.figures.pairs import pair_table
from initviz.figures.theme import Theme
from initviz.network.experiment import Experiment
from initviz.text import show
from initviz.theory.phase import PairGrowth
from initviz.ui import parts
from initviz.ui.cache import growth_of_pairs
from initviz.ui.state import load
from initviz.ui.waiting import remembered

COLUMNS_ON_A_PHONE = 8
"""Initializers side by side in one chart: their numbers can still be read on a phone."""

KEPT = 0.05
"""A size that changes by less a layer counts as kept: over ten layers it stays within a factor of 1.6."""


def pairs(experiment: Experiment, direction: str, look: Theme, verdict: DeltaGenerator) -> None:
    """Growth under all pairs in one table, or on a phone in several below each other."""
    pair = experiment.activation, experiment.initializer
    with verdict:  # where a wait is seen
        asked = _without_pair(experiment)
        growth = growth_of_pairs(asked)
        st.info(_pair_sentence(growth, experiment), icon=":material/my_location:")
    every = growth.initializers
    size = COLUMNS_ON_A_PHONE if parts.on_a_phone() else len(every)
    charts = [every[first : first + size] for first in range(0, len(every), size)]
    for number, column in enumerate(st.columns(len(charts), gap="xxsmall")):
        key = f"pairs-{number}"
        with column:
            shown = direction, charts[number], pair, look
            figure = remembered(("pairs", asked, *shown), partial(_pairs_figure, growth, *shown))
            callback = parts.when_clicked(partial(_load_pair, experiment, key))
            part = f", {number + 1} of {len(charts)}" if len(charts) > 1 else ""
            parts.chart(figure, key, f"Factor per layer{part}", on_choose=callback)
    st.caption(
        "Blue shrinks, orange grows, no colour keeps. With a mouse, click on a cell to load the pair; the boxes"
        " Activation and Initializer at the side do the same. Predicted for the depth, width, inputs, std, gain and"
        " biases of this experiment."
    )


def _pairs_figure(
    growth: PairGrowth, direction: str, initializers: tuple[str, ...], pair: tuple[str, str], look: Theme
) -> go.Figure:
    return pair_table(growth, direction, initializers, here=pair, theme=look)


def _without_pair(experiment: Experiment) -> Experiment:
    """One key for all that have the same table. Only an alpha that was set ties it to an activation."""
    activation = {"activation": "tanh"} if experiment.alpha is None else {}
    return experiment.changed(initializer="random_normal", **activation)


def _load_pair(experiment: Experiment, key: str) -> None:
    points = st.session_state[key].selection.points
    if points:
        activation, initializer = points[0]["customdata"]
        load(experiment.changed(activation=activation, initializer=initializer))


def _pair_sentence(growth: PairGrowth, experiment: Experiment) -> str:
    pair = growth.activations.index(experiment.activation), growth.initializers.index(experiment.initializer)
    forward, backward = growth.forward[pair], growth.backward[pair]
    with np.errstate(divide="ignore"):
        kept = [np.abs(np.log(sizes)) < log(1 + KEPT) for sizes in (growth.forward, growth.backward)]
    said = f"**{experiment.phi.name} with {experiment.weights.name}** "
    if np.isnan(forward):
        said += f"has no prediction: {experiment.weights.unpredictable}. "
    else:
        said += f"multiplies the signal by {show(forward)} and the gradient by {show(backward)} per layer. "
    return said + (
        f"{(kept[0] & kept[1]).sum()} of {np.isfinite(growth.forward).sum()} predicted pairs keep both within"
        f" {100 * KEPT:g} % a layer."
    )
