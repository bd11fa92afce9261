"""`make load`: classes of 1, 20 and 50 visitors, two seconds of thinking, one server on loopback."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

from initviz.network.budget import cost
from initviz.network.experiment import Experiment
from initviz.serving.limits import cores
from tests.load.bare import bare_rate
from tests.load.hostile import attack
from tests.load.report import Group, Report, attend
from tests.load.server import Server
from tests.load.training import train_at_once

SMALL: dict[str, object] = {"width": 64, "samples": 500, "depth": 5}


def follow(visitor: int, step: int) -> dict[str, object]:
    """Everyone does what the teacher does: each step is new once, then in the cache."""
    return {"seed": step}


def differ(visitor: int, step: int) -> dict[str, object]:
    """Nobody does what anybody else does, at the default size."""
    return {"seed": 1_000_000 + 1000 * visitor + step}


def differ_small(visitor: int, step: int) -> dict[str, object]:
    """The same, under 1 GFLOP."""
    return SMALL | {"seed": 2_000_000 + 1000 * visitor + step}


PRODUCTS = cost(Experiment()).products / cost(Experiment()).gflop
"""Share of matrix products in the work of a default experiment, as the servers' counters estimate it."""

STEADY = "steady"
"""A class for ten minutes of memory (`--seconds 660`), run only when it is named."""

CLASSES = {
    "same-1": lambda: [Group("follow", 1, follow)],
    "same-20": lambda: [Group("follow", 20, follow)],
    "same-50": lambda: [Group("follow", 50, follow)],
    "differ-1": lambda: [Group("differ", 1, differ)],
    "differ-20": lambda: [Group("differ", 20, differ, patience=15.0)],
    "differ-50": lambda: _others(5, 45),
    STEADY: lambda: [Group("follow", 40, follow), *_others(8, 2)],
}


def _others(small: int, big: int) -> list[Group]:
    """Visitors who do not follow, with small experiments and big ones."""
    return [Group("differ, small", small, differ_small), Group("differ", big, differ, patience=15.0)]


def run(name: str, seconds: float, replicas: int, **settings: str) -> Report:
    """One class on a server of its own, or on replicas that share the cores."""
    logs = [Path(tempfile.gettempdir()) / f"initviz-load-{name}-{replica}.log" for replica in range(replicas)]
    running = str(max(1, cores() // replicas))
    with ExitStack() as stack:
        for log in logs:
            log.unlink(missing_ok=True)
        servers = [stack.enter_context(Server(log, None, INITVIZ_RUNNING=running, **settings)) for log in logs]
        report = asyncio.run(attend(servers, CLASSES[name](), seconds))
    report.groups[0].errors += [f"a traceback in {log}" for log in logs if "Traceback" in log.read_text()]
    return report


def attacked(count: int) -> str:
    """A server under hostile links and frames, half of each."""
    with Server(Path(tempfile.gettempdir()) / "initviz-load-hostile.log", INITVIZ_LOG="off") as server:
        before = server.usage()
        wrong = asyncio.run(attack(server.port, seed=0, queries=count // 2, frames=count // 2))
        after = server.usage()
        state = "healthy" if server.healthy() else "NOT HEALTHY"
    sizes = f"{before.rss_mib:.0f} -> {after.rss_mib:.0f} MiB"
    return "\n".join([f"{count} hostile links and frames: {len(wrong)} errors, {state} after, {sizes}", *wrong[:10]])


def trained(count: int, seconds: float) -> str:
    """A server on which so many train at once."""
    with Server(Path(tempfile.gettempdir()) / "initviz-load-training.log", INITVIZ_LOG="off") as server:
        return "\n".join(asyncio.run(train_at_once(server, count, seconds)).lines())


@contextmanager
def clustered(workers: int, kill_every: float) -> Iterator[dict[str, str]]:
    """The setting of a cluster of so many workers, one of which is killed every so many seconds."""
    if not workers:
        yield {}
        return
    from tests.load.cluster import DaskCluster  # noqa: PLC0415 - only this needs Dask

    over = Event()

    def kill() -> None:
        while kill_every and not over.wait(kill_every):
            cluster.kill_worker()

    with DaskCluster(workers) as cluster:
        killer = Thread(target=kill)
        killer.start()
        yield {"INITVIZ_CLUSTER": cluster.address}
        over.set()
        killer.join()


def main() -> None:
    """Run the classes named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("classes", nargs="*", help=" ".join(CLASSES))
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each class lasts")
    parser.add_argument("--replicas", type=int, default=1, help="servers that the visitors are spread over")
    parser.add_argument("--cluster", type=int, default=0, help="workers of a Dask cluster that does the work")
    parser.add_argument("--kill", type=float, default=0.0, help="seconds after each of which one of them is killed")
    parser.add_argument("--hostile", type=int, default=0, help="instead: so many hostile links and frames")
    parser.add_argument("--training", type=int, default=0, help="instead: so many visitors who train at once")
    arguments = parser.parse_args()
    if arguments.training:
        sys.stdout.write(trained(arguments.training, arguments.seconds) + "\n")
        return
    if arguments.hostile:
        sys.stdout.write(attacked(arguments.hostile) + "\n")
        return
    bare = bare_rate()
    sys.stdout.write(f"bare matrix products: {bare:.1f} GFLOP/s\n")
    for name in arguments.classes or [name for name in CLASSES if name != STEADY]:
        with clustered(arguments.cluster, arguments.kill) as settings:
            report = run(name, arguments.seconds, arguments.replicas, **settings)
        useful = report.gflop_rate * PRODUCTS / bare
        lines = [f"{name}: useful matrix products at {useful:.0%} of the bare rate", *report.lines()]
        sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
