"""Initialization: does the signal survive?"""

from collections.abc import Sequence
from functools import partial

import streamlit as st
from plotly.graph_objects import Figure

from initviz.catalogue import Catalogue
from initviz.fields import Choice, Number, Switch
from initviz.figures import gradients, layers, signal
from initviz.figures.axes import AXES, FIXED
from initviz.figures.rows import QUANTITIES
from initviz.figures.runs import Run
from initviz.figures.theme import Theme
from initviz.measure.propagation import Bins, Propagation
from initviz.ui import layer_tables, multiples, parts, sentences
from initviz.ui.cache import diagnosed
from initviz.ui.page import open_page, theme
from initviz.ui.runs import COMPARISON, RUNS, remark, runs_of, shapes, weight_density
from initviz.ui.state import Option, Visit

LIMITS = Catalogue("axis", [*AXES.values(), FIXED])
OF = Catalogue("quantity", [QUANTITIES["h"], QUANTITIES["z"]])
OPTIONS = (
    {
        "view": Option(Choice("View", "How the distributions are drawn.", layers.VIEWS), "histograms"),
        "of": Option(Choice("Of", "Outputs h or pre-activations z.", OF), "h"),
        "axis": Option(Choice("Axis", "One for all layers, in decades, each its own, or fixed limits.", LIMITS), "own"),
        "low": Option(Number("from", "Lower end of the fixed axis.", -1000, 1000, 0.5), -1.0),
        "high": Option(Number("to", "Upper end of the fixed axis.", -1000, 1000, 0.5), 1.0),
        "bins": Option(
            Number("bins", "Of each histogram.", 10, 120, integer=True, marks=(10, 20, 30, 60, 90, 120)), 60
        ),
        "layer": Option(Number("weights of layer", "Whose weights are shown.", 1, 100, integer=True, until="depth"), 1),
        "log": Option(Switch("log axis", "For the std by depth."), True),
    }
    | multiples.OPTIONS
    | COMPARISON
)
COLUMNS = ("layer", "mean", "std", "rms", "min", "max", "z_mean", "z_std", "saturated", "zero", "dead", "cosine")


def draw(current: Visit, one: Propagation, runs: Sequence[Run], look: Theme) -> None:
    """Distributions, values by depth, the weights, the table; each is drawn again when what it follows from changes."""
    chosen, experiment = current.options, current.experiment
    of, axis, layer = chosen["of"], chosen["axis"], min(chosen["layer"], experiment.depth)
    fixed = axis == "fixed" and chosen["low"] < chosen["high"]
    limits = (chosen["low"], chosen["high"]) if fixed else ()
    how = {"view": chosen["view"], "quantity": of, "axis": axis, "bins": Bins(chosen["bins"], *limits), "theme": look}
    about = current.about("view", "of", "axis", "low", "high", "bins", "theory")

    def distributions() -> Figure:
        return layers.distributions(one, predicted=shapes(current, one, of), **how)

    def weights() -> Figure:
        return gradients.weight_histogram(one, layer, density=weight_density(current, one, layer), theme=look)

    parts.drawn(about, "distributions", f"{OF[of].name}, layer by layer", distributions)
    remark(current)
    about = current.about(*RUNS)
    left, right = st.columns(2, gap="medium")
    with left:
        std = partial(signal.std_by_depth, runs, log=chosen["log"], theme=look)
        parts.drawn(current.about(*RUNS, "log"), "std", "Std of h", std)
        variance = partial(signal.variance_by_depth, runs, log=chosen["log"], theme=look)
        parts.drawn(current.about(*RUNS, "log"), "variance", "Variance of h", variance)
        parts.drawn(about, "shares", "Silent units", partial(signal.shares_by_depth, runs, theme=look))
        parts.drawn(current.about("layer", "theory"), "weights", f"Weights of layer {layer}", weights)
    with right:
        parts.drawn(about, "mean", "Mean of h", partial(signal.mean_by_depth, runs, theme=look))
        likeness = partial(signal.cosine_by_depth, runs, theme=look)
        parts.drawn(about, "cosine", "Can it tell its inputs apart?", likeness)
        layer_tables.weight_numbers(experiment, one, layer)
    layer_tables.layer_table(current.about(), COLUMNS, one)


current = open_page("initialization", OPTIONS)
chosen = current.options
verdict = st.container()
limits = ("low", "high") if chosen["axis"] == "fixed" else ()
parts.options_row(OPTIONS, "view", "of", "axis", folded=("theory", "seeds", *limits, "bins", "layer", "log"))
charts = st.container()
with parts.waiting(charts, current, 700):
    with verdict:  # where a wait is seen
        propagation = parts.run(current.experiment)
        shown = runs_of(current, propagation)
        findings = diagnosed(current.experiment, propagation)
        sentences.sentence(sentences.first(findings, "forward", propagation))
    with charts:
        draw(current, propagation, shown, theme())
        multiples.panels(current, theme())
        layer_tables.download(propagation)
layer_tables.convolution(current.experiment)
