"""Initialization: does the signal survive?"""

import streamlit as st

from initviz.catalogue import Catalogue, Named
from initviz.diagnosis import diagnose
from initviz.fields import Choice, Number
from initviz.figures import layers as figures
from initviz.propagation import Bins
from initviz.ui import parts
from initviz.ui.page import PAGES, open_page, theme
from initviz.ui.state import Option
from initviz.ui.widgets import option

AXES = Catalogue(
    "axis",
    [
        Named("own", "Own axis"),
        Named("shared", "Shared"),
        Named("fixed", "-1..1, 30 bins"),
    ],
)
QUANTITIES = Catalogue("quantity", [Named("h", "h, after"), Named("z", "z, before")])
OPTIONS = {
    "view": Option(Choice("View", "How the distributions are drawn.", figures.VIEWS), "histograms"),
    "of": Option(Choice("Of", "Outputs h or pre-activations z.", QUANTITIES), "h"),
    "axis": Option(Choice("Axis", "Each layer's own, one for all, or the lecture's fixed one.", AXES), "own"),
    "layer": Option(Number("weights of layer", "Whose weights are shown below.", 1, 100, integer=True), 1),
}
COLUMNS = ("layer", "mean", "std", "rms", "min", "max", "z_mean", "z_std", "saturated", "zero", "dead", "cosine")

current = open_page("initialization", OPTIONS)
experiment, chosen = current.experiment, current.options
parts.header(current, PAGES["initialization"].question)
