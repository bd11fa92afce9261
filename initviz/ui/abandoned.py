"""What a visitor who has left still holds: Streamlit keeps the session for two minutes, in case the connection comes
back, and with it all networks that it trained. Here they go as soon as somebody else trains.
"""

from threading import Lock
from time import monotonic
from typing import Protocol
from weakref import WeakKeyDictionary

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

GRACE = 5.0
"""Seconds for which a broken connection may come back to a training that goes on where it was."""


class Releasable(Protocol):
    """What holds memory that can be made again."""

    def release(self) -> None:
        """Let it go."""


_lock = Lock()
_holders: WeakKeyDictionary[Releasable, str] = WeakKeyDictionary()
"""Who holds something -> the session it belongs to."""
_gone: dict[str, float] = {}
"""Session without a connection -> when that was first seen."""


def hold(holder: Releasable) -> None:
    """The holder belongs to the session whose script runs; whatever belongs to sessions that have been without a
    connection for longer than the grace is let go."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return
    active, now = runtime.get_instance().is_active_session, monotonic()
    with _lock:
        _holders[holder] = context.session_id
        for session in {session for session in _holders.values() if not active(session)}:
            _gone.setdefault(session, now)
        for session in [session for session in _gone if active(session) or session not in _holders.values()]:
            del _gone[session]
        left = [one for one, session in _holders.items() if now - _gone.get(session, now) > GRACE]
        for one in left:
            del _holders[one]
    for one in left:
        one.release()
