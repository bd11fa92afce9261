"""The link is the experiment: cold, across pages, through history, for a second visitor."""

import pytest
from playwright.sync_api import Browser, Page, expect

from initviz.network.experiment import Experiment
from initviz.ui.page import MORE
from initviz.ui.pages import PAGES
from tests.browser.drive import agrees, chart, choose, healthy, move, query, settle, shows, visit

LINK = "activation=relu&initializer=he_normal&depth=7&width=128&seed=3"
PATHS = {page.id: "" if page.id == "overview" else page.id for page in PAGES.values() if page.experiment}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_a_cold_deep_link_opens_its_experiment_on_every_page(address: str, page: Page, path: str) -> None:
    visit(page, f"{address}/{path}?{LINK}")
    agrees(page, activation="relu", initializer="he_normal", depth="7", width="128", seed="3")
    shows(page, "depth", "7")
    shows(page, "width", "128")


def test_the_link_names_every_field(address: str, page: Page) -> None:
    visit(page, address)
    assert set(query(page)) >= set(Experiment().to_query())


def test_the_experiment_travels_along_the_menu(address: str, page: Page) -> None:
    visit(page, f"{address}/?{LINK}")
    for entry in [page for page in PAGES.values() if page.id in PATHS][1:]:
        sidebar = page.get_by_test_id("stSidebar")
        link, folded = sidebar.get_by_role("link", name=entry.title), sidebar.get_by_text(MORE, exact=True)
        expect(link.or_(folded).first).to_be_visible()
        if not link.is_visible():
            folded.click()
        link.click()
        page.wait_for_url(f"**/{PATHS[entry.id]}?**")
        settle(page)
        healthy(page)
        agrees(page, activation="relu", depth="7", width="128")
        shows(page, "depth", "7")


def test_a_slider_writes_the_link_and_survives_a_reload_and_a_page_switch(address: str, page: Page) -> None:
    visit(page, f"{address}/?{LINK}")
    move(page, "depth", 2)
    agrees(page, depth="9", activation="relu")
    page.reload()
    settle(page)
    shows(page, "depth", "9")
    page.get_by_test_id("stSidebar").get_by_role("link", name="Gradient flow").click()
    page.wait_for_url("**/gradient_flow?**")
    settle(page)
    shows(page, "depth", "9")
    move(page, "depth", -1)
    agrees(page, depth="8")


def test_back_and_forward_walk_through_the_experiments(address: str, page: Page) -> None:
    visit(page, f"{address}/?{LINK}")
    move(page, "depth", 1)
    move(page, "depth", 1)
    page.go_back()
    settle(page)
    agrees(page, depth="8")
    shows(page, "depth", "8")
    page.go_back()
    settle(page)
    shows(page, "depth", "7")
    page.go_forward()
    settle(page)
    shows(page, "depth", "8")


def test_back_returns_over_a_page_switch(address: str, page: Page) -> None:
    visit(page, f"{address}/?{LINK}")
    page.get_by_test_id("stSidebar").get_by_role("link", name="Activations").click()
    page.wait_for_url("**/activations?**")
    settle(page)
    move(page, "depth", 1)
    page.go_back()
    settle(page)
    page.go_back()
    settle(page)
    assert "activations" not in page.url
    shows(page, "depth", "7")
    healthy(page)


def test_quick_moves_are_all_kept(address: str, page: Page) -> None:
    visit(page, f"{address}/?{LINK}")
    handle = page.locator(".st-key-field-depth input[type=range], .st-key-field-depth [role=slider]").first
    handle.focus()
    handle.press("ArrowRight")
    width = page.locator(".st-key-field-width input[type=range], .st-key-field-width [role=slider]").first
    width.focus()
    width.press("ArrowRight")
    settle(page)
    page.wait_for_timeout(500)
    settle(page)
    agrees(page, depth="8", width="200")


