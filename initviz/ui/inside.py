"""A look inside a network, drawn or uploaded: number formats and singular values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isinf
from typing import TypeVar

import streamlit as st

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue, Named
from initviz.figures import inside as figures
from initviz.figures.theme import Theme
from initviz.measure.precision import FORMATS, Precision, precision_at_start
from initviz.measure.spectra import Spectra, marchenko_pastur, spectra_at_start
from initviz.network.budget import cost
from initviz.network.drawing import draw_network
from initviz.network.experiment import Experiment
from initviz.network.network import Network
from initviz.network.spec import LayerSpec
from initviz.network.streams import input_batch
from initviz.progress import Progress
from initviz.text import percent, show
from initviz.theory.prediction import Prediction
from initviz.ui import parts
from initviz.ui.cache import own_budget
from initviz.ui.waiting import answer

T = TypeVar("T")


@dataclass(frozen=True)
class About:
    """What is drawn beside what was measured."""

    layers: tuple[LayerSpec, ...]
    prediction: Prediction | None
    look: Theme


INSIDE = Catalogue(
    "view",
    [
        Named("nothing", "Nothing"),
        Named("formats", "Number formats"),
        Named("singular", "Singular values"),
    ],
)


def draw(chosen: str, formats: Callable[[], Precision], singular: Callable[[], Spectra], about: About) -> None:
    """What was chosen, computed only then."""
    if chosen == "formats":
        number_formats(formats(), about.look)
    elif chosen == "singular":
        singular_values(singular(), about.layers, about.prediction, about.look)


def number_formats(precision: Precision, look: Theme) -> None:
    """Shares lost in each format by depth, forward and backward, and the loss scales."""
    left, right = st.columns(2, gap="medium")
    with left:
        parts.chart(figures.lost_by_depth(precision, "forward", theme=look), "lost-forward", "Lost on the way forward")
    with right:
        parts.chart(figures.lost_by_depth(precision, "backward", theme=look), "lost-backward", "Lost on the way back")
    said = [
        f"**{FORMATS[id].name}** 2^{one.exponent} ({percent(one.before)} lost without, {percent(one.after)} with it)"
        for id, one in precision.scales.items()
    ]
    st.caption(
        "Lost: rounded to 0, or beyond the largest number. The loss scale that loses fewest gradients: "
        + ", ".join(said)
        + ". After Micikevicius et al. (2018), arXiv:1710.03740, and (2022), arXiv:2209.05433."
    )


def singular_values(
    spectra: Spectra, layers: tuple[LayerSpec, ...], prediction: Prediction | None, look: Theme
) -> None:
    """Singular values of matrices and of the Jacobian, beside theory where it knows them."""
    left, right = st.columns(2, gap="medium")
    with left:
        expected = expected_spectra(spectra, layers)
        parts.chart(figures.weight_spectra(spectra, expected, theme=look), "weight-spectra", "Singular values of W")
    with right:
        rms = None
        if prediction is not None and not prediction.reason:
            ends = layers[0].fan_in, layers[-1].width
            rms = figures.expected_rms(prediction.column("chi")[1:], *ends)
        parts.chart(figures.jacobian_spectrum(spectra, rms, theme=look), "jacobian", "Singular values of dh/dx")
    condition = "beyond all numbers" if isinf(spectra.condition) else show(spectra.condition)
    st.caption(
        "Predicted: Marchenko & Pastur (1967) for independent weights, one value for orthogonal ones. dh/dx is the"
        f" Jacobian of the last hidden layer at the first sample; largest over smallest: {condition}. All singular"
        " values near 1 is dynamical isometry (Saxe et al. 2014; Pennington et al. 2017)."
    )


def expected_spectra(spectra: Spectra, layers: tuple[LayerSpec, ...]) -> Mapping[int, FloatArray]:
    """By layer; one for all that have the same shape and variance, none for weights that are no random draw."""
    expected: dict[tuple[int, int, float], tuple[int, FloatArray]] = {}
    for number in spectra.weights:
        layer = layers[number - 1]
        if layer.weight_variance is None:
            continue
        key = (*layer.weight_shape, float(f"{layer.weight_variance:.2g}"))
        if key not in expected:
            values = marchenko_pastur(*layer.weight_shape, layer.weight_variance)
            if layer.orthogonal:
                values = values * 0 + (layer.weight_variance * max(layer.weight_shape)) ** 0.5
            expected[key] = number, values
    return dict(expected.values())


# --- of drawn networks ---


def formats_of(experiment: Experiment) -> Precision:
    """What shorter floats would lose of the experiment's network. Raises OverBudget and InputError."""
    return _inside("Converting", experiment, precision_at_start)


def singular_of(experiment: Experiment) -> Spectra:
    """Singular values of the experiment's network. Raises OverBudget and InputError."""
    return _inside("Factorizing", experiment, spectra_at_start)


def _inside(words: str, experiment: Experiment, look: Callable[[Network, FloatArray], T]) -> T:
    own_budget().check(experiment)
    needed = cost(experiment)

    def work(progress: Progress) -> T:
        return look(draw_network(experiment), input_batch(experiment))

    return answer(words, (look.__name__, experiment), work, gflop=4 * needed.gflop, mib=3 * needed.mib)
