"""Who speaks, the link or the widgets: the rules of `state`, on a stand-in for Streamlit's session and address bar."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initviz.activations import ACTIVATIONS
from initviz.fields import Number, Switch
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.ui import state
from initviz.ui.state import Option, key, load, visit

OPTIONS = {
    "bins": Option(Number("bins", "", 10, 120, integer=True), 60),
    "log": Option(Switch("log axis", ""), True),
}


class Address:
    def __init__(self) -> None:
        self.query: dict[str, str] = {}

    def to_dict(self) -> dict[str, str]:
        return dict(self.query)

    def from_dict(self, query: dict[str, str]) -> None:
        self.query = dict(query)


@dataclass
class Browser:
    """One visitor's tab: what `state` sees of Streamlit."""

    session_state: dict[str, Any] = field(default_factory=dict)
    query_params: Address = field(default_factory=Address)
    context: Any = field(default_factory=lambda: SimpleNamespace(theme=SimpleNamespace(type="light")))

    def go(self, **query: str) -> state.Visit:
        """Follow a link to the same page."""
        self.query_params.from_dict(query)
        return self.see()

    def see(self, page: str = "overview") -> state.Visit:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(state, "st", self)
            return visit(page, OPTIONS)

    def move(self, name: str, value: Any, activation: str = "") -> None:
        """Move a widget; the run comes later."""
        self.session_state[key(name, activation)] = value

    def load(self, experiment: Experiment) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(state, "st", self)
            load(experiment)


def test_the_first_link_fills_widgets_and_is_completed() -> None:
    browser = Browser()
    seen = browser.go(width="64", bins="30")
    assert seen.experiment == Experiment(width=64)
    assert seen.options == {"bins": 30, "log": True}
    assert browser.session_state["field-width"] == 64
    assert browser.session_state["field-bins"] == 30
    assert browser.query_params.query == Experiment(width=64).to_query() | {"bins": "30"}  # log is at its default


def test_a_first_click_on_a_new_server_counts() -> None:
    browser = Browser()  # the visitor's widgets outlived the server that knew this session
    browser.move("depth", 12)
    seen = browser.go(**Experiment(width=64).to_query())
    assert seen.experiment == Experiment(width=64, depth=12)


def test_a_moved_widget_wins_over_the_old_link() -> None:
    browser = Browser()
    browser.go(width="64")
    browser.move("width", 128)
    assert browser.see().experiment == Experiment(width=128)
    assert browser.query_params.query["width"] == "128"


def test_a_quick_second_move_wins_although_the_link_is_late() -> None:
    browser = Browser()
    browser.go(width="64")
    late = browser.query_params.to_dict()
    browser.move("width", 128)
    browser.see()
    browser.move("depth", 20)
    assert browser.go(**late).experiment == Experiment(width=128, depth=20)


def test_a_new_link_wins_over_widgets_that_have_not_moved() -> None:
    browser = Browser()
    before = browser.go(width="64").experiment
    back = browser.query_params.to_dict()
    browser.move("width", 128)
    browser.see()
    assert browser.go(width="256").experiment == Experiment(width=256)
    assert browser.session_state["field-width"] == 256
    assert browser.go(**back).experiment == before  # the browser's back button


def test_another_page_listens_to_the_link() -> None:
    browser = Browser()
    browser.go(width="64")
    browser.move("width", 128)
    browser.query_params.from_dict({"width": "64", "depth": "5"})
    assert browser.see("activations").experiment == Experiment(width=64, depth=5)


def test_widgets_that_are_not_drawn_keep_their_value() -> None:
    """Streamlit forgets the value of a widget that a run does not draw: std under He."""
    browser = Browser()
    browser.go(std="0.3")
    browser.move("initializer", "he_normal")
    del browser.session_state[key("std")]
    assert browser.see().experiment == Experiment(std=0.3, initializer="he_normal")
    browser.move("initializer", "random_normal")
    assert browser.see().experiment == Experiment(std=0.3)


def test_each_activation_has_its_own_alpha() -> None:
    browser = Browser()
    browser.go(activation="leaky_relu", alpha="0.5")
    browser.move("activation", "elu")
    assert browser.see().experiment.phi_alpha == ACTIVATIONS["elu"].alpha(None)
    browser.move("alpha", 2.0, "elu")
    assert browser.see().experiment == Experiment(activation="elu", alpha=2.0)
    browser.move("activation", "tanh")
    assert browser.see().experiment == Experiment()
    assert "alpha" not in browser.query_params.query
    browser.move("activation", "leaky_relu")
    assert browser.see().experiment == Experiment(activation="leaky_relu", alpha=0.5)


def test_what_is_wrong_is_told_once_and_put_right() -> None:
    browser = Browser()
    seen = browser.go(width="abc", bins="7", log="maybe")
    assert len(seen.warnings) == 3
    assert (seen.experiment, seen.options) == (Experiment(), {"bins": 60, "log": True})
    assert browser.see().warnings == []


def test_what_is_loaded_is_seen_next() -> None:
    browser = Browser()
    browser.go(width="64", bins="30")
    for experiment in (Experiment(activation="maxout", alpha=4, tied=True), Experiment(std=1), Experiment()):
        browser.load(experiment)
        seen = browser.see()
        assert seen.experiment == experiment
        assert seen.options["bins"] == 30


def test_the_key_names_everything_that_is_shown() -> None:
    keys = set()
    for page, query in (
        ("overview", {}),
        ("activations", {}),
        ("overview", {"bins": "30"}),
        ("overview", {"seed": "1"}),
    ):
        browser = Browser()
        browser.query_params.from_dict(query)
        keys.add(browser.see(page).key)
        browser.context.theme.type = "dark"
        keys.add(browser.see(page).key)
    assert len(keys) == 8


@given(
    activation=st.sampled_from(list(ACTIVATIONS)),
    initializer=st.sampled_from(list(INITIALIZERS)),
    width=st.integers(2, 2048),
    std=st.floats(1e-5, 100),
    tied=st.booleans(),
)
def test_every_experiment_survives_link_and_widgets(
    activation: str, initializer: str, width: int, std: float, tied: bool
) -> None:
    experiment = Experiment(activation=activation, initializer=initializer, width=width, std=std, tied=tied)
    browser = Browser()
    seen = browser.go(**experiment.to_query())
    assert seen.warnings == []
    assert seen.experiment == experiment
    link = browser.query_params.to_dict()
    assert browser.see().experiment == experiment
    assert browser.query_params.to_dict() == link
