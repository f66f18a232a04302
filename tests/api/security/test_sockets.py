from pathlib import Path

import pytest
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from tests.api.security.gates import HOST
from tests.api.security.gates import ORIGIN
from tests.api.security.gates import WRITE
from tests.api.security.gates import Gate
from tests.api.security.gates import gate

PATH = f"ws://{HOST}/ws/live"


def name_of(found: Gate, headers: dict[str, str], path: str = PATH) -> str:
    with found.client.websocket_connect(path, headers=headers) as socket:
        assert str(socket.accepted_subprotocol) == "islandflow.v1.bin"
        return str(socket.receive_json()["name"])


def denial(found: Gate, headers: dict[str, str], path: str = PATH) -> str:
    with pytest.raises(WebSocketDenialResponse) as denied:
        name_of(found, headers, path)
    return str(denied.value.json()["code"])


def test_a_session_of_our_own_page_opens_a_socket(entered: Gate) -> None:
    assert name_of(entered, {"Origin": ORIGIN}) == "operator"


def test_a_cookie_without_origin_opens_none(entered: Gate) -> None:
    assert denial(entered, {}) == "auth_required"


def test_a_token_opens_a_socket_without_origin(closed: Gate) -> None:
    assert name_of(closed, closed.token("read")) == "read"


@pytest.mark.parametrize("scopes", [("operate",), ("sql", "admin")])
def test_a_token_that_may_not_read_opens_none(closed: Gate, scopes: tuple[str, ...]) -> None:
    assert denial(closed, closed.token(*scopes)) == "scope_missing"


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:4000", "ws://127.0.0.1:4000", ""]
)
def test_a_page_of_another_origin_opens_none(entered: Gate, origin: str) -> None:
    assert denial(entered, {"Origin": origin}) == "origin_refused"
    assert denial(entered, {"Origin": origin, **entered.token("read")}) == "origin_refused"


def test_a_foreign_host_opens_none(entered: Gate) -> None:
    headers = {"Host": "evil.example", "Origin": "http://evil.example"}

    assert denial(entered, headers) == "origin_refused"


def test_a_token_in_the_url_opens_none(closed: Gate) -> None:
    secret = closed.token("read")["Authorization"].removeprefix("Bearer ")

    assert denial(closed, {}, f"{PATH}?token={secret}") == "token_in_query"


def test_an_ended_session_opens_none(entered: Gate) -> None:
    cookie = entered.client.cookies["islandflow"]
    entered.client.post("/auth/logout", headers=WRITE)
    headers = {"Origin": ORIGIN, "Cookie": f"islandflow={cookie}"}

    assert denial(entered, headers) == "auth_expired"


def test_twenty_handshakes_of_an_address_that_is_not_let_in_are_looked_at(entered: Gate) -> None:
    codes = [denial(entered, {}) for _ in range(22)]

    assert codes == ["auth_required"] * 20 + ["rate_limited"] * 2
    assert name_of(entered, {"Origin": ORIGIN}) == "operator"
    entered.clock.now_s += 3
    assert denial(entered, {}) == "auth_required"


def test_without_authentication_foreign_pages_are_refused_still(tmp_path: Path) -> None:
    with gate(tmp_path, api_auth="disabled") as opened:
        assert name_of(opened, {}) == "local"
        assert name_of(opened, {"Origin": ORIGIN}) == "local"
        assert denial(opened, {"Origin": "http://evil.example"}) == "origin_refused"
        assert denial(opened, {"Host": "evil.example"}) == "origin_refused"


def test_a_socket_nobody_serves_is_closed(entered: Gate) -> None:
    with pytest.raises(WebSocketDisconnect):
        name_of(entered, {"Origin": ORIGIN}, PATH.replace("live", "none"))


@pytest.mark.parametrize("scopes", [("read",), ("read", "sql")])
def test_a_socket_ends_with_its_token(closed: Gate, scopes: tuple[str, ...]) -> None:
    made, secret = closed.security.tokens.create("program", scopes)
    principal = closed.security.tokens.find(secret)
    assert principal is not None
    assert closed.client.portal is not None
    check = closed.security.check

    assert closed.client.portal.call(check, principal)
    closed.security.tokens.remove(made.id)
    assert not closed.client.portal.call(check, principal)
