"""What is taken home in a real browser: the files arrive, and the page of charts needs no network."""

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.drive import settle, visit


def test_the_charts_as_a_page_that_stands_alone(address: str, page: Page, tmp_path: Path) -> None:
    """As many charts as the Overview has, drawn; nothing is asked of any server, and nothing fails."""
    visit(page, f"{address}/?depth=4&width=32&samples=50")
    page.wait_for_selector(".js-plotly-plot .main-svg")
    there = page.locator("[data-testid=stPlotlyChart]").count()
    page.get_by_role("button", name="Take home").click()
    settle(page)
    with page.expect_download() as waited:
        page.get_by_role("button", name="All as one HTML page").click()
    assert waited.value.suggested_filename == "initviz-tanh-random_normal-4x32-overview.html"
    file = tmp_path / "charts.html"
    waited.value.save_as(file)
    asked, failed = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector(f"#chart-{there} .main-svg")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert failed == []
    assert page.locator(".chart").count() == there
