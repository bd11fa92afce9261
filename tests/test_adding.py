"""docs/adding.md, followed in a copy of the project: one entry in one place, and everything else follows."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.load.server import ROOT

ACTIVATION = """
        Activation(
            id="cubic",
            name="Cubic",
            phi=lambda z, alpha: z**3,
            dphi=lambda z, alpha: 3 * z**2,
            latex=r"\\\\phi(z) = z^3",
            source="a test",
        ),"""

INITIALIZER = """
        Initializer(
            id="third",
            name="A third",
            law=VarianceScaling(1 / 3, "fan_in", "normal"),
            latex=r"\\\\mathrm{Var}\\\\,W = 1 / (3 n)",
            source="a test",
        ),"""

PARAMETER = """
    noise: float = _set(0.0, Number("input noise", "Added to every input.", 0, 2, 0.5, group="input"))"""

NORMALIZATION = """
        Normalization("centre", "Centre", 1, "a test", normalize=_centre),"""

CENTRE = """def _centre(z: FloatArray, axis: int) -> FloatArray:
    z -= z.mean(axis=axis, keepdims=True)
    return np.ones_like(z.mean(axis=axis, keepdims=True))


"""

PRESET = """
        Preset(
            "cubic",
            "Lecture",
            "cubic, a third",
            Experiment(activation="cubic", initializer="third"),
            "It dies.",
            ("S0-3",),
        ),"""

PAGE = """
        Page("hello", "pages/hello.py", "Hello", ":material/waving_hand:", "Who is there?", "At the start"),"""

PAGE_FILE = """import streamlit as st

from initviz.ui.page import open_page

st.metric("noise", open_page("hello").experiment.noise)
"""

ENTRIES = {
    "initviz/activations.py": ('ACTIVATIONS = Catalogue(\n    "activation",\n    [', ACTIVATION),
    "initviz/network/initializers.py": ('INITIALIZERS = Catalogue(\n    "initializer",\n    [', INITIALIZER),
    "initviz/network/experiment.py": ('h + a phi(z)\n    wherever the shapes agree.\n    """\n', PARAMETER),
    "initviz/network/normalization.py": ('NORMALIZATIONS = Catalogue(\n    "normalization",\n    [', NORMALIZATION),
    "initviz/network/presets.py": ('PRESETS = Catalogue(\n    "preset",\n    [', PRESET),
    "initviz/ui/pages.py": ("    page.id: page\n    for page in (", PAGE),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with one activation, initializer, normalization, parameter, preset and page more."""
    target = tmp_path_factory.mktemp("copy")
    for name in ("initviz", "pages", ".streamlit"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", target)
    for path, (anchor, entry) in ENTRIES.items():
        text = (target / path).read_text()
        assert text.count(anchor) == 1, path
        (target / path).write_text(text.replace(anchor, anchor + entry.replace("\\\\", "\\")))
    normalization = target / "initviz" / "network" / "normalization.py"
    normalization.write_text(normalization.read_text().replace("NORMALIZATIONS =", CENTRE + "NORMALIZATIONS ="))
    (target / "pages" / "hello.py").write_text(PAGE_FILE)
    (target / "initviz" / "ui" / "texts" / "read" / "hello.md").write_text("Say hello.")
    return target


def run(copy: Path, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


SMALL = ("--depth", "2", "--width", "16", "--samples", "50", "--format", "json")


def test_the_command_line_knows_them(copy: Path) -> None:
    cubic = ("--activation", "cubic", "--initializer", "third")
    measured = json.loads(run(copy, "-m", "initviz", "simulate", *cubic, "--noise", "0.5", *SMALL))
    assert measured[1]["weight_std"] == pytest.approx((3 * 16) ** -0.5, rel=0.3)
    predicted = json.loads(run(copy, "-m", "initviz", "predict", *cubic, *SMALL))
    assert predicted[1]["std"] == pytest.approx((15 / 27) ** 0.5, rel=0.2)  # E z^6 = 15 q^3 with q = 1/3
    centred = json.loads(run(copy, "-m", "initviz", "simulate", *cubic, "--normalization", "centre", *SMALL))
    assert abs(centred[1]["z_mean"]) < 1e-6 < abs(measured[1]["z_mean"])
    assert json.loads(run(copy, "-m", "initviz", "predict", "--normalization", "centre", *SMALL))[1]["std"] is None
    assert "cubic" in run(copy, "-m", "initviz", "presets")
    assert "--noise" in run(copy, "-m", "initviz", "simulate", "--help")


PROBE = """
from streamlit.testing.v1 import AppTest
import json, sys
page, query = sys.argv[1], json.loads(sys.argv[2])
at = AppTest.from_file("app.py", default_timeout=60)
at.query_params.update(query)
at = at.run() if page == "app.py" else at.switch_page(page).run()
widgets = [*at.sidebar.selectbox, *at.sidebar.slider, *at.sidebar.select_slider, *at.sidebar.number_input]
print(json.dumps({
    "errors": [e.value for e in at.exception], "warnings": [w.value for w in at.warning],
    "options": [o for w in at.selectbox for o in w.options], "labels": [w.label for w in widgets],
    "metrics": [m.value for m in at.metric],
}))
"""


def test_pages_offer_them_and_links_carry_them(copy: Path) -> None:
    (copy / "probe.py").write_text(PROBE)
    query = json.dumps({"activation": "cubic", "initializer": "third", "noise": "1.5", "width": "16"})
    shown = json.loads(run(copy, "probe.py", "app.py", query))
    assert shown["errors"] == []
    assert {"Cubic", "A third"} <= set(shown["options"])
    assert any("cubic, a third" in option for option in shown["options"])
    assert "input noise" in shown["labels"]
    page = json.loads(run(copy, "probe.py", "pages/hello.py", query))
    assert (page["errors"], page["metrics"]) == ([], ["1.5"])
    wrong = json.loads(run(copy, "probe.py", "pages/hello.py", json.dumps({"noise": "3"})))
    assert any("from 0 to 2" in warning.replace("\\", "") for warning in wrong["warnings"])
