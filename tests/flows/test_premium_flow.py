"""The premium dataflow gives the same bytes at any batch size, worker count, crash and resume."""

from collections.abc import Iterable
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from typing import cast

import pytest
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink
from bytewax.testing import TestingSource

from connectors.kafka.batch import EventBatch
from connectors.kafka.partitioner import partition_of
from connectors.kafka.serde import AvroWire
from connectors.memory.log import memory_log
from connectors.memory.log import ordered_batches
from connectors.memory.registry import MemoryRegistry
from connectors.memory.run import Keyed
from flows.premium.config import PremiumConfig
from flows.premium.flow import INPUT
from flows.premium.flow import PremiumRun
from flows.premium.flow import premium_dataflow
from schemas.records import OptionsNetPremium
from schemas.records import OptionsTape
from tests.connectors.kafka.market import PARTITIONS
from tests.connectors.kafka.market import in_turns
from tests.connectors.kafka.runs import EntryPoint
from tests.connectors.kafka.runs import on_main
from tests.connectors.kafka.runs import on_two_workers
from tests.connectors.kafka.runs import recovery_store
from tests.flows.premium.rows import EVENING_NS
from tests.flows.premium.rows import MINUTE_NS
from tests.flows.premium.rows import SECOND_NS
from tests.flows.premium.rows import a_row
from tests.flows.premium.rows import cents
from tests.flows.premium.rows import group_by
from tests.flows.premium.rows import latest
from tests.flows.premium.rows import reversal

ROWS = 240
NAMES = ("SPY", "NVDA", "VST", "AAPL", "QQQ")
PLACES = ("A", "B", "MID", "AA", "STALE")
Out = tuple[str, int, bytes]
Item = tuple[str, EventBatch]


@pytest.fixture(scope="module")
def wire() -> AvroWire:
    return AvroWire(MemoryRegistry())


