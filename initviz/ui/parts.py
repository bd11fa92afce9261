"""Pieces that several pages share: the run of an experiment, its verdict, charts, tables, sharing."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import streamlit as st

from initviz.catalogue import InputError
from initviz.diagnosis import Direction, Finding, Severity, is_healthy, settled
from initviz.experiment import Experiment, OverBudget
from initviz.figures.theme import alt_text
from initviz.propagation import Bins, Propagation
from initviz.remedy import Fix
from initviz.ui.cache import simulated
from initviz.ui.page import share_link
from initviz.ui.state import Option, Visit, load
from initviz.ui.widgets import option
from initviz.wording import show

_ICONS: dict[Severity, str] = {
    "bad": ":material/error:",
    "warning": ":material/warning:",
    "note": ":material/info:",
    "good": ":material/check_circle:",
}
_BOXES = {"bad": st.error, "warning": st.warning, "note": st.info, "good": st.success}


def header(current: Visit, title: str) -> None:
    """Title, the experiment in one line, and the ways to take it along."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.subheader(title, anchor=False, width="stretch")
        with st.popover("Share", icon=":material/link:"):
            st.caption("This link reproduces the page exactly.")
            st.code(share_link(current), language=None, wrap_lines=True)
    st.caption(current.experiment.summary())


def run(experiment: Experiment, bins: Bins | None = None) -> Propagation:
    """The simulated experiment; where it cannot run, say why and what to do, and stop the page there."""
    try:
        return simulated(experiment, bins)
    except OverBudget as error:
        st.error(str(error), icon=":material/weight:")
        st.button("Use the size that fits", type="primary", on_click=load, args=(error.fit,), key="fit")
    except InputError as error:
        st.error(str(error), icon=":material/error:")
        st.button("Use Gaussian inputs", on_click=load, args=(experiment.changed(inputs="gaussian"),), key="gaussian")
    return st.stop()


def first(findings: Sequence[Finding], direction: Direction) -> Finding:
    """The gravest finding about one direction, or what can be said where it has none."""
    for finding in findings:
        if finding.direction in (direction, "both") and finding.severity != "note":
            return finding
    return settled(direction)


def options_row(options: Mapping[str, Option], *names: Sequence[str]) -> None:
    """Controls of the page's own options side by side; on a phone one below the other."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for group in names:
            for name in group:
                option(name, options)


def weight_numbers(experiment: Experiment, propagation: Propagation, layer: int) -> None:
    """Variance, std and fan_in of one layer's weights: what the law says and what was drawn."""
    weights = propagation.layers[min(layer, experiment.depth)].weights
    if weights is None:
        return
    exact = experiment.weights.variance(weights.fan_in, experiment.width, experiment.settings)
    law = "no law: deterministic, or fitted to the data" if exact is None else f"{show(exact)} by the law"
    st.markdown(
        f"**{experiment.weights.name}**: ${experiment.weights.latex}$ with fan_in {weights.fan_in}, fan_out"
        f" {experiment.width}: Var W = {show(weights.std**2)} drawn, {law}; std {show(weights.std)}."
        f" {experiment.weights.source}."
    )


def sentence(finding: Finding) -> None:
    """One finding as a coloured line with its sign."""
    _BOXES[finding.severity](finding.sentence, icon=_ICONS[finding.severity])


def remedy(fix: Fix | None, findings: Sequence[Finding]) -> None:
    """The proposed fix with its predicted numbers, and the button that applies it; nothing for a healthy network."""
    if fix is None or is_healthy(findings):
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        promise = "Fix" if fix.complete else "No full cure is known for this shape; the best found"
        st.markdown(f":material/healing: **{promise}:** {fix.sentence}", width="stretch")
        st.button("Apply the fix", type="primary", on_click=load, args=(fix.experiment,), key="apply")


def more(findings: Sequence[Finding]) -> None:
    """The findings beside the main one, folded to one line each."""
    for finding in findings:
        st.markdown(f"{_ICONS[finding.severity]} **{finding.title}.** {finding.sentence}")


def chart(figure: go.Figure, key: str, title: str, height: int | None = None) -> None:
    """A figure under its title, as wide as its column, with its own picture button and no upload."""
    st.markdown(f"**{title}**")
    st.plotly_chart(
        figure,
        height=height or "content",
        theme=None,
        key=key,
        alt=alt_text(figure),
        config={
            "displaylogo": False,
            "showSendToCloud": False,
            "toImageButtonOptions": {"format": "svg", "filename": f"initviz-{key}"},
        },
    )


def layer_table(propagation: Propagation, columns: Sequence[str], key: str) -> None:
    """One row per layer with the named columns, and the whole table as CSV."""
    frame = propagation.to_frame()
    small = {
        name: st.column_config.NumberColumn(name.replace("_", " "), format="%.3g")
        for name in columns
        if name != "layer"
    }
    st.dataframe(frame[list(columns)], hide_index=True, column_config=small, key=key, alt="One row per layer")
    st.download_button(
        "All columns as CSV",
        lambda: frame.to_csv(index=False),
        "initviz-layers.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=f"{key}-csv",
    )
