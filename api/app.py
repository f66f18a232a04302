"""The gateway as one ASGI application: routers, layers around them, parts that live as long."""

import re
from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextlib import AsyncExitStack
from contextlib import asynccontextmanager
from typing import Final
from typing import Protocol

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api import problems
from api.document import describe
from api.live import socket
from api.observe import Observe
from api.rest import admin
from api.rest import auth
from api.rest import candles
from api.rest import evidence
from api.rest import export
from api.rest import flow
from api.rest import history
from api.rest import market
from api.rest import news
from api.rest import operator
from api.rest import ops
from api.rest import panels
from api.rest import pull
from api.rest import replay
from api.rest import sql
from api.rest import tickers
from api.rest import ui
from api.security.middleware import Guard
from api.services import Services
from api.version import VERSION
from api.warm import warm
from infra.settings import Settings

# As the document lists them.
_ROUTERS: Final = (
    *(auth.router, market.router, flow.router, history.router, pull.router, candles.router),
    *(news.router, evidence.router, tickers.router, panels.router, operator.router, sql.router),
    *(export.router, replay.router, admin.router, ops.router, ui.router, socket.router),
)


class _Part(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


def bare_app(
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
) -> FastAPI:
    """Return the application with its routes and no parts: enough to be described."""
    app = FastAPI(
        title="Islandflow",
        version=VERSION,
        summary="Real-time options flow and off-exchange prints.",
        docs_url=None,
        redoc_url=None,
        # A path is right or unknown; a redirect would hide a mistyped one.
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        lifespan=lifespan,
    )
    for router in _ROUTERS:
        app.include_router(router)
    problems.install(app)
    describe(app)
    return app


def create_app(settings: Settings, *, services: Services) -> FastAPI:
    """
    Return the gateway.

    Parameters
    ----------
    settings : Settings
        Everything that was set; the environment is not read again.
    services : Services
        Its parts, not started: they start and stop with the application.
    """
    del settings

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        async with AsyncExitStack() as running:
            running.push_async_callback(services.redis.aclose)
            running.push_async_callback(services.store.close)
            # What others need comes first; the last stop is of what started first.
            parts: tuple[_Part, ...] = (
                *(services.security, services.documents, services.hub, services.replay),
                *(services.rules, services.health),
            )
            for part in parts:
                running.push_async_callback(part.stop)
                await part.start()
            await warm(services.store)
            yield

    app = bare_app(lifespan)
    app.state.services = services
    app.add_middleware(Guard, security=services.security)
    app.add_middleware(Observe)
    return app


def operation_id(route: APIRoute) -> str:
    """
    Return the name of an operation: method and path are unique, names of functions are not.

    Examples
    --------
    `GET /flow/alerts/{id}/outcomes` is `get_flow_alerts_id_outcomes`.
    """
    method, *_ = sorted(route.methods or {"GET"})
    words = re.sub(r"[^A-Za-z0-9]+", "_", route.path_format).strip("_")
    return f"{method.lower()}_{words or 'root'}"
