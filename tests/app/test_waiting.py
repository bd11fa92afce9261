"""What a page shows while it waits, in a small script of its own."""

import gc
import sys
import weakref
from collections.abc import Iterator
from threading import Event

import pytest
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from initviz.arrays import size_of
from initviz.network.experiment import Experiment
from initviz.progress import Progress
from initviz.ui import cache, waiting


@pytest.fixture(autouse=True)
def fresh_service() -> Iterator[None]:
    waiting.jobs.clear()
    yield
    waiting.jobs.clear()


def test_an_answer_is_computed_once_and_shows_no_bar_when_quick() -> None:
    def script() -> None:
        import streamlit as st  # noqa: PLC0415 -- AppTest runs the source of this function alone

        from initviz.ui.waiting import answer  # noqa: PLC0415

        st.text(answer("Adding", "key", lambda progress: 40 + 2))

    page = AppTest.from_function(script)
    for _ in range(2):
        page.run()
        assert not page.exception
        assert page.text[0].value == "42"
        assert len(page.get("progress")) == 0
    counters = waiting.jobs().counters()
    assert (counters.asked, counters.runs, counters.hits) == (2, 1, 1)


def test_a_long_wait_shows_a_bar_and_takes_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def script() -> None:
        import streamlit as st  # noqa: PLC0415
        from streamlit.delta_generator import DeltaGenerator  # noqa: PLC0415

        from initviz.progress import Progress  # noqa: PLC0415
        from initviz.ui.waiting import answer, jobs  # noqa: PLC0415

        shown: list[str] = []
        draw = DeltaGenerator.progress

        def watched(self: DeltaGenerator, value: float, text: str) -> DeltaGenerator:
            shown.append(text)
            return draw(self, value, text)

        def work(progress: Progress) -> int:
            progress(0.4)
            while not any("40%" in text for text in shown):  # goes on as soon as the visitor has seen it
                progress(0.4)
            return 42

        DeltaGenerator.progress = watched  # type: ignore[method-assign, assignment]
        try:
            st.text(answer("Simulating", "key", work))
        finally:
            DeltaGenerator.progress = draw  # type: ignore[method-assign]
        st.text(" ".join(shown))
        assert jobs().counters().running <= 1

    monkeypatch.setattr(waiting, "QUIET", 0.0)
    page = AppTest.from_function(script).run()
    assert not page.exception
    assert [text.value for text in page.text] == ["42", "Simulating … 40%"]
    assert len(page.get("progress")) == 0


def test_what_the_work_raises_reaches_the_page_every_time() -> None:
    def script() -> None:
        import streamlit as st  # noqa: PLC0415

        from initviz.progress import Progress  # noqa: PLC0415
        from initviz.ui.waiting import answer  # noqa: PLC0415

        def work(progress: Progress) -> int:
            raise ValueError("no such data set")

        try:
            answer("Reading", "key", work)
        except ValueError as error:
            st.text(str(error))

    page = AppTest.from_function(script)
    for _ in range(2):
        assert page.run().text[0].value == "no such data set"
    assert waiting.jobs().counters().failed == 2


def test_threads_hand_over_quickly_in_the_serving_process(monkeypatch: pytest.MonkeyPatch) -> None:
    set_to: list[float] = []
    monkeypatch.setattr(sys, "setswitchinterval", set_to.append)
    waiting.jobs()
    assert set_to == [0.0005]


def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INITVIZ_MEMORY_MIB", "80")
    assert waiting.jobs().largest_mib == 70


def test_results_and_what_is_built_from_them_stay_within_the_bytes_of_the_cache(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Deep networks, twice as many as fit: whoever is let go is freed, though findings were made of it."""
    monkeypatch.setenv("INITVIZ_CACHE_MIB", "2")
    alive = []
    for seed in range(12):
        experiment = Experiment(depth=40, width=4, samples=8, seed=seed)
        propagation = cache.simulated(experiment)
        cache.diagnosed(experiment, propagation)
        cache.predicted(experiment)
        alive.append((weakref.ref(propagation), size_of(propagation)))
        del propagation
    gc.collect()
    kept = sum(size for reference, size in alive if reference() is not None)
    assert sum(size for _, size in alive) > 2 * 2**20
    assert 0 < kept <= waiting.jobs().counters().cached_bytes <= 2 * 2**20


def test_a_proposal_waits_in_the_queue_and_is_kept_once() -> None:
    experiment = Experiment(depth=3, width=32, samples=32)
    first = cache.proposed(experiment)
    assert first is not None
    assert cache.proposed(experiment) is first
    counters = waiting.jobs().counters()
    assert (counters.asked, counters.runs, counters.hits) == (2, 1, 1)
    waiting.jobs.clear()
    assert cache.proposed(experiment) is not first, "a second cache keeps it"


def test_partial_results_are_drawn_and_the_last_one_stays_when_the_work_is_stopped() -> None:
    def script() -> None:
        import threading  # noqa: PLC0415

        import streamlit as st  # noqa: PLC0415

        from initviz.progress import Report  # noqa: PLC0415
        from initviz.ui import waiting  # noqa: PLC0415

        drawn, seen, stop = [], threading.Event(), st.session_state["stop"]

        def work(report: Report) -> int:
            for step in (1, 2, 3):
                seen.clear()
                report(step / 4, ("step", step))
                assert seen.wait(10)
            while stop:
                report(0.9)
            return 4

        def show(partial: object) -> None:
            drawn.append(partial)
            seen.set()
            if stop and len(drawn) == 3:
                st.stop()  # as a click does: the run ends here

        if "again" in st.session_state:
            st.text(str(waiting.stopped("Training", "key")))
        else:
            st.text(f"{waiting.answer('Training', 'key', work, show=show)} {drawn}")

    page = AppTest.from_function(script)
    page.session_state["stop"] = True
    page.run()
    assert not page.text
    page.session_state["again"] = True
    assert page.run().text[0].value == "('step', 3)"
    other = AppTest.from_function(script)
    other.session_state["stop"] = False
    assert other.run().text[0].value == "4 [('step', 1), ('step', 2), ('step', 3)]"


def test_a_page_says_that_it_prepares_and_does_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first start on a machine compiles for seconds: a bar, not a dead page."""
    shown: list[str] = []
    draw = DeltaGenerator.progress

    def watched(self: DeltaGenerator, value: float, text: str) -> DeltaGenerator:
        shown.append(text)
        return draw(self, value, text)

    def slow(progress: Progress) -> int:
        while not any("40%" in text for text in shown):
            progress(0.4)
        return 28

    monkeypatch.setattr(waiting, "QUIET", 0.0)
    monkeypatch.setattr(DeltaGenerator, "progress", watched)
    monkeypatch.setattr(cache, "compile_all", slow)
    monkeypatch.setattr(cache, "_prepared", Event())
    for seed in (1, 2):
        cache.simulated(Experiment(depth=1, width=4, samples=8, seed=seed))
    assert [text for text in shown if text.startswith("Preparing")] == ["Preparing, once … 40%"]
    assert waiting.jobs().counters().runs == 3
