"""Killed at any point and resumed, the options flow writes what an unharmed run writes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from infra.embedded.stack import StackAddresses
from tests.connectors.kafka.market import tape
from tests.services.flow_services import FlowProcess
from tests.services.flow_services import count_of
from tests.services.flow_services import empty_catalog
from tests.services.flow_services import publish_tape
from tests.services.flow_services import records_of

OUTPUTS = (
    "options.tape",
    "flow.packets",
    "flow.smart-money",
    "flow.classifier-hits",
    "flow.alerts",
    "baselines.snapshots",
)
PRINTS = 3000

Written = dict[tuple[str, str, int], tuple[int, bytes]]


@pytest.fixture(scope="module")
def wire(stack: StackAddresses) -> Iterator[AvroWire]:
    registry = SchemaRegistry(stack.registry)
    yield AvroWire(registry)
    registry.close()


@pytest.fixture(scope="module")
def whole(
    stack: StackAddresses, wire: AvroWire, tmp_path_factory: pytest.TempPathFactory
) -> Written:
    """Return what an unharmed run writes."""
    start_over(stack, wire)
    run_to_end(stack, tmp_path_factory.mktemp("whole"), {"FLOW_BATCH_RECORDS": "1000"})
    found = written(stack, wire)
    assert {topic for topic, _, _ in found} == set(OUTPUTS)
    return found


def start_over(stack: StackAddresses, wire: AvroWire) -> None:
    empty_catalog(stack.kafka)
    publish_tape(stack.kafka, wire, tape(PRINTS))


def written(stack: StackAddresses, wire: AvroWire) -> Written:
    """Return value and partition by (topic, trace id, revision); repeats have to be equal."""
    found: Written = {}
    for topic in OUTPUTS:
        decode = wire.decoder(topic)
        for each in records_of(stack.kafka, topic):
            record = decode(each.value or b"")
            identity = (topic, record.trace_id, getattr(record, "revision", 0))
            content = (each.partition, each.value or b"")
            assert found.setdefault(identity, content) == content, identity
    return found


def run_to_end(stack: StackAddresses, folder: Path, settings: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    with FlowProcess("options", stack, folder, settings) as flow:
        flow.finish()


def test_killed_and_resumed_flow_writes_what_an_unharmed_one_writes(
    stack: StackAddresses, wire: AvroWire, whole: Written, tmp_path: Path
) -> None:
    start_over(stack, wire)
    settings = {"FLOW_BATCH_RECORDS": "7"}
    for part in (0.05, 0.4):
        with FlowProcess("options", stack, tmp_path, settings) as flow:
            flow.catch("options.tape", int(part * PRINTS))
            flow.process.kill()
    run_to_end(stack, tmp_path, settings)

    assert written(stack, wire) == whole


def test_stopped_flow_keeps_its_windows_and_goes_on_with_two_workers(
    stack: StackAddresses, wire: AvroWire, whole: Written, tmp_path: Path
) -> None:
    start_over(stack, wire)
    with FlowProcess("options", stack, tmp_path, {"FLOW_BATCH_RECORDS": "7"}) as flow:
        flow.catch("options.tape", 1)
        flow.stop()
    # It stopped where it was, with most of the tape before it.
    assert count_of(stack.kafka, "options.tape") < PRINTS
    with FlowProcess("options", stack, tmp_path, arguments=["-w", "2"]) as flow:
        flow.finish()

    assert written(stack, wire) == whole
