"""Phase diagram: where is the edge?"""

import streamlit as st

from initviz.catalogue import Catalogue, Named
from initviz.fields import Choice
from initviz.figures import gradients, signal
from initviz.figures.pairs import DIRECTIONS
from initviz.figures.phase import COLOURINGS
from initviz.ui import pair_parts, parts, phase_parts, walk_parts
from initviz.ui.page import open_page, theme
from initviz.ui.runs import COMPARISON, remark, runs_of
from initviz.ui.state import Option

VIEWS = Catalogue(
    "view", [Named("map", "Map of one activation"), Named("drag", "Drag through the edge"), Named("pairs", "All pairs")]
)
OPTIONS = (
    {
        "show": Option(Choice("Show", "What the page shows.", VIEWS), "map"),
        "colour": Option(Choice("Colour", "What the colour of the map means.", COLOURINGS), "chi"),
        "of": Option(Choice("Growth of", "What the table tells of every layer.", DIRECTIONS), "forward"),
    }
    | walk_parts.OPTIONS
    | COMPARISON
)

current = open_page("phase_diagram", OPTIONS)
experiment, chosen, look = current.experiment, current.options, theme()

verdict = st.container()
if chosen["show"] == "pairs":
    parts.options_row(OPTIONS, "show", "of")
    with parts.waiting(st.container(), current, 850), parts.refusals_told(experiment):
        pair_parts.pairs(experiment, chosen["of"], look, verdict)
elif chosen["show"] == "drag":
    parts.options_row(OPTIONS, "show", "drag")
    with parts.waiting(st.container(), current, 420):
        walk_parts.dragged(current, look)
else:
    parts.options_row(OPTIONS, "show", "colour")
    with parts.waiting(st.container(), current, 600), parts.refusals_told(experiment):
        phase_parts.phase_sentence(experiment, verdict)
        phase_parts.phase_map(current, chosen["colour"], look)
    parts.options_row(OPTIONS, "theory", "seeds")
    charts = st.container()
    with parts.waiting(charts, current, 400):
        with verdict:  # where a wait is seen
            shown = runs_of(current, parts.run(experiment))
        with charts:
            left, right = st.columns(2, gap="medium")
            with left:
                parts.chart(signal.std_by_depth(shown, theme=look), "std", "Size of the signal")
            with right:
                parts.chart(gradients.gradient_by_depth(shown, theme=look), "gradient", "Size of the gradient")
            remark(current)
