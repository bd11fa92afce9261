"""The distribution of h, z or a gradient in every layer: ridges, histograms, violins or a heat map."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from initviz.catalogue import Catalogue
from initviz.figures.axes import AXES, FIXED
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


def distributions(  # noqa: PLR0913 - how one picture looks, all but the first by name
    propagation: Propagation,
    *,
    view: str = "ridges",
    quantity: str = "h",
    axis: str = "shared",
    theme: Theme = LIGHT,
    predicted: Expected | None = None,
    bins: Bins | None = None,
    play: bool = False,
    beside: Propagation | None = None,
) -> go.Figure:
    """One picture of a quantity in all layers.

    view: an id of VIEWS; a deep network shows an even choice of layers and says so. quantity: an id of QUANTITIES.
    axis: an id of AXES, or "fixed" for the range of `bins`. predicted: expected shares, drawn dashed (not on the heat
    map). bins: of h and z. play: with a button that draws ridges layer after layer. beside: a pinned
    network, drawn as an outline in its colour (not on the heat map). Raises UnknownChoice for an
    unknown id.
    """
    what, how = QUANTITIES[quantity], VIEWS[view]
    kind = axis if axis == FIXED.id else AXES[axis].id
    shown, common = rows(propagation, what, axis=kind, limit=how.most, expected=predicted, bins=bins, beside=beside)
    return how.draw(shown, Picture(what, len(propagation) - 1, common, theme, play))
