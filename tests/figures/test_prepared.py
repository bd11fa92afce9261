"""Panels of prepared data, mean images, splits: valid Plotly, legible, described."""

import numpy as np
import plotly.graph_objects as go
import pytest

from initviz.figures import prepared
from initviz.figures.theme import THEMES, Theme, alt_text

POINTS = np.asarray(np.random.default_rng(0).standard_normal((20, 2)))
PANEL = prepared.Panel("Original", POINTS, np.zeros((3, 2)), np.array([1.0, -1.0]), 7)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_they_are_valid_and_say_what_they_show(theme: Theme) -> None:
    drawn = {
        "Original 7 steps": prepared.panels([PANEL, PANEL], theme=theme),
        "8 by 8 pixels": prepared.image(np.eye(8), "Mean image", theme=theme),
        "train 90, test 10": prepared.parts_of([("Train / test", [("train", 90), ("test", 10)])], theme=theme),
    }
    for said, figure in drawn.items():
        go.Figure(figure.to_dict())
        assert said in alt_text(figure)


def test_lines_of_equal_loss_are_at_the_loss_they_stand_for() -> None:
    figure = prepared.panels([PANEL]).to_dict()
    lines = [trace for trace in figure["data"] if trace["mode"] == "lines"]
    moments = POINTS.T @ POINTS / len(POINTS)
    start = PANEL.goal @ moments @ PANEL.goal
    for line, level in zip(lines, prepared.LEVELS, strict=True):
        away = np.stack([line["x"], line["y"]], axis=1) - PANEL.goal
        np.testing.assert_allclose(np.vecdot(away @ moments, away), level * start, rtol=0.05)
