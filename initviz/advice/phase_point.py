"""Where an experiment stands in the phase diagram of its activation, in numbers and in one sentence.

Public: SIGMA_W, SIGMA_B; phase_point, PhasePoint; edge_at; moved; place_sentence.
"""

from dataclasses import dataclass, replace
from math import isinf, sqrt

import numpy as np

from initviz.activations import Activation
from initviz.arrays import FloatArray
from initviz.gaussian.moments import edge_of_chaos, moments
from initviz.network.experiment import Experiment
from initviz.text import changed, counted, percent, show, times
from initviz.theory.phase import phase_map

DEEPEST = 100
"""Hidden layers; on a longer depth scale even the deepest network loses less than half of a gradient's size."""

NEAR = 1e-3
"""Relative distance in sigma_w that counts as lying on the edge, which is known to four digits."""

_E24 = (
    *(1.0, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2.0, 2.2, 2.4, 2.7, 3.0),
    *(3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8, 7.5, 8.2, 9.1),
)

SIGMA_W = np.array(
    [float(f"{digits}e{decade}") for decade in (-1, 0, 1) for digits in _E24 if digits * 10.0**decade < 40]
)
"""The points of the map along sigma_w: preferred numbers, about a tenth apart (IEC 60063, series E24)."""

SIGMA_B = np.arange(31) / 10
"""The points of the map along sigma_b."""


@dataclass(frozen=True)
class PhasePoint:
    """The point (sigma_w, sigma_b) of the second and all later hidden layers, and what deep networks tend to there."""

    sigma_w: float
    sigma_b: float
    q: float
    """Variance of z that inputs of variance 1 end at: 0, finite, or inf."""
    chi_1: float
    """Factor on the squared gradient per layer there."""
    depth_scale: float
    """Layers over which the squared gradient shrinks or grows e-fold; inf on the edge of chaos."""

    @property
    def phase(self) -> str:
        """ "ordered", "chaotic", or "edge" where the depth scale exceeds the deepest network there is."""
        if self.depth_scale > DEEPEST:
            return "edge"
        return "ordered" if self.chi_1 < 1 else "chaotic"


def phase_point(experiment: Experiment) -> PhasePoint | None:
    """The experiment's own point; None where the weights are not random, so that they have no variance to plot."""
    if experiment.weights.unpredictable:
        return None
    later = replace(experiment, depth=2, tied=False).spec().layers[1]
    assert later.weight_variance is not None, "predictable weights have a variance"
    sigma_w, sigma_b = sqrt(later.fan_in * later.weight_variance), sqrt(later.bias_variance)
    there = phase_map(experiment.phi, experiment.phi_alpha, np.array([sigma_w]), np.array([sigma_b]))
    return PhasePoint(
        sigma_w,
        sigma_b,
        there.q.item(),
        there.chi_1.item(),
        there.depth_scale.item(),
    )


def edge_at(activation: Activation, alpha: float | None, sigma_b: float) -> float | None:
    """The smallest sigma_w between 0.01 and 1000 at which chi_1 rises through 1 for this sigma_b; None without one.

    Found on a grid that is refined once: four digits (test_the_edge_for_a_bias).
    """
    low, high = 1e-2, 1e3
    for points in (101, 65):
        sigma_w = np.geomspace(low, high, points)
        with np.errstate(divide="ignore"):
            height = np.log(phase_map(activation, alpha, sigma_w, np.array([sigma_b])).chi_1[0])
        rising = np.flatnonzero((height[:-1] < 0) & (height[1:] >= 0))
        if not rising.size:
            return None
        low, high = sigma_w[rising[0]], sigma_w[rising[0] + 1]
        below, above = height[rising[0]], height[rising[0] + 1]
    share = -below / (above - below) if np.isfinite(below) else 1.0
    return float(low * (high / low) ** share)


def moved(experiment: Experiment, sigma_w: float, sigma_b: float) -> Experiment:
    """The experiment at another point of the map: normal weights and biases, its other settings as they are.

    The point holds from the second layer on, where fan_in is the width. Raises InputError for a point that no std or
    bias std within the bounds reaches.
    """
    return experiment.changed(initializer="random_normal", std=sigma_w / sqrt(experiment.width), bias_std=sigma_b)


