"""What a visitor does and sees: go somewhere, wait until it has settled, read the link, the widgets, the charts."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"


def settle(page: Page) -> None:
    """Wait until no script runs and none is about to."""
    page.wait_for_timeout(150)
    page.wait_for_selector(IDLE)
    page.wait_for_timeout(150)
    page.wait_for_selector(IDLE)


def visit(page: Page, url: str) -> None:
    """Go to an address; a traceback there fails the test."""
    page.goto(url)
    settle(page)
    healthy(page)


def healthy(page: Page) -> None:
    """No traceback on the page, and at least one chart, table, file to give or entry to choose, open or read."""
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(
        page.locator(
            "[data-testid=stPlotlyChart], [data-testid=stDataFrame], [data-testid=stTable],"
            " [data-testid=stFileUploader], [data-testid=stMain] summary,"
            " [data-testid=stMain] [data-testid=stSelectbox], table, h3"
        ).first
    ).to_be_visible()


def query(page: Page) -> dict[str, str]:
    """The parameters of the present link."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query, keep_blank_values=True).items()}


def agrees(page: Page, **expected: str) -> None:
    """Wait until the link has these parameters."""
    page.wait_for_function(
        "expected => { const shown = new URLSearchParams(location.search);"
        " return Object.entries(expected).every(([name, value]) => shown.get(name) === value); }",
        arg=expected,
    )


def shows(page: Page, name: str, value: str) -> None:
    """Wait until a slider of the sidebar shows this value."""
    expect(page.locator(f".st-key-field-{name} [data-testid=stSliderThumbValue]")).to_have_text(value)


def move(page: Page, name: str, presses: int) -> None:
    """Move a slider by arrow keys: to the right, or to the left when negative."""
    handle = page.locator(f".st-key-field-{name} input[type=range], .st-key-field-{name} [role=slider]").first
    handle.focus()
    for _ in range(abs(presses)):
        handle.press("ArrowRight" if presses > 0 else "ArrowLeft")
    settle(page)


def choose(page: Page, name: str, label: str) -> None:
    """Choose an entry of a select box by its label."""
    page.locator(f".st-key-{name} [data-baseweb=select], .st-key-{name} input").first.click()
    page.get_by_role("option", name=label, exact=True).click()
    settle(page)


def chart(page: Page, key: str, value: str) -> object:
    """A JavaScript expression over the chart's `gd`, such as `gd._fullData.length`."""
    page.wait_for_selector(f".st-key-{key} .js-plotly-plot .main-svg")
    return page.evaluate(
        f"(() => {{ const gd = document.querySelector('.st-key-{key} .js-plotly-plot'); return {value}; }})()"
    )
