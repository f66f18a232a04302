"""What runs beside the flows: one that fails ends the stack, the gateway is brought back."""

import os
import signal
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from infra.errors import InfraError
from infra.pipeline.companion import Companion

DEADLINE_S = 60.0
# Commands of ours that end at once, one well and one not.
ENDS_WELL = ("version",)
FAILS = ("no-such-command",)


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


Make = Callable[..., Companion]


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Iterator[Make]:
    """Return a maker of companions with a clock of the test; all are stopped."""
    with ExitStack() as made:

        def start(*command: str, revived: bool = False) -> Companion:
            environment = {**os.environ, "ISLANDFLOW_ENV_FILE": ""}
            found = Companion("it", command, tmp_path, environment, revived=revived, now_s=clock)
            made.callback(found.stop)
            return found

        yield start


def has_ended(companion: Companion) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while companion.pid is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_one_that_fails_ends_the_stack_with_the_end_of_its_log(make: Make) -> None:
    companion = make(*FAILS)
    has_ended(companion)

    with pytest.raises(InfraError, match=r"(?s)the it ended with exit code 2.*no-such-command"):
        companion.check()


def test_one_that_ends_well_is_left_alone(make: Make) -> None:
    companion = make(*ENDS_WELL)
    has_ended(companion)

    companion.check()

    assert (companion.pid, companion.restarts) == (None, 0)


@pytest.mark.parametrize(
    ("command", "wanted"), [(ENDS_WELL, [2]), (FAILS, [2, 4, 8])], ids=["well", "badly"]
)
def test_a_revived_one_starts_again_after_a_pause_that_grows(
    make: Make, clock: Clock, command: tuple[str, ...], wanted: list[float]
) -> None:
    companion = make(*command, revived=True)
    pauses = []
    for number in range(1, len(wanted) + 1):
        has_ended(companion)
        companion.check()
        assert companion.restarts == number - 1
        began = clock.now_s
        while companion.restarts < number:
            clock.now_s += 0.5
            companion.check()
        pauses.append(clock.now_s - began)

    assert pauses == wanted


def test_a_revived_one_that_had_lived_a_while_is_back_after_a_second(
    make: Make, clock: Clock
) -> None:
    companion = make("feed", "synthetic", "--help", revived=True)
    pid = companion.pid
    clock.now_s += 3600
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
    has_ended(companion)

    companion.check()
    clock.now_s += 1
    companion.check()

    assert companion.restarts == 1
