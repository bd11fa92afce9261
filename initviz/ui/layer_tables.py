"""Numbers on a page: the table of the layers, its download, the weights of one layer."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from initviz.measure.propagation import Propagation
from initviz.network.columns import COLUMNS, Column
from initviz.network.experiment import Experiment
from initviz.text import say
from initviz.ui.glossary import explained
from initviz.ui.parts import cached_drawing


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


@cached_drawing
def layer_table(about: str, columns: Sequence[str], _propagation: Propagation) -> None:
    """One row per layer of the propagation that `about` names, with the named columns; shares in per cent."""
    said = pd.DataFrame({name: _said(_propagation, COLUMNS[name]) for name in columns})
    heads = {name: _head(COLUMNS[name]) for name in columns}
    st.dataframe(said, hide_index=True, column_config=heads, key="table", alt="One row per layer")


def _said(propagation: Propagation, column: Column) -> list[str]:
    scale = 100 if column.unit == "share" else 1
    return [say(scale * value) for value in propagation.column(column.id)]


def _head(column: Column) -> Any:
    unit = ", %" if column.unit == "share" else ""
    return st.column_config.TextColumn(column.name + unit, help=explained(column.id, column.meaning), alignment="right")


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


def convolution(experiment: Experiment) -> None:
    """fan_in of a convolution's kernel, and what the initializer's law makes of it: only dense layers are simulated."""
    with st.expander("Only dense layers are simulated: the fan_in of a convolution"):
        kernel = int(st.number_input("kernel size k", 1, 31, 3, key="kernel"))
        channels = int(st.number_input("channels C that come in, and go out", 1, 4096, 64, key="channels"))
        fan_in = kernel * kernel * channels
        variance = experiment.weights.variance(fan_in, fan_in, experiment.settings)
        law = "no law" if variance is None else f"Var W = {say(variance)}, std {say(variance**0.5)}"
        st.markdown(f"fan_in = k · k · C = **{fan_in}**; {experiment.weights.name}: {law}.")
