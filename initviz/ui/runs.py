"""What the charts by depth draw, as one list of named runs: this network or many, the pinned one, theory, a fix."""

import numpy as np
import streamlit as st

from initviz.advice.fix import Fix
from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.fields import Number, Switch
from initviz.figures.rows import Expected
from initviz.figures.runs import PINNED, PINNED_NAME, Run
from initviz.measure.ensemble import COVERAGE as MEASURED
from initviz.measure.ensemble import Ensemble
from initviz.measure.propagation import Propagation
from initviz.network.experiment import Experiment
from initviz.theory.prediction import COVERAGE as PREDICTED
from initviz.theory.prediction import Prediction, expected_masses
from initviz.ui import parts, pin
from initviz.ui.cache import predicted, repeated
from initviz.ui.state import Option, Visit

SEEDS = (1, 2, 5, 10, 20, 50)

COMPARISON = {
    "theory": Option(Switch("prediction", "Infinite-width theory: dashed lines, bands and outlines."), True),
    "seeds": Option(Number("networks", "Draw so many: median and band.", 1, 50, integer=True, marks=SEEDS), 1),
}
"""Options of every page that draws measurements: theory beside them, and many draws instead of one."""
RUNS = (*COMPARISON, pin.NAME)
"""Options that `runs_of` follows from."""


def runs_of(current: Visit, propagation: Propagation, fix: Fix | None = None) -> list[Run]:
    """This experiment's run, the pinned one, the prediction if it is wanted, and what a fix would do."""
    table = many(current.experiment, propagation, current.options.get("seeds", 1))
    held = pinned_run(current)
    name = f"median of {table.seeds} networks" if isinstance(table, Ensemble) else "measured"
    runs = [Run(f"B: {name}" if held else name, table, coverage=MEASURED)]
    if held:
        runs.append(Run(PINNED_NAME, held, role=PINNED))
    if prediction := prediction_of(current):
        runs.append(Run("predicted", prediction, "predicted", coverage=PREDICTED))
    if fix:
        runs.append(Run("after the fix", fix.prediction, "proposed", role=2))
    return runs


def pinned_run(current: Visit) -> Propagation | None:
    """The pinned experiment's run, if there is one."""
    held = pin.pinned(current)
    return parts.run(held) if held else None


def many(experiment: Experiment, propagation: Propagation, seeds: int) -> Propagation | Ensemble:
    """The one network, or as many as are asked for, if they fit."""
    if seeds < 2:
        return propagation
    try:
        return repeated(experiment, seeds)
    except InputError as error:
        st.warning(str(error), icon=":material/weight:")
        return propagation


def prediction_of(current: Visit) -> Prediction | None:
    """What theory says, unless the visitor does not want to see it."""
    return predicted(current.experiment) if current.options.get("theory", True) else None


def shapes(current: Visit, propagation: Propagation, quantity: str) -> Expected:
    """The expected shares behind the histograms of h or z; empty where nothing is predicted or wanted."""
    prediction = prediction_of(current)
    signals = {layer.layer: layer.h if quantity == "h" else layer.z for layer in propagation.layers[1:]}
    edges = {layer: one.histogram.edges for layer, one in signals.items() if one is not None and not one.nonfinite}
    return expected_masses(prediction, edges, "h" if quantity == "h" else "z") if prediction else {}


def weight_density(current: Visit, propagation: Propagation, layer: int) -> tuple[FloatArray, FloatArray] | None:
    """(values, density that the weights of a layer were drawn from) over the values that were drawn; None where they
    are not independent draws, or theory is not wanted."""
    experiment, weights = current.experiment, propagation.layers[layer].weights
    if weights is None or not current.options.get("theory", True):
        return None
    x = np.linspace(weights.histogram.edges[0], weights.histogram.edges[-1], 200)
    density = experiment.weights.density(x, weights.fan_in, experiment.width, experiment.settings)
    return None if density is None else (x, density)


def remark(current: Visit) -> None:
    """What the bands of many networks cover, and why something is not predicted, where that is so."""
    if (seeds := current.options.get("seeds", 1)) > 1:
        st.caption(
            f":material/groups: Charts by depth: median of {seeds} networks, with seeds from {current.experiment.seed}"
            f" on; its band holds the middle {100 * MEASURED:g} % of them, the band of a prediction"
            f" {100 * PREDICTED:g} % of single networks. All else on this page is the first network."
        )
    prediction = prediction_of(current)
    if prediction and (said := prediction.reason or prediction.note):
        st.caption(f":material/info: {said}")
