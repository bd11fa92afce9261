"""What a network answers: over the plane, along a curve, for digits."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.arrays import CountArray, FloatArray
from initviz.figures.theme import LIGHT, Theme, figure, layout
from initviz.learn.pictures import REACH, Answers, Curve, Plane
from initviz.learn.tasks import curve as target
from initviz.text import percent

HEIGHT = 380
SQUARE: dict[str, Any] = {"range": [-REACH, REACH], "zeroline": False}


def _rounded(values: FloatArray, digits: int = 2) -> list[list[float | None]]:
    return [[float(f"{v:.{digits}g}") if np.isfinite(v) else None for v in row] for row in values]


def _two_colours(theme: Theme) -> list[list[Any]]:
    return [[0.0, theme.categorical[1]], [0.5, theme.background], [1.0, theme.categorical[0]]]


def decision(plane: Plane, *, theme: Theme = LIGHT) -> go.Figure:
    """Probability of the second class over the plane, with the examples: training filled, test open."""
    surface = {
        "type": "heatmap",
        "x": plane.axis.tolist(),
        "y": plane.axis.tolist(),
        "z": _rounded(plane.share),
        "zmin": 0,
        "zmax": 1,
        "colorscale": _two_colours(theme),
        "showscale": False,
        "opacity": 0.65,
        "hovertemplate": "class 2 with %{z:.0%}<extra></extra>",
    }
    points = [
        _points(part, number, words, theme)
        for part, words in ((plane.train, "training"), (plane.test, "test"))
        for number in (0, 1)
    ]
    right = float(np.mean((plane.share > 0.5) == 1)) if plane.share.size else 0.0
    return figure(
        [surface, *points],
        layout(
            theme,
            alt=f"Which class the network sees where: class 2 on {percent(right)} of the plane; points are examples.",
            xaxis={"title": {"text": "x1"}, **SQUARE},
            yaxis={"title": {"text": "x2"}, **SQUARE, "scaleanchor": "x"},
            height=HEIGHT,
            showlegend=True,
        ),
    )


def _points(part: tuple[FloatArray, CountArray], number: int, words: str, theme: Theme) -> dict[str, Any]:
    x, classes = part
    own = x[classes == number]
    symbol = ("square", "circle")[number] + ("-open" if words == "test" else "")
    return {
        "type": "scatter",
        "name": f"class {number + 1}",
        "showlegend": words == "training",
        "x": [float(f"{value:.3g}") for value in own[:, 0]],
        "y": [float(f"{value:.3g}") for value in own[:, 1]],
        "mode": "markers",
        "marker": {
            "color": theme.categorical[1 - number],
            "symbol": symbol,
            "size": 6,
            "line": {"color": theme.text, "width": 0.5 if words == "training" else 1},
        },
        "hoverinfo": "skip",
    }


COLUMNS = 4
"""Pictures side by side in a mosaic."""


def mosaic(pictures: FloatArray, gap: int = 1) -> FloatArray:
    """(k, side, side) as one picture, row by row, nan between them; the first row of each on top."""
    count, side, _ = pictures.shape
    rows = -(-count // COLUMNS)
    whole = np.full((rows * (side + gap) - gap, COLUMNS * (side + gap) - gap), np.nan)
    for index, picture in enumerate(pictures):
        row, column = divmod(index, COLUMNS)
        whole[row * (side + gap) : row * (side + gap) + side, column * (side + gap) : column * (side + gap) + side] = (
            picture
        )
    return whole


def units(plane: Plane, *, theme: Theme = LIGHT) -> go.Figure:
    """h of the first layer's first units over the plane, each on its own scale."""
    low = plane.units.min(axis=(1, 2), keepdims=True)
    size = plane.units.max(axis=(1, 2), keepdims=True) - low
    whole = mosaic(((plane.units - low) / np.where(size > 0, size, 1))[:, ::-2, ::2])
    flat = int((size == 0).sum())
    alt = f"What each of {len(plane.units)} units of layer 1 answers over the plane; {flat} answer the same everywhere."
    return figure([_image(whole, theme)], _bare(theme, alt, whole))


def _image(whole: FloatArray, theme: Theme) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "z": _rounded(whole),
        "colorscale": [list(stop) for stop in theme.heat],
        "showscale": False,
        "hoverinfo": "skip",
        "zmin": 0,
        "zmax": 1,
    }


