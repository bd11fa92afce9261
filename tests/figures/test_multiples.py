"""Small multiples: every panel on the same axis, and each what it says."""

from itertools import pairwise

import pytest

from initviz.catalogue import InputError
from initviz.figures.multiples import side_by_side
from initviz.figures.theme import DARK, LIGHT
from initviz.network.experiment import FIELDS, Experiment
from initviz.network.presets import PRESETS
from initviz.text import show
from initviz.ui.multiples import OPTIONS, VALUES, experiments
from initviz.ui.state import Mended
from tests.figures.conftest import run
from tests.figures.test_valid import check


def test_panels_have_one_axis_and_every_layer() -> None:
    runs = {"small": run("lecture"), "large": run("horns"), "relu": run("relu")}
    figure = side_by_side(runs)
    assert [note.text.split("<br>")[0] for note in figure.layout.annotations] == list(runs)
    assert len({tuple(axis.range) for axis in figure.select_xaxes()}) == 1
    for suffix, propagation in zip(("", "2", "3"), runs.values(), strict=True):
        panel = [trace for trace in figure.data if trace.fill and trace.xaxis == f"x{suffix}"]
        assert len(panel) == len(propagation)
    for theme in (LIGHT, DARK):
        check(side_by_side(runs, theme=theme))


def test_titles_say_what_becomes_of_the_size() -> None:
    """A mutation that reads gradients from the first layer to the last is seen: they travel the other way."""
    lecture = run("lecture")
    std, back = lecture.column("std"), lecture.column("grad_h_std")
    assert f"std {show(std[1])} → {show(std[-1])}" in side_by_side({"a": lecture}).layout.annotations[0].text
    figure = side_by_side({"a": lecture}, quantity="grad_h", columns=2)
    assert f"std {show(back[-1])} → {show(back[1])}" in figure.layout.annotations[0].text


def test_six_panels_in_two_columns_do_not_touch() -> None:
    figure = side_by_side({f"{n}": run("lecture") for n in range(6)}, columns=2)
    tops = sorted({tuple(axis.domain) for axis in figure.select_yaxes()}, reverse=True)
    assert len(tops) == 3
    assert all(above[0] > below[1] for above, below in pairwise(tops))
    check(figure)


@pytest.mark.parametrize("name", FIELDS)
def test_every_control_can_be_varied(name: str) -> None:
    """By the values that are offered first, for the activation that has the control."""
    base = Experiment(activation="leaky_relu" if name == "alpha" else "tanh", depth=3, width=20, samples=10)
    shown = experiments(base, name, OPTIONS[VALUES[name]].default)
    assert 2 <= len(shown) <= 6
    assert len(set(shown.values())) == len(shown)
    assert all(one.changed(**{name: getattr(base, name)}) == base for one in shown.values())


def test_the_articles_stds_and_inputs_are_offered() -> None:
    script = PRESETS["script_tanh_010"].experiment
    stds = experiments(script, "std", OPTIONS[VALUES["std"]].default)
    assert [one.std for one in stds.values()] == [0.10, 0.14, 0.28]
    assert next(iter(stds)) == "std 0.1 = 1/√100"
    inputs = experiments(PRESETS["digits_raw"].experiment, "preprocessing", OPTIONS[VALUES["preprocessing"]].default)
    assert PRESETS["digits_centered"].experiment in inputs.values()
    assert PRESETS["digits_standardized"].experiment in inputs.values()


def test_what_cannot_be_is_said_and_the_rest_kept() -> None:
    spec = OPTIONS[VALUES["std"]].spec
    assert spec.parse(" 0.10, .14 ;0.1,1e-1") == "0.1,0.14"
    with pytest.raises(Mended, match="'abc' is not a number") as caught:
        spec.parse("0.1, abc, 0.2")
    assert caught.value.value == "0.1,0.2"
    with pytest.raises(Mended, match="6 values at most") as caught:
        spec.parse("1,2,3,4,5,6,7")
    assert caught.value.value == "1,2,3,4,5,6"
    with pytest.raises(InputError, match="goes from"):
        experiments(Experiment(activation="leaky_relu"), "alpha", "0.1,3")
