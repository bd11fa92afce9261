"""Training is watched: start, the curve grows, stop, a slider, start again, reload, two visitors, a closed tab."""

import time
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect

from tests.browser.drive import chart, move, query, settle, visit

LONG = "activation=relu&initializer=he_normal&depth=3&width=32&task=spiral&epochs=20000"
STEPS = "document.querySelector('.st-key-loss .js-plotly-plot')?._fullData?.[0]?.x?.at(-1) ?? 0"


def press(page: Page, label: str) -> None:
    """Click the button that starts and stops; then it has another label."""
    page.get_by_test_id("stMain").get_by_role("button", name=label, exact=True).click()


def grows(page: Page, steps: float = 0) -> float:
    """Wait until the curve of the loss is longer than this; its last step."""
    page.wait_for_function(f"({STEPS}) > {steps}")
    return float(page.evaluate(STEPS))


def gone(button: Locator) -> bool:
    """Whether it goes away within some seconds."""
    try:
        button.wait_for(state="hidden", timeout=8000)
    except TimeoutError:
        return False
    return True


def rests(page: Page) -> float:
    """The curve's last step once it has stopped growing."""
    stop = page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True)
    if stop.is_visible() and not gone(stop):
        stop.click()  # the first press fell on a button that was being drawn anew
    expect(page.get_by_role("button", name="Continue", exact=True)).to_be_visible()
    settle(page)
    last = float(page.evaluate(STEPS))
    page.wait_for_timeout(1200)
    assert page.evaluate(STEPS) == last
    return last


def test_start_watch_stop_change_start_again_reload(address: str, page: Page) -> None:
    visit(page, f"{address}/training?{LONG}")
    press(page, "Start")
    first = grows(page)
    assert grows(page, first) > first
    press(page, "Stop")
    stopped = rests(page)
    press(page, "Continue")
    assert grows(page, stopped) > stopped
    move(page, "depth", 1)  # in the middle of it: another network, at its start
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    page.wait_for_function(f"({STEPS}) == 0")
    press(page, "Start")
    grows(page)
    page.reload()
    settle(page)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    assert query(page)["depth"] == "4"
    assert query(page)["task"] == "spiral"
    assert chart(page, "loss", "gd._fullData.length") == 2


def test_two_visitors_train_at_once(address: str, chromium: Browser) -> None:
    contexts = [chromium.new_context() for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for seed, page in enumerate(pages):
        page.set_default_timeout(30_000)
        visit(page, f"{address}/training?{LONG}&seed={seed}")
        press(page, "Start")
    before = [grows(page) for page in pages]
    for page, steps in zip(pages, before, strict=True):
        assert grows(page, steps) > steps
    for context in contexts:
        context.close()


def busy(pid: int, seconds: float) -> float:
    """Seconds of processor time that a process takes in so many seconds."""

    def taken() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    start = taken()
    time.sleep(seconds)
    return taken() - start


def test_a_closed_tab_costs_no_work(server: tuple[str, int], chromium: Browser) -> None:
    """Within two seconds nothing works any more for a visitor who has left."""
    address, process = server
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(30_000)
    visit(page, f"{address}/training?{LONG}&width=256&seed=5")
    press(page, "Start")
    grows(page)
    assert busy(process, 1.5) > 0.2
    context.close()
    time.sleep(2)
    assert busy(process, 2.0) < 0.3


def test_the_scrubber_moves_by_keyboard_and_asks_nothing_of_the_server(address: str, page: Page) -> None:
    visit(page, f"{address}/training?activation=relu&initializer=he_normal&depth=3&width=16&task=circle&epochs=1")
    press(page, "Start")
    expect(page.get_by_role("button", name="More epochs", exact=True)).to_be_visible()
    settle(page)
    slider, said = page.get_by_role("slider", name="Recorded step"), page.locator(".scrubber output")
    expect(said).to_have_text("step 50")
    sent: list[str] = []
    page.on("websocket", lambda socket: sent.append(socket.url))
    line = page.locator(".scrubber path").last
    before = line.get_attribute("d")
    slider.focus()
    slider.press("Home")
    expect(said).to_have_text("step 0")
    assert line.get_attribute("d") != before
    page.get_by_role("button", name="Play", exact=True).click()
    expect(said).to_have_text("step 50")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert not sent
