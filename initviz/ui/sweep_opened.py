"""A finished sweep on the Sweep page: which one, and which cut through it is drawn."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from initviz.catalogue import InputError
from initviz.network.experiment import FIELDS
from initviz.sweep.memory import Swept
from initviz.sweep.opened import Opened, changed_at, named_sweeps, open_file, open_named
from initviz.text import counted
from initviz.ui.file_zone import name_zone
from initviz.ui.page import plain
from initviz.ui.state import Option, Visit, key, put
from initviz.ui.widgets import OPTION_WIDTH

GRID, UPLOAD = "grid", "upload"
KEPT = "sweep-opened"
"""Where the session keeps the visitor's file, opened, as long as the session lasts or until it is removed."""
LABELS = {GRID: "a grid of your own", UPLOAD: "a file of a finished sweep"}
PLACES = ("down", "across")
LONGEST = 1000
"""Characters of a cut."""
NAMED_MIB = 256.0
"""Of a sweep that the operator offers."""


@dataclass(frozen=True)
class Source:
    """Which sweep: a grid to run, a file to give, or one that the operator offers, by its name."""

    def parse(self, text: str) -> str:
        """The same where there is one: a name is looked for among those offered only. Raises InputError."""
        if text in (GRID, UPLOAD) or text in (names := named_sweeps()):
            return text
        offered = f"Offered: {', '.join(names)}." if names else "None is offered."
        raise InputError(f"There is no sweep '{text[:40]}' here. {offered}")

    def text(self, value: str) -> str:
        """As it stands in the link."""
        return value


@dataclass(frozen=True)
class Cut:
    """Which fields are drawn, and the values of the others: down=activation&across=depth&width=64."""

    def parse(self, text: str) -> str:
        """The same: what it means depends on the sweep. Raises InputError where it is too long for any."""
        if len(text) > LONGEST:
            raise InputError("The cut through the sweep is too long.")
        return text

    def text(self, value: str) -> str:
        """As it stands in the link."""
        return value


OPTIONS = {"source": Option(Source(), GRID), "cut": Option(Cut(), "")}


def source_box() -> None:
    """Where the sweep comes from."""
    with st.container(width=560):
        st.selectbox(
            "Sweep",
            [*LABELS, *named_sweeps()],
            format_func=lambda id: LABELS.get(id, id),
            key=key("source"),
            on_change=_whole,
        )


def opened(current: Visit) -> Opened | None:
    """The sweep that was chosen; the page stops with a file to give where there is none yet, None for a grid.

    Raises InputError, in one sentence, for what cannot be opened.
    """
    source = current.options["source"]
    if source == GRID:
        return None
    found = _uploaded() if source == UPLOAD else _named(source, changed_at(source))
    if found is None:
        st.stop()
    varied = ", ".join(f"{FIELDS[name].label} ({len(values)})" for name, values in found.axes.items())
    seeds = counted(found.grid.seeds, "network") + " a cell"
    said = f"{found.name}: {len(found):,} of {counted(len(found.grid), 'experiment')}; {varied or 'one kind'}; {seeds}."
    st.caption(plain(said))
    return found


def _uploaded() -> Opened | None:
    mib = float(st.get_option("server.maxUploadSize"))
    file = st.file_uploader(
        f"A sweep's folder as .zip, or its table as .parquet, up to {mib:g} MB, kept while you are here",
        key="sweep-file",
        on_change=_forget,
    )
    name_zone()
    if file is not None and KEPT not in st.session_state:
        st.session_state[KEPT] = open_file(file.getvalue(), file.name[:60], mib)
    kept: Opened | None = st.session_state.get(KEPT)
    if kept is not None and file is None:  # another page was looked at meanwhile
        st.button("Close this file", icon=":material/close:", on_click=_forget, key="sweep-close")
    return kept


def _forget() -> None:
    st.session_state.pop(KEPT, None)
    _whole()


def _whole() -> None:
    st.session_state[key("cut")] = ""


@st.cache_resource(max_entries=4, show_spinner=False)
def _named(name: str, stamp: float) -> Opened:
    """`stamp`: a sweep that grew is opened again."""
    return open_named(name, NAMED_MIB)


# --- the cut -----------------------------------------------------------------------------------------------------


def cut(current: Visit, sweep: Opened) -> Swept:
    """The part of the sweep that is drawn: two fields of the visitor's choice, and one value of every other.

    Raises InputError where there is nothing to draw.
    """
    axes = sweep.axes
    wanted = dict(parse_qsl(current.options["cut"]))
    drawn = _drawn(axes, wanted)
    rest = {name: values for name, values in axes.items() if name not in drawn}
    fixed = {name: _value(name, values, wanted.get(name)) for name, values in rest.items()}
    if len(axes) > 1:
        _boxes(axes, drawn, fixed)
    return sweep.cut(drawn, fixed)


def _drawn(axes: Mapping[str, tuple[Any, ...]], wanted: Mapping[str, str]) -> list[str]:
    """At most two fields, down and across: those that are wanted, else the first one, and depth if it varies."""
    chosen = [wanted[place] for place in PLACES if wanted.get(place) in axes]
    plain_order = sorted(axes, key="depth".__eq__)
    likely = [*plain_order[:1], *sorted(plain_order[1:], key="depth".__ne__)]
    return list(dict.fromkeys([*chosen, *likely]))[:2]


def _value(name: str, values: tuple[Any, ...], text: str | None) -> Any:
    return next((value for value in values if _text(name, value) == text), values[0])


def _text(name: str, value: Any) -> str:
    """A value as the link spells it; empty where the activation's own default is meant."""
    return "" if value is None else FIELDS[name].text(value)


def _said(name: str, text: str) -> str:
    spec = FIELDS[name]
    return spec.say(spec.parse(text)) if text else "default"  # type: ignore[arg-type]


def _boxes(axes: Mapping[str, tuple[Any, ...]], drawn: list[str], fixed: Mapping[str, Any]) -> None:
    """A box for each of the two fields, and one for each that is held."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for place, name in zip(PLACES, drawn, strict=True):
            put(f"cut-{place}", name)
            _box(place, place.capitalize(), list(axes), _label, drawn, fixed)
        for name, value in fixed.items():
            put(f"cut-{name}", _text(name, value))
            texts = [_text(name, one) for one in axes[name]]
            _box(name, FIELDS[name].label, texts, partial(_said, name), drawn, fixed)


def _label(name: str) -> str:
    return FIELDS[name].label


def _box(
    id: str, title: str, options: list[str], say: Callable[[str], str], drawn: list[str], fixed: Iterable[str]
) -> None:
    with st.container(width=OPTION_WIDTH):
        chosen = drawn, list(fixed)
        st.selectbox(title, options, format_func=say, key=f"cut-{id}", on_change=_recut, args=chosen)


def _recut(before: list[str], fixed: list[str]) -> None:
    """Callback: write what the boxes say; a field that was chosen twice changes places with the other."""
    down, across = (st.session_state[f"cut-{place}"] for place in PLACES)
    if down == across:
        down, across = before[::-1]
    values = {name: st.session_state[f"cut-{name}"] for name in fixed if name not in (down, across)}
    st.session_state[key("cut")] = urlencode({"down": down, "across": across, **values})
