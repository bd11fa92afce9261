"""Initialization: does the signal survive?"""

import streamlit as st

from initviz.catalogue import Catalogue, Named
from initviz.diagnosis import diagnose
from initviz.fields import Choice, Number, Switch
from initviz.figures import gradients, layers, signal
from initviz.figures.rows import QUANTITIES
from initviz.propagation import Bins
from initviz.ui import parts
from initviz.ui.page import PAGES, open_page, theme
from initviz.ui.state import Option
from initviz.ui.widgets import option

AXES = Catalogue("axis", [Named("own", "Own"), Named("shared", "Shared"), Named("fixed", "Fixed")])
OF = Catalogue("quantity", [QUANTITIES["h"], QUANTITIES["z"]])
OPTIONS = {
    "view": Option(Choice("View", "How the distributions are drawn.", layers.VIEWS), "histograms"),
    "of": Option(Choice("Of", "Outputs h or pre-activations z.", OF), "h"),
    "axis": Option(Choice("Axis", "Each layer's own, one for all, or fixed limits.", AXES), "own"),
    "low": Option(Number("from", "Lower end of the fixed axis.", -1000, 1000, 0.5), -1.0),
    "high": Option(Number("to", "Upper end of the fixed axis.", -1000, 1000, 0.5), 1.0),
    "bins": Option(Number("bins", "Of each histogram.", 10, 120, integer=True, marks=(10, 20, 30, 60, 90, 120)), 60),
    "log": Option(Switch("log axis", "For the std by depth."), True),
    "layer": Option(Number("weights of layer", "Whose weights are shown.", 1, 100, integer=True), 1),
} | parts.COMPARISON
COLUMNS = ("layer", "mean", "std", "rms", "min", "max", "z_mean", "z_std", "saturated", "zero", "dead", "cosine")

current = open_page("initialization", OPTIONS)
experiment, chosen, look = current.experiment, current.options, theme()
fixed = chosen["axis"] == "fixed" and chosen["low"] < chosen["high"]
bins = Bins(chosen["bins"], chosen["low"], chosen["high"]) if fixed else Bins(chosen["bins"])
parts.header(current, PAGES["initialization"].question)

verdict = st.container()
parts.options_row(OPTIONS, "view", "of", "axis", "theory")
parts.options_row(OPTIONS, *(("low", "high") if chosen["axis"] == "fixed" else ()), "bins", "seeds")
charts = st.container()
with charts.skeleton(height=700):
    propagation = parts.run(experiment, bins)
    run = parts.runs(experiment, propagation, chosen["seeds"])
    theory = parts.Theory(experiment, chosen["theory"])
    with verdict:
        parts.sentence(parts.first(diagnose(experiment, propagation), "forward"))
    with charts:
        figure = layers.distributions(
            propagation,
            view=chosen["view"],
            quantity=chosen["of"],
            shared_axis=chosen["axis"] != "own",
            predicted=theory.shapes(propagation, chosen["of"]),
            theme=look,
        )
        parts.chart(figure, "distributions", f"{OF[chosen['of']].name}, layer by layer")
        theory.remark()
        left, right = st.columns(2, gap="medium")
        with left:
            parts.chart(
                signal.std_by_depth(run, predicted=theory.lines("std"), log=chosen["log"], theme=look),
                "std",
                "Std of h",
            )
            option("log", OPTIONS)
            parts.chart(
                signal.shares_by_depth(run, predicted=theory.shares(), theme=look), "shares", "Saturated, zero and dead"
            )
        with right:
            parts.chart(signal.mean_by_depth(run, predicted=theory.lines("mean"), theme=look), "mean", "Mean of h")
            parts.chart(
                signal.cosine_by_depth(run, predicted=theory.lines("cosine"), theme=look),
                "cosine",
                "Can it tell its inputs apart?",
            )
        parts.weight_numbers(experiment, propagation, chosen["layer"])
        option("layer", OPTIONS)
        layer = min(chosen["layer"], experiment.depth)
        parts.chart(gradients.weight_histogram(propagation, layer, theme=look), "weights", f"Weights of layer {layer}")
        parts.layer_table(propagation, COLUMNS, "table")
