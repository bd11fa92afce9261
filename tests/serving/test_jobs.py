"""The job service. Works are held by events, never by sleeps; `LONG` only bounds how long a broken test hangs."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import Barrier, Event, Thread
from traceback import walk_tb

import pytest

from initviz.progress import Progress, Report
from initviz.serving.jobs import SECONDS_PER_GFLOP, Cancelled, Jobs, Ticket, TooBig
from initviz.serving.memo import Memo

LONG = 10.0
BIG = 10.0  # GFLOP: too big for the small jobs' own worker


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Held:
    """A work that starts, waits to be released, reports, and answers."""

    answer: object = "answer"
    started: Event = field(default_factory=Event)
    release: Event = field(default_factory=Event)
    runs: int = 0

    def __call__(self, progress: Progress) -> object:
        self.runs += 1
        self.started.set()
        assert self.release.wait(LONG)
        progress(0.5)
        return self.answer


class Answer:
    """Something that can be told from others."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


def service(running: int = 1, memory_mib: float = 100, *, grace: float = 0.0, clock: Clock | None = None) -> Jobs:
    return Jobs(running, memory_mib, Memo(2**20), grace=grace, clock=clock or Clock())


@pytest.fixture
def jobs(clock: Clock) -> Iterator[Jobs]:
    with service(memory_mib=800, clock=clock) as jobs:
        yield jobs


def ask(jobs: Jobs, key: str, work: Callable[[Report], object], gflop: float = BIG, mib: float = 1) -> Ticket[object]:
    return jobs.ask(key, work, gflop=gflop, mib=mib)


