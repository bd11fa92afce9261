"""Training steps are PyTorch's, for the same weights and batches: 20 steps of each optimizer, loss and switch.

CI installs PyTorch (requirements-torch.txt) and sets INITVIZ_REQUIRE_TORCH; elsewhere these tests may be skipped.
"""

import os
from typing import Any

import numpy as np
import pytest

from initviz.learn.losses import LOSSES
from initviz.learn.optimizers import OPTIMIZERS
from initviz.learn.settings import Training
from initviz.learn.trainer import Trainer
from initviz.network.experiment import Experiment

if os.environ.get("INITVIZ_REQUIRE_TORCH"):
    import torch
else:
    torch = pytest.importorskip("torch")

STEPS = 20
EXPERIMENT = Experiment(
    activation="tanh", initializer="lecun_normal", depth=2, width=8, bias_std=0.1, dtype="float64", seed=2
)
PHI = {"tanh": torch.nn.Tanh, "prelu": torch.nn.PReLU, "relu": torch.nn.ReLU}
NORMS = {"batch": torch.nn.BatchNorm1d, "layer": torch.nn.LayerNorm}


def as_torch(trainer: Trainer) -> Any:
    """The same network as modules, with the same numbers."""
    parts: list[Any] = []
    for layer in trainer.network.layers:
        assert layer.biases is not None
        linear = torch.nn.Linear(*layer.spec.weight_shape, dtype=torch.float64)
        linear.weight.data, linear.bias.data = torch.tensor(layer.weights.T.copy()), torch.tensor(layer.biases.copy())
        parts.append(linear)
        if layer.spec.normalization.id in NORMS:
            parts.append(NORMS[layer.spec.normalization.id](layer.spec.width, dtype=torch.float64))
        if layer.spec.activation.id in PHI:
            phi = PHI[layer.spec.activation.id]()
            parts.append(phi.double())
    return torch.nn.Sequential(*parts)


def optimizer_of(training: Training, model: Any) -> Any:
    """PyTorch's optimizer; its weight decay on weight matrices alone."""
    matrices = [one for one in model.parameters() if one.ndim == 2]
    others = [one for one in model.parameters() if one.ndim != 2]
    groups = [{"params": matrices, "weight_decay": training.l2}, {"params": others}]
    rate = training.learning_rate
    kinds = {
        "sgd": lambda: torch.optim.SGD(groups, lr=rate),
        "momentum": lambda: torch.optim.SGD(groups, lr=rate, momentum=0.9),
        "adam": lambda: torch.optim.Adam(groups, lr=rate),
    }
    return kinds[training.optimizer]()


def same_steps(experiment: Experiment, training: Training) -> None:
    trainer = Trainer(experiment, training)
    model = as_torch(trainer)
    optimizer = optimizer_of(training, model)
    batches = Trainer(experiment, training)._batches
    for _ in range(STEPS):
        x, y = map(torch.tensor, next(batches))
        optimizer.zero_grad()
        out = model(x)
        if training.loss == "cross_entropy":
            loss = torch.nn.functional.cross_entropy(out, y)
        else:
            loss = 0.5 * (out - y).square().sum(dim=1).mean()
        loss.backward()
        optimizer.step()
    trainer.run(steps=STEPS)
    linear = [module for module in model if isinstance(module, torch.nn.Linear)]
    for layer, module in zip(trainer.network.layers, linear, strict=True):
        np.testing.assert_allclose(layer.weights.T, module.weight.detach().numpy(), rtol=1e-9, atol=1e-11)
        assert layer.biases is not None
        np.testing.assert_allclose(layer.biases, module.bias.detach().numpy(), rtol=1e-9, atol=1e-11)
    slopes = [module.weight.item() for module in model if isinstance(module, torch.nn.PReLU)]
    np.testing.assert_allclose([layer.alpha for layer in trainer.network.layers[: len(slopes)]], slopes, rtol=1e-9)


def training(**changed: Any) -> Training:
    return Training(task="spiral", examples=100, batch=32, epochs=50, learning_rate=0.05).changed(**changed)


@pytest.mark.parametrize("l2", [0.0, 0.1])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers_step_as_pytorchs(optimizer: str, loss: str, l2: float) -> None:
    same_steps(EXPERIMENT, training(optimizer=optimizer, loss=loss, l2=l2))


@pytest.mark.parametrize("activation", PHI)
@pytest.mark.parametrize("normalization", ["none", *NORMS])
def test_layers_step_as_pytorchs(activation: str, normalization: str) -> None:
    """Adam divides by gradients that batch normalization makes exactly 0 but for rounding; SGD shows what is learnt."""
    same_steps(EXPERIMENT.changed(activation=activation, normalization=normalization), training(optimizer="momentum"))
