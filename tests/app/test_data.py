"""The Data page: every view draws, says what the core computes, and stands in the link."""

import json

import pytest

from initviz.data.preparations import PREPARATIONS, cloud, condition_number
from initviz.learn.one_unit import steps_until_near
from initviz.text import show
from tests.app.conftest import Visit, charts, link_warnings, works


def test_the_cloud_of_the_link_is_drawn_and_told(open_page: Visit) -> None:
    page = works(open_page("data", mean="3", scale="0.5", correlation="-0.5"))
    raw = cloud(3.0, 0.5, -0.5)
    said = next(text.value for text in page.markdown if "Two weights" in text.value)
    assert f"{steps_until_near(raw):,} steps" in said
    assert f"from {show(condition_number(raw))} to 1." in said
    titles = [note["text"] for note in json.loads(charts(page)[0])["layout"]["annotations"]]
    assert [f"<b>{preparation.name}</b>" for preparation in PREPARATIONS.values()] == titles[::2]
    assert list(page.dataframe[0].value["data"]) == [preparation.name for preparation in PREPARATIONS.values()]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"of": "digits"}, "condition number"),
        ({"show": "means"}, "[32, 32, 3]: 3,072 numbers"),
        ({"show": "splits", "n": "500000"}, "480,000 train, 10,000 validation, 10,000 test"),
    ],
)
def test_views(query: dict[str, str], said: str, open_page: Visit) -> None:
    page = works(open_page("data", **query))
    assert link_warnings(page) == []
    assert any(said in text.value for text in page.markdown)


def test_leaks(open_page: Visit) -> None:
    page = open_page("data", show="leaks")
    assert [failure.value for failure in page.exception] == []
    assert len(page.dataframe[0].value) == 3
