"""Bars: those of Redis, those of the tables, and days, against a plain oracle."""

from datetime import datetime
from itertools import count
from typing import Any
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from api.candles import BarMemo
from api.models import Candles
from connectors.redis.candles import bar_of
from connectors.redis.candles import chart_key
from schemas.records import EquityCandle
from tests.api.pages.market import BEGIN_NS
from tests.api.pages.market import Pages
from tests.api.pages.market import add_to
from tests.api.pages.market import chance
from tests.api.pages.market import random_record
from tests.api.pages.market import ring_of
from tests.api.pages.market import stream

MINUTE_NS: Final = 60 * 10**9
FIRST_NS: Final = BEGIN_NS // MINUTE_NS * MINUTE_NS
NEW_YORK: Final = ZoneInfo("America/New_York")
_symbols: Final = count()


def bar(symbol: str, number: int, **changes: object) -> EquityCandle:
    start = FIRST_NS + number * MINUTE_NS
    made: EquityCandle = msgspec.structs.replace(
        random_record(stream("equity-candles"), 1, chance(1)),
        underlying_id=symbol,
        interval_ms=60_000,
        window_start=start,
        window_end=start + MINUTE_NS,
        source_ts=start + MINUTE_NS,
        source="synthetic",
        trace_id=f"candle:synthetic:{symbol}:60000:{start}",
        closed=True,
        close=100.0 + number,
        revision=0,
    )
    return msgspec.structs.replace(made, **changes)


def cache(pages: Pages, bars: list[EquityCandle]) -> None:
    """Put bars into Redis as the candles' sink does."""
    for each in bars:
        version = each.window_start.to_bytes(8, "big") + each.revision.to_bytes(4, "big")
        member = version + msgspec.msgpack.encode(each)
        assert bar_of(member) == each
        key = chart_key(each.underlying_id, each.interval_ms)
        pages.cache(key, member)


def ask(pages: Pages, symbol: str, more: str = "") -> dict[str, Any]:
    answer = pages.get(f"/candles/equities?underlying_id={symbol}&interval_ms=60000{more}")
    assert answer.status_code == 200, answer.text
    Candles.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    return found


def closes(body: dict[str, Any]) -> list[float]:
    return [row["close"] for row in body["data"]]


@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None, derandomize=True)
@given(data=st.data())
def test_bars_are_those_of_the_oracle_wherever_they_are(pages: Pages, data: st.DataObject) -> None:
    symbol = f"C{next(_symbols)}"
    last = data.draw(st.integers(0, 12))
    bars = [bar(symbol, number) for number in range(last)]
    bars.append(bar(symbol, last, closed=data.draw(st.booleans())))
    revised = {
        number: msgspec.structs.replace(bars[number], revision=1, close=200.0 + number)
        for number in data.draw(st.sets(st.integers(0, last)))
    }
    known = [revised.get(number, each) for number, each in enumerate(bars)]
    pages.tables.insert(stream("equity-candles"), [*bars, *revised.values()])
    kept = data.draw(st.integers(0, last + 1))
    cache(pages, [*bars[last + 1 - kept :], *[revised[n] for n in revised if n > last - kept]])
    since = data.draw(st.none() | st.integers(0, last))
    until = data.draw(st.none() | st.integers((since or 0) + 1, last + 2))
    limit = data.draw(st.integers(1, last + 2))
    more = f"&limit={limit}"
    more += "" if since is None else f"&start_ts={FIRST_NS + since * MINUTE_NS}"
    more += "" if until is None else f"&end_ts={FIRST_NS + until * MINUTE_NS}"

    hot, cold = ask(pages, symbol, more), ask(pages, symbol, f"{more}&cache=false")

    wanted = known[since or 0 : until][-limit:]
    forming = wanted.pop() if wanted and not wanted[-1].closed else None
    assert closes(hot) == [each.close for each in wanted]
    assert (hot["forming"] or {}).get("close") == (None if forming is None else forming.close)
    assert hot == cold


