"""What simulations cost, as ratios within one process: `python -m tests.benchmarks.simulation [rounds]`.

Each experiment (drawing, forward, backward, all statistics and histograms) against the bare matrix products of its
shapes, dtype and threads, in interleaved rounds; once with two threads, once with one. Then what twice the depth and
the samples cost, a simulation beside a thread of pure Python, and the networks of an ensemble side by side against one
after another. Where PyTorch can be imported (requirements-torch.txt), the default experiment's outputs computed with
it. Prints everything and exits with 1 when a limit is missed. The last line says what other processes took of the
cores meanwhile: ratios for two threads mean something only where that is next to nothing.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from threading import Event, Thread
from time import perf_counter, process_time, sleep

import numpy as np

from initviz.activations import ACTIVATIONS
from initviz.measure.ensemble import repeat
from initviz.measure.passes import compile_all
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment
from initviz.ui.waiting import SWITCH_INTERVAL

ROUNDS = 9
SETTLE = 0.05
"""Seconds of rest before each run: BLAS threads go on spinning after a product, and would take a core from the next."""
DEFAULT = Experiment()
SMALL = Experiment(inputs="digits", depth=5, width=100)
QUICK, SLOWER, ANY, FEW_UNITS = 1.3, 1.9, 2.2, 8.0
LIMITS = {"tanh": QUICK, "relu": QUICK} | dict.fromkeys(("gelu", "gelu_tanh", "swish", "mish", "softplus"), SLOWER)
"""At most so many times the bare products; the rest of the catalogue ANY, five layers of 100 units FEW_UNITS."""
DOUBLED = 2.3
"""At most so many times the cost for twice the depth or the samples."""
BESIDE_PYTHON = 4.0
TORCH = 0.5

Runs = Mapping[str, Callable[[], object]]


@dataclass
class Report:
    """Prints each ratio beside its limit and remembers whether one was missed."""

    threads: str
    missed: bool = False

    def line(self, name: str, ratio: float, limit: float, seconds: float) -> None:
        """One measured ratio, and the seconds of what it is about."""
        self.missed |= ratio > limit
        mark = "  MISSED" if ratio > limit else ""
        text = f"threads {self.threads}: {name:34}{ratio:7.2f} (at most {limit}) {1000 * seconds:8.0f} ms{mark}"
        print(text, flush=True)  # noqa: T201


class Others:
    """What other processes take of the cores, from now on; nothing where /proc does not tell."""

    def __init__(self) -> None:
        self._start = self._now()

    @staticmethod
    def _now() -> tuple[float, float]:
        stat = Path("/proc/stat")
        ticks = stat.read_text().split(maxsplit=9)[1:9] if stat.exists() else ["0"] * 8
        busy = sum(map(int, ticks)) - int(ticks[3]) - int(ticks[4])  # less idle and waiting for a disk
        return busy / os.sysconf("SC_CLK_TCK") - process_time(), perf_counter()

    def share(self) -> float:
        """Of all cores' time."""
        (busy, now), (busy_before, before) = self._now(), self._start
        return max(busy - busy_before, 0.0) / (now - before) / (os.cpu_count() or 1)


def products(experiment: Experiment) -> Callable[[], None]:
    """h W, then h^T dL/dz and dL/dz W^T, for every layer; what a backward pass needs is kept, as it must be."""
    rng = np.random.default_rng(0)
    samples = experiment.source.count(experiment.samples)
    shapes = [layer.weight_shape for layer in experiment.spec().layers]
    weights = [rng.standard_normal(shape, dtype=np.float32) for shape in shapes]
    inputs = [rng.standard_normal((samples, fan_in), dtype=np.float32) for fan_in, _ in shapes]

    def run() -> None:
        outputs = [h @ w for h, w in zip(inputs, weights, strict=True)]
        for h, z, w in zip(inputs, outputs, weights, strict=True):
            h.T @ z
            z @ w.T

    return run


