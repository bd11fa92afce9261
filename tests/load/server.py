"""The app as a process of its own on loopback, set as in the image."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY_WITHIN = 60.0


def image_settings() -> dict[str, str]:
    """The environment variables that the Dockerfile sets, but for the paths of the image."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    block = re.search(r"^ENV (.*)$", text, re.MULTILINE)
    assert block, "the Dockerfile sets no environment"
    pairs = dict(pair.split("=", 1) for pair in block[1].split())
    return {name: value for name, value in pairs.items() if name not in ("PATH", "HOME", "NUMBA_CACHE_DIR")}


def free_port() -> int:
    """A port of loopback on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, path: str, timeout: float = 10.0) -> tuple[int, str]:
    """(status, body) of a page."""
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")


@dataclass
class Usage:
    """What the process has used so far."""

    rss_mib: float
    cpu_seconds: float


class Server:
    """Use as a context manager; `port` is where it listens, `log` what it wrote."""

    def __init__(self, log: Path, port: int | None = None, **environment: str) -> None:
        self.port = port or free_port()
        self.log = log
        self._environment = environment

    def start(self) -> None:
        """Start the process and wait until it answers."""
        own = {"STREAMLIT_SERVER_ADDRESS": "127.0.0.1", "STREAMLIT_SERVER_PORT": str(self.port)}
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | image_settings() | own | self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + READY_WITHIN
        while not self.healthy():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"The server did not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End the process; seconds it took."""
        started = time.monotonic()
        self.process.send_signal(how)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return time.monotonic() - started

    def healthy(self) -> bool:
        """Whether it says that it is."""
        try:
            return get(self.port, "/_stcore/health") == (200, "ok")
        except OSError:
            return False

    def counters(self) -> dict[str, float]:
        """The service's counters, as an operator reads them."""
        _, text = get(self.port, "/_stcore/metrics")
        found = re.findall(r"^initviz_(\w+?)(?:_total)? ([0-9.e+-]+)$", text, re.MULTILINE)
        return {name: float(value) for name, value in found}

    def usage(self) -> Usage:
        """Memory and processor time of the process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        rss = re.search(r"VmRSS:\s+(\d+)", status)
        times = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks = int(times[11]) + int(times[12])
        return Usage(int(rss[1]) / 1024 if rss else 0.0, ticks / os.sysconf("SC_CLK_TCK"))

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()
