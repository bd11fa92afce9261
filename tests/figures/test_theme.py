"""Colours that can be seen, ticks that can be read."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from initviz.figures.scales import compact, layer_axis, log_axis
from initviz.figures.theme import DARK, LIGHT, THEMES, Theme, depth_colour, template

both = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.id)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb: WCAG 2.1."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@both
def test_text_and_lines_stand_out(theme: Theme) -> None:
    """WCAG 2.1: 4.5 for text (1.4.3), 3 for graphics (1.4.11)."""
    assert min(contrast(colour, theme.background) for colour in (theme.text, theme.muted, theme.wrong)) >= 4.5
    depths = [depth_colour(theme, layer, 10) for layer in range(11)]
    assert min(contrast(colour, theme.background) for colour in (*theme.categorical, *depths)) >= 3


@both
def test_depth_goes_from_dark_to_light(theme: Theme) -> None:
    for depth in (1, 10, 100):
        levels = [luminance(depth_colour(theme, layer, depth)) for layer in range(depth + 1)]
        assert all(before < after for before, after in pairwise(levels))


def test_roles() -> None:
    assert LIGHT.colour(0) != LIGHT.colour(1)
    assert LIGHT.colour(len(LIGHT.categorical)) == LIGHT.colour(0)
    assert (LIGHT.colour("wrong"), LIGHT.colour("muted")) == (LIGHT.wrong, LIGHT.muted)
    assert all(
        LIGHT.wrong not in theme.categorical and DARK.wrong not in theme.categorical for theme in THEMES.values()
    )


@both
def test_the_template_is_built_once(theme: Theme) -> None:
    assert template(theme) is template(theme)


@given(low=st.floats(1e-300, 1e300), ratio=st.floats(1, 1e6))
def test_log_axes_hold_their_values_and_have_few_ticks(low: float, ratio: float) -> None:
    axis = log_axis([low, low * ratio])
    assert axis["range"][0] < np.log10(low) <= np.log10(low * ratio) < axis["range"][1]
    assert 2 <= len(axis["ticktext"]) <= 9
    assert all("000" not in text for text in axis["ticktext"] if text not in ("1000", "2000", "5000"))


def test_ticks_are_written_as_a_person_would() -> None:
    assert log_axis([1e-7, 1.0])["ticktext"] == ["1e-7", "1e-6", "1e-5", "1e-4", "1e-3", "0.01", "0.1", "1"]


@pytest.mark.parametrize(("last", "step"), [(1, 1), (10, 1), (40, 5), (100, 10)])
def test_layers_are_whole_numbers(last: int, step: int) -> None:
    assert layer_axis(0, last)["dtick"] == step


@given(st.lists(st.floats(-1e300, 1e300), max_size=20), st.integers(3, 12))
def test_compact_keeps_so_many_digits_of_the_largest(values: list[float], digits: int) -> None:
    array = np.array(values, dtype=float)
    largest = np.abs(array).max(initial=0.0)
    # Half a unit of the last digit kept, which is at most 10^(1 - digits) of the largest value.
    np.testing.assert_allclose(compact(array, digits), array, rtol=0, atol=0.51 * 10.0 ** (1 - digits) * largest)
