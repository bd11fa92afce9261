"""Ridges that a button draws again, as data."""

import pytest

from initviz.figures.axes import AXES
from initviz.figures.layers import distributions
from initviz.figures.theme import THEMES, Theme
from tests.figures import test_plain, test_valid
from tests.figures.conftest import RUNS, run


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.id)
@pytest.mark.parametrize("axis", AXES)
def test_valid_small_and_sent_as_it_is(axis: str, theme: Theme) -> None:
    for name in RUNS:
        test_valid.check(distributions(run(name), axis=axis, theme=theme, play=True))
        test_plain.check(distributions(run(name), axis=axis, theme=theme, play=True))


@pytest.mark.parametrize("name", RUNS)
def test_all_layers_lie_flat_then_rise_one_after_another_to_what_was_there(name: str) -> None:
    figure, still = distributions(run(name), play=True), distributions(run(name))
    assert [trace.y for trace in figure.data] == [trace.y for trace in still.data]
    assert (still.frames, still.layout.updatemenus) == ((), ())
    shapes = [place for place, trace in enumerate(figure.data) if trace.fill]
    start, *rising = figure.frames
    assert list(start.traces) == shapes == [place for frame in rising for place in frame.traces]
    for place, frame in zip(shapes, rising, strict=True):
        assert set(start.data[place].y) == {-float(place)}
        assert frame.data[0].y == figure.data[place].y
    (menu,) = figure.layout.updatemenus
    assert menu.buttons[0].method == "animate"
    assert menu.buttons[0].args[1]["frame"]["redraw"] is False