def test_a_copied_link_shows_a_second_visitor_the_same(address: str, page: Page, chromium: Browser) -> None:
    visit(page, f"{address}/initialization?{LINK}&view=violins")
    move(page, "depth", 1)
    page.get_by_role("button", name="Share").click()
    copied = page.get_by_test_id("stCode").first.inner_text().strip()
    other = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    visit(other, copied)
    assert query(other) == query(page)
    shows(other, "depth", "8")
    assert query(other)["view"] == "violins"


def test_a_preset_and_reset(address: str, page: Page) -> None:
    visit(page, f"{address}/?{LINK}")
    page.locator(".st-key-reset button").click()
    settle(page)
    assert query(page) == Experiment().to_query()
    shows(page, "depth", "10")


def test_another_activation_brings_its_own_parameter(address: str, page: Page) -> None:
    visit(page, address)
    choose(page, "field-activation", "Leaky ReLU")
    agrees(page, activation="leaky_relu")
    expect(page.locator(".st-key-alpha-leaky_relu")).to_be_visible()


@pytest.mark.parametrize(
    "hostile",
    [
        "depth=abc",
        "depth=1e99&width=16",
        "activation=relux",
        "std=-1&width=nan",
        "alpha=7&activation=elu",
        "view=%3Cscript%3E",
    ],
)
def test_a_wrong_link_shows_one_warning_and_works(address: str, page: Page, hostile: str) -> None:
    visit(page, f"{address}/initialization?{hostile}")
    expect(page.get_by_test_id("stAlertContentWarning").filter(has_text="link")).to_have_count(1)


def test_an_experiment_that_is_too_big_offers_the_size_that_fits(address: str, page: Page) -> None:
    page.goto(f"{address}/?depth=100&width=2048")
    settle(page)
    expect(page.get_by_text("GFLOP").first).to_be_visible()
    page.get_by_role("button", name="Use the size that fits").click()
    page.wait_for_selector("[data-testid=stPlotlyChart]", timeout=60_000)


def test_a_pinned_experiment_stays_while_the_other_moves(address: str, page: Page) -> None:
    visit(page, f"{address}/?{LINK}")
    page.get_by_role("button", name="Pin as A", exact=True).click()
    page.wait_for_function("() => new URLSearchParams(location.search).has('pinned')")
    move(page, "depth", 1)
    agrees(page, depth="8")
    assert "depth=7" in query(page)["pinned"]
    names = chart(page, "std", "gd._fullData.map(trace => trace.name)")
    assert isinstance(names, list)
    assert {"A: measured", "B: measured"} <= set(names)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Gradient flow").click()
    page.wait_for_url("**/gradient_flow?**")
    settle(page)
    assert "depth=7" in query(page)["pinned"]
    page.get_by_role("button", name="Unpin A", exact=True).click()
    page.wait_for_function("() => !new URLSearchParams(location.search).has('pinned')")


def test_no_press_is_lost_while_the_page_works(page: Page, address: str) -> None:
    """What the server sends of an earlier press must not undo a later one; pauses around the time of an answer."""
    visit(page, f"{address}/?activation=relu&depth=5&width=64&samples=100")
    handle = page.locator(".st-key-field-depth input[type=range], .st-key-field-depth [role=slider]").first
    handle.focus()
    for pause in range(20, 420, 20):
        handle.press("ArrowRight")
        page.wait_for_timeout(pause)
    settle(page)
    agrees(page, depth="25")
    shows(page, "depth", "25")


def test_a_help_text_leads_to_its_entry_in_the_glossary(address: str, page: Page) -> None:
    visit(page, f"{address}/?{LINK}")
    page.get_by_test_id("stSidebar").get_by_label("Help for depth").first.hover()
    link = page.get_by_role("tooltip").get_by_role("link", name="Depth")
    target = link.get_attribute("href")
    assert target == "glossary#depth"
    page.goto(f"{address}/{target}")
    settle(page)
    expect(page.get_by_role("heading", name="Depth", exact=True)).to_be_in_viewport()
