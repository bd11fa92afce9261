"""What all pictures of distributions share: axes, labels beside the rows, and the description in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from initviz.arrays import FloatArray
from initviz.figures.axes import ValueAxis
from initviz.figures.rows import Quantity, Row
from initviz.figures.theme import RIGHT, Theme, depth_colour
from initviz.text import percent


@dataclass(frozen=True)
class Picture:
    """What is drawn (`what`), of how deep a network, over which axis, and how it looks."""

    what: Quantity
    depth: int
    axis: ValueAxis | None
    """The axis of all layers, None where each has its own."""
    theme: Theme
    play: bool = False
    """Whether a button draws ridges anew, one layer after another."""

    @property
    def shared_axis(self) -> bool:
        """Whether all layers are over one axis."""
        return self.axis is not None

    def colour(self, row: Row) -> str:
        """The row's place on the depth scale."""
        return depth_colour(self.theme, row.layer, self.depth)

    def edges(self, row: Row) -> FloatArray:
        """Horizontal coordinates of the row's bin edges: values on a shared axis, else 0..1."""
        return row.edges if self.shared_axis else np.linspace(0, 1, len(row.edges))

    def caption(self, shown: Sequence[Row], zero: str) -> str:
        """What the values are and how they are drawn, `zero` being what marks 0; Plotly breaks lines at <br>."""
        marked = not self.shared_axis and any(row.zero_at is not None for row in shown)
        cuts = [row.cut for row in shown if row.cut]
        cut = f"<br>the bar at 0 is cut: it holds {_between(min(cuts), max(cuts))} of the values" if cuts else ""
        return f"{self.what.name}{f' ({zero} marks 0)' if marked else ''}{cut}"

    def value_axis(self, shown: Sequence[Row], title: str) -> dict[str, Any]:
        """The horizontal axis under rows that stand above each other."""
        if self.axis is None:
            ends = {"tickmode": "array", "tickvals": [0, 1], "ticktext": ["lowest", "highest"], "tickangle": 0}
            return {"title": {"text": title}, "range": [0, 1], "showgrid": False, "zeroline": False, **ends}
        span = [float(self.axis.places[0]), float(self.axis.places[-1])]
        return {"title": {"text": title}, "range": span, "zeroline": not self.what.log, **self.axis.ticks}

    def layer_title(self, shown: Sequence[Row]) -> str:
        """Says which layers are missing, where some are."""
        count = self.depth + (shown[0].layer == 0)
        return "layer (0 = input)" if len(shown) == count else f"layer ({len(shown)} of {count} shown)"

    def beside(self, shown: Sequence[Row], heights: Sequence[float], texts: Sequence[str]) -> dict[str, Any]:
        """Text at the right of the rows; `right_margin` makes room for it."""
        edge = float(shown[0].edges[-1]) if self.shared_axis else 1.0
        return self.text([edge] * len(shown), heights, [f" {text}" for text in texts], "middle right")

    def notes(self, x: Sequence[float], y: Sequence[float], shown: Sequence[Row]) -> dict[str, Any]:
        """What the shapes do not show, on the rows; an overflow in the colour of what is wrong, and with a sign."""
        colours = [self.theme.wrong if row.overflow else self.theme.text for row in shown]
        return self.text(x, y, [row.note for row in shown], "top right", colours)

    def text(
        self, x: Sequence[float], y: Sequence[float], text: Sequence[str], position: str, colours: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Words at places in the picture."""
        return {
            "type": "scatter",
            "x": list(x),
            "y": list(y),
            "mode": "text",
            "text": list(text),
            "textposition": position,
            "textfont": {"size": 14, "color": list(colours) or self.theme.text},
            "cliponaxis": False,
            "hoverinfo": "skip",
            "showlegend": False,
        }

    def alt(self, shown: Sequence[Row]) -> str:
        """The picture in words."""
        first, last = shown[0], shown[-1]
        return f"Distribution of {self.what.name} in {len(shown)} layers. " + " ".join(
            f"Layer {row.layer}: {', '.join(row.words) or 'no finite values'}." for row in (first, last)
        )


def right_margin(texts: Sequence[str]) -> float:
    """Pixels for `Picture.beside`: a character of 14 pixels is about 7.5 wide."""
    return RIGHT + 7.5 * max(len(text) for text in texts)


def _between(low: float, high: float) -> str:
    first, last = percent(low), percent(high)
    return last if first == last else f"{first} to {last}"
