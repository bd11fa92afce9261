"""Sentences of the pages about one run: what a layer's slope lets through, which layers still learn."""

from math import sqrt

import numpy as np

from initviz.advice.findings import THRESHOLDS, Finding
from initviz.advice.trends import Columns, gradient_sizes, trend
from initviz.measure.propagation import Layer
from initviz.network.experiment import Experiment
from initviz.text import changed, percent, show, span, times


def slope_sentence(experiment: Experiment, layer: Layer) -> str:
    """What the layer's own activation does to signal and gradient, with this run's numbers; empty for the input.

    The share of the gradient is the root mean square of the slope, weighted by the gradient: never more than the
    largest slope. What a skip connection carries past the activation is not in it, nor is the branch's scale.
    """
    if layer.z is None or layer.grad_z is None or not layer.grad_h.rms:
        return ""
    spec = experiment.spec().layers[layer.layer - 1]
    kept = sqrt(spec.pieces) * layer.grad_z.rms / (spec.branch * layer.grad_h.rms)
    return (
        f"In layer {layer.layer} z has std **{show(layer.z.std)}**; {spec.activation.name} lets **{percent(kept)}** of"
        f" the gradient through there (root mean square of the slope), {percent(layer.saturated)} of its outputs are"
        f" saturated and {percent(layer.zero)} are zero."
    )


def learning(layers: Columns) -> Finding:
    """Which layers still learn: from dL/dW and the weights it changes, beside what becomes of dL/dh on its way back.

    Layers learn at the same pace where dL/dW relative to W is the same to within a factor of 10; without the spread of
    the weights (all equal), dL/dW alone is compared.
    """
    ratio, norm = layers.column("grad_w_ratio")[1:], layers.column("grad_w_norm")[1:]
    finite = layers.column("grad_w_nonfinite")[1:] == 0
    pace = np.where(np.isfinite(ratio), ratio, norm) if np.isfinite(ratio).any() else norm
    what = "dL/dW over W" if np.isfinite(ratio).any() else "dL/dW"
    moving = 1 + np.flatnonzero(np.isfinite(pace) & (pace > 0) & finite)
    still = tuple(int(k) for k in 1 + np.flatnonzero((norm == 0) & finite))
    idle = f"In {span(still)} dL/dW is exactly 0: nothing is learnt there. " if still else ""
    if moving.size < 2:
        alone = f"Only layer {moving[0]} learns." if moving.size else ""
        sentence = (idle + alone).strip() or "No layer gets a gradient that is a number: it overflows."
        return Finding("learning", "note", "backward", "Which layers learn", sentence, still, {})
    fastest, slowest = (int(moving[choose(pace[moving - 1])]) for choose in (np.argmax, np.argmin))
    high, low = float(pace[fastest - 1]), float(pace[slowest - 1])
    if high / low < THRESHOLDS["change"].warning:
        others = "All other layers" if still else "All layers"
        level = show(low) if show(low) == show(high) else f"{show(low)} to {show(high)}"
        said = f"{others} learn at about the same pace: {what} is {level}"
    else:
        said = (
            f"Layer {fastest} learns fastest, layer {slowest} slowest: {what} is {show(high)} there and {show(low)}"
            f" here, {times(high / low)} less"
        )
    evidence = {"fastest": fastest, "slowest": slowest, "high": high, "low": low}
    sentence = f"{idle}{said}{_beside_the_gradient(layers, high / low)}."
    return Finding("learning", "note", "backward", "Which layers learn", sentence, still, evidence)


def _beside_the_gradient(layers: Columns, spread: float) -> str:
    """Why weights of all layers get alike gradients although the gradient at h does not keep its size."""
    change = trend(gradient_sizes(layers))
    if not change.severity or spread >= THRESHOLDS["change"].warning:
        return ""
    way = f"although dL/dh {changed(change.whole, 'keeps', 'grows')} on its way back"
    verb = "shrinks" if change.factor < 1 else "grows"
    return (
        f", {way}: dL/dW is dL/dz times the h that enters, and where dL/dz {verb} towards the input, h {verb} towards"
        " the output"
    )
