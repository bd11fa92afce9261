"""Small multiples: every panel on the same axis, and each what it says."""

from initviz.figures.multiples import side_by_side
from initviz.figures.theme import DARK, LIGHT
from initviz.network.presets import PRESETS
from initviz.ui.multiples import VARIATIONS
from tests.figures.conftest import run
from tests.figures.test_valid import check


def test_panels_have_one_axis_and_every_layer() -> None:
    runs = {"small": run("lecture"), "large": run("horns"), "relu": run("relu")}
    figure = side_by_side(runs)
    assert [note.text for note in figure.layout.annotations] == list(runs)
    assert len({tuple(axis.range) for axis in figure.select_xaxes()}) == 1
    for suffix, propagation in zip(("", "2", "3"), runs.values(), strict=True):
        panel = [trace for trace in figure.data if trace.fill and trace.xaxis == f"x{suffix}"]
        assert len(panel) == len(propagation)
    for theme in (LIGHT, DARK):
        check(side_by_side(runs, theme=theme))


def test_the_articles_stds_and_inputs_are_offered() -> None:
    script = PRESETS["script_tanh_010"].experiment
    stds = VARIATIONS["stds"].experiments(script)
    assert [one.std for one in stds.values()] == [0.10, 0.14, 0.28]
    assert next(iter(stds)) == "std 0.1 = 1/√100"
    inputs = VARIATIONS["inputs"].experiments(PRESETS["digits_raw"].experiment)
    assert PRESETS["digits_centered"].experiment in inputs.values()
    assert PRESETS["digits_standardized"].experiment in inputs.values()
    assert all(len(variation.values) <= 4 for variation in VARIATIONS.values())
