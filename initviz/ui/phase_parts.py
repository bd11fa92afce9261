"""The parts of the Phase diagram page: the map and the table of pairs, and what choosing a point or a cell does."""

from collections.abc import Callable, Mapping
from functools import partial
from math import log, sqrt
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from initviz.activations import ACTIVATIONS
from initviz.advice.phase_point import PhasePoint, edge_at, moved, phase_point, place_sentence
from initviz.catalogue import InputError
from initviz.figures.pairs import pair_table
from initviz.figures.phase import phase_diagram
from initviz.figures.theme import Theme
from initviz.gaussian.moments import CriticalPoint, critical_point, edge_of_chaos
from initviz.network.experiment import Experiment
from initviz.theory.phase import PairGrowth
from initviz.ui import parts
from initviz.ui.cache import growth_of_pairs, mapped
from initviz.ui.state import Option, load
from initviz.ui.waiting import remembered
from initviz.ui.widgets import option

COLUMNS_A_CHART = 8
"""Initializers side by side in one chart: their numbers can still be read on a phone."""

KEPT = 0.05
"""A size that changes by less a layer counts as kept: over ten layers it stays within a factor of 1.6."""


def _when_clicked(callback: Callable[[], None]) -> Callable[[], None] | Literal["ignore"]:
    """The callback for a click on a chart, but not on phones: a chart that takes clicks also keeps the finger from
    scrolling the page, and its cells are too small for it."""
    phone = "Mobi" in st.context.headers.get("User-Agent", "")
    return "ignore" if phone else callback


# --- the map -------------------------------------------------------------------------------------------------------


def phase_sentence(experiment: Experiment, verdict: DeltaGenerator) -> None:
    """Where this experiment stands."""
    place = _place(experiment)
    edge = None
    if place:
        key = "edge", experiment.activation, experiment.phi_alpha, place.sigma_b
        edge = remembered(key, partial(edge_at, experiment.phi, experiment.phi_alpha, place.sigma_b))
    verdict.info(place_sentence(experiment, place, edge), icon=":material/my_location:")


def _place(experiment: Experiment) -> PhasePoint | None:
    return remembered(("phase point", experiment), partial(phase_point, experiment))


def phase_map(experiment: Experiment, chosen: Mapping[str, Any], options: Mapping[str, Option], look: Theme) -> None:
    """The map, its critical point in words, and the controls that choose a point without a mouse."""
    activation, alpha = experiment.phi, experiment.phi_alpha
    place, point = _place(experiment), critical_point(activation, alpha)
    here = (place.sigma_w, place.sigma_b) if place else None
    shown = activation.id, alpha, here, chosen["colour"], look
    figure = remembered(("map's figure", *shown), partial(_map_figure, *shown))
    parts.chart(
        figure,
        "map",
        f"Phase diagram of {activation.name}",
        on_choose=_when_clicked(partial(_load_point, experiment)),
    )
    st.caption(f"**{_kind(point)}** {point.note}")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        option("sigma_w", options)
        option("sigma_b", options)
        _load_button("Load this point", experiment, chosen["sigma_w"], chosen["sigma_b"], "load-point")
        if point.sigma_w2 is not None and point.sigma_b2 is not None:
            _load_button("Load the star", experiment, point.sigma_w2**0.5, point.sigma_b2**0.5, "load-star")
    st.caption(_what_loading_does(experiment))


def _map_figure(
    activation: str, alpha: float, here: tuple[float, float] | None, colouring: str, look: Theme
) -> go.Figure:
    edge, point = edge_of_chaos(ACTIVATIONS[activation], alpha), critical_point(ACTIVATIONS[activation], alpha)
    return phase_diagram(mapped(activation, alpha), edge, point, here=here, colouring=colouring, theme=look)


def _kind(point: CriticalPoint) -> str:
    known = point.sigma_w2 is not None and point.sigma_b2 is not None
    words = {"critical": "Critical point.", "edge of chaos": "No critical point, but an edge of chaos."}
    return words[point.kind] if known else "No critical point."


def _load_button(label: str, experiment: Experiment, sigma_w: float, sigma_b: float, key: str) -> None:
    try:
        st.button(label, on_click=load, args=(moved(experiment, sigma_w, sigma_b),), key=key)
    except InputError as error:  # a point that no slider reaches
        st.button(label, disabled=True, help=str(error), key=key)


def _load_point(experiment: Experiment) -> None:
    points = st.session_state["map"].selection.points
    if points:
        load(moved(experiment, float(points[0]["x"]), float(points[0]["y"])))


def _what_loading_does(experiment: Experiment) -> str:
    said = (
        "With a mouse, click on the map to load the point; sliders and button do the same: normal weights with std ="
        f" σ_w/√{experiment.width}, biases with std σ_b, all other settings as they are."
    )
    features = experiment.source.features(experiment.width)
    if features != experiment.width:
        share = sqrt(features / experiment.width)
        said += f" The first layer has {features} inputs, so its own σ_w is then {share:.3g} of that."
    return said


# --- the pairs -----------------------------------------------------------------------------------------------------


def pairs(experiment: Experiment, direction: str, look: Theme, verdict: DeltaGenerator) -> None:
    """Growth under all pairs in charts that stand side by side, or on a phone below each other."""
    pair = experiment.activation, experiment.initializer
    with verdict:  # where a wait is seen
        asked = _without_pair(experiment)
        growth = growth_of_pairs(asked)
        st.info(_pair_sentence(growth, experiment), icon=":material/my_location:")
    every = growth.initializers
    charts = [every[first : first + COLUMNS_A_CHART] for first in range(0, len(every), COLUMNS_A_CHART)]
    for number, column in enumerate(st.columns(len(charts), gap="xxsmall")):
        key = f"pairs-{number}"
        with column:
            shown = direction, charts[number], pair, look
            figure = remembered(("pairs", asked, *shown), partial(_pairs_figure, growth, *shown))
            callback = _when_clicked(partial(_load_pair, experiment, key))
            parts.chart(figure, key, f"Factor per layer, {number + 1} of {len(charts)}", on_choose=callback)
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
        said += f"multiplies the signal by {forward:.3g} and the gradient by {backward:.3g} per layer. "
    return said + (
        f"{(kept[0] & kept[1]).sum()} of {np.isfinite(growth.forward).sum()} predicted pairs keep both within"
        f" {KEPT:.0%} a layer."
    )
