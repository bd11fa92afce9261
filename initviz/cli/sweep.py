"""`sweep`: many experiments into a folder."""

import sys
import time
from argparse import ArgumentParser, Namespace

from tqdm import tqdm

from initviz.catalogue import InputError
from initviz.cli.command import Answer
from initviz.cli.flags import experiment_flags, say
from initviz.network.budget import cost
from initviz.network.experiment import FIELDS, Experiment
from initviz.network.presets import PRESETS
from initviz.serving.limits import cores
from initviz.sweep.plan import Grid, plan_cost, point_key
from initviz.sweep.run import Opening, Outcome, cluster, here, local_pool, run_sweep
from initviz.sweep.store import Store
from initviz.sweep.table import rows_of

LARGEST = 100_000
"""Experiments that are run without --yes."""

FAILED = 1
"""Exit status when an experiment has no rows."""


def sweep_flags(parser: ArgumentParser) -> None:
    """The flags of an experiment, each with several values if need be, and where and how to run them."""
    experiment_flags(parser)
    parser.add_argument("--seeds", metavar="N", default="1", help="Networks of each kind, from --seed on. Default: 1.")
    parser.add_argument("--out", metavar="FOLDER", help="Where the rows are kept; a sweep that is there is continued.")
    parser.add_argument("--workers", metavar="N", help="Processes; 0 for this one. Default: one a core.")
    parser.add_argument("--cluster", metavar="tcp://HOST:PORT", help="A Dask scheduler whose workers measure instead.")
    parser.add_argument("--last-layer", action="store_true", help="Keep the last layer of each network only.")
    parser.add_argument("--yes", action="store_true", help=f"Run more than {LARGEST:,} experiments.")


def read_grid(options: Namespace) -> Grid:
    """The grid that the flags describe: values separated by commas make an axis."""
    start = Experiment() if options.preset is None else PRESETS[options.preset].experiment
    texts = {name: text for name in FIELDS if (text := getattr(options, name)) is not None}
    axes = {name: text for name, text in texts.items() if "," in text}
    single = {name: FIELDS[name].parse(text) for name, text in texts.items() if name not in axes}
    return Grid.parse(start.changed(**single), axes, _whole("seeds", options.seeds))


def run(options: Namespace) -> Answer:
    """Say what it will take, measure what is missing, and name what failed: exit 1 then."""
    if not options.out:
        raise InputError("Where to? Give --out FOLDER.")
    grid, store = read_grid(options), Store(options.out)
    if len(grid) > LARGEST and not options.yes:
        raise InputError(f"{len(grid):,} experiments are more than {LARGEST:,}: add --yes if that is meant.")
    workers = cores() if options.workers is None else _whole("workers", options.workers)
    missing = len(grid) - len(store.keys() & {point_key(point) for point in grid.points()})
    say(_forecast(grid, missing, workers))
    opening = _opening(options.cluster, workers)
    with tqdm(total=missing, unit="exp", file=sys.stderr, disable=missing == 0) as bar:

        def show(share: float) -> None:
            bar.update(round(share * missing) - bar.n)

        outcome = run_sweep(grid, store, opening, progress=show, last_layer_only=options.last_layer)
    return Answer(_said(outcome, options.out), FAILED if outcome.failures else 0)


def _opening(address: str | None, workers: int) -> Opening:
    if address:
        return cluster(address)
    return local_pool(workers) if workers else here()


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"--{name} '{text[:40]}' is not a whole number.") from None


def _forecast(grid: Grid, missing: int, workers: int) -> str:
    """Experiments, GFLOP, and how long: from the time that one experiment of middling size takes here."""
    gflop = plan_cost(grid)
    text = f"{len(grid):,} experiments, {gflop:,.3g} GFLOP"
    if missing < len(grid):
        text += f"; {missing:,} are missing"
    if not missing:
        return text + "."
    by_size = sorted(grid.experiments(), key=lambda one: cost(one).gflop)
    middling = by_size[len(by_size) // 2]
    try:
        rows_of(middling.changed(depth=1))  # what is done once, compiling for example, is no cost of the sweep
        started = time.perf_counter()
        rows_of(middling)
    except InputError:  # the sweep will say so by name
        return text + "."
    seconds = (time.perf_counter() - started) * gflop / cost(middling).gflop * missing / len(grid) / max(workers, 1)
    return f"{text}: about {_duration(seconds)} here."


def _duration(seconds: float) -> str:
    return f"{max(seconds, 1):.0f} seconds" if seconds < 90 else f"{seconds / 60:,.0f} minutes"


def _said(outcome: Outcome, folder: str) -> str:
    lines = [f"Measured: {outcome.measured:,}. There already: {outcome.known:,}. Folder: {folder}"]
    lines += [f"failed: {name}: {reason}" for name, reason in outcome.failures.items()]
    return "\n".join(lines)
