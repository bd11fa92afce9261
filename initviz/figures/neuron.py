"""A diagram of one unit: what z and h are."""

from typing import Any

import plotly.graph_objects as go

from initviz.figures.theme import LIGHT, Theme, figure, layout

INPUTS = {"x₁": 2.0, "x₂": 1.0, "⋮": 0.0, "xₙ": -1.0}
"""What enters, and how high it stands."""
SUM, PHI, OUT, MIDDLE = 2.2, 4.4, 6.2, 0.5
"""Where the sum, the activation and the output stand, and how high."""


def neuron(activation: str, *, theme: Theme = LIGHT) -> go.Figure:
    """Inputs times weights, their sum and the bias give z; the activation makes h of it."""
    arrows = [(0.0, y, SUM, MIDDLE) for name, y in INPUTS.items() if name != "⋮"]
    arrows += [(SUM, 2.3, SUM, MIDDLE), (SUM, MIDDLE, PHI, MIDDLE), (PHI, MIDDLE, OUT, MIDDLE)]
    circles = [*((0.0, y, name) for name, y in INPUTS.items()), (SUM, MIDDLE, "Σ"), (PHI, MIDDLE, "φ"), (SUM, 2.3, "b")]
    nodes: dict[str, Any] = {
        "type": "scatter",
        "x": [x for x, _, _ in circles],
        "y": [y for _, y, _ in circles],
        "mode": "markers+text",
        "text": [name for _, _, name in circles],
        "textfont": {"size": 18, "color": theme.text},
        "marker": {
            "size": [0 if name == "⋮" else 40 for _, _, name in circles],
            "color": theme.background,
            "line": {"color": theme.colour(0), "width": 2},
        },
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
    words = [(0.95, 1.75, "w₁"), (0.8, 1.05, "w₂"), (0.95, -0.65, "wₙ"), (OUT + 0.15, MIDDLE, "h"), (3.3, 0.75, "z")]
    words += [(3.4, -0.6, "z = Σ wᵢ xᵢ + b"), (5.0, 1.3, f"h = φ(z)<br>{activation}")]
    hidden = {"visible": False, "fixedrange": True}
    return figure(
        [nodes],
        layout(
            theme,
            alt=f"One unit: inputs x times weights w, summed with the bias b, give z; h = φ(z), here {activation}.",
            xaxis={**hidden, "range": [-0.5, OUT + 0.5]},
            yaxis={**hidden, "range": [-1.5, 2.8]},
            annotations=[_arrow(*ends, theme) for ends in arrows] + [_word(*one) for one in words],
            height=280,
            showlegend=False,
        ),
    )


def _arrow(x0: float, y0: float, x1: float, y1: float, theme: Theme) -> dict[str, Any]:
    ends = {"x": x1, "y": y1, "ax": x0, "ay": y0, "xref": "x", "yref": "y", "axref": "x", "ayref": "y"}
    head = {"arrowhead": 2, "arrowwidth": 1.5, "arrowcolor": theme.muted, "standoff": 22, "startstandoff": 22}
    return {**ends, **head, "text": "", "showarrow": True}


def _word(x: float, y: float, text: str) -> dict[str, Any]:
    return {"x": x, "y": y, "text": text, "showarrow": False}
