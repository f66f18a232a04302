"""The options flow as a process over a real broker: live, in a cluster, with bad input."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.kafka.dlq import list_dead_letters
from connectors.kafka.dlq import replay_dead_letters
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from infra.embedded.stack import StackAddresses
from infra.ports import free_ports
from tests.connectors.kafka.market import a_print
from tests.connectors.kafka.market import tape
from tests.services.flow_services import FlowProcess
from tests.services.flow_services import count_of
from tests.services.flow_services import empty_catalog
from tests.services.flow_services import publish
from tests.services.flow_services import publish_tape
from tests.services.flow_services import records_of
from tests.services.flow_services import wait_until

LIVE = {"FLOW_STOP_AT_END": "false", "FLOW_TICK_MS": "20"}


@pytest.fixture
def wire(stack: StackAddresses) -> Iterator[AvroWire]:
    empty_catalog(stack.kafka)
    registry = SchemaRegistry(stack.registry)
    yield AvroWire(registry)
    registry.close()


def publish_print(stack: StackAddresses, wire: AvroWire, number: int, ts_step_ns: int) -> None:
    made = a_print(number, ts=a_print().source_ts + number * ts_step_ns, size=300)
    publish(stack.kafka, [("options.prints", 5, b"NVDA", wire.encoder("options.prints")(made))])


def test_live_windows_close_on_a_quiet_tape_and_a_restart_goes_on(
    stack: StackAddresses, wire: AvroWire, tmp_path: Path
) -> None:
    for number in (1, 2):
        with FlowProcess("options", stack, tmp_path, LIVE) as flow:
            publish_print(stack, wire, number, 3_600_000_000_000)
            wait_until(
                lambda n=number, f=flow: (  # type: ignore[misc]
                    f.process.poll() is not None or count_of(stack.kafka, "flow.packets") >= n
                ),
                f"packet {number}",
            )
            flow.process.terminate()
            flow.finish()

    assert count_of(stack.kafka, "options.tape") == 2
    assert count_of(stack.kafka, "flow.packets") == 2


def test_cluster_of_two_processes_writes_what_one_worker_writes(
    stack: StackAddresses, wire: AvroWire, tmp_path: Path
) -> None:
    publish_tape(stack.kafka, wire, tape(400))
    alone = tmp_path / "alone"
    alone.mkdir()
    with FlowProcess("options", stack, alone) as flow:
        flow.finish()
    tapes = sorted(each.value or b"" for each in records_of(stack.kafka, "options.tape"))
    packets = sorted(each.value or b"" for each in records_of(stack.kafka, "flow.packets"))
    empty_catalog(stack.kafka)
    publish_tape(stack.kafka, wire, tape(400))

    addresses = ";".join(f"127.0.0.1:{port}" for port in free_ports(2))
    first = FlowProcess("options", stack, tmp_path, arguments=["-i", "0", "-a", addresses])
    second = FlowProcess("options", stack, tmp_path, arguments=["-i", "1", "-a", addresses])
    with first, second:
        first.finish()
        second.finish()

    found = [
        sorted(each.value or b"" for each in records_of(stack.kafka, topic))
        for topic in ("options.tape", "flow.packets")
    ]
    assert found == [tapes, packets]


def test_bad_messages_become_dead_letters_and_are_counted_again_when_replayed(
    stack: StackAddresses, wire: AvroWire, tmp_path: Path
) -> None:
    encode = wire.encoder("options.prints")
    values = [b"no header", encode(a_print(1))[:-1], encode(a_print(2, price=-1.0))]
    publish(stack.kafka, [("options.prints", 5, b"NVDA", each) for each in values])
    publish_print(stack, wire, 3, 0)
    with FlowProcess("options", stack, tmp_path) as flow:
        flow.finish()

    letters = list_dead_letters(stack.kafka, ["options.prints"])
    assert [(each.offset, each.value, each.attempt) for each in letters] == [
        (offset, value, 1) for offset, value in enumerate(values)
    ]
    assert count_of(stack.kafka, "options.tape") == 1

    assert len(replay_dead_letters(stack.kafka, ["options.prints"]).replayed) == 3
    with FlowProcess("options", stack, tmp_path) as flow:
        flow.finish()

    again = list_dead_letters(stack.kafka, ["options.prints"])
    assert [(each.offset, each.attempt) for each in again[3:]] == [(4, 2), (5, 2), (6, 2)]
    assert [each.is_replayed for each in again] == [True] * 3 + [False] * 3
