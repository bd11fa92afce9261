"""The charts of the Gradient flow page."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st
from plotly.graph_objects import Figure

from initviz.figures import gradients, layers, learning, signal
from initviz.figures.labels import ReferenceLine
from initviz.figures.rows import QUANTITIES
from initviz.figures.runs import Run
from initviz.figures.theme import Theme
from initviz.learn.one_unit import GOAL, descent
from initviz.measure.propagation import Propagation
from initviz.network.experiment import Experiment
from initviz.ui import layer_tables, multiples, parts, pin
from initviz.ui.inside import About, formats_of, singular_of
from initviz.ui.inside import draw as draw_inside
from initviz.ui.runs import RUNS, pinned_run, prediction_of, remark
from initviz.ui.state import Visit

COLUMNS = ("layer", "grad_h_std", "grad_z_std", "grad_w_std", "grad_w_norm", "grad_w_ratio", "zero", "dead")
PATHS = {"inputs of both signs": 0.0, "inputs all positive": 1.0}
"""What is drawn of two weights -> the mean of their inputs."""


def draw(current: Visit, one: Propagation, runs: Sequence[Run], look: Theme) -> None:
    """Sizes and factors by depth, distributions of sizes, what that means for learning, silent units, the table; each
    drawn again when what it follows from changes."""
    chosen, about = current.options, current.about(*RUNS)

    def by_depth(key: str, title: str, figure: Callable[..., Figure], **more: Any) -> None:
        parts.drawn(about, key, title, partial(figure, runs, theme=look, **more))

    left, right = st.columns(2, gap="medium")
    with left:
        by_depth("gradient", "Size of the gradient", gradients.gradient_by_depth)
    with right:
        by_depth("factors", "Factor per layer", gradients.factors_by_depth, marks=marks(current.experiment))
    remark(current)
    how = {name: chosen[option] for name, option in (("view", "view"), ("quantity", "of"), ("axis", "axis"))}
    sizes, title = (
        partial(layers.distributions, one, **how, theme=look, beside=pinned_run(current)),
        QUANTITIES[chosen["of"]].name,
    )
    parts.drawn(current.about("view", "of", "axis", pin.NAME), "sizes", f"{title}, layer by layer", sizes)
    multiples.panels(current, look, chosen["of"])
    left, right = st.columns(2, gap="medium")
    with left:
        by_depth("ratio", "Update against weight, and dL/dh", learning.ratio_by_depth)
        by_depth("signs", "All weights of a unit move one way", learning.same_sign_by_depth)
    with right:
        by_depth("distinct", "Units that learn their own", learning.distinct_by_depth)
        parts.drawn(about, "paths", "What one sign does to two weights", partial(paths, look))
    by_depth("shares", "Silent units", signal.shares_by_depth)
    layer_tables.layer_table(current.about(), COLUMNS, one)


def inside(current: Visit, look: Theme) -> None:
    """Number formats or singular values, computed where they are asked for."""
    one = current.experiment
    about = About(one.spec().layers, prediction_of(current), look)
    draw_inside(current.options["inside"], lambda: formats_of(one), lambda: singular_of(one), about)


def paths(look: Theme) -> Figure:
    """Two weights that learn from inputs of both signs, and of one."""
    return learning.paths({name: descent(mean) for name, mean in PATHS.items()}, GOAL, theme=look)


def marks(experiment: Experiment) -> list[ReferenceLine]:
    """The factor that ReLU has where it meets weights of variance 1/fan_in (S3-31)."""
    fan_in, width = experiment.width, experiment.width
    variance = experiment.weights.variance(fan_in, width, experiment.settings)
    if experiment.activation != "relu" or variance is None or abs(variance * fan_in - 1) > 1e-9:
        return []
    return [ReferenceLine(2**-0.5, "1/√2: ReLU halves the power")]
