"""The training page without a browser: ready at once, one step at a time, every task, compare, what the link holds."""

import gc
import json
from weakref import WeakSet

import numpy as np
import pytest
from pandas import DataFrame
from streamlit.testing.v1 import AppTest

from initviz import Experiment, train
from initviz.figures.recorded import recorded
from initviz.figures.theme import LIGHT
from initviz.learn.coordinates import coordinate_check
from initviz.learn.history import COLUMNS
from initviz.learn.lessons import LESSONS
from initviz.learn.one_unit import descent
from initviz.learn.settings import Training
from initviz.learn.tasks import TASKS
from initviz.learn.trainer import Trainer
from initviz.text import say
from initviz.ui import training_asides
from initviz.ui.flow_charts import PATHS
from initviz.ui.live import GFLOP, Live
from initviz.ui.training_controls import FOLLOWED
from initviz.ui.waiting import jobs
from tests.app.conftest import Visit, charts, link, link_warnings, sentences, shown, works

QUICK = {"activation": "relu", "initializer": "he_normal", "examples": "60", "epochs": "2", "task": "circle"}


def test_it_is_ready_before_the_first_step(open_page: Visit) -> None:
    page = works(open_page("training", **QUICK))
    assert [said for said in sentences(page) if said.startswith("Ready. The first loss is ")]
    assert any("Predicted limit of the learning rate" in caption.value for caption in page.caption)
    assert page.button(key="go").label == "Start"
    assert page.button(key="again").disabled


def test_steps_are_those_of_train(open_page: Visit) -> None:
    """Four clicks on Step are the whole run: the sentence is the one that `train` returns."""
    page = open_page("training", **QUICK)
    for _ in range(4):
        page = works(page.button(key="step").click().run())
    expected = train(shown(page), Training(task="circle", examples=60, epochs=2))
    assert expected.steps == 4
    assert sentences(page) == [expected.sentence]
    assert page.button(key="go").label == "More epochs"
    page = works(page.button(key="again").click().run())
    assert sentences(page)[0].startswith("Ready.")


def test_start_works_slice_by_slice_until_the_end(open_page: Visit) -> None:
    page = works(open_page("training", **QUICK).button(key="go").click().run())
    assert page.button(key="go").label == "More epochs"
    assert sentences(page)[0].startswith("It ")
    page = works(page.button(key="go").click().run())
    assert any(caption.value.startswith("Step 8 of 8") for caption in page.caption)


def test_another_setting_begins_anew(open_page: Visit) -> None:
    page = open_page("training", **QUICK)
    page = page.button(key="step").click().run()
    page = works(page.slider(key="field-depth").set_value(5).run())
    assert sentences(page)[0].startswith("Ready.")


@pytest.mark.parametrize("task", [id for id in TASKS if id != "mnist"])
def test_every_task(task: str, open_page: Visit) -> None:
    page = works(open_page("training", **QUICK | {"task": task, "examples": "200"}).button(key="step").click().run())
    assert link_warnings(page) == []
    assert len(charts(page)) >= 5


@pytest.mark.parametrize("column", FOLLOWED)
@pytest.mark.parametrize("normalization", ["none", "batch"])
def test_every_column(column: str, normalization: str, open_page: Visit) -> None:
    query = QUICK | {"follow": column, "activation": "prelu", "normalization": normalization}
    works(open_page("training", **query).button(key="step").click().run())


def test_a_divergence_is_told(open_page: Visit) -> None:
    query = QUICK | {"activation": "linear", "learning_rate": "1000", "epochs": "50"}
    page = works(open_page("training", **query).button(key="go").click().run())
    assert sentences(page)[0].startswith("Diverged at step ")


def test_starts_are_kept_in_the_link_and_compared(open_page: Visit) -> None:
    page = open_page("training", **QUICK, seeds="2")
    page = works(page.button(key="keep-start").click().run())
    page = works(page.selectbox(key="field-activation").set_value("tanh").run())
    assert "activation=relu" in link(page)["starts"]
    page = works(page.button(key="go").click().run())
    table = next(frame.value for frame in page.dataframe if "start" in frame.value)
    assert list(table["start"]) == ["A: Tanh, He normal (Kaiming), rate 0.1", "B: ReLU, He normal (Kaiming), rate 0.1"]
    assert len(sentences(page)) == 2
    page = works(page.button(key="drop-starts").click().run())
    assert "starts" not in link(page)


def test_a_wrong_start_in_the_link_is_one_warning(open_page: Visit) -> None:
    page = works(open_page("training", **QUICK, starts="activation=relu&optimizer=newton"))
    assert len(link_warnings(page)) == 1
    assert "Unknown optimizer 'newton'" in link_warnings(page)[0].replace("\\", "")


def test_a_limit_that_is_not_known_is_one_sentence(open_page: Visit) -> None:
    page = open_page("training", **QUICK | {"initializer": "zeros", "rate_unit": "limit"})
    assert [failure.value for failure in page.exception] == []
    assert [error.value for error in page.error if error.value.startswith("No learning-rate limit is predicted here")]


