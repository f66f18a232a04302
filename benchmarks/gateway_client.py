"""A socket client as strict as the terminal is lenient: it keeps what it got and checks frames."""

import asyncio
import socket
from collections.abc import Callable
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from typing import Final
from typing import Self
from urllib.parse import urlsplit

import orjson
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

PROTOCOL: Final = "islandflow.v1.bin"
WAIT_S: Final = 30.0
NARROW_BYTES: Final = 65_536

Frame = dict[str, Any]


class Subscribed:
    """
    What one subscription has received, over any number of connections.

    Attributes
    ----------
    items : list
        Records of `events` frames in the order they came, backfill among them.
    snapshots : list
        Items of every complete snapshot, newest first.
    gaps, dropped : list
        Notices.
    cursor : str | None
        Newest cursor.
    """

    def __init__(self) -> None:
        self.key = ""
        self.items: list[dict[str, Any]] = []
        self.snapshots: list[list[dict[str, Any]]] = []
        self.gaps: list[Frame] = []
        self.dropped: list[Frame] = []
        self.frames: list[Frame] = []
        self.cursor: str | None = None
        self.is_continued = False
        self._parts: list[dict[str, Any]] = []

    def take(self, frame: Frame) -> None:
        """Take a frame of its key."""
        kind = frame["type"]
        if kind == "snapshot":
            self._parts += frame["items"]
            if frame["last"]:
                self.snapshots.append(self._parts)
                self._parts = []
        elif kind == "events":
            self.items += frame["items"]
            self.is_continued = True
        elif kind == "gap":
            self.gaps.append(frame)
        elif kind == "dropped":
            self.dropped.append(frame)
        if frame.get("cursor"):
            self.cursor = frame["cursor"]
        self.frames.append({name: each for name, each in frame.items() if name != "items"})

    @property
    def missed(self) -> int:
        """Records that notices say were lost."""
        return sum(int(frame["count"]) for frame in self.dropped)


class GatewayClient:
    """
    One connection.

    Parameters
    ----------
    url : str
        `ws://host:port/ws/live`.
    headers : mapping
        E.g. `Authorization`.
    reads : bool
        Read in the background; a client that does not is a slow one.
    """

    def __init__(
        self, url: str, *, headers: Mapping[str, str] | None = None, reads: bool = True
    ) -> None:
        self._url = url
        self._headers = dict(headers or {})
        self._reads = reads
        self._by_key: dict[str, Subscribed] = {}
        self._by_id: dict[str, Subscribed] = {}
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self.socket: ClientConnection
        self.others: list[Frame] = []
        self.messages = 0
        self.is_closed = False

    async def __aenter__(self) -> Self:
        self.socket = await connect(
            self._url,
            sock=None if self._reads else self._narrow_socket(),
            subprotocols=[PROTOCOL],  # type: ignore[list-item] # a text
            additional_headers=self._headers,
            compression=None,
            max_size=None,
            max_queue=4,
            proxy=None,
        )
        if self._reads:
            self.read()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    def read(self) -> None:
        """Begin to read."""
        self._reader = asyncio.create_task(self._read())

    async def cut(self) -> None:
        """End the connection at once, without a word, as a crash would."""
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None
        self.socket.transport.abort()

    async def say(self, **message: object) -> None:
        """Send a message."""
        await self.socket.send(orjson.dumps(message).decode())

    async def subscribe(
        self, name: str, channel: str, into: Subscribed | None = None, **more: object
    ) -> Subscribed:
        """
        Subscribe, and go on where a former connection ended when that is given.

        Parameters
        ----------
        name : str
            Id of the subscription.
        channel : str
            Stream.
        into : Subscribed
            What is continued, by its cursor.
        more : object
            `filters`, `depth`, `run`.
        """
        found = Subscribed() if into is None else into
        found.is_continued = False
        self._by_id[name] = found
        if found.cursor is not None:
            more["resume"] = found.cursor
        await self.say(op="subscribe", id=name, channel=channel, **more)
        return found

    def expect(self, name: str) -> Subscribed:
        """Return what a subscription receives that the address makes."""
        found = self._by_id[name] = Subscribed()
        return found

    async def until(self, is_so: Callable[[], object], wait_s: float = WAIT_S) -> None:
        """Wait until something holds; it is looked at after every message."""
        async with asyncio.timeout(wait_s), self._changed:
            await self._changed.wait_for(lambda: is_so() or self.is_closed)
            if not is_so():
                msg = f"closed {self.close_code} before"
                raise ConnectionError(msg)

    async def until_items(self, found: Subscribed, count: int) -> None:
        """Wait until a subscription that goes on has so many records."""
        await self.until(lambda: found.is_continued and len(found.items) >= count)

    @property
    def close_code(self) -> int | None:
        """Close code, null while open."""
        return self.socket.close_code

    def other(self, kind: str) -> list[Frame]:
        """Return the frames of a type that belong to no subscription."""
        return [frame for frame in self.others if frame["type"] == kind]

    def _narrow_socket(self) -> socket.socket:
        # The kernel would take tens of megabytes for a reader that does not read.
        at = urlsplit(self._url)
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BYTES)
        narrow.connect((at.hostname, at.port))
        narrow.setblocking(False)
        return narrow

    async def _read(self) -> None:
        try:
            async for message in self.socket:
                self.messages += 1
                for frame in orjson.loads(message):
                    self._take(frame)
                async with self._changed:
                    self._changed.notify_all()
        except ConnectionClosed:
            pass
        finally:
            self.is_closed = True
            with suppress(asyncio.CancelledError):
                async with self._changed:
                    self._changed.notify_all()

    def _take(self, frame: Frame) -> None:
        if frame["type"] == "subscribed":
            found = self._by_id[frame["id"]]
            found.key = frame["key"]
            self._by_key[frame["key"]] = found
        elif "key" in frame:
            self._by_key[frame["key"]].take(frame)
        else:
            self.others.append(frame)
