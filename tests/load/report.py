"""What a class of visitors gets from one server or several: how long they wait, what the servers take."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import mean

from tests.load.server import Server, Usage
from tests.load.visitor import Answer, Visitor

LOOK_EVERY = 5.0
"""Seconds between two looks at the servers' memory."""

Step = Callable[[int, int], dict[str, object]]
"""(visitor, step) -> the experiment opened, as the fields of its link."""


@dataclass
class Group:
    """Visitors of one kind, and how they fared."""

    name: str
    count: int
    step: Step
    patience: float | None = None
    """Seconds after which a visitor asks for something else; None: they wait for every answer."""
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    waited: int = 0
    gave_up: int = 0

    def quantile(self, share: float) -> float:
        """Seconds within which this share of the answers came."""
        if not self.seconds:
            return float("nan")
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def note(self, answer: Answer) -> None:
        """Count one answer."""
        self.seconds.append(answer.seconds)
        self.waited += answer.waited
        self.errors += answer.errors if answer.charts else [*answer.errors, "a page without charts"]


@dataclass
class Report:
    """One run of a class."""

    seconds: float
    groups: list[Group]
    rss_mib: list[float]
    """From the start, when all had opened their page, to the end, every few seconds."""
    cpu_share: float
    """Processors the servers kept busy."""
    counters: dict[str, float]

    @property
    def gflop_rate(self) -> float:
        """Useful GFLOP per second: of simulations that somebody got."""
        return self.counters.get("gflop", 0.0) / self.seconds

    @property
    def growth(self) -> float:
        """Of the memory after warm-up: the mean of the last third of the time against that of the second third."""
        third = len(self.rss_mib) // 3
        return mean(self.rss_mib[-third:]) / mean(self.rss_mib[-2 * third : -third]) - 1 if third else 0.0

    def lines(self) -> list[str]:
        """For people."""
        lines = []
        for group in self.groups:
            lines.append(
                f"{group.name:>18} x {group.count:2}: {len(group.seconds):4} answers,"
                f" p50 {group.quantile(0.5):6.3f} s, p95 {group.quantile(0.95):6.3f} s,"
                f" max {max(group.seconds, default=float('nan')):6.3f} s,"
                f" {group.waited} saw a bar, {group.gave_up} superseded, {len(group.errors)} errors"
            )
        lines.append(
            f"{'server':>18}: {self.cpu_share:.2f} cores, {self.rss_mib[0]:.0f} -> {self.rss_mib[-1]:.0f} MiB"
            f" (at most {max(self.rss_mib):.0f}, grew {self.growth:+.1%}), {self.gflop_rate:.1f} GFLOP/s, "
            + ", ".join(f"{name} {value:g}" for name, value in self.counters.items())
        )
        return lines


async def attend(servers: Sequence[Server], groups: list[Group], seconds: float, thinking: float = 2.0) -> Report:
    """Let all groups work on the servers at once, each visitor on one of them, as a proxy would spread them; they open
    the first page before, which is not measured."""
    visitors = [(group, number) for group in groups for number in range(group.count)]
    ready, end = asyncio.Barrier(len(visitors) + 1), asyncio.Event()
    tasks = [
        asyncio.create_task(_visit(servers[i % len(servers)].port, *visitor, thinking, ready, end))
        for i, visitor in enumerate(visitors)
    ]
    await ready.wait()
    before, used, started = _counters(servers), [_usage(servers)], time.monotonic()
    while time.monotonic() < started + seconds:
        await asyncio.sleep(min(LOOK_EVERY, started + seconds - time.monotonic()))
        used.append(_usage(servers))
    end.set()
    after, elapsed = _counters(servers), time.monotonic() - started
    await asyncio.gather(*tasks)
    return Report(
        elapsed,
        groups,
        [usage.rss_mib for usage in used],
        (used[-1].cpu_seconds - used[0].cpu_seconds) / elapsed,
        {name: value - before.get(name, 0.0) for name, value in after.items()},
    )


def _counters(servers: Sequence[Server]) -> dict[str, float]:
    """The counters of all servers, added up."""
    each = [server.counters() for server in servers]
    return {name: sum(one.get(name, 0.0) for one in each) for one in each for name in one}


def _usage(servers: Sequence[Server]) -> Usage:
    """Memory and processor time of all servers."""
    each = [server.usage() for server in servers]
    return Usage(sum(one.rss_mib for one in each), sum(one.cpu_seconds for one in each))


async def _visit(
    port: int, group: Group, number: int, thinking: float, ready: asyncio.Barrier, end: asyncio.Event
) -> None:
    try:
        async with Visitor(port) as visitor:
            await visitor.open("")
            await ready.wait()
            await asyncio.sleep(thinking * random.random())  # people do not click in step, here and below
            step = 0
            while not end.is_set():
                step += 1
                await _ask(visitor, group, group.step(number, step))
                await asyncio.sleep(thinking * random.uniform(0.5, 1.5))
    except Exception as error:  # one visitor's bad luck is a line in the report
        group.errors.append(repr(error))
        await ready.abort()


async def _ask(visitor: Visitor, group: Group, query: dict[str, object]) -> None:
    try:
        async with asyncio.timeout(group.patience):
            group.note(await visitor.open(query))
    except TimeoutError:
        if group.patience is None:
            raise
        group.gave_up += 1
