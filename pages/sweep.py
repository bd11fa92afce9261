"""Sweep: how does it depend on the choices?"""

import streamlit as st

from initviz.sweep.memory import Swept
from initviz.ui import model_parts, parts, shown, sweep_opened, sweep_parts
from initviz.ui.page import open_page, theme
from initviz.ui.sweep_options import OPTIONS, axes_row, grid_of
from initviz.ui.sweep_ready import ready_box

current = open_page("sweep", OPTIONS | sweep_opened.OPTIONS)
sweep_opened.source_box()
with model_parts.refusals_told():
    opened = sweep_opened.opened(current)
    finished = opened and sweep_opened.cut(current, opened)
if finished is None:
    ready_box(current)
    parts.options_row(OPTIONS, "down", "across", "seeds")
    axes_row(current)
parts.options_row(OPTIONS, "measure", "shown", "place")
with parts.refusals_told(current.experiment):
    grid = finished.grid if finished else grid_of(current)
verdict = st.container()
drawing = sweep_parts.Drawing(current, grid, theme())
board = st.empty()


def draw(swept: Swept, key: str) -> None:
    """In place of what was drawn of it before."""
    with board.container():
        drawing.heat(swept, key)


with verdict, parts.refusals_told(current.experiment):
    swept = finished or sweep_parts.measured(grid, draw)
draw(swept, sweep_parts.HEAT)
shown.table(lambda: swept.to_frame().to_csv(index=False))
with verdict:
    sweep_parts.told(drawing, swept)
drawing.choose(grid)
drawing.lines(swept)
