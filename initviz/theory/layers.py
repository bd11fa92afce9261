"""The hidden layers of a network as columns of numbers, one row a layer: what the recursions go through.

Public: Layers, layers_of, side_by_side; Run; no_prediction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

import numpy as np

from initviz.activations import Activation
from initviz.arrays import FloatArray
from initviz.gaussian.moments import has_moments
from initviz.network.normalization import WideLimit
from initviz.network.spec import LayerSpec, NetworkSpec


class Run(NamedTuple):
    """Consecutive layers that have one activation, as rows of the columns."""

    activation: Activation
    alpha: float
    rows: slice


@dataclass(frozen=True)
class Layers:
    """Columns over the layers, shape (depth, 1); for several networks side by side (depth, networks, 1).

    Side by side, networks differ in their variances alone: activations, normalizations and shapes are those of the
    first one.
    """

    specs: tuple[LayerSpec, ...]
    weight_variance: FloatArray
    bias_variance: FloatArray

    def __len__(self) -> int:
        return len(self.specs)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The layers by activation, first to last."""
        runs, start = [], 0
        for (activation, alpha), group in groupby(self.specs, lambda spec: (spec.activation, spec.alpha)):
            stop = start + len(list(group))
            runs.append(Run(activation, alpha, slice(start, stop)))
            start = stop
        return tuple(runs)

    @cached_property
    def fan_in(self) -> FloatArray:
        return self._column([spec.fan_in for spec in self.specs])

    @cached_property
    def width(self) -> FloatArray:
        return self._column([spec.width for spec in self.specs])

    @cached_property
    def pieces(self) -> FloatArray:
        return self._column([spec.pieces for spec in self.specs])

    @cached_property
    def branch(self) -> FloatArray:
        """Factor on phi(z): 1 without a skip connection."""
        return self._column([spec.branch for spec in self.specs])

    @cached_property
    def skip(self) -> FloatArray:
        """1 with a skip connection, else 0."""
        return self._column([spec.skip for spec in self.specs])

    @cached_property
    def keeps_forward(self) -> FloatArray:
        """Share of the noise of |W^T h|^2 that orthogonal weights do not have: 1 where they keep every length."""
        return self._column([spec.orthogonal * min(1.0, spec.width / spec.fan_in) for spec in self.specs])

    @cached_property
    def keeps_backward(self) -> FloatArray:
        """The same of |W g|^2, on the way back."""
        return self._column([spec.orthogonal * min(1.0, spec.fan_in / spec.width) for spec in self.specs])

    @cached_property
    def over_batch(self) -> FloatArray:
        """1 where the normalization takes its statistics over the batch, else 0."""
        return self._column([_limit(spec).over_batch for spec in self.specs])

    @cached_property
    def divides(self) -> FloatArray:
        """1 where the normalization divides by a std, else 0."""
        return self._column([_limit(spec).divides for spec in self.specs])

    @cached_property
    def sigma_w2(self) -> FloatArray:
        """fan_in Var W."""
        return self.fan_in * self.weight_variance

    @cached_property
    def sigma_b2(self) -> FloatArray:
        """Variance of the biases that a normalization leaves: over the batch they are gone."""
        return self.bias_variance * (1 - self.over_batch)

    @cached_property
    def backward(self) -> FloatArray:
        """width Var W: E of the squared gradient passed back through the weights, per E of that which enters them."""
        return self.width * self.weight_variance

    def _column(self, values: Sequence[float]) -> FloatArray:
        return np.array(values, dtype=float).reshape(-1, *(1,) * (self.weight_variance.ndim - 1))


def _limit(spec: LayerSpec) -> WideLimit:
    assert spec.normalization.limit is not None, "no_prediction has refused it"
    return spec.normalization.limit


def layers_of(spec: NetworkSpec) -> Layers:
    """The columns of one network, whose weights must have a variance."""
    return Layers(spec.layers, _column(spec, "weight_variance"), _column(spec, "bias_variance"))


def side_by_side(specs: Sequence[NetworkSpec]) -> Layers:
    """Networks that differ in their variances alone, as a middle axis of the columns."""
    weights, biases = (
        np.stack([_column(spec, name) for spec in specs], axis=1) for name in ("weight_variance", "bias_variance")
    )
    return Layers(specs[0].layers, weights, biases)


def _column(spec: NetworkSpec, name: str) -> FloatArray:
    return np.array([getattr(layer, name) for layer in spec.layers], dtype=float)[:, np.newaxis]


def no_prediction(spec: NetworkSpec) -> str:
    """Why theory says nothing of a network, as a sentence; empty where it does."""
    if spec.unpredictable:
        return f"No prediction: {spec.unpredictable}."
    for number, layer in enumerate(spec.layers, start=1):
        gap = _gap(layer)
        if gap:
            return f"No prediction: {gap} (layer {number})."
    return ""


def _gap(layer: LayerSpec) -> str:
    """What theory would have to know of a layer and does not, as half a sentence."""
    if layer.weight_variance is None:
        return "the weights have no known variance"
    if not has_moments(layer.activation):
        return f"{layer.activation.name} is not elementwise, and its layer form gives no moments"
    if layer.normalization.limit is None:
        return f"what {layer.normalization.name} does in wide layers is not known"
    return ""
