"""axe-core finds no fault on any page, in the light and in the dark."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from initviz.ui.pages import PAGES
from tests.browser.drive import settle

QUERY = "depth=4&width=32&samples=50"
VIEWS = ["phase_diagram?show=pairs&", "activations?show=table&", "claims?claim=torch_is_he&"]
PATHS = [*("" if id == "overview" else id for id in PAGES), *VIEWS]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing(address: str, chromium: Browser, path: str, scheme: Literal["light", "dark"]) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{address}/{path}{'' if '?' in path else '?'}{QUERY}")
    settle(page)
    page.wait_for_timeout(1000)  # a chart is taller than its place until Plotly has fitted it
    found = Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []
    context.close()
