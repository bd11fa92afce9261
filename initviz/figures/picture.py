"""What all pictures of distributions share: axes, labels beside the rows, and the description in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from initviz.arrays import FloatArray
from initviz.figures.rows import Quantity, Row
from initviz.figures.theme import FONT_SIZE, Theme, depth_colour, log_ticks


@dataclass(frozen=True)
class Picture:
    """What is drawn (`what`), of how deep a network, over one axis or each layer over its own, and how it looks."""

    what: Quantity
    depth: int
    shared_axis: bool
    theme: Theme

    def colour(self, row: Row) -> str:
        """The row's place on the depth scale."""
        return depth_colour(self.theme, row.layer, self.depth)

    def places(self, row: Row) -> FloatArray:
        """Horizontal coordinates of the row's bin centres: values on a shared axis, else 0..1."""
        return row.centres if self.shared_axis else (row.positions[1:] + row.positions[:-1]) / 2

    def value_axis(self, shown: Sequence[Row]) -> dict[str, Any]:
        """The horizontal axis under rows that stand above each other."""
        if not self.shared_axis:
            zero = "" if self.what.log else ", | marks 0"
            title = f"{self.what.axis}, lowest to highest in each layer{zero}"
            return {"title": {"text": title}, "range": [0, 1], "showticklabels": False, "ticks": "", "zeroline": False}
        low, high = float(shown[0].edges[0]), float(shown[0].edges[-1])
        ticks = log_ticks(low, high) if self.what.log else {}
        return {"title": {"text": self.what.axis}, "range": [low, high], "zeroline": not self.what.log, **ticks}

    def layer_title(self, shown: Sequence[Row]) -> str:
        """Says which layers are missing, where some are."""
        count = self.depth + (shown[0].layer == 0)
        return "layer (0 = input)" if len(shown) == count else f"layer ({len(shown)} of {count} shown)"

    def right_margin(self, shown: Sequence[Row]) -> float:
        """Pixels for the ranges beside the rows."""
        return 16 if self.shared_axis else 12 + 0.56 * FONT_SIZE * max(len(row.span) for row in shown)

    def labels(self, shown: Sequence[Row], heights: Sequence[float]) -> list[dict[str, Any]]:
        """Ranges at the right of the rows (where each has its own), and notes on them at the left."""
        left = float(shown[0].edges[0]) if self.shared_axis else 0.0
        notes = [_text([left] * len(shown), heights, [row.note for row in shown], "top right", self.theme)]
        if self.shared_axis:
            return notes
        return [
            *notes,
            _text([1.0] * len(shown), heights, [f" {row.span}" for row in shown], "middle right", self.theme),
        ]

    def alt(self, shown: Sequence[Row]) -> str:
        """The picture in words."""
        first, last = shown[0], shown[-1]
        return f"Distribution of {self.what.name} in {len(shown)} layers. " + " ".join(
            f"Layer {row.layer}: {', '.join(row.words) or 'no finite values'}." for row in (first, last)
        )


def _text(x: Sequence[float], y: Sequence[float], text: Sequence[str], position: str, theme: Theme) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": list(x),
        "y": list(y),
        "mode": "text",
        "text": list(text),
        "textposition": position,
        "textfont": {"size": 14, "color": theme.text},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "showlegend": False,
    }
