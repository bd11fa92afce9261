"""The frame every page stands in: menu, sidebar, warnings, header, links that carry the experiment along."""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Literal

import streamlit as st

from initviz.figures.theme import DARK, LIGHT, Theme
from initviz.ui import home, pin, shown
from initviz.ui.header import header
from initviz.ui.pages import PAGES, Page
from initviz.ui.state import Option, Visit, visit
from initviz.ui.widgets import sidebar

_CLOSE_ON_A_PHONE = """
if (!window.initvizMenu) {
    window.initvizMenu = true;
    document.addEventListener("click", event => {
        const link = event.target.closest("[data-testid=stSidebar] [data-testid=stPageLink-NavLink]");
        if (link && window.innerWidth < 768)
            document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
    });
}
"""
"""On a narrow screen the sidebar lies over the page: choosing a page closes it, as Streamlit's own menu would."""


BARE = "bare"
"""Option of a page that hides the controls at the side."""


def open_page(id: str, options: Mapping[str, Option] | None = None) -> Visit:
    """Draw menu, sidebar and header, and return what this visit is about. Every page calls it first."""
    page, write = PAGES[id], PAGES[id].experiment or bool(options)
    options = pin.OPTION | home.OPTIONS | dict(options or {})
    menu: Literal["collapsed", "auto"] = "collapsed" if st.query_params.get(BARE) == "1" else "auto"
    st.set_page_config(f"{page.title} · initviz", "📶", "wide", menu)
    current = visit(id, options, write=write)
    shown.name_pictures(home.file_name(current.experiment, page.id), current.options["picture"])
    with st.sidebar:
        st.markdown("**initviz**  \nSee why a neural network will or won't learn.")
        _menu(current, page)
        if page.experiment and not current.options.get(BARE):
            sidebar(current.experiment)
            pin.box(current, page.compares)
        st.html(f"<script>{_CLOSE_ON_A_PHONE}</script>", unsafe_allow_javascript=True)
    if current.warnings:
        said = plain(" ".join(current.warnings))
        st.warning(f"Not all of this could be used. {said}", icon=":material/link_off:")
    if page.experiment:
        header(current, page, options, theme())
    else:
        st.title(page.question, anchor=False)
    return current


def plain(sentence: str) -> str:
    """A sentence that quotes a link or a file, for Markdown: whoever wrote those must not put links or pictures on the
    page."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", sentence)


def theme() -> Theme:
    """The figures' theme that fits the visitor's."""
    return DARK if st.context.theme.type == "dark" else LIGHT


LYING_OPEN = 2
"""Groups of the menu that are never folded: what a start is, and what it is worth."""
MORE = "More pages"
"""The one fold of all other groups, so that the controls below stay in sight."""


def _menu(current: Visit, here: Page) -> None:
    query = current.experiment.to_query()
    kept = pin.OPTION | home.OPTIONS
    query |= {name: current.options[name] for name in kept if current.options[name] != kept[name].default}
    groups = [(group, list(pages)) for group, pages in groupby(PAGES.values(), key=lambda page: page.group)]
    for _, pages in groups[:LYING_OPEN]:
        _links(pages, query)
    with st.expander(MORE, expanded=here.group in [group for group, _ in groups[LYING_OPEN:]]):
        for group, pages in groups[LYING_OPEN:]:
            st.caption(group)
            _links(pages, query)


def _links(pages: Sequence[Page], query: Mapping[str, str]) -> None:
    with st.container(gap="xxsmall"):
        for page in pages:
            st.page_link(page.path, label=page.title, icon=page.icon, query_params=query, width="stretch")
