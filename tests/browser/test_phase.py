"""Choosing in the phase diagram: a point of the map, the star, a cell of the table, with mouse and without."""

from math import sqrt

import pytest
from playwright.sync_api import Browser, Page, expect

from initviz.activations import ACTIVATIONS
from initviz.gaussian.moments import critical_point
from initviz.network.initializers import INITIALIZERS
from tests.browser.drive import agrees, chart, query, settle, visit

LINK = "activation=tanh&initializer=glorot_normal&depth=3&width=100&samples=50"

PIXEL = """(() => {{
    const gd = document.querySelector('.st-key-{key} .js-plotly-plot');
    const box = gd.getBoundingClientRect(), {{xaxis, yaxis}} = gd._fullLayout;
    return [box.left + xaxis._offset + xaxis.d2p({x}), box.top + yaxis._offset + yaxis.d2p({y})];
}})()"""


def click(page: Page, key: str, x: float, y: float) -> None:
    """Click into a chart at data coordinates, as a hand does: move there, look at the label, press."""
    page.locator(f".st-key-{key}").scroll_into_view_if_needed()
    page.wait_for_function(f"document.querySelector('.st-key-{key} .js-plotly-plot')?._fullLayout.clickmode != 'event'")
    settle(page)
    left, top = page.evaluate(PIXEL.format(key=key, x=x, y=y))
    page.mouse.move(left, top)
    page.wait_for_selector(f".st-key-{key} .hoverlayer .hovertext")
    page.mouse.click(left, top)
    settle(page)


def test_a_click_on_the_map_moves_the_experiment_there_and_back_returns(address: str, page: Page) -> None:
    visit(page, f"{address}/phase_diagram?{LINK}")
    before = query(page)
    for _ in range(2):  # the second time the very same chart must take the very same click again
        click(page, "map", 1.5, 0.5)
        agrees(page, initializer="random_normal", std="0.15", bias_std="0.5")
        page.go_back()
        agrees(page, initializer="glorot_normal", bias_std="0")
        settle(page)
    page.wait_for_timeout(1000)  # an old click that came back to life would act now
    settle(page)
    assert query(page) == before


def test_the_star_loads_the_critical_point(address: str, page: Page) -> None:
    visit(page, f"{address}/phase_diagram?{LINK}&activation=gelu")
    point = critical_point(ACTIVATIONS["gelu"])
    assert point.sigma_w2 is not None
    assert point.sigma_b2 is not None
    sigma_w, sigma_b = sqrt(point.sigma_w2), sqrt(point.sigma_b2)
    click(page, "map", sigma_w, sigma_b)
    agrees(page, std=f"{sigma_w / sqrt(100):.6g}", bias_std=f"{sigma_b:.6g}")
    expect(page.get_by_text("On the edge of chaos:")).to_be_visible()


def test_a_point_is_chosen_without_a_mouse(address: str, page: Page) -> None:
    """The sliders start where the experiment is, sigma_w = 1, and each press moves it."""
    visit(page, f"{address}/phase_diagram?{LINK}")
    for widget, press in (("sigma-w", "ArrowRight"), ("sigma-b", "ArrowRight")):
        page.locator(f".st-key-{widget} input[type=range], .st-key-{widget} [role=slider]").first.press(press)
        settle(page)
    agrees(page, initializer="random_normal", std="0.11", bias_std="0.1", activation="tanh")


@pytest.mark.parametrize(("activation", "initializer"), [("relu", "he_normal"), ("gelu", "zeros")])
def test_a_click_on_a_cell_loads_the_pair_and_back_returns(
    address: str, page: Page, activation: str, initializer: str
) -> None:
    visit(page, f"{address}/phase_diagram?{LINK}&show=pairs")
    click(page, "pairs-0", list(INITIALIZERS).index(initializer), list(ACTIVATIONS).index(activation))
    agrees(page, activation=activation, initializer=initializer, show="pairs")
    page.go_back()
    agrees(page, activation="tanh", initializer="glorot_normal")


def test_a_control_is_dragged_by_keyboard_without_the_server_and_taken(address: str, page: Page) -> None:
    page.goto(f"{address}/phase_diagram?{LINK}&show=drag")
    slider, said = page.get_by_role("slider", name="std", exact=True), page.locator(".scrubber output")
    expect(said).to_contain_text("std 0.1 (edge of chaos)")  # Glorot's own for 100 units
    settle(page)
    paths = [page.locator(".scrubber svg").nth(panel).locator("path").last for panel in range(2)]
    before = [path.get_attribute("d") for path in paths]
    asked: list[object] = []
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.evaluate(
        "window.runs = 0; new MutationObserver(() => window.runs++).observe("
        "document.querySelector('[data-testid=stApp]'), {attributeFilter: ['data-test-script-state']})"
    )
    slider.focus()
    slider.press("Home")
    expect(said).to_contain_text("std 0.02 ")
    assert [path.get_attribute("d") for path in paths] != before
    assert page.evaluate("window.runs") == 0
    assert not asked
    page.get_by_role("button", name="Use this value").click()
    agrees(page, initializer="random_normal", std="0.02", show="drag")
    expect(said).to_contain_text("std 0.02 ")


def test_on_a_phone_the_finger_scrolls_the_page_over_the_map(address: str, chromium: Browser) -> None:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, user_agent="Mozilla/5.0 (Linux; Android 15) Mobile"
    )
    page = context.new_page()
    visit(page, f"{address}/phase_diagram?{LINK}")
    assert chart(page, "map", "gd._fullLayout.dragmode") is False  # Plotly then leaves the finger to the page
    assert page.evaluate("document.documentElement.scrollWidth <= 390")
    context.close()
