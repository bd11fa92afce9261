"""What a page shows, noted while its visitor has the box open from which it can be taken home.

Nothing is kept of pages whose box is closed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import plotly.graph_objects as go
import streamlit as st

_SHOWN, _PICTURE = "shown", "shown-picture"


@dataclass
class Shown:
    """What was drawn of a page so far."""

    charts: dict[str, go.Figure] = field(default_factory=dict)
    """By title."""
    table: Callable[[], str] | None = None
    """What makes a CSV of the page's table; None where it has none."""


def begin(wanted: bool) -> Shown:
    """Note from here on what is drawn, or forget all. What is returned fills while the page is drawn."""
    if not wanted:
        st.session_state.pop(_SHOWN, None)
        return Shown()
    noted: Shown = st.session_state.setdefault(_SHOWN, Shown())
    noted.charts.clear()
    noted.table = None
    return noted


def noting() -> bool:
    """Whether charts are wanted, so that none may be sent again without being drawn."""
    return _SHOWN in st.session_state


def chart(title: str, figure: go.Figure) -> None:
    """A chart of the page; another one with this title takes its place."""
    if noting():
        st.session_state[_SHOWN].charts[title] = figure


def table(csv: Callable[[], str]) -> None:
    """What makes a CSV of the page's table; the last one counts."""
    if noting():
        st.session_state[_SHOWN].table = csv


def name_pictures(about: str, form: str) -> None:
    """What pictures of this run are called and how they are saved."""
    st.session_state[_PICTURE] = about, form


def picture(key: str, general: bool) -> dict[str, str]:
    """Name and format that a chart's own button saves a picture with: what is in it can be told from outside."""
    about, form = st.session_state[_PICTURE]
    return {"format": form, "filename": f"{'initviz' if general else about}-{key}"}
