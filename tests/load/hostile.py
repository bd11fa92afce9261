"""What nobody should send: links and websocket frames made to break something, from a seeded generator."""

import random
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote, quote_plus

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed

from initviz.network.experiment import FIELDS
from tests.load.visitor import Visitor

VALUES = [
    "",
    " ",
    "0",
    "-1",
    "1e999",
    "-inf",
    "nan",
    "1e-400",
    "9" * 400,
    "0x10",
    "1_000",
    "٣",
    "½",
    "1,5",
    "True",
    "None",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[here](http://e.example)",
    "![x](//e.example/p)",
    "$x^2$",
    ":red[x]",
    "`x`",
    "**x**",
    "../../etc/passwd",
    "..%2f..%2f",
    "\x00",
    "\r\nSet-Cookie: a=b",
    "\ud7ff",
    "\U0010ffff",
    "\u202e",
    "a" * 5000,
    "{{7*7}}",
    "${jndi:ldap://e.example}",
    "__import__('os').system('true')",
    "'; DROP TABLE x;--",
    "{}",
    "[]",
    "%",
    "%zz",
    "&&&===",
    "relu",
    "tanh",
    "maxout",
    "digits",
    "he_normal",
    "0.5",
    "7",
]
NAMES = [*FIELDS, "bins", "view", "page", "__class__", "", "seed[]", "a" * 300, "\u202e", "embed", "embed_options"]
SPELLINGS: tuple[Callable[[str], str], ...] = (quote, quote_plus, str)
REQUESTS_PER_VISIT = 50
TINY = "width=3&depth=2&samples=5"


def query(chance: random.Random) -> str:
    """A query string that mixes real and unreal names with real and unreal values, or is no query string at all."""
    if chance.random() < 0.05:
        return "".join(chr(chance.randrange(1, 0xD800)) for _ in range(chance.randrange(200)))
    spell = chance.choice(SPELLINGS)
    pairs = [f"{spell(chance.choice(NAMES))}={spell(chance.choice(VALUES))}" for _ in range(chance.randrange(1, 12))]
    return "&".join([*pairs, TINY] if chance.random() < 0.5 else [TINY, *pairs])


def frame(chance: random.Random) -> bytes:
    """A websocket frame: noise, a damaged message, or a sound message that asks for nonsense."""
    kind = chance.randrange(4)
    if kind == 0:
        return chance.randbytes(chance.randrange(500))
    message = BackMsg()
    if kind == 1:
        message.load_git_info = True
    elif kind == 2:
        message.rerun_script.query_string = TINY
        message.rerun_script.page_script_hash = chance.choice(["", "0" * 32, "../app", "x" * 1000])
        message.rerun_script.fragment_id = chance.choice(["", "none", "x" * 1000])
    else:
        message.rerun_script.query_string = TINY
        for name in chance.sample([*FIELDS], 3):
            state = message.rerun_script.widget_states.widgets.add()
            state.id = chance.choice([f"$$ID-{'0' * 32}-field-{name}", name, "$$ID-", ""])
            state.string_value = chance.choice(VALUES)
    data = bytearray(message.SerializeToString())
    if data and chance.random() < 0.3:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


async def attack(port: int, seed: int, queries: int, frames: int) -> list[str]:
    """Send so many hostile links and frames; what a visitor saw go wrong, and the link that did it."""
    chance = random.Random(seed)
    wrong = []
    for sent in range(0, queries, REQUESTS_PER_VISIT):
        async with Visitor(port) as visitor:
            for _ in range(min(REQUESTS_PER_VISIT, queries - sent)):
                text = query(chance)
                wrong += [f"{text!r}: {error}" for error in (await visitor.open(text)).errors]
    for _ in range(frames // REQUESTS_PER_VISIT):
        async with Visitor(port) as visitor:
            with suppress(ConnectionClosed):  # the server may have had enough of this visitor
                for _ in range(REQUESTS_PER_VISIT):
                    await visitor.send(frame(chance))
    return wrong
