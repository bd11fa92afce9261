"""Tasks: what is drawn, how it is split, that scaling sees the training part alone."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from initviz.catalogue import InputError
from initviz.learn.tasks import RADIUS, TASKS, Data, curve, prepare
from initviz.network.inputs import MNIST_FOLDER
from tests.mnist import write_mnist

SHIPPED = [id for id in TASKS if id != "mnist"]
PLANE = [task.id for task in TASKS.values() if task.plane]


def prepared(id: str, **changed: object) -> Data:
    settings: dict[str, object] = {
        "examples": 400,
        "noise": 0.0,
        "test_share": 0.25,
        "preprocessing": "none",
        "scale": 1.0,
        "seed": 3,
        "dtype": "float32",
    }
    return prepare(TASKS[id], **(settings | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize("id", SHIPPED)
def test_parts_are_disjoint_and_hold_every_class(id: str) -> None:
    data, task = prepared(id), TASKS[id]
    assert data.train_x.shape == (300, task.features())
    assert data.test_x.shape == (100, task.features())
    assert data.train_y.shape == (300, task.outputs)
    assert data.train_x.dtype == data.train_y.dtype == np.float32
    both = {row.tobytes() for row in data.train_x} & {row.tobytes() for row in data.test_x}
    assert not both
    if task.classes:
        shares = data.train_y.mean(axis=0), data.test_y.mean(axis=0)
        np.testing.assert_allclose(*shares, atol=0.011)  # stratified: rounding to whole examples is all that differs
        np.testing.assert_array_equal(data.train_y.sum(axis=1), 1)


@pytest.mark.parametrize("id", SHIPPED)
def test_the_seed_decides(id: str) -> None:
    np.testing.assert_array_equal(prepared(id).train_x, prepared(id).train_x)
    assert not np.array_equal(prepared(id).train_x, prepared(id, seed=4).train_x)


@pytest.mark.parametrize("id", ["digits", "circle"])
def test_standardizing_is_scikit_learns_fitted_to_the_training_part(id: str) -> None:
    """A test part scaled by its own statistics, or by those of all, would differ by far more than rounding."""
    raw, scaled = prepared(id), prepared(id, preprocessing="standardize", scale=2.0)
    scaler = StandardScaler().fit(raw.train_x.astype(float))
    np.testing.assert_allclose(scaled.train_x, 2 * scaler.transform(raw.train_x), atol=1e-5)
    np.testing.assert_allclose(scaled.test_x, 2 * scaler.transform(raw.test_x), atol=1e-4)
    np.testing.assert_allclose(scaled.scaled(raw.test_x), scaled.test_x, atol=1e-5)


@pytest.mark.parametrize("id", PLANE)
def test_without_noise_nearest_neighbours_agree(id: str) -> None:
    """All tasks of the plane are clean without noise: a test point's nearest training point has its class."""
    data = prepared(id, examples=2000, test_share=0.1)
    distances = np.square(data.test_x[:, np.newaxis] - data.train_x).sum(axis=2)
    nearest = data.train_y[distances.argmin(axis=1)]
    assert (nearest == data.test_y).all(axis=1).mean() > 0.97
    assert np.abs(data.train_x).max() <= 1.5 * RADIUS


@pytest.mark.parametrize("id", PLANE)
def test_noise_blurs(id: str) -> None:
    def error(noise: float) -> float:
        data = prepared(id, examples=2000, noise=noise)
        distances = np.square(data.test_x[:, np.newaxis] - data.train_x).sum(axis=2)
        return float((data.train_y[distances.argmin(axis=1)] != data.test_y).any(axis=1).mean())

    assert error(1.0) > error(0.0) + 0.05


def test_regression_is_the_curve_with_noise() -> None:
    clean, noisy = prepared("regression"), prepared("regression", noise=0.5)
    np.testing.assert_allclose(clean.train_y, curve(clean.train_x.astype(float)), atol=1e-5)
    assert (noisy.train_y - curve(noisy.train_x)).std() == pytest.approx(0.5, rel=0.2)


def test_too_few_examples_for_a_split_are_one_sentence() -> None:
    with pytest.raises(InputError, match=r"^Handwritten digits .* cannot be split: "):
        prepared("digits", examples=10)


def test_mnist_comes_with_its_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.arange(10_000) % 10
    images = np.repeat(labels, 784).astype(np.uint8).reshape(10_000, 784)
    write_mnist(tmp_path, images, labels.astype(np.uint8))
    monkeypatch.setenv(MNIST_FOLDER, str(tmp_path))
    data = prepared("mnist", examples=50, test_share=0.4)
    np.testing.assert_allclose(data.train_x[:, 0] * 255, data.train_y.argmax(axis=1), atol=1e-4)


def test_mnist_without_its_labels_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path, np.zeros((10_000, 784), np.uint8), None)
    monkeypatch.setenv(MNIST_FOLDER, str(tmp_path))
    with pytest.raises(InputError, match="No train-labels-idx1-ubyte"):
        prepared("mnist")


def test_labels_of_another_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path, np.zeros((10_000, 784), np.uint8), np.zeros(9_999, np.uint8))
    monkeypatch.setenv(MNIST_FOLDER, str(tmp_path))
    with pytest.raises(InputError, match="10000 images, 9999 labels"):
        prepared("mnist")
