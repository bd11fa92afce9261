"""Initialization: does the signal survive?"""

from collections.abc import Sequence

import streamlit as st

from initviz.catalogue import Catalogue
from initviz.fields import Choice, Number, Switch
from initviz.figures import gradients, layers, signal
from initviz.figures.axes import AXES, FIXED
from initviz.figures.rows import QUANTITIES
from initviz.figures.runs import Run
from initviz.figures.theme import Theme
from initviz.measure.propagation import Bins, Propagation
from initviz.ui import layer_tables, parts, sentences
from initviz.ui.cache import diagnosed
from initviz.ui.page import open_page, theme
from initviz.ui.runs import COMPARISON, remark, runs_of, shapes, weight_density
from initviz.ui.state import Option, Visit

LIMITS = Catalogue("axis", [*AXES.values(), FIXED])
OF = Catalogue("quantity", [QUANTITIES["h"], QUANTITIES["z"]])
OPTIONS = {
    "view": Option(Choice("View", "How the distributions are drawn.", layers.VIEWS), "histograms"),
    "of": Option(Choice("Of", "Outputs h or pre-activations z.", OF), "h"),
    "axis": Option(Choice("Axis", "One for all layers, in decades, each its own, or fixed limits.", LIMITS), "own"),
    "low": Option(Number("from", "Lower end of the fixed axis.", -1000, 1000, 0.5), -1.0),
    "high": Option(Number("to", "Upper end of the fixed axis.", -1000, 1000, 0.5), 1.0),
    "bins": Option(Number("bins", "Of each histogram.", 10, 120, integer=True, marks=(10, 20, 30, 60, 90, 120)), 60),
    "layer": Option(Number("weights of layer", "Whose weights are shown.", 1, 100, integer=True), 1),
    "log": Option(Switch("log axis", "For the std by depth."), True),
} | COMPARISON
COLUMNS = ("layer", "mean", "std", "rms", "min", "max", "z_mean", "z_std", "saturated", "zero", "dead", "cosine")


@parts.cached_drawing
def draw(key: str, _current: Visit, _one: Propagation, _runs: Sequence[Run], _look: Theme) -> None:
    """Distributions, values by depth, the weights, the table."""
    chosen, experiment = _current.options, _current.experiment
    fixed = chosen["axis"] == "fixed" and chosen["low"] < chosen["high"]
    figure = layers.distributions(
        _one,
        view=chosen["view"],
        quantity=chosen["of"],
        axis=chosen["axis"],
        predicted=shapes(_current, _one, chosen["of"]),
        bins=Bins(chosen["bins"], chosen["low"], chosen["high"]) if fixed else Bins(chosen["bins"]),
        theme=_look,
    )
    parts.chart(figure, "distributions", f"{OF[chosen['of']].name}, layer by layer")
    remark(_current)
    layer = min(chosen["layer"], experiment.depth)
    left, right = st.columns(2, gap="medium")
    with left:
        parts.chart(signal.std_by_depth(_runs, log=chosen["log"], theme=_look), "std", "Std of h")
        parts.chart(signal.shares_by_depth(_runs, theme=_look), "shares", "Silent units")
        figure = gradients.weight_histogram(_one, layer, density=weight_density(_current, _one, layer), theme=_look)
        parts.chart(figure, "weights", f"Weights of layer {layer}")
    with right:
        parts.chart(signal.mean_by_depth(_runs, theme=_look), "mean", "Mean of h")
        parts.chart(signal.cosine_by_depth(_runs, theme=_look), "cosine", "Can it tell its inputs apart?")
        layer_tables.weight_numbers(experiment, _one, layer)
    layer_tables.layer_table(_one, COLUMNS)


current = open_page("initialization", OPTIONS)
chosen = current.options
verdict = st.container()
limits = ("low", "high") if chosen["axis"] == "fixed" else ()
parts.options_row(OPTIONS, "view", "of", "axis", folded=("theory", "seeds", *limits, "bins", "layer", "log"))
charts = st.container()
with charts.skeleton(height=700):
    with verdict:  # where a wait is seen
        propagation = parts.run(current.experiment)
        shown = runs_of(current, propagation)
        findings = diagnosed(current.experiment, propagation)
        sentences.sentence(sentences.first(findings, "forward", propagation))
    with charts:
        draw(current.key, current, propagation, shown, theme())
        layer_tables.download(propagation)
