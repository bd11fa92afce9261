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
from initviz.theory.limits import BandLimits, band_limits, gradients_lost
from initviz.theory.mean_field import MeanField, mean_field
from initviz.theory.residual import Growth, coherent_growth

COVERAGE = 0.95
"""The share of all networks that a band holds."""
BANDED = {"std": "variance", "rms": "square", "grad_h_std": "gradient"}
"""Columns that have a band -> the variance and the shift of `Scatter` that it follows from."""

# --- the prediction ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prediction(LayerTable):
    """What the layers 0..depth should measure at infinite width, and what grows from layer to layer at this width.

    Nothing in it depends on how the weights fall."""

    spec: NetworkSpec
    batch: Batch
    base: Mapping[str, FloatArray]
    """The columns that cost little; the others are computed when they are asked for."""
    reason: str = ""
    """Why there is no prediction, or none of some numbers, which are nan then; empty where all is predicted."""
    remarks: str = ""
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

    @cached_property
    def limits(self) -> BandLimits | None:
        """Where there are bands; None where there is no prediction."""
        if self.mean_field is None or self.scatter is None:
            return None
        with np.errstate(all="ignore"):
            return band_limits(self.mean_field, self.scatter)

    @property
    def note(self) -> str:
        """The remarks, and why there is no band."""
        return " ".join(filter(None, (self.remarks, self.limits.reason if self.limits else "")))

    def has_band(self, name: str, /) -> bool:
        return self.scatter is not None and name in BANDED

    def band(self, name: str, /, coverage: float = COVERAGE, rough: bool = False) -> tuple[FloatArray, FloatArray]:
        """(low, high) of the central share of all networks of this width, for std, rms or grad_h_std.

        Log-normal, to leading order in depth/width. nan where there is no prediction, and where `note` says that there
        is no band, unless a `rough` one is asked for, right in its order of magnitude.
        """
        if name not in BANDED:
            raise KeyError(f"No band for '{name}'; there is one for {', '.join(BANDED)}.")
        values = self.column(name)
        if self.scatter is None or self.limits is None:
            return values, values
        variance, shift = (getattr(self.scatter, BANDED[name] + ending) for ending in ("", "_shift"))
        log_variance = np.log1p(variance.clip(0)).clip(max=1000)  # exp of much more would overflow
        log_variance += np.square(np.finfo(self.spec.dtype).eps * np.arange(1, len(self) + 1))  # rounding
        known = self.limits.gradient if name == "grad_h_std" else self.limits.signal
        if rough:
            shift = np.where(known, shift, 0)
        else:
            values = np.where(known, values, nan)
        middle = values * np.exp((shift - log_variance / 2) / 2)
        reach = special.ndtri((1 + coverage) / 2) * np.sqrt(log_variance) / 2
        return middle * np.exp(-reach), middle * np.exp(reach)


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
        growth = coherent_growth(theory)
        base = mask_after(_cheap(theory, growth), theory.last_valid_layer)
        lost = gradients_lost(theory)
        if lost:
            base |= {name: np.full(len(spec) + 1, nan) for name in base if name.startswith("grad") or name == "chi"}
    reason = " ".join(filter(None, (_beyond(theory), lost))) or _missing_numbers(base)
    return Prediction(spec, batch, base, reason, _remarks(spec, growth), theory)


def _cheap(theory: MeanField, growth: Growth) -> dict[str, FloatArray]:
    """The columns that follow from the variances alone (with batch normalization also from the cosines)."""
    batch, sizes, gradients, weights = theory.batch, theory.sizes, theory.gradients, theory.shares
    q, grad_h, mean = sizes.q @ weights, growth.h * (gradients.h @ weights), sizes.mu @ weights
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
        "grad_z_std": _with_input(nan, np.sqrt(growth.z * (gradients.z @ weights))),
        "grad_w_std": _with_input(nan, np.sqrt(batch.samples * growth.z * ((h_before * gradients.affine) @ weights))),
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
    """Why the last layers have no prediction; empty where they have."""
    if theory.last_valid_layer == len(theory.layers):
        return ""
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


def _remarks(spec: NetworkSpec, growth: Growth) -> str:
    notes = []
    for activation in dict.fromkeys(layer.activation for layer in spec.layers):
        like = at_infinite_width(activation, None)[0]
        if like is not activation:
            notes.append(f"{activation.name} is predicted as {like.name}, which it turns into in wide layers.")
    if not spec.independent:
        notes.append("The weights are not independent of each other: the prediction holds to leading order.")
    if any(layer.normalization.limit and layer.normalization.limit.over_batch for layer in spec.layers):
        notes.append("Batch normalization: the prediction is that of a large batch of unlike samples.")
    if growth.h.max() > NOTED**2:
        notes.append(
            f"Residual connections: at this width gradients are up to {np.sqrt(growth.h.max()):.3g} times larger than"
            " in infinitely wide layers, as their part along h grows with the signal; that is in the prediction."
        )
    return " ".join(notes)


NOTED = 1.25
"""From what factor on a remark says that gradients are larger than at infinite width."""


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
