"""An audit of weights that somebody trained and shipped: the file of a voice activity detector.

CI installs it (requirements-frameworks.txt) and sets INITVIZ_REQUIRE_FRAMEWORKS; elsewhere these tests may be skipped.
"""

import os
import time
from importlib.metadata import PackageNotFoundError, distribution
from math import sqrt
from pathlib import Path

import pytest

from initviz.cli import main
from initviz.model.audit import audit, headline
from initviz.model.read import read_model


@pytest.fixture(scope="module")
def silero() -> Path:
    """The model of silero-vad (MIT): four convolutions, an LSTM cell and an output, behind a fixed Fourier transform.

    The package is not imported: that would need PyTorch.
    """
    try:
        package = distribution("silero-vad")
    except PackageNotFoundError:
        if os.environ.get("INITVIZ_REQUIRE_FRAMEWORKS"):
            pytest.fail("silero-vad is not installed, and INITVIZ_REQUIRE_FRAMEWORKS is set.")
        pytest.skip("silero-vad is not installed")
    return Path(str(package.locate_file("silero_vad/data/silero_vad_16k.safetensors")))


def test_trained_matrices_are_called_trained(silero: Path) -> None:
    """All that have enough columns to tell; biases are no matrices. Kills a Marchenko-Pastur test that is turned off,
    and laws that take any scale."""
    started = time.thread_time()
    tensors = read_model(silero)
    rows = {row.name: row for row in audit(tensors)}
    assert time.thread_time() - started < 1
    assert set(rows) == {
        tensor.name for tensor in tensors if tensor.name.endswith(("weight", "weight_ih", "weight_hh"))
    }
    assert {row.law for row in rows.values()} == {"none"}
    assert not any(row.severe for row in rows.values())
    fixed, vector = rows.pop("stft_conv.weight"), rows.pop("final_conv.weight")
    assert len(rows) == 6
    assert all(row.trained and row.finding.startswith("trained") for row in rows.values())
    assert not fixed.trained
    assert not vector.trained
    said = headline([*rows.values(), fixed, vector])
    assert said == "None of 8 matrices breaks a rule. Laws: no known law (8). Trained: 6."


def test_what_follows_no_law_is_never_called_fine(silero: Path) -> None:
    """The windowed Fourier transform was made, not drawn, and the last layer is one vector: no spectrum."""
    rows = {row.name: row for row in audit(read_model(silero))}
    assert rows["final_conv.weight"].finding.startswith("no start is distributed like this")
    fixed = rows["stft_conv.weight"]
    assert fixed.finding == f"no law has its scale: its std is {fixed.std / sqrt(2 / 256):.3g} times that of He"


def test_the_commands_take_it(silero: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(silero)]) == 0
    assert capsys.readouterr().out.startswith("None of 8 matrices breaks a rule.")
    assert main(["diagnose", str(silero), "--activation", "relu"]) == 2
    assert "'conv1.weight' is a convolution" in capsys.readouterr().err
