"""The terminal's files, and what it needs to know before anything else."""

import mimetypes
from pathlib import Path
from typing import Annotated
from typing import Final
from typing import Literal

from fastapi import APIRouter
from fastapi import Depends
from fastapi import Request
from fastapi import Response
from fastapi.responses import FileResponse
from fastapi.responses import HTMLResponse
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from api.assets import TERMINAL
from api.params import known_parameters
from api.problems import Problem
from api.security.principal import Principal
from api.services import Services
from api.services import services
from api.streams import STREAMS
from api.version import VERSION

router = APIRouter()

ZONE: Final = "America/New_York"
INDEX: Final = "index.html"
# The build names these by what is in them, so a name never changes its content.
HASHED: Final = "assets/"
FOR_EVER: Final = "public, max-age=31536000, immutable"
NOT_BUILT: Final = (
    "the terminal is not built; `make ui` builds it (it needs Node.js 20.19 or later)"
)
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Islandflow</title></head>
<body style="font: 15px/1.5 system-ui, sans-serif; margin: 4rem auto; max-width: 36rem">
<h1>The terminal is not built</h1>
<p>The gateway runs. Its browser terminal has to be built once:</p>
<pre>make ui</pre>
<p>That needs Node.js 20.19 or later. Everything else is here already: try
<a href="/health">/health</a> or <a href="/openapi.json">/openapi.json</a>.</p>
</body></html>
"""
# Python's own table differs from system to system.
_TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".map": "application/json",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}


class UiLimits(BaseModel):
    """Bounds a client has to keep to."""

    rest_default_limit: int
    rest_per_minute: int
    lookup_per_minute: int
    ws_messages_per_minute: int
    ws_max_subscriptions: int
    ws_max_message_bytes: int
    export_max_rows: int
    sql_max_rows: int


class UiChannel(BaseModel):
    """One channel: how many records its window holds, and what happens to a slow client."""

    depth: int
    policy: Literal["conflate", "drop", "keep"]


class UiConfig(BaseModel):
    """What the terminal is told at start; who is not logged in gets `version` and `auth` only."""

    version: str
    auth: Literal["required", "disabled"]
    api_url: str | None = None
    zone: str | None = None
    live_hot_window: int | None = None
    live_hot_window_options: int | None = None
    nbbo_max_age_ms: int | None = None
    flow_filter_preset: str | None = None
    alert_cooldown_ms: int | None = None
    replay_enabled: bool | None = None
    trading_enabled: bool | None = None
    feeds: list[str] | None = None
    limits: UiLimits | None = None
    channels: dict[str, UiChannel] | None = None


@router.get(
    "/config/ui", response_model_exclude_none=True, dependencies=[Depends(known_parameters)]
)
async def config_ui(request: Request, parts: Annotated[Services, Depends(services)]) -> UiConfig:
    """Return what the terminal needs at start."""
    gateway = parts.settings.gateway
    known = isinstance(getattr(request.state, "principal", None), Principal)
    if not known:
        return UiConfig(version=VERSION, auth=gateway.api_auth)
    return UiConfig(
        version=VERSION,
        auth=gateway.api_auth,
        api_url=gateway.next_public_api_url,
        zone=ZONE,
        live_hot_window=gateway.next_public_live_hot_window,
        live_hot_window_options=gateway.next_public_live_hot_window_options,
        nbbo_max_age_ms=gateway.next_public_nbbo_max_age_ms,
        flow_filter_preset=gateway.next_public_flow_filter_preset,
        alert_cooldown_ms=parts.settings.options.inference.alert_cooldown_ms,
        replay_enabled=parts.settings.replay.replay_enabled,
        trading_enabled=gateway.auto_trading_enabled,
        feeds=feeds_in_use(parts),
        limits=UiLimits(
            rest_default_limit=gateway.rest_default_limit,
            rest_per_minute=gateway.rate_limit_rest,
            lookup_per_minute=gateway.rate_limit_lookup,
            ws_messages_per_minute=gateway.rate_limit_ws,
            ws_max_subscriptions=gateway.ws_max_subscriptions,
            ws_max_message_bytes=gateway.ws_max_message_bytes,
            export_max_rows=gateway.export_max_rows,
            sql_max_rows=gateway.sql_max_rows,
        ),
        channels={
            name: UiChannel(depth=depth_of(parts, name), policy=stream.policy)
            for name, stream in STREAMS.items()
        },
    )


def feeds_in_use(parts: Services) -> list[str]:
    """Return the sources that have published, else those that are set."""
    seen = parts.health.feeds()
    feed = parts.settings.feed
    return seen or sorted({feed.options_ingest_adapter, feed.equities_ingest_adapter})


def depth_of(parts: Services, stream: str) -> int:
    """Return how many records a stream's window holds."""
    gateway = parts.settings.gateway
    own = {
        "options": gateway.live_limit_options,
        "flow": gateway.live_limit_flow,
        "smart-money": gateway.live_limit_smart_money,
        "alerts": gateway.live_limit_alerts,
        "news": gateway.live_limit_news,
    }
    return own.get(stream, gateway.live_limit_default)


@router.get("/", include_in_schema=False)
@router.get("/app", include_in_schema=False)
async def home() -> RedirectResponse:
    """Send a browser to the terminal."""
    return RedirectResponse("/app/")


@router.get("/app/{path:path}", include_in_schema=False)
async def terminal(path: str, request: Request) -> Response:
    """Return a file of the terminal; its index for the paths it makes up itself."""
    found = file_of(TERMINAL, path)
    if found is not None:
        return _file(found, FOR_EVER if path.startswith(HASHED) else "no-store")
    index = TERMINAL / INDEX
    if not index.is_file():
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(_PAGE, status_code=404, headers={"Cache-Control": "no-store"})
        raise Problem("not_found", NOT_BUILT)
    if path.startswith(HASHED):
        # An old page that asks for a file of its build must not take the index for it.
        raise Problem("not_found", f"the terminal has no file {path}; reload the page")
    return _file(index, "no-store")


def file_of(folder: Path, path: str) -> Path | None:
    """Return the file at a path below a folder, null when there is none or it lies outside."""
    if not path or "\0" in path:
        return None
    found = (folder / path).resolve()
    is_inside = found.is_relative_to(folder.resolve())
    return found if is_inside and found.is_file() else None


def _file(path: Path, caching: str) -> FileResponse:
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    media_type = kind or "application/octet-stream"
    return FileResponse(path, media_type=media_type, headers={"Cache-Control": caching})
