"""The coordinate check: does a step move every layer equally far at every width?

How far a layer's own step moves its z, h (W' - W) for the same h, as a power of the width n. What the layers below it
do to h comes on top; it is of lower order, but still seen at these widths. A gradient step changes W by dL/dz h, and z
by that times the sum of h^2 over what enters: d features for the first layer, n units for the others. A step of Adam
moves every weight by about the rate, and z by that times the sum of |h|. So where weights have variance ~ 1/n, dL/df
~ 1 and therefore a hidden unit's dL/dz ~ n^-1/2,

    SGD       first layer n^-1/2    hidden n^-1/2 n = n^1/2    output 1 n = n
    Adam      first layer 1         hidden n                   output n

The maximal-update parametrization divides the output's weights by n^1/2 more, which makes dL/dz ~ 1/n, and multiplies
the rates by n, 1, 1/n (SGD) or 1, 1/n, 1/n (Adam): every exponent becomes 0. Yang & Hu (2021), arXiv:2011.14522.

For other laws h and dL/dz have other exponents: `derived` takes both from the infinite-width recursions at each width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from initviz.arrays import FloatArray
from initviz.learn.parametrization import PARAMETRIZATIONS
from initviz.learn.settings import Training
from initviz.learn.start import task_data
from initviz.learn.trainer import Trainer
from initviz.learn.verdict import layer_name
from initviz.network.experiment import Experiment
from initviz.network.spec import NetworkSpec
from initviz.progress import Progress
from initviz.theory.tangent_kernel import no_tangent_kernel, tangent_kernel

WIDTHS = (128, 256, 512, 1024)
SEEDS = 3
ROWS = 64
"""Examples of the one batch that is both learnt and looked at."""

RATE = {"sgd": 1e-4, "momentum": 1e-4, "adam": 1e-6}
"""So small that z changes in proportion: the exponents are those of the first step, whatever the learning rate."""

CLOSE = 0.3
"""An exponent nearer to 0 than this counts as 0: over a factor of 8 in width it means a factor of less than 2."""


@dataclass(frozen=True, eq=False)
class CoordinateCheck:
    """moves: (widths, seeds, layers) rms of h (W' - W); slopes, predicted: (layers,) exponents of the width."""

    widths: tuple[int, ...]
    moves: FloatArray
    slopes: FloatArray
    predicted: FloatArray
    """nan where theory has no answer."""
    reason: str = ""
    """Why it has none."""

    def sentences(self) -> list[str]:
        """A verdict for each layer, the last of which is the output."""
        layers = len(self.slopes)
        return [
            f"{layer_name(layer, layers).capitalize()}: {_judged(slope)}"
            for layer, slope in enumerate(self.slopes.tolist(), 1)
        ]

    def remark(self) -> str:
        """How far measured and derived exponents are apart, where that is worth a word; why nothing is derived."""
        if self.reason:
            return f"No slopes are derived here: {self.reason}."
        gaps = np.abs(self.slopes - self.predicted)
        apart = float(gaps[np.isfinite(gaps)].max(initial=0.0))
        if apart < CLOSE:
            return ""
        return (
            f"Measured and derived slopes are up to {apart:.2f} apart: the derived ones leave out that the first"
            " outputs, and how alike two examples are, may change with the width too."
        )


def _judged(slope: float) -> str:
    grows = f"as width^{slope:.2f}"
    if not np.isfinite(slope):
        return "its z does not move at all."
    if abs(slope) < CLOSE:
        return f"its z moves equally far at every width ({grows})."
    if slope > 0:
        return f"its z moves further the wider the network ({grows}): a rate that suits a narrow one is too large."
    return f"its z moves less the wider the network ({grows}): it stops learning."


def coordinate_check(
    experiment: Experiment,
    training: Training,
    *,
    widths: Sequence[int] = WIDTHS,
    seeds: int = SEEDS,
    steps: int = 1,
    progress: Progress | None = None,
) -> CoordinateCheck:
    """The exponents of the experiment's layers, and those that its parametrization and optimizer should have.

    Raises InputError when the task's data cannot be read.
    """
    rate = RATE[training.optimizer]
    small = training.changed(examples=2 * ROWS, test_share=0.5, batch=ROWS, learning_rate=rate, l2=0.0)
    moves = np.empty((len(widths), seeds, experiment.depth + 1))
    for index, seed in np.ndindex(len(widths), seeds):
        one = experiment.changed(width=widths[index], seed=experiment.seed + seed, dtype="float64")
        moves[index, seed] = _moves(one, small, steps)
        if progress:
            progress((index * seeds + seed + 1) / (len(widths) * seeds))
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(moves).mean(axis=1)
    predicted, reason = derived(experiment, small, widths)
    return CoordinateCheck(tuple(widths), moves, _slopes(widths, logs), predicted, reason)


def derived(experiment: Experiment, training: Training, widths: Sequence[int]) -> tuple[FloatArray, str]:
    """The layers' exponents at infinite width, (depth + 1,), and an empty text; or nan, and why."""
    data = task_data(experiment, training)
    x = data.train_x[:ROWS]
    specs = [experiment.changed(width=width).spec(x.shape[1], data.task.outputs) for width in widths]
    if reason := no_tangent_kernel(specs[0]):
        return np.full(experiment.depth + 1, np.nan), reason
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        logs = np.log([_expected(spec, x, training, width) for spec, width in zip(specs, widths, strict=True)])
    slopes = _slopes(widths, logs)
    return slopes, "" if np.isfinite(slopes).all() else "numbers overflow or vanish at infinite width"


def _expected(spec: NetworkSpec, x: FloatArray, training: Training, width: int) -> FloatArray:
    """How far each layer's z moves, but for factors that are the same at every width."""
    parametrization, layers = PARAMETRIZATIONS[training.parametrization], len(spec)
    kernel = tangent_kernel(spec, x, output_factor=parametrization.output_factor(width))
    rates = np.array([parametrization.rate(training.optimizer, layer, layers, width) for layer in range(1, layers + 1)])
    entering, grad_z = np.array(kernel.entering), np.array(kernel.grad_z)
    if training.optimizer == "adam":  # the sum of |h| over fan_in values
        return rates * np.sqrt([layer.fan_in for layer in spec.layers] * entering)
    return rates * grad_z * entering


def _slopes(widths: Sequence[int], logs: FloatArray) -> FloatArray:
    """Exponents of the width from logarithms (widths, layers); nan for a layer with a number that is none."""
    known = np.isfinite(logs).all(axis=0)
    slopes = np.full(logs.shape[1], np.nan)
    slopes[known] = np.polyfit(np.log(widths), logs[:, known], 1)[0]
    return slopes


def _moves(experiment: Experiment, training: Training, steps: int) -> FloatArray:
    trainer = Trainer(experiment, training, task_data(experiment, training))
    network, x = trainer.network, trainer.data.train_x[:ROWS]
    weights = [layer.weights.copy() for layer in network.layers]
    hs = [kept.h for kept in network.forward(x)]
    trainer.run(steps=steps)
    moved = [h @ (layer.weights - old) for layer, old, h in zip(network.layers, weights, hs, strict=True)]
    return np.array([np.sqrt(np.square(one).mean()) for one in moved])
