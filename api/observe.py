"""The outermost layer: a number for every request, how long it took, and a log that names both."""

import secrets
from time import perf_counter

import structlog
from starlette.routing import BaseRoute
from starlette.types import ASGIApp
from starlette.types import Message
from starlette.types import Receive
from starlette.types import Scope
from starlette.types import Send

from api.metrics import HTTP_REQUEST_SECONDS

_NO_ROUTE = "none"


class Observe:
    """
    Number requests and measure them by route template.

    The number is made here, whatever a client sends: it stands in problems and in the log, and
    nobody else may choose it.

    Parameters
    ----------
    app : ASGIApp
        What is observed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            if scope["type"] == "websocket":
                await self._app(scope, receive, send)
                return
            await self._measure(scope, receive, send, request_id)

    async def _measure(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        status = 500
        began = perf_counter()

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        try:
            await self._app(scope, receive, numbered)
        finally:
            labels = (template_of(scope.get("route")), scope["method"], str(status))
            HTTP_REQUEST_SECONDS.labels(*labels).observe(perf_counter() - began)


def template_of(route: BaseRoute | None) -> str:
    """Return the path of a route as it was declared, `none` for no route: labels name no ids."""
    found: str = getattr(route, "path", _NO_ROUTE)
    return found
