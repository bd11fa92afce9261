"""The chart of a lesson: nothing of the truth before it is shown, and no axis that moves when it is."""

import numpy as np
import plotly.graph_objects as go
import pytest

from initviz.fields import Number
from initviz.figures.lesson import asked, watched
from initviz.figures.theme import THEMES, Theme, alt_text
from initviz.lessons.lesson import Curve, Question

CURVE = Curve(np.arange(1.0, 5.0), np.array([1.0, 0.5, 0.25, 0.125]), "layer", "std of h", log=True)
POINT = Question("?", Number("std", "", 1e-3, 1, log=True), lambda desk: CURVE, at=4)
LINE = Question("?", Number("factor", "", 0.1, 1.5), lambda desk: CURVE, line=True)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("enlarged", [False, True])
def test_they_are_valid_and_described(theme: Theme, enlarged: bool) -> None:
    figures = [
        asked(CURVE, one, 0.5, shown, theme=theme, enlarged=enlarged)
        for one in (POINT, LINE)
        for shown in (False, True)
    ]
    for figure in [*figures, watched(CURVE, theme=theme, enlarged=enlarged)]:
        go.Figure(figure.to_dict())
        assert alt_text(figure)


@pytest.mark.parametrize("question", [POINT, LINE])
def test_the_truth_is_not_in_the_chart_before_it_is_shown(question: Question) -> None:
    before, after = (asked(CURVE, question, 0.5, shown).to_dict() for shown in (False, True))
    assert [trace["name"] for trace in before["data"]] == ["your prediction"]
    assert "Measured" not in before["layout"]["meta"]["alt"]
    assert after["data"][0]["y"] == CURVE.y.tolist()
    assert before["layout"]["yaxis"]["range"] == after["layout"]["yaxis"]["range"]
    assert before["data"][0]["y"] == after["data"][1]["y"]


def test_the_gap_goes_from_the_prediction_to_the_truth() -> None:
    drawn = asked(CURVE, POINT, 0.5, True).to_dict()
    assert drawn["data"][-1]["y"] == [0.5, 0.125]
    assert "4 times off" in drawn["layout"]["annotations"][0]["text"]
