"""Up to four starts side by side: this page's own, and others that the link holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from initviz.learn.settings import TRAINING_FIELDS, Training
from initviz.network.experiment import Experiment
from initviz.ui import pin
from initviz.ui.state import Option, Visit, key
from initviz.ui.training_view import Start

NAME = "starts"
MOST = 4
OWN = ("learning_rate", "optimizer")
"""Fields of the training that a start has of its own; task and the rest are the page's."""


@dataclass(frozen=True)
class Starts:
    """How other starts stand in the link: each as a pin spells it, with learning rate and optimizer."""

    def parse(self, text: str) -> str:
        """The same starts spelt in the one way. Raises InputError where one is unreadable."""
        return spelt([_read(one, Training()) for one in text.split(";") if one])

    def text(self, value: str) -> str:
        """As it stands in the link."""
        return value


OPTION = {NAME: Option(Starts(), "")}


def spelt(starts: Sequence[tuple[Experiment, Training]]) -> str:
    """Other starts, as they stand in the link."""
    return ";".join(_spelt(*start) for start in starts)


def _spelt(experiment: Experiment, training: Training) -> str:
    return pin.spelt(experiment) + "&" + urlencode({name: getattr(training, name) for name in OWN})


def _read(text: str, training: Training) -> tuple[Experiment, Training]:
    query = dict(parse_qsl(text))
    experiment, _ = Experiment.from_query(query)
    own = {name: query[name] for name in OWN if name in query}
    parsed = {name: TRAINING_FIELDS[name].parse(said) for name, said in own.items()}
    return experiment, training.changed(**parsed)


def starts_of(current: Visit, training: Training) -> list[Start]:
    """This page's own start, and the others of the link."""
    texts = [one for one in current.options[NAME].split(";") if one][: MOST - 1]
    pairs = [(current.experiment, training), *(_read(one, training) for one in texts)]
    return [Start(f"{'ABCD'[index]}: {_named(*pair)}", *pair) for index, pair in enumerate(pairs)]


def _named(experiment: Experiment, training: Training) -> str:
    return f"{experiment.phi.name}, {experiment.weights.name}, rate {training.learning_rate:g}"


def box(current: Visit, training: Training) -> None:
    """Add this start to the comparison, or let all others go."""
    held = [one for one in current.options[NAME].split(";") if one]
    added = ";".join([*held, _spelt(current.experiment, training)])
    full = len(held) >= MOST - 1
    st.button(
        "Keep this start to compare",
        icon=":material/add:",
        on_click=_put,
        args=(added,),
        disabled=full,
        key="keep-start",
    )
    if held:
        st.button("Compare no more", icon=":material/close:", on_click=_put, args=("",), key="drop-starts")


def _put(text: str) -> None:
    st.session_state[key(NAME)] = text
