"""The tables of the Activations page: properties, point probe, measured cost, published accuracy."""

from collections.abc import Sequence
from importlib.resources import files
from math import isfinite

import numpy as np
import pandas as pd
import streamlit as st

from initviz.activations import ACTIVATIONS, Activation
from initviz.gaussian.moments import Gains, critical_point, gains, has_moments
from initviz.gaussian.properties import Cost, measured_costs, properties
from initviz.measure.propagation import Layer
from initviz.network.experiment import Experiment
from initviz.text import percent, show


def slope_sentence(experiment: Experiment, layer: Layer) -> str:
    """What the activation does to signal and gradient in this layer, with this run's numbers."""
    if layer.z is None or layer.grad_z is None or not layer.grad_h.rms:
        return ""
    branch = experiment.residual or 1.0
    kept = layer.grad_z.rms / (branch * layer.grad_h.rms)
    return (
        f"In layer {layer.layer} z has std **{show(layer.z.std)}**; {experiment.phi.name} lets **{percent(kept)}** of"
        f" the gradient through there (root mean square of the slope), {percent(layer.saturated)} of its outputs are"
        f" saturated and {percent(layer.zero)} are zero."
    )


def probe(items: Sequence[tuple[Activation, float]], points: Sequence[float]) -> None:
    """Value and slope of each function at each point."""
    x = np.array(sorted(set(points)))
    rows = [
        {"function": activation.name, "x": at, "phi(x)": value, "phi'(x)": slope}
        for activation, alpha in items
        for at, value, slope in zip(x, activation.phi(x, alpha), activation.dphi(x, alpha), strict=True)
    ]
    small = {name: st.column_config.NumberColumn(name, format="%.4g") for name in ("x", "phi(x)", "phi'(x)")}
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=small, key="probe", alt="Value and slope at points")
    st.caption(
        "At a kink the slope follows PyTorch: ReLU has slope 0 at 0. ABReLU and maxout are shown by one input's curve."
    )


def properties_table() -> None:
    """Formula, range, slopes, boundedness, centre, monotony, source: one row per function, all computed."""
    rows = []
    for activation in ACTIVATIONS.values():
        t = properties(activation)
        rows.append(
            {
                "function": activation.name,
                "formula": f"${activation.latex}$",
                "range": _range(t.low, t.high),
                "slope": _range(t.slope_low, t.slope_high),
                "bounded": _yes(t.bounded),
                "zero-centred": _yes(t.zero_centred),
                "monotone": _yes(t.monotone),
                "source": activation.source,
            }
        )
    st.table(pd.DataFrame(rows).set_index("function"))


def gain_table() -> None:
    """Gains that keep signal or gradient, PyTorch's beside them, and the critical point: one row per function."""
    rows = []
    for activation in filter(has_moments, ACTIVATIONS.values()):
        all_three, point = gains(activation), critical_point(activation)
        rows.append(
            {
                "function": activation.name,
                "keeps the signal": show(all_three.forward),
                "keeps the gradient": show(all_three.backward),
                "PyTorch": "–" if all_three.pytorch is None else show(all_three.pytorch),
                "PyTorch keeps": _kept_by_pytorch(all_three),
                "critical σ_w²": "–" if point.sigma_w2 is None else f"{point.sigma_w2:.4g}",
                "critical σ_b²": "–" if point.sigma_b2 is None else f"{point.sigma_b2:.4g}",
                "kind": point.kind,
            }
        )
    st.table(pd.DataFrame(rows).set_index("function"))
    st.caption(
        "Gains multiply weights of std 1/√fan_in. Signal: 1/√(E φ²), gradient: 1/√(E φ'²), both for z of variance 1;"
        " PyTorch: `torch.nn.init.calculate_gain`. At the critical point neither shrinks nor grows at any depth."
    )


def _kept_by_pytorch(all_three: Gains) -> str:
    """What PyTorch's gain keeps, to one per cent; where it differs from both, how much of each a layer leaves."""
    if all_three.pytorch is None:
        return "has none"
    kept = {"signal": all_three.pytorch / all_three.forward, "gradient": all_three.pytorch / all_three.backward}
    held = [name for name, factor in kept.items() if abs(factor - 1) < 0.01]
    return " and ".join(held) or ", ".join(f"{name} × {show(factor)}" for name, factor in kept.items())


def _range(low: float, high: float) -> str:
    left = f"[{show(low)}" if isfinite(low) else "(-∞"
    return f"{left}, {show(high)}]" if isfinite(high) else f"{left}, ∞)"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


@st.cache_resource(max_entries=1, show_spinner="Measuring every activation on this machine")
def _costs() -> dict[str, Cost]:
    return measured_costs()


def costs() -> None:
    """Nanoseconds per element, measured on the machine that serves this page."""
    measured = _costs()
    base = measured["relu"]
    slowest = max(measured, key=lambda id: measured[id].forward)
    st.markdown(
        f"exp() costs something, but how much? On this machine one ReLU takes **{show(base.forward)} ns** per element,"
        f" one sigmoid **{show(measured['sigmoid'].forward / base.forward)} times** as much; the slowest,"
        f" {ACTIVATIONS[slowest].name}, {show(measured[slowest].forward / base.forward)} times."
    )
    rows = [
        {
            "function": ACTIVATIONS[id].name,
            "forward, ns per element": cost.forward,
            "backward, ns per element": cost.backward,
            "forward, ReLU = 1": cost.forward / base.forward,
        }
        for id, cost in sorted(measured.items(), key=lambda item: item[1].forward)
    ]
    columns = {name: st.column_config.NumberColumn(name, format="%.2f") for name in rows[0] if name != "function"}
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=columns, key="costs", alt="Measured cost")
    st.caption("NumPy on one layer of 100 x 500 in float32, the best of five runs, measured when first asked for.")


def accuracy() -> None:
    """Published CIFAR-10 test accuracy by activation and architecture."""
    with (files("initviz") / "data" / "cifar10_accuracy.csv").open() as source:
        table = pd.read_csv(source).rename(columns={"activation": "function"})
    values = table.iloc[:, 1:].to_numpy()
    spread = float(values.max() - values.min())
    best = {name: table["function"].iloc[int(table[name].argmax())] for name in table.columns[1:]}
    st.markdown(
        "Does the choice matter in a trained network? CIFAR-10 test accuracy in percent: "
        + ", ".join(f"{name} is best with **{function}**" for name, function in best.items())
        + f"; between best and worst lie {show(spread)} points over the whole table."
    )
    st.dataframe(table, hide_index=True, key="accuracy", alt="CIFAR-10 accuracy by activation")
    st.caption(
        "Source: Ramachandran, Zoph & Le (2017), Searching for activation functions, arXiv:1710.05941, as printed"
        " in the lecture. swish_1 has beta fixed at 1, swish learns it. All of them can be chosen on the left."
    )
