"""What a network should measure: the prediction of every layer at infinite width, before a weight is drawn.

Public: predict, predict_network, Prediction; layer_masses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import nan
from types import MappingProxyType
from typing import Literal

import numpy as np
from scipy import special

from initviz.activations import Activation
from initviz.arrays import FloatArray
from initviz.gaussian.distributions import h_masses, saturated_share, zero_share
from initviz.gaussian.moments import at_infinite_width
from initviz.network.columns import COLUMNS, LayerTable
from initviz.network.experiment import Experiment
from initviz.network.spec import NetworkSpec
from initviz.theory.batches import Batch, batch_of
from initviz.theory.finite_width import Scatter, scatter
from initviz.theory.layers import Layers, no_prediction
from initviz.theory.mean_field import MeanField, mean_field

COVERAGE = 0.95
"""The share of all networks that a band holds."""
BANDED = {"std": "variance", "rms": "square", "grad_h_std": "gradient"}
"""Columns that have a band -> the `Scatter` it follows from."""

# --- the prediction ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prediction(LayerTable):
    """What the layers 0..depth should measure at infinite width. Nothing in it depends on how the weights fall."""

    spec: NetworkSpec
    batch: Batch
    base: Mapping[str, FloatArray]
    """The columns that cost little; the others are computed when they are asked for."""
    reason: str = ""
    """Why there is no prediction, or none of some numbers, which are nan then; empty where all is predicted."""
    note: str = ""
    """What stands behind the numbers where it is not this very network at infinite width; empty otherwise."""
    mean_field: MeanField | None = None
    """What all is computed from; None where there is no prediction."""

    def __len__(self) -> int:
        return len(self.spec) + 1

    def has(self, name: str, /) -> bool:
        return name in COLUMNS and COLUMNS[name].predicted

    def column(self, name: str, /) -> FloatArray:
        """One column over the layers 0..depth, read-only, with the meaning and the nan that it has in `Propagation`.

        Besides: q, E z^2 of the activation's input, and chi, the factor on the squared gradient from this layer's h to
        that of the layer before.
        """
        if name in self.base:
            return _read_only(self.base[name])
        return self.columns[name]

    @cached_property
    def columns(self) -> Mapping[str, FloatArray]:
        """All columns by name."""
        known, names = dict(self.base), [name for name in COLUMNS if self.has(name)]
        if self.mean_field is None:
            known |= {name: np.full(len(self), nan) for name in names if name not in known}
        else:
            with np.errstate(all="ignore"):
                known |= mask_after(_costly(self.mean_field), self.mean_field.last_valid_layer)
        return MappingProxyType({name: _read_only(known[name]) for name in names})

    @cached_property
    def scatter(self) -> Scatter | None:
        """Spread over networks of this width; None where there is no prediction."""
        if self.mean_field is None:
            return None
        with np.errstate(all="ignore"):
            return scatter(self.mean_field)

    def has_band(self, name: str, /) -> bool:
        return self.scatter is not None and name in BANDED

    def band(self, name: str, /, coverage: float = COVERAGE) -> tuple[FloatArray, FloatArray]:
        """(low, high) of the central share of all networks of this width, for std, rms or grad_h_std.

        Log-normal around the prediction's median, to leading order in depth/width. nan where there is no prediction,
        or where sizes, or leading orders far deeper than wide, leave float64's range.
        """
        if name not in BANDED:
            raise KeyError(f"No band for '{name}'; there is one for {', '.join(BANDED)}.")
        values = self.column(name)
        if self.scatter is None:
            return values, values
        variance = getattr(self.scatter, BANDED[name])
        log_variance = np.log1p(variance.clip(0)).clip(max=1000)  # exp of much more would overflow
        reach = special.ndtri((1 + coverage) / 2) * np.sqrt(log_variance) / 2
        return values * np.exp(-log_variance / 4 - reach), values * np.exp(-log_variance / 4 + reach)


def predict(experiment: Experiment) -> Prediction:
    """The prediction for one experiment, whatever its seed draws as weights. Raises InputError without the inputs."""
    return predict_network(experiment.spec(), batch_of(experiment))


def predict_network(spec: NetworkSpec, batch: Batch) -> Prediction:
    """The prediction for any network of random weights: widths and variances may differ from layer to layer."""
    reason = no_prediction(spec)
    if reason:
        return Prediction(spec, batch, {"layer": np.arange(len(spec) + 1, dtype=float)}, reason)
    with np.errstate(all="ignore"):
        theory = mean_field(spec, batch)
        base = mask_after(_cheap(theory), theory.last_valid_layer)
        note = _note(spec, base)
    reason = _beyond(theory) if theory.last_valid_layer < len(spec) else _missing_numbers(base)
    return Prediction(spec, batch, base, reason, note, theory)


def _cheap(theory: MeanField) -> dict[str, FloatArray]:
    """The columns that follow from the variances alone (with batch normalization also from the cosines)."""
    batch, sizes, gradients, weights = theory.batch, theory.sizes, theory.gradients, theory.shares
    q, grad_h, mean = sizes.q @ weights, gradients.h @ weights, sizes.mu @ weights
    variance = (sizes.v + (sizes.mu - mean[:, np.newaxis]) ** 2) @ weights
    # gradients of a unit that is normalized over the batch add up to 0: what the batch shares is lost
    h_before = sizes.square[:-1] - (sizes.square[:-1, 0] - theory.unshared)[:, np.newaxis]
    return {
        "layer": np.arange(len(mean), dtype=float),
        "mean": _with_input(batch.mean, mean[1:]),
        "std": _with_input(batch.std, np.sqrt(variance[1:])),
        "rms": _with_input(batch.rms, np.sqrt(sizes.square[1:] @ weights)),
        "q": _with_input(nan, q),
        "chi": _with_input(nan, grad_h[:-1] / grad_h[1:]),
        "grad_h_std": np.sqrt(grad_h),
        "grad_z_std": _with_input(nan, np.sqrt(gradients.z @ weights)),
        "grad_w_std": _with_input(nan, np.sqrt(batch.samples * ((h_before * gradients.affine) @ weights))),
        "z_mean": _with_input(nan, np.zeros(len(q))),
        "z_std": _with_input(nan, np.sqrt(q)),
        "z_rms": _with_input(nan, np.sqrt(q)),
    }


def _costly(theory: MeanField) -> dict[str, FloatArray]:
    """Cosines and shares."""
    saturated, zero = (
        _share(theory.layers, theory.sizes.q, share) @ theory.shares for share in (saturated_share, zero_share)
    )
    cosine = (theory.products[1:] @ theory.pair_weights) / theory.sizes.square[1:, 0]
    return {
        "saturated": _with_input(nan, saturated),
        "zero": _with_input(nan, zero),
        "cosine": _with_input(theory.batch.cosine, cosine),
    }


def _share(layers: Layers, q: FloatArray, share: Callable[[Activation, float, FloatArray], FloatArray]) -> FloatArray:
    """A share of the outputs of phi, shape (layers, n)."""
    return np.concatenate([share(run.activation, run.alpha, q[run.rows]) for run in layers.runs])


def mask_after(columns: dict[str, FloatArray], last_valid_layer: int) -> dict[str, FloatArray]:
    """The columns, nan beyond the last layer that theory can tell, and in all gradients, which come from there."""
    for name, values in columns.items():
        if last_valid_layer + 1 < len(values) and name != "layer":
            values[0 if name.startswith("grad") else last_valid_layer + 1 :] = nan
    return columns


def _beyond(theory: MeanField) -> str:
    lost = f"layers {theory.last_valid_layer + 1} to {len(theory.layers)}"
    return (
        f"No prediction for {lost} and for the gradients that come from there: theory lets a few samples take over the"
        " batch, which batch normalization of real units, each by a std of its own, prevents."
    )


def _read_only(values: FloatArray) -> FloatArray:
    values.flags.writeable = False
    return values


def _with_input(value: float, hidden: FloatArray) -> FloatArray:
    return np.concatenate([[value], hidden])


def _missing_numbers(base: Mapping[str, FloatArray]) -> str:
    """Why hidden layers have columns that are no numbers; empty when they have none.

    A signal of 0 has no cosine, and a gradient of 0 no factor to the layer before.
    """
    sizes = np.stack([base[name] for name in ("rms", "grad_h_std", "grad_w_std")])[:, 1:]
    missing = ~(np.isfinite(sizes) & (sizes > 0)).all(axis=0) | (base["grad_h_std"][:-1] == 0)
    layers = 1 + np.flatnonzero(missing)
    if not layers.size:
        return ""
    return (
        f"Layers {layers[0]} to {layers[-1]}: some predictions are missing or 0, because sizes leave the range of"
        " numbers, 1e-154 to 1e154."
    )


def _note(spec: NetworkSpec, base: Mapping[str, FloatArray]) -> str:
    notes = []
    for activation in dict.fromkeys(layer.activation for layer in spec.layers):
        like = at_infinite_width(activation, None)[0]
        if like is not activation:
            notes.append(f"{activation.name} is predicted as {like.name}, which it turns into in wide layers.")
    if not spec.independent:
        notes.append("The weights are not independent of each other: the prediction holds to leading order.")
    if any(layer.normalization.limit and layer.normalization.limit.over_batch for layer in spec.layers):
        notes.append("Batch normalization: the prediction is that of a large batch of unlike samples.")
    if any(layer.skip for layer in spec.layers) and _excess(base, spec) > EXCESS:
        notes.append(
            "Residual connections: the part of the gradient that points along h grows with the signal, faster than the"
            " rest; at this width it makes the first layers' gradients larger than predicted."
        )
    return " ".join(notes)


EXCESS = 1.25
"""From what factor on a note says that a real gradient is larger than the prediction."""


def _excess(base: Mapping[str, FloatArray], spec: NetworkSpec) -> float:
    """About how many times larger than predicted the gradient at layer 1 of a residual network is.

    A layer is h' = h + a phi(W h), and W knows h through phi: the gradient's part along h' becomes one along h, times
    |h'|/|h|. At first that is 1/width of the square, and each layer turns 1/width of what passes W into more.
    """
    square, gradient = np.square(base["rms"]), np.square(base["grad_h_std"])
    whole, along = 1.0, 1 / spec.layers[-1].width
    for layer in range(len(square) - 1, 1, -1):
        width = spec.layers[layer - 1].width
        factor, growth = gradient[layer - 1] / gradient[layer], square[layer] / square[layer - 1]
        whole, along = factor * whole + (growth - factor) * along, growth * along + (factor - 1) * whole / width
    return float(np.sqrt(whole / gradient[1]))


# --- distributions -------------------------------------------------------------------------------------------------


def expected_masses(
    prediction: Prediction, edges: Mapping[int, FloatArray], quantity: Literal["h", "z"]
) -> dict[int, tuple[FloatArray, FloatArray]]:
    """Hidden layer -> (its edges, the expected share of its values in each bin); empty where nothing is predicted."""
    if prediction.mean_field is None:
        return {}
    return {layer: (own, layer_masses(prediction, layer, own, quantity)) for layer, own in edges.items()}


def layer_masses(
    prediction: Prediction, layer: int, edges: FloatArray, quantity: Literal["h", "z"] = "h"
) -> FloatArray:
    """Expected share of the values of hidden layer 1..depth in each bin between ascending edges, (len(edges) - 1,).

    Samples of different size are pooled. All nan where there is no prediction, and for h behind a residual connection,
    where branches of all layers before add up to no known distribution.
    """
    spec, theory = prediction.spec.layers[layer - 1], prediction.mean_field
    if theory is None or layer > theory.last_valid_layer or (quantity == "h" and spec.skip):
        return np.full(len(edges) - 1, nan)
    q, weights = theory.sizes.q[layer - 1], theory.shares
    if quantity == "z":
        return np.diff(weights @ special.ndtr(edges / np.sqrt(np.maximum(q, 1e-300))[:, np.newaxis]))
    return weights @ h_masses(spec.activation, spec.alpha, q, edges)
