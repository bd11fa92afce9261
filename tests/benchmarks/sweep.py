"""How much quicker two processes sweep than one, at one BLAS thread each, and what 2,000 experiments take of memory."""

import resource
import sys
import tempfile
import time

from initviz.network.experiment import Experiment
from initviz.sweep.plan import Grid
from initviz.sweep.run import local_pool, run_sweep
from initviz.sweep.store import Store

EXPERIMENTS = 200
MANY = 2000
TINY = Experiment(depth=3, width=16, samples=20)


def seconds(workers: int) -> float:
    """For so many default experiments, from opened processes on."""
    started: list[float] = []

    def first(share: float) -> None:
        if share > 0 and not started:
            started.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        run_sweep(Grid(Experiment(), seeds=EXPERIMENTS), Store(folder), local_pool(workers), progress=first)
    return time.perf_counter() - started[0]


def growth() -> tuple[float, float]:
    """MiB this process took at most after a tenth of MANY experiments, and at the end."""
    tenth: list[float] = []

    def look(share: float) -> None:
        if share >= 0.1 and not tenth:
            tenth.append(_peak_mib())

    with tempfile.TemporaryDirectory() as folder:
        run_sweep(Grid(TINY, seeds=MANY), Store(folder), local_pool(2), progress=look)
    return tenth[0], _peak_mib()


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print both."""
    one, two = seconds(1), seconds(2)
    sys.stdout.write(f"{EXPERIMENTS} default experiments: one process {one:.1f} s, two {two:.1f} s: {one / two:.2f}\n")
    early, late = growth()
    sys.stdout.write(f"memory over {MANY} experiments: {early:.0f} MiB after a tenth, {late:.0f} at the end\n")


if __name__ == "__main__":
    main()
