"""The chain rule as a product: a calculator beside the factors of this very run."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from initviz.advice.trends import trend
from initviz.fields import Number
from initviz.figures.gradients import chain_product
from initviz.figures.theme import Theme
from initviz.measure.propagation import Propagation
from initviz.text import say, show
from initviz.ui import parts
from initviz.ui.state import Option, Visit

_FACTORS = (
    *(0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99),
    *(1, 1.01, 1.05, 1.1, 1.2, 1.5, 2, 3, 4, 5, 10, 20, 50, 100),
)

OPTIONS = {
    "factor": Option(
        Number("factor", "Per layer; 0.25 is the largest slope of the sigmoid.", 0, 100, marks=_FACTORS), 0.25
    ),
    "layers": Option(Number("layers", "How many factors are multiplied.", 1, 200, integer=True), 100),
}

STEPS = (4, 5, 10, 20, 100)
"""Numbers of layers in the small table, besides the chosen one."""


def calculator(options: Mapping[str, Option], current: Visit, propagation: Propagation, look: Theme) -> None:
    """factor^n for the chosen factor and for the mean factor of the run's own backward pass."""
    st.markdown("**The chain rule multiplies**")
    parts.options_row(options, "factor", "layers")
    _draw(current.about("factor", "layers"), current.options["factor"], current.options["layers"], propagation, look)


@parts.cached_drawing
def _draw(key: str, factor: float, count: int, _propagation: Propagation, _look: Theme) -> None:
    own, factors = trend(_propagation.column("grad_h_std")[1:][::-1]), {f"{factor:g} per layer": factor}
    if own.count > 1:  # one layer has no factor, and neither has a gradient that overflows at once
        factors[f"this run: {show(own.factor)} per layer"] = own.factor
    left, right = st.columns(2, gap="medium")
    with left:
        parts.chart(chain_product(factors, count, theme=_look), "chain", "Product of the factors")
    rows = [{"layers": n, **{name: say(one**n) for name, one in factors.items()}} for n in sorted({*STEPS, count})]
    right.dataframe(pd.DataFrame(rows), hide_index=True, key="products", alt="Products of factors")
    right.caption(
        "The gradient at the first layer is a product of one factor per layer. The slope alone (0.25 for the sigmoid)"
        " is not that factor: the weights multiply it too. After Nielsen (2015), Neural Networks and Deep Learning,"
        " chapter 5."
    )
