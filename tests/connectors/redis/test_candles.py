"""The newest candles in Redis: idempotent, bounded, and read in one round trip."""

import random
from collections.abc import Sequence
from typing import cast

import msgspec
import pytest
from redis import Redis

from connectors.errors import MisconfiguredConnector
from connectors.errors import RejectedRecord
from connectors.errors import TransientConnector
from connectors.redis import candle_sink
from connectors.redis.candle_sink import CandleCacheSink
from connectors.redis.candle_sink import CandlesBehind
from connectors.redis.candles import KEY_PREFIX
from connectors.redis.candles import CandleCache
from connectors.redis.config import CandleCacheConfig
from connectors.redis.config import RedisConfig
from infra.embedded.ports import free_port
from schemas.records import EquityCandle
from tests.connectors.redis.clock import Clock

MINUTE_MS = 60_000
MINUTE_NS = MINUTE_MS * 1_000_000
START = 1_747_922_400_000_000_000
WAIT_S = 20.0


def config_at(url: str, kept: int = 500, ttl_s: int = 600) -> CandleCacheConfig:
    return CandleCacheConfig(redis=RedisConfig(url=url, timeout_s=5.0), kept=kept, ttl_s=ttl_s)


def a_bar(
    minute: int, revision: int = 0, underlying_id: str = "SPY", source: str = "synthetic"
) -> EquityCandle:
    start = START + minute * MINUTE_NS
    return EquityCandle(
        source_ts=start + revision, ingest_ts=start, seq=minute,
        trace_id=f"candle:{source}:{underlying_id}:{MINUTE_MS}:{start}",
        schema_version="equities.candles.v1", revision=revision, source=source,
        underlying_id=underlying_id, interval_ms=MINUTE_MS, window_start=start,
        window_end=start + MINUTE_NS, closed=revision > 2, session="rth", price_basis="last",
        trade_count=10, volume=100.5 + revision, off_exchange_volume=40.0, odd_lot_volume=0.5,
        open=1.0, high=2.0, low=0.5, close=1.5, vwap=None, revised_reason=None,
        policy_version="candles.policy.v1", config_hash="cafe",
    )  # fmt: skip


def raw_client(url: str) -> "Redis":
    return Redis.from_url(url, socket_timeout=5.0)


def down() -> str:
    return f"redis://127.0.0.1:{free_port('127.0.0.1')}"


def test_what_was_written_is_read_oldest_first_by_another_process(redis_url: str) -> None:
    bars = [a_bar(minute) for minute in range(5)]
    writer = CandleCache(config_at(redis_url))
    assert writer.write([bars[2], bars[0], bars[4], bars[1], bars[3]]) == 5
    writer.close()

    reader = CandleCache(config_at(redis_url))
    assert reader.read("SPY", MINUTE_MS) == bars
    assert reader.read("SPY", MINUTE_MS, 2) == bars[3:]
    assert reader.read("SPY", MINUTE_MS, 0) == []
    assert reader.read("SPY", 5_000) == []
    assert reader.read("QQQ", MINUTE_MS) == []
    reader.close()


def test_a_forming_bar_is_replaced_in_place(redis_url: str) -> None:
    cache = CandleCache(config_at(redis_url))
    for revision in range(4):
        cache.write([a_bar(0, revision)])

    assert cache.read("SPY", MINUTE_MS) == [a_bar(0, 3)]
    with raw_client(redis_url) as client:
        assert client.zcard(f"{KEY_PREFIX}{MINUTE_MS}:SPY") == 1
    cache.close()


def test_an_older_revision_never_replaces_a_newer_one(redis_url: str) -> None:
    cache = CandleCache(config_at(redis_url))
    cache.write([a_bar(0, 3), a_bar(0, 2), a_bar(1, 300)])
    cache.write([a_bar(0, 1)])
    cache.write([a_bar(0, 0), a_bar(1, 255)])

    assert cache.read("SPY", MINUTE_MS) == [a_bar(0, 3), a_bar(1, 300)]
    assert cache.read("SPY", MINUTE_MS, 2) == [a_bar(0, 3), a_bar(1, 300)]
    cache.close()


def test_an_epoch_that_is_written_again_leaves_the_same_members(redis_url: str) -> None:
    epoch = [a_bar(minute, revision) for minute in range(4) for revision in range(minute + 2)]
    cache = CandleCache(config_at(redis_url))
    for record in epoch:
        cache.write([record])
    again = CandleCache(config_at(redis_url))
    for record in epoch:
        again.write([record])

    assert again.read("SPY", MINUTE_MS) == [a_bar(minute, minute + 1) for minute in range(4)]
    with raw_client(redis_url) as client:
        assert client.zcard(f"{KEY_PREFIX}{MINUTE_MS}:SPY") == 4
    cache.close()
    again.close()


