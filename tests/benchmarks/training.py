"""What a training step costs, as ratios within one process: `python -m tests.benchmarks.training`.

A step of SGD (depth 3, width 256, batch 128, digits) against its bare matrix products of the same shapes, dtype and
threads. Where PyTorch can be imported (make torch), its eager step on the same weights and cores is a third number.
Exits with 1 when the ratio is above the limit, or PyTorch is quicker.
"""

import sys
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from initviz.learn.settings import Training
from initviz.learn.trainer import Trainer
from initviz.measure.threads import own_threads
from initviz.network.experiment import Experiment
from tests.benchmarks.simulation import interleaved

LIMIT = 1.6
ROUNDS = 15
STEPS = 50
"""Between two looks at the clock; one record of the history is among them at most."""

EXPERIMENT = Experiment(activation="relu", initializer="he_normal", depth=3, width=256)
TRAINING = Training(batch=128, epochs=100_000)


def steps() -> Callable[[], object]:
    """Steps of the trainer."""
    trainer = Trainer(EXPERIMENT, TRAINING)
    trainer.run(steps=2)
    return lambda: trainer.run(steps=STEPS)


def bare_products() -> Callable[[], object]:
    """h W, h^T dL/dz and, but for the first layer, dL/dz W^T: what no step can do without."""
    rng = np.random.default_rng(0)
    sizes = [64, 256, 256, 256, 10]
    weights = [rng.standard_normal((a, b), dtype=np.float32) for a, b in pairwise(sizes)]
    hs = [rng.standard_normal((TRAINING.batch, size), dtype=np.float32) for size in sizes]

    def run() -> None:
        with own_threads():
            for _ in range(STEPS):
                for h, w in zip(hs, weights, strict=False):
                    h @ w
                for number in range(len(weights) - 1, -1, -1):
                    hs[number].T @ hs[number + 1]
                    if number:
                        hs[number + 1] @ weights[number].T

    return run


def torch_steps() -> Callable[[], object]:
    """The same with PyTorch, eagerly, as one writes it."""
    import torch  # noqa: PLC0415 - where it is installed

    trainer = Trainer(EXPERIMENT, TRAINING)
    parts: list[Any] = []
    for layer in trainer.network.layers:
        parts += [torch.nn.Linear(*layer.spec.weight_shape), torch.nn.ReLU()]
    model = torch.nn.Sequential(*parts[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=TRAINING.learning_rate)
    x, y = torch.tensor(trainer.data.train_x), torch.tensor(trainer.data.train_y.argmax(axis=1))

    def run() -> None:
        for _ in range(STEPS):
            rows = torch.randperm(len(x))[: TRAINING.batch]
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()

    return run


def main() -> int:
    """Measure and print; 0 when all promises are kept."""
    runs = {"products": bare_products(), "steps": steps()}
    if find_spec("torch"):
        runs["PyTorch"] = torch_steps()
    seconds = interleaved(runs, ROUNDS)
    ratio = seconds["steps"] / seconds["products"]
    listed = ", ".join(f"{name} {1e3 * value / STEPS:.2f} ms" for name, value in seconds.items())
    sys.stdout.write(f"a training step: ratio {ratio:.2f} (at most {LIMIT}); {listed}\n")
    return int(ratio > LIMIT or seconds["steps"] > seconds.get("PyTorch", float("inf")))


if __name__ == "__main__":
    sys.exit(main())
