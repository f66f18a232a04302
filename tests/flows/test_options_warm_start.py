"""The options dataflow starts from a snapshot once, and only where it has no state."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bytewax.testing import TestingSink
from bytewax.testing import TestingSource

from connectors.kafka.batch import EventBatch
from connectors.kafka.partitioner import partition_of
from connectors.kafka.serde import AvroWire
from connectors.memory.registry import MemoryRegistry
from connectors.memory.run import Keyed
from flows.options.config import OptionsConfig
from flows.options.flow import BaselineStores
from flows.options.flow import options_dataflow
from schemas.records import BaselineSnapshot
from schemas.records import EquityQuote
from schemas.records import FlowPacket
from schemas.records import MarketEvent
from schemas.records import OptionsPrint
from tests.connectors.kafka.market import PARTITIONS
from tests.connectors.kafka.market import START_NS
from tests.connectors.kafka.market import Event
from tests.connectors.kafka.market import batches_of
from tests.connectors.kafka.market import log_of
from tests.connectors.kafka.market import tape
from tests.connectors.kafka.runs import EntryPoint
from tests.connectors.kafka.runs import on_main
from tests.connectors.kafka.runs import on_two_workers
from tests.connectors.kafka.runs import recovery_store

DAY_NS = 86_400_000_000_000
PRINTS = 250
Item = tuple[str, EventBatch]
Out = tuple[str, int, bytes]


@pytest.fixture(scope="module")
def wire() -> AvroWire:
    return AvroWire(MemoryRegistry())


class Shelf:
    """Snapshots by partition, and who asked for them when."""

    def __init__(self, records: Sequence[BaselineSnapshot]) -> None:
        self._records = records
        self.asked: list[tuple[int, int]] = []

    def load(self, partition: int, first_ts: int) -> list[BaselineSnapshot]:
        self.asked.append((partition, first_ts))
        return [
            record
            for record in self._records
            if partition_of(record.underlying_id.encode(), PARTITIONS) == partition
            and record.source_ts < first_ts
        ]


class Keeper:
    """A store that is due at every batch."""

    def __init__(self) -> None:
        self.kept: dict[str, BaselineSnapshot] = {}
        self.flushed = 0

    def is_due(self, partition: int) -> bool:
        return 0 <= partition < PARTITIONS

    def offer(self, partition: int, records: Sequence[BaselineSnapshot]) -> None:
        for record in records:
            assert partition_of(record.underlying_id.encode(), PARTITIONS) == partition
            self.kept[record.key] = record

    def flush(self, timeout_s: float) -> bool:
        self.flushed += 1
        return timeout_s > 0


def next_day() -> list[Event]:
    """Return a Friday after the Thursday of `tape`, with ids of its own."""
    moved = []
    for event in tape(PRINTS, seed=2):
        ts = event.source_ts + DAY_NS
        trace_id = event.trace_id.replace("2025-05-22", "2025-05-23")
        moved.append(msgspec.structs.replace(event, source_ts=ts, ingest_ts=ts, trace_id=trace_id))
    return moved


def run(
    wire: AvroWire,
    items: Sequence[Any],
    stores: BaselineStores | None = None,
    entry_point: EntryPoint = on_main,
    **options: Any,  # noqa: ANN401 - Bytewax's own
) -> list[Keyed]:
    out: list[Keyed] = []
    flow = options_dataflow(
        TestingSource(list(items), batch_size=1),
        wire,
        OptionsConfig(),
        TestingSink(out),
        stores=stores or BaselineStores(),
    )
    entry_point(flow, **options)
    return out


def plain(out: Sequence[Keyed]) -> list[Out]:
    records = [record for _, batch in out for record in batch]
    return sorted((record.topic, record.partition, record.value or b"") for record in records)


def snapshots(wire: AvroWire, out: Sequence[Keyed]) -> list[BaselineSnapshot]:
    decode = wire.decoder("baselines.snapshots")
    return [decode(value) for topic, _, value in plain(out) if topic == "baselines.snapshots"]


def packets(wire: AvroWire, out: Sequence[Keyed]) -> list[FlowPacket]:
    decode = wire.decoder("flow.packets")
    return [decode(value) for topic, _, value in plain(out) if topic == "flow.packets"]


@pytest.fixture(scope="module")
def thursday(wire: AvroWire) -> list[BaselineSnapshot]:
    """Return what the flow itself writes at the end of Thursday."""
    return snapshots(wire, run(wire, batches_of(log_of(wire, tape(PRINTS)), 100)))


def test_a_session_leaves_a_snapshot_of_every_key(
    wire: AvroWire, thursday: list[BaselineSnapshot]
) -> None:
    contracts = {e.option_contract_id for e in tape(PRINTS) if isinstance(e, OptionsPrint)}

    assert {each.key for each in thursday if each.level == "contract"} == contracts
    assert {each.snapshot_id for each in thursday} == {
        f"bs:{root}:2025-05-22" for root in ("AAPL", "NVDA", "SPY")
    }
    assert len({each.trace_id for each in thursday}) == len(thursday)


def test_a_flow_without_state_starts_from_the_snapshot_and_says_so(
    wire: AvroWire, thursday: list[BaselineSnapshot]
) -> None:
    items = batches_of(log_of(wire, next_day()), 50)
    shelf = Shelf(thursday)

    cold = packets(wire, run(wire, items))
    warm = packets(wire, run(wire, items, BaselineStores(loader=shelf)))

    assert {each.baseline_snapshot_id for each in cold} == {"none"}
    assert {each.baseline_snapshot_id for each in warm} == {
        f"bs:{each.underlying_id}:2025-05-22" for each in warm
    }
    by_id = {each.id: each for each in cold}
    known = [each for each in warm if each.features.total_premium_z_eff is not None]
    known_cold = [each for each in cold if each.features.total_premium_z_eff is not None]
    assert len(known) > len(known_cold)
    assert all(each.features.count == by_id[each.id].features.count for each in known)
    firsts: dict[int, int] = {}
    for event in next_day():
        partition = partition_of(event.underlying_id.encode(), PARTITIONS)
        firsts.setdefault(partition, event.source_ts)
    assert sorted(shelf.asked) == sorted(firsts.items())


@pytest.mark.parametrize("entry_point", [on_main, on_two_workers])
@pytest.mark.parametrize("batch_records", [1, 7, 1000])
def test_a_warm_start_does_not_depend_on_batches_or_workers(
    wire: AvroWire,
    thursday: list[BaselineSnapshot],
    entry_point: EntryPoint,
    batch_records: int,
) -> None:
    log = log_of(wire, next_day())
    wanted = plain(run(wire, batches_of(log, 50), BaselineStores(loader=Shelf(thursday))))

    stores = BaselineStores(loader=Shelf(thursday), store=Keeper())
    found = run(wire, batches_of(log, batch_records), stores, entry_point)

    assert plain(found) == wanted


def test_a_flow_with_state_never_asks_and_goes_on_the_same(
    wire: AvroWire, thursday: list[BaselineSnapshot], tmp_path: Path
) -> None:
    items = batches_of(log_of(wire, next_day()), 40)
    whole = set(plain(run(wire, items, BaselineStores(loader=Shelf(thursday)))))
    for crash_at in range(1, len(items), 3):
        recovery = recovery_store(tmp_path / str(crash_at))
        script: list[Any] = [*items[:crash_at], TestingSource.ABORT(), *items[crash_at:]]
        options: dict[str, Any] = {
            "epoch_interval": timedelta(0),
            "recovery_config": recovery,
        }
        out: list[Keyed] = []
        for shelf in (Shelf(thursday), resumed := Shelf(thursday)):
            flow = options_dataflow(
                TestingSource(script, batch_size=1),
                wire,
                OptionsConfig(),
                TestingSink(out),
                stores=BaselineStores(loader=shelf),
            )
            on_main(flow, **options)

        assert set(plain(out)) == whole
        settled = {batch.partition for _, batch in items[: crash_at - 1] if batch.values}
        assert not settled & {partition for partition, _ in resumed.asked}


def an_event(ts: int) -> MarketEvent:
    return MarketEvent(
        source_ts=ts,
        ingest_ts=ts,
        seq=1,
        trace_id="test:events:1",
        schema_version="refdata.events.v1",
        source="test",
        event_id="e1",
        underlying_id="NVDA",
        kind="earnings",
        event_ts=START_NS + 9 * DAY_NS,
        announced_ts=ts,
        timing="amc",
    )


def test_reference_data_of_long_ago_does_not_make_every_snapshot_too_new(
    wire: AvroWire, thursday: list[BaselineSnapshot]
) -> None:
    announced = START_NS - 60 * DAY_NS
    nvda = [each for each in next_day() if each.underlying_id == "NVDA"]
    log = log_of(wire, nvda)
    partition = partition_of(b"NVDA", PARTITIONS)
    log["refdata.events"][partition].append(wire.encoder("refdata.events")(an_event(announced)))
    shelf = Shelf(thursday)

    out = run(wire, batches_of(log, 1), BaselineStores(loader=shelf))

    assert shelf.asked == [(partition, nvda[0].source_ts)]
    assert isinstance(nvda[0], EquityQuote)
    assert {each.baseline_snapshot_id for each in packets(wire, out)} == {"bs:NVDA:2025-05-22"}


def test_a_damaged_snapshot_means_a_cold_start(
    wire: AvroWire, thursday: list[BaselineSnapshot]
) -> None:
    items = batches_of(log_of(wire, next_day()), 50)
    damaged = [msgspec.structs.replace(each, state="AAAA") for each in thursday]

    out = run(wire, items, BaselineStores(loader=Shelf(damaged)))

    assert plain(out) == plain(run(wire, items))


def test_what_is_stored_behind_the_flow_changes_nothing_and_ends_as_the_flow_did(
    wire: AvroWire, thursday: list[BaselineSnapshot]
) -> None:
    keeper = Keeper()
    items = batches_of(log_of(wire, tape(PRINTS)), 20)

    out = run(wire, items, BaselineStores(store=keeper))

    assert plain(out) == plain(run(wire, items))
    assert keeper.flushed == PARTITIONS
    contracts = [each for each in thursday if each.level == "contract"]
    assert {each.key: each.state for each in contracts} == {
        each.key: each.state for each in keeper.kept.values() if each.level == "contract"
    }
