"""A flow without state starts from Redis, else ClickHouse, else cold, never from its own future."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.ddl import create_tables
from connectors.clickhouse.http import ClickHouseHttp
from connectors.errors import ConnectorError
from connectors.errors import MisconfiguredConnector
from connectors.kafka.partitioner import partition_of
from connectors.redis.baselines import BaselineStore
from connectors.redis.config import BaselineStoreConfig
from connectors.redis.config import RedisConfig
from connectors.redis.warm_start import WarmStart
from flows.options.baselines.book import BaselineConfig
from flows.options.baselines.book import Baselines
from infra.embedded.ports import free_port
from infra.embedded.redis import EmbeddedRedis
from infra.embedded.stack import StackAddresses
from schemas.records import BaselineSnapshot
from tests.flows.options.baselines.market import FRIDAY
from tests.flows.options.baselines.market import THURSDAY
from tests.flows.options.baselines.market import TUESDAY
from tests.flows.options.baselines.market import activity
from tests.flows.options.baselines.market import at
from tests.flows.options.baselines.market import feed

SESSION_END = 17 * 60 + 15
WAIT_S = 20.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BaselineStore]:
    service = EmbeddedRedis(tmp_path / "redis")
    service.start()
    url = f"redis://127.0.0.1:{service.port}"
    made = BaselineStore(BaselineStoreConfig(redis=RedisConfig(url=url)))
    yield made
    made.close()
    service.stop()


@pytest.fixture
def clickhouse(embedded_stack: StackAddresses, topic_prefix: str) -> ClickHouseConfig:
    config = ClickHouseConfig(url=embedded_stack.clickhouse, database=topic_prefix)
    create_tables(config, ["baselines.snapshots"])
    return config


def insert(config: ClickHouseConfig, records: list[BaselineSnapshot]) -> None:
    client = ClickHouseHttp(config)
    rows = b"\n".join(msgspec.json.encode(record) for record in records)
    try:
        client.execute(f"INSERT INTO baseline_snapshots FORMAT JSONEachRow\n{rows.decode()}")
    finally:
        client.close()


def sessions(book: Baselines) -> tuple[list[BaselineSnapshot], list[BaselineSnapshot]]:
    """Feed Thursday and Friday; return the snapshots at the end of each."""
    ends = []
    for trade_date in (THURSDAY, FRIDAY):
        feed(book, activity(150, trade_date, contracts=4, trade_date=trade_date, underlyings=2))
        ends.append(book.session_end(trade_date, at(trade_date, SESSION_END), "cafe"))
    return ends[0], ends[1]


def loader(
    config: ClickHouseConfig,
    store: BaselineStore | None = None,
    choice: str = "auto",
    partitions: int = 1,
) -> WarmStart:
    return WarmStart(choice, partitions, store, config.url, config.database)


def ids(records: list[BaselineSnapshot]) -> set[str]:
    return {record.snapshot_id for record in records}


def test_the_newest_snapshot_before_the_first_event_is_taken(
    clickhouse: ClickHouseConfig,
) -> None:
    thursday, friday = sessions(Baselines(BaselineConfig()))
    insert(clickhouse, [*thursday, *friday])

    found = loader(clickhouse).load(0, at(TUESDAY, 570))
    earlier = loader(clickhouse).load(0, at(FRIDAY, 570))
    first = loader(clickhouse).load(0, at(THURSDAY, 570))
    at_the_end = loader(clickhouse).load(0, at(FRIDAY, SESSION_END))

    assert ids(found) == {"bs:U0:2025-05-23", "bs:U1:2025-05-23"}
    order = sorted(friday, key=lambda each: (each.underlying_id, each.level, each.key))
    assert found == order
    assert ids(earlier) == {"bs:U0:2025-05-22", "bs:U1:2025-05-22"} == ids(at_the_end)
    assert first == []


def test_a_warmed_book_equals_the_one_that_made_the_snapshot(
    clickhouse: ClickHouseConfig,
) -> None:
    whole, warmed = Baselines(BaselineConfig()), Baselines(BaselineConfig())
    _, friday = sessions(whole)
    insert(clickhouse, friday)
    warmed.warm(loader(clickhouse).load(0, at(TUESDAY, 570)))

    for each in activity(60, 7, contracts=4, trade_date=TUESDAY, underlyings=2):
        for book in (whole, warmed):
            feed(book, [each])
        found, wanted = [
            book.packet(each.contract_id, each.underlying_id, each.ts, 9e4, 70, 0.3)
            for book in (warmed, whole)
        ]
        assert found.snapshot_id == f"bs:{each.underlying_id}:2025-05-23"
        assert msgspec.structs.replace(found, snapshot_id="none") == wanted
        assert found.premium.basis == "contract"


def test_a_partition_takes_only_its_own_underlyings(clickhouse: ClickHouseConfig) -> None:
    _, friday = sessions(Baselines(BaselineConfig()))
    insert(clickhouse, friday)
    homes = {name: partition_of(name.encode(), 8) for name in ("U0", "U1")}
    assert homes["U0"] != homes["U1"]

    for name, home in homes.items():
        found = loader(clickhouse, partitions=8).load(home, at(TUESDAY, 570))
        assert {record.underlying_id for record in found} == {name}


def test_redis_comes_first_where_it_is_older_than_the_first_event(
    clickhouse: ClickHouseConfig, store: BaselineStore
) -> None:
    book = Baselines(BaselineConfig())
    _, friday = sessions(book)
    insert(clickhouse, friday)
    feed(book, activity(50, 3, contracts=2, trade_date=TUESDAY, underlyings=2))
    changed = [each for each in book.changed("cafe") if each.underlying_id == "U0"]
    store.offer(0, changed)
    assert store.flush(WAIT_S)
    newest = max(record.as_of_ts for record in changed)

    restarted = loader(clickhouse, store).load(0, newest + 1)
    repeated = loader(clickhouse, store).load(0, newest)

    assert ids(restarted) == {f"bs:U0:2025-05-27@{newest}", "bs:U1:2025-05-23"}
    assert ids(repeated) == {"bs:U0:2025-05-23", "bs:U1:2025-05-23"}


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        ("none", set()),
        ("bs:U1:2025-05-22", {"bs:U1:2025-05-22"}),
        ("bs:U0:2025-05-22,bs:U1:2025-05-23", {"bs:U0:2025-05-22", "bs:U1:2025-05-23"}),
        ("bs:*:2025-05-22", {"bs:U0:2025-05-22", "bs:U1:2025-05-22"}),
    ],
)
def test_a_replay_names_the_snapshot_it_starts_from(
    clickhouse: ClickHouseConfig, choice: str, wanted: set[str]
) -> None:
    thursday, friday = sessions(Baselines(BaselineConfig()))
    insert(clickhouse, [*thursday, *friday])

    assert ids(loader(clickhouse, choice=choice).load(0, at(TUESDAY, 570))) == wanted


@pytest.mark.parametrize("choice", ["bs:U0:2025-05-21", "bs:U0:2025-05-23", "bs:U7:2025-05-22"])
def test_a_named_snapshot_that_is_missing_or_too_new_stops_the_flow(
    clickhouse: ClickHouseConfig, choice: str
) -> None:
    thursday, friday = sessions(Baselines(BaselineConfig()))
    insert(clickhouse, [*thursday, *friday])

    with pytest.raises(MisconfiguredConnector, match=f"BASELINE_SNAPSHOT names {choice}"):
        loader(clickhouse, choice=choice).load(0, at(FRIDAY, 600))


def test_trouble_means_a_cold_start_unless_a_snapshot_was_named(tmp_path: Path) -> None:
    gone = f"http://127.0.0.1:{free_port('127.0.0.1')}"
    redis = RedisConfig(url=f"redis://127.0.0.1:{free_port('127.0.0.1')}", timeout_s=2.0)
    store = BaselineStore(BaselineStoreConfig(redis=redis))
    start = WarmStart("auto", 1, store, gone)

    assert start.load(0, at(FRIDAY)) == []
    assert start.troubles == 2
    with pytest.raises(ConnectorError):
        WarmStart("bs:U0:2025-05-22", 1, store, gone).load(0, at(FRIDAY))


def test_a_session_that_ended_twice_counts_as_it_ended_last(clickhouse: ClickHouseConfig) -> None:
    book = Baselines(BaselineConfig())
    thursday, _ = sessions(book)
    again = Baselines(BaselineConfig())
    feed(again, activity(150, THURSDAY, contracts=4, underlyings=2))
    later = at(THURSDAY, 960)
    again.add_print("U0-2025-06-20-0-C", "U0", THURSDAY, later, 5.0, 1, None, None)
    corrected = again.session_end(THURSDAY, at(THURSDAY, SESSION_END), "cafe")
    insert(clickhouse, corrected)
    insert(clickhouse, thursday)

    found = loader(clickhouse).load(0, at(FRIDAY, 570))

    by_key = {record.key: record for record in found}
    assert len(found) == len(thursday)
    assert by_key["U0"].as_of_ts == later
    assert by_key["U0-2025-06-20-0-C"] in corrected


@pytest.mark.parametrize("choice", ["newest", "SPY", "bs:SPY", "bs:SPY:2025-05-22,auto", ""])
def test_a_choice_that_is_none_is_refused(choice: str) -> None:
    with pytest.raises(MisconfiguredConnector, match="BASELINE_SNAPSHOT is"):
        WarmStart(choice, 1, None, "http://127.0.0.1:1")
