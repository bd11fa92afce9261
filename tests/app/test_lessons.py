"""The Lessons page as a learner and a teacher use it: predict, see, do, go on; links to any step."""

import json

from streamlit.testing.v1 import AppTest

from initviz.lessons.catalogue import LESSONS
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment
from initviz.text import show
from initviz.ui.pages import PAGES
from tests.app.conftest import ROOT, charts, link, shown, works


def arrive(**query: str) -> AppTest:
    """The page by a link of its own, without an experiment unless the link has one."""
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    page.switch_page(PAGES["lessons"].path)
    for name, text in query.items():
        page.query_params[name] = text
    return works(page.run())


def names(page: AppTest) -> list[str]:
    return [trace["name"] for trace in json.loads(charts(page)[0])["data"]]


def test_a_learner_predicts_sees_does_and_goes_on() -> None:
    page = arrive()
    assert shown(page) == LESSONS["neuron"].steps[0].start
    assert names(page) == ["your prediction"]
    assert page.button(key="next").disabled
    page.slider(key="field-guess").set_value(0.9).run()
    assert names(page) == ["your prediction"]
    works(page.button(key="show-truth").click().run())
    assert names(page) == ["measured", "your prediction", "gap"]
    (note,) = json.loads(charts(page)[0])["layout"]["annotations"]
    assert "you 0.9, measured 0.635: 0.265 off" in note["text"]
    assert "**0.635**" in page.success[0].value
    works(page.button(key="next").click().run())
    assert link(page)["step"] == "2"
    assert page.button(key="next").disabled
    works(page.selectbox(key="field-activation").set_value("sigmoid").run())
    assert "0.679" in page.success[0].value
    works(page.button(key="next").click().run())
    works(page.button(key="show-truth").click().run())
    assert any("Take-away" in text.value and "0.25" in text.value for text in page.markdown)
    works(page.button(key="next").click().run())
    assert link(page)["lesson"] == "small"
    assert shown(page) == LESSONS["small"].steps[0].start


def test_a_teachers_link_opens_a_step_with_its_one_control_and_the_lessons_seed() -> None:
    page = arrive(lesson="small", step="2", bare="1", projector="1", frozen="1")
    assert shown(page) == LESSONS["small"].steps[1].start
    assert {slider.key for slider in page.select_slider} == {"field-std"}
    assert "preset" not in {box.key for box in page.selectbox}
    works(page.select_slider(key="field-std").set_value(0.05).run())
    assert page.success
    other = arrive(lesson="small", step="2", frozen="1", **Experiment(seed=5).to_query())
    last = json.loads(charts(other)[0])["data"][0]["y"][-1]
    assert show(last) == show(simulate(Experiment()).column("std")[-1])


def test_a_full_link_keeps_its_experiment_and_its_prediction() -> None:
    page = arrive(lesson="small", step="1", guess="0.01", shown="1", **Experiment(std=0.02).to_query())
    assert shown(page).std == 0.02
    assert "you 0.01, measured 3e-7" in charts(page)[0]


def test_a_wrong_lesson_is_told() -> None:
    page = arrive(lesson="nope", step="99")
    assert "nope" in page.warning[0].value
