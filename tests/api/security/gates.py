"""A small gateway behind the real gate: no hub, no log, clocks the test moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2 as httpx
import pytest
from fakeredis import FakeAsyncRedis
from fastapi import FastAPI
from fastapi import Request
from fastapi import WebSocket
from starlette.testclient import TestClient

from api import problems
from api.rest import auth
from api.security.auth import Security
from api.security.limits import MAX_WAIT_S
from api.security.middleware import Guard
from api.security.passwords import hash_password
from api.security.principal import Principal
from api.security.principal import principal_of
from infra.gateway_settings import GatewaySettings

PASSWORD = "correct horse battery"  # noqa: S105 - of the test
HASH = hash_password(PASSWORD)
HOST = "127.0.0.1:4000"
ORIGIN = f"http://{HOST}"
WRITE = {"Origin": ORIGIN, "X-Islandflow": "1", "Content-Type": "application/json"}
NOON_S = 1_763_650_800.0
LONGER_THAN_ANY_WAIT_S = MAX_WAIT_S + 1.0


@dataclass
class Clock:
    now_s: float = NOON_S

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Gate:
    client: TestClient
    security: Security
    clock: Clock
    redis: FakeAsyncRedis
    seen: list[Principal | None] = field(default_factory=list)

    def login(self, password: str = PASSWORD, **headers: str) -> httpx.Response:
        return self.client.post("/auth/login", json={"password": password}, headers=headers)

    def token(self, *scopes: str) -> dict[str, str]:
        _, secret = self.security.tokens.create("-".join(scopes), scopes)
        return {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)


def code_of(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == problems.MEDIA_TYPE, answer.text
    body: dict[str, Any] = answer.json()
    assert body["status"] == answer.status_code
    assert body["request_id"]
    return str(body["code"])


class CheapCheck:
    """Compares as argon2id does, without its half second on a busy machine."""

    async def is_right(self, password: str) -> bool:
        return password == PASSWORD


@contextmanager
def gate(tmp_path: Path, **changes: object) -> Iterator[Gate]:
    settings = GatewaySettings.model_validate({"api_password_hash": HASH, **changes})
    clock = Clock()
    redis = FakeAsyncRedis()
    security = Security(settings, tmp_path, redis, clock=clock, ticks=clock)
    if not changes.get("is_slow"):
        security._password = CheapCheck()  # type: ignore[assignment]
    app = small_app(security)
    scheme = str(changes.get("scheme", "http"))
    with TestClient(app, base_url=f"{scheme}://{HOST}", client=("127.0.0.1", 50_000)) as client:
        client.portal.call(security.start)  # type: ignore[union-attr]
        yield Gate(client, security, clock, redis, app.state.seen)


def small_app(security: Security) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.state.services = SimpleNamespace(security=security)
    app.state.seen = []
    app.include_router(auth.router)
    problems.install(app)
    app.add_middleware(Guard, security=security)

    async def echo(request: Request) -> dict[str, str]:
        app.state.seen.append(request.state.principal)
        body = await request.body()
        name = "nobody" if request.state.principal is None else principal_of(request).name
        return {"name": name, "bytes": str(len(body))}

    reading = (
        *("/health", "/ready", "/config/ui", "/", "/app/{rest:path}", "/prints/options"),
        *("/metrics", "/flow/packets/{id:path}", "/evidence", "/export/{stream}", "/boom"),
        *("/news/{id}", "/openapi.json", "/sql/schema"),
    )
    for path in reading:
        app.add_api_route(path, boom if path == "/boom" else echo, methods=["GET"])
    for path in ("/watchlists", "/evidence/batch", "/sql", "/admin/synthetic/control"):
        app.add_api_route(path, echo, methods=["POST", "PUT", "DELETE"])

    @app.websocket("/ws/live")
    async def live(websocket: WebSocket) -> None:
        principal = await security.accept(websocket, "islandflow.v1.bin")
        if principal is not None:
            await websocket.send_json({"name": principal.name})
            await websocket.close(1000)

    return app


async def boom() -> None:
    msg = "a fault with a secret ifl_abcdefghijklmnopqrstuvwxyz"
    raise RuntimeError(msg)


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Gate]:
    with gate(tmp_path) as made:
        yield made


@pytest.fixture
def entered(closed: Gate) -> Gate:
    assert closed.login().status_code == 200
    return closed
