"""Every page in the dark and on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from initviz.figures.theme import DARK
from initviz.ui.pages import PAGES
from tests.browser.drive import settle, visit

QUERY = "depth=4&width=32&samples=50"
PATHS = ["" if page.id == "overview" else page.id for page in PAGES.values() if page.experiment]


@pytest.fixture
def night(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    yield context.new_page()
    context.close()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", PATHS)
def test_charts_follow_the_dark_theme(address: str, night: Page, path: str) -> None:
    visit(night, f"{address}/{path}?{QUERY}")
    night.wait_for_selector(".js-plotly-plot .main-svg")
    font = night.evaluate("() => document.querySelector('.js-plotly-plot')._fullLayout.font.color")
    assert font.lower() == DARK.text


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_wider_than_a_phone(address: str, phone: Page, path: str) -> None:
    visit(phone, f"{address}/{path}?{QUERY}")
    phone.wait_for_selector(".js-plotly-plot .main-svg")
    wide = "() => document.querySelector('[data-testid=stMain]').scrollWidth"
    assert phone.evaluate(wide) <= 390


NOTE_BARS = """
window.barBottoms = [];
const note = () => document.querySelectorAll('[data-testid=stProgress]').forEach(
    bar => window.barBottoms.push(bar.getBoundingClientRect().bottom));
new MutationObserver(note).observe(document, {childList: true, subtree: true});
"""
"""Notes in the page where its progress bars end: one may be gone before a test could ask."""


@pytest.mark.parametrize("path", ["initialization", "gradient_flow"])
def test_a_wait_is_seen_without_scrolling(address: str, page: Page, path: str) -> None:
    seed = PATHS.index(
        path
    )  # one nobody has asked for; six networks are all that fit, and double precision takes its time
    page.add_init_script(NOTE_BARS)
    page.goto(f"{address}/{path}?seeds=6&seed={seed}&dtype=float64&activation=gelu")
    page.wait_for_function("() => window.barBottoms.some(bottom => bottom > 0)")
    settle(page)
    assert max(page.evaluate("() => window.barBottoms")) < 900


def test_on_a_phone_the_sidebar_makes_room_for_the_chosen_page(address: str, phone: Page) -> None:
    visit(phone, f"{address}/?{QUERY}")
    phone.get_by_test_id("stExpandSidebarButton").click()
    phone.get_by_test_id("stSidebar").get_by_role("link", name="Gradient flow").click()
    phone.wait_for_url("**/gradient_flow?**")
    settle(phone)
    expect(phone.get_by_test_id("stSidebar")).not_to_be_in_viewport()
    assert phone.get_by_text("Gradient flow · Tanh").is_visible()


HEIGHTS = """() => [...document.querySelectorAll('.st-key-ridges path.js-fill')].map(
    shape => shape.getBoundingClientRect().height)"""


def test_play_draws_the_layers_one_after_another(address: str, page: Page) -> None:
    """All lie flat at first, then some stand and others do not, then all are as they were; the server has no part."""
    visit(page, f"{address}/?{QUERY}")
    page.wait_for_selector(".st-key-ridges path.js-fill", state="attached")
    before = page.evaluate(HEIGHTS)
    assert min(before) > 1
    page.locator(".st-key-ridges .updatemenu-button").click()
    page.wait_for_function(f"() => {{ const h = ({HEIGHTS})(); return h[0] > 1 && h[h.length - 1] < 1; }}")
    page.wait_for_function(f"() => ({HEIGHTS})().every(height => height > 1)")
    page.wait_for_function(f"before => JSON.stringify(({HEIGHTS})()) === JSON.stringify(before)", arg=before)
