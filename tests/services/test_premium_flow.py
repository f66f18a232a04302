"""The premium flow as a process over a real broker: live, killed and resumed, with two workers."""

from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from infra.embedded.stack import StackAddresses
from schemas.records import OptionsNetPremium
from schemas.records import OptionsTape
from tests.flows.premium.rows import EVENING_NS
from tests.flows.premium.rows import MINUTE_NS
from tests.flows.premium.rows import SECOND_NS
from tests.flows.premium.rows import a_row
from tests.services.flow_services import FlowProcess
from tests.services.flow_services import count_of
from tests.services.flow_services import empty_catalog
from tests.services.flow_services import publish
from tests.services.flow_services import records_of
from tests.services.flow_services import wait_until

LIVE = {"FLOW_STOP_AT_END": "false", "FLOW_TICK_MS": "20", "COMPUTE_DELIVER_POLICY": "new"}
OUTPUT = "options.net-premium"
NAMES = ("SPY", "NVDA", "VST", "AAPL", "QQQ", "AMD")
ROWS = 2000

Written = dict[tuple[str, int], tuple[int, bytes]]


@pytest.fixture
def wire(stack: StackAddresses) -> Iterator[AvroWire]:
    empty_catalog(stack.kafka)
    registry = SchemaRegistry(stack.registry)
    yield AvroWire(registry)
    registry.close()


def publish_rows(stack: StackAddresses, wire: AvroWire, rows: Sequence[OptionsTape]) -> None:
    encode = wire.encoder("options.tape")
    publish(
        stack.kafka,
        [("options.tape", -1, row.underlying_id.encode(), encode(row)) for row in rows],
    )


def tape() -> list[OptionsTape]:
    return [
        a_row(
            n,
            EVENING_NS + n * SECOND_NS // 10,
            underlying_id=NAMES[n * 5 % 6],
            notional=float(n),
            nbbo_side="ABM"[n % 3].replace("M", "MID"),
        )
        for n in range(ROWS)
    ]


def records(stack: StackAddresses, wire: AvroWire) -> list[OptionsNetPremium]:
    decode = wire.decoder(OUTPUT)
    return [
        cast(OptionsNetPremium, decode(each.value or b""))
        for each in records_of(stack.kafka, OUTPUT)
    ]


def written(stack: StackAddresses, wire: AvroWire) -> Written:
    """Return partition and value by id and revision; what was written again has to be equal."""
    decode = wire.decoder(OUTPUT)
    found: Written = {}
    for each in records_of(stack.kafka, OUTPUT):
        record = cast(OptionsNetPremium, decode(each.value or b""))
        content = (each.partition, each.value or b"")
        identity = record.trace_id, record.revision
        assert found.setdefault(identity, content) == content, identity
    return found


def test_a_minute_closes_on_a_quiet_tape_and_the_tide_does_not_wait_for_empty_partitions(
    stack: StackAddresses, wire: AvroWire, tmp_path: Path
) -> None:
    # Far enough into its minute that the tick that closes it comes at once.
    row = a_row(1, EVENING_NS + MINUTE_NS - SECOND_NS // 2)
    publish_rows(stack, wire, [row])
    with FlowProcess("premium", stack, tmp_path, LIVE) as flow:
        wait_until(
            lambda: flow.process.poll() is not None or count_of(stack.kafka, OUTPUT) >= 2,
            "minute of NVDA and of the market",
        )
        flow.process.terminate()
        flow.finish()

    found = records(stack, wire)

    assert sorted(record.underlying_id for record in found) == ["NVDA", "_market"]
    assert {(record.call_net, record.forming) for record in found} == {(100.0, False)}


def test_killed_and_resumed_flow_writes_what_an_unharmed_one_writes(
    stack: StackAddresses, wire: AvroWire, tmp_path: Path
) -> None:
    publish_rows(stack, wire, tape())
    whole_folder = tmp_path / "whole"
    whole_folder.mkdir()
    with FlowProcess("premium", stack, whole_folder, arguments=["-w", "2"]) as flow:
        flow.finish()
    whole = written(stack, wire)
    last = {name: value for name, value in whole.items() if name[0].startswith("np:_market")}
    assert last

    empty_catalog(stack.kafka)
    publish_rows(stack, wire, tape())
    settings = {"FLOW_BATCH_RECORDS": "3"}
    for part in (0.1, 0.5):
        with FlowProcess("premium", stack, tmp_path, settings) as flow:
            flow.catch(OUTPUT, int(part * len(whole)))
            flow.process.kill()
    with FlowProcess("premium", stack, tmp_path, settings) as flow:
        flow.finish()

    assert written(stack, wire) == whole
