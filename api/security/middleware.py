"""The gate every request passes before any route sees it."""

import asyncio
import secrets
from time import perf_counter
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp
from starlette.types import Message
from starlette.types import Receive
from starlette.types import Scope
from starlette.types import Send
from starlette.websockets import WebSocket

from api.problems import Problem
from api.problems import problem_of
from api.problems import problem_response
from api.security import access
from api.security.auth import Security
from api.security.auth import deny
from api.security.csrf import SAFE_METHODS
from api.security.csrf import check_write
from api.security.headers import protected
from api.security.origin import Peer
from api.security.principal import Principal
from api.security.refusals import refused
from api.security.refusals import scope_missing

log = structlog.get_logger(__name__)

MAX_BODY_BYTES: Final = 1 << 20
BODY_S: Final = 30.0
_MAX_LOGGED_PATH: Final = 200
_METHODS: Final = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}


class Guard:
    """
    Let in, limit, refuse and log; everything of gateway specification 11 that is not one route's.

    ASGI middleware, `app.add_middleware(Guard, security=services.security)`; only what numbers
    requests stands outside it. Sets `state.principal` (a `Principal`, or None on open paths) and
    `state.peer`. Bodies are read here, at most 1 MiB, before a route sees the request.

    Parameters
    ----------
    app : ASGIApp
        What it guards.
    security : Security
        Who is let in.
    """

    def __init__(self, app: ASGIApp, security: Security) -> None:
        self._app = app
        self._security = security

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with a problem."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.setdefault("state", {})
        state["peer"] = self._security.origins.peer(scope)
        try:
            state["principal"] = await self._security.admit_socket(scope)
        except Problem as problem:
            log.info("handshake_denied", path=_logged(scope), code=problem.code)
            await deny(WebSocket(scope, receive, send), problem)
            return
        await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.setdefault("state", {})
        state.setdefault("request_id", secrets.token_hex(8))
        peer = state["peer"] = self._security.origins.peer(scope)
        state["principal"] = None
        began, status = perf_counter(), 0

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = list(message.get("headers", ()))
                headers = protected(given, is_secure=peer.is_secure)
                message = {**message, "headers": headers}
            await send(message)

        try:
            state["principal"] = await self._admit(scope, peer)
            receive = await bounded(Headers(scope=scope), receive)
            await self._app(scope, receive, guarded)
        except Problem as problem:
            await problem_response(HTTPConnection(scope), problem)(scope, receive, guarded)
        except Exception as error:
            # Further out nothing would protect the answer's headers. Begun, it can only break off.
            if status:
                raise
            answer = problem_response(HTTPConnection(scope), problem_of(error))
            await answer(scope, receive, guarded)
        finally:
            log.info(
                "request",
                request_id=state["request_id"],
                method=scope["method"] if scope["method"] in _METHODS else "other",
                path=_logged(scope),
                status=status,
                duration_ms=round((perf_counter() - began) * 1000, 1),
                address=peer.address,
                principal=state["principal"].name if state["principal"] else "",
            )

    async def _admit(self, scope: Scope, peer: Peer) -> Principal | None:
        security, path, method = self._security, scope["path"], scope["method"]
        headers = Headers(scope=scope)
        security.origins.check_host(peer)
        is_own_origin = security.origins.check_origin(peer, headers)
        access.refuse_secrets_in(scope.get("query_string", b""))
        _check_length(headers)
        if access.is_static(path) and access.is_open(method, path):
            security.limit(path, None, peer)
            return None
        found = await security.recognise(headers, peer)
        security.limit(path, found.principal, peer)
        if access.is_open(method, path) or security.is_scraper(path, peer):
            return found.principal
        principal = found.required()
        if principal.kind == "session" and method not in SAFE_METHODS:
            check_write(headers, is_own_origin=is_own_origin)
        scope_needed = access.scope_of(method, path)
        if scope_needed is not None and scope_needed not in principal.scopes:
            raise scope_missing(scope_needed)
        return principal


async def bounded(headers: Headers, receive: Receive) -> Receive:
    """
    Read a body and return a `receive` that hands it on; what follows comes from the client.

    Raises
    ------
    Problem
        `too_large` over 1 MiB, whatever length was announced; `body_timeout` when it has not come
        in half a minute.
    """
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return receive
    try:
        async with asyncio.timeout(BODY_S):
            return _first(await _whole(receive), receive)
    except TimeoutError as error:
        msg = f"the body did not come within {BODY_S:g} s; send it again"
        raise refused("body_timeout", msg) from error


async def _whole(receive: Receive) -> Message:
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return message
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
        if size > MAX_BODY_BYTES:
            raise _too_large()
    return {"type": "http.request", "body": b"".join(parts), "more_body": False}


def _first(message: Message, receive: Receive) -> Receive:
    pending = [message]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


def _check_length(headers: Headers) -> None:
    given = headers.get("content-length", "0")
    if not given.isdecimal() or len(given) > len(str(MAX_BODY_BYTES)) + 1:
        raise _too_large()
    if int(given) > MAX_BODY_BYTES:
        raise _too_large()


def _too_large() -> Problem:
    return refused("too_large", f"the body is longer than {MAX_BODY_BYTES} bytes")


def _logged(scope: Scope) -> str:
    return access.without_secrets(str(scope["path"]))[:_MAX_LOGGED_PATH]
