import hashlib
import stat
from pathlib import Path

import pytest

from api.security.tokens import MAX_TOKENS
from api.security.tokens import Tokens
from infra.errors import MisconfiguredInfra
from tests.api.security.gates import WRITE
from tests.api.security.gates import Gate
from tests.api.security.gates import code_of

ALLOWED = [
    ("read", "GET", "/prints/options", True),
    ("read", "POST", "/evidence/batch", True),
    ("read", "POST", "/watchlists", False),
    ("read", "POST", "/sql", False),
    ("read", "GET", "/sql/schema", False),
    ("read", "GET", "/auth/tokens", False),
    ("read", "GET", "/auth/session", True),
    ("read", "PUT", "/admin/synthetic/control", False),
    ("operate", "POST", "/watchlists", True),
    ("operate", "DELETE", "/watchlists", True),
    ("operate", "GET", "/prints/options", False),
    ("operate", "PUT", "/admin/synthetic/control", False),
    ("sql", "POST", "/sql", True),
    ("sql", "GET", "/sql/schema", True),
    ("sql", "GET", "/prints/options", False),
    ("admin", "PUT", "/admin/synthetic/control", True),
    ("admin", "GET", "/auth/tokens", True),
    ("admin", "POST", "/watchlists", False),
    ("admin", "GET", "/export/options", False),
]


@pytest.mark.parametrize(("scope", "method", "path", "is_allowed"), ALLOWED)
def test_a_token_may_do_what_its_scopes_say(
    closed: Gate, scope: str, method: str, path: str, is_allowed: bool
) -> None:
    answer = closed.client.request(method, path, headers=closed.token(scope))

    assert (answer.status_code < 300) is is_allowed
    assert is_allowed or code_of(answer) == "scope_missing"


def test_a_program_needs_no_cookie_and_no_header_against_forgery(closed: Gate) -> None:
    headers = closed.token("operate")

    assert closed.client.post("/watchlists", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        *("Bearer", "Bearer ", "Bearer ifl_unknown", "Basic b3BlcmF0b3I6eA==", "ifl_unknown"),
        *("Bearer " + "x" * 5000, "Bearer a b", "Digest x", "Bearer ifl_\u00e9"),
    ],
)
def test_any_other_credentials_open_nothing(closed: Gate, header: str) -> None:
    answer = closed.client.get("/prints/options", headers=[(b"Authorization", header.encode())])

    assert code_of(answer) == "auth_required"


def test_two_tokens_in_one_request_are_no_token(closed: Gate) -> None:
    good = closed.token("read")["Authorization"]
    headers = [("Authorization", good), ("Authorization", good)]

    assert code_of(closed.client.get("/prints/options", headers=headers)) == "auth_required"


def test_a_wrong_token_is_not_helped_by_a_cookie(entered: Gate) -> None:
    answer = entered.get("/prints/options", Authorization="Bearer ifl_unknown")

    assert code_of(answer) == "auth_required"


def test_a_token_is_shown_once_listed_without_it_and_removed(entered: Gate) -> None:
    body = {"name": "grafana", "scopes": ["sql", "read"]}
    made = entered.client.post("/auth/tokens", json=body, headers=WRITE).json()

    listed = entered.client.get("/auth/tokens").json()["data"]
    secret = made.pop("token")
    assert listed == [made]
    assert made["scopes"] == ["read", "sql"]
    assert len(secret) == len("ifl_") + 43
    bearer = {"Authorization": f"Bearer {secret}"}
    entered.client.cookies.clear()
    assert entered.client.get("/prints/options", headers=bearer).json()["name"] == "grafana"
    path = f"/auth/tokens/{made['id']}"
    admin = entered.token("admin")
    assert entered.client.delete(path, headers=admin).status_code == 204
    assert code_of(entered.client.delete(path, headers=admin)) == "not_found"
    answer = entered.client.get("/prints/options", headers=bearer)
    assert code_of(answer) == "auth_required"


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"name": "x"}, {"name": "x", "scopes": []}, {"name": "x", "scopes": ["root"]}),
        *({"name": "", "scopes": ["read"]}, {"name": "x" * 65, "scopes": ["read"]}),
        *({"name": "a\nb", "scopes": ["read"]}, {"name": "x", "scopes": ["read"], "sha256": "1"}),
    ],
)
def test_a_malformed_token_is_not_made(entered: Gate, body: dict[str, object]) -> None:
    answer = entered.client.post("/auth/tokens", json=body, headers=WRITE)

    assert code_of(answer) == "parameter_invalid"
    assert entered.security.tokens.all() == ()


