"""The tape out of ClickHouse: every row once, in order, and the bytes of the log."""

import json
import struct
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.container import avro_container
from connectors.clickhouse.http import ClickHouseHttp
from connectors.errors import MisconfiguredConnector
from connectors.errors import TransientConnector
from connectors.kafka.partitioner import partition_of
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.kafka.serde import resolver
from connectors.kafka.stamps import HEADER_BYTES
from connectors.memory.registry import MemoryRegistry
from connectors.tape.model import TAPE_TOPICS
from infra.embedded.stack import StackAddresses
from schemas.catalog import topics
from schemas.codec import codec_of
from schemas.records import EquityPrint
from schemas.records import OptionsPrint
from tests.connectors.clickhouse.clickhouse_server import TOO_MANY_QUERIES
from tests.connectors.clickhouse.clickhouse_server import UNKNOWN_TABLE
from tests.connectors.clickhouse.clickhouse_server import ClickHouseServer
from tests.connectors.kafka.market import START_NS
from tests.connectors.kafka.market import a_print
from tests.services.every_field import filled
from tests.services.tapes import PARTITIONS
from tests.services.tapes import Tapes
from tests.services.tapes import rows_of
from tests.services.tapes import values_of

PRINTS = ("options.prints",)
NULLED = ("nbbo_bid", "nbbo_bid_size", "nbbo_ts", "nbbo_bid_venue")


@pytest.fixture
def tapes(embedded_stack: StackAddresses, topic_prefix: str) -> Iterator[Tapes]:
    """Yield empty tables; the log is not looked at."""
    with closing(SchemaRegistry(embedded_stack.registry)) as registry:
        made = Tapes(embedded_stack, topic_prefix, AvroWire(registry, TAPE_TOPICS))
        made.create()
        yield made
        made.drop()


def prints_at(places: Sequence[tuple[int, int, str]]) -> list[OptionsPrint]:
    """Return prints at (offset in ns, sequence, underlying)."""
    return [
        a_print(seq, ts=START_NS + ns, underlying_id=name, trace_id=f"test:1:prints:{number}")
        for number, (ns, seq, name) in enumerate(places)
    ]


def in_order(records: Sequence[OptionsPrint]) -> list[OptionsPrint]:
    return sorted(
        records,
        key=lambda each: (
            each.source_ts,
            partition_of(each.underlying_id.encode(), PARTITIONS),
            each.seq,
            each.trace_id,
        ),
    )


def encoded(tapes: Tapes, records: Sequence[OptionsPrint]) -> list[bytes]:
    return [tapes.wire.encoder("options.prints")(record) for record in records]


@pytest.mark.parametrize("topic", TAPE_TOPICS)
def test_every_field_comes_back_in_the_bytes_of_the_log(tapes: Tapes, topic: str) -> None:
    known = topics()[topic]
    records = [
        msgspec.structs.replace(filled(known.record_type, 10 * number), seq=number, source_ts=5)
        for number in range(40)
    ]
    values = [tapes.wire.encoder(topic)(each) for each in records]
    tapes.insert(topic, [*values])

    rows = rows_of(tapes.store(topics=(topic,), partitions=1))

    assert [row[4] for row in rows] == values
    assert [row[3] for row in rows] == [
        each.underlying_id.encode()  # type: ignore[attr-defined]
        for each in records
    ]


texts = st.text(st.characters(codec="utf-8"), max_size=20)
wide = {
    "size": st.integers(-(2**31), 2**31 - 1),
    "price": st.floats(),
    "expiry": st.integers(-25_567, 120_529),  # 1900 to 2299, what Date32 holds
    "ingest_ts": st.integers(-(2**63), 2**63 - 1),
    "seq": st.integers(-(2**63), 2**63 - 1),
    "source": texts,
    "exchange": texts | st.just("x" * 10_000),
    "conditions": st.lists(texts, max_size=4).map(tuple),
    "raw_conditions": st.lists(texts, max_size=100).map(tuple),
    "flex": st.booleans(),
    "nbbo_bid": st.none() | st.floats(),
    "nbbo_bid_size": st.none() | st.integers(-(2**31), 2**31 - 1),
    "nbbo_ts": st.none() | st.integers(-(2**63), 2**63 - 1),
    "nbbo_bid_venue": st.none() | texts,
}


@given(st.lists(st.fixed_dictionaries(wide), min_size=1, max_size=20))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_extreme_values_come_back_in_the_bytes_of_the_log(
    tapes: Tapes, changes: list[dict[str, Any]]
) -> None:
    records = [
        a_print(ts=START_NS + at, trace_id=f"t:{at}", **each) for at, each in enumerate(changes)
    ]
    with closing(ClickHouseHttp(tapes.clickhouse())) as client:
        client.execute("TRUNCATE TABLE options_prints")
    values = encoded(tapes, records)
    tapes.insert("options.prints", [*values])

    assert values_of(tapes.store(topics=PRINTS)) == values


