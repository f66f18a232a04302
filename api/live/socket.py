"""The sockets: `/ws/live` for many subscriptions, `/ws/<stream>` for one; gateway, 8."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from typing import Final

import msgspec
import structlog
from fastapi import APIRouter
from starlette.websockets import WebSocket
from starlette.websockets import WebSocketDisconnect
from starlette.websockets import WebSocketState

from api.live import frames
from api.live.client import Client
from api.live.filters import parse_filters
from api.live.hub import Hub
from api.live.opening import depths
from api.live.protocol import MAX_ERRORS
from api.live.protocol import NORMAL_CLOSE
from api.live.protocol import POLICY_CLOSE
from api.live.protocol import PROTOCOL_CLOSE
from api.live.protocol import RATE_CLOSE
from api.live.protocol import SIZE_CLOSE
from api.live.protocol import SLOW_CLOSE
from api.live.protocol import Message
from api.live.protocol import Ping
from api.live.protocol import Shares
from api.live.protocol import Stats
from api.live.protocol import Subscribe
from api.live.protocol import Unsubscribe
from api.live.protocol import read_message
from api.live.soft import SOFT_CHANNELS
from api.live.wishes import Wish
from api.metrics import FRAME_TO_PAINT_SECONDS
from api.metrics import RATE_LIMITED
from api.metrics import WS_DISCONNECTS
from api.problems import Problem
from api.security.auth import Principal
from api.security.auth import Security
from api.security.limits import Buckets
from api.services import Services
from api.streams import ALIASES
from api.streams import stream_of
from api.tasks import cancel

log: Final = structlog.get_logger(__name__)
router = APIRouter()

CHECK_S: Final = 60.0
ENDS_SOON_S: Final = 300.0
CLOSE_S: Final = 10.0
TOLD_S: Final = 5.0
DEFAULT_DEPTH: Final = 200
_RESERVED: Final = frozenset({"depth", "run", "resume"})


@router.websocket("/ws/live")
async def live(websocket: WebSocket) -> None:
    """Serve a socket of many subscriptions."""
    await _serve(websocket, None)


@router.websocket("/ws/{stream}")
async def one_stream(websocket: WebSocket, stream: str) -> None:
    """Serve a socket of one subscription, made of the path and the query string."""
    await _serve(websocket, stream)


async def _serve(websocket: WebSocket, stream: str | None) -> None:
    services: Services = websocket.app.state.services
    offered = websocket.scope.get("subprotocols") or ()
    chosen = frames.BINARY if frames.BINARY in offered else None
    principal = await services.security.accept(websocket, chosen)
    if principal is None:
        return
    hub = services.hub
    if len(hub.audience) >= hub.settings.ws_max_connections:
        await websocket.close(SLOW_CLOSE, "full")
        return
    session = LiveSession(websocket, hub, services.security, principal)
    first: Mapping[str, Any] | None = None
    if stream is not None:
        first = _first_message(stream, websocket.query_params)
    await session.run(first)


def _first_message(stream: str, query: Mapping[str, str]) -> dict[str, Any]:
    message: dict[str, Any] = {"op": "subscribe", "id": stream, "channel": stream}
    filters = {name: text for name, text in query.items() if name not in _RESERVED}
    if filters:
        message["filters"] = filters
    for name in ("run", "resume"):
        if query.get(name):
            message[name] = query[name]
    depth = query.get("depth", "")
    if depth:
        message["depth"] = int(depth) if depth.isdecimal() else depth
    return message


class LiveSession:
    """
    One socket from its first to its last message.

    Parameters
    ----------
    websocket : WebSocket
        Accepted.
    hub : Hub
        Where frames come from.
    security : Security
        Who says every minute whether the principal is still welcome.
    principal : Principal
        Who is connected.
    """

    def __init__(
        self, websocket: WebSocket, hub: Hub, security: Security, principal: Principal
    ) -> None:
        self._websocket = websocket
        self._hub = hub
        self._security = security
        self._principal = principal
        settings = hub.settings
        self._settings = settings
        self._depths = depths(settings)
        # A terminal that comes back asks for all its subscriptions at once.
        burst = max(settings.rate_limit_ws // 4, settings.ws_max_subscriptions)
        self._bucket = Buckets(settings.rate_limit_ws, burst, time.monotonic)
        self._is_binary = frames.BINARY in (websocket.scope.get("subprotocols") or ())
        self._errors = 0
        self._client: Client = hub.connect(principal.name, self._send, security.secret)

    async def run(self, first: Mapping[str, Any] | None) -> None:
        """
        Serve the socket until either side ends it.

        Parameters
        ----------
        first : mapping | None
            A message as if the client had sent it.
        """
        client, audience = self._client, self._hub.audience
        audience.enter(client)
        client.say(self._ready())
        tasks = [
            asyncio.create_task(client.write()),
            asyncio.create_task(self._listen(first)),
            asyncio.create_task(self._check()),
            asyncio.create_task(client.closed.wait(), name="closed"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                error = task.exception()
                if error is not None and not isinstance(error, WebSocketDisconnect):
                    log.error("socket_failed", exc_info=error)
                    client.fail(1011, "internal")
        finally:
            audience.leave(client)
            code, reason = client.closing or (NORMAL_CLOSE, "")
            client.fail(code, reason)
            await cancel(*tasks)
            WS_DISCONNECTS.labels(str(code)).inc()
            await self._close(code, reason)

    async def _send(self, message: bytes) -> None:
        if self._is_binary:
            await self._websocket.send({"type": "websocket.send", "bytes": message})
        else:
            await self._websocket.send({"type": "websocket.send", "text": message.decode()})

    async def _close(self, code: int, reason: str) -> None:
        if WebSocketState.DISCONNECTED in {
            self._websocket.client_state,
            self._websocket.application_state,
        }:
            return
        # A client that reads nothing does not read this either: it is not waited for long.
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(CLOSE_S):
                await self._websocket.close(code, reason)

    def _ready(self) -> bytes:
        settings = self._settings
        ends_at_s = self._principal.ends_at_s
        return frames.ready(
            {
                "server_time": round(time.time() * 1000, 3),
                "session_end": None if ends_at_s is None else round(ends_at_s * 1000),
                "limits": {
                    "subscriptions": settings.ws_max_subscriptions,
                    "message_bytes": settings.ws_max_message_bytes,
                    "messages_per_minute": settings.rate_limit_ws,
                    "outbox_bytes": settings.ws_outbox_bytes,
                    "outbox_ms": settings.ws_outbox_ms,
                    "resume_records": settings.ws_resume_max_records,
                    "resume_age_s": settings.ws_resume_max_age_s,
                },
                "depths": self._depths,
                "channels": self._hub.channels(),
            }
        )

    async def _listen(self, first: Mapping[str, Any] | None) -> None:
        if first is not None:
            await self._take(msgspec.json.encode(first))
            if self._errors:
                await self._give_up("refused")
                return
        while self._client.closing is None:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            body = message.get("bytes")
            text: str | bytes = body if body is not None else message.get("text") or ""
            if len(text) > self._settings.ws_max_message_bytes:
                self._client.fail(SIZE_CLOSE, "too_large")
                return
            if self._bucket.take("messages"):
                RATE_LIMITED.labels("ws").inc()
                self._client.fail(RATE_CLOSE, "rate_limited")
                return
            await self._take(text)

    async def _take(self, text: str | bytes) -> None:
        try:
            message = read_message(text)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            await self._refuse(None, "message_invalid", str(error))
            return
        try:
            await self._do(message)
        except Problem as problem:
            name = message.id if isinstance(message, Subscribe) else None
            await self._refuse(name, problem.code, problem.detail)

    async def _do(self, message: Message) -> None:
        client = self._client
        if isinstance(message, Ping):
            client.say(frames.pong(message.t, time.time() * 1000))
        elif isinstance(message, Stats):
            self._measure(message)
        elif isinstance(message, Unsubscribe):
            self._hub.unsubscribe(client, message.id)
        else:
            is_new = message.id not in client.keys
            if is_new and len(client.keys) >= self._settings.ws_max_subscriptions:
                await self._refuse(message.id, "capacity", "too many subscriptions on this socket")
                return
            refusal = await self._hub.subscribe(client, message.id, self._wish(message))
            if refusal is not None:
                await self._refuse(message.id, refusal.code, refusal.detail)

    def _wish(self, asked: Subscribe) -> Wish:
        channel = ALIASES.get(asked.channel, asked.channel)
        depth = DEFAULT_DEPTH if asked.depth is None else asked.depth
        if channel in SOFT_CHANNELS:
            if asked.filters or asked.run:
                raise Problem("parameter_invalid", f"{channel} takes neither filters nor a run")
            return Wish(channel=channel, depth=depth)
        stream = stream_of(channel)
        return Wish(
            channel=channel,
            stream=stream,
            filters=parse_filters(stream, asked.filters),
            depth=min(depth, self._depths[channel]),
            run=asked.run or "",
            is_resumed=bool(asked.resume),
            resume=self._hub.read_cursor(asked.resume) if asked.resume else None,
        )

    async def _refuse(self, name: str | None, code: str, detail: str) -> None:
        if code == "capacity":
            RATE_LIMITED.labels("subscriptions").inc()
        self._client.say(frames.error(name, code, detail))
        self._errors += 1
        if self._errors >= MAX_ERRORS:
            await self._give_up("too_many_errors")

    async def _give_up(self, reason: str) -> None:
        # Closing sends nothing more, and the errors say why: who reads gets them first.
        with suppress(TimeoutError):
            async with asyncio.timeout(TOLD_S):
                await self._client.flush()
        self._client.fail(PROTOCOL_CLOSE, reason)

    def _measure(self, stats: Stats) -> None:
        self._client.told(stats)
        now_s = time.monotonic()
        latency = self._hub.latency
        for channel, shares in stats.paint_ms.items():
            known = channel if channel in self._depths else "other"
            FRAME_TO_PAINT_SECONDS.labels(known).observe(shares.p50 / 1000)
            latency.add("receive→paint", _spread(shares), now_s)
        if stats.receive_ms is not None:
            latency.add("frame→receive", _spread(stats.receive_ms), now_s)

    async def _check(self) -> None:
        is_told = False
        while True:
            ends_at_s = self._principal.ends_at_s
            if ends_at_s is not None and not is_told and ends_at_s - time.time() < ENDS_SOON_S:
                is_told = True
                self._client.say(frames.notice("session_ends", "log in again to stay connected"))
            await asyncio.sleep(CHECK_S)
            if not await self._security.check(self._principal):
                self._client.fail(POLICY_CLOSE, "session_ended")
                return


def _spread(shares: Shares) -> list[float]:
    # A hundred values with these percentiles.
    return [shares.p50] * 90 + [shares.p95] * 8 + [shares.p99] * 2
