"""Pieces that several pages share: the run of an experiment, its verdict, charts, tables, sharing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from initviz.advice.diagnosis import settled
from initviz.advice.findings import Direction, Finding, Severity, every, is_healthy
from initviz.advice.fix import Fix
from initviz.catalogue import InputError
from initviz.figures.theme import alt_text
from initviz.measure.propagation import Propagation
from initviz.network.budget import OverBudget
from initviz.network.experiment import Experiment
from initviz.network.inputs import MissingData
from initviz.text import say
from initviz.ui.cache import simulated
from initviz.ui.state import Option, load
from initviz.ui.widgets import option

_ICONS: dict[Severity, str] = {
    "bad": ":material/error:",
    "warning": ":material/warning:",
    "note": ":material/info:",
    "good": ":material/check_circle:",
}
_BOXES = {"bad": st.error, "warning": st.warning, "note": st.info, "good": st.success}


REPLAYS = 256
"""Pictures of pages that are kept, some 50 kB each."""

cached_drawing = st.cache_data(max_entries=REPLAYS, show_spinner=False)
"""Decorator: what the function draws is kept under its first argument and sent again as it is. Drawing takes several
times as long as everything else of a rerun, and a class follows one experiment. Arguments that begin with an underscore
must follow from the first; no widgets inside."""


@contextmanager
def refusals_told(experiment: Experiment) -> Iterator[None]:
    """Where the experiment cannot run, say why and what to do, and stop the page there."""
    try:
        yield
    except OverBudget as error:
        st.error(str(error), icon=":material/weight:")
        st.button("Use the size that fits", type="primary", on_click=load, args=(error.fit,), key="fit")
        st.stop()
    except MissingData as error:
        st.error(str(error), icon=":material/folder_off:")
        st.button("Use Gaussian inputs", on_click=load, args=(experiment.changed(inputs="gaussian"),), key="gaussian")
        st.stop()
    except InputError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


def run(experiment: Experiment) -> Propagation:
    """The simulated experiment, or the page ends with why there is none."""
    with refusals_told(experiment):
        return simulated(experiment)


def first(findings: Sequence[Finding], direction: Direction, propagation: Propagation) -> Finding:
    """The gravest finding about one direction, or what can be said where it has none."""
    for finding in every(findings):
        if finding.direction in (direction, "both") and finding.severity != "note":
            return finding
    return settled(direction, propagation)


def options_row(
    options: Mapping[str, Option], *names: str, folded: Sequence[str] = (), title: str = "Theory, ensemble, more"
) -> None:
    """Controls of the page's own options side by side, the rarer ones folded away; on a phone one below the other."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for name in names:
            option(name, options)
        if folded:
            with st.popover(title, icon=":material/tune:"):
                for name in folded:
                    option(name, options)


def weight_numbers(experiment: Experiment, propagation: Propagation, layer: int) -> None:
    """Variance, std and fan_in of one layer's weights: what the law says and what was drawn."""
    weights = propagation.layers[min(layer, experiment.depth)].weights
    if weights is None:
        return
    exact = experiment.weights.variance(weights.fan_in, experiment.width, experiment.settings)
    law = "no law: deterministic, or fitted to the data" if exact is None else f"{say(exact)} by the law"
    st.markdown(
        f"**{experiment.weights.name}**: ${experiment.weights.latex}$ with fan_in {weights.fan_in}, fan_out"
        f" {experiment.width}: Var W = {say(weights.std**2)} drawn, {law}; std {say(weights.std)}."
    )
    st.caption(f"Source: {experiment.weights.source}.")


def sentence(finding: Finding) -> None:
    """One finding as a coloured line with its sign."""
    _BOXES[finding.severity](finding.sentence, icon=_ICONS[finding.severity])


def remedy(fix: Fix | None, findings: Sequence[Finding]) -> None:
    """The proposed fix with its predicted numbers, and the button that applies it; nothing for a healthy network."""
    if fix is None or is_healthy(findings):
        return
    promise = "Fix" if fix.complete else "No full cure is known for this shape; the best found"
    text, button = st.columns([5, 1], vertical_alignment="center")
    text.markdown(f":material/healing: **{promise}:** {fix.sentence}")
    button.button("Apply the fix", type="primary", on_click=load, args=(fix.experiment,), key="apply", width="stretch")


def more(findings: Sequence[Finding]) -> None:
    """What follows from the main finding, then the others, one line each with their own consequences below."""
    lines = []
    for number, finding in enumerate(findings):
        if number:
            lines.append(f"{_ICONS[finding.severity]} **{finding.title}.** {finding.sentence}")
        elif finding.consequences:
            lines.append("What follows from it:")
        lines += [f"- **{one.title}.** {one.sentence}" for one in every(finding.consequences)]
    if lines:
        st.markdown("\n\n".join(lines))


def chart(
    figure: go.Figure,
    key: str,
    title: str,
    height: int | None = None,
    on_choose: Callable[[], None] | Literal["ignore"] = "ignore",
) -> None:
    """A figure under its title, as wide as its column, with its own picture button and no upload.

    on_choose: callback for a click on a point, which is in st.session_state[key] then.
    """
    st.markdown(f"**{title}**")
    st.plotly_chart(
        figure,
        height=height or "content",
        theme=None,
        key=key,
        on_select=on_choose,
        selection_mode="points",
        alt=alt_text(figure),
        config={
            "displaylogo": False,
            "showSendToCloud": False,
            "modeBarButtonsToRemove": ["zoom2d", "pan2d", "select2d", "lasso2d", "autoScale2d"],
            "toImageButtonOptions": {"format": "svg", "filename": f"initviz-{key}"},
        },
    )


def layer_table(propagation: Propagation, columns: Sequence[str]) -> None:
    """One row per layer with the named columns."""
    said = pd.DataFrame({name: [say(value) for value in propagation.column(name)] for name in columns})
    right = {name: st.column_config.TextColumn(name.replace("_", " "), alignment="right") for name in columns}
    st.dataframe(said, hide_index=True, column_config=right, key="table", alt="One row per layer")


def download(propagation: Propagation) -> None:
    """The whole table, every column, as CSV."""
    st.download_button(
        "All columns as CSV",
        lambda: propagation.to_frame().to_csv(index=False),
        "initviz-layers.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="csv",
    )