def tape() -> list[OptionsTape]:
    """Return rows over four minutes and two sessions, some late, some cancelled."""
    found: list[OptionsTape] = []
    for n in range(ROWS):
        late_ns = 70 * SECOND_NS if n % 29 == 7 and n > 100 else 0
        row = a_row(
            n,
            EVENING_NS + n * SECOND_NS - late_ns,
            underlying_id=NAMES[n * 7 % 5],
            right="CP"[n % 3 // 2],
            notional=(n * 7919 % 100_000) / 100,
            nbbo_side=PLACES[n * 3 % 5],
            aggressor_side=("buy", "sell", "unknown")[n % 3],
            aggressor_probability=(0.62, 0.7, 0.5)[n % 3],
            dollar_delta=None if n % 5 == 0 else n * 10.01,
        )
        found.append(row)
        if n % 31 == 30:
            found.append(reversal(found[-20]))
    return found


def batches(wire: AvroWire, rows: Iterable[OptionsTape], limit: int) -> list[Item]:
    """Return what the ordered source makes of a tape, partitions taking turns."""
    log = memory_log(wire, [INPUT], rows, PARTITIONS)
    return in_turns(
        [ordered_batches(log, [INPUT], partition, limit) for partition in range(PARTITIONS)]
    )


def dataflow(
    wire: AvroWire, items: Iterable[Any], out: list[Keyed], *, batch_size: int = 3
) -> Dataflow:
    run = PremiumRun(partitions=PARTITIONS, stop_at_end=True)
    source = TestingSource(list(items), batch_size=batch_size)
    return premium_dataflow(source, wire, PremiumConfig(), TestingSink(out), run)


def plain(out: Sequence[Keyed]) -> list[Out]:
    records = [record for _, batch in out for record in batch]
    return sorted((record.topic, record.partition, record.value or b"") for record in records)


def decoded(wire: AvroWire, out: Sequence[Keyed]) -> list[OptionsNetPremium]:
    decode = wire.decoder("options.net-premium")
    return [
        cast(OptionsNetPremium, decode(record.value or b"")) for _, batch in out for record in batch
    ]


def expected(wire: AvroWire) -> list[Out]:
    out: list[Keyed] = []
    on_main(dataflow(wire, batches(wire, tape(), 1000), out))
    return plain(out)


@pytest.mark.parametrize("entry_point", [on_main, on_two_workers])
@pytest.mark.parametrize("batch_records", [1, 7, 1000])
def test_output_is_the_same_for_any_batch_size_and_worker_count(
    wire: AvroWire, entry_point: EntryPoint, batch_records: int
) -> None:
    out: list[Keyed] = []

    entry_point(dataflow(wire, batches(wire, tape(), batch_records), out))

    assert plain(out) == expected(wire)


def test_records_equal_a_plain_group_by(wire: AvroWire) -> None:
    out: list[Keyed] = []
    basket = PremiumConfig().basket
    on_main(dataflow(wire, batches(wire, tape(), 50), out))

    found = latest(sorted(decoded(wire, out), key=lambda record: record.revision))

    gone = {row.trace_id for row in tape() if row.reversed}
    kept = [row for row in tape() if row.trace_id not in gone]
    sums = group_by(
        kept,
        lambda row: [
            row.underlying_id,
            "_market",
            *(["_basket"] if row.underlying_id in basket else []),
        ],
    )
    assert set(sums) <= set(found)
    for name, fields in sums.items():
        for field, value in fields.items():
            assert getattr(found[name], field) == cents(value), (name, field)
    assert {record.scope for record in found.values()} == {"underlying", "market", "basket"}


def test_records_are_on_the_partition_of_their_key(wire: AvroWire) -> None:
    out: list[Keyed] = []

    on_main(dataflow(wire, batches(wire, tape(), 100), out))

    for record in [record for _, batch in out for record in batch]:
        assert record.partition == partition_of(record.key or b"", PARTITIONS)


def test_abort_and_resume_at_every_epoch_repeats_records_but_changes_none(
    wire: AvroWire, tmp_path: Path
) -> None:
    items = batches(wire, tape(), 40)
    whole = set(expected(wire))
    for crash_at in range(1, len(items)):
        recovery = recovery_store(tmp_path / str(crash_at))
        out: list[Keyed] = []
        script: list[Any] = [*items[:crash_at], TestingSource.ABORT(), *items[crash_at:]]
        flow = dataflow(wire, script, out, batch_size=1)

        on_main(flow, epoch_interval=timedelta(0), recovery_config=recovery)
        on_main(flow, epoch_interval=timedelta(0), recovery_config=recovery)

        assert set(plain(out)) == whole


def test_what_a_resumed_options_flow_wrote_again_is_not_counted_again(wire: AvroWire) -> None:
    rows = tape()
    out: list[Keyed] = []

    on_main(dataflow(wire, batches(wire, [*rows[:150], *rows[90:]], 40), out))

    whole: list[Keyed] = []
    on_main(dataflow(wire, batches(wire, rows, 40), whole))
    assert plain(out) == plain(whole)


def test_tick_closes_a_minute_on_a_quiet_tape(wire: AvroWire) -> None:
    (key, batch), *_ = [item for item in batches(wire, [a_row(1)], 10) if item[1].values]
    tick = EventBatch(partition=batch.partition, watermark_ns=EVENING_NS + MINUTE_NS)
    out: list[Keyed] = []
    run = PremiumRun(partitions=PARTITIONS, stop_at_end=False)
    source = TestingSource([(key, batch), (key, tick)])

    on_main(premium_dataflow(source, wire, PremiumConfig(), TestingSink(out), run))

    closed = [record for record in decoded(wire, out) if not record.forming]
    assert sorted(record.underlying_id for record in closed) == ["NVDA", "_market"]


def test_impossible_amounts_and_junk_become_dead_letters(wire: AvroWire) -> None:
    encode = wire.encoder("options.tape")
    values = [encode(a_row(1, notional=float("inf"))), encode(a_row(2))[:-2], encode(a_row(3))]
    batch = EventBatch(
        partition=3,
        ranks=bytes(3),
        values=values,
        late=bytes(3),
        offsets=[70, 71, 72],
        keys=[b"NVDA"] * 3,
    )
    end = EventBatch(partition=3, is_end=True)
    out: list[Keyed] = []

    on_main(dataflow(wire, [("00003", batch), ("00003", end)], out))

    records = [record for _, each in out for record in each]
    letters = [record for record in records if record.topic == "options.tape.dlq"]
    assert [letter.value for letter in letters] == values[:2]
    said = [dict(letter.headers) for letter in letters]
    assert b"notional is inf" in said[0]["error"]
    assert {each["flow"] for each in said} == {b"islandflow-premium"}
    kept = [record for record in records if record.topic == "options.net-premium"]
    assert {record.print_count for record in decoded(wire, [("", kept)])} == {1}
