"""The tables of the Activations page: properties, gains, point probe."""

from collections.abc import Sequence
from math import isfinite

import numpy as np
import pandas as pd
import streamlit as st

from initviz.activations import ACTIVATIONS, Activation
from initviz.gaussian.moments import Gains, critical_point, gains, has_moments
from initviz.gaussian.properties import properties
from initviz.measure.propagation import Layer
from initviz.text import percent, show


def rule_of_thumb(layer: Layer) -> str:
    """The articles' rule, beside the share of dead units that it turns on."""
    return (
        "Rule of thumb: sigmoid where outputs are probabilities, ReLU first in hidden layers, Leaky ReLU where units"
        f" die. In layer {layer.layer} of this network **{percent(layer.dead)}** of the units are dead."
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
        "At a kink the slope follows PyTorch: ReLU has slope 0 at 0. ABReLU and maxout are shown by one input's curve;"
        " [ABReLU's mean and its derivative](glossary#abrelu)."
    )


def properties_table() -> None:
    """Formula, range, slopes, boundedness, centre, monotony: one row per function, all computed."""
    rows = []
    for activation in ACTIVATIONS.values():
        t = properties(activation)
        rows.append(
            {
                "function": activation.name,
                "formula": f"${activation.latex}\\;$",  # room for the last letter's slant, or the cell would scroll
                "range": _range(t.low, t.high),
                "slope": _range(t.slope_low, t.slope_high),
                "bounded": _yes(t.bounded),
                "zero-centred": _yes(t.zero_centred),
                "monotone": _yes(t.monotone),
            }
        )
    st.table(pd.DataFrame(rows).set_index("function"))
    st.caption("Sources: " + "; ".join(f"{one.name}: {one.source}" for one in ACTIVATIONS.values()) + ".")


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
                "PyTorch's keeps": _kept_by_pytorch(all_three),
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
        return "–"
    kept = {"signal": all_three.pytorch / all_three.forward, "gradient": all_three.pytorch / all_three.backward}
    held = [name for name, factor in kept.items() if abs(factor - 1) < 0.01]
    return " and ".join(held) or ", ".join(f"{name} × {show(factor)}" for name, factor in kept.items())


def _range(low: float, high: float) -> str:
    left = f"[{show(low)}" if isfinite(low) else "(-∞"
    return f"{left}, {show(high)}]" if isfinite(high) else f"{left}, ∞)"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
