"""Open sockets by what they are subscribed to; of the event loop."""

import time
from collections import deque
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from operator import is_
from typing import Any
from typing import Final
from typing import Protocol

from api.live import frames
from api.live.outbox import Frame
from api.metrics import WS_CONFLATED
from api.metrics import WS_CONNECTIONS
from api.metrics import WS_DROPPED
from api.metrics import WS_OUTBOX_BYTES

LINKS_KEY: Final = "links"
ALL_KEY: Final = "all"
LEDGER: Final = 1000
JOINED: Final = 8


class Member(Protocol):
    """Who gets the frames of a key."""

    def receive(self, frame: Frame, now_s: float) -> None:
        """Take a frame."""
        ...


class Socket(Protocol):
    """An open socket."""

    @property
    def fill(self) -> float:
        """Bytes waiting as a share of the bound."""
        ...

    @property
    def bytes_waiting(self) -> int:
        """Bytes waiting."""
        ...

    def wake(self, now_s: float) -> None:
        """Send what waits; close who is too slow."""
        ...

    def put(self, frame: Frame, now_s: float) -> None:
        """Let a frame wait."""
        ...

    def stats(self) -> dict[str, Any]:
        """Return how it is doing."""
        ...


class Audience:
    """Who is subscribed to what, and what they lost."""

    def __init__(self) -> None:
        self._members: dict[str, list[tuple[Member, Socket]]] = {}
        self._sockets: dict[int, Socket] = {}
        self._dropped: dict[str, int] = {}
        self._channels: dict[str, str] = {}
        self._ledger: deque[dict[str, Any]] = deque(maxlen=LEDGER)
        self._joined: deque[tuple[Sequence[Frame], bytes]] = deque(maxlen=JOINED)
        # Read by the hub's thread; a little old is good enough.
        self.fill = 0.0

    def __len__(self) -> int:
        return len(self._sockets)

    @property
    def dropped(self) -> Mapping[str, int]:
        """Records lost by slow clients, by channel."""
        return self._dropped

    def losses(self) -> list[dict[str, Any]]:
        """Return the newest losses, oldest first: `kind`, `channel`, `count`, `at_ns` and more."""
        return list(self._ledger)

    def note(self, kind: str, channel: str, count: int | None, **more: object) -> None:
        """Write down a loss: `dropped`, `gap` or `log`."""
        entry = {"kind": kind, "channel": channel, "count": count, "at_ns": str(time.time_ns())}
        self._ledger.append({**entry, **more})

    def message(self, taken: Sequence[Frame]) -> bytes:
        """Return frames as one message; the same ones for several sockets are joined once."""
        if len(taken) == 1:
            return taken[0].message
        for known, text in self._joined:
            if len(known) == len(taken) and all(map(is_, known, taken)):
                return text
        text = frames.joined([frame.data for frame in taken])
        self._joined.append((taken, text))
        return text

    def enter(self, socket: Socket) -> None:
        """Let a socket in."""
        self._sockets[id(socket)] = socket
        WS_CONNECTIONS.set(len(self._sockets))

    def leave(self, socket: Socket) -> None:
        """Let a socket go."""
        self._sockets.pop(id(socket), None)
        WS_CONNECTIONS.set(len(self._sockets))

    def join(self, key: str, channel: str, member: Member, socket: Socket) -> None:
        """Let a member have the frames of a key from now on."""
        self._channels[key] = channel
        # A new list: one that is being gone through is not changed.
        self._members[key] = [*self._members.get(key, ()), (member, socket)]

    def part(self, key: str, member: Member) -> None:
        """Let a member have them no longer."""
        left = [pair for pair in self._members.get(key, ()) if pair[0] is not member]
        if left:
            self._members[key] = left
        else:
            self._members.pop(key, None)
            self._channels.pop(key, None)

    def has_members(self, key: str) -> bool:
        """Return whether anybody has the frames of a key."""
        return key in self._members

    def deliver(self, made: Sequence[Frame]) -> None:
        """Hand the frames of a tick to everyone they go to, one message each."""
        now_s = time.monotonic()
        touched: dict[int, Socket] = {}
        for frame in made:
            for member, socket in self._members.get(frame.key, ()):
                member.receive(frame, now_s)
                touched[id(socket)] = socket
        self._send(touched.values(), now_s)

    def broadcast(self, frame: Frame) -> None:
        """Hand a frame to every socket."""
        now_s = time.monotonic()
        for socket in list(self._sockets.values()):
            socket.put(frame, now_s)
        self._send(list(self._sockets.values()), now_s)

    def sockets(self) -> list[Socket]:
        """Return the open sockets."""
        return list(self._sockets.values())

    def lost(self, frame: Frame) -> None:
        """Count a frame that a slow client lost."""
        channel = self._channels.get(frame.key, "")
        self._dropped[channel] = self._dropped.get(channel, 0) + frame.count
        WS_DROPPED.labels(channel).inc(frame.count)
        first = None if frame.first is None else str(frame.first[0])
        last = None if frame.last is None else str(frame.last[0])
        self.note("dropped", channel, frame.count, from_ts=first, to_ts=last)

    def conflated(self, frame: Frame, count: int) -> None:
        """Count records that gave way to newer ones."""
        WS_CONFLATED.labels(self._channels.get(frame.key, "")).inc(count)

    def _send(self, sockets: Iterable[Socket], now_s: float) -> None:
        for socket in sockets:
            socket.wake(now_s)
        waiting = self._sockets.values()
        self.fill = max((socket.fill for socket in waiting), default=0.0)
        WS_OUTBOX_BYTES.set(sum(socket.bytes_waiting for socket in waiting))
