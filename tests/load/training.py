"""Visitors who train at once: whether each gets its turn, and sees how long the queue is."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from statistics import median

from initviz.ui.live import TICK
from tests.load.server import Server, Usage
from tests.load.visitor import Answer, Visitor

LINK = "activation=relu&initializer=he_normal&depth=3&width=128&task=digits&epochs=100000"


@dataclass
class Trainee:
    """One visitor's training."""

    steps: int = 0
    answers: list[Answer] = field(default_factory=list)

    def note(self, answer: Answer) -> None:
        """What one slice showed."""
        self.answers.append(answer)
        told = [re.match(r"Step ([\d,]+) of", caption) for caption in answer.captions]
        self.steps = max([self.steps, *(int(found[1].replace(",", "")) for found in told if found)])

    @property
    def queued(self) -> bool:
        """Whether a bar ever told how many were ahead."""
        return any(bar.startswith("Waiting: ") for answer in self.answers for bar in answer.bars)


@dataclass
class Outcome:
    """How a class that trains at once fared."""

    seconds: float
    trainees: list[Trainee]
    before: Usage
    after: Usage
    left: Usage
    """Two seconds after all had closed their tabs."""
    later: Usage
    """And two seconds later."""

    @property
    def errors(self) -> list[str]:
        """Whatever was wrong on any page."""
        return [error for one in self.trainees for answer in one.answers for error in answer.errors]

    def lines(self) -> list[str]:
        """For people."""
        steps = sorted(one.steps for one in self.trainees)
        waits = sorted(answer.seconds for one in self.trainees for answer in one.answers)
        slices = [len(one.answers) for one in self.trainees]
        return [
            f"{len(self.trainees)} train for {self.seconds:.0f} s: {sum(slices)} slices, each visitor {min(slices)} to"
            f" {max(slices)}; a slice's answer takes {median(waits):.2f} s, 95 % within"
            f" {waits[int(0.95 * (len(waits) - 1))]:.2f} s",
            f"steps: {steps[0]} to {steps[-1]}, median {median(steps):.0f};"
            f" {sum(one.queued for one in self.trainees)} saw their place in the queue; {len(self.errors)} errors",
            f"server: {(self.after.cpu_seconds - self.before.cpu_seconds) / self.seconds:.2f} cores,"
            f" {self.before.rss_mib:.0f} -> {self.after.rss_mib:.0f} MiB; two seconds after all tabs are closed"
            f" {(self.later.cpu_seconds - self.left.cpu_seconds) / 2:.2f} cores",
            *self.errors[:5],
        ]


async def train_at_once(server: Server, count: int, seconds: float) -> Outcome:
    """Let so many open the page, press Start together, and watch for so long; then they all leave."""
    trainees = [Trainee() for _ in range(count)]
    ready, go, end = asyncio.Barrier(count + 1), asyncio.Event(), asyncio.Event()
    tasks = [asyncio.create_task(_train(server, number, one, ready, go, end)) for number, one in enumerate(trainees)]
    await ready.wait()
    before = server.usage()
    started = time.monotonic()
    go.set()
    await asyncio.sleep(seconds)
    end.set()
    after, elapsed = server.usage(), time.monotonic() - started
    await asyncio.gather(*tasks)
    await asyncio.sleep(2)
    left = server.usage()
    await asyncio.sleep(2)
    return Outcome(elapsed, trainees, before, after, left, server.usage())


async def _train(
    server: Server, number: int, one: Trainee, ready: asyncio.Barrier, go: asyncio.Event, end: asyncio.Event
) -> None:
    async with Visitor(server.port, page="training") as visitor:
        opened = await visitor.open(f"{LINK}&seed={number}")
        await ready.wait()
        await go.wait()
        answer = await visitor.click(opened.buttons["Start"])
        one.note(answer)
        fragment = answer.ticking
        while not end.is_set():
            await asyncio.sleep(TICK)
            answer = await visitor.tick(fragment)
            one.note(answer)
            fragment = answer.ticking or fragment
