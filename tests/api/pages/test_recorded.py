"""The pages of a whole gateway over a recorded session: bytes as the document says."""

import pytest

from api.live.filters import filter_names
from api.models import Candles
from api.models import ascending_model
from api.models import page_model
from api.streams import STREAMS
from tests.api.recorded import Gateway

# Their recent routes answer with series or the latest alone.
SERIES = {"net-premium", "equity-profile", "equity-candles"}


@pytest.mark.parametrize("name", STREAMS)
def test_recent_and_stored_pages_keep_to_their_models(name: str, gateway: Gateway) -> None:
    view = {"view": "raw"} if "view" in filter_names(STREAMS[name]) else {}

    back = gateway.get(f"/history/{name}", limit=50, **view)
    forth = gateway.get(f"/replay/{name}", limit=50, **view)

    page_model(name).model_validate_json(back.content)
    ascending_model(name).model_validate_json(forth.content)
    if name not in SERIES:
        recent = gateway.get(STREAMS[name].recent, limit=50, **view)
        assert recent.json()["data"] == back.json()["data"]


@pytest.mark.parametrize("name", ["options", "nbbo", "equities", "flow", "alerts", "order-flow"])
def test_reading_back_from_the_ring_into_the_tables_gives_every_record_once(
    name: str, gateway: Gateway
) -> None:
    view = {"view": "raw"} if name == "options" else {}
    back: list[str] = []
    forth: list[str] = []
    cursor: dict[str, str] = {}
    sources = set()
    while True:
        page = gateway.get(f"/history/{name}", limit=1000, **view, **cursor).json()
        back += [row["trace_id"] for row in page["data"]]
        sources.add(page["source"])
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    cursor = {}
    while True:
        page = gateway.get(f"/replay/{name}", limit=1000, **view, **cursor).json()
        forth += [row["trace_id"] for row in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert back == forth[::-1]
    assert len(set(back)) == len(back) > 0
    assert "hot" in sources or "mixed" in sources


def test_bars_of_redis_are_those_of_the_tables(gateway: Gateway) -> None:
    symbol = gateway.get("/history/equity-candles", limit=1).json()["data"][0]["underlying_id"]
    for interval_ms in (1000, 5000, 60_000, 3_600_000):
        query = {"underlying_id": symbol, "interval_ms": interval_ms}

        hot = gateway.get("/candles/equities", **query)
        cold = gateway.get("/candles/equities", **query, cache="false")

        Candles.model_validate_json(hot.content)
        assert hot.content == cold.content
        assert len(hot.json()["data"]) + (hot.json()["forming"] is not None) > 0