def test_a_lesson_is_loaded_with_its_starts_and_its_question(open_page: Visit) -> None:
    page = works(open_page("training").selectbox(key="lesson").set_value("limit").run())
    lesson = LESSONS["limit"]
    assert shown(page) == lesson.starts[0][0]
    assert link(page)["rate_unit"] == "limit"
    assert link(page)["starts"].count(";") == len(lesson.starts) - 2
    assert [text.value for text in page.markdown if lesson.question in text.value]
    assert page.selectbox(key="lesson").value == "limit"


def test_the_scrubber_is_handed_the_history() -> None:
    trained = train(Experiment(activation="relu", initializer="he_normal", depth=2, width=8), task="circle", epochs=1)
    steps = trained.history.steps
    for column in FOLLOWED:
        sent = json.loads(json.dumps(recorded(trained.history, column, LIGHT), allow_nan=False))
        assert sent["said"] == [f"step {int(step):,}" for step in steps]
        start, now = sent["panels"][0]["traces"]
        assert start["y"] == now["y"][:1]
        assert [len(row) for row in now["y"]] == [3] * len(steps)
        values = trained.history.column(column)
        known = np.isfinite(values) & ((values > 0) | (not COLUMNS[column].log))
        assert [[place is not None for place in row] for row in now["y"]] == known.tolist()
    std = recorded(trained.history, "std", LIGHT)["panels"][0]["traces"][1]["y"]
    heights = np.array(std, float).ravel()
    logs = np.log10(trained.history.column("std")).ravel()
    slope, _ = np.polyfit(logs, heights, 1)
    assert slope < 0  # places count downwards
    np.testing.assert_allclose(heights - heights[0], slope * (logs - logs[0]), atol=0.2)


def test_every_slice_is_a_job_in_the_common_queue(open_page: Visit) -> None:
    """So that many who train at once share the machine like simulations do, and none of their slices is remembered."""
    page = open_page("training", **QUICK)
    before = jobs().counters()
    for _ in range(3):
        page = works(page.button(key="step").click().run())
    after = jobs().counters()
    assert after.runs - before.runs == 3
    assert after.gflop - before.gflop == pytest.approx(3 * GFLOP)
    assert after.memory_mib == 0


def test_two_weights_are_drawn_where_the_lesson_is_about_one_sign(open_page: Visit) -> None:
    def drawn(page: AppTest) -> list[str]:
        return [spec for spec in charts(page) if all(f'"{name}"' in spec for name in PATHS)]

    page = works(open_page("training").selectbox(key="lesson").set_value("positive").run())
    assert len(drawn(page)) == 1
    for axis, name in enumerate(PATHS):
        trace = json.loads(drawn(page)[0])["data"][axis]
        assert trace["name"] == name
        assert trace["y"] == pytest.approx(descent(PATHS[name])[:, 1], abs=1e-3)
    page = works(page.selectbox(key="lesson").set_value("first_loss").run())
    assert not drawn(page)


def test_the_coordinate_check_is_that_of_the_core(open_page: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is measured before it is asked for, and a table is never left standing under another experiment."""
    monkeypatch.setattr(training_asides, "WIDTHS", (16, 32))

    def table(page: AppTest) -> list[DataFrame]:
        return [frame.value.reset_index() for frame in page.table if "derived slope" in frame.value]

    page = works(open_page("training", **QUICK))
    assert not table(page)
    (rows,) = table(works(page.button(key="coordinates").click().run()))
    training = Training(task="circle", examples=60, epochs=2)
    expected = coordinate_check(shown(page), training, widths=(16, 32), seeds=training_asides.SEEDS)
    assert list(rows["measured slope"]) == [say(slope) for slope in expected.slopes.tolist()]
    assert list(rows["derived slope"]) == [say(slope) for slope in expected.predicted.tolist()]
    said = [f"{layer}: {verdict}" for layer, verdict in zip(rows["layer"], rows["verdict"], strict=True)]
    assert said == expected.sentences()
    assert table(works(page.select_slider(key="field-width").set_value(64).run()))  # the check has widths of its own
    assert not table(works(page.selectbox(key="field-activation").set_value("tanh").run()))


def test_a_session_that_ends_gives_its_memory_back(open_page: Visit) -> None:
    """Nothing outside the session holds its training: not the queue, its workers, the memo, nor the kept drawings."""
    gc.collect()
    others = {id(one) for one in _trainings()}
    page = works(open_page("training", **QUICK, seeds="2").button(key="step").click().run())
    page = works(page.button(key="go").click().run())
    held = WeakSet(one for one in _trainings() if id(one) not in others)
    assert page.session_state["live"] in held
    assert len(held) == 1 + 2  # and no second set of networks
    del page  # the session; its script's thread has ended
    gc.collect()
    assert not list(held)


def _trainings() -> list[Live | Trainer]:
    """Every training in memory. By type alone: asking other libraries' objects for their class may run their code."""
    return [one for one in gc.get_objects() if type(one) in (Live, Trainer)]
