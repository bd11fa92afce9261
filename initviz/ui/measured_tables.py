"""What others and this machine have measured of the activations: published accuracy, time per element."""

from importlib.resources import files

import pandas as pd
import streamlit as st

from initviz.activations import ACTIVATIONS
from initviz.gaussian.properties import Cost, measured_costs
from initviz.text import show

LEARNT = {"swish_1": "Swish, β = 1", "swish": "Swish, β learnt", "prelu": "PReLU, slope learnt"}
"""Rows of the published table that are no entry of the catalogue, or were trained where ours stays as it is set."""


@st.cache_resource(max_entries=1, show_spinner="Measuring every activation on this machine")
def _costs() -> dict[str, Cost]:
    return measured_costs()


def costs() -> None:
    """Nanoseconds per element, measured on the machine that serves this page; measured again on request."""
    st.button("Measure again", icon=":material/timer:", on_click=_costs.clear, key="measure")
    measured = _costs()
    sigmoid, slowest = measured["sigmoid"], max(measured, key=lambda id: measured[id].ratio)
    st.markdown(
        f"exp() costs something, but how much? On this machine one ReLU takes **{show(measured['relu'].forward)} ns**"
        f" per element, one sigmoid **{show(sigmoid.ratio)} times** as much ({_spread(sigmoid)}); the slowest,"
        f" {ACTIVATIONS[slowest].name}, {show(measured[slowest].ratio)} times ({_spread(measured[slowest])})."
    )
    rows = [
        {
            "function": ACTIVATIONS[id].name,
            "forward, ns": cost.forward,
            "backward, ns": cost.backward,
            "forward, ReLU = 1": cost.ratio,
            "smallest": cost.ratio_low,
            "largest": cost.ratio_high,
        }
        for id, cost in sorted(measured.items(), key=lambda item: item[1].ratio)
    ]
    columns = {name: st.column_config.NumberColumn(name, format="%.2f") for name in rows[0] if name != "function"}
    table = pd.DataFrame(rows)
    st.dataframe(table, hide_index=True, column_config=columns, height="content", key="costs", alt="Measured cost")
    st.caption(
        "Per element, NumPy on one layer of 100 x 500 in float32. Processor time, so that other work on the machine"
        " does not count; median, smallest and largest of the ten quietest of thirty rounds."
    )


def _spread(cost: Cost) -> str:
    return f"{show(cost.ratio_low)} to {show(cost.ratio_high)}"


def accuracy() -> None:
    """Published CIFAR-10 test accuracy by activation and architecture."""
    with (files("initviz") / "data" / "cifar10_accuracy.csv").open() as source:
        table = pd.read_csv(source)
    names = {id: LEARNT.get(id) or ACTIVATIONS[id].name for id in table["activation"]}
    table = table.assign(activation=table["activation"].map(names)).rename(columns={"activation": "function"})
    values = table.iloc[:, 1:].to_numpy()
    best = {name: list(table["function"][table[name] == table[name].max()]) for name in table.columns[1:]}
    st.markdown(
        "Does the choice matter in a trained network? CIFAR-10 test accuracy in per cent: "
        + "; ".join(f"best on {name}: **{_all_of(functions)}**" for name, functions in best.items())
        + f". Between best and worst lie {show(float(values.max() - values.min()))} points over the whole table."
    )
    columns = {name: st.column_config.NumberColumn(f"{name}, %", format="%.1f") for name in best}
    alt = "CIFAR-10 accuracy by activation"
    st.dataframe(table, hide_index=True, column_config=columns, height="content", key="accuracy", alt=alt)
    st.caption(
        "Source: Ramachandran, Zoph & Le (2017), Searching for activation functions, arXiv:1710.05941, as printed in"
        " the lecture. All these functions can be chosen on the left; what was learnt in training stays there as"
        " you set it."
    )


def _all_of(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last} (a tie)" if others else last
