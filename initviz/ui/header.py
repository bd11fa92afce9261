"""The top of every page: its question, the experiment in one line, what to see, and the ways to take it along."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from initviz.advice.claims import claims_about
from initviz.figures.theme import Theme
from initviz.network.experiment import FIELDS, Experiment, field_of
from initviz.network.presets import PRESETS, preset_of
from initviz.text import counted
from initviz.ui import home, parts
from initviz.ui.pages import Page
from initviz.ui.state import Option, Visit, reset
from initviz.ui.texts import text

MOST_DIFFERENCES = 3
"""An experiment that differs from every preset in more fields is nobody's variation any more."""


def header(current: Visit, page: Page, options: Mapping[str, Option], look: Theme) -> None:
    """Question, buttons, the experiment in one line, and what is to be seen in it."""
    link, phone = _share_link(current), parts.on_a_phone()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(page.question, anchor=False, width="stretch")
        with st.container(horizontal=True, gap="xsmall" if phone else "small", width="content"):  # stays one row
            with st.popover("How to read", icon=None if phone else ":material/menu_book:", type="tertiary"):
                st.markdown(f"**How to read this page.** {text(f'read/{page.id}')}")
            icon = ":material/restart_alt:"
            st.button("Reset", icon=icon, type="tertiary", on_click=reset, args=(options,), key="reset")
            with st.popover("Share", icon=":material/link:", type="tertiary"):
                st.caption("This link reproduces the page exactly.")
                st.code(link, language=None, wrap_lines=True)
            home.box(current, page.question, link, look)
    st.caption(f"**{page.title}** · {current.experiment.summary(page.inputs)}")
    if page.tells:
        st.markdown(f":material/lightbulb: {what_to_see(current.experiment)}{_said_of(current.experiment)}")


def what_to_see(experiment: Experiment) -> str:
    """The preset's own sentence; for other experiments, which preset they vary and how."""
    if preset := preset_of(experiment):
        return f"**{preset.label}.** {preset.shows}"
    differences = {preset.id: _differences(preset.experiment, experiment) for preset in PRESETS.values()}
    nearest = min(differences, key=lambda id: len(differences[id]))
    if len(differences[nearest]) > MOST_DIFFERENCES:
        return "Your own experiment."
    return f"Your own experiment: **{PRESETS[nearest].label}** with {', '.join(differences[nearest])}."


def _said_of(experiment: Experiment) -> str:
    """A link to what textbooks and lectures say of a preset, put to the test."""
    preset = preset_of(experiment)
    if preset is None or not (claims := claims_about(preset.id)):
        return ""
    return f" [{counted(len(claims), 'claim')}, tested](claims?find={preset.id})"


def _differences(preset: Experiment, experiment: Experiment) -> list[str]:
    """What was changed, field by field, as the widgets name it; fields that do nothing are left out."""
    names = [name for name in FIELDS if experiment.uses(name) and getattr(preset, name) != getattr(experiment, name)]
    return [_said(experiment, name) for name in names]


def _said(experiment: Experiment, name: str) -> str:
    spec = field_of(name, experiment.activation) or FIELDS[name]
    value: Any = experiment.phi_alpha if name == "alpha" else getattr(experiment, name)
    return f"{spec.label[:1].lower()}{spec.label[1:]} {spec.say(value)}"


def _share_link(current: Visit) -> str:
    """The address that reproduces the page."""
    base = (st.context.url or "").split("?")[0]
    return f"{base}?{urlencode(st.query_params.to_dict() or current.experiment.to_query())}"
