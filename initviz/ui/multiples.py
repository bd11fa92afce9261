"""The experiment with up to six values of one control, side by side: any control, values as the visitor wants them."""

from functools import partial
from math import sqrt
from typing import Any

import streamlit as st

from initviz.catalogue import Catalogue, InputError, Named
from initviz.fields import Choice, Number, Several, Switch
from initviz.figures.multiples import side_by_side
from initviz.figures.rows import QUANTITIES
from initviz.figures.theme import Theme
from initviz.network.experiment import FIELDS, Experiment, field_of
from initviz.ui import parts
from initviz.ui.state import Option, Visit, key, load
from initviz.ui.values import Numbers, box
from initviz.ui.widgets import option

FIRST: dict[str, tuple[Any, ...]] = {
    "activation": ("sigmoid", "tanh", "relu"),
    "alpha": (0.1, 0.5, 1.0),
    "initializer": ("random_normal", "lecun_normal", "he_normal"),
    "std": (0.10, 0.14, 0.28),
    "gain": (0.5, 1.0, 2.0),
    "depth": (3, 5, 10),
    "width": (20, 100, 500),
    "inputs": ("gaussian", "uniform", "digits"),
    "input_std": (0.1, 1.0, 10.0),
    "samples": (10, 100, 1000),
    "preprocessing": ("none", "center", "standardize"),
    "bias_std": (0.0, 0.1, 1.0),
    "normalization": ("none", "batch", "layer"),
    "residual": (0.0, 0.1, 1.0),
    "tied": (False, True),
    "linear_first": (False, True),
    "seed": (0, 1, 2),
    "dtype": ("float32", "float64"),
}
"""Every control, with the values that are shown until a visitor chooses others: the articles' three stds, and raw,
centred and normalized inputs, among them."""

MOST = 6
"""Panels that can still be read side by side."""

NOTHING = "none"
CONTROLS = Catalogue("control", [Named(NOTHING, "Nothing"), *(Named(name, FIELDS[name].label) for name in FIRST)])


def _option(name: str) -> Option:
    spec: Any = FIELDS[name]
    first = [spec.text(value) for value in FIRST[name]]
    if isinstance(spec, Number):
        return Option(Numbers(spec, MOST), ",".join(first))
    values = spec.options if isinstance(spec, Choice) else (False, True)
    names = [Named(spec.text(value), spec.say(value)) for value in values]
    return Option(Several(spec.label, spec.help, Catalogue(f"value of {spec.label}", names)), first)


VALUES = {name: f"{name}_values" for name in FIRST}
"""Control -> the option with its values."""

OPTIONS = {
    "vary": Option(Choice("Side by side", "This experiment with other values of one control.", CONTROLS), NOTHING),
    **{VALUES[name]: _option(name) for name in FIRST},
}


def experiments(experiment: Experiment, name: str, chosen: str | list[str]) -> dict[str, Experiment]:
    """What stands over each panel -> its experiment, at most six. Raises InputError for a value that this one cannot
    have."""
    spec = field_of(name, experiment.activation) or FIELDS[name]
    texts = chosen.split(",") if isinstance(chosen, str) else chosen
    values = dict.fromkeys(spec.parse(text) for text in texts[:MOST] if text)
    return {_said(experiment, name, value): experiment.changed(**{name: value}) for value in values}


def _said(experiment: Experiment, name: str, value: Any) -> str:
    if name == "std":  # as the initializers count it
        return f"std {value:g} = {value * sqrt(experiment.width):.3g}/√{experiment.width}"
    spec = field_of(name, experiment.activation) or FIELDS[name]
    return f"{spec.label}: {spec.say(value)}" if isinstance(spec, Number | Switch) else spec.say(value)


def panels(current: Visit, look: Theme, quantity: str) -> None:
    """The control and its values, and the picture of what is chosen; each panel has a button that loads it."""
    name = current.options["vary"]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        option("vary", OPTIONS)
        if name != NOTHING:
            _values_box(VALUES[name])
    if name == NOTHING:
        return
    if not current.experiment.uses(name):
        st.caption(f"{FIELDS[name].label} does nothing in this experiment.")
        return
    try:
        shown = experiments(current.experiment, name, current.options[VALUES[name]])
    except InputError as error:
        st.warning(str(error), icon=":material/error:")
        return
    if shown:
        _side_by_side(current, look, quantity, shown)


def _values_box(name: str) -> None:
    spec = OPTIONS[name].spec
    if isinstance(spec, Numbers):
        box(spec, key(name))
    else:
        option(name, OPTIONS)


def _side_by_side(current: Visit, look: Theme, quantity: str, shown: dict[str, Experiment]) -> None:
    runs = {said: parts.run(one) for said, one in shown.items()}
    columns = 2 if parts.on_a_phone() else len(runs)
    name, axis = current.options["vary"], "log" if current.options["axis"] == "log" else "shared"
    figure = partial(side_by_side, runs, quantity=quantity, axis=axis, columns=columns, theme=look)
    about = f"{current.about('vary', VALUES[name])} {quantity} {axis} {columns}"
    parts.drawn(about, "multiples", f"{QUANTITIES[quantity].name}, layer by layer, over one axis", figure)
    for number, (place, (said, one)) in enumerate(zip(st.columns(len(shown)), shown.items(), strict=True)):
        here = one == current.experiment
        place.button(
            "Shown above" if here else f"Load {said.split(' = ')[0]}",
            on_click=load,
            args=(one,),
            disabled=here,
            key=f"load-{number}",
            width="stretch",
        )
