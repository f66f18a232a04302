"""ClickHouse's HTTP interface as an ASGI application."""

import asyncio
import contextlib
import re
import uuid
from concurrent.futures import Executor
from typing import Final

import structlog
from starlette.types import ASGIApp
from starlette.types import Receive
from starlette.types import Scope
from starlette.types import Send

from infra.embedded.clickhouse.engine import ClickHouseEngine
from infra.embedded.clickhouse.errors import ClickHouseError
from infra.embedded.clickhouse.exchange import ClientGoneError
from infra.embedded.clickhouse.exchange import Exchange
from infra.embedded.clickhouse.request import QueryRequest
from infra.embedded.clickhouse.request import is_multipart
from infra.embedded.clickhouse.request import parse_form
from infra.embedded.clickhouse.sessions import SessionMemory
from infra.embedded.clickhouse.work import MAX_QUERY_BYTES
from infra.embedded.clickhouse.work import Work

log = structlog.get_logger(__name__)

_INSERT: Final = re.compile(rb"\s*INSERT\s", re.IGNORECASE)
_CANCEL_AGAIN_S: Final = 0.2
_OK_PATHS: Final = frozenset({"/ping", "/replicas_status"})


def create_app(engine: ClickHouseEngine) -> ASGIApp:
    """
    Build the application over an open engine.

    Source: ClickHouse's HTTP interface documentation. Offered: `/`, `/ping`, `/replicas_status`;
    queries in URL, body or form; settings, parameters, sessions, read-only mode, compression by
    HTTP encodings. Not offered: external tables, native block compression, users.
    """
    return _App(engine)


class _App:
    def __init__(self, engine: ClickHouseEngine) -> None:
        self._engine = engine
        self._sessions = SessionMemory()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if path in _OK_PATHS and method in {"GET", "HEAD", "POST"}:
            await _plain(send, 200, "Ok.\n")
        elif path != "/":
            text = f"There is no handle {path}\n\nUse / or /ping for health checks.\n"
            await _plain(send, 404, text)
        elif method not in {"GET", "HEAD", "POST"}:
            await _plain(send, 405, f"{method} is not offered\n")
        elif method == "GET" and not scope["query_string"]:
            await _plain(send, 200, "Ok.\n")
        else:
            with contextlib.suppress(ClientGoneError):
                await self._answer(scope, Exchange(receive, send), send)

    async def _answer(self, scope: Scope, exchange: Exchange, send: Send) -> None:
        headers = {
            name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        begin = await exchange.prefetch()
        try:
            form: dict[str, str] = {}
            content_type = headers.get("content-type", "")
            if is_multipart(content_type):
                form = parse_form(content_type, await exchange.read_all(MAX_QUERY_BYTES))
                begin = b""
            query_string = scope["query_string"].decode("latin-1")
            request = QueryRequest.parse(scope["method"], query_string, headers, form)
            with self._engine.admitted():
                await self._run(request, exchange, begin)
        except ClickHouseError as error:
            text = error.body(self._engine.version)
            await _plain(send, error.status, text, code=error.code)

    async def _run(self, request: QueryRequest, exchange: Exchange, begin: bytes) -> None:
        marker = str(uuid.uuid4())
        work = Work(self._engine, request, exchange, self._sessions, marker)
        pool: Executor = self._engine.reads
        if _INSERT.match(request.query.encode() or begin):
            pool = self._engine.writes
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(pool, work.run)
        watching: asyncio.Task[None] | None = None
        # An insert whose rows have all arrived is finished even when nobody waits any more.
        if pool is self._engine.reads and exchange.is_body_read:
            watching = asyncio.create_task(self._cancel_when_gone(exchange, marker))
        try:
            await asyncio.shield(running)
        finally:
            if watching is not None:
                watching.cancel()

    async def _cancel_when_gone(self, exchange: Exchange, marker: str) -> None:
        if not await exchange.is_abandoned():
            return
        log.info("clickhouse_cancelling", marker=marker)
        # Again and again, because the query may not have begun yet.
        while True:
            self._engine.cancel(marker)
            await asyncio.sleep(_CANCEL_AGAIN_S)


async def _plain(send: Send, status: int, text: str, code: int | None = None) -> None:
    body = text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=UTF-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    if code is not None:
        headers.append((b"x-clickhouse-exception-code", str(code).encode()))
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
