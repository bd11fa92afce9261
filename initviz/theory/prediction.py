"""What an experiment should measure: the prediction of every layer at infinite width, before a weight is drawn.

Public: predict, Prediction; layer_masses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import nan
from types import MappingProxyType
from typing import Literal

import numpy as np
from scipy import special

from initviz.arrays import FloatArray
from initviz.gaussian.distributions import h_masses, saturated_share, zero_share
from initviz.gaussian.moments import at_infinite_width
from initviz.network.columns import COLUMNS, LayerTable
from initviz.network.experiment import Experiment
from initviz.theory.finite_width import Scatter, scatter
from initviz.theory.mean_field import Field, Hidden, mean_field

# --- the prediction ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prediction(LayerTable):
    """What the layers 0..depth should measure at infinite width. Nothing in it depends on how the weights fall."""

    experiment: Experiment
    base: Mapping[str, FloatArray]
    """The columns that cost little; the others are computed when they are asked for."""
    reason: str = ""
    """Why there is no prediction, or none of some numbers, which are nan then; empty where all is predicted."""
    note: str = ""
    """What stands behind the numbers where it is not this very network at infinite width; empty otherwise."""
    field: Field | None = None
    """What all is computed from; None where there is no prediction."""

    def __len__(self) -> int:
        return self.experiment.depth + 1

    def has(self, name: str, /) -> bool:
        return name in COLUMNS and COLUMNS[name].predicted

    def column(self, name: str, /) -> FloatArray:
        """One column over the layers 0..depth; names mean what they mean in `Propagation`, and nan what it means there.

        Besides: q, E z^2 of the activation's input, and chi, the factor on the squared gradient from this layer's h to
        that of the layer before.
        """
        return self.base[name] if name in self.base else self.columns[name]

    @cached_property
    def columns(self) -> Mapping[str, FloatArray]:
        """All columns by name."""
        known = dict(self.base)
        known_to_theory = [name for name in COLUMNS if self.has(name)]
        if self.field is None:
            known |= {name: np.full(len(self), nan) for name in known_to_theory if name not in known}
        else:
            with np.errstate(all="ignore"):
                known |= _told(_costly(self.field), self.field.last)
        return MappingProxyType({name: _read_only(known[name]) for name in known_to_theory})

    @cached_property
    def scatter(self) -> Scatter | None:
        """Spread over networks of this width; None where there is no prediction."""
        if self.field is None:
            return None
        with np.errstate(all="ignore"):
            return scatter(self.field)

    def band(self, name: str, coverage: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """(low, high) of the central share of all networks of this width, for std, rms or grad_h_std.

        Log-normal around the prediction's median, to leading order in depth/width. nan where there is no prediction,
        or where sizes, or leading orders far deeper than wide, leave float64's range.
        """
        variances = {"std": "variance", "rms": "square", "grad_h_std": "gradient"}
        if name not in variances:
            raise KeyError(f"No band for '{name}'; there is one for {', '.join(variances)}.")
        values = self.column(name)
        if self.scatter is None:
            return values, values
        variance = getattr(self.scatter, variances[name])
        log_variance = np.log1p(variance.clip(0)).clip(max=1000)  # exp of much more would overflow
        reach = special.ndtri((1 + coverage) / 2) * np.sqrt(log_variance) / 2
        return values * np.exp(-log_variance / 4 - reach), values * np.exp(-log_variance / 4 + reach)


def predict(experiment: Experiment) -> Prediction:
    """The prediction for one experiment, whatever its seed draws as weights. Raises InputError without the inputs."""
    reason = _no_prediction(experiment)
    if reason:
        return Prediction(experiment, {"layer": np.arange(experiment.depth + 1, dtype=float)}, reason)
    with np.errstate(all="ignore"):
        field = mean_field(experiment)
        base = _told(_cheap(field), field.last)
        note = _note(experiment, base)
    reason = _untold(field) if field.last < experiment.depth else _missing_numbers(base)
    return Prediction(experiment, base, reason, note, field)


def _no_prediction(experiment: Experiment) -> str:
    initializer = experiment.weights
    if initializer.unpredictable:
        return f"No prediction for {initializer.name}: {initializer.unpredictable}."
    if experiment.tied and len(set(experiment.shapes())) < experiment.depth:
        return "No prediction for layers that share one matrix: theory draws new weights for every layer."
    return ""


def _cheap(field: Field) -> dict[str, FloatArray]:
    """The columns that follow from the variances alone (with batch normalization also from the cosines)."""
    batch, sizes, gradients, weights = field.batch, field.sizes, field.gradients, field.shares
    q, grad_h, mean = sizes.q @ weights, gradients.h @ weights, sizes.mu @ weights
    variance = (sizes.v + (sizes.mu - mean[:, np.newaxis]) ** 2) @ weights
    h_before = sizes.square[:-1]
    if field.experiment.normalization == "batch":  # gradients of a unit add up to 0: what the batch shares is lost
        h_before = h_before - (sizes.square[:-1, :1] - field.centred[:, np.newaxis])
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


def _costly(field: Field) -> dict[str, FloatArray]:
    """Cosines and shares."""
    saturated, zero = _shares(field.kinds, field.sizes.q) @ field.shares
    cosine = (field.products[1:] @ field.pair_weights) / field.sizes.square[1:, 0]
    return {
        "saturated": _with_input(nan, saturated),
        "zero": _with_input(nan, zero),
        "cosine": _with_input(field.batch.cosine, cosine),
    }


def _told(columns: dict[str, FloatArray], last: int) -> dict[str, FloatArray]:
    """The columns, nan beyond the last layer that theory can tell, and in all gradients, which come from there."""
    for name, values in columns.items():
        if last + 1 < len(values) and name != "layer":
            values[0 if name.startswith("grad") else last + 1 :] = nan
    return columns


def _untold(field: Field) -> str:
    lost = f"layers {field.last + 1} to {field.experiment.depth}"
    return (
        f"No prediction for {lost} and for the gradients that come from there: theory lets a few samples take over the"
        " batch, which batch normalization of real units, each by a std of its own, prevents."
    )


def _read_only(values: FloatArray) -> FloatArray:
    values.flags.writeable = False
    return values


def _with_input(value: float, hidden: FloatArray) -> FloatArray:
    return np.concatenate([[value], hidden])


def _shares(kinds: tuple[Hidden, Hidden], q: FloatArray) -> FloatArray:
    """Shares of (saturated, zero) outputs of phi, shape (2, layers, n)."""
    first, others = kinds
    parts = [(first, q[:1]), (others, q[1:])]
    shares = [
        np.concatenate([share(kind.activation, kind.alpha, part) for kind, part in parts if part.size])
        for share in (saturated_share, zero_share)
    ]
    return np.stack(shares)


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


def _note(experiment: Experiment, base: Mapping[str, FloatArray]) -> str:
    notes = []
    if experiment.phi.mean_field_id:
        like = at_infinite_width(experiment.phi, experiment.phi_alpha)[0]
        notes.append(f"{experiment.phi.name} is predicted as {like.name}, which it turns into in wide layers.")
    if not experiment.weights.iid:
        notes.append(
            f"{experiment.weights.name}: the weights are not independent, and the prediction holds to leading order."
        )
    if experiment.normalization == "batch":
        notes.append("Batch normalization: the prediction is that of a large batch of unlike samples.")
    if experiment.residual and _excess(base, experiment.width) > EXCESS:
        notes.append(
            "Residual connections: the part of the gradient that points along h grows with the signal, faster than the"
            " rest; at this width it makes the first layers' gradients larger than predicted."
        )
    return " ".join(notes)


EXCESS = 1.25
"""From what factor on a note says that a real gradient is larger than the prediction."""


def _excess(base: Mapping[str, FloatArray], width: int) -> float:
    """About how many times larger than predicted the gradient at layer 1 of a residual network of this width is.

    A layer is h' = h + a phi(W h), and W knows h through phi: the gradient's part along h' becomes one along h, times
    |h'|/|h|. At first that is 1/width of the square, and each layer turns 1/width of what passes W into more.
    """
    square, gradient = np.square(base["rms"]), np.square(base["grad_h_std"])
    whole, along = 1.0, 1 / width
    for layer in range(len(square) - 1, 1, -1):
        factor, growth = gradient[layer - 1] / gradient[layer], square[layer] / square[layer - 1]
        whole, along = factor * whole + (growth - factor) * along, growth * along + (factor - 1) * whole / width
    return float(np.sqrt(whole / gradient[1]))


# --- distributions -------------------------------------------------------------------------------------------------


def layer_masses(
    prediction: Prediction, layer: int, edges: FloatArray, quantity: Literal["h", "z"] = "h"
) -> FloatArray:
    """Expected share of the values of hidden layer 1..depth in each bin between ascending edges, (len(edges) - 1,).

    Samples of different size are pooled. All nan where there is no prediction, and for h behind a residual connection,
    where branches of all layers before add up to no known distribution.
    """
    experiment, field = prediction.experiment, prediction.field
    if field is None or layer > field.last or (quantity == "h" and experiment.has_skip(layer)):
        return np.full(len(edges) - 1, nan)
    q, weights = field.sizes.q[layer - 1], field.shares
    if quantity == "z":
        return np.diff(weights @ special.ndtr(edges / np.sqrt(np.maximum(q, 1e-300))[:, np.newaxis]))
    return weights @ h_masses(*experiment.layer_activation(layer), q, edges)
