"""A visitor without a browser: speaks Streamlit's websocket protocol and measures how long each answer takes."""

import asyncio
import time
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

T = TypeVar("T")

FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


def run(work: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns, from a thread of its own: Playwright leaves a running loop in the main one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@dataclass
class Answer:
    """One finished rerun, as the visitor saw it."""

    seconds: float
    elements: int
    charts: int
    bytes: int
    waited: bool
    """A bar said that it takes long."""
    errors: list[str]
    bars: list[str] = field(default_factory=list)
    """What bars said."""
    captions: list[str] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)
    """Label -> what `click` takes."""
    ticking: str = ""
    """The fragment that wants to be run again and again, as `tick` takes it."""


class Visitor:
    """Use as an async context manager."""

    def __init__(self, port: int, page: str = "", patience: float = 60.0) -> None:
        self._url = f"ws://127.0.0.1:{port}/_stcore/stream"
        self._page = page
        self._patience = patience
        self._socket: ClientConnection | None = None
        self.query = ""
        """What the visitor's address bar shows."""

    async def __aenter__(self) -> "Visitor":
        self._socket = await connect(
            self._url,
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            max_queue=None,
            compression=None,
            open_timeout=30,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._socket
        await self._socket.close()

    async def send(self, frame: bytes) -> None:
        """Any frame at all."""
        assert self._socket
        await self._socket.send(frame)

    async def request(self, query: str) -> None:
        """Open a link, without waiting for what it shows."""
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = self._page
        message.rerun_script.context_info.url = self._url.replace("ws:", "http:").replace("/_stcore/stream", "/")
        await self.send(message.SerializeToString())

    async def click(self, button: str) -> Answer:
        """Press a button of the page and wait until the page is complete."""
        return await self._rerun(button=button)

    async def tick(self, fragment: str) -> Answer:
        """Have a fragment run again, as the browser does by its clock."""
        return await self._rerun(fragment=fragment)

    async def _rerun(self, button: str = "", fragment: str = "") -> Answer:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.page_name = self.query, self._page
        rerun.fragment_id, rerun.is_auto_rerun = fragment, bool(fragment)
        if button:
            state = rerun.widget_states.widgets.add()
            state.id, state.trigger_value = button, True
        await self.send(message.SerializeToString())
        return await self.read()

    async def open(self, query: Mapping[str, object] | str) -> Answer:
        """Open a link and wait until its page is complete."""
        text = query if isinstance(query, str) else urlencode(query)
        started = time.monotonic()
        await self.request(text)
        answer = await self.read()
        answer.seconds = time.monotonic() - started
        return answer

    async def read(self) -> Answer:
        """Wait until the page is complete; its seconds count from now."""
        async with asyncio.timeout(self._patience):
            return await self._read(time.monotonic())

    async def _read(self, started: float) -> Answer:
        assert self._socket
        answer = Answer(0.0, 0, 0, 0, waited=False, errors=[])
        while True:
            frame = await self._socket.recv(decode=False)
            message = ForwardMsg()
            message.ParseFromString(frame)
            answer.bytes += len(frame)
            kind = message.WhichOneof("type")
            if kind == "delta":
                _note(message, answer)
            elif kind == "auto_rerun":
                answer.ticking = message.auto_rerun.fragment_id
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "script_finished" and message.script_finished in FINISHED:
                answer.seconds = time.monotonic() - started
                return answer
            elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                raise RuntimeError("The page does not compile.")


def _note(message: ForwardMsg, answer: Answer) -> None:
    element = message.delta.new_element
    kind = element.WhichOneof("type")
    answer.elements += 1
    answer.charts += kind == "plotly_chart"
    answer.waited |= kind == "progress"
    if kind == "progress":
        answer.bars.append(element.progress.text)
    if kind == "button":
        answer.buttons[element.button.label] = element.button.id
    if kind == "markdown" and element.markdown.element_type == element.markdown.Type.CAPTION:
        answer.captions.append(element.markdown.body)
    if kind == "exception":
        answer.errors.append(f"{element.exception.type}: {element.exception.message} {element.exception.stack_trace}")
