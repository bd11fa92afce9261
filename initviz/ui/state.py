"""The link and the widgets are two spellings of one state; this module decides which of them speaks.

A widget that has moved since the last run wins, even over a link that is new: a quick second move can arrive before the
browser has shown the link of the first. Otherwise the link speaks: first visit, page switch, back and forward.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

import streamlit as st

from initviz.catalogue import InputError
from initviz.network.experiment import FIELDS, Experiment

_SAVED = "saved"


class Mended(InputError):
    """A text of which something was not possible, and the nearest value that is."""

    def __init__(self, sentence: str, value: Any) -> None:
        super().__init__(sentence)
        self.value = value


class Spelling(Protocol):
    """How a value is read from a link and written to it: every field can, and whatever else a page keeps there."""

    def parse(self, text: str, /) -> Any: ...
    def text(self, value: Any, /) -> str: ...


@dataclass(frozen=True)
class Option:
    """A choice about how a page shows things; it stands in the link beside the experiment."""

    spec: Spelling
    default: Any


@dataclass(frozen=True)
class Visit:
    """What one run of a page is about."""

    experiment: Experiment
    options: Mapping[str, Any]
    warnings: list[str]
    page: str
    theme: str
    first: bool
    """Whether this is the first run of the page, with nothing on the screen yet."""

    @property
    def key(self) -> str:
        """Names everything that the page shows: page, experiment, options and theme."""
        return self.about(*self.options)

    def about(self, *options: str) -> str:
        """Names what follows from the experiment, the theme and these options, as far as the page has them: a picture
        of that needs no drawing again while the name stays."""
        chosen = [f"{name}={self.options.get(name)}" for name in options]
        look = self.theme, self.options.get("picture", "")
        return " ".join([self.page, *look, urlencode(self.experiment.to_query()), *chosen])


@dataclass(frozen=True)
class _Saved:
    """The state at the end of the last run."""

    page: str
    query: dict[str, str]
    widgets: dict[str, Any] = field(default_factory=dict)


def key(name: str, activation: str = "") -> str:
    """Key of the widget of a field or option; each activation has its own alpha."""
    return f"{name}-{activation}" if name == "alpha" else f"field-{name}"


def visit(page: str, options: Mapping[str, Option], *, write: bool = True) -> Visit:
    """Read the state of this run, put it into every widget's key and, if `write`, into the link.

    A link that is written anew loses its anchor: pages that consist of anchors leave it as it came.
    """
    query = st.query_params.to_dict()
    experiment, warnings = Experiment.from_query(query)
    chosen, more = _options_from(query, options)
    # A session without a past takes its link for it: a visitor whose server was replaced may have moved a widget.
    saved: _Saved = st.session_state.get(_SAVED) or _Saved(page, query, _widget_values(experiment, chosen))
    first = _SAVED not in st.session_state or saved.page != page
    warnings = warnings + more
    if saved.page == page and _moved(saved):
        experiment, warnings = Experiment.from_query(_experiment_texts(saved))
        chosen, more = _options_from(_option_texts(saved, options), options)
        warnings = warnings + more  # of what was typed
    widgets = _widget_values(experiment, chosen)
    for name, value in widgets.items():
        put(name, value, again=saved.page != page)
    # Options at their defaults stay out: the link of a page switch would change at once, and cost a step of history.
    own = {name: options[name].spec.text(value) for name, value in chosen.items() if value != options[name].default}
    written = experiment.to_query() | own
    if write and written != query:
        st.query_params.from_dict(written)
    st.session_state[_SAVED] = _Saved(page, written, widgets)
    return Visit(experiment, chosen, warnings, page, st.context.theme.type or "", first)


def is_here(page: str) -> bool:
    """Whether this session's last run was of the same page: what its widgets hold stands above the link then."""
    saved: _Saved | None = st.session_state.get(_SAVED)
    return saved is not None and saved.page == page


def put(widget: str, value: Any, *, again: bool = False) -> None:
    """Give a widget its value. One that has it already is left alone: whatever is put travels to the browser, where it
    would undo a move that was made meanwhile. `again`: after a page switch a widget would start at its minimum."""
    if again or widget not in st.session_state or st.session_state[widget] != value:
        st.session_state[widget] = value


def load(experiment: Experiment) -> None:
    """Callback: put an experiment into the widgets before the next run (presets, fixes, reset)."""
    for name, value in _widget_values(experiment, {}).items():
        st.session_state[name] = value


def reset(options: Mapping[str, Option]) -> None:
    """Callback: the default experiment, and a page's options at their defaults."""
    load(Experiment())
    for name, option in options.items():
        st.session_state[key(name)] = option.default


def _moved(saved: _Saved) -> bool:
    return any(st.session_state.get(name, value) != value for name, value in saved.widgets.items())


def _widget_values(experiment: Experiment, options: Mapping[str, Any]) -> dict[str, Any]:
    values = {key(name): getattr(experiment, name) for name in FIELDS if name != "alpha"}
    if experiment.phi.param is not None:
        values[key("alpha", experiment.activation)] = experiment.phi_alpha
    return values | {key(name): value for name, value in options.items()}


def _current(saved: _Saved, name: str, activation: str = "") -> Any:
    """The widget's value, or the saved one while the widget is not on the page."""
    widget = key(name, activation)
    return st.session_state.get(widget, saved.widgets.get(widget))


def _experiment_texts(saved: _Saved) -> dict[str, str]:
    activation = _current(saved, "activation")
    values = {name: _current(saved, name, activation) for name in FIELDS}
    return {name: FIELDS[name].text(value) for name, value in values.items() if value is not None}


def _option_texts(saved: _Saved, options: Mapping[str, Option]) -> dict[str, str]:
    values = {name: _current(saved, name) for name in options}
    return {name: options[name].spec.text(value) for name, value in values.items() if value is not None}


def _options_from(query: Mapping[str, str], options: Mapping[str, Option]) -> tuple[dict[str, Any], list[str]]:
    values, warnings = {name: option.default for name, option in options.items()}, []
    for name, option in options.items():
        if name in query:
            try:
                values[name] = option.spec.parse(query[name])
            except Mended as error:
                values[name] = error.value
                warnings.append(str(error))
            except InputError as error:
                default = option.spec.text(option.default)
                warnings.append(f"{error} Using {default}." if default else str(error))
    return values, warnings
