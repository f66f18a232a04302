"""Every route of the specification answers, with ids of the recorded session."""

from collections.abc import Mapping
from typing import Any

import pytest

from api.streams import STREAMS
from api.streams import WITHOUT_FEED
from benchmarks.market import START_NS
from tests.api.recorded import SECONDS
from tests.api.recorded import Gateway

SYMBOL = "NVDA"
SPAN = {"start_ts": str(START_NS), "end_ts": str(START_NS + SECONDS * 10**9)}
OF_SYMBOL = {"underlying_id": SYMBOL}

# Gateway specification, 5, 6, 7, 10, 11: path and query, answered 200. `{…}` is filled with an id
# of the session.
ANSWERED: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("/prints/options", {}),
    ("/prints/equities", {}),
    ("/prints/equities/range", {**OF_SYMBOL, **SPAN}),
    ("/prints/options/by-trace", {"trace_id": "{print}"}),
    ("/nbbo/options", {}),
    ("/quotes/equities", {}),
    ("/joins/equities", {}),
    ("/dark/inferred", {}),
    ("/flow/packets", {}),
    ("/flow/packets/{packet}", {}),
    ("/flow/smart-money", {}),
    ("/flow/smart-money/{event}", {}),
    ("/flow/classifier-hits", {}),
    ("/flow/classifier-hits/{hit}", {}),
    ("/flow/alerts", {}),
    ("/flow/alerts/{alert}", {}),
    ("/flow/alerts/{alert}/outcomes", {}),
    ("/equities/order-flow", {}),
    ("/equities/state", {}),
    ("/signals", {}),
    ("/candles/equities", OF_SYMBOL),
    ("/candles", {**OF_SYMBOL, "interval_ms": "300000"}),
    ("/flow/net-premium", {**OF_SYMBOL, **SPAN}),
    ("/flow/premium-grid", {**OF_SYMBOL, **SPAN}),
    ("/flow/mix", {"by": "profile", **SPAN}),
    ("/dark/levels", {**OF_SYMBOL, **SPAN}),
    ("/flow/scorecard", {"by": "classifier"}),
    ("/evidence", {"ref": "{alert}"}),
    ("/tickers", {}),
    (f"/tickers/{SYMBOL}", {}),
    ("/tickers/search", {"q": "NV"}),
    ("/equities/profile", OF_SYMBOL),
    ("/equities/lvn", OF_SYMBOL),
    ("/sql/schema", {}),
    ("/config/ui", {}),
    ("/openapi.json", {}),
    *((f"/{kind}", {}) for kind in ("watchlists", "presets", "workspaces", "alert-rules")),
    *((f"/{kind}", {}) for kind in ("settings", "acks")),
    ("/operator/bundle", {}),
    ("/replay/runs", {}),
    ("/auth/session", {}),
    ("/auth/tokens", {}),
    ("/health", {}),
    ("/ready", {}),
    ("/metrics", {}),
    ("/ops/pipeline", {}),
    ("/ops/dlq", {}),
    ("/ops/losses", {}),
    *((f"/history/{name}", {"limit": "5"}) for name in STREAMS),
    *((f"/replay/{name}", {"limit": "5"}) for name in STREAMS),
    *((f"/export/{name}", {"format": "jsonl", **SPAN}) for name in STREAMS),
)
# Nothing publishes these yet, and the answer says so.
PROMISED = (
    "/news",
    "/news/some-story",
    f"/levels/{SYMBOL}",
    f"/levels/{SYMBOL}/events",
    "/levels/model",
    "/prediction/books",
    "/orders",
    *(f"/{route}/{name}" for route in ("history", "replay", "export") for name in WITHOUT_FEED),
)
# Right questions to which there is no answer here: status and code.
REFUSED: tuple[tuple[str, int, str], ...] = (
    ("/flow/alerts/al:nothing", 404, "not_found"),
    ("/replay/runs/no-such-run", 404, "not_found"),
    ("/watchlists/no-such-list", 404, "not_found"),
    ("/history/no-such-stream", 404, "not_found"),
    ("/trading/status", 404, "not_found"),
    ("/no/such/path", 404, "not_found"),
    ("/health/", 404, "not_found"),
    ("/admin/synthetic/status", 409, "not_synthetic"),
    ("/prints/options?colour=red", 422, "parameter_invalid"),
    ("/prints/options?min_notional=much", 422, "parameter_invalid"),
    ("/history/options?before_ts=12", 422, "parameter_invalid"),
    ("/history/options?cursor=abc", 400, "cursor_invalid"),
    ("/evidence?ref=untyped", 422, "parameter_invalid"),
    ("/ops/dlq?topic=no.such.topic", 422, "parameter_invalid"),
    ("/health?colour=red", 422, "parameter_invalid"),
)


@pytest.fixture(scope="module")
def ids(gateway: Gateway) -> dict[str, str]:
    """Return ids of the session by what stands in the paths above."""
    sources = {
        "print": ("/prints/options", "trace_id"),
        "packet": ("/flow/packets", "id"),
        "event": ("/flow/smart-money", "event_id"),
        "hit": ("/flow/classifier-hits", "hit_id"),
        "alert": ("/flow/alerts", "alert_id"),
    }
    return {
        name: str(gateway.get(path, limit=1).json()["data"][0][field])
        for name, (path, field) in sources.items()
    }


def filled(text: str, ids: Mapping[str, str]) -> str:
    return text.format(**ids) if "{" in text else text


@pytest.mark.parametrize(("path", "query"), ANSWERED, ids=[f"{p}?{q}" for p, q in ANSWERED])
def test_the_route_answers(
    gateway: Gateway, ids: dict[str, str], path: str, query: Mapping[str, str]
) -> None:
    found = gateway.get(
        filled(path, ids), **{name: filled(value, ids) for name, value in query.items()}
    )

    assert found.status_code == 200, found.text[:500]
    # An export of a stream without a record is empty, and right.
    assert found.content or path.startswith("/export/")
    assert found.headers["x-request-id"]


@pytest.mark.parametrize("path", PROMISED)
def test_a_stream_without_a_feed_says_so(gateway: Gateway, path: str) -> None:
    found = gateway.get(path)

    assert found.status_code == 404, found.text[:500]
    assert found.json()["code"] == "not_found"
    assert "yet" in found.json()["detail"]


@pytest.mark.parametrize(("path", "status", "code"), REFUSED)
def test_a_wrong_question_is_answered_with_a_problem(
    gateway: Gateway, path: str, status: int, code: str
) -> None:
    found = gateway.get(path)
    body: dict[str, Any] = found.json()

    assert found.headers["content-type"] == "application/problem+json"
    assert (found.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["request_id"] == found.headers["x-request-id"]
    assert body["instance"] == path.partition("?")[0]
    assert "Traceback" not in found.text


def test_the_session_is_in_every_derived_stream_that_it_can_fill(gateway: Gateway) -> None:
    streams = ("options", "flow", "alerts", "equity-joins", "equity-candles", "net-premium")

    found = {name: gateway.get(f"/history/{name}", limit=3).json()["data"] for name in streams}

    # A page may exceed its limit by a tie.
    assert [name for name, data in found.items() if len(data) < 3] == []


def test_requests_are_counted_by_the_template_of_their_route(
    gateway: Gateway, ids: dict[str, str]
) -> None:
    gateway.get(filled("/flow/alerts/{alert}", ids))
    gateway.get("/no/such/path")
    text = gateway.get("/metrics").text

    assert 'route="/flow/alerts/{id}"' in text
    assert 'route="none"' in text
    assert ids["alert"] not in text
    assert "no/such/path" not in text
