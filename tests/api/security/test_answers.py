import asyncio
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
import uvicorn
from starlette.types import Receive
from starlette.types import Scope
from starlette.types import Send
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from api.security.access_log import configure_log
from tests.api.security.gates import PASSWORD
from tests.api.security.gates import WRITE
from tests.api.security.gates import Gate
from tests.api.security.gates import code_of
from tests.api.security.gates import gate

POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; frame-ancestors 'none'"
)
PATHS = ["/health", "/app/", "/prints/options", "/no/such", "/boom", "/auth/session"]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    kept = structlog.get_config()
    out = io.StringIO()
    configure_log(out)
    yield out
    structlog.configure(**kept)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("is_known", [True, False])
def test_every_answer_carries_the_headers(closed: Gate, path: str, is_known: bool) -> None:
    answer = closed.client.get(path, headers=closed.token("read") if is_known else {})

    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers


def test_under_tls_the_browser_is_told_to_stay_there(tmp_path: Path) -> None:
    with gate(tmp_path, scheme="https") as encrypted:
        answer = encrypted.get("/health")

        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


def test_behind_a_proxy_the_clients_side_counts(tmp_path: Path) -> None:
    with gate(tmp_path, api_trusted_proxies="127.0.0.1") as proxied:
        answer = proxied.get("/health", **{"X-Forwarded-Proto": "https"})

        assert "strict-transport-security" in answer.headers
        cookie = proxied.login(**{"X-Forwarded-Proto": "https"}).headers["set-cookie"]
        assert cookie.startswith("__Host-islandflow=")
        assert "Secure" in cookie


def test_a_fault_tells_nothing_of_itself(closed: Gate) -> None:
    answer = closed.client.get("/boom", headers=closed.token("read"))

    assert answer.status_code == 500
    assert code_of(answer) == "internal"
    assert "fault" not in answer.text


def test_nothing_secret_is_logged(lines: io.StringIO, closed: Gate) -> None:
    session_id = closed.login().cookies["islandflow"]
    closed.login("wrong wrong wrong")
    bearer = closed.token("read", "admin")
    secret = bearer["Authorization"].removeprefix("Bearer ")
    closed.client.get("/prints/options")
    closed.client.post("/auth/tokens", json={"name": "n", "scopes": ["read"]}, headers=WRITE)
    closed.client.cookies.clear()
    closed.client.get(f"/flow/packets/{secret}", headers=bearer)
    closed.client.get(f"/prints/options?token={secret}", headers=bearer)
    closed.client.get("/boom", headers=bearer)
    closed.client.get("/prints/options", headers={"Authorization": f"Basic {secret}"})
    structlog.get_logger().warning("odd", webhook_url="https://hooks.example/abc", cookie="c=1")

    log = lines.getvalue()
    assert "boom" in log
    for hidden in (session_id, PASSWORD, "wrong wrong wrong", secret, "abcdefgh", "hooks.example"):
        assert hidden not in log
    made = [each.sha256[:16] for each in closed.security.tokens.all()]
    assert not [hashed for hashed in made if hashed in log]


def test_the_log_is_json_with_what_an_operator_asks_for(lines: io.StringIO, closed: Gate) -> None:
    answer = closed.client.get("/prints/options", headers=closed.token("read"))
    refused = closed.client.get("/prints/options")

    first, second = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert first["event"] == "request"
    assert (first["method"], first["path"], first["status"]) == ("GET", "/prints/options", 200)
    assert (first["principal"], first["address"]) == ("read", "127.0.0.1")
    assert first["request_id"]
    assert answer.is_success
    assert second["request_id"] == refused.json()["request_id"]
    assert (second["status"], second["principal"]) == (401, "")


def test_lines_cannot_be_forged_by_a_path(lines: io.StringIO, closed: Gate) -> None:
    closed.client.get("/x%0a%7B%22event%22:%22request%22%7D" + "y" * 1000)

    (line,) = lines.getvalue().splitlines()
    assert json.loads(line)["path"].startswith('/x\n{"event"')
    assert len(line) < 600


def test_the_server_does_not_log_a_denied_handshake_as_a_fault(
    caplog: pytest.LogCaptureFixture, lines: io.StringIO
) -> None:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"no"})

    async def play() -> int:
        config = uvicorn.Config(
            refuse, port=0, lifespan="off", log_config=None, ws="websockets-sansio"
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started and not serving.done():  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with pytest.raises(InvalidStatus) as denied:
            await connect(f"ws://127.0.0.1:{port}/ws/live")
        server.should_exit = True
        await serving
        return denied.value.response.status_code

    assert asyncio.run(play()) == 403
    assert [each.getMessage() for each in caplog.records if each.levelno > logging.INFO] == []
