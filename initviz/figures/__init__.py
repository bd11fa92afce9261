"""Results as Plotly figures: pure functions, no Streamlit. Everything a page needs is named here."""

from initviz.figures.activation import curves, gallery
from initviz.figures.depth import FLOAT_LIMITS, ReferenceLine, Series, by_depth
from initviz.figures.gradients import (
    chain_product,
    factors_by_depth,
    gradient_by_depth,
    gradient_histograms,
    weight_histogram,
)
from initviz.figures.layers import VIEWS, distributions
from initviz.figures.rows import QUANTITIES
from initviz.figures.signal import cosine_by_depth, mean_by_depth, shares_by_depth, std_by_depth
from initviz.figures.theme import DARK, LIGHT, THEMES, Theme, alt_text

__all__ = [
    "DARK",
    "FLOAT_LIMITS",
    "LIGHT",
    "QUANTITIES",
    "THEMES",
    "VIEWS",
    "ReferenceLine",
    "Series",
    "Theme",
    "alt_text",
    "by_depth",
    "chain_product",
    "cosine_by_depth",
    "curves",
    "distributions",
    "factors_by_depth",
    "gallery",
    "gradient_by_depth",
    "gradient_histograms",
    "mean_by_depth",
    "shares_by_depth",
    "std_by_depth",
    "weight_histogram",
]
