"""What a simulation costs, as ratios within one process: `python -m tests.benchmarks.simulation`.

The default experiment (drawing, forward, backward, all statistics and histograms) against its 30 bare matrix products
of the same shapes, dtype and threads; once with all cores, once with one BLAS thread. Where PyTorch can be imported
(requirements-torch.txt), the same outputs computed with it are a third number. Exits with 1 when a ratio is above 1.5,
or PyTorch is quicker, or cost grows faster than depth and samples.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from statistics import median
from time import perf_counter, sleep

import numpy as np

from initviz.arrays import FloatArray
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment

LIMIT = 1.5
DOUBLED = 2.3
"""At most so many times the cost for twice the depth or the samples."""
REPETITIONS = 15
SETTLE = 0.1
"""Seconds of rest before each run: BLAS threads go on spinning after a product, and would take a core from the next."""
EXPERIMENT = Experiment()


def bare_products() -> Callable[[], None]:
    """h W, then dL/dz W^T and h^T dL/dz, for every layer; everything a backward pass needs is kept, as it must be."""
    rng = np.random.default_rng(0)
    width, depth = EXPERIMENT.width, EXPERIMENT.depth
    batch = rng.standard_normal((EXPERIMENT.samples, width), dtype=np.float32)
    weights = [rng.standard_normal((width, width), dtype=np.float32) / np.float32(width**0.5) for _ in range(depth)]

    def run() -> None:
        hs: list[FloatArray] = [batch]
        for w in weights:
            hs.append(hs[-1] @ w)
        grad = hs[-1]
        for h, w in zip(hs[-2::-1], weights[::-1], strict=True):
            h.T @ grad
            grad = grad @ w.T

    return run


LARGER: dict[str, Callable[[], object]] = {
    name: partial(simulate, EXPERIMENT.changed(**{name: 2 * getattr(EXPERIMENT, name)}))
    for name in ("depth", "samples")
}


def interleaved(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each, in turns, so that a busy moment hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(REPETITIONS):
        for name, run in runs.items():
            sleep(SETTLE)
            start = perf_counter()
            run()
            times[name].append(perf_counter() - start)
    return {name: median(seconds) for name, seconds in times.items()}


def main() -> int:
    """Measure in this process; the one that was started by hand starts a second one with a single thread."""
    runs: dict[str, Callable[[], object]] = {"products": bare_products(), "simulate": lambda: simulate(EXPERIMENT)}
    if find_spec("torch"):
        from tests.benchmarks.torch_simulation import simulate_with_torch  # noqa: PLC0415 - where it is installed

        runs["PyTorch"] = lambda: simulate_with_torch(EXPERIMENT)
    seconds = interleaved(runs)
    ratio = seconds["simulate"] / seconds["products"]
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "all")
    listed = ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in seconds.items())
    print(f"threads {threads:>3}: ratio {ratio:.2f} (at most {LIMIT}); {listed}")  # noqa: T201
    doubled = {name: twice / seconds["simulate"] for name, twice in interleaved(LARGER).items()}
    listed = ", ".join(f"twice the {name} costs {factor:.2f} times as much" for name, factor in doubled.items())
    print(f"threads {threads:>3}: {listed} (at most {DOUBLED})")  # noqa: T201
    missed = (
        max(doubled.values()) > DOUBLED or ratio > LIMIT or seconds["simulate"] > seconds.get("PyTorch", float("inf"))
    )
    if threads == "all":
        alone = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
        missed |= subprocess.run([sys.executable, "-m", __spec__.name], env=alone, check=False).returncode != 0
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