def place_sentence(experiment: Experiment, place: PhasePoint | None, edge: float | None) -> str:
    """In which phase the experiment is, what that does to its gradients, and where the edge is for its biases."""
    if place is None:
        return (
            f"**{experiment.weights.name}** has no place in this map: {experiment.weights.unpredictable}."
            " Choose a point to see random weights there."
        )
    held = edge is not None and _variance_is_held(experiment, edge, place.sigma_b)
    on_edge = place.phase == "edge" or (held and _is_near(place, edge))
    where = rf"For $\sigma_b = {show(place.sigma_b)}$"
    at = rf"at $\sigma_w = {show(edge or 0.0)}$"
    if edge is None:
        compared = rf"{where} no $\sigma_w$ puts $\chi_1$ at 1."
    elif held and on_edge:
        compared = f"{where} the edge of chaos lies {at}; this experiment lies on it."
    elif held:
        compared = f"{where} the edge of chaos lies {at}; this experiment has {show(place.sigma_w)}."
    else:
        runaway = rf"$\chi_1$ passes 1 {at}, where the variance runs away"
        compared = f"{where}, {runaway}; this experiment has {show(place.sigma_w)}."
    phase = _on_edge(experiment, place, held) if on_edge else _off_edge(place)
    parts = (phase, _variance(place, held and on_edge), compared, _changed_rule(experiment))
    return " ".join(part for part in parts if part)


JUMP = 0.05
"""Relative distance in sigma_w^2 from the edge of chaos; interpolating that edge costs up to 0.03 at its end."""


def _variance_is_held(experiment: Experiment, sigma_w: float, sigma_b: float) -> bool:
    """Whether chi_1 = 1 there on the edge of chaos proper, and not where the variance jumps from one end to another."""
    edge = edge_of_chaos(experiment.phi, experiment.phi_alpha)
    w, b = edge.sigma_w2[edge.stable], edge.sigma_b2[edge.stable]
    if not b.size or sigma_b**2 > b.max():
        return False
    return bool(abs(np.interp(sigma_b**2, b, w) / sigma_w**2 - 1) < JUMP)


def _is_near(place: PhasePoint, edge: float | None) -> bool:
    return edge is not None and abs(place.sigma_w / edge - 1) < NEAR


def gradient_left(experiment: Experiment, place: PhasePoint) -> FloatArray:
    """Share of the gradient's size that reaches layer 1 from layer 1..DEEPEST of the plain network, whose inputs have
    variance 1: towards the edge chi_1 tends to 1 only as a power of the depth (Schoenholz et al. 2017)."""
    sigma_w2, sigma_b2 = place.sigma_w**2, place.sigma_b**2
    q, chi = sigma_w2 + sigma_b2, [1.0]
    for _ in range(DEEPEST - 1):
        q = sigma_w2 * moments(experiment.phi, experiment.phi_alpha, min(q, 1e30)).m2 + sigma_b2
        chi.append(sigma_w2 * moments(experiment.phi, experiment.phi_alpha, min(q, 1e30)).d2)
    with np.errstate(all="ignore"):
        return np.sqrt(np.cumprod(chi))


def _on_edge(experiment: Experiment, place: PhasePoint, held: bool) -> str:
    """How much of the gradient is left on the way to the edge, and over how many layers half of it is."""
    left = gradient_left(experiment, place)
    name = "On the edge of chaos:" if held else "No edge of chaos, but"
    tends = r"$\chi_1$ tends to 1" if held else rf"$\chi_1 = {show(place.chi_1)}$"
    lost = np.flatnonzero((left < 0.5) | (left > 2))
    end = float(left[-1])
    if not lost.size:
        return f"**{name}** {tends}, and over {DEEPEST} layers the gradient {changed(end, 'keeps', 'grows')}."
    half = "keeps half of its size" if left[lost[0]] < 1 else "at most doubles"
    return (
        f"**{name}** {tends}, but not at once: the gradient {half} over {counted(int(lost[0]), 'layer')}, and over"
        f" {DEEPEST} layers it {changed(end, 'keeps', 'grows')}."
    )


def _off_edge(place: PhasePoint) -> str:
    factor = sqrt(place.chi_1)
    chi, ten = rf"$\chi_1 = {show(place.chi_1)}$", factor**10
    if place.chi_1 < 1:
        return (
            f"**Ordered phase:** {chi}, so a layer lets {percent(factor)} of the gradient's size through; ten layers"
            f" leave {percent(ten)}."
        )
    return (
        f"**Chaotic phase:** {chi}, so a layer makes the gradient {times(factor)} as large; ten layers make it"
        f" {times(ten)} as large."
    )


def _variance(place: PhasePoint, on_edge: bool) -> str:
    """Where the variance ends, unless the way there takes longer than any network is deep."""
    if on_edge:
        return ""
    if place.q == 0:
        return "The signal dies out as well."
    return "The signal grows without end." if isinf(place.q) else ""


def _changed_rule(experiment: Experiment) -> str:
    """What makes this network another one than the map is of; empty for plain networks."""
    changes = [
        experiment.norm.name if experiment.norm.axis is not None else "",
        "a residual connection" if experiment.residual else "",
        "one matrix for all layers" if experiment.tied else "",
    ]
    said = " and ".join(change for change in changes if change)
    return f"All this is for the plain network: this one has {said}, which follows other rules." if said else ""
