"""What a page shows, noted while its visitor has the box open from which it can be taken home.

Nothing is kept of pages whose box is closed.
"""

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

_CHARTS, _TABLE, _PICTURE = "shown-charts", "shown-table", "shown-picture"


def begin(wanted: bool) -> tuple[dict[str, go.Figure], dict[str, Callable[[], str]]]:
    """Note from here on, or forget all. (charts by title, the page's table under ""): both fill while it is drawn."""
    if not wanted:
        st.session_state.pop(_CHARTS, None)
        st.session_state.pop(_TABLE, None)
        return {}, {}
    st.session_state[_CHARTS], st.session_state[_TABLE] = {}, {}
    return st.session_state[_CHARTS], st.session_state[_TABLE]


def name_pictures(about: str, form: str) -> None:
    """What pictures of this run are called and how they are saved."""
    st.session_state[_PICTURE] = about, form


def picture(key: str, general: bool) -> dict[str, str]:
    """Name and format that a chart's own button saves a picture with: what is in it can be told from outside."""
    about, form = st.session_state[_PICTURE]
    return {"format": form, "filename": f"{'initviz' if general else about}-{key}"}


def noting() -> bool:
    """Whether charts are wanted, so that none may be sent again without being drawn."""
    return _CHARTS in st.session_state


def chart(title: str, figure: go.Figure) -> None:
    """A chart of the page; another one with this title takes its place."""
    if noting():
        st.session_state[_CHARTS][title] = figure


def table(csv: Callable[[], str]) -> None:
    """The page's table, as what makes a CSV of it; the last one counts."""
    if noting():
        st.session_state[_TABLE][""] = csv
