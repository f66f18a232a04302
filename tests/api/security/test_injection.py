import string
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.api.security.gates import Gate
from tests.api.security.gates import gate

REPOSITORY = Path(__file__).resolve().parents[3]
HOSTILE = st.sampled_from(
    [
        *("'", "' OR 1=1 --", "; DROP TABLE x", "../../etc/passwd", "%00", "\0", "{x:String}"),
        *("\\", "\ud83d\ude00", "\u202e", "${jndi:x}", "{{7*7}}", "\r\nSet-Cookie: a=b", "%", "#"),
        *("?", "/", "//", "..", "%2e%2e%2f", "a" * 3000, "-1", "1e999", "NaN", "null", "[]"),
    ]
)
TEXTS = st.text(max_size=40) | HOSTILE | st.lists(HOSTILE, max_size=3).map("".join)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"])
ROUTES = st.sampled_from(
    [
        *("/flow/packets/{}", "/news/{}", "/export/{}", "/app/{}", "/{}", "/auth/tokens/{}"),
        *("/{}/health", "/sql/{}", "/auth/{}", "/prints/options{}"),
    ]
)
NAMES = st.text(string.ascii_letters + "_[].", min_size=1, max_size=12)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    limits = {"rate_limit_rest": 10**9, "rate_limit_lookup": 10**9}
    with gate(tmp_path_factory.mktemp("opened"), api_auth="disabled", **limits) as made:
        yield made


@given(method=METHODS, route=ROUTES, text=TEXTS, query=st.dictionaries(NAMES, TEXTS, max_size=3))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_path_and_no_parameter_is_a_fault_of_ours(
    opened: Gate, method: str, route: str, text: str, query: dict[str, str]
) -> None:
    written = quote(text.encode(errors="replace"), safe="")
    pairs = "&".join(f"{k}={quote(v.encode(errors='replace'))}" for k, v in query.items())

    answer = opened.client.request(method, f"{route.format(written)}?{pairs}")
    assert answer.status_code < 500
    assert "set-cookie" not in answer.headers


@given(header=st.sampled_from(["Host", "Origin", "Cookie", "Authorization", "X-Forwarded-For"]))
@settings(max_examples=20, deadline=None)
def test_no_header_is_a_fault_of_ours(opened: Gate, header: str) -> None:
    for text in ("", "\x80\xff", ";" * 500, "=" * 500, "a=b; a=c", ",,,", "Bearer \xff"):
        answer = opened.client.get(
            "/prints/options", headers=[(header.encode(), text.encode("latin-1"))]
        )
        assert answer.status_code < 500


def test_no_query_of_the_gateway_is_put_together_from_text() -> None:
    """Queries stand in files; what is made up in code consists of our own names only."""
    found = [
        f"{path.name}: {{{piece}}}"
        for path in sorted((REPOSITORY / "api" / "queries").glob("*.sql"))
        for piece in path.read_text().split("{")[1:]
        if ":" not in piece.partition("}")[0]
    ]

    assert not found
