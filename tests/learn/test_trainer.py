"""The trainer: its gradients, what it reaches, how it stops, goes on and diverges."""

from math import log

import numpy as np
import pytest

from initviz.activations import ACTIVATIONS
from initviz.arrays import FloatArray
from initviz.learn.losses import LOSSES
from initviz.learn.settings import Training
from initviz.learn.start import at_rest, starting_network, task_data
from initviz.learn.trainer import Divergence, Trainer, distinct_units
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.network.network import Network
from initviz.network.normalization import NORMALIZATIONS

HE = Experiment(activation="relu", initializer="he_normal", depth=2, width=16)
TINY = Training(task="circle", examples=60, epochs=3, batch=16)


def trained(experiment: Experiment, training: Training) -> Trainer:
    trainer = Trainer(experiment, training)
    trainer.run()
    return trainer


def parameters(network: Network) -> list[FloatArray]:
    names = ("weights", "biases", "scale", "shift")
    arrays = [getattr(layer, name) for layer in network.layers for name in names]
    return [array for array in arrays if array is not None]


# --- gradients -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("residual", [0.0, 0.5])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_gradient_step_goes_down_the_loss_as_fast_as_it_should(
    activation: str, normalization: str, loss: str, residual: float
) -> None:
    """One SGD step of rate r lowers the loss by r |gradient|^2, over all parameters at once, the learnt alpha too.

    The gradient's size is read off the step itself. Central differences at +-r cancel the curvature; what is left is
    of order r^2, and rounding of order 1e-16 / r: 1e-6 relative needs both, and no wrong gradient passes.
    """
    rate = 1e-6
    experiment = Experiment(
        activation=activation,
        initializer="lecun_normal",
        depth=2,
        width=6,
        bias_std=0.5,
        residual=residual,
        normalization=normalization,
        dtype="float64",
        seed=1,
    )
    training = Training(task="gaussians", examples=24, batch=100, epochs=1, loss=loss)
    losses, sizes = {}, []
    for sign in (1, -1):
        trainer = Trainer(experiment, training, rate=sign * rate)
        before = [array.copy() for array in parameters(trainer.network)]
        alphas = [layer.alpha for layer in trainer.network.layers]
        trainer.run(steps=1)
        x, y = trainer.data.train_x, trainer.data.train_y
        losses[sign] = training.chosen_loss.evaluate(trainer.network.forward(x)[-1].out, y)[0]
        moved = sum(
            float(np.square(new - old).sum()) for new, old in zip(parameters(trainer.network), before, strict=True)
        )
        moved += sum((layer.alpha - old) ** 2 for layer, old in zip(trainer.network.layers, alphas, strict=True))
        sizes.append(moved / rate**2)
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-6)
    assert (losses[-1] - losses[1]) / (2 * rate) == pytest.approx(sizes[0], rel=1e-6)


# --- what it reaches -----------------------------------------------------------------------------------------------


def test_a_linear_network_reaches_the_least_squares_loss() -> None:
    """Gradient descent on a linear net of three layers ends where least squares with an intercept ends."""
    experiment = Experiment(activation="linear", initializer="lecun_normal", depth=2, width=16, dtype="float64")
    trainer = trained(
        experiment, Training(task="regression", batch=10_000, epochs=800, learning_rate=0.05, examples=200)
    )
    x, y = trainer.data.train_x, trainer.data.train_y
    design = np.hstack([x, np.ones_like(x)])
    best = 0.5 * np.square(y - design @ np.linalg.lstsq(design, y)[0]).mean()
    assert trainer.history[-1].loss == pytest.approx(best, rel=1e-6)
    assert trainer.history[0].loss > 1.05 * best


def test_digits_are_learnt() -> None:
    """95 % on the held-out fifth, with ReLU and He at depth 3."""
    trainer = trained(HE.changed(depth=3, width=128), Training(epochs=15))
    assert trainer.history[-1].test_accuracy >= 0.95
    assert trainer.seconds < 20


@pytest.mark.parametrize("task", ["circle", "xor", "gaussians", "spiral"])
def test_tasks_of_the_plane_are_learnt(task: str) -> None:
    training = Training(task=task, noise=0.0, optimizer="adam", learning_rate=0.01, epochs=40, examples=1000)
    assert trained(HE.changed(width=32), training).history[-1].test_accuracy > 0.95


def test_zeros_learn_the_shares_of_the_classes_at_most() -> None:
    """With all weights 0 only the output's bias moves (S0-2): the loss stays that of the best constant, ln 2."""
    trainer = trained(HE.changed(initializer="zeros"), TINY.changed(epochs=20, batch=100))
    assert trainer.history[-1].loss == pytest.approx(log(2), abs=2e-3)
    assert all(not layer.weights.any() for layer in trainer.network.layers)


def test_constant_weights_stay_one_unit() -> None:
    """S3-25: equal units get equal gradients, and go on being equal."""
    trainer = trained(HE.changed(initializer="constant", std=0.1), TINY)
    np.testing.assert_array_equal(trainer.history.column("distinct")[:, :-1], 1)
    assert trained(HE, TINY).history.column("distinct")[-1].tolist() == [16, 16, 2]


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_every_initializer_trains(initializer: str) -> None:
    trainer = trained(HE.changed(initializer=initializer), TINY)
    assert trainer.step == trainer.total or trainer.diverged


# --- its course ----------------------------------------------------------------------------------------------------


def test_stopping_and_going_on_changes_nothing() -> None:
    whole, parts = trained(HE, TINY), Trainer(HE, TINY)
    while not parts.finished:
        parts.run(steps=2)
    assert parts.step == whole.step == 3 * 3
    for one, other in zip(parameters(parts.network), parameters(whole.network), strict=True):
        np.testing.assert_array_equal(one, other)
    assert parts.history.rows()[-1]["test_loss"] == whole.history.rows()[-1]["test_loss"]


