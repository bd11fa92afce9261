"""`pip install .`: a package that holds all rooms, and the command `initviz`."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.load.server import ROOT


def test_pip_installs_the_package_and_its_command(tmp_path: Path) -> None:
    """Built from a copy, so that nothing is left in the checkout; dependencies are there already."""
    source, target = tmp_path / "source", tmp_path / "target"
    shutil.copytree(ROOT / "initviz", source / "initviz", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.txt", "README.md"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(target), str(source)], check=True)
    shipped = {path.relative_to(source) for path in (source / "initviz").rglob("*") if path.suffix != ".pyc"}
    installed = {path.relative_to(target) for path in (target / "initviz").rglob("*")}
    assert {path for path in shipped if path.suffix} <= installed
    flags = ["simulate", "--depth", "2", "--width", "4", "--samples", "3", "--format", "json"]
    answer = subprocess.run(
        [target / "bin" / "initviz", *flags],
        check=True,
        capture_output=True,
        env={"PYTHONPATH": str(target), "PATH": "/usr/bin:/bin"},
    )
    assert [row["layer"] for row in json.loads(answer.stdout)] == [0, 1, 2]
