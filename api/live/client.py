"""One open socket: its subscriptions, its outbox and the task that writes."""

import asyncio
import time
from collections.abc import Awaitable
from collections.abc import Callable
from typing import Any
from typing import Final

import structlog

from api.live import frames
from api.live.audience import LINKS_KEY
from api.live.audience import Audience
from api.live.beginning import Beginnings
from api.live.outbox import OVERRUN
from api.live.outbox import Frame
from api.live.outbox import Outbox
from api.live.protocol import SLOW_CLOSE
from api.live.protocol import Stats
from api.live.wishes import Plan
from api.metrics import WS_BYTES
from api.metrics import WS_FRAMES

log: Final = structlog.get_logger(__name__)

# Streams whose records are prints, or name them.
LINKED: Final = frozenset({"options", "flow"})
WAITING_SHARE: Final = 2 * OVERRUN

Send = Callable[[bytes], Awaitable[None]]


class Subscription:
    """
    The frames of one key on one socket.

    While its beginning is made, frames of the group wait here; they follow without a gap, because
    the hub began to send them at the very place up to which the beginning goes.
    """

    def __init__(self, key: str, channel: str, client: "Client") -> None:
        self.key = key
        self.channel = channel
        self.ids: set[str] = set()
        self._client = client
        self._waiting: list[Frame] = []
        self._waiting_bytes = 0
        self._plans: list[tuple[Plan, int]] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether its beginning is still being sent."""
        return self._task is not None

    def begin(self, plan: Plan, depth: int) -> None:
        """Send a beginning; one that is being sent goes first."""
        self._plans.append((plan, depth))
        if self._task is None:
            self._task = asyncio.create_task(self._begin())

    def receive(self, frame: Frame, now_s: float) -> None:
        """Take a frame of the group."""
        if self._task is None:
            self._client.put(frame, now_s)
            return
        self._waiting.append(frame)
        self._waiting_bytes += len(frame.data)
        if self._waiting_bytes > WAITING_SHARE * self._client.bytes_bound:
            self._client.fail(SLOW_CLOSE, "slow_consumer")

    def end(self) -> None:
        """Send nothing more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._waiting.clear()

    async def _begin(self) -> None:
        client = self._client
        try:
            while self._plans:
                plan, depth = self._plans.pop(0)
                async for frame in client.beginnings.frames(plan, depth):
                    await client.room()
                    client.put_now(frame)
            while self._waiting:
                await client.room()
                # Not awaiting in between: what comes next is behind what has waited.
                frame = self._waiting.pop(0)
                self._waiting_bytes -= len(frame.data)
                client.put_now(frame)
                if self._plans:
                    break
        except Exception as error:
            log.error("subscription_failed", channel=self.channel, exc_info=error)
            client.fail(1011, "internal")
        self._task = None
        if self._plans:
            self._task = asyncio.create_task(self._begin())


