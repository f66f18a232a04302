"""Baselines in Redis: written behind, read back, and no reason to stop when Redis is gone."""

from typing import cast

import msgspec
import pytest

from connectors.errors import MisconfiguredConnector
from connectors.errors import RejectedRecord
from connectors.errors import TransientConnector
from connectors.redis.baselines import KEY_PREFIX
from connectors.redis.baselines import BaselineStore
from connectors.redis.baselines import redis_client
from connectors.redis.config import BaselineStoreConfig
from connectors.redis.config import RedisConfig
from flows.options.baselines.book import BaselineConfig
from flows.options.baselines.book import Baselines
from infra.embedded.ports import free_port
from schemas.records import BaselineSnapshot
from tests.connectors.redis.clock import Clock
from tests.flows.options.baselines.market import THURSDAY
from tests.flows.options.baselines.market import activity
from tests.flows.options.baselines.market import at
from tests.flows.options.baselines.market import feed

WAIT_S = 20.0


def store_at(url: str, clock: Clock | None = None, ttl_s: int = 600) -> BaselineStore:
    config = BaselineStoreConfig(redis=RedisConfig(url=url, timeout_s=5.0), ttl_s=ttl_s)
    return BaselineStore(config, clock or Clock())


def a_book(contracts: int = 4, underlyings: int = 2) -> Baselines:
    book = Baselines(BaselineConfig())
    feed(book, activity(30 * contracts, contracts=contracts, underlyings=underlyings))
    return book


def by_key(records: list[BaselineSnapshot]) -> dict[str, BaselineSnapshot]:
    return {record.key: record for record in records}


def test_what_was_offered_is_read_back_by_a_later_start(redis_url: str) -> None:
    written = a_book().changed("cafe")
    store = store_at(redis_url)
    store.offer(3, written)
    assert store.flush(WAIT_S)
    store.close()

    later = store_at(redis_url)
    assert later.underlyings() == ["U0", "U1"]
    found = [record for name in ("U0", "U1") for record in later.load(name)]

    assert by_key(found) == by_key(written)
    assert (store.written, store.failed) == (len(written), 0)
    warmed = Baselines(BaselineConfig())
    assert warmed.warm(found) == len(written)
    later.close()


def test_keys_are_hashes_that_expire(redis_url: str) -> None:
    store = store_at(redis_url, ttl_s=500)
    store.offer(0, a_book(1, 1).changed("cafe"))
    assert store.flush(WAIT_S)
    store.close()

    with redis_client(RedisConfig(url=redis_url)) as client:
        keys = cast("list[str]", client.keys("*"))
        assert f"{KEY_PREFIX}U0-2025-06-20-0-C" in keys
        assert str(client.hget(f"{KEY_PREFIX}U0", "snapshot_id")).startswith("bs:U0:2025-05-22@")
        assert all(0 < int(str(client.ttl(key))) <= 500 for key in keys)


def test_the_newest_state_of_a_key_wins_and_gives_the_snapshot_its_id(redis_url: str) -> None:
    book = a_book(2, 1)
    store = store_at(redis_url)
    store.offer(0, book.changed("cafe"))
    book.add_print("U0-2025-06-20-0-C", "U0", THURSDAY, at(THURSDAY, 900), 5.0, 1, None, None)
    newer = book.changed("cafe")
    store.offer(0, newer)
    assert store.flush(WAIT_S)

    found = by_key(store.load("U0"))

    assert found["U0-2025-06-20-0-C"].state == by_key(newer)["U0-2025-06-20-0-C"].state
    assert len(found) == 4
    ids = {record.snapshot_id for record in found.values()}
    assert ids == {f"bs:U0:2025-05-22@{at(THURSDAY, 900)}"}
    store.close()


def test_an_expired_key_is_no_longer_there(redis_url: str) -> None:
    store = store_at(redis_url)
    store.offer(0, a_book(2, 1).changed("cafe"))
    assert store.flush(WAIT_S)
    with redis_client(RedisConfig(url=redis_url)) as client:
        client.delete(f"{KEY_PREFIX}U0-2025-06-20-0-C")

    assert set(by_key(store.load("U0"))) == {"U0", "U0#1", "U0-2025-06-20-1-C"}
    assert store.load("U9") == []
    store.close()


def test_a_key_that_holds_something_else_is_rejected(redis_url: str) -> None:
    store = store_at(redis_url)
    store.offer(0, a_book(1, 1).changed("cafe"))
    assert store.flush(WAIT_S)
    with redis_client(RedisConfig(url=redis_url)) as client:
        client.hset(f"{KEY_PREFIX}U0", "record", "{}")

    with pytest.raises(RejectedRecord, match="no baseline"):
        store.load("U0")
    store.close()


def test_more_keys_than_fit_one_round_trip_are_all_written(redis_url: str) -> None:
    record = a_book(1, 1).changed("cafe")[-1]
    many = [msgspec.structs.replace(record, key=f"U0-2025-06-20-{n}-C") for n in range(1203)]
    store = store_at(redis_url)
    store.offer(0, many)
    assert store.flush(WAIT_S)

    assert len(store.load("U0")) == 1203
    store.close()


def test_a_partition_is_due_every_interval_and_not_while_it_is_being_written() -> None:
    clock = Clock()
    store = store_at(f"redis://127.0.0.1:{free_port('127.0.0.1')}", clock)

    assert not store.is_due(0)
    clock.now += 29.9
    assert not store.is_due(0)
    assert not store.is_due(1)
    clock.now += 0.2
    assert store.is_due(0)
    assert not store.is_due(1)

    store.offer(0, [])
    assert not store.is_due(0)
    clock.now += 30.1
    assert store.is_due(0)
    assert store.is_due(1)


def test_a_redis_that_is_gone_is_counted_and_stops_nothing() -> None:
    store = store_at(f"redis://127.0.0.1:{free_port('127.0.0.1')}")
    records = a_book().changed("cafe")

    store.offer(0, records)

    assert store.flush(WAIT_S)
    assert (store.written, store.failed) == (0, len(records))
    with pytest.raises(TransientConnector, match="Redis does not answer"):
        store.underlyings()
    with pytest.raises(TransientConnector, match="Redis does not answer"):
        store.load("U0")
    store.close()


def test_an_address_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(MisconfiguredConnector, match="expected redis://") as refused:
        RedisConfig(url="http://user:secret@host")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("field", ["ttl_s", "interval_s"])
def test_a_time_of_nothing_is_refused(field: str) -> None:
    with pytest.raises(MisconfiguredConnector, match="expected above 0"):
        BaselineStoreConfig(**{"redis": RedisConfig(url="redis://h"), field: 0})  # type: ignore[arg-type]
