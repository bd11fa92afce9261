"""Exported scripts, run in the test's own process: as a namespace, without printing."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from initviz.arrays import FloatArray
from initviz.export.script import script
from initviz.frameworks import Framework
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment

PRINTED = (
    *("layer", "mean", "std", "rms", "saturated", "zero", "dead", "cosine"),
    *("grad_h_std", "grad_z_std", "grad_w_std"),
)


def loaded(experiment: Experiment, framework: Framework) -> dict[str, Any]:
    """What the script defines."""
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(compile(script(experiment, framework), f"{framework.id}.py", "exec"), namespace)
    return namespace


def table(experiment: Experiment, framework: Framework) -> FloatArray:
    """The script's table, (depth + 1, columns)."""
    namespace = loaded(experiment, framework)
    batch = namespace["draw_batch"]()
    rows = namespace["measure"](namespace["build"](batch), batch)
    assert tuple(rows[0]) == PRINTED
    return np.array([[float(value) for value in row.values()] for row in rows])


def measured(experiment: Experiment) -> FloatArray:
    """The same table as `simulate` has it."""
    propagation = simulate(experiment)
    return np.stack([propagation.column(name) for name in PRINTED], axis=1)


def assert_alike(experiment: Experiment, framework: Framework, seeds: Sequence[int] = (1, 2, 3, 4)) -> None:
    """The means over some seeds agree within six standard errors, 1 % of the column's largest value beside them."""
    ours = np.stack([measured(experiment.changed(seed=seed)) for seed in range(8)])
    theirs = np.stack([table(experiment.changed(seed=seed), framework) for seed in seeds])
    assert (np.isnan(ours).all(axis=0) == np.isnan(theirs).all(axis=0)).all()
    spread = np.maximum(ours.std(axis=0, ddof=1), theirs.std(axis=0, ddof=1) if len(seeds) > 1 else 0)
    error = spread * np.sqrt(1 / 8 + 1 / len(seeds))
    away = np.abs(ours.mean(axis=0) - theirs.mean(axis=0))
    allowed = 6 * error + 0.01 * np.abs(ours).max(axis=0) + 1e-6
    wrong = [(PRINTED[column], layer) for layer, column in zip(*np.nonzero(away > allowed), strict=True)]
    assert not wrong, (wrong, ours.mean(axis=0), theirs.mean(axis=0))
