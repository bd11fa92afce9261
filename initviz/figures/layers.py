"""The distribution of h, z or a gradient in every layer: ridges, histograms, violins or a heat map."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from initviz.catalogue import Catalogue
from initviz.figures.heat import heat_map
from initviz.figures.panels import histograms
from initviz.figures.picture import Picture
from initviz.figures.rows import QUANTITIES, Expected, Row, rows
from initviz.figures.strips import ridges, violins
from initviz.figures.theme import LIGHT, Theme
from initviz.measure.propagation import Bins, Propagation


@dataclass(frozen=True)
class View:
    """A way to draw the distributions, at most `most` layers at a time."""

    id: str
    name: str
    most: int
    draw: Callable[[Sequence[Row], Picture], go.Figure]


VIEWS = Catalogue(
    "view",
    [
        View("ridges", "Ridges", 20, ridges),
        View("histograms", "Histograms", 12, histograms),
        View("violins", "Violins", 16, violins),
        View("heat_map", "Heat map", 101, heat_map),
    ],
)


def distributions(
    propagation: Propagation,
    *,
    view: str = "ridges",
    quantity: str = "h",
    shared_axis: bool = False,
    theme: Theme = LIGHT,
    predicted: Expected | None = None,
    bins: Bins | None = None,
) -> go.Figure:
    """One picture of a quantity in all layers, over the same axis or each layer over its own range.

    view: an id of VIEWS; a deep network shows an even choice of layers and says so. quantity: an id of QUANTITIES.
    predicted: expected shares, drawn dashed (not on the heat map). bins: of h and z.
    Raises UnknownChoice for an unknown view or quantity.
    """
    what, how = QUANTITIES[quantity], VIEWS[view]
    shown = rows(propagation, what, shared_axis=shared_axis, limit=how.most, expected=predicted, bins=bins)
    return how.draw(shown, Picture(what, len(propagation) - 1, shared_axis, theme))