def test_a_slice_of_time_ends_soon() -> None:
    trainer = Trainer(HE.changed(width=128), TINY.changed(epochs=100_000))
    trainer.run(seconds=0.05)
    assert 0 < trainer.step < trainer.total
    assert trainer.seconds < 1


def test_an_epoch_sees_every_example_once() -> None:
    """With a learning rate of almost 0 and one epoch of squared losses the bias gradient adds up to the batch's."""
    data = task_data(HE, TINY)
    marked = Trainer(HE, TINY, data)
    drawn = [next(marked._batches)[0] for _ in range(marked.steps_per_epoch)]
    assert sorted(map(bytes, np.concatenate(drawn))) == sorted(map(bytes, data.train_x))
    assert [len(batch) for batch in drawn] == [16, 16, 16]


def test_more_epochs_can_be_added() -> None:
    trainer = trained(HE, TINY)
    trainer.prolong(2)
    assert not trainer.finished
    trainer.run()
    assert trainer.step == 5 * 3


@pytest.mark.parametrize("loss", LOSSES)
def test_divergence_names_step_and_layer(loss: str) -> None:
    """Linear layers with a huge rate: the product of three exploding matrices overflows first at the end."""
    trainer = trained(HE.changed(activation="linear"), TINY.changed(learning_rate=1e3, loss=loss, epochs=50))
    assert trainer.diverged is not None
    assert trainer.diverged == Divergence(trainer.step, trainer.diverged.layer)
    with np.errstate(all="ignore"):
        out = [bool(np.isfinite(kept.out).all()) for kept in trainer.network.forward(trainer.data.train_x)]
    assert trainer.diverged.layer == 1 + out.index(False)
    assert trainer.finished


def test_tied_layers_stay_tied() -> None:
    trainer = trained(HE.changed(tied=True, depth=3), TINY)
    assert trainer.network.layers[1].weights is trainer.network.layers[2].weights


def test_prelu_learns_its_slopes_where_wanted() -> None:
    for wanted in (True, False):
        trainer = trained(HE.changed(activation="prelu"), TINY.changed(learn_alpha=wanted))
        slopes = trainer.history.column("alpha")
        assert slopes[0, :-1].tolist() == [0.25, 0.25]
        assert (slopes[-1, :-1] != 0.25).all() == wanted


def test_l2_shrinks_weights_and_leaves_biases() -> None:
    """Without any gradient from the data (a constant target of a zero network) decay is all that moves W."""
    plain, decayed = trained(HE, TINY.changed(epochs=1)), trained(HE, TINY.changed(epochs=1, l2=0.5))
    assert np.square(decayed.network.layers[0].weights).sum() < np.square(plain.network.layers[0].weights).sum()


# --- records -------------------------------------------------------------------------------------------------------


def test_records_are_what_they_say() -> None:
    trainer = Trainer(HE, TINY.changed(batch=100))
    trainer.run(steps=1)
    start, first = trainer.history[0], trainer.history[1]
    fresh = Trainer(HE, TINY.changed(batch=100)).network
    x, y = trainer.data.train_x, trainer.data.train_y
    values = fresh.forward(x)
    loss, gradient = trainer.training.chosen_loss.evaluate(values[-1].out, y)
    assert start.loss == loss
    np.testing.assert_allclose(start.layers["std"], [kept.out.std(dtype=float) for kept in values], rtol=1e-6)
    gradients = fresh.backward(values, gradient)
    np.testing.assert_allclose(
        first.layers["grad_w_std"], [one.weights.std(dtype=float) for one in gradients], rtol=1e-5
    )
    rms = [
        np.log10(0.1 * np.sqrt(np.square(one.weights).sum() / np.square(layer.weights).sum()))
        for one, layer in zip(gradients, fresh.layers, strict=True)
    ]
    np.testing.assert_allclose(first.layers["update_ratio"], rms, atol=1e-4)
    dead = [1 - kept.out.any(axis=0).mean() for kept in values]
    np.testing.assert_allclose(start.layers["dead"], dead)


def test_the_last_record_looks_at_every_test_example() -> None:
    trainer = trained(HE, TINY.changed(examples=4000, test_share=0.5, epochs=1, batch=500))
    x, y = trainer.data.test_x, trainer.data.test_y
    right = (trainer.network.forward(x)[-1].out.argmax(axis=1) == y.argmax(axis=1)).mean()
    assert len(x) == 2000
    assert trainer.history[-1].test_accuracy == right


def test_batch_normalization_is_fixed_for_the_test() -> None:
    """A single test example gets the answer it would get among many: statistics are those of the training part."""
    experiment = HE.changed(normalization="batch", dtype="float64")
    trainer = trained(experiment, TINY)
    fixed = at_rest(trainer.network, trainer.data.train_x)
    np.testing.assert_allclose(
        fixed.forward(trainer.data.train_x)[-1].out,
        trainer.network.forward(trainer.data.train_x)[-1].out,
        rtol=1e-9,
        atol=1e-9,
    )
    alone = fixed.forward(trainer.data.test_x[:1])[-1].out
    np.testing.assert_allclose(alone, fixed.forward(trainer.data.test_x)[-1].out[:1], rtol=1e-9)


def test_distinct_units_ignore_rounding() -> None:
    network = starting_network(HE, TINY, task_data(HE, TINY))
    layer = network.layers[1]
    layer.weights[:, 3] = layer.weights[:, 5] * np.float32(1 + 1e-7)
    layer.weights[:, 7] = layer.weights[:, 5]
    layer.biases = None
    assert distinct_units(layer) == 14