def at_once(count: int, call: Callable[[], object]) -> None:
    threads = [Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
        assert not thread.is_alive()


def order_of(jobs: Jobs, sizes: dict[str, float], clock: Clock, step: float = 0.0) -> list[str]:
    """Names in the order in which they run after having queued up behind a big one, `step` seconds apart."""
    blocker, order = Held(), list[str]()

    def note(name: str, progress: Progress) -> None:
        order.append(name)

    first = ask(jobs, "blocker", blocker)
    assert blocker.started.wait(LONG)
    tickets = []
    for name, gflop in sizes.items():
        tickets.append(ask(jobs, name, partial(note, name), gflop))
        clock.now += step
    blocker.release.set()
    for ticket in [first, *tickets]:
        ticket.result()
    return order


def test_many_askers_share_one_run(jobs: Jobs) -> None:
    work, together = Held(Answer()), Barrier(20)
    answers: list[object] = []

    def visitor() -> None:
        together.wait(LONG)
        with ask(jobs, "same", work) as ticket:
            if jobs.counters().asked == 20:
                work.release.set()
            answers.append(ticket.result())

    at_once(20, visitor)
    counters = jobs.counters()
    assert work.runs == counters.runs == 1
    assert len(answers) == 20
    assert set(answers) == {work.answer}
    assert counters.hits + counters.joined == 19


def test_a_second_ask_is_answered_from_the_cache(jobs: Jobs) -> None:
    answer = Answer()
    ask(jobs, "key", lambda progress: answer).result()
    again = ask(jobs, "key", lambda progress: pytest.fail("ran twice"))
    assert (again.state, again.origin) == ("done", "cache")
    assert again.result() is answer
    assert jobs.counters().hits == 1


def test_what_was_kept_elsewhere_is_an_answer_too(jobs: Jobs) -> None:
    jobs.memo.keep("key", None)
    ticket = ask(jobs, "key", lambda progress: pytest.fail("ran"))
    assert (ticket.origin, ticket.result()) == ("cache", None)


def test_answers_are_counted_and_let_go_by_the_memo(clock: Clock) -> None:
    references = []
    with Jobs(1, 100, Memo(5 * 1024), clock=clock) as jobs:
        for i in range(20):
            answer = ask(jobs, str(i), lambda progress: Answer()).result()
            references.append(weakref.ref(answer))
            del answer
        counters = jobs.counters()
    gc.collect()
    assert sum(reference() is not None for reference in references) == counters.cached
    assert 0 < counters.cached < 20
    assert 0 < counters.cached_bytes <= 5 * 1024


def test_a_failure_reaches_every_asker_and_is_not_kept(jobs: Jobs) -> None:
    release = Event()

    def work(progress: Progress) -> None:
        assert release.wait(LONG)
        raise ValueError("no such data set")

    tickets = [ask(jobs, "key", work) for _ in range(3)]
    release.set()
    for ticket in tickets:
        with pytest.raises(ValueError, match="no such data set"):
            ticket.result()
        assert ticket.state == "failed"
    assert ask(jobs, "key", lambda progress: "better").result() == "better"
    counters = jobs.counters()
    assert (counters.failed, counters.runs, counters.cached) == (1, 2, 1)


def test_every_asker_gets_an_exception_of_its_own(jobs: Jobs) -> None:
    """Raising adds to the exception's traceback, and that keeps alive whatever the askers have in hand."""

    class Refused(ValueError):
        def __init__(self, what: str, size: int) -> None:
            super().__init__(f"no {what}")
            self.size = size

    def work(progress: Progress) -> None:
        raise Refused("room", 3)

    ticket = ask(jobs, "key", work)
    raised = []
    for _ in range(20):
        with pytest.raises(Refused, match="no room") as caught:
            ticket.result()
        raised.append(caught.value)
    assert len(set(map(id, raised))) == 20
    assert {error.size for error in raised} == {3}
    lengths = {len(list(walk_tb(error.__traceback__))) for error in raised}
    assert len(lengths) == 1
    first = raised[0].__cause__
    assert isinstance(first, Refused)
    assert len(list(walk_tb(first.__traceback__))) <= 2


def test_an_answer_that_cannot_be_measured_is_a_failure_not_the_end_of_the_worker(jobs: Jobs) -> None:
    class Odd:
        def __sizeof__(self) -> int:
            raise ArithmeticError("no size")

    with pytest.raises(ArithmeticError, match="no size"):
        ask(jobs, "odd", lambda progress: Odd()).result()
    assert ask(jobs, "next", lambda progress: "answer").result() == "answer"


def test_answers_are_measured_while_others_may_ask(jobs: Jobs) -> None:
    measuring, measured = Event(), Event()

    class Slow:
        def __sizeof__(self) -> int:
            measuring.set()
            assert measured.wait(LONG)
            return 0

    slow = ask(jobs, "slow", lambda progress: Slow())
    assert measuring.wait(LONG)
    assert jobs.counters().running == 1
    assert ask(jobs, "small", lambda progress: "quick", gflop=0.1).result() == "quick"
    measured.set()
    slow.result()


def test_a_failure_does_not_keep_the_arrays_of_the_work_alive(jobs: Jobs) -> None:
    references: list[weakref.ref[Answer]] = []

    def work(progress: Progress) -> None:
        array = Answer()
        references.append(weakref.ref(array))
        raise ValueError

    ticket = ask(jobs, "key", work)
    with pytest.raises(ValueError):
        ticket.result()
    assert references[0]() is None


def test_small_jobs_pass_big_ones_and_equals_keep_their_order(jobs: Jobs, clock: Clock) -> None:
    order = order_of(jobs, {"big": 100, "middle": 20, "also middle": 20, "less": 10}, clock)
    assert order == ["less", "middle", "also middle", "big"]


def test_nothing_starves(jobs: Jobs, clock: Clock) -> None:
    """A stream of 2 GFLOP jobs, one a second, behind one of 20: those that come after its due time wait for it."""
    passes = (20 - 2) * SECONDS_PER_GFLOP
    stream = {f"small {second}": 2.0 for second in range(1, 10)}
    order = order_of(jobs, {"big": 20.0} | stream, clock, step=1.0)
    assert order.index("big") == int(passes)
    assert 0 < order.index("big") < len(order) - 1


def test_a_small_job_has_a_worker_beside_a_big_run(jobs: Jobs) -> None:
    big, next_big = Held(), Held()
    ask(jobs, "big", big)
    ask(jobs, "next big", next_big)
    assert big.started.wait(LONG)
    assert ask(jobs, "small", lambda progress: "quick", gflop=1.0).result() == "quick"
    assert not next_big.started.is_set()
    big.release.set()
    next_big.release.set()
    assert next_big.started.wait(LONG)


def test_no_more_than_the_limit_run_at_once() -> None:
    lock, full = threading.Lock(), Event()
    now, most = 0, 0

    def work(progress: Progress) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
            if now == 2:
                full.set()
        assert full.wait(LONG)
        with lock:
            now -= 1

    with Jobs(2, 100, Memo(2**20)) as jobs:
        tickets = [ask(jobs, str(i), work) for i in range(10)]
        for ticket in tickets:
            ticket.result()
        assert most == 2
        assert jobs.counters().seconds > 0


def test_memory_of_running_jobs_stays_under_the_ceiling() -> None:
    with service(3, 80) as jobs:  # 70 MiB for big jobs, 10 for small ones
        first, second = Held(), Held()
        ask(jobs, "first", first, mib=40)
        assert first.started.wait(LONG)
        waiting = ask(jobs, "second", second, mib=40)
        # It is not due yet, so what fits beside the running one may pass it.
        assert ask(jobs, "third", lambda progress: "fits", gflop=2 * BIG, mib=30).result() == "fits"
        assert waiting.state == "waiting"
        assert jobs.counters().memory_mib == 40
        second.release.set()
        first.release.set()
        assert waiting.result() == "answer"


def test_a_due_job_that_needs_memory_is_not_passed_any_more(clock: Clock) -> None:
    with service(3, 80, clock=clock) as jobs:
        first, order = Held(), list[str]()
        running = ask(jobs, "first", first, mib=40)
        assert first.started.wait(LONG)
        large = ask(jobs, "large", lambda progress: order.append("large"), mib=70)
        clock.now = 100.0
        fits = ask(jobs, "fits", lambda progress: order.append("fits"), gflop=BIG, mib=30)
        small = ask(jobs, "small", lambda progress: "quick", gflop=0.1, mib=10)
        assert small.result() == "quick"  # memory of its own
        assert order == []
        first.release.set()
        for ticket in (running, large, fits):
            ticket.result()
        assert order == ["large", "fits"]


def test_a_small_job_that_waits_for_small_memory_holds_up_no_big_one(clock: Clock) -> None:
    with service(3, 80, clock=clock) as jobs:  # 70 MiB for big jobs, 10 for small ones
        first, second = Held(), Held()
        small = ask(jobs, "small", first, gflop=0.1, mib=8)
        assert first.started.wait(LONG)
        waiting = ask(jobs, "also small", second, gflop=0.1, mib=8)
        clock.now = 100.0  # both are due
        assert ask(jobs, "big", lambda progress: "has room", mib=30).result() == "has room"
        assert waiting.state == "waiting"
        first.release.set()
        second.release.set()
        assert (small.result(), waiting.result()) == ("answer", "answer")


def test_a_big_job_that_waits_for_big_memory_holds_up_no_small_one_of_any_worker(clock: Clock) -> None:
    with service(3, 80, clock=clock) as jobs:
        first, second = Held(), Held()
        big = ask(jobs, "big", first, mib=60)
        assert first.started.wait(LONG)
        waiting = ask(jobs, "also big", second, mib=60)
        clock.now = 100.0
        together = Barrier(2)  # two at once: one of them is not on the small jobs' own worker
        small = [ask(jobs, f"small {i}", lambda progress: together.wait(LONG), gflop=0.1) for i in range(2)]
        assert {ticket.result() for ticket in small} == {0, 1}
        first.release.set()
        second.release.set()
        assert (big.result(), waiting.result()) == ("answer", "answer")


def test_what_can_never_run_is_refused(jobs: Jobs) -> None:
    assert jobs.largest_mib == 700
    with pytest.raises(TooBig, match=r"701 MiB.*700 MiB"):
        ask(jobs, "key", Held(), mib=701)
    assert jobs.counters().queued == 0


def test_position_counts_the_jobs_before(jobs: Jobs) -> None:
    held = Held()
    first = ask(jobs, "first", held)
    assert held.started.wait(LONG)
    second, third = ask(jobs, "second", Held()), ask(jobs, "third", Held())
    assert (first.position, second.position, third.position) == (0, 1, 2)
    assert (first.state, second.state) == ("running", "waiting")
    second.leave()
    assert third.position == 1
    third.leave()
    held.release.set()


def test_progress_is_what_the_work_reported(jobs: Jobs) -> None:
    reported, release = Event(), Event()

    def work(progress: Progress) -> None:
        progress(0.25)
        reported.set()
        assert release.wait(LONG)

    ticket = ask(jobs, "key", work)
    assert reported.wait(LONG)
    assert ticket.progress == 0.25
    assert not ticket.wait(0.001)
    release.set()
    ticket.result()
    assert ticket.progress == 1


def test_partial_results_are_seen_while_the_work_goes_on_and_kept_when_it_is_stopped() -> None:
    reported, release = Event(), Event()

    def work(report: Report) -> str:
        report(0.25, ("first",))
        report(0.5)  # nothing new to show
        reported.set()
        assert release.wait(LONG)
        report(0.75, ("first", "second"))
        raise AssertionError("goes on after it was stopped")

    with service(grace=100.0) as jobs:
        ticket = ask(jobs, "key", work)
        assert reported.wait(LONG)
        assert (ticket.progress, ticket.partial) == (0.5, ("first",))
        assert ticket.stop() == ("first",)
        release.set()
        assert ticket.wait(LONG)
        assert ticket.state == "cancelled"  # at once, whatever the grace
        assert ticket.partial == ("first",)
        assert ask(jobs, "key", lambda progress: "anew").result() == "anew"


def test_stopping_one_claim_does_not_stop_the_work_of_others(jobs: Jobs) -> None:
    held = Held()
    stopping, staying = ask(jobs, "key", held), ask(jobs, "key", held)
    assert held.started.wait(LONG)
    assert stopping.stop() is None
    held.release.set()
    assert staying.result() == "answer"


def test_a_deserted_job_leaves_the_queue(jobs: Jobs) -> None:
    held, never = Held(), Held()
    ask(jobs, "first", held)
    assert held.started.wait(LONG)
    two = [ask(jobs, "second", never) for _ in range(2)]
    two[0].leave()
    two[0].leave()  # leaving twice is leaving once
    assert jobs.counters().queued == 1
    two[1].leave()
    assert two[1].state == "cancelled"
    assert jobs.counters().queued == 0
    with pytest.raises(Cancelled):
        two[1].result()
    held.release.set()
    ask(jobs, "third", lambda progress: None).result()
    assert never.runs == 0


def test_a_deserted_run_stops_at_its_next_report(jobs: Jobs) -> None:
    held = Held()
    with ask(jobs, "key", held) as ticket:
        assert held.started.wait(LONG)
    held.release.set()
    with pytest.raises(Cancelled):
        ticket.result()
    assert ask(jobs, "key", lambda progress: "anew").result() == "anew"
    counters = jobs.counters()
    assert (counters.cancelled, counters.failed, counters.cached) == (1, 0, 1)


def test_a_run_goes_on_for_those_who_stay(jobs: Jobs) -> None:
    held = Held()
    leaving, staying = ask(jobs, "key", held), ask(jobs, "key", held)
    assert (leaving.origin, staying.origin) == ("new", "shared")
    assert held.started.wait(LONG)
    leaving.leave()
    held.release.set()
    assert staying.result() == "answer"


def test_who_comes_back_within_the_grace_finds_the_same_run(clock: Clock) -> None:
    with service(grace=1.0, clock=clock) as jobs:
        running, waiting = Held("one"), Held("two")
        tickets = [ask(jobs, "one", running), ask(jobs, "two", waiting)]
        assert running.started.wait(LONG)
        for ticket in tickets:
            ticket.leave()
        clock.now += 0.9
        again = [ask(jobs, "one", running), ask(jobs, "two", waiting)]
        clock.now += 1.0
        running.release.set()
        waiting.release.set()
        assert [ticket.result() for ticket in again] == ["one", "two"]
        assert (running.runs, waiting.runs) == (1, 1)
        assert jobs.counters().cancelled == 0


@pytest.mark.parametrize(("away", "state"), [(0.09, "done"), (0.11, "cancelled")])
def test_a_job_waits_a_tenth_of_a_second_for_its_asker(away: float, state: str, clock: Clock) -> None:
    """A rerun asks again within some ms; whoever is away for longer has gone."""
    with Jobs(1, 100, Memo(2**20), clock=clock) as jobs:
        held = Held()
        ticket = ask(jobs, "key", held)
        assert held.started.wait(LONG)
        ticket.leave()
        clock.now += away
        held.release.set()
        assert ticket.wait(LONG)
        assert ticket.state == state


def test_grace_ends(clock: Clock) -> None:
    with service(grace=1.0, clock=clock) as jobs:
        running, waiting = Held(), Held()
        tickets = [ask(jobs, "one", running), ask(jobs, "two", waiting)]
        assert running.started.wait(LONG)
        for ticket in tickets:
            ticket.leave()
        clock.now += 1.0
        running.release.set()
        assert tickets[0].wait(LONG)
        assert tickets[1].wait(LONG)
        assert [ticket.state for ticket in tickets] == ["cancelled", "cancelled"]
        assert waiting.runs == 0


def test_closing_ends_the_workers_and_whoever_waits() -> None:
    before = threading.active_count()
    jobs = service(running=2)
    held = Held()
    tickets = [ask(jobs, "running", held), ask(jobs, "running too", held), ask(jobs, "waiting", held)]
    assert held.started.wait(LONG)
    closing = Thread(target=jobs.close)
    closing.start()
    assert tickets[2].wait(LONG)
    held.release.set()
    closing.join(LONG)
    assert threading.active_count() == before
    for ticket in tickets:
        with pytest.raises(Cancelled):
            ticket.result()
    with pytest.raises(RuntimeError, match="closed"):
        ask(jobs, "late", held)


def test_a_crowd_that_comes_and_goes_leaves_nothing_behind() -> None:
    def visitor(jobs: Jobs, number: int) -> None:
        for step in range(30):
            with ask(jobs, f"{(number * step) % 17}", lambda progress: progress(0.5), gflop=step % 3) as ticket:
                if step % 4:
                    ticket.result()

    with Jobs(2, 100, Memo(3 * 1024), grace=0.0) as jobs:
        threads = [Thread(target=visitor, args=(jobs, number)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONG)
            assert not thread.is_alive()
        ask(jobs, "last", lambda progress: None).result()
        counters = jobs.counters()
        assert counters.asked == 8 * 30 + 1
        assert (counters.queued, counters.failed) == (0, 0)
        assert counters.cached_bytes <= 3 * 1024
        assert len(jobs._wanted) <= counters.running
