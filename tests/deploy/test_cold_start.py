"""The first start on a machine: compiled once, seen by whoever waits, never again, also where the root is read-only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import start
from tests.load.server import ROOT, Server, get, image_settings


def compiled(folder: Path, **environment: str) -> str:
    """What `initviz compile` says in a new process."""
    command = [sys.executable, "-m", "initviz", "compile"]
    own = os.environ | {"NUMBA_CACHE_DIR": str(folder)} | environment
    return subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_a_server_is_healthy_when_it_has_compiled_and_the_next_start_only_loads(tmp_path: Path) -> None:
    folder = tmp_path / "compiled"
    with Server(tmp_path / "log", NUMBA_CACHE_DIR=str(folder)) as server:
        assert get(server.port, "/_stcore/script-health-check", timeout=120) == (200, "ok")
    assert compiled(folder).startswith("Nothing to compile")
    assert compiled(folder, NUMBA_CPU_NAME="generic").startswith("Compiled "), "another processor has code of its own"
    assert compiled(folder, NUMBA_CPU_NAME="generic").startswith("Nothing to compile")


def test_what_the_image_brings_goes_where_it_may_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    baked, writable = tmp_path / "baked", tmp_path / "writable"
    baked.mkdir()
    (baked / "pass.nbi").write_text("index")
    monkeypatch.setattr(start, "BAKED", baked)
    start.unpack(writable)
    assert (writable / "pass.nbi").read_text() == "index"
    (writable / "pass.nbi").write_text("of this machine")
    start.unpack(writable)
    assert (writable / "pass.nbi").read_text() == "of this machine", "a restart keeps what was compiled"


def test_without_room_the_app_starts_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "BAKED", tmp_path / "nothing was baked")
    start.unpack(tmp_path / "writable")


def test_the_image_bakes_into_the_folder_that_its_start_unpacks() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"NUMBA_CACHE_DIR=/app/{start.BAKED.name} /venv/bin/python -m initviz compile" in dockerfile
    assert 'ENTRYPOINT ["python", "start.py"]' in dockerfile
    assert "NUMBA_CACHE_DIR=/tmp/" in dockerfile
    assert "NUMBA_CACHE_DIR" not in image_settings()
