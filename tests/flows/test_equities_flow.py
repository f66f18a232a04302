"""The equities dataflow gives the same bytes at any batch size, worker count, crash and resume."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from typing import cast

import msgspec
import pytest
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink
from bytewax.testing import TestingSource

from connectors.kafka.batch import EventBatch
from connectors.kafka.batch import OutRecord
from connectors.kafka.marks import Mark
from connectors.kafka.marks import decode_mark
from connectors.kafka.partitioner import partition_of
from connectors.kafka.serde import AvroWire
from connectors.memory.log import memory_log
from connectors.memory.log import ordered_batches
from connectors.memory.registry import MemoryRegistry
from connectors.memory.run import Keyed
from flows.equities.engine import Event
from flows.equities.engine import QuoteEvent
from flows.equities.flow import INPUTS
from flows.equities.flow import PRINTS
from flows.equities.flow import QUOTES
from flows.equities.flow import equities_dataflow
from schemas.records import EquityCandle
from schemas.records import EquityJoin
from schemas.records import EquityQuote
from tests.connectors.kafka.market import in_turns
from tests.connectors.kafka.runs import EntryPoint
from tests.connectors.kafka.runs import on_main
from tests.connectors.kafka.runs import on_two_workers
from tests.connectors.kafka.runs import recovery_store
from tests.flows.equities.events import CONFIG
from tests.flows.equities.events import NAME
from tests.flows.equities.events import at_ns
from tests.flows.equities.events import busy_tape
from tests.flows.equities.events import quoted
from tests.flows.equities.events import sold

PARTITIONS = 8
Out = tuple[str, int, bytes]
Item = tuple[str, EventBatch]


@pytest.fixture(scope="module")
def wire() -> AvroWire:
    return AvroWire(MemoryRegistry())


def tape() -> list[Event]:
    return busy_tape(1, 200)


def record_of(event: Event) -> msgspec.Struct:
    return cast(EquityQuote, event.payload) if isinstance(event, QuoteEvent) else event


def batches(
    wire: AvroWire, events: Iterable[Event], limit: int, *, has_keys: bool = True
) -> list[Item]:
    """Return what the ordered source makes of a tape, partitions taking turns."""
    records = [record_of(event) for event in events]
    log = memory_log(wire, INPUTS, records, PARTITIONS)
    names = {partition_of(name, PARTITIONS): name for name in (b"NVDA", b"SPY")}
    assert len(names) == 2
    keys = names if has_keys else {}
    return in_turns(
        [
            ordered_batches(log, INPUTS, partition, limit, keys.get(partition))
            for partition in range(PARTITIONS)
        ]
    )


def dataflow(
    wire: AvroWire, items: Iterable[Any], out: list[Keyed], *, batch_size: int = 3
) -> Dataflow:
    source = TestingSource(list(items), batch_size=batch_size)
    return equities_dataflow(source, wire, CONFIG, TestingSink(out))


def records_of(out: Sequence[Keyed]) -> list[OutRecord]:
    return [record for _, batch in out for record in batch]


def plain(out: Sequence[Keyed]) -> list[Out]:
    return sorted((each.topic, each.partition, each.value or b"") for each in records_of(out))


@pytest.fixture(scope="module")
def expected(wire: AvroWire) -> list[Out]:
    out: list[Keyed] = []
    on_main(dataflow(wire, batches(wire, tape(), 1_000), out))
    return plain(out)


def test_every_topic_is_written(expected: list[Out]) -> None:
    counts = Counter(topic for topic, _, _ in expected)
    assert set(counts) == {
        "equities.joins",
        "dark.inferred",
        "equities.candles",
        "equities.profile",
        "equities.order-flow",
        "equities.state",
        "signals",
        "flow.alerts",
    }


@pytest.mark.parametrize("entry_point", [on_main, on_two_workers])
@pytest.mark.parametrize("batch_records", [1, 7, 1_000])
def test_output_is_the_same_for_any_batch_size_and_worker_count(
    wire: AvroWire, expected: list[Out], entry_point: EntryPoint, batch_records: int
) -> None:
    out: list[Keyed] = []

    entry_point(dataflow(wire, batches(wire, tape(), batch_records), out))

    assert plain(out) == expected


def test_quotes_without_a_key_give_the_same_records(wire: AvroWire, expected: list[Out]) -> None:
    out: list[Keyed] = []

    on_main(dataflow(wire, batches(wire, tape(), 100, has_keys=False), out))

    assert plain(out) == expected


def test_abort_and_resume_at_every_epoch_repeats_records_but_changes_none(
    wire: AvroWire, expected: list[Out], tmp_path: Path
) -> None:
    items = batches(wire, tape(), 25)
    whole = set(expected)
    for crash_at in range(1, len(items)):
        recovery = recovery_store(tmp_path / str(crash_at))
        out: list[Keyed] = []
        script: list[Any] = [*items[:crash_at], TestingSource.ABORT(), *items[crash_at:]]
        flow = dataflow(wire, script, out, batch_size=1)

        on_main(flow, epoch_interval=timedelta(0), recovery_config=recovery)
        before = len(out)
        on_main(flow, epoch_interval=timedelta(0), recovery_config=recovery)

        assert before < len(out), crash_at
        assert set(plain(out)) == whole, crash_at


def test_records_are_on_the_partition_of_their_underlying(wire: AvroWire) -> None:
    out: list[Keyed] = []

    on_main(dataflow(wire, batches(wire, tape(), 100), out))

    partitions = {(each.key, each.partition) for each in records_of(out)}
    assert len(partitions) == len({key for key, _ in partitions}) == 2


def test_candles_go_to_the_cache_as_to_the_log(wire: AvroWire) -> None:
    out: list[Keyed] = []
    cached: list[tuple[str, Sequence[EquityCandle]]] = []
    source = TestingSource(batches(wire, tape(), 100))

    on_main(equities_dataflow(source, wire, CONFIG, TestingSink(out), cache=TestingSink(cached)))

    decode = wire.decoder("equities.candles")
    logged = [decode(each.value or b"") for each in records_of(out) if "candles" in each.topic]
    assert len(logged) > 100
    assert [candle for _, candles in cached for candle in candles] == logged


def test_tick_closes_a_second_on_a_quiet_tape(wire: AvroWire) -> None:
    item = next(item for item in batches(wire, [sold(1, 100)], 10) if item[1].values)
    tick = EventBatch(partition=item[1].partition, watermark_ns=at_ns(3_000))
    out: list[Keyed] = []

    on_main(dataflow(wire, [item, (item[0], tick)], out))

    decode = wire.decoder("equities.candles")
    candles = [decode(each.value or b"") for each in records_of(out) if "candles" in each.topic]
    assert [candle.interval_ms for candle in candles if candle.closed] == [1_000]


def test_marks_of_the_order_go_in_front_of_what_is_derived_in_it(wire: AvroWire) -> None:
    key, batch = next(item for item in batches(wire, [sold(1, 100)], 10) if item[1].values)
    mark = Mark(reached_ns=5_000_000, offsets={"equities.prints": 1})
    reached = Mark(reached_ns=7_000_000, offsets={"equities.prints": 2})
    marked = msgspec.structs.replace(batch, mark=mark, reached=reached)
    tick = EventBatch(partition=batch.partition, watermark_ns=at_ns(3_000), reached=reached)
    out: list[Keyed] = []

    on_main(dataflow(wire, [(key, marked), (key, tick)], out))

    records = records_of(out)
    # A print alone derives nothing yet: how far it has come says only who has derived something.
    assert [record.topic for record in records[:2]] == ["control.order", "control.progress"]
    assert len(records) > 3
    assert not any("control" in record.topic for record in records[2:])
    assert {(record.key, record.partition) for record in records[:2]} == {
        (b"islandflow-equities", batch.partition)
    }
    assert [decode_mark(record.value or b"") for record in records[:2]] == [mark, reached]


def test_ignored_state_begins_with_an_empty_engine(wire: AvroWire, tmp_path: Path) -> None:
    recovery = recovery_store(tmp_path)
    first, second = (
        next(item for item in batches(wire, [event], 10) if item[1].values)
        for event in (sold(1, 100, size=30.0), sold(2, 200, size=5.0))
    )
    script: list[Any] = [
        first,
        TestingSource.EOF(),
        second,
        (second[0], EventBatch(partition=second[1].partition, is_end=True)),
    ]
    out: list[Keyed] = []
    source: Any = TestingSource(script, batch_size=1)
    on_main(equities_dataflow(source, wire, CONFIG, TestingSink(out)), recovery_config=recovery)
    out.clear()

    flow = equities_dataflow(source, wire, CONFIG, TestingSink(out), ignore_state=True)
    on_main(flow, recovery_config=recovery)

    decode = wire.decoder("equities.candles")
    candles = [decode(each.value or b"") for each in records_of(out) if "candles" in each.topic]
    assert {candle.volume for candle in candles} == {5.0}


def said(letter: OutRecord) -> dict[str, str]:
    return {name: value.decode() for name, value in letter.headers}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"price": float("nan")}, "price is nan"),
        ({"price": -1.0}, "price is -1.0"),
        ({"size": 0.0}, "size is 0.0"),
        ({"size": float("inf")}, "size is inf"),
        ({"source_ts": 5}, "source_ts is 5"),
        ({"action": "void"}, "action is 'void'"),
        ({"action": "cancel"}, "ref_trace_id is None"),
        (None, "not decodable"),
        (b"\0\0\0\0\x63\x02junk", "schema id 99 is not registered"),
    ],
)
def test_poisoned_print_becomes_a_dead_letter_and_the_flow_lives(
    wire: AvroWire, change: dict[str, Any] | bytes | None, error: str
) -> None:
    encode = wire.encoder("equities.prints")
    if isinstance(change, bytes):
        raw = change
    elif change is None:
        raw = encode(sold(1, 1))[:-3]
    else:
        raw = encode(sold(1, 1, **change))
    batch = EventBatch(
        partition=3,
        ranks=bytes([PRINTS, PRINTS]),
        values=[raw, encode(sold(2, 2, exchange="D"))],
        late=bytes(2),
        offsets=[70, 71],
        keys=[NAME.encode()] * 2,
        attempts={0: 2},
    )
    out: list[Keyed] = []

    on_main(dataflow(wire, [("00003", batch)], out))

    letter, joined = records_of(out)
    assert (letter.topic, letter.key, letter.value) == ("equities.prints.dlq", b"NVDA", raw)
    found = said(letter)
    assert error in found["error"]
    assert (found["partition"], found["offset"], found["attempt"]) == ("3", "70", "2")
    assert found["flow"] == "islandflow-equities"
    assert joined.topic == "equities.joins"


@pytest.mark.parametrize(
    ("change", "error"),
    [({"bid": -1.0}, "bid is -1.0"), ({"ask_size": float("nan")}, "ask_size is nan"), (None, "")],
)
def test_quote_nobody_can_use_becomes_a_dead_letter_once_and_the_one_before_it_stands(
    wire: AvroWire, change: dict[str, object] | None, error: str
) -> None:
    encode = wire.encoder("equities.quotes")
    good, bad = record_of(quoted(0)), record_of(quoted(5, 90.0, 90.1))
    raw = encode(bad)[:-4] if change is None else encode(msgspec.structs.replace(bad, **change))
    prints = [sold(1, 10, 100.10, exchange="D"), sold(2, 11, 100.10, exchange="D")]
    batch = EventBatch(
        partition=3,
        ranks=bytes([QUOTES, QUOTES, PRINTS, PRINTS]),
        values=[encode(good), raw, *map(wire.encoder("equities.prints"), prints)],
        late=bytes(4),
        offsets=[7, 8, 9, 10],
        keys=[NAME.encode()] * 4,
    )
    out: list[Keyed] = []

    on_main(dataflow(wire, [("00003", batch)], out))

    (letter,) = [each for each in records_of(out) if each.topic == "equities.quotes.dlq"]
    assert (letter.key, letter.value, said(letter)["offset"]) == (b"NVDA", raw, "8")
    assert error in said(letter)["error"]
    decode = wire.decoder("equities.joins")
    joins = [
        cast(EquityJoin, decode(each.value or b""))
        for each in records_of(out)
        if each.topic == "equities.joins"
    ]
    assert [(each.quote_ts, each.nbbo_side) for each in joins] == [(at_ns(0), "A")] * 2


def test_undecodable_quote_nothing_looks_at_is_no_trouble(wire: AvroWire) -> None:
    value = wire.encoder("equities.quotes")(record_of(quoted(5)))[:-4]
    batch = EventBatch(
        partition=3, ranks=bytes([QUOTES]), values=[value], late=b"\0", offsets=[8], keys=[b"NVDA"]
    )
    out: list[Keyed] = []

    on_main(dataflow(wire, [("00003", batch)], out))

    assert records_of(out) == []
