"""`train` in a notebook and on the command line."""

import json
from math import log
from pathlib import Path

import numpy as np
import pytest
from pytest import CaptureFixture
from safetensors.numpy import load_file

from initviz import Experiment, InputError, Training, train
from initviz.cli import main
from initviz.learn.settings import TRAINING_DEFAULTS, TRAINING_FIELDS
from initviz.learn.trainer import Trainer
from initviz.learn.verdict import constant_loss, first_loss
from initviz.network.normalization import NORMALIZATIONS

HE = Experiment(activation="relu", initializer="he_normal", depth=2, width=16)
FLAGS = ["--activation", "relu", "--initializer", "he_normal", "--depth", "2", "--width", "16"]
QUICK = ["--task", "circle", "--examples", "60", "--epochs", "2"]


def test_train_takes_settings_by_name_and_reports_progress() -> None:
    shares: list[float] = []
    trained = train(HE, task="circle", examples=60, epochs=2, progress=shares.append)
    assert trained.steps == 4
    assert trained.training == Training(task="circle", examples=60, epochs=2)
    assert shares[-1] == 1
    assert list(trained.to_frame()["step"].unique()) == [0, 1, 2, 3, 4]


def test_impossible_settings_are_one_sentence() -> None:
    with pytest.raises(InputError, match=r"Unknown task 'digit'\. Did you mean 'digits'"):
        train(HE, task="digit")
    with pytest.raises(InputError, match="learning rate = -1 is out of range"):
        train(HE, learning_rate=-1)


def test_sentences_name_their_numbers() -> None:
    good = train(HE, task="gaussians", examples=400, epochs=20, noise=0.0)
    assert good.outcome == "learns"
    assert good.sentence.startswith("It learns: loss ")
    assert f"in {good.steps} steps" in good.sentence
    dead = train(HE.changed(initializer="zeros"), task="gaussians", examples=400, epochs=2)
    assert dead.outcome == "not"
    assert "(a constant answer has 0.693)" in dead.sentence
    lost = train(HE.changed(activation="linear"), task="circle", examples=60, epochs=50, learning_rate=1000.0)
    assert lost.diverged
    assert lost.sentence.startswith(f"Diverged at step {lost.steps}: ")
    assert "learning rate 1000" in lost.sentence


def test_the_best_constant_answer() -> None:
    """ln 10 for balanced digits, half the variance for a curve."""
    digits, curve = Trainer(HE, Training()), Trainer(HE, Training(task="regression"))
    assert constant_loss(digits.data, digits.training) == pytest.approx(log(10), rel=1e-3)
    assert constant_loss(curve.data, curve.training) == pytest.approx(curve.data.train_y.var() / 2)


@pytest.mark.parametrize(("std", "large"), [(0.01, False), (3.0, True)])
def test_the_first_loss_is_held_against_ln_of_the_classes(std: float, large: bool) -> None:
    """S3-21: tiny outputs have exactly ln 10; large ones are sure of random classes."""
    trainer = Trainer(HE.changed(initializer="random_normal", std=std), Training(epochs=1))
    trainer.run(steps=0)
    first = first_loss(trainer)
    assert first.chance == log(10)
    assert ("sure of random classes" in first.sentence) == large
    assert (first.loss == pytest.approx(log(10), rel=1e-3)) == (not large)


def test_json_has_the_keys_that_others_read(capsys: CaptureFixture[str]) -> None:
    assert main(["train", *FLAGS, *QUICK, "--format", "json"]) == 0
    record = json.loads(capsys.readouterr().out)
    wanted = {"test_accuracy", "test_loss", "steps", "seconds", "predicted_max_learning_rate", "sentence", "history"}
    assert wanted <= set(record)
    expected = train(HE, task="circle", examples=60, epochs=2)
    assert record["test_loss"] == expected.test_loss
    assert record["steps"] == expected.steps
    assert record["predicted_max_learning_rate"] == expected.predicted_max_learning_rate
    assert len(record["history"]) == len(expected.to_frame())
    assert record["history"][0]["update_ratio"] is None


def test_table_and_csv(capsys: CaptureFixture[str]) -> None:
    assert main(["train", *FLAGS, *QUICK]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["step", "epoch", "loss", "accuracy", "test_loss", "test_accuracy"]
    assert len(lines) == 1 + 5 + 2
    assert main(["train", *FLAGS, *QUICK, "--format", "csv"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 1 + 5 * 3


def test_divergence_is_exit_status_1(capsys: CaptureFixture[str]) -> None:
    arguments = ["train", *FLAGS, *QUICK, "--activation", "linear", "--learning-rate", "1000", "--epochs", "100"]
    assert main([*arguments, "--format", "json"]) == 1
    record = json.loads(capsys.readouterr().out)
    assert record["sentence"].startswith("Diverged at step ")
    assert record["test_loss"] is None


@pytest.mark.parametrize("name", TRAINING_FIELDS)
def test_every_field_of_training_is_a_flag(name: str, capsys: CaptureFixture[str]) -> None:
    assert main(["train", "--help"]) == 0
    said = capsys.readouterr().out
    assert f"--{name.replace('_', '-')} " in said
    text = TRAINING_FIELDS[name].text(TRAINING_DEFAULTS[name])
    assert TRAINING_FIELDS[name].parse(text) == TRAINING_DEFAULTS[name]


def test_a_wrong_flag_is_exit_status_2(capsys: CaptureFixture[str]) -> None:
    assert main(["train", "--epoch", "2"]) == 2
    assert "Did you mean '--epochs'?" in capsys.readouterr().err


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_saved_weights_answer_as_the_network_did(normalization: str, tmp_path: Path) -> None:
    """Read back with nothing but NumPy: W of (units, fan_in), the normalization of layers, ReLU."""
    trained = train(HE.changed(normalization=normalization), task="circle", examples=60, epochs=2)
    file = tmp_path / "weights.safetensors"
    trained.save(file)
    tensors = load_file(file)
    h = trained.data.test_x
    for number in range(1, 4):
        h = h @ tensors[f"layers.{number}.weight"].T + tensors[f"layers.{number}.bias"]
        if f"layers.{number}.norm.weight" in tensors:
            h = (h - h.mean(axis=1, keepdims=True)) / np.sqrt(h.var(axis=1, keepdims=True) + 1e-5)
            h = h * tensors[f"layers.{number}.norm.weight"] + tensors[f"layers.{number}.norm.bias"]
        h = h if number == 3 else np.maximum(h, 0)
    right = (h.argmax(axis=1) == trained.data.test_y.argmax(axis=1)).mean()
    assert right == pytest.approx(trained.test_accuracy)
    assert (normalization == "layer") == ("layers.1.norm.weight" in tensors)
