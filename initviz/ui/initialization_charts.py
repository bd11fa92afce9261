"""The charts of the Initialization page."""

from collections.abc import Sequence
from functools import partial

import streamlit as st
from plotly.graph_objects import Figure

from initviz.catalogue import Catalogue, Named
from initviz.figures import gradients, layers, signal
from initviz.figures.rows import QUANTITIES
from initviz.figures.runs import Run
from initviz.figures.theme import Theme
from initviz.measure.propagation import Bins, Propagation
from initviz.ui import layer_tables, multiples, parts, pin
from initviz.ui.runs import RUNS, pinned_run, remark, shapes, weight_density
from initviz.ui.state import Visit

OF = Catalogue("quantity", [Named(id, id) for id in ("h", "z")])
COLUMNS = ("layer", "mean", "std", "rms", "min", "max", "z_mean", "z_std", "saturated", "zero", "dead", "cosine")


def draw(current: Visit, one: Propagation, runs: Sequence[Run], look: Theme) -> None:
    """Distributions, values by depth, the weights, the table; each is drawn again when what it follows from changes."""
    chosen, experiment = current.options, current.experiment
    of, axis, layer = chosen["of"], chosen["axis"], min(chosen["layer"], experiment.depth)
    fixed = axis == "fixed" and chosen["low"] < chosen["high"]
    limits = (chosen["low"], chosen["high"]) if fixed else ()
    how = {"view": chosen["view"], "quantity": of, "axis": axis, "bins": Bins(chosen["bins"], *limits), "theme": look}
    how["beside"] = pinned_run(current)
    about = current.about("view", "of", "axis", "low", "high", "bins", "theory", pin.NAME)

    def distributions() -> Figure:
        return layers.distributions(one, predicted=shapes(current, one, of), **how)

    def weights() -> Figure:
        return gradients.weight_histogram(one, layer, density=weight_density(current, one, layer), theme=look)

    parts.drawn(about, "distributions", f"{QUANTITIES[of].name}, layer by layer", distributions)
    remark(current)
    multiples.panels(current, look, of)
    _by_depth(current, runs, look)
    left, right = st.columns(2, gap="medium")
    with left:
        parts.drawn(current.about("layer", "theory"), "weights", f"Weights of layer {layer}", weights)
        layer_tables.weight_numbers(experiment, one, layer)
    with right:
        silent = partial(signal.shares_by_depth, runs, theme=look)
        parts.drawn(current.about(*RUNS), "shares", "Silent units", silent)
    layer_tables.layer_table(current.about(), COLUMNS, one)


def _by_depth(current: Visit, runs: Sequence[Run], look: Theme) -> None:
    about, scaled = current.about(*RUNS), current.about(*RUNS, "log")
    size = {"log": current.options["log"], "theme": look}
    left, right = st.columns(2, gap="medium")
    with left:
        parts.drawn(scaled, "std", "Std of h", partial(signal.std_by_depth, runs, **size))
        parts.drawn(scaled, "variance", "Variance of h", partial(signal.variance_by_depth, runs, **size))
    with right:
        parts.drawn(about, "mean", "Mean of h", partial(signal.mean_by_depth, runs, theme=look))
        likeness = partial(signal.cosine_by_depth, runs, theme=look)
        parts.drawn(about, "cosine", "Can it tell its inputs apart?", likeness)