def test_records_so_short_that_a_block_holds_several_are_told_apart(tapes: Tapes) -> None:
    topic = topics()["equities.quotes"]
    changes: dict[str, Any] = dict.fromkeys(
        ("bid", "ask", "bid_size", "ask_size", "bid_exchange", "ask_exchange", "tape")
    )
    empty = msgspec.structs.replace(
        filled(topic.record_type, 1),
        **dict.fromkeys(("ingest_ts", "seq", "source_ts"), 1),
        **dict.fromkeys(("schema_version", "source", "underlying_id", "scope"), ""),
        conditions=(),
        **changes,
    )
    records = [msgspec.structs.replace(empty, trace_id=name) for name in "abcdefg"]
    values = [tapes.wire.encoder(topic.name)(each) for each in records]
    assert len(values[0]) < 32
    tapes.insert(topic.name, [*values])

    assert values_of(tapes.store(topics=(topic.name,))) == values


def test_rows_of_an_older_schema_come_as_the_decoder_reads_them(tapes: Tapes) -> None:
    topic = topics()["options.prints"]
    fields = [each for each in topic.schema["fields"] if each["name"] not in NULLED]
    older = json.dumps({**topic.schema, "fields": fields})
    records = [a_print(seq, ts=START_NS + seq) for seq in range(5)]
    registry = MemoryRegistry()
    old_id = registry.register("old", older)
    # The dropped fields are null in these records: without them a body is an older one.
    bodies = [_without(codec_of(OptionsPrint).encode(each)) for each in records]
    decode = resolver(older, topic)
    old_values = [b"\0" + old_id.to_bytes(4, "big") + body for body in bodies]
    with closing(ClickHouseHttp(tapes.clickhouse())) as client:
        client.insert_avro(topic.table, avro_container(older, bodies))

    found = values_of(tapes.store(topics=PRINTS))

    assert [decode(value) for value in old_values] == records
    assert found == encoded(tapes, [decode(value) for value in old_values])
    assert all(value[:HEADER_BYTES] == tapes.wire.prefix(topic.name) for value in found if value)


def _without(body: bytes) -> bytes:
    # Every nullable field of these records is null, one byte each, at the body's end.
    return body[: -len(NULLED)]


many = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, 1, 2, 1_000_000, 3_600_000_000_000]),
        st.integers(0, 2),
        st.sampled_from(["SPY", "NVDA", "AAPL", "VST"]),
    ),
    min_size=1,
    max_size=40,
)


@given(many, st.integers(1, 9), st.integers(1, 50))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_row_is_lost_or_doubled_at_the_borders_of_any_windows(
    tapes: Tapes, places: list[tuple[int, int, str]], window_rows: int, limit: int
) -> None:
    records = prints_at(places)
    with closing(ClickHouseHttp(tapes.clickhouse())) as client:
        client.execute("TRUNCATE TABLE options_prints")
    # In two parts that overlap, the second one as another run of a feed had received it.
    tapes.insert_records([msgspec.structs.replace(each, ingest_ts=7) for each in records[::2]])
    tapes.insert_records(records)

    found = values_of(tapes.store(topics=PRINTS, window_rows=window_rows), limit)

    assert found == encoded(tapes, in_order(records))


def test_a_thousand_rows_alike_but_for_their_ids_are_paged(tapes: Tapes) -> None:
    records = prints_at([(0, 1, "SPY")] * 1_000)
    tapes.insert_records(records)

    found = values_of(tapes.store(topics=PRINTS, window_rows=64))

    assert found == encoded(tapes, in_order(records))


def test_rows_with_one_id_are_not_parted(tapes: Tapes) -> None:
    records = [
        a_print(ts=START_NS, option_contract_id=f"C{number}", trace_id="same")
        for number in range(10)
    ]
    tapes.insert_records([*records, a_print(ts=START_NS, trace_id="zz")])

    found = values_of(tapes.store(topics=PRINTS, window_rows=3))

    assert found == encoded(tapes, [*records, a_print(ts=START_NS, trace_id="zz")])


def test_stretch_has_its_first_instant_and_not_its_last(tapes: Tapes) -> None:
    records = prints_at([(ns, ns, "SPY") for ns in range(6)])
    tapes.insert_records(records)
    tape = tapes.store(topics=PRINTS, from_ns=START_NS + 2, until_ns=START_NS + 4)

    assert tape.total == 2
    assert values_of(tape) == encoded(tapes, records[2:4])


