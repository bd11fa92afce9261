"""The frame every page stands in: menu, sidebar, warnings, links that carry the experiment along."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from initviz.figures.theme import DARK, LIGHT, Theme
from initviz.ui import pin
from initviz.ui.state import Option, Visit, visit
from initviz.ui.widgets import sidebar


@dataclass(frozen=True)
class Page:
    """One page: where it is, what it is called, and the one question it answers."""

    id: str
    path: str
    title: str
    icon: str
    question: str


PAGES = {
    page.id: page
    for page in (
        Page("overview", "app.py", "Overview", ":material/visibility:", "Will this network learn?"),
        Page(
            "activations",
            "pages/activations.py",
            "Activations",
            ":material/show_chart:",
            "What does this function do to a signal and its gradient?",
        ),
        Page(
            "initialization",
            "pages/initialization.py",
            "Initialization",
            ":material/equalizer:",
            "Does the signal survive?",
        ),
        Page(
            "gradient_flow",
            "pages/gradient_flow.py",
            "Gradient flow",
            ":material/trending_down:",
            "Which layers still learn?",
        ),
        Page("phase_diagram", "pages/phase_diagram.py", "Phase diagram", ":material/map:", "Where is the edge?"),
    )
}


def open_page(id: str, options: Mapping[str, Option] | None = None) -> Visit:
    """Draw menu and sidebar, and return what this visit is about. Every page calls it first."""
    page = PAGES[id]
    st.set_page_config(page_title=f"{page.title} · initviz", page_icon="📶", layout="wide")
    current = visit(id, pin.OPTION | dict(options or {}))
    with st.sidebar:
        _menu(current)
        sidebar(current.experiment)
        pin.box(current)
    if current.warnings:
        st.warning("Some of this link could not be used. " + _plain(current.warnings), icon=":material/link_off:")
    return current


def _plain(sentences: list[str]) -> str:
    """Sentences that quote a link, for Markdown: whoever wrote the link must not put links or pictures on the page."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(sentences))


def theme() -> Theme:
    """The figures' theme that fits the visitor's."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def _menu(current: Visit) -> None:
    query = current.experiment.to_query()
    if held := current.options[pin.NAME]:
        query |= {pin.NAME: held}
    for page in PAGES.values():
        st.page_link(page.path, label=page.title, icon=page.icon, query_params=query, width="stretch")


def share_link(current: Visit) -> str:
    """The address that reproduces the page."""
    base = (st.context.url or "").split("?")[0]
    return f"{base}?{urlencode(st.query_params.to_dict() or current.experiment.to_query())}"
