"""The Practice page: helper, evidence, recipes."""

import pytest

from initviz.advice.practice import ADVICE, plan
from initviz.advice.recipes import RECIPES
from initviz.frameworks import FRAMEWORKS
from initviz.gaussian.tailored import tailored_slope
from initviz.text import show
from tests.app.conftest import Visit, shown


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_helper_plans_this_network_and_writes_its_code(framework: str, open_page: Visit) -> None:
    page = open_page("practice", activation="relu", depth="4", code=framework)
    assert [failure.value for failure in page.exception] == []
    found = plan(shown(page))
    values = [metric.value for metric in page.metric]
    assert values[:3] == ["He normal", show(found.gain), show(found.gradient)]
    assert found.limit.rate is not None
    assert values[3] == show(found.limit.rate)
    assert any(FRAMEWORKS[framework].name in code.value for code in page.code)
    page.button(key="take").click().run()
    assert shown(page) == found.experiment


def test_evidence_stands_beside_the_advice(open_page: Visit) -> None:
    page = open_page("practice", show="advice")
    assert [failure.value for failure in page.exception] == []
    assert any(f"**{len(ADVICE)} of {len(ADVICE)}** lines hold" in text.value for text in page.markdown)


def test_a_recipe_can_be_loaded(open_page: Visit) -> None:
    page = open_page("practice", show="recipes", activation="relu", depth="50")
    assert [failure.value for failure in page.exception] == []
    assert len(page.table[0].value) == len(RECIPES)
    page.button(key="recipe-tailored").click().run()
    assert shown(page).activation == "leaky_relu"
    assert shown(page).alpha == pytest.approx(tailored_slope(50), rel=1e-5)
