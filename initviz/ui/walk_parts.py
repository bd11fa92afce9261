"""A control on its way through its values: computed once, then dragged in the browser."""

from functools import partial
from math import sqrt

import streamlit as st

from initviz.advice.phase_point import phase_point
from initviz.catalogue import Catalogue, InputError, Named
from initviz.fields import Choice
from initviz.figures.scrub import drawing
from initviz.figures.theme import Theme
from initviz.figures.walk import panels, said
from initviz.network.experiment import FIELDS, Experiment
from initviz.sweep.walk import Walk, walk, walk_cost, without_place
from initviz.text import show
from initviz.ui import parts
from initviz.ui.cache import prepare
from initviz.ui.pages import PAGES
from initviz.ui.scrubber import scrubber, taken
from initviz.ui.state import Option, Visit, load
from initviz.ui.waiting import answer, jobs, remembered

WALKS = Catalogue("control", [Named(name, FIELDS[name].label) for name in ("std", "gain", "alpha", "depth")])
OPTIONS = {"drag": Option(Choice("Drag", "The control that is moved; all others stay.", WALKS), "std")}

KEY = "walk"


def dragged(current: Visit, look: Theme) -> None:
    """The control, and the charts that follow it."""
    name, experiment = current.options["drag"], current.experiment
    with parts.refusals_told(experiment):
        walked = _walked(experiment, name)
    value = remembered(("own value", experiment, name), partial(_value, experiment, name))
    st.caption(_about(walked, value, experiment.initializer))
    start = walked.nearest(value)
    drawn = drawing(
        panels(walked, look),
        said(walked),
        name=FIELDS[name].label,
        start=start,
        theme=look,
        mark=None if walked.critical is None else (walked.critical, "▲ edge of chaos"),
        take="Use this value",
    )
    scrubber(drawn, KEY, partial(_take, experiment, walked))


def invitation(current: Visit) -> None:
    """A way here from other pages."""
    st.page_link(
        PAGES["phase_diagram"].path,
        label="Drag one control through the edge of chaos",
        icon=":material/swipe:",
        query_params=current.experiment.to_query() | {"show": "drag"},
    )


def _value(experiment: Experiment, name: str) -> float:
    """Where the experiment itself stands; of an initializer without a std of its own, what it gives layer 2."""
    if name == "std" and not experiment.uses(name):
        place = phase_point(experiment)
        return place.sigma_w / sqrt(experiment.width) if place else experiment.std
    return float(experiment.phi_alpha if name == "alpha" else getattr(experiment, name))


def _walked(experiment: Experiment, name: str) -> Walk:
    needed, same = walk_cost(experiment, name), without_place(experiment, name)
    prepare()
    mib = min(2 * needed.mib, jobs().largest_mib)  # the run on the edge waits while others are made
    return answer("Simulating", (same, name), lambda report: walk(same, name, report), gflop=needed.gflop, mib=mib)


def _about(walked: Walk, value: float, own: str) -> str:
    """What is walked through, and what is special on the way."""
    steps, name, one = walked.steps, FIELDS[walked.name].label, walked.steps[0].experiment
    told = f"{len(steps)} networks, {name} {steps[0].value:.3g} to {steps[-1].value:.3g}; measured once, drag at will."
    if walked.critical is not None:
        plain = one.norm.axis is None and not one.residual and not one.tied
        whose = "" if plain else " of the plain network, which this one is not"
        told += f" **The edge of chaos{whose} is at {steps[walked.critical].value:.4g}.**"
    if not steps[0].value <= value <= steps[-1].value:
        told += f" The experiment's own value, {show(value)}, lies beyond."
    if walked.name == "std" and one.initializer != own:
        told += f" Weights are drawn as {one.weights.name} here, which has a std of its own to move."
    return told


def _take(experiment: Experiment, walked: Walk) -> None:
    step = walked.steps[taken(KEY)]
    changed = {walked.name: step.value, "initializer": step.experiment.initializer}
    try:
        load(experiment.changed(**changed))
    except InputError as error:  # no value of the walk is refused by the whole experiment, but for its size
        st.error(str(error))
