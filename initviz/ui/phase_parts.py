"""The map of the Phase diagram page, and what choosing a point on it does."""

from functools import partial
from math import sqrt

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from initviz.activations import ACTIVATIONS
from initviz.advice.phase_point import SIGMA_B, SIGMA_W, PhasePoint, edge_at, moved, phase_point, place_sentence
from initviz.catalogue import InputError
from initviz.fields import Number
from initviz.figures.phase import phase_diagram
from initviz.figures.theme import Theme
from initviz.gaussian.moments import CriticalPoint, critical_point, edge_of_chaos
from initviz.network.experiment import Experiment
from initviz.ui import parts, pin
from initviz.ui.cache import mapped
from initviz.ui.state import Visit, load, put
from initviz.ui.waiting import remembered
from initviz.ui.widgets import OPTION_WIDTH, stops

W = Number("σ_w", "Std of the weights times √fan_in.", SIGMA_W[0], SIGMA_W[-1], marks=tuple(SIGMA_W.tolist()))
B = Number("σ_b", "Std of the biases.", SIGMA_B[0], SIGMA_B[-1], marks=tuple(SIGMA_B.tolist()))

SLIDERS = "sigma-w", "sigma-b"
"""Keys of the sliders that show the experiment's point, and move it."""


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


def _at(experiment: Experiment) -> tuple[float, float] | None:
    place = _place(experiment)
    return (place.sigma_w, place.sigma_b) if place else None


def phase_map(current: Visit, colour: str, look: Theme) -> None:
    """The map, with A's place where A has the same activation, and the controls that choose a point without a mouse."""
    experiment, held = current.experiment, pin.pinned(current)
    activation, alpha = experiment.phi, experiment.phi_alpha
    here, point = _at(experiment), critical_point(activation, alpha)
    there = _at(held) if held and (held.phi, held.phi_alpha) == (activation, alpha) else None
    shown = activation.id, alpha, here, there, colour, look
    figure = remembered(("map's figure", *shown), partial(_map_figure, *shown))
    parts.chart(
        figure,
        "map",
        f"Phase diagram of {activation.name}",
        on_choose=parts.when_clicked(partial(_load_point, experiment)),
    )
    st.caption(f"**{_kind(point)}** {point.note}")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for spec, widget, value in zip((W, B), SLIDERS, here or (1.0, 0.0), strict=True):
            put(widget, float(f"{value:.3g}"))
            with st.container(width=OPTION_WIDTH):
                ticks = stops(widget, spec)
                st.select_slider(
                    spec.label, ticks, key=widget, help=spec.help, on_change=_load_sliders, args=(experiment,)
                )
        if point.sigma_w2 is not None and point.sigma_b2 is not None:
            _load_button("Load the star", experiment, point.sigma_w2**0.5, point.sigma_b2**0.5, "load-star")
    st.caption(_what_loading_does(experiment))


def _map_figure(
    activation: str,
    alpha: float,
    here: tuple[float, float] | None,
    pinned: tuple[float, float] | None,
    colouring: str,
    look: Theme,
) -> go.Figure:
    edge, point = edge_of_chaos(ACTIVATIONS[activation], alpha), critical_point(ACTIVATIONS[activation], alpha)
    return phase_diagram(
        mapped(activation, alpha), edge, point, here=here, pinned=pinned, colouring=colouring, theme=look
    )


def _kind(point: CriticalPoint) -> str:
    known = point.sigma_w2 is not None and point.sigma_b2 is not None
    words = {"critical": "Critical point.", "edge of chaos": "No critical point, but an edge of chaos."}
    return words[point.kind] if known else "No critical point."


def _load_button(label: str, experiment: Experiment, sigma_w: float, sigma_b: float, key: str) -> None:
    try:
        st.button(label, on_click=load, args=(moved(experiment, sigma_w, sigma_b),), key=key)
    except InputError as error:  # a point that no slider reaches
        st.button(label, disabled=True, help=str(error), key=key)


def _load_sliders(experiment: Experiment) -> None:
    load(moved(experiment, *(st.session_state[widget] for widget in SLIDERS)))


def _load_point(experiment: Experiment) -> None:
    points = st.session_state["map"].selection.points
    if points:
        load(moved(experiment, float(points[0]["x"]), float(points[0]["y"])))


def _what_loading_does(experiment: Experiment) -> str:
    said = (
        "With a mouse, click on the map to load the point; the sliders do the same and show where you are: normal"
        f" weights with std = σ_w/√{experiment.width}, biases with std σ_b, all other settings as they are."
    )
    features = experiment.source.features(experiment.width)
    if features != experiment.width:
        share = sqrt(features / experiment.width)
        said += f" The first layer has {features} inputs, so its own σ_w is then {share:.3g} of that."
    return said
