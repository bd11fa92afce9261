"""A live server: a class in short, visitors who change their mind, and visitors who mean harm."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from tests.load.hostile import TINY, attack
from tests.load.report import Group, attend
from tests.load.server import Server
from tests.load.training import LINK as TRAINING
from tests.load.training import train_at_once
from tests.load.visitor import Answer, Visitor, run

BIG = "width=1024&depth=16&samples=1000"  # 100 GFLOP: seconds
ROOM_MIB = 20
"""What fifteen rounds may add to noise: the networks of those alone would take 45."""

QUERIES, FRAMES = 150, 1000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("live") / "server.log"
    with Server(log, INITVIZ_RUNNING="2", INITVIZ_MAX_GFLOP="150", INITVIZ_MEMORY_MIB="1000") as running:
        run(_open(running, TINY))  # the counters exist from the first page on
        yield running


async def _open(server: Server, link: str) -> Answer:
    async with Visitor(server.port) as visitor:
        return await visitor.open(link)


def wait_for(server: Server, **expected: float) -> None:
    """Until the counters are what they should be."""
    deadline = time.monotonic() + 20
    while {name: server.counters().get(name) for name in expected} != expected:
        assert time.monotonic() < deadline, f"{server.counters()} instead of {expected}"
        time.sleep(0.05)


def test_a_class_that_follows_gets_each_simulation_computed_once(server: Server) -> None:
    follow = Group("follow", 8, lambda visitor, step: {"seed": step, "width": 100, "samples": 500})
    report = run(attend([server], [follow], seconds=5.0, thinking=0.5))
    assert follow.errors == []
    steps = round(len(follow.seconds) / follow.count)
    assert steps >= 2
    assert report.counters["failed"] == 0
    # Everyone is within a few steps of everyone else, so there are few different ones; all else is shared.
    assert report.counters["runs"] <= 0.5 * report.counters["asked"]


def test_a_newer_request_supersedes_the_older_one(server: Server) -> None:
    before = server.counters()

    async def impatient() -> float:
        async with Visitor(server.port) as visitor:
            await visitor.request(f"{BIG}&seed=11")
            await asyncio.to_thread(wait_for, server, running=before["running"] + 1)
            return (await visitor.open(TINY)).seconds

    assert run(impatient()) < 5
    wait_for(server, running=0, queued=0)
    assert server.counters()["cancelled"] == before["cancelled"] + 1


def test_a_visitor_who_leaves_stops_the_simulation(server: Server) -> None:
    before = server.counters()

    async def leaving() -> None:
        async with Visitor(server.port) as visitor:
            await visitor.request(f"{BIG}&seed=12")
            await asyncio.to_thread(wait_for, server, running=1.0)

    run(leaving())
    wait_for(server, running=0, queued=0, cancelled=before["cancelled"] + 1)


def test_who_waits_sees_that_they_wait_and_small_experiments_pass(server: Server) -> None:
    async def crowd() -> None:
        async with (
            Visitor(server.port) as one,
            Visitor(server.port) as two,
            Visitor(server.port) as three,
            Visitor(server.port) as small,
        ):
            for number, visitor in enumerate((one, two, three)):
                await visitor.request(f"{BIG}&seed={20 + number}")
            await asyncio.to_thread(wait_for, server, running=2.0, queued=1.0)
            quick = await small.open(f"{TINY}&seed=1")
            assert server.counters()["running"] == 2
            assert quick.charts
            assert not quick.errors
            answers = await asyncio.gather(*(visitor.read() for visitor in (one, two, three)))
            assert all(answer.waited for answer in answers)

    run(crowd())


def test_all_who_train_at_once_get_their_turn_and_see_the_queue(server: Server) -> None:
    """Eight on two workers: nobody has half as many slices as another, and all work ends when they leave."""
    outcome = run(train_at_once(server, count=8, seconds=6.0))
    assert outcome.errors == []
    slices = [len(one.answers) for one in outcome.trainees]
    assert min(slices) >= max(3, max(slices) / 2)
    assert min(one.steps for one in outcome.trainees) > 20
    assert any(one.queued for one in outcome.trainees)
    assert outcome.later.cpu_seconds - outcome.left.cpu_seconds < 0.5
    wait_for(server, running=0, queued=0)


def test_trainings_of_closed_tabs_leave_no_memory(server: Server) -> None:
    """Twenty open, train and leave, one after another: from the fifth on the process does not grow. It grew by 3 MiB
    each time while sessions, or the trainers' own generators, kept the networks until a full collection."""

    async def train_and_leave(number: int) -> None:
        async with Visitor(server.port, page="training") as visitor:
            opened = await visitor.open(f"{TRAINING}&width=512&seed={100 + number}")
            answer = await visitor.click(opened.buttons["Start"])
            assert not answer.errors
            await visitor.tick(answer.ticking)

    sizes = []
    for number in range(20):
        run(train_and_leave(number))
        sizes.append(server.usage().rss_mib)
    wait_for(server, running=0, queued=0)
    assert max(sizes[-5:]) < max(sizes[4:9]) + ROOM_MIB, sizes


def test_hostile_links_show_a_page_without_a_traceback(server: Server) -> None:
    assert run(attack(server.port, seed=1, queries=QUERIES, frames=0)) == []
    assert server.healthy()
    assert "Traceback" not in server.log.read_text()


def test_hostile_frames_do_no_harm(server: Server) -> None:
    run(attack(server.port, seed=2, queries=0, frames=FRAMES))
    answer = run(_open(server, TINY))
    assert answer.charts
    assert answer.errors == []
    assert server.healthy()


def test_a_restart_under_load_brings_every_page_back_with_its_experiment(server: Server) -> None:
    """Twenty visitors have their pages, and ask for more when the server is told to end."""
    links = [f"activation=relu&{TINY}&seed={100 + number}" for number in range(20)]

    async def visit() -> list[str]:
        async with AsyncExitStack() as stack:
            visitors = [await stack.enter_async_context(Visitor(server.port)) for _ in links]
            answers = await asyncio.gather(*(visitor.open(link) for visitor, link in zip(visitors, links, strict=True)))
            assert not any(answer.errors for answer in answers)
            before = [visitor.query or link for visitor, link in zip(visitors, links, strict=True)]
            for number, visitor in enumerate(visitors):
                await visitor.request(f"{BIG}&seed={200 + number}")
            await asyncio.to_thread(wait_for, server, running=2.0)
            stopped = await asyncio.to_thread(server.stop)
            assert stopped < 5  # two seconds on a quiet machine
            return before

    async def come_back(link: str) -> str:
        async with Visitor(server.port) as visitor:
            answer = await visitor.open(link)
            assert answer.charts
            assert not answer.errors
            return visitor.query or link

    async def all_come_back(links: list[str]) -> list[str]:
        return await asyncio.gather(*(come_back(link) for link in links))

    before = run(visit())
    server.start()
    assert run(all_come_back(before)) == before
