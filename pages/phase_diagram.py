"""Phase diagram: where is the edge?"""

import streamlit as st

from initviz.advice.phase_point import SIGMA_B, SIGMA_W
from initviz.catalogue import Catalogue, Named
from initviz.fields import Choice, Number
from initviz.figures import gradients, signal
from initviz.figures.pairs import DIRECTIONS
from initviz.figures.phase import COLOURINGS
from initviz.ui import parts, phase_parts
from initviz.ui.page import open_page, theme
from initviz.ui.runs import COMPARISON, remark, runs_of
from initviz.ui.state import Option

VIEWS = Catalogue("view", [Named("map", "Map of one activation"), Named("pairs", "All pairs")])
W = Number("σ_w", "Std of the weights times √fan_in.", SIGMA_W[0], SIGMA_W[-1], marks=tuple(SIGMA_W.tolist()))
B = Number("σ_b", "Std of the biases.", SIGMA_B[0], SIGMA_B[-1], marks=tuple(SIGMA_B.tolist()))
OPTIONS = {
    "show": Option(Choice("Show", "What the page shows.", VIEWS), "map"),
    "colour": Option(Choice("Colour", "What the colour of the map means.", COLOURINGS), "chi"),
    "of": Option(Choice("Growth of", "What the table tells of every layer.", DIRECTIONS), "forward"),
    "sigma_w": Option(W, 1.0),
    "sigma_b": Option(B, 0.0),
} | COMPARISON

current = open_page("phase_diagram", OPTIONS)
experiment, chosen, look = current.experiment, current.options, theme()

verdict = st.container()
if chosen["show"] == "pairs":
    parts.options_row(OPTIONS, "show", "of")
    with st.skeleton(height=850), parts.refusals_told(experiment):
        phase_parts.pairs(experiment, chosen["of"], look, verdict)
else:
    parts.options_row(OPTIONS, "show", "colour")
    with st.skeleton(height=600), parts.refusals_told(experiment):
        phase_parts.phase_sentence(experiment, verdict)
        phase_parts.phase_map(experiment, chosen, OPTIONS, look)
    parts.options_row(OPTIONS, "theory", "seeds")
    charts = st.container()
    with charts.skeleton(height=400):
        with verdict:  # where a wait is seen
            shown = runs_of(current, parts.run(experiment))
        with charts:
            left, right = st.columns(2, gap="medium")
            with left:
                parts.chart(signal.std_by_depth(shown, theme=look), "std", "Size of the signal")
            with right:
                parts.chart(gradients.gradient_by_depth(shown, theme=look), "gradient", "Size of the gradient")
            remark(current)
