"""Dask is for who asks for a cluster: without it the app and the commands are whole, and who asks is told."""

import subprocess
import sys
from pathlib import Path

import pytest

from initviz.catalogue import InputError
from initviz.serving.cluster import Cluster

BLOCKED = """
import sys
sys.modules["distributed"] = sys.modules["dask"] = None
import initviz.cli, initviz.sweep.run
from initviz.ui import cache, waiting
from initviz.serving.cluster import Cluster
assert Cluster.from_environment() is None
assert initviz.cli.main(["simulate", "--depth", "2", "--width", "8", "--samples", "8"]) == 0
sys.exit(initviz.cli.main(["sweep", "--depth", "1,2", "--out", sys.argv[1], "--cluster", "tcp://127.0.0.1:1"]))
"""


def test_nobody_needs_dask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-c", BLOCKED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        "initviz: A cluster needs Dask: pip install -r requirements-cluster.txt.",
    )
    monkeypatch.setenv("INITVIZ_CLUSTER", "tcp://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="A cluster needs Dask"):
        Cluster.from_environment()