def interleaved(runs: Runs, rounds: int) -> dict[str, float]:
    """Median seconds of each, in turns, so that a busy moment hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(rounds):
        for name, run in runs.items():
            sleep(SETTLE)
            start = perf_counter()
            run()
            times[name].append(perf_counter() - start)
    return {name: median(seconds) for name, seconds in times.items()}


def catalogue(report: Report, rounds: int) -> None:
    """Every activation, and a small network."""
    experiments = {
        name: (DEFAULT.changed(activation=name, initializer="lecun_normal"), LIMITS.get(name, ANY))
        for name in ACTIVATIONS
    }
    for name, (experiment, limit) in (experiments | {"digits, 5 x 100": (SMALL, FEW_UNITS)}).items():
        runs: Runs = {"products": products(experiment), "all": partial(simulate, experiment)}
        seconds = interleaved(runs, rounds)
        report.line(name, seconds["all"] / seconds["products"], limit, seconds["all"])


def growth(report: Report, rounds: int) -> None:
    """Twice the depth, twice the samples; PyTorch."""
    runs: dict[str, Callable[[], object]] = {"once": lambda: simulate(DEFAULT)}
    for name in ("depth", "samples"):
        larger = DEFAULT.changed(**{name: 2 * getattr(DEFAULT, name)})
        runs[name] = partial(simulate, larger)
    if find_spec("torch"):
        from tests.benchmarks.torch_simulation import simulate_with_torch  # noqa: PLC0415 - where it is installed

        runs["PyTorch"] = lambda: simulate_with_torch(DEFAULT)
    seconds = interleaved(runs, rounds)
    for name in ("depth", "samples"):
        report.line(f"twice the {name}", seconds[name] / seconds["once"], DOUBLED, seconds[name])
    if "PyTorch" in seconds:
        report.line("as a share of PyTorch's time", seconds["once"] / seconds["PyTorch"], TORCH, seconds["once"])


def beside_python(report: Report, rounds: int) -> None:
    """A simulation while another thread never lets go of Python's lock by itself."""
    stop = Event()

    def busy() -> None:
        while not stop.is_set():
            sum(range(1000))

    def disturbed() -> None:
        stop.clear()
        thread = Thread(target=busy)
        thread.start()
        simulate(DEFAULT)
        stop.set()
        thread.join()

    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)  # as the serving process does
    seconds = interleaved({"alone": lambda: simulate(DEFAULT), "disturbed": disturbed}, rounds)
    sys.setswitchinterval(before)
    ratio = seconds["disturbed"] / seconds["alone"]
    report.line("beside a thread of pure Python", ratio, BESIDE_PYTHON, seconds["disturbed"])


def ensembles(report: Report, rounds: int) -> None:
    """Six networks side by side, one thread each, against one after another in all threads."""

    def in_turn() -> None:
        for seed in range(6):
            simulate(DEFAULT.changed(seed=seed)).to_frame()

    seconds = interleaved({"in turn": in_turn, "side by side": lambda: repeat(DEFAULT, 6)}, rounds)
    ratio = seconds["side by side"] / seconds["in turn"]
    report.line("six networks side by side", ratio, 1.05, seconds["side by side"])


def main() -> int:
    """Measure in this process, whose threads were set by the one that was started by hand."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    threads = os.environ.get("INITVIZ_BENCH_THREADS")
    if threads is None:
        codes = []
        for count in ("2", "1"):
            limits = {"INITVIZ_BENCH_THREADS": count, "OPENBLAS_NUM_THREADS": count, "OMP_NUM_THREADS": count}
            command = [sys.executable, "-m", "tests.benchmarks.simulation", str(rounds)]
            codes.append(subprocess.run(command, env=os.environ | limits, check=False).returncode)
        return int(any(codes))
    compile_all()
    report, others = Report(threads), Others()
    for measure in (catalogue, growth, beside_python, ensembles):
        measure(report, rounds)
    print(f"threads {threads}: other processes took {others.share():.0%} of the cores")  # noqa: T201
    return int(report.missed)


if __name__ == "__main__":
    sys.exit(main())
