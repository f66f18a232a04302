from pathlib import Path

import pytest

from tests.api.security.gates import Gate
from tests.api.security.gates import code_of
from tests.api.security.gates import gate

OPEN = ["/health", "/ready", "/config/ui", "/", "/app/", "/app/assets/index-1.js"]
CLOSED = [
    *("/prints/options", "/flow/packets/pk:1", "/evidence", "/export/options", "/openapi.json"),
    *("/sql/schema", "/auth/session", "/auth/tokens", "/no/such/path", "/application"),
    *("/health/", "/HEALTH"),
]


@pytest.mark.parametrize("path", OPEN)
def test_anybody_may_ask_what_is_on_the_list(closed: Gate, path: str) -> None:
    answer = closed.get(path)

    assert answer.status_code == 200
    assert closed.seen == [None]


@pytest.mark.parametrize("path", CLOSED)
def test_nobody_else_is_told_whether_a_path_exists(closed: Gate, path: str) -> None:
    answer = closed.get(path)

    assert answer.status_code == 401
    assert code_of(answer) == "auth_required"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert closed.seen == []


@pytest.mark.parametrize("path", ["/health", "/config/ui", "/app/x", "/auth/session"])
def test_open_paths_are_open_for_reading_only(closed: Gate, path: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "QUERY"):
        assert code_of(closed.client.request(method, path)) == "auth_required"


@pytest.mark.parametrize("path", CLOSED[:5])
def test_without_authentication_everybody_of_this_machine_may_do_all(
    tmp_path: Path, path: str
) -> None:
    with gate(tmp_path, api_auth="disabled") as opened:
        assert opened.get(path).json()["name"] == "local"
        assert opened.get("/auth/session").json()["login"] == "none"
        assert opened.client.post("/auth/login", json={"password": "any"}).status_code == 200


def test_metrics_need_no_token_on_this_machine_only(closed: Gate) -> None:
    assert closed.get("/metrics").status_code == 200


def test_metrics_need_a_token_where_others_reach_them(tmp_path: Path) -> None:
    changes = {"api_host": "0.0.0.0", "api_trusted_proxies": "10.0.0.0/8"}  # noqa: S104
    with gate(tmp_path, **changes) as remote:
        assert code_of(remote.get("/metrics")) == "auth_required"
        assert remote.client.get("/metrics", headers=remote.token("read")).status_code == 200


def test_metrics_behind_a_proxy_need_a_token(tmp_path: Path) -> None:
    with gate(tmp_path, api_trusted_proxies="127.0.0.1") as proxied:
        asked = proxied.get("/metrics", **{"X-Forwarded-For": "127.0.0.1"})

        assert code_of(asked) == "auth_required"
