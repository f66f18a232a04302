"""What may be asked of a run, and when."""

from typing import Any

import msgspec
import pytest

from infra.errors import MisconfiguredInfra
from infra.replay.commands import Ask
from infra.replay.commands import command_of
from infra.replay.commands import for_worker
from infra.replay.commands import of_run
from infra.replay.commands import refusal
from schemas.records import ReplayCommand
from tests.infra.replay.tapes import START_NS
from tests.infra.replay.tapes import S

SENT_NS = 1_800_000_000_000_000_000


def a_command(run: str = "monday", **values: Any) -> ReplayCommand:  # noqa: ANN401 - passed on
    return command_of(run, Ask(**values), 3, SENT_NS)


@pytest.mark.parametrize(
    "values",
    [
        {"action": "pause"},
        {"action": "resume"},
        {"action": "stop"},
        {"action": "delete"},
        {"action": "seek", "ts": START_NS},
        {"action": "step", "by": "event", "n": 1},
        {"action": "step", "by": "ms", "n": 250},
        {"action": "step", "by": "bar", "n": 1},
        {"action": "step", "by": "alert", "n": 2},
        {"action": "speed", "speed": 0.0},
        {"action": "speed", "speed": 0.1},
        {"action": "speed", "speed": 1000.0},
        {"action": "create", "request": "{}"},
    ],
)
def test_every_action_with_its_values_can_be_asked(values: dict[str, Any]) -> None:
    command = a_command(**values)

    assert {name: getattr(command, name) for name in values} == values
    assert command.trace_id == f"rc:monday:{SENT_NS}:3"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"action": "rewind"}, "action is 'rewind'"),
        ({"action": "seek"}, "ts of seek is None, expected a value"),
        ({"action": "seek", "ts": 0}, "expected an event time"),
        ({"action": "pause", "ts": 5}, "ts of pause is 5, expected none"),
        ({"action": "step", "by": "event"}, "n of step is None"),
        ({"action": "step", "by": "tick", "n": 1}, "step by is 'tick', expected event, ms, bar"),
        ({"action": "step", "by": "event", "n": 0}, "n of step is 0, expected 1 to"),
        ({"action": "speed", "speed": 0.05}, "0 for flat out, or 0.1 to 1000"),
        ({"action": "speed", "speed": 1001.0}, "0 for flat out, or 0.1 to 1000"),
        ({"action": "speed", "speed": float("nan")}, "0 for flat out"),
        ({"action": "create"}, "request of create is None"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_it_is_sent_and_when_it_is_taken(
    values: dict[str, Any], message: str
) -> None:
    with pytest.raises(MisconfiguredInfra, match=message):
        Ask(**values)
    taken = msgspec.structs.replace(a_command(action="pause"), **values)

    assert message in refusal(taken, "paused", 0, 0)


@pytest.mark.parametrize("state", ["created", "warming", "playing", "seeking"])
def test_only_a_paused_run_can_be_stepped(state: str) -> None:
    step = a_command(action="step", by="event", n=1)

    assert f"the run is {state}" in refusal(step, state, 0, 0)
    assert refusal(step, "paused", 0, 0) == ""


@pytest.mark.parametrize(
    ("ts", "is_inside"),
    [
        (START_NS - 1, False),
        (START_NS, True),
        (START_NS + S - 1, True),
        (START_NS + S, False),
    ],
)
def test_a_seek_stays_inside_the_range_of_the_run(ts: int, is_inside: bool) -> None:
    why = refusal(a_command(action="seek", ts=ts), "playing", START_NS, START_NS + S)

    assert (why == "") is is_inside
    assert refusal(a_command(action="seek", ts=ts), "playing", 0, 0) == ""


@pytest.mark.parametrize("state", ["finished", "stopped", "failed"])
def test_a_run_that_has_ended_obeys_nothing_but_its_deletion(state: str) -> None:
    assert f"the run is {state}" in refusal(a_command(action="resume"), state, 0, 0)
    assert refusal(a_command(action="delete"), state, 0, 0) == ""


def test_a_run_gets_its_own_commands_and_the_worker_those_of_life_and_death() -> None:
    pause = a_command(action="pause")
    delete = a_command(action="delete")

    assert (of_run("monday")(pause), of_run("friday")(pause), of_run("monday")(delete)) == (
        True,
        False,
        False,
    )
    assert (for_worker(pause), for_worker(delete)) == (False, True)


def test_no_command_goes_to_a_name_no_run_can_have() -> None:
    with pytest.raises(MisconfiguredInfra, match="cannot name a run"):
        a_command("Monday/..", action="pause")
