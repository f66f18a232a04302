"""The options flow, in processes of its own, starts a day from what the day before left."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.ddl import create_tables
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from infra.embedded.ports import free_port
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from tests.connectors.kafka.market import Event
from tests.connectors.kafka.market import tape
from tests.services.flow_services import FlowProcess
from tests.services.flow_services import empty_catalog
from tests.services.flow_services import publish_tape
from tests.services.flow_services import records_of

DAY_NS = 86_400_000_000_000
PRINTS = 300


def friday() -> list[Event]:
    return [
        msgspec.structs.replace(
            event,
            source_ts=event.source_ts + DAY_NS,
            ingest_ts=event.ingest_ts + DAY_NS,
            trace_id=event.trace_id.replace("2025-05-22", "2025-05-23"),
        )
        for event in tape(PRINTS, seed=2)
    ]


def run(name: str, stack: StackAddresses, folder: Path, **settings: str) -> None:
    folder.mkdir(exist_ok=True)
    with FlowProcess(name, stack, folder, settings) as flow:
        flow.finish()


def snapshot_ids(stack: StackAddresses, wire: AvroWire) -> set[tuple[str, str]]:
    decode = wire.decoder("flow.packets")
    packets = [decode(each.value or b"") for each in records_of(stack.kafka, "flow.packets")]
    assert packets
    return {(each.underlying_id, each.baseline_snapshot_id) for each in packets}


def test_a_day_starts_from_redis_else_from_clickhouse_else_cold(
    new_embedded_stack: Callable[[str], EmbeddedStack], tmp_path: Path
) -> None:
    stack = new_embedded_stack("warm").start()
    wire = AvroWire(SchemaRegistry(stack.registry))
    create_tables(ClickHouseConfig(url=stack.clickhouse))
    empty_catalog(stack.kafka)
    publish_tape(stack.kafka, wire, tape(PRINTS))
    run("options", stack, tmp_path / "thursday")
    run("persist", stack, tmp_path / "thursday")
    newest = dict.fromkeys(("AAPL", "NVDA", "SPY"), 0)
    for event in tape(PRINTS):
        if hasattr(event, "price"):
            newest[event.underlying_id] = max(newest[event.underlying_id], event.source_ts)
    assert snapshot_ids(stack, wire) == {(root, "none") for root in newest}

    def starts_from(name: str, **settings: str) -> set[tuple[str, str]]:
        empty_catalog(stack.kafka)
        publish_tape(stack.kafka, wire, friday())
        run("options", stack, tmp_path / name, **settings)
        return snapshot_ids(stack, wire)

    gone = f"redis://127.0.0.1:{free_port('127.0.0.1')}"
    cold = starts_from("cold", BASELINE_SNAPSHOT="none", REDIS_URL=gone)
    stored = starts_from("stored", REDIS_URL=gone)
    named = starts_from("named", BASELINE_SNAPSHOT="bs:SPY:2025-05-22", REDIS_URL=gone)
    hot = starts_from("hot")
    again = starts_from("again")

    assert cold == {(root, "none") for root in newest}
    assert stored == {(root, f"bs:{root}:2025-05-22") for root in newest}
    assert named == {("AAPL", "none"), ("NVDA", "none"), ("SPY", "bs:SPY:2025-05-22")}
    assert hot == {(root, f"bs:{root}:2025-05-22@{ts}") for root, ts in newest.items()}
    # By now Redis holds Friday itself, which is not older than Friday's first print.
    assert again == stored


def test_a_named_snapshot_that_does_not_exist_stops_the_flow_with_its_name(
    new_embedded_stack: Callable[[str], EmbeddedStack], tmp_path: Path
) -> None:
    stack = new_embedded_stack("missing").start()
    wire = AvroWire(SchemaRegistry(stack.registry))
    create_tables(ClickHouseConfig(url=stack.clickhouse), ["baselines.snapshots"])
    empty_catalog(stack.kafka)
    publish_tape(stack.kafka, wire, tape(20))
    settings = {"BASELINE_SNAPSHOT": "bs:SPY:2024-01-02,bs:NVDA:2024-01-02,bs:AAPL:2024-01-02"}

    with FlowProcess("options", stack, tmp_path, settings) as flow:
        assert flow.process.wait(60.0) != 0
        assert "BASELINE_SNAPSHOT names bs:" in flow.log()


pytestmark = pytest.mark.timeout(240)
