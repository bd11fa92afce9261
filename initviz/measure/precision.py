"""What shorter floats would lose of signals and gradients, layer by layer, and the loss scale that saves gradients.

Public: FORMATS, Precision, precision_of, precision_at_start.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue
from initviz.network.initializers import standard_normal
from initviz.network.network import Network

SAMPLES = 200
"""Rows of the batch that are looked at."""
SUBSAMPLE = 20_000
"""Values of a layer that are converted."""


@dataclass(frozen=True)
class Format:
    """A kind of floats: largest finite number, smallest normal and smallest subnormal one follow from the dtype."""

    id: str
    name: str
    dtype: "np.dtype[np.generic]"


FORMATS = Catalogue(
    "format",
    [
        Format("float16", "float16", np.dtype(np.float16)),
        Format("bfloat16", "bfloat16", np.dtype(ml_dtypes.bfloat16)),
        Format("float8_e4m3", "fp8 e4m3", np.dtype(ml_dtypes.float8_e4m3fn)),
        Format("float8_e5m2", "fp8 e5m2", np.dtype(ml_dtypes.float8_e5m2)),
    ],
)
"""IEEE half, and those of Micikevicius et al. (2022), arXiv:2209.05433."""


@dataclass(frozen=True)
class Losses:
    """Shares of the values of every layer 0..depth that a format does not hold, each (depth + 1,)."""

    underflow: FloatArray
    """Of the values other than 0: those that become 0."""
    overflow: FloatArray
    """Of all values: those that become infinite or no number."""
    subnormal: FloatArray
    """Of the values other than 0: those that lose digits, and are 0 where subnormal numbers are flushed."""

    @property
    def lost(self) -> FloatArray:
        """Become 0, or no number."""
        return self.underflow + self.overflow


@dataclass(frozen=True)
class LossScale:
    """What the loss is multiplied by so that fewest gradients of all layers are lost, and what still is."""

    exponent: int
    """The scale is 2^exponent."""
    before: float
    """Share that is lost without it, all layers alike."""
    after: float


@dataclass(frozen=True)
class Precision:
    """By id of a format: forward (h), backward (dL/dh), and the loss scale."""

    forward: dict[str, Losses]
    backward: dict[str, Losses]
    scales: dict[str, LossScale]


def precision_of(network: Network, batch: FloatArray, grad_out: FloatArray) -> Precision:
    """Send a batch (samples, features) forward and gradients (samples, width of the last layer) backward, and convert
    what each layer holds. The first SAMPLES rows are enough."""
    batch, grad_out = batch[:SAMPLES], grad_out[:SAMPLES]
    with np.errstate(all="ignore"):
        values = network.forward(batch)
        signals = [_some(batch), *(_some(one.out) for one in values)]
        gradients = [_some(one.h) for one in network.backward(values, grad_out) if one.h is not None]
        gradients.append(_some(grad_out))
        sizes = [np.abs(one[(one != 0) & np.isfinite(one)]).astype(np.float64) for one in gradients]
        return Precision(
            {form.id: _losses(signals, form) for form in FORMATS.values()},
            {form.id: _losses(gradients, form) for form in FORMATS.values()},
            {form.id: _scale(sizes, form) for form in FORMATS.values()},
        )


def precision_at_start(network: Network, batch: FloatArray, seed: int = 0) -> Precision:
    """The same with N(0, 1) gradients at the last hidden layer."""
    shape = min(len(batch), SAMPLES), network.spec.layers[-1].width
    return precision_of(network, batch, standard_normal(np.random.default_rng(seed), shape))


def _some(values: FloatArray) -> FloatArray:
    flat = values.ravel()
    return flat[:: max(1, len(flat) // SUBSAMPLE)].copy()


def _losses(layers: Sequence[FloatArray], form: Format) -> Losses:
    smallest = float(ml_dtypes.finfo(form.dtype).smallest_normal)  # type: ignore[no-untyped-call]
    rows = []
    for values in layers:
        held = np.abs(values.astype(form.dtype).astype(np.float64))
        some = max(int(np.count_nonzero(values)), 1)
        rows.append(
            (
                np.count_nonzero((held == 0) & (values != 0)) / some,
                np.count_nonzero(~np.isfinite(held)) / len(values),
                np.count_nonzero((held > 0) & (held < smallest)) / some,
            )
        )
    return Losses(*np.array(rows).T)


SCALES = np.arange(-40, 121)
"""Exponents that are tried."""


def _scale(sizes: Sequence[FloatArray], form: Format) -> LossScale:
    """Of the scales that lose least, the one nearest to 1."""
    info = ml_dtypes.finfo(form.dtype)  # type: ignore[no-untyped-call]
    least, most = float(info.smallest_subnormal) / 2, _limit(form)
    lost = np.zeros(len(SCALES))
    counted = [one for one in sizes if len(one)]
    for one in counted:
        order = np.sort(one)
        below = np.searchsorted(order, np.ldexp(least, -SCALES), side="right")
        above = len(order) - np.searchsorted(order, np.ldexp(most, -SCALES), side="left")
        lost += (below + above) / len(order) / len(counted)
    best: NDArray[np.intp] = np.flatnonzero(lost <= lost.min() + 1e-12)
    place = int(best[np.argmin(np.abs(SCALES[best]))])
    return LossScale(int(SCALES[place]), float(lost[SCALES == 0][0]), float(lost[place]))


def _limit(form: Format) -> float:
    """From here on a value is rounded to what is no number: half a step beyond the largest one."""
    info = ml_dtypes.finfo(form.dtype)  # type: ignore[no-untyped-call]
    largest = float(info.max)
    return largest + 2.0 ** (np.frexp(largest)[1] - 2 - int(info.nmant))
