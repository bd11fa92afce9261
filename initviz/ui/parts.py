"""Pieces that several pages share: the run of an experiment or why there is none, options, charts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Literal, ParamSpec

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from initviz.catalogue import InputError
from initviz.figures.theme import alt_text
from initviz.measure.propagation import Propagation
from initviz.network.budget import OverBudget
from initviz.network.experiment import Experiment
from initviz.network.inputs import MissingData
from initviz.ui import shown
from initviz.ui.cache import simulated
from initviz.ui.state import Option, Visit, load
from initviz.ui.widgets import option

P = ParamSpec("P")

REPLAYS = 512
"""Charts and tables that are kept, some 15 kB each."""


def cached_drawing(draw: Callable[P, None]) -> Callable[P, None]:
    """Decorator: what the function draws is kept under its first argument and sent again as it is. Drawing takes
    several times as long as everything else of a rerun, and a class follows one experiment. Arguments that begin with
    an underscore must follow from the first; no widgets inside. Charts to be taken home are always drawn."""
    replayed = st.cache_data(max_entries=REPLAYS, show_spinner=False)(draw)

    @wraps(draw)
    def drawing(*args: P.args, **kwargs: P.kwargs) -> None:
        (draw if shown.noting() else replayed)(*args, **kwargs)

    return drawing


def weight() -> Literal["primary", "secondary"]:
    """Of the button that a page asks for: white on the dark theme's light accent could not be read."""
    return "secondary" if st.context.theme.type == "dark" else "primary"


def on_a_phone() -> bool:
    """Whether the visitor's browser says that it is one of a phone."""
    return "Mobi" in st.context.headers.get("User-Agent", "")


def when_clicked(callback: Callable[[], None]) -> Callable[[], None] | Literal["ignore"]:
    """The callback for a click on a chart, but not on phones: a chart that takes clicks also keeps the finger from
    scrolling the page, and its cells are too small for it."""
    return "ignore" if on_a_phone() else callback


def waiting(place: DeltaGenerator, current: Visit, height: int) -> AbstractContextManager[object]:
    """While this lasts, `place` shows a skeleton on the first run of a page, and the last picture on later ones."""
    return place.skeleton(height=height) if current.first else nullcontext()


@contextmanager
def refusals_told(experiment: Experiment) -> Iterator[None]:
    """Where the experiment cannot run, say why and what to do, and stop the page there."""
    try:
        yield
    except OverBudget as error:
        st.error(str(error), icon=":material/weight:")
        st.button("Use the size that fits", type=weight(), on_click=load, args=(error.fit,), key="fit")
        st.stop()
    except MissingData as error:
        st.error(str(error), icon=":material/folder_off:")
        st.button("Use Gaussian inputs", on_click=load, args=(experiment.changed(inputs="gaussian"),), key="gaussian")
        st.stop()
    except InputError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()


def run(experiment: Experiment) -> Propagation:
    """The simulated experiment, or the page ends with why there is none."""
    with refusals_told(experiment):
        propagation = simulated(experiment)
    shown.table(lambda: propagation.to_frame().to_csv(index=False))
    return propagation


def options_row(options: Mapping[str, Option], *names: str, folded: Sequence[str] = (), title: str = "More") -> None:
    """Controls of the page's own options side by side, the rarer ones folded away; on a phone one below the other."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small" if on_a_phone() else "medium"):
        for name in names:
            option(name, options)
        if folded:
            with st.popover(title, icon=":material/tune:"):
                for name in folded:
                    option(name, options)


def chart(
    figure: go.Figure,
    key: str,
    title: str,
    height: int | None = None,
    on_choose: Callable[[], None] | Literal["ignore"] = "ignore",
    general: bool = False,
) -> None:
    """A figure under its title, as wide as its column, with its own picture button and no upload.

    on_choose: callback for a click on a point, which is in st.session_state[key] then. general: the figure is the same
    for every experiment, and its pictures are named after none.
    """
    shown.chart(title, figure)
    st.markdown(f"**{title}**")
    st.plotly_chart(
        figure,
        height=height or "content",
        theme=None,
        key=key,
        on_select=on_choose,
        selection_mode="points",
        alt=alt_text(figure),
        config={
            "displaylogo": False,
            "showSendToCloud": False,
            "modeBarButtonsToRemove": ["zoom2d", "pan2d", "select2d", "lasso2d", "autoScale2d"],
            "toImageButtonOptions": shown.picture(key, general),
        },
    )


@cached_drawing
def drawn(about: str, key: str, title: str, _build: Callable[[], go.Figure], height: int | None = None) -> None:
    """A chart that follows from what `about` names (see `Visit.about`): built when that changes, else sent again."""
    chart(_build(), key, title, height)
