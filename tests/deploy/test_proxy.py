"""The instance as visitors meet it: through nginx, with replicas that come and go."""

import contextlib
import signal
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from initviz.ui.pages import PAGES
from tests.browser.drive import agrees, chart, move, query, visit
from tests.deploy.conftest import Site
from tests.load.server import get, image_settings
from tests.load.visitor import run

LINK = "activation=relu&initializer=he_normal&depth=7&width=64&samples=100&seed=3"


def ask(
    site: Site, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> tuple[HTTPResponse, bytes]:
    """(response, body) of one request to the proxy."""
    connection = HTTPConnection("127.0.0.1", site.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("POST" if body else "GET", path, body, headers or {})
        response = connection.getresponse()
        return response, response.read()


def answered_by(site: Site, path: str, count: int) -> list[str]:
    """Which replica answered the first requests for a path; nginx writes its log a moment after the answer."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        lines = (site.folder / "access.log").read_text().splitlines()
        answered = [line.split(" ")[1] for line in lines if line.endswith(f" {path}")]
        if len(answered) >= count:
            return answered
        time.sleep(0.02)
    raise TimeoutError(f"{path} was not asked for {count} times")


def handshake(site: Site, **options: str) -> None:
    """Open the websocket once."""

    async def once() -> None:
        headers = {"Cookie": f"initviz={options['visitor']}"} if "visitor" in options else None
        origin = Origin(options.get("origin", site.url))
        url = f"ws://127.0.0.1:{site.port}/_stcore/stream"
        async with connect(url, origin=origin, subprotocols=[Subprotocol("streamlit")], additional_headers=headers):
            pass

    run(once())


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/metrics/",
        "/_stcore/metrics?families=active_sessions",
        "//_stcore/metrics",
        "/_stcore/%6Detrics",
        "/static/../_stcore/metrics",
        "/_stcore/script-health-check",
    ],
)
def test_what_belongs_to_the_operator_is_closed(site: Site, path: str) -> None:
    response, body = ask(site, path)
    assert response.status == 404
    assert b"sessions" not in body


def test_the_operator_reaches_the_counters_of_a_replica(site: Site) -> None:
    status, text = get(site.replicas[0].port, "/_stcore/metrics")
    assert status == 200
    assert "active_sessions" in text


def test_every_answer_carries_the_security_headers(site: Site) -> None:
    for path in ("/", "/_stcore/health", "/_stcore/metrics"):
        response, _ = ask(site, path)
        assert response.getheader("X-Content-Type-Options") == "nosniff"
        assert "frame-ancestors 'self'" in (response.getheader("Content-Security-Policy") or "")
        assert response.getheader("Referrer-Policy") == "same-origin"
        assert response.getheader("Server") == "nginx"


@pytest.mark.parametrize(
    ("host", "sockets"),
    [
        ("class.example:8080", ["ws://class.example:8080", "wss://class.example:8080"]),
        ("[::1]:8080", ["ws://[::1]:8080", "wss://[::1]:8080"]),
        ("a.example;x", []),
    ],
)
def test_the_page_talks_to_its_own_host_only(site: Site, host: str, sockets: list[str]) -> None:
    response, _ = ask(site, "/", {"Host": host})
    policy = response.getheader("Content-Security-Policy") or ""
    (talks,) = [part.split() for part in policy.split(";") if part.strip().startswith("connect-src")]
    assert talks == ["connect-src", "'self'", *sockets, "data:", "blob:"]


def test_files_travel_compressed_and_are_read_once(site: Site) -> None:
    _, html = ask(site, "/")
    path = html.decode().split('src="./static/js/')[1].split('"')[0]
    plain, raw = ask(site, f"/static/js/{path}")
    packed, small = ask(site, f"/static/js/{path}", {"Accept-Encoding": "gzip"})
    assert plain.status == packed.status == 200
    assert packed.getheader("Content-Encoding") == "gzip"
    assert len(small) < 0.5 * len(raw)
    assert plain.getheader("Set-Cookie") is None
    assert answered_by(site, f"/static/js/{path}", 2)[1] == "-"  # from nginx's cache


def test_large_bodies_are_refused(site: Site) -> None:
    response, _ = ask(site, "/", body=b"x" * 100_000)
    assert response.status == 413


def test_a_models_file_may_pass_up_to_the_apps_limit(site: Site) -> None:
    """Without a session the app refuses it, but that is the app's answer."""
    megabytes = int(image_settings()["STREAMLIT_SERVER_MAX_UPLOAD_SIZE"])
    response, _ = ask(site, "/_stcore/upload_file/a/b", body=b"x" * (megabytes * 2**20))
    assert response.status not in (404, 413)
    response, _ = ask(site, "/_stcore/upload_file/a/b", body=b"x" * ((megabytes + 1) * 2**20 + 1))
    assert response.status == 413


def test_only_the_own_origin_may_open_the_websocket(site: Site) -> None:
    handshake(site)
    with pytest.raises(InvalidStatus):
        handshake(site, origin="http://elsewhere.example")


def test_a_visitor_stays_with_a_replica_and_visitors_spread(site: Site) -> None:
    names = [f"visitor{number}" for number in range(16)]
    for name in names * 2:
        handshake(site, visitor=name)
        ask(site, "/_stcore/health", {"Cookie": f"initviz={name}"})
    answered_by(site, "/_stcore/health", 2 * len(names))
    seen = site.replicas_of_visitors()
    assert all(len(seen[name]) == 1 for name in names)
    # 16 visitors all on one of two replicas: 2^-15 if the hash is fair, and the names are fixed
    assert len(set.union(*(seen[name] for name in names))) == 2


@pytest.mark.browser
def test_every_page_works_under_the_content_policy(site: Site, page: Page) -> None:
    refused: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            refused.append(message.text)

    page.on("console", listen)
    for entry in PAGES.values():
        path = "" if entry.id == "overview" else entry.id
        visit(page, f"{site.url}/{path}?{LINK}")
    assert refused == []


@pytest.mark.browser
def test_a_slider_works_through_the_proxy(site: Site, page: Page) -> None:
    visit(page, f"{site.url}/?{LINK}")
    move(page, "depth", 2)
    agrees(page, depth="9", activation="relu")
    assert chart(page, "std", "gd._fullData.length")


@pytest.mark.browser
def test_visitors_of_a_dead_replica_get_their_experiment_back(site: Site, page: Page) -> None:
    visit(page, f"{site.url}/?{LINK}")
    move(page, "depth", 3)
    agrees(page, depth="10")
    cookie = next(cookie for cookie in page.context.cookies() if cookie["name"] == "initviz")
    (address,) = site.replicas_of_visitors()[cookie["value"]]
    dead = site.replica(address)
    dead.stop(signal.SIGKILL)
    try:
        connection = page.locator("[data-testid=stApp][data-test-connection-state=CONNECTED]")
        expect(connection).to_have_count(0)
        expect(connection).to_have_count(1, timeout=30_000)
        # Streamlit does not run the page again by itself. The first run of the new session takes the link's word, so a
        # first press may only bring back what was there; from then on everything is as before.
        move(page, "depth", 1)
        agrees(page, activation="relu", width="64", seed="3")
        before = int(query(page)["depth"])
        assert before in (10, 11)
        move(page, "depth", 1)
        agrees(page, depth=str(before + 1), activation="relu", width="64", seed="3")
    finally:
        dead.start()