@pytest.mark.parametrize("seed", range(4))
def test_batches_in_any_order_end_in_the_greatest_revisions(redis_url: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable order, not a secret
    records = [a_bar(minute, revision) for minute in range(12) for revision in range(4)]
    records += records[::3]
    chance.shuffle(records)
    cache = CandleCache(config_at(redis_url, kept=8))
    while records:
        count = chance.randint(1, 9)
        cache.write(records[:count])
        del records[:count]
        limit = chance.randint(1, 8)
        assert len(cache.read("SPY", MINUTE_MS, limit)) <= limit

    assert cache.read("SPY", MINUTE_MS) == [a_bar(minute, 3) for minute in range(4, 12)]
    cache.close()


def test_only_the_newest_bars_are_kept(redis_url: str) -> None:
    cache = CandleCache(config_at(redis_url, kept=3))
    cache.write([a_bar(minute) for minute in range(10)])
    for minute in range(10, 14):
        cache.write([a_bar(minute)])

    assert cache.read("SPY", MINUTE_MS) == [a_bar(minute) for minute in (11, 12, 13)]
    with raw_client(redis_url) as client:
        assert client.zcard(f"{KEY_PREFIX}{MINUTE_MS}:SPY") == 3
    cache.close()


def test_bars_of_another_source_are_not_mixed_in(redis_url: str) -> None:
    old = CandleCache(config_at(redis_url))
    old.write([a_bar(minute) for minute in range(50, 55)])
    old.write([a_bar(0, underlying_id="QQQ")])
    old.close()

    new = CandleCache(config_at(redis_url))
    new.write([a_bar(0, source="alpaca")])
    new.write([a_bar(1, source="alpaca")])

    assert new.read("SPY", MINUTE_MS) == [a_bar(0, source="alpaca"), a_bar(1, source="alpaca")]
    assert new.read("QQQ", MINUTE_MS) == [a_bar(0, underlying_id="QQQ")]
    new.close()


def test_charts_expire_when_nothing_comes_and_live_on_while_something_does(redis_url: str) -> None:
    clock = Clock()
    cache = CandleCache(config_at(redis_url, ttl_s=600), clock)
    cache.write([a_bar(0)])
    with raw_client(redis_url) as client:
        keys = cast("list[bytes]", client.keys("*"))
        assert len(keys) == 2
        assert all(0 < cast("int", client.ttl(key)) <= 600 for key in keys)
        for key in keys:
            client.expire(key, 10)
        clock.now += 59.9
        cache.write([a_bar(1)])
        assert all(cast("int", client.ttl(key)) <= 10 for key in keys)
        clock.now += 0.2
        cache.write([a_bar(2)])
        assert all(cast("int", client.ttl(key)) > 10 for key in keys)
    cache.close()


def test_a_chart_that_holds_something_else_is_rejected(redis_url: str) -> None:
    cache = CandleCache(config_at(redis_url))
    with raw_client(redis_url) as client:
        client.zadd(f"{KEY_PREFIX}{MINUTE_MS}:SPY", {b"x" * 20: 0})

    with pytest.raises(RejectedRecord, match="no candle"):
        cache.read("SPY", MINUTE_MS)
    cache.close()


def test_a_redis_that_is_gone_may_be_tried_again() -> None:
    cache = CandleCache(config_at(down()))
    with pytest.raises(TransientConnector, match="Redis does not answer"):
        cache.write([a_bar(0)])
    with pytest.raises(TransientConnector, match="Redis does not answer"):
        cache.read("SPY", MINUTE_MS)
    assert cache.write([]) == 0
    cache.close()


def test_the_sink_writes_behind_the_flow_and_ends_with_everything_written(redis_url: str) -> None:
    part = CandleCacheSink(config_at(redis_url)).build("cache", 0, 1)
    for minute in range(30):
        revisions = [a_bar(minute, revision) for revision in range(3)]
        part.write_batch([("3", revisions), ("4", [a_bar(minute, underlying_id="QQQ")]), ("5", [])])
    part.close()

    cache = CandleCache(config_at(redis_url))
    assert cache.read("SPY", MINUTE_MS) == [a_bar(minute, 2) for minute in range(30)]
    assert len(cache.read("QQQ", MINUTE_MS)) == 30
    cache.close()


class Flaky(CandleCache):
    """A cache that refuses some writes and remembers the others."""

    def __init__(self, refusals: int) -> None:
        super().__init__(config_at(down()))
        self.refusals = refusals
        self.took: list[EquityCandle] = []

    def write(self, records: Sequence[EquityCandle]) -> int:  # type: ignore[override]
        if self.refusals:
            self.refusals -= 1
            msg = "Redis does not answer: busy"
            raise TransientConnector(msg)
        self.took += records
        return len(records)


def test_bars_redis_did_not_take_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candle_sink, "RETRY_S", 0.01)
    cache = Flaky(2)
    behind = CandlesBehind(cache, WAIT_S)

    behind.offer([a_bar(0), a_bar(1)])
    assert behind.flush(WAIT_S)

    assert cache.took == [a_bar(0), a_bar(1)]
    assert (behind.written, behind.failed, behind.dropped) == (2, 4, 0)
    behind.close()


def test_bars_that_cannot_be_kept_waiting_are_dropped_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(candle_sink, "MAX_PENDING", 10)
    cache = Flaky(1_000_000)
    behind = CandlesBehind(cache, WAIT_S)

    behind.offer([a_bar(minute) for minute in range(11)])

    assert behind.flush(WAIT_S)
    assert (behind.written, behind.dropped) == (0, 11)
    behind.close()
    assert cache.took == []


def test_a_redis_that_is_gone_stops_no_flow() -> None:
    config = config_at(down())
    part = CandleCacheSink(config).build("cache", 0, 1)

    part.write_batch([("0", [a_bar(0)])])

    part.close()


@pytest.mark.parametrize(
    ("field", "value", "variable"),
    [
        ("kept", 0, "CANDLE_CACHE_BARS"),
        ("kept", 10_001, "CANDLE_CACHE_BARS"),
        ("ttl_s", 59, "CANDLE_CACHE_TTL_SEC"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(field: str, value: int, variable: str) -> None:
    right = config_at("redis://h")
    with pytest.raises(MisconfiguredConnector, match=variable):
        msgspec.convert(msgspec.structs.asdict(right) | {field: value}, CandleCacheConfig)
