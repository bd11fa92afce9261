"""Training: does it matter?"""

import streamlit as st

from initviz.learn.settings import TRAINING_FIELDS, Training
from initviz.network.budget import Budget
from initviz.ui import parts, starts, training_asides, training_charts, training_controls
from initviz.ui.live import TICK, Live, live
from initviz.ui.page import open_page, theme
from initviz.ui.state import Visit
from initviz.ui.training_controls import FOLDED, OPTIONS, SHOWN


def watch(training: Live, current: Visit) -> None:
    """What is drawn again and again while the training runs."""
    training_controls.work(training, current.options["speed"])
    view, look = training.view, theme()
    assert view is not None
    training_charts.sentences(view)
    training_charts.curves(view, look)
    training_charts.layers(view, current.options["follow"], look)


current = open_page("training", OPTIONS)
settings = Training(**{name: current.options[name] for name in TRAINING_FIELDS})
lesson = training_controls.lessons(current)
parts.options_row(OPTIONS, *SHOWN, folded=FOLDED, title="More")
training = live(starts.starts_of(current, settings), current.options["seeds"])
with parts.refusals_told(current.experiment):
    Budget.from_environment().check(current.experiment)
    training.prepare()
buttons = st.container()
st.fragment(watch, run_every=TICK if training.on else None)(training, current)
with buttons:
    training_controls.controls(training)
if training.view is not None and not training.on:
    training_charts.details(training.view, current.options["follow"], theme())
    if len(training.starts) > 1:
        parts.options_row(OPTIONS, "reach")
        training_controls.race(training.view, current.options["reach"])
    training_controls.take_away(training, training.view)
training_asides.two_weights(current, lesson, theme())
if not training.on:
    training_asides.coordinates(current.experiment, settings)
starts.box(current, settings)
