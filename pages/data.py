"""Data: what should be done to data before a network sees them?"""

import streamlit as st

from initviz.catalogue import Catalogue, Named
from initviz.fields import Choice, Number
from initviz.ui import data_parts, data_splits, parts
from initviz.ui.page import open_page, theme
from initviz.ui.state import Option

VIEWS = Catalogue(
    "view",
    [
        Named("prepared", "Prepared"),
        Named("means", "Mean image"),
        Named("splits", "Splits"),
        Named("leaks", "Leaks"),
    ],
)
SOURCES = Catalogue("data", [Named("cloud", "A cloud"), Named("digits", "Digits")])
OPTIONS = {
    "show": Option(Choice("Show", "What the page shows.", VIEWS), "prepared"),
    "of": Option(Choice("Of", "A cloud of two features, or the handwritten digits.", SOURCES), "cloud"),
    "mean": Option(Number("mean", "Of both features.", -4, 4, 0.5), 2.0),
    "scale": Option(Number("scale", "Std of the second feature; the first has 1.", 0.1, 2, 0.1), 0.4),
    "correlation": Option(Number("correlation", "Of the two features.", -0.95, 0.95, 0.05), 0.8),
    "n": Option(Number("examples", "To be split.", 50, 100_000_000, integer=True, typed=True), 60_000),
}

current, look = open_page("data", OPTIONS), theme()
match current.options["show"]:
    case "means":
        parts.options_row(OPTIONS, "show")
        data_splits.means(current, look)
    case "splits":
        parts.options_row(OPTIONS, "show", "n")
        data_splits.splits(current, look)
    case "leaks":
        parts.options_row(OPTIONS, "show")
        data_splits.leaks()
    case _:
        shape = ("mean", "scale", "correlation") if current.options["of"] == "cloud" else ()
        parts.options_row(OPTIONS, "show", "of", *shape)
        charts = st.container()
        with parts.waiting(charts, current, 700), charts, parts.refusals_told(current.experiment):
            rows = data_parts.rows_of(current.options)
            data_parts.drawn_panels(current, rows, look)
            data_parts.effect(current, rows, look)
