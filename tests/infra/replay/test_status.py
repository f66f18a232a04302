"""When a status is stated, and for how long it counts."""

from typing import Any

import msgspec
import pytest

from infra.replay.request import ReplayRequest
from infra.replay.status import ALIVE_NS
from infra.replay.status import STATUS_INTERVAL_NS
from infra.replay.status import blank_status
from infra.replay.status import is_due
from infra.replay.status import is_live
from infra.replay.status import status_of
from tests.infra.replay.tapes import START_NS
from tests.infra.replay.tapes import S

NOW_NS = 1_800_000_000_000_000_000


@pytest.mark.parametrize(
    ("change", "is_urgent"),
    [
        ({"state": "paused"}, True),
        ({"last_command_id": "rc:x:1:0"}, True),
        ({"error": "the run is playing"}, True),
        ({"generation": 2}, True),
        ({"speed": 60.0}, True),
        ({"event_ts": START_NS + S}, False),
        ({"progress": 0.5}, False),
        ({"records": {"options.prints": 7}}, False),
    ],
)
def test_what_is_news_is_stated_at_once_and_progress_once_a_second(
    change: dict[str, Any], is_urgent: bool
) -> None:
    last = msgspec.structs.replace(blank_status("monday", "playing"), source_ts=NOW_NS)
    changed = msgspec.structs.replace(last, **change)

    assert is_due(last, changed, NOW_NS + 1) is is_urgent
    assert is_due(last, changed, NOW_NS + STATUS_INTERVAL_NS)


def test_the_first_status_is_stated_at_once_and_an_unchanged_one_as_a_sign_of_life() -> None:
    status = msgspec.structs.replace(blank_status("monday", "paused"), source_ts=NOW_NS)

    assert is_due(None, status, NOW_NS)
    assert not is_due(status, status, NOW_NS + STATUS_INTERVAL_NS - 1)
    assert is_due(status, status, NOW_NS + STATUS_INTERVAL_NS)


@pytest.mark.parametrize("state", ["created", "warming", "playing", "paused", "seeking", "worker"])
def test_who_has_spoken_lately_is_live(state: str) -> None:
    status = msgspec.structs.replace(blank_status("monday", state), source_ts=NOW_NS)

    assert is_live(status, NOW_NS + ALIVE_NS)
    assert not is_live(status, NOW_NS + ALIVE_NS + 1)


@pytest.mark.parametrize("state", ["finished", "stopped", "failed", "deleted"])
def test_who_has_ended_is_not_live(state: str) -> None:
    status = msgspec.structs.replace(blank_status("monday", state), source_ts=NOW_NS)

    assert not is_live(status, NOW_NS)


def test_a_new_run_states_what_was_asked_and_nothing_it_cannot_know() -> None:
    request = ReplayRequest(run="monday", source="store", from_ns=5, to_ns=9, speed=60.0)

    status = status_of(request, "created", "islandflow_replay_monday")

    assert (status.from_ts, status.to_ts, status.visible_from_ts) == (5, 9, 5)
    assert (status.replays_from, status.topic_namespace) == ("store", "replay.monday")
    assert (status.event_ts, status.progress, status.matches_live) == (None, None, "unknown")
