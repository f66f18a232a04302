"""A gateway of the operator's parts alone: real documents, rules, services; a hub of the test."""

import time
from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import orjson
from fastapi import FastAPI
from redis.asyncio import Redis
from starlette.types import ASGIApp
from starlette.types import Receive
from starlette.types import Scope
from starlette.types import Send

from api import problems
from api.items import Item
from api.live.notify import AlertRules
from api.operator.documents import Documents
from api.rest import admin
from api.rest import operator
from api.rest import replay
from api.security.principal import LOCAL
from api.security.principal import Principal
from api.store import Store
from api.streams import Stream
from api.webhooks import WebhookSender
from connectors.clickhouse.config import ClickHouseConfig
from infra.embedded.stack import StackAddresses
from infra.settings import load_settings


class TestHub:
    """Watchers and channels as the hub has them; items come from the test."""

    __test__ = False

    def __init__(self) -> None:
        self.watchers: list[tuple[Stream, Callable[[Any], bool], Callable[[list[Item]], None]]] = []
        self.published: list[tuple[str, dict[str, Any]]] = []

    def watch(
        self,
        stream: Stream,
        predicate: Callable[[Any], bool],
        callback: Callable[[list[Item]], None],
    ) -> Callable[[], None]:
        entry = (stream, predicate, callback)
        self.watchers.append(entry)
        return lambda: self.watchers.remove(entry)

    def publish(self, channel: str, payload: bytes) -> None:
        self.published.append((channel, orjson.loads(payload)))

    def ring(self, stream: Stream, run: str = "") -> None:
        del stream, run

    def bring(self, stream: Stream, items: list[Item]) -> None:
        """Hand items to whoever watches their stream."""
        for watched, predicate, callback in list(self.watchers):
            found = [each for each in items if watched == stream and predicate(each.record)]
            if found:
                callback(found)

    def told(self, channel: str = "notifications") -> list[dict[str, Any]]:
        return [payload for name, payload in self.published if name == channel]


class As:
    """Middleware that says who asks."""

    def __init__(self, app: ASGIApp, principal: Principal) -> None:
        self.app = app
        self.principal = principal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["principal"] = self.principal
        await self.app(scope, receive, send)


@asynccontextmanager
async def client_of(
    services: object, principal: Principal = LOCAL
) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the operator's routes."""
    app = FastAPI()
    for module in (operator, replay, admin):
        app.include_router(module.router)
    problems.install(app)
    app.state.services = services
    transport = httpx.ASGITransport(As(app, principal))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


@asynccontextmanager
async def operator_parts(
    addresses: StackAddresses,
    database: str,
    *,
    sender: WebhookSender | None = None,
    now_ns: Callable[[], int] = time.time_ns,
) -> AsyncIterator[Any]:
    """Yield documents, rules, store and hub on a database of the test's own."""
    hub = TestHub()
    redis = Redis.from_url(addresses.redis)
    store = Store(addresses.clickhouse, database)
    documents = Documents(ClickHouseConfig(url=addresses.clickhouse, database=database), now_ns)
    rules = AlertRules(hub, documents, redis, load_settings().gateway, sender, now_ns)
    await documents.start()
    await rules.start()
    try:
        yield SimpleNamespace(documents=documents, rules=rules, store=store, hub=hub, redis=redis)
    finally:
        await rules.stop()
        await documents.stop()
        await store.close()
        await redis.aclose()