def test_two_tokens_of_one_name_are_not_made(entered: Gate) -> None:
    body = {"name": "grafana", "scopes": ["read"]}
    entered.client.post("/auth/tokens", json=body, headers=WRITE)

    answer = entered.client.post("/auth/tokens", json=body, headers=WRITE)
    assert code_of(answer) == "parameter_invalid"


def test_the_file_holds_hashes_and_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "gateway" / "tokens.json"
    _, secret = Tokens(path).create("program", ["read"])

    content = path.read_text()
    assert secret not in content
    assert hashlib.sha256(secret.encode()).hexdigest() in content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    Tokens(path).create("program", ["read"])
    path.chmod(0o644)

    with pytest.raises(MisconfiguredInfra, match="chmod 600"):
        Tokens(path).all()


@pytest.mark.parametrize("content", ["", "{", "[1]", '[{"id":"x"}]', '{"a":1}'])
def test_a_damaged_file_is_named_and_lets_nobody_in(closed: Gate, content: str) -> None:
    headers = closed.token("read")
    path = closed.security.tokens._path
    path.write_text(content)

    assert code_of(closed.client.get("/prints/options", headers=headers)) == "dependency_down"
    with pytest.raises(MisconfiguredInfra, match="damaged"):
        Tokens(path).all()


def test_tokens_made_and_removed_beside_a_running_gateway_count_at_once(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    running, beside = Tokens(path), Tokens(path)

    made, secret = beside.create("program", ["read"])
    principal = running.find(secret)
    assert principal is not None
    assert running.is_alive(principal)
    beside.remove(made.id)
    assert running.find(secret) is None
    assert not running.is_alive(principal)


def test_a_token_of_other_scopes_is_another_principal(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.json")
    first, secret = tokens.create("program", ["read", "sql"])
    principal = tokens.find(secret)
    tokens.remove(first.id)
    tokens.create("program", ["read"])

    assert principal is not None
    assert not tokens.is_alive(principal)


def test_there_is_an_end_to_tokens(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.json")
    for number in range(MAX_TOKENS):
        tokens.create(f"n{number}", ["read"])

    with pytest.raises(MisconfiguredInfra, match="remove one"):
        tokens.create("one more", ["read"])


@pytest.mark.parametrize(
    "query",
    [
        *("token=x", "access_token=abc", "api_key=1", "password=x", "Authorization=Bearer+x"),
        *("limit=5&TOKEN=x", "a=ifl_abcdefgh", "ifl_abcdefgh", "q=%69fl_abcdefgh", "session=1"),
        *("secret=", "jwt=eyJ"),
    ],
)
@pytest.mark.parametrize("path", ["/prints/options", "/health", "/auth/session", "/nowhere"])
def test_a_secret_in_the_url_is_refused_before_anything_else(
    closed: Gate, path: str, query: str
) -> None:
    answer = closed.client.get(f"{path}?{query}", headers=closed.token("read"))

    assert code_of(answer) == "token_in_query"
    assert "abcdefgh" not in answer.text


@pytest.mark.parametrize("query", ["q=tokens+of+ai", "limit=5", "cursor=abc", "scope=token"])
def test_words_that_are_no_secrets_pass(closed: Gate, query: str) -> None:
    asked = closed.client.get(f"/prints/options?{query}", headers=closed.token("read"))

    assert asked.status_code == 200
