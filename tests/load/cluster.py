"""A Dask scheduler and its workers on loopback, as an operator starts them: processes, one thread each."""

import os
import signal
import subprocess
import sys
from types import TracebackType

from distributed import Client

from tests.load.server import ROOT, free_port, image_settings

START_SECONDS = 60.0


class DaskCluster:
    """Started on entering, ended on leaving. A worker that is killed is started again by its nanny."""

    def __init__(self, workers: int = 2) -> None:
        self._count = workers
        self._port = free_port()
        self.address = f"tcp://127.0.0.1:{self._port}"
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "DaskCluster":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def start(self) -> None:
        """Start it, for the first time or again."""
        self._end()  # workers that have lost their scheduler, too
        self._start("scheduler", "--host", "127.0.0.1", "--port", str(self._port))
        workers = ["--nworkers", str(self._count), "--nthreads", "1", "--preload", "initviz.sweep.worker"]
        self._start("worker", self.address, *workers)
        with Client(self.address, timeout=START_SECONDS, set_as_default=False) as client:
            client.wait_for_workers(self._count, timeout=START_SECONDS)

    def kill_scheduler(self) -> None:
        """End the scheduler without a word."""
        self._processes[0].kill()

    def kill_worker(self) -> None:
        """End one worker without a word, whatever it is doing."""
        with Client(self.address, set_as_default=False) as client:
            pids = client.run(os.getpid)
        os.kill(next(iter(pids.values())), signal.SIGKILL)

    def _end(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            process.wait(20)
        self._processes.clear()

    def _start(self, *arguments: str) -> None:
        first = ["nice", "-n", "10"] if arguments[0] == "worker" else []  # on one machine, pages go first
        command = [*first, sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
        environment = os.environ | image_settings()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, **quiet))  # type: ignore[call-overload]
