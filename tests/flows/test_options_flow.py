"""The options dataflow gives the same bytes at any batch size, worker count, crash and resume."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink
from bytewax.testing import TestingSource

from connectors.kafka.batch import EventBatch
from connectors.kafka.batch import OutRecord
from connectors.kafka.marks import Mark
from connectors.kafka.marks import decode_mark
from connectors.kafka.serde import AvroWire
from connectors.memory.registry import MemoryRegistry
from connectors.memory.run import Keyed
from flows.options.config import OptionsConfig
from flows.options.flow import options_dataflow
from tests.connectors.kafka.market import a_print
from tests.connectors.kafka.market import batches_of
from tests.connectors.kafka.market import log_of
from tests.connectors.kafka.market import tape
from tests.connectors.kafka.runs import EntryPoint
from tests.connectors.kafka.runs import on_main
from tests.connectors.kafka.runs import on_two_workers
from tests.connectors.kafka.runs import recovery_store

PRINTS = 150
Item = tuple[str, EventBatch]
Out = tuple[str, int, bytes]


@pytest.fixture(scope="module")
def wire() -> AvroWire:
    return AvroWire(MemoryRegistry())


def dataflow(wire: AvroWire, items: Iterable[Any], out: list[Keyed]) -> Dataflow:
    source = TestingSource(list(items), batch_size=3)
    return options_dataflow(source, wire, OptionsConfig(), TestingSink(out))


def plain(out: Sequence[Keyed]) -> list[Out]:
    records = [record for _, batch in out for record in batch]
    return sorted((record.topic, record.partition, record.value or b"") for record in records)


def expected(wire: AvroWire) -> list[Out]:
    out: list[Keyed] = []
    on_main(dataflow(wire, batches_of(log_of(wire, tape(PRINTS)), 1000), out))
    return plain(out)


@pytest.mark.parametrize("entry_point", [on_main, on_two_workers])
@pytest.mark.parametrize("batch_records", [1, 7, 1000])
def test_output_is_the_same_for_any_batch_size_and_worker_count(
    wire: AvroWire, entry_point: EntryPoint, batch_records: int
) -> None:
    out: list[Keyed] = []

    entry_point(dataflow(wire, batches_of(log_of(wire, tape(PRINTS)), batch_records), out))

    found = plain(out)
    assert found == expected(wire)
    counts = Counter(topic for topic, _, _ in found)
    assert counts["options.tape"] == len([e for e in tape(PRINTS) if hasattr(e, "price")])
    assert counts["flow.packets"] > 0


def test_records_stay_on_the_partition_and_key_of_their_underlying(wire: AvroWire) -> None:
    out: list[Keyed] = []

    on_main(dataflow(wire, batches_of(log_of(wire, tape(PRINTS)), 100), out))

    partitions = {(record.key, record.partition) for _, batch in out for record in batch}
    assert len(partitions) == len({key for key, _ in partitions}) == 3


def test_abort_and_resume_at_every_epoch_repeats_records_but_changes_none(
    wire: AvroWire, tmp_path: Path
) -> None:
    items = batches_of(log_of(wire, tape(PRINTS)), 40)
    whole = set(expected(wire))
    for crash_at in range(1, len(items)):
        recovery = recovery_store(tmp_path / str(crash_at))
        out: list[Keyed] = []
        script: list[Any] = [*items[:crash_at], TestingSource.ABORT(), *items[crash_at:]]
        flow = options_dataflow(
            TestingSource(script, batch_size=1), wire, OptionsConfig(), TestingSink(out)
        )

        on_main(flow, epoch_interval=timedelta(0), recovery_config=recovery)
        before = len(out)
        on_main(flow, epoch_interval=timedelta(0), recovery_config=recovery)

        assert before < len(out)
        assert set(plain(out)) == whole


def test_stop_without_end_keeps_windows_open_until_the_next_run(
    wire: AvroWire, tmp_path: Path
) -> None:
    recovery = recovery_store(tmp_path)
    items = batches_of(log_of(wire, [a_print(1, size=400)]), 10)
    out: list[Keyed] = []
    script = [*[item for item in items if not item[1].is_end], TestingSource.EOF(), *items[-8:]]
    flow = dataflow(wire, script, out)

    on_main(flow, recovery_config=recovery)
    topics = {record.topic for _, batch in out for record in batch}
    assert topics == {"options.tape"}

    on_main(flow, recovery_config=recovery)
    topics = {record.topic for _, batch in out for record in batch}
    assert "flow.packets" in topics


def test_tick_closes_a_window_on_a_quiet_tape(wire: AvroWire) -> None:
    (key, batch), *_ = [
        item for item in batches_of(log_of(wire, [a_print(1, size=400)]), 10) if item[1].values
    ]
    tick = EventBatch(partition=batch.partition, watermark_ns=a_print().source_ts + 60_000_000_000)
    out: list[Keyed] = []

    on_main(dataflow(wire, [(key, batch), (key, tick)], out))

    assert "flow.packets" in {record.topic for _, each in out for record in each}


def test_marks_of_the_order_go_in_front_of_what_is_derived_in_it(wire: AvroWire) -> None:
    (key, batch), *_ = [
        item for item in batches_of(log_of(wire, [a_print(1, size=400)]), 10) if item[1].values
    ]
    mark = Mark(reached_ns=5_000_000, offsets={"options.prints": 1})
    reached = Mark(reached_ns=7_000_000, offsets={"options.prints": 2})
    marked = msgspec.structs.replace(batch, mark=mark, reached=reached)
    quiet = EventBatch(partition=batch.partition, watermark_ns=1, mark=mark, reached=reached)
    out: list[Keyed] = []

    on_main(dataflow(wire, [(key, marked), (key, quiet)], out))

    records = [record for _, each in out for record in each]
    # How far it has come says only who has derived something.
    assert [record.topic for record in records] == [
        "control.order",
        "control.progress",
        "options.tape",
        "control.order",
    ]
    assert {(record.key, record.partition) for record in records[:2]} == {
        (b"islandflow-options", batch.partition)
    }
    assert [decode_mark(record.value or b"") for record in records[:2]] == [mark, reached]


def headers(record: OutRecord) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (b"\0\0\0\0\x63" + b"\x02junk", "schema id 99 is not registered"),
        ("cut", "not decodable"),
        ("negative", "price is -1.0"),
        ("no size", "size is 0"),
    ],
)
def test_what_is_not_decodable_or_breaks_an_invariant_becomes_a_dead_letter(
    wire: AvroWire, value: bytes | str, error: str
) -> None:
    encode = wire.encoder("options.prints")
    raw = {
        "cut": encode(a_print())[:-3],
        "negative": encode(a_print(price=-1.0)),
        "no size": encode(a_print(size=0)),
    }.get(str(value), value)
    good = encode(a_print(2))
    batch = EventBatch(
        partition=3,
        ranks=b"\4\4",
        values=[raw, good] if isinstance(raw, bytes) else [],
        late=b"\0\0",
        offsets=[70, 71],
        keys=[b"NVDA", b"NVDA"],
        attempts={0: 2},
    )
    out: list[Keyed] = []

    on_main(dataflow(wire, [("00003", batch)], out))

    records = [record for _, each in out for record in each]
    (letter,) = [record for record in records if record.topic == "options.prints.dlq"]
    assert (letter.key, letter.value, letter.partition) == (b"NVDA", raw, 0)
    said = headers(letter)
    assert error in said["error"]
    place = (said["topic"], said["partition"], said["offset"], said["attempt"], said["flow"])
    assert place == ("options.prints", "3", "70", "2", "islandflow-options")
    assert [record.topic for record in records if record is not letter] == ["options.tape"]
