"""A walk of one control in three panels: distributions by layer, sizes by depth, and where that is in the phase
diagram."""

from collections.abc import Callable
from math import ceil, floor, isfinite, log10

import numpy as np

from initviz.arrays import FloatArray
from initviz.figures.scales import log_ticks
from initviz.figures.scrub import BOTTOM, LEFT, RIGHT, TOP, Panel, Places, Scale, Trace, Word, across, ticks, upwards
from initviz.figures.theme import Theme, depth_colour, faded
from initviz.sweep.walk import Step, Walk
from initviz.text import show

ROWS = 8
"""Layers whose distribution is drawn, at most."""

ATOM = 0.05
"""A larger share of exact zeros is a spike that would flatten all else: it is cut."""

DECADES = 8.0
"""Sizes are drawn so far around 1, at most; what lies further out is on the border."""


def panels(walk: Walk, theme: Theme) -> list[Panel]:
    """All three."""
    return [shapes(walk, theme), sizes(walk, theme), places(walk, theme)]


def said(walk: Walk) -> list[str]:
    """What each step is called, with the sizes at the far ends of the network."""
    return [_said(walk, number, step) for number, step in enumerate(walk.steps)]


def _said(walk: Walk, number: int, step: Step) -> str:
    edge = " (edge of chaos)" if number == walk.critical else ""
    deep = f"layer {len(step.std)}: std {show(float(step.std[-1]))}"
    return f"{walk.name} {step.value:.4g}{edge} · {deep} · gradient at layer 1: {show(float(step.gradient[0]))}"


def _depth(walk: Walk) -> int:
    return max(len(step.std) for step in walk.steps)


# --- distributions -------------------------------------------------------------------------------------------------


def shapes(walk: Walk, theme: Theme) -> Panel:
    """One line for each of at most ROWS layers, the first at the top, each as high as its own peak."""
    depth = _depth(walk)
    shown = np.unique(np.linspace(1, depth, min(depth, ROWS)).round().astype(int)).tolist()
    h = across(float(walk.edges[0]), float(walk.edges[-1]))
    middles = (walk.edges[1:] + walk.edges[:-1]) / 2
    room = (BOTTOM - TOP) / (len(shown) + 0.5)
    traces, words = [], []
    for row, layer in enumerate(shown):
        base = TOP + (row + 1.5) * room
        colour = depth_colour(theme, layer, depth)
        y = [_outline(step, layer, walk, Scale(0, 1, base, base - 1.35 * room, kept=True)) for step in walk.steps]
        traces.append(Trace([h(middles)], y, colour, width=2, fill=faded(colour, 0.25)))
        words.append(Word(LEFT - 4, base, str(layer), theme.text, "end"))
    span = float(walk.edges[-1] - walk.edges[0])
    step = 10.0 ** floor(log10(span))
    step = step if span / step < 5 else 2 * step
    marks = step * np.arange(ceil(walk.edges[0] / step), floor(walk.edges[-1] / step) + 1)
    alt = f"Distribution of h in {len(shown)} layers, layer 1 at the top, at the chosen {walk.name}"
    return Panel("h by layer", alt, traces, ticks(h, marks.tolist(), [f"{mark:.3g}" for mark in marks]), [], words)


def _outline(step: Step, layer: int, walk: Walk, height: Scale) -> Places:
    if layer > len(step.densities):
        return []
    density = step.densities[layer - 1]
    peak = _peak(density, walk.edges) if step.zeros[layer - 1] > ATOM else float(density.max(initial=0.0))
    return height(density / peak if peak > 0 else density)


def _peak(density: FloatArray, edges: FloatArray) -> float:
    """The highest bin beside the one that holds 0, where that is not all."""
    at_zero = int(np.searchsorted(edges, 0.0, side="right")) - 1
    beside = np.delete(density, at_zero) if 0 <= at_zero < len(density) else density
    largest = float(density.max(initial=0.0))
    return float(beside.max()) if beside.max(initial=0.0) > 0.02 * largest else largest


# --- sizes ---------------------------------------------------------------------------------------------------------


