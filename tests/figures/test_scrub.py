"""Charts under a slider: every number is a place inside its panel, and each step has its own."""

import json
from functools import cache

import numpy as np
import pytest

from initviz.figures.scrub import HEIGHT, WIDTH, drawing
from initviz.figures.theme import DARK, LIGHT, Theme
from initviz.figures.walk import ROWS, panels, said
from initviz.network.experiment import Experiment
from initviz.sweep.walk import Walk, walk

TANH = Experiment(width=32, depth=12, samples=50)


@cache
def walked(name: str, initializer: str = "random_normal", activation: str = "tanh") -> Walk:
    return walk(TANH.changed(initializer=initializer, activation=activation), name)


WALKS = [("std",), ("gain", "lecun_normal"), ("alpha", "he_normal", "leaky_relu"), ("depth",), ("depth", "zeros")]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.id)
@pytest.mark.parametrize("chosen", WALKS, ids="-".join)
def test_everything_is_inside_and_every_step_is_drawn(chosen: tuple[str, ...], theme: Theme) -> None:
    one = walked(*chosen)
    sent = json.loads(
        json.dumps(drawing(panels(one, theme), said(one), name="x", start=0, theme=theme), allow_nan=False)
    )
    assert len(sent["said"]) == len(one.steps)
    for panel in sent["panels"]:
        for trace in panel["traces"]:
            assert {len(trace["x"]), len(trace["y"])} <= {1, len(one.steps)}
            for places, most in ((trace["x"], WIDTH), (trace["y"], HEIGHT)):
                known = [place for row in places for place in row if place is not None]
                assert all(0 <= place <= most for place in known)
        assert all(0 <= word["x"] <= WIDTH and 0 <= word["y"] <= HEIGHT for word in panel["words"])
        assert panel["alt"]
    shapes, _, places = panels(one, theme)
    assert len(shapes.traces) <= ROWS
    assert len(places.traces) == 2


def test_the_dot_walks_to_the_right_and_crosses_the_border_at_the_edge() -> None:
    one = walked("std")
    border, dot = panels(one, LIGHT)[2].traces
    x = np.array(dot.x, float).ravel()
    assert (np.diff(x) > 0).all()
    assert one.critical is not None
    assert x[one.critical] == pytest.approx(float(border.x[0][0] or 0), abs=1)
    assert "edge of chaos" in said(one)[one.critical]
    assert sum("edge" in text for text in said(one)) == 1


def test_sizes_shrink_before_the_edge_and_shapes_become_a_spike() -> None:
    one = walked("std")
    shapes, sizes, _ = panels(one, LIGHT)
    moving = [trace for trace in sizes.traces if len(trace.y) > 1]
    first = np.array(moving[0].y[0], float)
    assert (np.diff(first) > 0).all()  # places count downwards
    raised = [
        sum(place is not None and place < max(row) - 1 for place in row)
        for row in ([place or 0 for place in shapes.traces[-1].y[step]] for step in (0, one.critical or 0))
    ]
    assert raised[0] < raised[1] / 4
