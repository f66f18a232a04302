"""The earlier table names, over rows in the embedded engine."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.container import avro_container
from connectors.clickhouse.ddl import create_tables
from connectors.clickhouse.http import ClickHouseHttp
from connectors.clickhouse.views import VIEWS
from infra.embedded.stack import StackAddresses
from schemas.catalog import topics
from schemas.codec import RecordCodec
from tests.services.every_field import filled

START_NS = 1_748_009_400_000_000_000
MINUTE_NS = 60_000_000_000


class Database:
    def __init__(self, url: str, name: str) -> None:
        self.config = ClickHouseConfig(url=url, database=name)
        self.client = ClickHouseHttp(self.config)

    def insert(self, topic: str, *rows: dict[str, object]) -> None:
        known = topics()[topic]
        codec: RecordCodec[msgspec.Struct] = RecordCodec(known)
        blank = filled(known.record_type, 1)
        bodies = [codec.encode(msgspec.structs.replace(blank, **row)) for row in rows]
        self.client.insert_avro(known.table, avro_container(known.text, bodies))

    def rows(self, query: str) -> list[list[Any]]:
        text = self.client.execute(
            f"{query} FORMAT JSONCompactEachRow SETTINGS output_format_json_quote_64bit_integers=0"
        )
        return [json.loads(line) for line in text.splitlines() if line]


@pytest.fixture
def database(embedded_stack: StackAddresses, topic_prefix: str) -> Iterator[Database]:
    made = Database(embedded_stack.clickhouse, topic_prefix)
    create_tables(made.config)
    yield made
    made.client.execute(f"DROP DATABASE {topic_prefix} SYNC", in_database=False)
    made.client.close()


def a_print(name: str, **more: object) -> dict[str, object]:
    return {
        "underlying_id": "SPY",
        "trace_id": name,
        "action": "trade",
        "ref_trace_id": None,
    } | more


def test_cancelled_print_is_no_tick_and_a_corrected_one_is_one(database: Database) -> None:
    database.insert(
        "equities.prints",
        a_print("p1", price=100.0, size=5.0),
        a_print("p2", price=100.5, size=0.5),
        a_print("c2", action="cancel", ref_trace_id="p2"),
        a_print("p3", price=101.0, ref_trace_id="p2"),
    )
    database.insert("equities.prints", a_print("p1", price=100.0, size=5.0))

    assert database.rows("SELECT trace_id, price FROM ticks ORDER BY trace_id") == [
        ["p1", 100.0],
        ["p3", 101.0],
    ]
    assert database.rows("SELECT trace_id FROM ticks WHERE underlying_id = 'QQQ'") == []


def test_cancel_that_names_no_print_takes_nothing_away(database: Database) -> None:
    database.insert(
        "equities.prints", a_print("p1"), a_print("c1", action="cancel", ref_trace_id=None)
    )

    assert database.rows("SELECT trace_id FROM ticks") == [["p1"]]


def test_candles_are_the_newest_revision_of_closed_minutes(database: Database) -> None:
    minute = {"interval_ms": 60_000, "window_start": START_NS, "trace_id": "m"}
    for revision, closed, volume in ((0, False, 1.0), (1, True, 7.0), (2, True, 5.0)):
        row = {"revision": revision, "closed": closed, "volume": volume}
        database.insert("equities.candles", minute | row)
    database.insert("equities.candles", minute | {"trace_id": "forming", "closed": False})
    database.insert(
        "equities.candles", minute | {"interval_ms": 5000, "trace_id": "5s", "closed": True}
    )

    assert database.rows("SELECT trace_id, revision, volume, toString(time) FROM candles") == [
        ["m", 2, 5.0, "2025-05-23 10:10:00.000000000"]
    ]


def test_profile_has_a_row_for_each_price_of_its_newest_revision(database: Database) -> None:
    arrays = ("volume", "buy", "sell", "unknown", "off_exchange", "lvns", "hvns")
    profile: dict[str, object] = {
        **dict.fromkeys(arrays, (1.0, 2.0, 3.0)),
        "trace_id": "v",
        "underlying_id": "SPY",
        "window": "session",
        "trades": (4, 0, 6),
        "row_e4": 500,
        "first_row": 2000,
        "poc": 100.1,
        "revision": 0,
    }
    newer = profile | {"volume": (9.0, 0.0, 8.0), "poc": 100.0, "revision": 1}
    database.insert("equities.profile", profile)
    database.insert("equities.profile", newer)

    assert database.rows(
        "SELECT price, volume, buy, trades, row_size FROM volume_profile ORDER BY price"
    ) == [[100.0, 9.0, 1.0, 4, 0.05], [100.05, 0.0, 2.0, 0, 0.05], [100.1, 8.0, 3.0, 6, 0.05]]
    assert database.rows("SELECT poc, lvns, revision FROM profile_metrics") == [
        [100.0, [1.0, 2.0, 3.0], 1]
    ]


def test_order_flow_is_the_newest_revision_of_minutes(database: Database) -> None:
    bucket = {"interval_ms": 60_000, "window_start": START_NS, "trace_id": "b"}
    database.insert("equities.order-flow", bucket | {"revision": 0, "delta": 1.0})
    database.insert("equities.order-flow", bucket | {"revision": 3, "delta": 2.5})
    database.insert("equities.order-flow", bucket | {"interval_ms": 1000, "trace_id": "s"})

    assert database.rows("SELECT trace_id, delta FROM order_flow") == [["b", 2.5]]


def test_market_state_is_the_newest_revision(database: Database) -> None:
    state = {"underlying_id": "SPY", "preset": "hysteresis-1", "source_ts": START_NS}
    database.insert(
        "equities.state", state | {"trace_id": "a", "revision": 0, "state": "IMBALANCE_UP"}
    )
    database.insert("equities.state", state | {"trace_id": "a", "revision": 1, "state": "BALANCE"})

    assert database.rows("SELECT underlying_id, state, confidence >= 0 FROM market_state") == [
        ["SPY", "BALANCE", 1]
    ]


def test_changed_text_of_a_view_takes_effect_and_shows_among_the_tables(
    database: Database,
) -> None:
    database.client.execute("CREATE OR REPLACE VIEW ticks AS SELECT 1 AS outdated")

    create_tables(database.config, ["equities.prints"])

    columns = [name for name, *_ in database.rows("DESCRIBE TABLE ticks")]
    assert columns[:2] == ["time", "source_ts"]
    tables = {name for (name,) in database.rows("SHOW TABLES")}
    assert set(VIEWS) <= tables


def test_many_processes_may_make_the_views_at_once(database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: create_tables(database.config), range(8)))

    assert made == [made[0]] * 8
    assert database.rows("SELECT count() FROM ticks") == [[0]]
