"""Take it home: code, notebook, table, experiment and charts of any page, in one box under its title."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from initviz.advice.fix import Fix
from initviz.catalogue import Catalogue, InputError, Named
from initviz.export.fix import fix_code
from initviz.export.notebook import notebook
from initviz.export.record import record
from initviz.export.script import script
from initviz.fields import Choice
from initviz.figures.document import document
from initviz.figures.theme import Theme
from initviz.frameworks import FRAMEWORKS
from initviz.network.experiment import Experiment
from initviz.ui import shown
from initviz.ui.state import Option, Visit, key
from initviz.ui.widgets import option

PICTURES = Catalogue("picture", [Named("svg", "SVG"), Named("png", "PNG")])
OPTIONS = {
    "framework": Option(Choice("Framework", "In which code is exported.", FRAMEWORKS), "torch"),
    "picture": Option(Choice("Pictures", "What the camera on each chart saves.", PICTURES), "svg"),
}
"""Every page has them, so that they travel along the menu."""


def file_name(experiment: Experiment, what: str) -> str:
    """Such as initviz-tanh-he_normal-10x500-layers: what is in it can be told from outside."""
    return f"initviz-{experiment.activation}-{experiment.initializer}-{experiment.depth}x{experiment.width}-{what}"


def box(current: Visit, title: str, link: str, look: Theme) -> None:
    """The box; what is in it is made when it is opened, and files when they are asked for."""
    with st.popover("Take home", icon=":material/download:", type="tertiary", key="home", on_change="rerun") as opened:
        noted = shown.begin(bool(opened.open))
        if not opened.open:
            return
        experiment = current.experiment
        code = _code(current, link)
        st.markdown("**Numbers**")
        with st.container(horizontal=True, gap="small"):
            layers = partial(_csv, noted)
            _file("Table", layers, f"{file_name(experiment, current.page)}.csv", "text/csv", "home-csv")
            data = partial(record, experiment, link)
            _file("Experiment", data, f"{file_name(experiment, 'experiment')}.json", "application/json", "home-json")
        st.markdown("**Charts**")
        page = partial(document, title, experiment.summary(), link, noted.charts, look)
        _file("All as one HTML page", page, f"{file_name(experiment, current.page)}.html", "text/html", "home-html")
        option("picture", OPTIONS)
        if code:
            st.markdown("**The script**")
            st.code(code, language="python", wrap_lines=True)


def _code(current: Visit, link: str) -> str:
    """This network as a script or a notebook; the script's code, empty where there is none."""
    st.markdown("**This network as code** that runs without initviz and prints the same table")
    option("framework", OPTIONS)
    experiment, framework = current.experiment, FRAMEWORKS[current.options["framework"]]
    try:
        code = script(experiment, framework, link)
    except InputError as error:
        st.warning(str(error), icon=":material/code_off:")
        return ""
    name = file_name(experiment, framework.id)
    with st.container(horizontal=True, gap="small"):
        _file("Script", lambda: code, f"{name}.py", "text/x-python", "home-script")
        book = partial(notebook, experiment, framework, link)
        _file("Notebook", book, f"{name}.ipynb", "application/x-ipynb+json", "home-notebook")
    return code


def fix(before: Experiment, proposed: Fix, widget: str) -> None:
    """A fix as code for a model of the visitor's own, and the fixed network as a script, in the framework in use."""
    framework = FRAMEWORKS[st.session_state[key("framework")]]
    st.markdown(f"**For your own model, in {framework.name}** (another framework: *Take home*)")
    try:
        st.code(fix_code(before, proposed.experiment, framework, proposed.name), language="python", wrap_lines=True)
        whole = partial(script, proposed.experiment, framework)
        name = f"{file_name(proposed.experiment, framework.id)}.py"
        _file("The fixed network", whole, name, "text/x-python", widget)
    except InputError as error:
        st.warning(str(error), icon=":material/code_off:")


def _csv(noted: shown.Shown) -> str:
    return noted.table() if noted.table else "this page has no table yet\n"


def _file(label: str, data: Callable[[], str], name: str, mime: str, key: str) -> None:
    icon = ":material/download:"
    st.download_button(label, data, name, mime, on_click="ignore", icon=icon, key=key)
