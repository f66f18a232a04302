"""Commands, states and marks of replays over the embedded services."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from connectors.kafka.config import SinkConfig
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.kafka.sink import BatchProducer
from infra.cli.replay_control import control
from infra.embedded.stack import StackAddresses
from infra.errors import InfraError
from infra.errors import MisconfiguredInfra
from infra.replay.commands import COMMANDS_TOPIC
from infra.replay.commands import Ask
from infra.replay.commands import CommandInbox
from infra.replay.commands import CommandSender
from infra.replay.commands import command_of
from infra.replay.commands import message_of_command
from infra.replay.commands import of_run
from infra.replay.commands import refusal
from infra.replay.commands import send_command
from infra.replay.control import ReplayControl
from infra.replay.request import ReplayRequest
from infra.replay.status import WORKER_RUN
from infra.replay.status import StatusBoard
from infra.replay.status import StatusWatch
from infra.replay.status import all_statuses
from infra.replay.status import blank_status
from infra.replay.status import newest_status
from infra.replay.worker import run_worker
from schemas.records import ReplayCommand
from schemas.records import ReplayStatus
from tests.infra.cli.command import Outcome
from tests.services.flow_services import publish
from tests.services.flow_services import wait_until
from tests.stack import prepared_stack

AT_NS = 1_748_009_876_000_000_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay-control") / "data"


@pytest.fixture(scope="module")
def addresses(data: Path) -> Iterator[StackAddresses]:
    with prepared_stack(data) as found:
        yield found


def taken(inbox: CommandInbox, count: int) -> list[ReplayCommand]:
    found: list[ReplayCommand] = []

    def has_all() -> bool:
        found.extend(inbox.take(0.1))
        return len(found) >= count

    wait_until(has_all, "commands came")
    return found


def test_a_run_takes_its_own_commands_once_and_in_order(addresses: StackAddresses) -> None:
    sender = CommandSender(addresses)
    sender.send("early", Ask(action="pause"))
    with closing(CommandInbox(addresses, of_run("early"))) as inbox:
        sender.send("another", Ask(action="pause"))
        sender.send("early", Ask(action="delete"))
        first = sender.send("early", Ask(action="seek", ts=AT_NS))
        registry = SchemaRegistry(addresses.registry)
        encode = AvroWire(registry, [COMMANDS_TOPIC]).encoder(COMMANDS_TOPIC)
        again = BatchProducer(SinkConfig(brokers=addresses.kafka))
        again.write([message_of_command(first, encode)] * 2)
        publish(addresses.kafka, [(COMMANDS_TOPIC, 0, b"early", b"no record")])
        second = sender.send("early", Ask(action="speed", speed=60.0))

        assert taken(inbox, 2) == [first, second]
        assert inbox.take() == []
    registry.close()


def test_an_inbox_of_the_past_takes_what_was_sent_before_it(addresses: StackAddresses) -> None:
    sent = send_command(addresses, "past", Ask(action="pause"))

    with closing(CommandInbox(addresses, of_run("past"), since_ns=sent.source_ts)) as inbox:
        assert taken(inbox, 1) == [sent]


def test_states_are_numbered_on_by_whoever_takes_over(addresses: StackAddresses) -> None:
    now_ns = [AT_NS]
    first = StatusBoard(addresses, "numbered", lambda: now_ns[0])
    assert first.publish(blank_status("numbered", "created"))
    assert first.publish(blank_status("numbered", "playing"))
    assert not first.publish(blank_status("numbered", "playing"))
    second = StatusBoard(addresses, "numbered", lambda: now_ns[0])
    assert second.newest == first.newest
    now_ns[0] += 5
    assert second.publish(blank_status("numbered", "failed"))

    newest = newest_status(addresses, "numbered")
    assert newest is not None
    assert (newest.seq, newest.trace_id, newest.state) == (2, "rs:numbered:2", "failed")
    assert newest.source_ts == AT_NS + 5
    assert second.newest == newest
    assert all_statuses(addresses)["numbered"] == newest
    assert newest_status(addresses, "nobody") is None
    assert StatusBoard(addresses, "nobody").newest is None


def test_an_effect_is_seen_although_the_next_state_has_come(addresses: StackAddresses) -> None:
    board = StatusBoard(addresses, "effects")
    with closing(StatusWatch(addresses)) as watch:
        for state, command in (("paused", "rc:effects:1:0"), ("playing", "rc:effects:2:0")):
            status = blank_status("effects", state)
            board.publish(msgspec.structs.replace(status, last_command_id=command))
        assert watch.wait_for_effect("rc:effects:2:0", 10) is not None

        found = watch.wait_for_effect("rc:effects:1:0", 0)

        assert found is not None
        assert found.state == "paused"
        assert watch.wait_for_effect("rc:effects:3:0", 0.01) is None


@contextmanager
def a_run(
    addresses: StackAddresses, run: str, state: str = "playing"
) -> Iterator[list[ReplayCommand]]:
    """Answer commands as a run does: each changes the state, or is refused with a reason."""
    stop = threading.Event()
    obeyed: list[ReplayCommand] = []
    board = StatusBoard(addresses, run)
    status = msgspec.structs.replace(
        blank_status(run, state), event_ts=AT_NS, from_ts=AT_NS, to_ts=AT_NS + 3600 * 10**9
    )
    inbox = CommandInbox(addresses, of_run(run))
    board.publish(status)

    def answered(status: ReplayStatus, command: ReplayCommand) -> ReplayStatus:
        why = refusal(command, status.state, status.from_ts, status.to_ts)
        if why:
            return msgspec.structs.replace(status, error=why, last_command_id=command.trace_id)
        obeyed.append(command)
        states = {"pause": "paused", "resume": "playing", "stop": "stopped"}
        return msgspec.structs.replace(
            status,
            state=states.get(command.action, status.state),
            event_ts=command.ts or status.event_ts,
            speed=status.speed if command.speed is None else command.speed,
            error="",
            last_command_id=command.trace_id,
        )

    def serve(status: ReplayStatus) -> None:
        while not stop.is_set():
            for command in inbox.take(0.05):
                status = answered(status, command)
                board.publish(status)
            board.publish(status)

    thread = threading.Thread(target=serve, args=(status,), daemon=True)
    thread.start()
    try:
        yield obeyed
    finally:
        stop.set()
        thread.join()
        inbox.close()


def controlled(data: Path, *words: str) -> Outcome:
    app = typer.Typer()
    app.command()(control)
    found = CliRunner().invoke(app, [*words, "--data", str(data)])
    error = found.exception
    if isinstance(error, InfraError):
        return Outcome(1, found.stdout, str(error))
    if error is not None and not isinstance(error, SystemExit):
        raise error
    return Outcome(found.exit_code, found.stdout, found.stderr)


def told(data: Path, *words: str) -> str:
    found = controlled(data, *words)
    assert found.code == 0, found.err
    return found.out.strip()


def test_a_user_pauses_seeks_steps_and_stops_a_run(addresses: StackAddresses, data: Path) -> None:
    with a_run(addresses, "monday") as obeyed:
        assert told(data, "monday", "pause") == (
            "monday paused · 2025-05-23 10:17:56.000 ET · flat out · no records"
        )
        assert "10:30:00.000 ET" in told(data, "monday", "seek", "10:30:00")
        assert "monday paused" in told(data, "monday", "step", "bar", "2")
        assert "×60" in told(data, "monday", "speed", "60")
        assert "monday playing" in told(data, "monday", "resume")
        assert controlled(data, "monday", "status", "--json").json()["speed"] == 60
        assert "monday stopped" in told(data, "monday", "stop")

    actions = [each.action for each in obeyed]
    assert actions == ["pause", "seek", "step", "speed", "resume", "stop"]
    assert (obeyed[2].by, obeyed[2].n) == ("bar", 2)


def test_a_command_a_run_cannot_obey_is_not_sent(addresses: StackAddresses, data: Path) -> None:
    with a_run(addresses, "friday") as obeyed:
        step = controlled(data, "friday", "step")
        seek = controlled(data, "friday", "seek", "2025-05-22")

    assert "the run is playing" in step.err
    assert "the run begins at" in seek.err
    assert (step.code, seek.code, obeyed) == (1, 1, [])


def test_a_refusal_by_the_run_itself_reaches_who_asked(addresses: StackAddresses) -> None:
    with (
        a_run(addresses, "strict", state="paused") as obeyed,
        closing(StatusWatch(addresses)) as watch,
    ):
        sender = CommandSender(addresses)
        sender.send("strict", Ask(action="resume"))
        late = sender.send("strict", Ask(action="step", by="event", n=1))
        found = watch.wait_for_effect(late.trace_id, 10)

    assert found is not None
    assert "the run is playing" in found.error
    assert [each.action for each in obeyed] == ["resume"]


def test_who_asks_a_run_that_is_not_live_is_told_which_are(
    addresses: StackAddresses, data: Path
) -> None:
    StatusBoard(addresses, "gone", lambda: time.time_ns() - 6_000 * 10**9).publish(
        blank_status("gone", "playing")
    )
    StatusBoard(addresses, "over").publish(blank_status("over", "finished"))
    with a_run(addresses, "wednesday"):
        gone = controlled(data, "gone", "pause")
        over = controlled(data, "over", "pause")
        unknown = controlled(data, "nobody", "status")

    assert "it was playing and has been silent for 6," in gone.err
    assert "wednesday (playing)" in gone.err
    assert "'over': it is finished; live are" in over.err
    assert "no process executes run 'nobody'; live are" in unknown.err
    assert told(data, "over", "status").startswith("over finished")


def test_nothing_is_created_where_no_worker_lives(addresses: StackAddresses) -> None:
    with (
        closing(ReplayControl(addresses)) as replay,
        pytest.raises(MisconfiguredInfra, match="no worker is live"),
    ):
        replay.ask("thursday", Ask(action="create", request="{}"))


def test_a_worker_says_that_it_lives_and_answers_over_the_log(
    addresses: StackAddresses, tmp_path: Path
) -> None:
    stop = threading.Event()
    removed: list[str] = []
    arguments = (addresses, tmp_path, removed.append, stop)
    thread = threading.Thread(target=run_worker, args=arguments, daemon=True)
    thread.start()
    try:
        with closing(ReplayControl(addresses)) as replay:
            wait_until(replay.has_worker, "the worker lives")
            with pytest.raises(MisconfiguredInfra, match="worker is live already"):
                run_worker(*arguments)
            request = msgspec.json.encode(ReplayRequest(run="another-name")).decode()
            with pytest.raises(MisconfiguredInfra, match="names run another-name"):
                replay.ask("asked", Ask(action="create", request=request), 30)
            gone = replay.ask("asked", Ask(action="delete"), 30)

            assert gone is not None
            assert (gone.state, removed) == ("deleted", ["asked"])
            assert WORKER_RUN not in replay.statuses()
            stop.set()
            wait_until(lambda: not replay.has_worker(), "the worker has said that it is gone")
    finally:
        stop.set()
        thread.join()


def test_a_command_has_the_shape_the_log_gives_back(addresses: StackAddresses) -> None:
    asked = Ask(action="step", by="ms", n=250)
    with closing(CommandInbox(addresses, of_run("shape"))) as inbox:
        sent = CommandSender(addresses).send("shape", asked)

        assert taken(inbox, 1) == [command_of("shape", asked, 0, sent.source_ts)]
