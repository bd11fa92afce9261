"""The frame every page stands in: menu, sidebar, warnings, header, links that carry the experiment along."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import streamlit as st

from initviz.figures.theme import DARK, LIGHT, Theme
from initviz.ui import pin
from initviz.ui.header import header
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
    group: str
    """Heading in the menu; the first groups lie open there, of the others only the one in use."""
    experiment: bool = True
    """Whether the page is about the experiment; one to look things up has no controls and leaves the link alone."""
    compares: str = ""
    """What on the page shows a pinned experiment too; empty where nothing does."""


_DEPTH = "The charts by depth show A and B; distributions and tables show B, the one you are changing."

PAGES = {
    page.id: page
    for page in (
        Page(
            "overview",
            "app.py",
            "Overview",
            ":material/visibility:",
            "Will this network learn?",
            "At the start",
            compares=_DEPTH,
        ),
        Page(
            "activations",
            "pages/activations.py",
            "Activations",
            ":material/show_chart:",
            "What does this function do to a signal and its gradient?",
            "At the start",
        ),
        Page(
            "initialization",
            "pages/initialization.py",
            "Initialization",
            ":material/equalizer:",
            "Does the signal survive?",
            "At the start",
            compares=_DEPTH,
        ),
        Page(
            "gradient_flow",
            "pages/gradient_flow.py",
            "Gradient flow",
            ":material/trending_down:",
            "Which layers still learn?",
            "At the start",
            compares=_DEPTH,
        ),
        Page(
            "phase_diagram",
            "pages/phase_diagram.py",
            "Phase diagram",
            ":material/map:",
            "Where is the edge?",
            "At the start",
        ),
        Page(
            "training",
            "pages/training.py",
            "Training",
            ":material/model_training:",
            "Does it matter?",
            "In training",
        ),
        Page(
            "sweep",
            "pages/sweep.py",
            "Sweep",
            ":material/grid_on:",
            "How does it depend on the choices?",
            "Many at once",
        ),
        Page(
            "your_model",
            "pages/your_model.py",
            "Your model",
            ":material/upload_file:",
            "Which law did each layer really get?",
            "Your own",
            experiment=False,
        ),
        Page(
            "glossary",
            "pages/glossary.py",
            "Glossary",
            ":material/menu_book:",
            "What do the words mean?",
            "Look up",
            experiment=False,
        ),
    )
}
"""Every page, in the order of the menu; pages of one group stand together."""


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


def open_page(id: str, options: Mapping[str, Option] | None = None) -> Visit:
    """Draw menu, sidebar and header, and return what this visit is about. Every page calls it first."""
    page, options = PAGES[id], pin.OPTION | dict(options or {})
    st.set_page_config(page_title=f"{page.title} · initviz", page_icon="📶", layout="wide")
    current = visit(id, options, write=page.experiment)
    with st.sidebar:
        st.markdown("**initviz**  \nSee why a neural network will or won't learn.")
        _menu(current, page)
        if page.experiment:
            sidebar(current.experiment)
            pin.box(current, page.compares)
        st.html(f"<script>{_CLOSE_ON_A_PHONE}</script>", unsafe_allow_javascript=True)
    if current.warnings:
        said = plain(" ".join(current.warnings))
        st.warning(f"Some of this link could not be used. {said}", icon=":material/link_off:")
    if page.experiment:
        header(current, page.id, page.title, page.question, options)
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


def _menu(current: Visit, here: Page) -> None:
    query = current.experiment.to_query()
    if held := current.options[pin.NAME]:
        query |= {pin.NAME: held}
    for number, (group, pages) in enumerate(groupby(PAGES.values(), key=lambda page: page.group)):
        folded = number >= LYING_OPEN
        with st.expander(group, expanded=group == here.group) if folded else st.container(gap="xxsmall"):
            for page in pages:
                st.page_link(page.path, label=page.title, icon=page.icon, query_params=query, width="stretch")
