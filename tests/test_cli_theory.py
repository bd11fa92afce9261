"""`predict` and `critical` on the command line: the numbers of the library, under the promised names."""

import csv
import io
import json

import pytest
from pytest import CaptureFixture

from initviz import Experiment, critical_point, predict
from initviz.activations import ACTIVATIONS
from initviz.cli import main
from initviz.cli.networks import CRITICAL, PREDICTED

SMALL = ["--depth", "3", "--width", "20", "--samples", "30"]
small = Experiment(depth=3, width=20, samples=30)


def test_predict_prints_the_promised_columns_in_full_precision(capsys: CaptureFixture[str]) -> None:
    assert main(["predict", *SMALL, "--format", "csv"]) == 0
    captured = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(captured.out)))
    assert ",".join(rows[0]) == "layer,mean,std,q,chi,cosine,grad_h_std,grad_w_std"
    assert captured.err == ""
    frame = predict(small).to_frame()
    for name in PREDICTED:
        assert [float(row[name] or "nan") for row in rows] == pytest.approx(list(frame[name]), rel=1e-15, nan_ok=True)


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_predict_says_why_it_does_not(form: str, capsys: CaptureFixture[str]) -> None:
    assert main(["predict", *SMALL, "--initializer", "zeros", "--format", form]) == 0
    captured = capsys.readouterr()
    assert "not random" in captured.err
    assert captured.err.count("\n") == 1
    assert "nan" not in captured.out.lower()


@pytest.mark.parametrize("id", ACTIVATIONS)
def test_critical_prints_one_object(id: str, capsys: CaptureFixture[str]) -> None:
    assert main(["critical", "--activation", id, "--format", "json"]) == 0
    captured = capsys.readouterr()
    point = critical_point(ACTIVATIONS[id])
    assert json.loads(captured.out) == {name: getattr(point, name) for name in CRITICAL}
    assert (captured.err == "") == (point.sigma_w2 is not None)


def test_critical_uses_alpha(capsys: CaptureFixture[str]) -> None:
    """Leaky ReLU: 2 / (1 + a^2) and no bias (He et al. 2015, section 2.2)."""
    assert main(["critical", "--activation", "leaky_relu", "--alpha", "0.5", "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["sigma_w2"], printed["sigma_b2"]) == (pytest.approx(2 / 1.25, rel=1e-9), 0)


def test_critical_of_gelu(capsys: CaptureFixture[str]) -> None:
    """Roberts, Yaida & Hanin (2022), section 5.3.4."""
    main(["critical", "--activation", "gelu", "--format", "json"])
    printed = json.loads(capsys.readouterr().out)
    assert (printed["sigma_w2"], printed["sigma_b2"]) == pytest.approx((1.98305826, 0.17292239), rel=1e-7)