def test_bar_that_is_not_stored_yet_comes_from_the_ring_when_redis_is_silent(pages: Pages) -> None:
    symbol = f"C{next(_symbols)}"
    bars = [bar(symbol, number) for number in range(4)]
    pages.tables.insert(stream("equity-candles"), bars[:3])
    late = msgspec.structs.replace(bars[2], revision=1, close=7.0)
    ring = ring_of(stream("equity-candles"), [late])
    add_to(ring, [msgspec.structs.replace(bars[3], closed=False)])
    pages.hub.rings["equity-candles"] = ring

    body = ask(pages, symbol)

    assert closes(body) == [100.0, 101.0, 7.0]
    assert body["forming"]["close"] == 103.0


def test_chart_keeps_to_the_feed_of_its_newest_bar(pages: Pages) -> None:
    symbol = f"C{next(_symbols)}"
    other = [
        bar(symbol, number, source="alpaca", trace_id=f"candle:alpaca:{symbol}:{number}")
        for number in range(3)
    ]
    pages.tables.insert(
        stream("equity-candles"), [*other, *[bar(symbol, number) for number in range(2, 5)]]
    )

    assert len(ask(pages, symbol)["data"]) == 3
    assert [row["source"] for row in ask(pages, symbol, "&source=alpaca")["data"]] == ["alpaca"] * 3


def test_closed_range_may_be_kept_and_is_not_sent_twice(pages: Pages) -> None:
    symbol = f"C{next(_symbols)}"
    pages.tables.insert(stream("equity-candles"), [bar(symbol, number) for number in range(3)])
    path = f"/candles?underlying_id={symbol}&interval_ms=60000"
    closed = f"{path}&start_ts={FIRST_NS}&end_ts={FIRST_NS + 2 * MINUTE_NS}"

    first = pages.get(closed)
    again = pages.get(closed, {"If-None-Match": f'"x", {first.headers["etag"]}'})
    other = pages.get(closed, {"If-None-Match": '"x"'})
    growing = pages.get(path)

    assert first.headers["cache-control"] == "private, max-age=3600"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert other.content == first.content
    assert growing.headers["cache-control"] == "no-store"


def test_day_is_rolled_up_from_the_minutes_of_its_regular_hours(pages: Pages) -> None:
    symbol = f"C{next(_symbols)}"
    minutes = []
    for day in (19, 20):
        for hour, minute, session in (
            (8, 0, "pre"),
            (9, 30, "rth"),
            (12, 0, "rth"),
            (15, 59, "rth"),
        ):
            start = int(datetime(2025, 11, day, hour, minute, tzinfo=NEW_YORK).timestamp()) * 10**9
            minutes.append(
                bar(
                    symbol,
                    0,
                    window_start=start,
                    window_end=start + MINUTE_NS,
                    trace_id=f"candle:synthetic:{symbol}:60000:{start}",
                    session=session,
                    open=10.0 + hour,
                    high=50.0 + hour + day,
                    low=5.0 + hour,
                    close=20.0 + hour + day,
                    vwap=float(hour),
                    volume=float(minute + 1),
                    off_exchange_volume=1.0,
                    odd_lot_volume=0.5,
                    trade_count=3,
                )
            )
    pages.tables.insert(stream("equity-candles"), minutes)
    path = f"/candles?underlying_id={symbol}&interval_ms=86400000"

    body = pages.get(path).json()

    (day,) = body["data"]
    assert day["window_start"] == str(
        int(datetime(2025, 11, 19, tzinfo=NEW_YORK).timestamp()) * 10**9
    )
    assert (day["open"], day["high"], day["low"], day["close"]) == (19.0, 84.0, 14.0, 54.0)
    assert (day["volume"], day["trade_count"], day["off_exchange_volume"]) == (92.0, 9, 3.0)
    assert day["vwap"] == pytest.approx((9 * 31 + 12 * 1 + 15 * 60) / 92)
    # Nothing behind its regular hours is known of the second day.
    assert body["forming"]["close"] == 55.0
    assert body["forming"]["closed"] is False


def test_memo_lets_go_of_what_was_not_used_for_longest() -> None:
    bars = [bar("MEMO", number) for number in range(4)]
    members = [
        each.window_start.to_bytes(8, "big") + bytes(4) + msgspec.msgpack.encode(each)
        for each in bars
    ]
    memo = BarMemo(5000)
    first = memo.item(members[0])

    assert memo.item(members[0]) is first
    for member in members[1:]:
        memo.item(member)
    assert memo.item(members[0]) is not first
