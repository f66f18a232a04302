"""HTTP sessions: what a client set stays set for its next request."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from typing import Final

MAX_SESSIONS: Final = 1000
MAX_STATEMENTS: Final = 200


@dataclass(slots=True)
class _Session:
    statements: list[str] = field(default_factory=list)
    expires_s: float = 0.0


class SessionMemory:
    """
    Remember the SET and USE statements of each session id.

    They are said again at the start of the session's next request, which runs in an engine session
    of its own like any other. Temporary tables therefore live for one request.

    Parameters
    ----------
    clock : callable
        Seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def recall(self, session_id: str) -> list[str]:
        """Return the statements of a session, oldest first; none for a new or expired one."""
        with self._lock:
            found = self._sessions.get(session_id)
            if found is None or found.expires_s < self._clock():
                return []
            return list(found.statements)

    def keep(self, session_id: str, statement: str, timeout_s: int) -> None:
        """Add a statement that succeeded."""
        with self._lock:
            now = self._clock()
            found = self._sessions.pop(session_id, None)
            if found is None or found.expires_s < now:
                found = _Session()
            found.statements = [*found.statements, statement][-MAX_STATEMENTS:]
            found.expires_s = now + timeout_s
            self._sessions[session_id] = found
            while len(self._sessions) > MAX_SESSIONS:
                del self._sessions[next(iter(self._sessions))]

    def touch(self, session_id: str, timeout_s: int) -> None:
        """Keep a session that was used."""
        with self._lock:
            found = self._sessions.get(session_id)
            if found is not None:
                found.expires_s = self._clock() + timeout_s
