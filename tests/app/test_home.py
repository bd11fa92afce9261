"""Take home: what the box of every page offers, and that nothing is kept while it is closed."""

import ast
import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from initviz.figures.document import document
from initviz.frameworks import FRAMEWORKS
from initviz.network.experiment import Experiment
from initviz.ui.pages import PAGES
from tests.app.conftest import Visit, charts, link, shown, works

FILES = {"home-script", "home-notebook", "home-csv", "home-json", "home-html"}


def files(page: AppTest) -> dict[str, Any]:
    return {button.proto.id.split("-", 2)[-1]: button for button in page.get("download_button")}


def opened(page: AppTest) -> AppTest:
    page.session_state["home"] = True
    return works(page.run())


TABLES = [page.id for page in PAGES.values() if page.experiment and page.id not in ("training", "lessons")]
"""Pages with a table from the start; a training has one once it has begun, a lesson once something is measured."""


@pytest.mark.parametrize("id", [page.id for page in PAGES.values() if page.experiment])
def test_every_page_can_be_taken_home(id: str, open_page: Visit) -> None:
    """Five files; the charts that are on the page, all of them and under their titles; nothing while it is closed."""
    page = works(open_page(id))
    assert not any("home-script" in name for name in files(page))
    assert "shown" not in page.session_state
    page = opened(page)
    assert all(any(wanted in name for name in files(page)) for wanted in FILES)
    noted = page.session_state["shown"].charts
    assert len(noted) == len(charts(page))
    if id in TABLES:
        assert page.session_state["shown"].table().count("\n") > 2
    html = document("Title", shown(page).summary(), "", noted)
    assert html.count("Plotly.newPlot(") == len(noted)


def test_the_code_is_the_framework_in_the_link(open_page: Visit) -> None:
    for framework in FRAMEWORKS.values():
        page = opened(open_page(framework=framework.id, activation="gelu"))
        (code,) = [block.value for block in page.code if "def phi" in block.value]
        ast.parse(code)
        assert f"in {framework.name}." in code
        assert link(page).get("framework", "torch") == framework.id


def test_the_table_and_the_experiment(open_page: Visit) -> None:
    page = opened(open_page("gradient_flow"))
    csv = page.session_state["shown"].table()
    assert csv.splitlines()[0].startswith("layer,")
    assert len(csv.splitlines()) == shown(page).depth + 2


def test_pictures_are_named_after_what_is_in_them(open_page: Visit) -> None:
    """The camera of each chart: experiment, page and chart; the same file for no two charts."""
    page = works(open_page("initialization", picture="png", activation="relu", initializer="he_normal"))
    names = [json.loads(chart.proto.config)["toImageButtonOptions"] for chart in page.get("plotly_chart")]
    assert {name["format"] for name in names} == {"png"}
    assert len({name["filename"] for name in names}) == len(names)
    assert all(name["filename"].startswith("initviz-relu-he_normal-3x32-initialization-") for name in names)


def test_a_page_asks_no_address_outside() -> None:
    """Neither script nor style nor picture is fetched: the library lies in it."""
    from initviz.activations import ACTIVATIONS  # noqa: PLC0415
    from initviz.figures.activation import curves  # noqa: PLC0415

    figure = curves([(ACTIVATIONS["tanh"], 0.0)])
    html = document("A </script> & B", Experiment().summary(), "http://x/?a=1&b=2", {"one < two": figure})
    for fetch in ('src="', "<link", "@import", "url("):
        assert fetch not in html.replace(html.split("<script>")[1].split("</script>")[0], "")
    assert "A &lt;/script&gt; &amp; B" in html
    assert '"showSendToCloud": true' not in html


def test_the_fix_as_code(open_page: Visit) -> None:
    """Beside the button that applies it, in the framework of the link."""
    page = open_page(std="0.01", framework="jax")
    page.session_state["apply-code"] = True
    (code,) = [block.value for block in works(page.run()).code if "model" in block.value]
    ast.parse(code)
    assert "nnx.iter_modules(model)" in code
