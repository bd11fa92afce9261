"""Sweeps that are ready to load."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from initviz.catalogue import Catalogue
from initviz.network.experiment import Experiment
from initviz.sweep.summary import FACTOR
from initviz.ui.pages import PAGES
from initviz.ui.state import Visit, key, load, put
from initviz.ui.sweep_options import OPTIONS, VALUES, texts_of


@dataclass(frozen=True)
class Ready:
    """A sweep to load: what is kept, and which options differ from their defaults."""

    id: str
    name: str
    experiment: Experiment
    options: dict[str, Any] = field(default_factory=dict)


READY = Catalogue(
    "sweep",
    [
        Ready("pairs", "Which initializer for which activation?", Experiment(depth=20, width=200, samples=200)),
        Ready(
            "chaos",
            "Order and chaos, measured: tanh over the spread of weights and biases",
            Experiment(depth=10, width=100, samples=100),
            {
                "down": "bias_std",
                "across": "std",
                "measure": FACTOR,
                VALUES["std"]: texts_of("std", 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3),
                VALUES["bias_std"]: texts_of("bias_std", 0.0, 0.1, 0.3, 0.5, 1.0),
            },
        ),
        Ready(
            "float16",
            "How deep until float16 loses the gradient?",
            Experiment(activation="tanh", width=100, samples=100),
            {
                "down": "initializer",
                "across": "depth",
                "measure": "grad_h_float16_zero",
                "place": "first",
                VALUES["initializer"]: ["random_normal", "glorot_normal", "he_normal", "orthogonal"],
                VALUES["depth"]: texts_of("depth", 2, 3, 5, 10, 20),
            },
        ),
        Ready(
            "width",
            "How far single networks stray: the spread over the width",
            Experiment(initializer="glorot_normal", depth=2, samples=2),
            {
                "across": "width",
                "seeds": 5,
                "shown": "spread",
                VALUES["activation"]: ["tanh", "relu"],
                VALUES["width"]: texts_of("width", 16, 32, 64, 128, 256, 512),
            },
        ),
    ],
)


def ready_box(current: Visit) -> None:
    """Sweeps to load; shows which one this is."""
    present = {"experiment": current.experiment} | dict(current.options)
    put("ready", next((one.id for one in READY.values() if _state(one).items() <= present.items()), None))
    with st.container(width=560):
        st.selectbox(
            "Load a sweep",
            list(READY),
            format_func=lambda id: READY[id].name,
            key="ready",
            placeholder="your own",
            on_change=_load_ready,
        )
    st.page_link(
        PAGES["training"].path,
        label="Width and learning: the coordinate check stands on the Training page",
        icon=":material/open_in_new:",
        query_params=current.experiment.to_query(),
    )


def _state(ready: Ready) -> dict[str, Any]:
    plain = {name: option.default for name, option in OPTIONS.items()}
    return {"experiment": ready.experiment} | plain | ready.options


def _load_ready() -> None:
    if (chosen := st.session_state["ready"]) is not None:
        state = _state(READY[chosen])
        load(state.pop("experiment"))
        for name, value in state.items():
            st.session_state[key(name)] = value