def sizes(walk: Walk, theme: Theme) -> Panel:
    """Std of h and of dL/dh over the layers, on a logarithmic axis that all steps share; faint: on the edge."""
    depth = _depth(walk)
    known = np.concatenate([np.concatenate([step.std, step.gradient]) for step in walk.steps])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(known[np.isfinite(known) & (known > 0)])
    low = max(float(logs.min(initial=-1.0)), -DECADES) - 0.3
    high = min(float(logs.max(initial=1.0)), DECADES) + 0.3
    layer, size = across(1, max(depth, 2)), upwards(low, high, kept=True)
    x = layer(np.arange(1.0, depth + 1))
    traces: list[Trace] = []
    columns: list[tuple[int, Callable[[Step], FloatArray], str]] = [
        (0, lambda step: step.std, "● std of h"),
        (1, lambda step: step.gradient, "― gradient dL/dh"),
    ]
    for role, of, _ in columns:
        if walk.critical is not None:
            traces.append(Trace([x], [_sized(of(walk.steps[walk.critical]), size)], theme.colour(role), 2, 0.35))
        dot = 4.0 if role == 0 and depth <= 30 else 0.0
        traces.append(Trace([x], [_sized(of(step), size) for step in walk.steps], theme.colour(role), dot=dot))
    every = ceil(depth / 10)
    marks = list(range(1, depth + 1, every))
    decades = log_ticks(low, high, 6)
    words = [Word(RIGHT - 6, TOP + 14 + 18 * role, name, theme.colour(role), "end") for role, _, name in columns]
    alt = f"Std of h and of the gradient over {depth} layers at the chosen {walk.name}"
    faint = "; faint: on the edge" if walk.critical is not None else ""
    return Panel(
        f"Size by layer{faint}",
        alt,
        traces,
        ticks(layer, marks, [str(mark) for mark in marks]),
        ticks(size, decades["tickvals"], decades["ticktext"]),
        words,
    )


def _sized(values: FloatArray, size: Scale) -> Places:
    with np.errstate(divide="ignore"):
        return size(np.log10(np.maximum(values, 10.0 ** (size.low - 1))))


# --- the phase diagram ---------------------------------------------------------------------------------------------


def places(walk: Walk, theme: Theme) -> Panel:
    """The border chi_1 = 1, and where the chosen step is."""
    known = [step.place for step in walk.steps if step.place is not None]
    widths = [place.sigma_w for place in known] + [0.3, 3.0]
    tallest = max([0.5, *(1.3 * place.sigma_b for place in known)])
    w = across(log10(max(min(widths), 0.03)) - 0.05, log10(min(max(widths), 60.0)) + 0.05, kept=True)
    b = upwards(0.0, tallest, kept=True)
    inside = Scale(b.low, b.high, b.first, b.last)
    borders = [step.border for step in walk.steps[: len(walk.steps) if walk.name == "alpha" else 1]]
    traces = [
        Trace([w(np.log10(x)) for x, _ in borders], [inside(y) for _, y in borders], theme.text, 2),
        Trace(
            [_at(step, w, 0) for step in walk.steps],
            [_at(step, b, 1) for step in walk.steps],
            theme.colour(3),
            0,
            dot=9,
        ),
    ]
    marks = [mark for mark in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if w.low <= log10(mark) <= w.high]
    heights = [0.5 * mark for mark in range(int(2 * tallest) + 1)]
    words = [
        Word(LEFT + 14, TOP + 20, "ordered", theme.text, "start"),
        Word(RIGHT - 6, BOTTOM - 34, "chaotic", theme.text, "end"),
    ]
    at = [_told(step) for step in walk.steps]
    return Panel(
        "You are here: σ_b over σ_w",
        f"Phase diagram of {walk.steps[0].experiment.phi.name}; the dot goes from {at[0]} to {at[-1]}",
        traces,
        ticks(w, [log10(mark) for mark in marks], [show(mark) for mark in marks]),
        ticks(b, heights, [f"{height:g}" for height in heights]),
        words,
    )


def _at(step: Step, scale: Scale, axis: int) -> Places:
    if step.place is None or not isfinite(step.place.sigma_w):
        return []
    return scale([log10(step.place.sigma_w) if axis == 0 else step.place.sigma_b])


def _told(step: Step) -> str:
    return "nowhere" if step.place is None else f"sigma_w {show(step.place.sigma_w)}"
