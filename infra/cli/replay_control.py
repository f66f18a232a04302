"""`islandflow replay control`: pause, resume, seek, step, speed and stop of a run."""

import re
from contextlib import closing
from enum import StrEnum
from typing import Annotated
from typing import Final

import typer

from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.options import stored_services
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import eastern
from infra.cli.output import print_json
from infra.cli.times import parse_time
from infra.errors import MisconfiguredInfra
from infra.errors import TransientInfra
from infra.replay.commands import STEPS
from infra.replay.commands import Ask
from infra.replay.control import ReplayControl
from infra.replay.status import plain
from infra.settings import load_settings
from schemas.records import ReplayStatus

WAIT_S: Final = 5.0

_TIME_OF_DAY: Final = re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?")


class Action(StrEnum):
    """What a run can be told."""

    PAUSE = "pause"
    RESUME = "resume"
    SEEK = "seek"
    STEP = "step"
    SPEED = "speed"
    STOP = "stop"
    STATUS = "status"


def control(
    run: Annotated[str, typer.Argument(help="Name of the run.")],
    action: Annotated[Action, typer.Argument(help="What it is told.")],
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[VALUE]…",
            help="seek: a time; step: event, ms, bar or alert, and how many; speed: a number.",
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """
    Tell a replay what to do, and show where it stands.

    Times are Eastern; a time of day alone is one of the day the run is at. A step needs a run that
    is paused. Speed 0 is flat out, 1 is real time.

    [dim]Examples[/dim]

      islandflow replay control monday pause

      islandflow replay control monday seek "2025-05-23 10:17:56"

      islandflow replay control monday seek 10:17:56

      islandflow replay control monday step event 10

      islandflow replay control monday step alert

      islandflow replay control monday speed 60
    """
    given = list(values or [])
    settings = load_settings().services
    with (
        stored_services(settings, data) as addresses,
        closing(ReplayControl(addresses)) as replay,
    ):
        status = _obeyed(replay, run, action, given)
    if as_json:
        print_json(plain(status))
        return
    console().print(status_line(status), soft_wrap=True)


def _obeyed(replay: ReplayControl, run: str, action: Action, values: list[str]) -> ReplayStatus:
    if action is Action.STATUS:
        _expect_values(action, values, 0)
        return replay.statuses().get(run) or replay.live_status(run)
    status = replay.live_status(run)
    asked = ask_of(action, values, status.event_ts or status.from_ts)
    found = replay.ask(run, asked, WAIT_S)
    if found is None:
        msg = f"{run} has not answered for {WAIT_S:g} s; the command is in the log all the same"
        raise TransientInfra(msg)
    if action in {Action.SEEK, Action.STEP}:
        return replay.wait_until_settled(run, WAIT_S)
    return found


def ask_of(action: Action, values: list[str], event_ns: int) -> Ask:
    """
    Read what is asked from the words behind the action.

    Parameters
    ----------
    action : Action
        What the run is told.
    values : list of str
        The words.
    event_ns : int
        Event time (ns UTC) of the run, whose day a time of day alone is of.

    Raises
    ------
    MisconfiguredInfra
        Words are missing, too many, or out of range.

    Examples
    --------
    >>> ask_of(Action.STEP, ["bar", "5"], 0).n
    5
    """
    if action is Action.SEEK:
        text = " ".join(values)
        if _TIME_OF_DAY.fullmatch(text) and event_ns > 0:
            text = f"{eastern(event_ns, date=True)[:10]} {text}"
        ts = parse_time(text, "seek TIME")
        if ts == 0:
            msg = "seek needs a time, e.g. seek '2025-05-23 10:17:56'"
            raise MisconfiguredInfra(msg)
        return Ask(action="seek", ts=ts)
    if action is Action.STEP:
        by = values.pop(0) if values and not values[0].lstrip("-").isdigit() else STEPS[0]
        n = values.pop(0) if values else "1"
        _expect_values(action, values, 0)
        if not n.lstrip("-").isdigit():
            msg = f"step by how many is {n!r}, expected a whole number from 1"
            raise MisconfiguredInfra(msg)
        return Ask(action="step", by=by, n=int(n))
    if action is Action.SPEED:
        _expect_values(action, values, 1)
        try:
            return Ask(action="speed", speed=float(values[0]))
        except ValueError:
            msg = f"speed is {values[0]!r}, expected a number: 0 for flat out, or 0.1 to 1000"
            raise MisconfiguredInfra(msg) from None
    _expect_values(action, values, 0)
    return Ask(action=action.value)


def _expect_values(action: Action, values: list[str], count: int) -> None:
    if len(values) != count:
        given = " ".join(values) or "nothing"
        expected = f"{counted(count, 'value')}" if count else "nothing"
        msg = f"behind {action.value} stands {given!r}, expected {expected}"
        raise MisconfiguredInfra(msg)


def status_line(status: ReplayStatus) -> str:
    """Return where a run stands, in a line: state, event clock, speed, progress, records."""
    clock = "–" if status.event_ts is None else f"{eastern(status.event_ts, date=True)} ET"
    speed = "flat out" if status.speed == 0 else f"×{status.speed:g}"
    share = "" if status.progress is None else f" · {100 * status.progress:.1f} %"
    read = counted(sum(status.records.values()), "record")
    why = f" · {status.error}" if status.error else ""
    return f"{status.run} {status.state} · {clock} · {speed}{share} · {read}{why}"
