"""What is read from the words of `islandflow replay control`, and what it shows."""

import msgspec
import pytest

from infra.cli.replay_control import Action
from infra.cli.replay_control import ask_of
from infra.cli.replay_control import status_line
from infra.errors import MisconfiguredInfra
from infra.replay.commands import Ask
from infra.replay.status import blank_status

# 2025-05-23 10:17:56 in New York.
AT_NS = 1_748_009_876_000_000_000


@pytest.mark.parametrize(
    ("action", "words", "ask"),
    [
        (Action.PAUSE, [], Ask(action="pause")),
        (Action.STOP, [], Ask(action="stop")),
        (Action.STEP, [], Ask(action="step", by="event", n=1)),
        (Action.STEP, ["7"], Ask(action="step", by="event", n=7)),
        (Action.STEP, ["alert"], Ask(action="step", by="alert", n=1)),
        (Action.STEP, ["bar", "5"], Ask(action="step", by="bar", n=5)),
        (Action.SPEED, ["0"], Ask(action="speed", speed=0.0)),
        (Action.SPEED, ["12.5"], Ask(action="speed", speed=12.5)),
        (Action.SEEK, ["2025-05-23 10:17:56"], Ask(action="seek", ts=AT_NS)),
        (Action.SEEK, ["2025-05-23", "10:17:56"], Ask(action="seek", ts=AT_NS)),
        (Action.SEEK, ["10:17:56"], Ask(action="seek", ts=AT_NS)),
        (Action.SEEK, ["10:17:56.250"], Ask(action="seek", ts=AT_NS + 250_000_000)),
        (Action.SEEK, [str(AT_NS + 1)], Ask(action="seek", ts=AT_NS + 1)),
        (Action.SEEK, [str(AT_NS // 10**6)], Ask(action="seek", ts=AT_NS)),
    ],
)
def test_words_say_what_is_asked(action: Action, words: list[str], ask: Ask) -> None:
    assert ask_of(action, list(words), AT_NS + 3600 * 10**9) == ask


@pytest.mark.parametrize(
    ("action", "words", "message"),
    [
        (Action.PAUSE, ["now"], "behind pause stands 'now', expected nothing"),
        (Action.SPEED, [], "behind speed stands 'nothing', expected 1 value"),
        (Action.SPEED, ["fast"], "speed is 'fast', expected a number"),
        (Action.SPEED, ["2000"], "0 for flat out, or 0.1 to 1000"),
        (Action.STEP, ["tick"], "step by is 'tick'"),
        (Action.STEP, ["event", "many"], "is 'many', expected a whole number"),
        (Action.STEP, ["-3"], "n of step is -3"),
        (Action.STEP, ["event", "1", "2"], "behind step stands '2'"),
        (Action.SEEK, [], "seek needs a time"),
        (Action.SEEK, ["noon"], "seek TIME is 'noon'"),
    ],
)
def test_words_that_say_nothing_are_refused(action: Action, words: list[str], message: str) -> None:
    with pytest.raises(MisconfiguredInfra) as refused:
        ask_of(action, list(words), AT_NS)

    assert message in str(refused.value)


def test_a_status_is_one_line_with_the_clock_in_new_york() -> None:
    status = msgspec.structs.replace(
        blank_status("monday", "paused"),
        event_ts=AT_NS,
        speed=60.0,
        progress=0.4125,
        records={"options.prints": 1200, "equities.quotes": 34},
    )

    line = "monday paused · 2025-05-23 10:17:56.000 ET · ×60 · 41.2 % · 1,234 records"
    assert status_line(status) == line


def test_what_is_unknown_of_a_run_is_not_shown_as_zero() -> None:
    line = status_line(blank_status("monday", "created"))

    assert line == "monday created · – · flat out · no records"