def _bare(theme: Theme, alt: str, whole: FloatArray, **more: Any) -> dict[str, Any]:
    hidden = {"visible": False, "fixedrange": True}
    across, down = {"range": [-0.5, whole.shape[1] - 0.5]}, {"range": [whole.shape[0] - 0.5, -0.5]}
    return layout(theme, alt=alt, xaxis=hidden | across, yaxis=hidden | down, height=HEIGHT, **more)


def regression(answered: Curve, *, theme: Theme = LIGHT) -> go.Figure:
    """The curve, its noisy examples and the network's answer."""
    traces = [
        {
            "type": "scatter",
            "name": "examples",
            "x": [float(f"{v:.3g}") for v in answered.points[:, 0]],
            "y": [float(f"{v:.3g}") for v in answered.points[:, 1]],
            "mode": "markers",
            "marker": {"color": theme.muted, "size": 5},
        },
        _line("curve", answered.x, target(answered.x), {"color": theme.muted, "width": 2, "dash": "dot"}),
        _line("network", answered.x, answered.y, {"color": theme.colour(0), "width": 3}),
    ]
    error = float(np.abs(answered.y - target(answered.x)).max()) if np.isfinite(answered.y).all() else float("nan")
    return figure(
        traces,
        layout(
            theme,
            alt=f"The network's answer beside the curve it is to learn: at most {error:.2g} apart.",
            xaxis={"title": {"text": "x"}, **SQUARE},
            yaxis={"title": {"text": "y"}, "range": [-2.2, 2.2], "zeroline": False},
            height=HEIGHT,
            showlegend=True,
        ),
    )


def _line(name: str, x: FloatArray, y: FloatArray, line: dict[str, Any]) -> dict[str, Any]:
    drawn = [float(f"{v:.4g}") if np.isfinite(v) else None for v in y]
    return {"type": "scatter", "name": name, "x": x.tolist(), "y": drawn, "mode": "lines", "line": line}


def confusion(answered: Answers, *, theme: Theme = LIGHT) -> go.Figure:
    """Counts of test examples: truth down, answer across."""
    counts, classes = answered.confusion, list(range(len(answered.confusion)))
    right = int(np.trace(counts))
    cells = {
        "type": "heatmap",
        "x": classes,
        "y": classes,
        "z": np.sqrt(counts / max(counts.max(), 1)).round(2).tolist(),
        "text": [[str(count) if count else "" for count in row] for row in counts.tolist()],
        "texttemplate": "%{text}",
        "textfont": {"size": 14},
        "colorscale": [list(stop) for stop in theme.heat],
        "showscale": False,
        "hovertemplate": "a %{y}, taken for a %{x}: %{text}<extra></extra>",
    }
    return figure(
        [cells],
        layout(
            theme,
            alt=f"Which digit was taken for which: {right} of {int(counts.sum())} answers are right, on the diagonal.",
            xaxis={"title": {"text": "answer"}, "dtick": 1},
            yaxis={"title": {"text": "truth"}, "dtick": 1, "autorange": "reversed"},
            height=HEIGHT,
        ),
    )


def digits(answered: Answers, *, theme: Theme = LIGHT) -> go.Figure:
    """Some test digits with answer and probability; wrong ones first, and marked in words."""
    gap = 3
    whole = mosaic(answered.images, gap)
    side = answered.images.shape[1]
    words = []
    for index, (truth, said, sure) in enumerate(zip(answered.truth, answered.said, answered.sure, strict=True)):
        row, column = divmod(index, COLUMNS)
        wrong = truth != said
        words.append(
            {
                "text": f"{said}: {percent(float(f'{sure:.2g}'))}" + (f" (is {truth})" if wrong else ""),
                "x": column * (side + gap) + side / 2 - 0.5,
                "y": row * (side + gap) + side - 0.5,
                "yanchor": "top",
                "showarrow": False,
                "font": {"size": 14, "color": theme.wrong if wrong else theme.text},
            }
        )
    wrong = int((answered.truth != answered.said).sum())
    alt = f"{len(words)} test digits with the network's answer and its probability; {wrong} of them are wrong."
    padded = np.vstack([whole, np.full((gap, whole.shape[1]), np.nan)])
    return figure([_image(padded, theme)], _bare(theme, alt, padded, annotations=words))
