"""Pages in Streamlit's test harness, opened by link as a visitor does."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from streamlit.testing.v1 import AppTest

from initviz.network.experiment import Experiment
from initviz.ui.pages import PAGES

ROOT = Path(__file__).parents[2]

SMALL = {"width": "32", "samples": "32", "depth": "3"}
"""A network that costs nothing."""

BOXES = ("error", "warning", "info", "success")

Visit: TypeAlias = Callable[..., AppTest]


@pytest.fixture
def open_page() -> Visit:
    """Open a page by its id with the given link, on a small network unless the link says otherwise."""

    def visit(id: str = "overview", **query: str) -> AppTest:
        page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        page.switch_page(PAGES[id].path)
        for name, text in (SMALL | query).items():
            page.query_params[name] = text
        return page.run()

    return visit


def link(page: AppTest) -> dict[str, str]:
    """The parameters of the page's link."""
    return {name: texts if isinstance(texts, str) else texts[0] for name, texts in page.query_params.items()}


def shown(page: AppTest) -> Experiment:
    """The experiment of the page's link, which must be one without any doubt."""
    query = link(page)
    experiment, warnings = Experiment.from_query(query)
    assert warnings == []
    assert experiment.to_query().items() <= query.items()
    return experiment


def link_warnings(page: AppTest) -> list[str]:
    return [box.value for box in page.warning if box.value.startswith("Not all of this")]


def sentences(page: AppTest) -> list[str]:
    """What stands in coloured boxes, remarks about the link left out."""
    boxes: Sequence[Any] = [box for kind in BOXES for box in getattr(page, kind)]
    return [box.value for box in boxes if box.value not in link_warnings(page)]


def charts(page: AppTest) -> list[str]:
    """The figures' JSON."""
    return [chart.proto.spec for chart in page.get("plotly_chart")]


def works(page: AppTest) -> AppTest:
    """No traceback; a figure everywhere."""
    assert [failure.value for failure in page.exception] == []
    assert charts(page)
    assert all('"data"' in spec for spec in charts(page))
    return page
