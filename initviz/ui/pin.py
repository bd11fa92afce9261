"""A second experiment to compare with: pinned as A, it stays in charts and link while the other one moves."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from initviz.catalogue import InputError
from initviz.network.experiment import FIELDS, Experiment, field_of
from initviz.ui.state import Mended, Option, Visit, key, load

NAME = "pinned"


@dataclass(frozen=True)
class Pin:
    """How a pinned experiment stands in the link: what differs from the default, and always its activation."""

    def parse(self, text: str) -> str:
        """The same experiment spelt in the one way; empty for none. Raises Mended where something was not possible."""
        query = dict(parse_qsl(text))
        experiment, warnings = Experiment.from_query(query)
        if text and not query.keys() & FIELDS.keys():
            raise InputError(f"The pinned experiment A is unreadable: '{text[:40]}' names no field.")
        if warnings:
            raise Mended(f"In the pinned experiment A: {' '.join(warnings)}", spelt(experiment))
        return spelt(experiment) if text else ""

    def text(self, value: str) -> str:
        """As it stands in the link."""
        return value


OPTION = {NAME: Option(Pin(), "")}
"""Every page has it, so that it travels along the menu."""


def spelt(experiment: Experiment) -> str:
    """The pin of an experiment."""
    default = Experiment().to_query()
    query = experiment.to_query()
    return urlencode({name: text for name, text in query.items() if name == "activation" or text != default.get(name)})


def pinned(current: Visit) -> Experiment | None:
    """The experiment pinned as A, or None."""
    text = current.options[NAME]
    return Experiment.from_query(dict(parse_qsl(text)))[0] if text else None


def box(current: Visit, compares: str) -> None:
    """The buttons that pin, swap and let go, how A and B differ, and where both are seen (`compares`)."""
    held = pinned(current)
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Unpin A" if held else "Pin as A",
            icon=":material/keep_off:" if held else ":material/keep:",
            on_click=_pin,
            args=("" if held else spelt(current.experiment),),
            key="pin",
            width="stretch",
            help="A pinned experiment stays in the charts as A, while you change the other one, B.",
        )
        if held:
            swap = (held, current.experiment)
            st.button("Swap", icon=":material/swap_horiz:", on_click=_swap, args=swap, key="swap", width="stretch")
    if held:
        st.markdown(differences(held, current.experiment))
        st.caption(compares or "This page shows B only; A stays pinned for the others.")


def differences(a: Experiment, b: Experiment) -> str:
    """What A, the pinned one, and B have different, as a table."""
    rows = [
        f"| {spec.label} | {_said(a, name)} | {_said(b, name)} |"
        for name, spec in FIELDS.items()
        if getattr(a, name) != getattr(b, name) and (a.uses(name) or b.uses(name))
    ]
    if not rows:
        return "**A**, pinned, and **B**, yours to change, are the same now."
    return "\n".join(["| | A, pinned | B, yours |", "|---|---|---|", *rows])


def _said(experiment: Experiment, name: str) -> str:
    """The value in words; a dash where it does nothing."""
    spec = field_of(name, experiment.activation)
    if spec is None or not experiment.uses(name):
        return "–"
    value: Any = experiment.phi_alpha if name == "alpha" else getattr(experiment, name)
    return str(spec.say(value))


def _swap(held: Experiment, present: Experiment) -> None:
    load(held)
    _pin(spelt(present))


def _pin(text: str) -> None:
    st.session_state[key(NAME)] = text