class Client:
    """
    One socket; all of it on the event loop.

    Parameters
    ----------
    name : str
        Who is connected, for display.
    send : callable
        Sends one message; waits while the socket's own buffer is full.
    audience : Audience
        Where it gets its frames.
    beginnings : Beginnings
        Maker of first frames.
    bytes_bound, age_bound_s : int, float
        Of the outbox.
    on_leave : callable
        Told the keys of a socket that is closed.
    """

    def __init__(
        self,
        name: str,
        send: Send,
        *,
        audience: Audience,
        beginnings: Beginnings,
        bytes_bound: int,
        age_bound_s: float,
        on_leave: Callable[[list[str]], None],
    ) -> None:
        self.on_leave = on_leave
        self.name = name
        self.audience = audience
        self.beginnings = beginnings
        self.bytes_bound = bytes_bound
        self.subscriptions: dict[str, Subscription] = {}
        self.keys: dict[str, str] = {}
        self.closing: tuple[int, str] | None = None
        self.closed = asyncio.Event()
        self._send = send
        self._outbox = Outbox(bytes_bound, age_bound_s, audience.lost, audience.conflated)
        self._wakeup = asyncio.Event()
        self._progress = asyncio.Event()
        self._opened_s = time.monotonic()
        self._messages = 0
        self._bytes = 0
        self._stats: Stats | None = None

    @property
    def fill(self) -> float:
        """Bytes waiting as a share of the bound."""
        return self._outbox.fill

    @property
    def bytes_waiting(self) -> int:
        """Bytes waiting."""
        return self._outbox.bytes_waiting

    def put(self, frame: Frame, now_s: float) -> None:
        """Let a frame wait for the next message."""
        self._outbox.put(frame, now_s)

    def put_now(self, frame: Frame) -> None:
        """Let a frame wait, and send soon."""
        now_s = time.monotonic()
        self._outbox.put(frame, now_s)
        self.wake(now_s)

    def say(self, text: bytes) -> None:
        """Send a frame that belongs to no subscription."""
        self.put_now(Frame(text))

    def wake(self, now_s: float) -> None:
        """Send what waits; close who is too slow."""
        if self._outbox.is_overrun(now_s):
            self.fail(SLOW_CLOSE, "slow_consumer")
        else:
            self._wakeup.set()

    def fail(self, code: int, reason: str) -> None:
        """Send nothing more and close with a code."""
        if self.closing is None:
            self.closing = (code, reason)
            self._outbox.clear()
            self.on_leave(self.leave())
            self._wakeup.set()
            self.closed.set()

    async def room(self) -> None:
        """Wait until older records may be sent."""
        while not self._outbox.has_room and self.closing is None:
            self._progress.clear()
            await self._progress.wait()

    async def flush(self) -> None:
        """Wait until everything has been handed over."""
        while (self._outbox or self._outbox.is_sending) and self.closing is None:
            self._progress.clear()
            await self._progress.wait()

    async def write(self) -> None:
        """Send messages until the socket is closed; the one task that writes."""
        while self.closing is None:
            await self._wakeup.wait()
            self._wakeup.clear()
            while self.closing is None and (taken := self._outbox.take()):
                message = self.audience.message(taken)
                await self._send(message)
                self._outbox.sent()
                self._progress.set()
                self._messages += 1
                self._bytes += len(message)
                WS_FRAMES.inc(len(taken))
                WS_BYTES.inc(len(message))
        self._progress.set()

    def subscribed(self, name: str, channel: str, plan: Plan, depth: int) -> list[str]:
        """
        Let a subscription begin; return the keys of which the hub may let one member go.

        Parameters
        ----------
        name : str
            The client's own id of it.
        channel : str
            Stream or soft channel.
        plan : Plan
            How it begins.
        depth : int
            Records of the snapshot.
        """
        released = []
        if self.keys.get(name) not in {None, plan.key}:
            released += self.unsubscribed(name)
        found = self.subscriptions.get(plan.key)
        if found is not None:
            # Two ids with one key are one member of its group.
            released.append(plan.key)
        else:
            found = Subscription(plan.key, channel, self)
            self.subscriptions[plan.key] = found
            self.audience.join(plan.key, channel, found, self)
            self._follow_links()
        self.keys[name] = plan.key
        found.ids.add(name)
        self.say(frames.subscribed(name, plan.key))
        found.begin(plan, depth)
        return released

    def unsubscribed(self, name: str) -> list[str]:
        """End a subscription; return its key when nothing of the client needs it any longer."""
        key = self.keys.pop(name, None)
        found = None if key is None else self.subscriptions.get(key)
        if key is None or found is None:
            return []
        found.ids.discard(name)
        if found.ids:
            return []
        self._end(found)
        self._outbox.forget(key)
        self._follow_links()
        return [key]

    def leave(self) -> list[str]:
        """End every subscription; return their keys."""
        gone = list(self.subscriptions)
        for found in list(self.subscriptions.values()):
            self._end(found)
        self.keys.clear()
        self.audience.part(LINKS_KEY, self)
        return gone

    def receive(self, frame: Frame, now_s: float) -> None:
        """Take a frame of links."""
        self._outbox.put(frame, now_s)

    def told(self, stats: Stats) -> None:
        """Keep what the terminal measured."""
        self._stats = stats

    def stats(self) -> dict[str, Any]:
        """Return how it is doing."""
        now_s = time.monotonic()
        told = self._stats
        return {
            "name": self.name,
            "connected_s": round(now_s - self._opened_s, 1),
            "subscriptions": sorted(each.channel for each in self.subscriptions.values()),
            "messages": self._messages,
            "bytes": self._bytes,
            "outbox_bytes": self._outbox.bytes_waiting,
            "outbox_ms": round(self._outbox.age_s(now_s) * 1000, 1),
            "dropped": self._outbox.dropped,
            "conflated": self._outbox.conflated,
            "frame_ms": None if told is None else told.frame_ms,
            "heap_mb": None if told is None else told.heap_mb,
        }

    def _end(self, found: Subscription) -> None:
        found.end()
        self.subscriptions.pop(found.key, None)
        self.audience.part(found.key, found)

    def _follow_links(self) -> None:
        wants = any(each.channel in LINKED for each in self.subscriptions.values())
        self.audience.part(LINKS_KEY, self)
        if wants:
            self.audience.join(LINKS_KEY, LINKS_KEY, self, self)