@pytest.mark.parametrize("name", ["B'R.\\B", "a\tb\nc", "'; DROP TABLE options_prints --", "{x}"])
def test_names_are_bound_and_never_read_as_part_of_a_query(tapes: Tapes, name: str) -> None:
    records = prints_at([(0, 0, "SPY"), (1, 1, name), (2, 2, "")])
    tapes.insert_records(records)

    assert values_of(tapes.store(topics=PRINTS, keys=(name,))) == encoded(tapes, records[1:2])
    assert values_of(tapes.store(topics=PRINTS, keys=(name, "SPY"), window_rows=1)) == encoded(
        tapes, records[:2]
    )


def test_row_that_replaced_another_elsewhere_in_time_is_on_the_tape_once(tapes: Tapes) -> None:
    topic = topics()["refdata.events"]
    event = filled(topic.record_type, 1)
    early = msgspec.structs.replace(event, source_ts=10, trace_id="early")
    late = msgspec.structs.replace(event, source_ts=20_000_000, trace_id="late")
    tapes.insert_records([early])
    tapes.insert_records([late])

    found = values_of(tapes.store(topics=(topic.name,), window_rows=1))

    assert found == [tapes.wire.encoder(topic.name)(late)]


def test_topics_come_by_rank_at_equal_time(tapes: Tapes) -> None:
    asked = ("options.prints", "equities.prints")
    stock = msgspec.structs.replace(filled(EquityPrint, 1), source_ts=START_NS)
    tapes.insert_records([a_print(ts=START_NS), stock])
    tape = tapes.store(topics=asked)

    assert tape.topics == ("equities.prints", "options.prints")
    assert [row[1] for row in rows_of(tape)] == ["equities.prints", "options.prints"]


def test_time_before_1970_is_told_and_stamped_zero(tapes: Tapes) -> None:
    records = prints_at([(-START_NS - 5, 0, "SPY"), (-START_NS + 2_000_000, 1, "SPY")])
    tapes.insert_records(records)

    rows = rows_of(tapes.store(topics=PRINTS))

    assert [(row[0], row[5]) for row in rows] == [(-5, 0), (2_000_000, 2)]


def test_nothing_stored_is_an_empty_tape(tapes: Tapes) -> None:
    tape = tapes.store()

    assert tape.total == 0
    assert rows_of(tape) == []


def test_missing_table_is_refused_at_once(tapes: Tapes) -> None:
    tapes.drop()

    with pytest.raises(MisconfiguredConnector, match="UNKNOWN_DATABASE"):
        tapes.store()


@pytest.mark.parametrize(
    "wrong",
    [
        {"topics": ()},
        {"topics": ("options.tape",)},
        {"partitions": 0},
        {"window_rows": 0},
        {"from_ns": -1},
        {"from_ns": 5, "until_ns": 5},
        {"keys": tuple(map(str, range(501)))},
    ],
)
def test_what_cannot_be_read_is_refused_at_once(tapes: Tapes, wrong: dict[str, Any]) -> None:
    with pytest.raises(MisconfiguredConnector):
        tapes.store(**wrong)


def scripted(server: ClickHouseServer, tapes: Tapes, retry_s: float) -> None:
    config = ClickHouseConfig(url=server.url, retry_s=retry_s, first_backoff_s=0.01)
    tapes.store(topics=PRINTS, clickhouse=config)


def test_busy_clickhouse_is_asked_again_and_then_given_up(tapes: Tapes) -> None:
    with ClickHouseServer() as server:
        server.script.extend([TOO_MANY_QUERIES, TOO_MANY_QUERIES, UNKNOWN_TABLE])
        with pytest.raises(MisconfiguredConnector):
            scripted(server, tapes, 60)
        assert not server.script

        server.script.append(TOO_MANY_QUERIES)
        with pytest.raises(TransientConnector):
            scripted(server, tapes, 0)


def test_nothing_is_written_by_reading(tapes: Tapes) -> None:
    with (
        closing(ClickHouseHttp(tapes.clickhouse())) as client,
        pytest.raises(MisconfiguredConnector, match="readonly"),
    ):
        client.read("TRUNCATE TABLE options_prints")


def test_numbers_keep_their_bits(tapes: Tapes) -> None:
    values = [0.1, -0.0, float("nan"), float("inf"), 5e-324]
    records = [
        a_print(seq, ts=START_NS + seq, price=value, nbbo_bid=value)
        for seq, value in enumerate(values)
    ]
    tapes.insert_records(records)
    decode = tapes.wire.decoder("options.prints")

    found = [decode(value or b"") for value in values_of(tapes.store(topics=PRINTS))]

    packed = [struct.pack("<d", value) for value in values]
    assert [struct.pack("<d", each.price) for each in found] == packed
    assert [struct.pack("<d", each.nbbo_bid) for each in found] == packed
