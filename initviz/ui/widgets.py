"""One widget per field: kind, bounds, help and label all come from the field's own record."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, assert_never

import streamlit as st

from initviz.fields import Choice, Number, Several, Switch, ViewField
from initviz.network.experiment import FIELDS, Experiment, field_of
from initviz.network.presets import PRESETS, preset_of
from initviz.ui.glossary import explained
from initviz.ui.state import Option, key, load, put

GROUPS = {"main": "", "input": "Input", "advanced": "Advanced"}
"""Groups of fields -> title of the fold they stand in; the first stands open."""


OPTION_WIDTH = 220
"""Pixels of a page's own slider or switch: a few stand in a row."""


LYING_OPEN = 5
"""A choice of more than these is a box to open."""

MOST_LETTERS = 60
"""Of the names that a button says; where several longer ones are chosen it says how many."""


def sidebar(experiment: Experiment) -> None:
    """Preset and every field that acts in this experiment."""
    _preset_box(experiment)
    for group, title in GROUPS.items():
        with st.expander(title) if title else st.container():
            for name, listed in FIELDS.items():
                spec = field_of(name, experiment.activation)
                if listed.group == group and spec is not None and experiment.uses(name):
                    control(name, key(name, experiment.activation), spec)


def option(name: str, options: Mapping[str, Option]) -> None:
    """The control of a page's own option; a choice of few lies open, as views do."""
    spec = options[name].spec
    assert isinstance(spec, ViewField), f"'{name}' has no widget"
    if isinstance(spec, Choice) and len(spec.options) <= LYING_OPEN:
        st.segmented_control(
            spec.label,
            list(spec.options),
            format_func=lambda id: spec.options[id].name,
            key=key(name),
            help=explained(name, spec.help),
            required=True,
            wrap=True,  # on a phone
        )
    elif isinstance(spec, Number) and spec.until:
        _up_to(name, spec, st.session_state[key(spec.until)])
    else:
        with st.container(width=OPTION_WIDTH):
            control(name, key(name), spec)


def _up_to(name: str, spec: Number, end: float) -> None:
    """A slider that ends at a field of the experiment; none where it has only one place."""
    if end > spec.low:
        ended = f"{key(name)}-end"
        # A slider whose end moves would fall back to its start, unless it is given its value again.
        moved = st.session_state.get(ended) != end
        put(key(name), min(st.session_state[key(name)], end), again=moved)
        st.session_state[ended] = end
        with st.container(width=OPTION_WIDTH):
            control(name, key(name), replace(spec, high=end))


def _preset_box(experiment: Experiment) -> None:
    """Shows the preset this experiment is, if any; choosing one loads it."""
    preset = preset_of(experiment)
    put("preset", preset and preset.id)
    st.selectbox(
        "Preset",
        list(PRESETS),
        format_func=lambda id: PRESETS[id].label,
        key="preset",
        placeholder="your own experiment",
        on_change=_load_preset,
        help="Experiments from the sources, ready to run.",
    )


def _load_preset() -> None:
    chosen = st.session_state["preset"]
    if chosen is not None:
        load(PRESETS[chosen].experiment)


def control(name: str, widget: str, spec: ViewField) -> None:
    """Draw the widget of a field; its value is in st.session_state already."""
    help = explained(name, spec.help)
    match spec:
        case Choice():
            options = spec.options
            source = getattr(options[st.session_state[widget]], "source", "")
            if source:
                help += f"\n\n{options[st.session_state[widget]].name}: {source}."
            st.selectbox(spec.label, list(options), format_func=lambda id: options[id].name, key=widget, help=help)
        case Several():
            _several(widget, spec, help)
        case Switch():
            st.toggle(spec.label, key=widget, help=help)
        case Number(typed=True):
            _plain_number(st.number_input, widget, spec, help)
        case Number(log=False, marks=()):
            _plain_number(st.slider, widget, spec, help)
        case Number():
            st.select_slider(
                spec.label, stops(widget, spec), format_func=lambda value: f"{value:g}", key=widget, help=help
            )
        case _:
            assert_never(spec)


def _several(widget: str, spec: Several, help: str) -> None:
    """A button that says what is chosen and opens the choice. The boxes of `st.multiselect` are white on the theme's
    colour, which in the dark is too light for that."""
    names = [spec.options[id].name for id in st.session_state[widget]]
    said = ", ".join(names) if sum(map(len, names)) <= MOST_LETTERS else f"{len(names)} of {len(spec.options)}"
    with st.popover(f"{spec.label}: {said or 'none'}", key=f"{widget}-chosen", width="stretch"):
        st.pills(
            spec.label,
            list(spec.options),
            selection_mode="multi",
            format_func=lambda id: spec.options[id].name,
            key=widget,
            help=help,
        )


def _plain_number(draw: Callable[..., object], widget: str, spec: Number, help: str) -> None:
    """Draw a slider or a box; Streamlit wants value, bounds and step of one type."""
    kind: Any = int if spec.integer else float
    if type(st.session_state[widget]) is not kind:
        st.session_state[widget] = kind(st.session_state[widget])
    draw(spec.label, kind(spec.low), kind(spec.high), step=kind(spec.step), key=widget, help=help)


def stops(widget: str, spec: Number) -> list[float]:
    """The slider's stops, and any value a link has brought: it stays a stop, since changed stops reset a slider."""
    extra: set[float] = st.session_state.setdefault(f"{widget}-stops", set())
    ticks: list[float] = [int(tick) for tick in spec.ticks()] if spec.integer else spec.ticks()
    value = st.session_state[widget]
    if value not in ticks:
        extra.add(value)
    return sorted({*ticks, *extra})
