"""Killed at any point and resumed, the options flow writes what an unharmed run writes."""

import time
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
from tests.services.flow_services import wait_until

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


@pytest.fixture
def wire(stack: StackAddresses) -> AvroWire:
    return AvroWire(SchemaRegistry(stack.registry))


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
    stack: StackAddresses, wire: AvroWire, tmp_path: Path
) -> None:
    start_over(stack, wire)
    run_to_end(stack, tmp_path / "whole", {"FLOW_BATCH_RECORDS": "1000"})
    whole = written(stack, wire)
    assert {topic for topic, _, _ in whole} == set(OUTPUTS)

    start_over(stack, wire)
    settings = {"FLOW_BATCH_RECORDS": "7"}
    kills = 0
    for part in (0.05, 0.4):
        with FlowProcess("options", stack, tmp_path, settings) as flow:
            wanted = int(part * PRINTS)
            wait_until(
                lambda n=wanted, f=flow: (  # type: ignore[misc]
                    f.process.poll() is not None or count_of(stack.kafka, "options.tape") >= n
                ),
                f"{wanted} tape rows",
            )
            kills += flow.process.poll() is None
            flow.process.kill()
    run_to_end(stack, tmp_path, settings)

    assert kills > 0
    assert written(stack, wire) == whole


def test_stopped_flow_keeps_its_windows_and_goes_on(
    stack: StackAddresses, wire: AvroWire, tmp_path: Path
) -> None:
    start_over(stack, wire)
    run_to_end(stack, tmp_path / "whole", {})
    whole = written(stack, wire)

    start_over(stack, wire)
    with FlowProcess("options", stack, tmp_path, {"FLOW_BATCH_RECORDS": "7"}) as flow:
        wait_until(lambda: count_of(stack.kafka, "options.tape") > 0, "first tape row")
        started = time.monotonic()
        flow.process.terminate()
        flow.finish()
        assert time.monotonic() - started < 20
    run_to_end(stack, tmp_path, {})

    assert written(stack, wire) == whole


def test_two_workers_write_what_one_writes(
    stack: StackAddresses, wire: AvroWire, tmp_path: Path
) -> None:
    start_over(stack, wire)
    run_to_end(stack, tmp_path / "one", {})
    whole = written(stack, wire)

    start_over(stack, wire)
    folder = tmp_path / "two"
    folder.mkdir()
    with FlowProcess("options", stack, folder, arguments=["-w", "2"]) as flow:
        flow.finish()

    assert written(stack, wire) == whole
