"""Numbers of a sweep over its seeds: typical, predicted, how far apart, how they differ.

Public: MEASURES, FACTOR, SHOWN, numbers, summary, gap_words.
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue, Named
from initviz.network.columns import COLUMNS, Column
from initviz.sweep.memory import Place, Swept
from initviz.sweep.plan import point_key
from initviz.sweep.table import PREFIX

FACTOR = "factor"
"""The measured counterpart of chi: by what the squared gradient is multiplied per layer on its way down."""

MEASURES: Catalogue[Column] = Catalogue(
    "measure",
    [
        Column(
            FACTOR,
            "χ over all layers",
            "Factor on the squared gradient per layer, from the last hidden layer down to the first.",
            predicted=True,
        ),
        *(column for column in COLUMNS.values() if column.id != "layer"),
    ],
)
"""What a cell of a sweep may show."""

SHOWN = Catalogue(
    "summary",
    [
        Named("measured", "measured"),
        Named("predicted", "predicted"),
        Named("difference", "measured - predicted"),
        Named("spread", "spread"),
    ],
)
"""Measured and predicted: the median over the seeds. Difference: in standard errors. Spread: std over the mean."""


def numbers(swept: Swept, measure: str, place: Place, *, predicted: bool = False) -> FloatArray:
    """Of every experiment, (values of each axis..., seeds); nan where there is nothing."""
    prefix = PREFIX if predicted else ""
    if measure != FACTOR:
        return swept.column(prefix + measure, place)
    first, last = (swept.column(f"{prefix}grad_h_std", where) for where in ("first", "last"))
    between = swept.column("layer", "last") - 1
    with np.errstate(all="ignore"):
        return np.where(between > 0, (first / last) ** (2 / between), np.nan)


def summary(swept: Swept, measure: str, shown: str, place: Place) -> FloatArray:
    """One number of every cell, (values of each axis...). shown: an id of SHOWN.

    Difference and spread need at least two seeds that differ, and are nan without.
    """
    if shown == "predicted":
        return _median(numbers(swept, measure, place, predicted=True))
    measured = numbers(swept, measure, place)
    if shown == "measured":
        return _median(measured)
    with np.errstate(all="ignore"):
        mean = measured.mean(axis=-1)
        std = measured.std(axis=-1, ddof=1) if swept.grid.seeds > 1 else np.full(mean.shape, np.nan)
        std = np.where(std > 1e-6 * np.abs(mean), std, np.nan)  # less is rounding: all networks are alike
        if shown == "spread":
            return np.asarray(std / np.abs(mean))
        predicted = numbers(swept, measure, place, predicted=True).mean(axis=-1)
        return np.asarray((mean - predicted) / (std / sqrt(swept.grid.seeds)))


def _median(values: FloatArray) -> FloatArray:
    """Over the seeds that are there already."""
    absent = np.asarray(np.isnan(values).all(axis=-1))
    filled = np.where(absent[..., None], 0.0, values)
    with np.errstate(all="ignore"):
        return np.where(absent, np.nan, np.nanmedian(filled, axis=-1))


def gap_words(swept: Swept, measure: str, shown: str) -> NDArray[np.str_]:
    """(values of each axis...): the word for a cell without a number."""
    shape = [len(values) for values in swept.grid.axes.values()]
    points = np.array([point_key(point) in swept.rows for point in swept.grid.points()])
    there = points.reshape(*shape, swept.grid.seeds).all(axis=-1)
    return np.where(there, _reason(swept, measure, shown), "failed" if swept.done else "…")


def _reason(swept: Swept, measure: str, shown: str) -> str:
    if shown in ("difference", "spread") and swept.grid.seeds < 2:
        return "1 seed"
    column = MEASURES[measure]
    if shown in ("predicted", "difference") and not column.predicted:
        return "no theory"
    if shown != "predicted" and not column.path and measure != FACTOR:
        return "theory only"
    return "no theory" if shown == "predicted" else "undefined"
