"""The page about frameworks: what their defaults do to this experiment, layer by layer what they are, two traps."""

from math import isnan

import pandas as pd
import streamlit as st

from initviz.advice.trends import Trend, gradient_sizes, signal_sizes, trend
from initviz.export.defaults import DEFAULTS, DENSE, LOOKALIKES, SEEDS, VERSIONS, Default
from initviz.figures import gradients, signal
from initviz.figures.runs import Run
from initviz.figures.theme import Theme
from initviz.frameworks import FRAMEWORKS
from initviz.measure.propagation import Propagation
from initviz.network.experiment import DEFAULTS as FIELD_DEFAULTS
from initviz.network.experiment import Experiment
from initviz.text import changed, say
from initviz.ui import parts
from initviz.ui.cache import predicted
from initviz.ui.state import Visit, load


def with_default(experiment: Experiment, framework: str) -> Experiment:
    """The experiment as this framework would start it: its dense layer's own weights and biases."""
    plain = {name: FIELD_DEFAULTS[name] for name in ("gain", "bias_std", "tied")}
    return experiment.changed(initializer=DENSE[framework], **plain)


def dense(framework: str) -> Default:
    """What this framework does to a dense layer."""
    return next(one for one in DEFAULTS if (one.framework, one.layer) == (framework, "Dense"))


def trends(experiment: Experiment) -> tuple[Trend, Trend] | None:
    """What becomes of signal and gradient on their way, as predicted; None where nothing is."""
    prediction = predicted(experiment)
    return None if prediction.reason else (trend(signal_sizes(prediction)), trend(gradient_sizes(prediction)))


def sentence(current: Visit) -> str:
    """What the default of the framework in use makes of this network; PyTorch's where that is NumPy, which has none."""
    framework = current.options["framework"] if current.options["framework"] in DENSE else "torch"
    own = with_default(current.experiment, framework)
    start = f"**A dense layer of {FRAMEWORKS[framework].name} starts with {dense(framework).law}.**"
    found = trends(own)
    if found is None:
        return f"{start} What becomes of this network with it cannot be predicted: {predicted(own).reason}"
    forward, backward = (changed(one.whole) for one in found)
    way = f"from layer 1 to layer {own.depth}"
    return (
        f"{start} With {own.phi.name}, the signal should {forward} {way}, and the gradient {backward} on its way back."
    )


def cards(experiment: Experiment) -> None:
    """Framework by framework: the law, what it makes of this network, and a button that loads it."""
    for column, framework in zip(st.columns(len(DENSE), gap="medium"), DENSE, strict=True):
        own, default = with_default(experiment, framework), dense(framework)
        with column.container(border=True):
            st.markdown(f"**{FRAMEWORKS[framework].name}** · `{default.code}`  \n{default.law}")
            st.markdown(_numbers(own))
            loaded = own == experiment
            st.button(
                "This is loaded" if loaded else "Load it",
                on_click=load,
                args=(own,),
                disabled=loaded,
                key=f"load-{framework}",
            )


def _numbers(experiment: Experiment) -> str:
    variance = experiment.weights.variance(experiment.width, experiment.width, experiment.settings) or 0.0
    lines = [f"variance x n: **{say(variance * experiment.width)}**"]
    for name, found in zip(("signal", "gradient"), trends(experiment) or (), strict=False):
        whole = f", {say(found.whole)} in all" if not isnan(found.whole) else ""
        lines.append(f"{name}: **x {say(found.factor)}** a layer{whole}")
    return "  \n".join(lines if len(lines) > 1 else [*lines, "no prediction"])


def charts(current: Visit, propagation: Propagation, look: Theme) -> None:
    """This network as it is, and as each framework would start it."""
    alike: dict[tuple[float, ...], list[str]] = {}  # two laws of one variance are one line
    for framework in DENSE:
        sizes = predicted(with_default(current.experiment, framework)).column("std")
        alike.setdefault(tuple(sizes), []).append(framework)
    runs = [Run("this network, measured", propagation)]
    for role, frameworks in enumerate(alike.values(), 1):
        prediction = predicted(with_default(current.experiment, frameworks[0]))
        if not prediction.reason:
            names = " and ".join(FRAMEWORKS[framework].name for framework in frameworks)
            runs.append(Run(f"{names} default", prediction, "proposed", role=role))
    left, right = st.columns(2, gap="medium")
    with left:
        parts.chart(signal.std_by_depth(runs, theme=look), "std", "Size of the signal")
    with right:
        parts.chart(gradients.gradient_by_depth(runs, compact=True, theme=look), "gradient", "Size of the gradient")


def defaults_table(width: int) -> None:
    """Every layer in every framework, with its std for layers as wide as those of the experiment."""
    st.header("Layer by layer", divider="gray", anchor=False)
    kinds = list(dict.fromkeys(one.layer for one in DEFAULTS))
    told = {(one.framework, one.layer): f"{one.law}; std {say(one.std(width, width))}" for one in DEFAULTS}
    rows = [{"layer": kind} | {FRAMEWORKS[id].name: told.get((id, kind), "–") for id in DENSE} for kind in kinds]
    st.table(pd.DataFrame(rows).set_index("layer"))
    st.caption(f"n inputs, m units; the std is for n = m = {width}. Measured: " + _versions() + ".")
    notes = [
        f"- **{FRAMEWORKS[one.framework].name}**, `{one.code}.{one.tensor}`: {one.note}" for one in DEFAULTS if one.note
    ]
    st.markdown("\n".join(notes))


def _versions() -> str:
    return ", ".join(f"{FRAMEWORKS[id].name.split(' ')[0]} {version}" for id, version in VERSIONS.items())


def lookalikes() -> None:
    """What has one name and is not the same."""
    st.header("One name, different things", divider="gray", anchor=False)
    heads = {id: FRAMEWORKS[id].name for id in DENSE}
    rows = [
        {"name": one.name, **{head: getattr(one, id) for id, head in heads.items()}, "why it matters": one.matter}
        for one in LOOKALIKES
    ]
    st.table(pd.DataFrame(rows).set_index("name"))


def seeds(experiment: Experiment) -> None:
    """Code that draws every layer alike, code that does not, and what the first does to this network."""
    st.header("The same seed for every layer", divider="gray", anchor=False)
    st.markdown(
        "Reproducible and wrong: all layers hold the same matrix, and the gradients that theory takes for independent"
        " are not. Nothing warns of it."
    )
    for trap in SEEDS:
        st.markdown(f"**{FRAMEWORKS[trap.framework].name}.** {trap.why}")
        left, right = st.columns(2, gap="medium")
        left.caption(":material/close: the same matrix in every layer")
        left.code(trap.wrong, language="python", wrap_lines=True)
        right.caption(":material/check: a matrix of its own for each")
        right.code(trap.right, language="python", wrap_lines=True)
    label = "Load this network with its own matrices" if experiment.tied else "Load this network with one matrix"
    st.button(label, on_click=load, args=(experiment.changed(tied=not experiment.tied),), key="load-tied")
