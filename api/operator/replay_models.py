"""What the routes of replay runs take and answer; gateway specification, 7."""

import hashlib
import re
from typing import Annotated
from typing import Final
from typing import Literal

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field

from api.params import parse_time
from api.problems import Problem
from api.problems import parameter_problem
from infra.cli.times import parse_time as parse_setting
from infra.errors import MisconfiguredInfra
from infra.replay.request import MAX_SPEED
from infra.replay.request import MAX_WARMUP_S
from infra.replay.request import STREAMS
from infra.replay.request import ReplayRequest
from infra.replay.status import is_live
from infra.settings import ReplaySettings
from schemas.records import ReplayStatus

MAX_SLUG: Final = 28
_BY_TOPIC: Final = {topic: name for name, topic in STREAMS.items()}
_SLUG: Final = re.compile(r"[^a-z0-9]+")

CommandId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Time = Annotated[str | int, Field(description="10, 13, 16 or 19 digits, or RFC 3339")]
StreamName = Literal["options", "nbbo", "equities", "equity-quotes"]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")

    command_id: CommandId | None = Field(
        None, description="sent again under it, the command is carried out once"
    )


class RunIn(_Given):
    """A new run; what is left out is as `REPLAY_…` says."""

    streams: list[StreamName] | None = Field(None, min_length=1, max_length=4)
    start_ts: Time | None = Field(None, description="first event time; 0 for the first record")
    end_ts: Time | None = Field(None, description="event time it ends before; 0 for the end")
    underlying_ids: list[Annotated[str, Field(min_length=1, max_length=32)]] = Field(
        [], max_length=100
    )
    source: Annotated[str, Field(max_length=300, description="log or store")] = "log"
    speed: float | None = Field(
        None, ge=0, le=MAX_SPEED, description="0 flat out, else 0.1 to 1000 times real time"
    )
    batch_size: int | None = Field(None, ge=1, le=100_000)
    paused: bool = False
    warmup_s: int = Field(1800, ge=0, le=MAX_WARMUP_S)
    flows: list[Literal["options", "equities"]] = Field([], max_length=2)
    verify: bool = Field(False, description="compare what it derived with live at its end")
    label: str = Field("", max_length=120)


class CommandIn(_Given):
    """A command without values."""


class SeekIn(_Given):
    """Where to go."""

    ts: Time


class StepIn(_Given):
    """How far to go."""

    by: Literal["event", "ms", "bar", "alert"] = "event"
    n: int = Field(1, ge=1, le=1_000_000_000)


class SpeedIn(_Given):
    """How fast to go."""

    speed: float = Field(ge=0, le=MAX_SPEED)


class RunClock(BaseModel):
    """Event time reached, null for none, and wall time it was stated at; ns UTC, decimal."""

    event_ts: str | None
    wall_ts: str


class RunOut(BaseModel):
    """
    How a run is doing.

    `records` are raw records read by stream, `lag` records not yet read by flow, `digests`
    SHA-256 of derived topics where they were asked for, `comparison` what comparing it with live
    found. `live` says whether a process executes it.
    """

    run_id: str
    state: str
    live: bool
    generation: int
    speed: float
    clock: RunClock
    progress: float | None
    records: dict[str, int]
    lag: dict[str, int]
    digests: dict[str, str]
    matches_live: Literal["true", "false", "unknown"]
    comparison: str
    start_ts: str | None
    end_ts: str | None
    visible_from_ts: str | None
    source: str
    topic_namespace: str
    error: str


class RunList(BaseModel):
    """All runs, by name, and whether there is a worker that takes new ones."""

    data: list[RunOut]
    has_worker: bool


def run_out(status: ReplayStatus, now_ns: int) -> RunOut:
    """
    Return a status as it is answered.

    Parameters
    ----------
    status : ReplayStatus
        Newest of a run.
    now_ns : int
        Wall time, ns UTC: who has been silent for four seconds is not live.
    """
    matches = status.matches_live
    return RunOut(
        run_id=status.run,
        state=status.state,
        live=is_live(status, now_ns),
        generation=status.generation,
        speed=status.speed,
        clock=RunClock(
            event_ts=None if status.event_ts is None else str(status.event_ts),
            wall_ts=str(status.source_ts),
        ),
        progress=status.progress,
        records={_BY_TOPIC.get(topic, topic): n for topic, n in status.records.items()},
        lag=dict(status.lag),
        digests=dict(status.digests),
        matches_live="true" if matches == "true" else "false" if matches == "false" else "unknown",
        comparison=status.comparison,
        start_ts=str(status.from_ts) if status.from_ts else None,
        end_ts=str(status.to_ts) if status.to_ts else None,
        visible_from_ts=None if status.visible_from_ts is None else str(status.visible_from_ts),
        source=status.replays_from,
        topic_namespace=status.topic_namespace,
        error=status.error,
    )


def run_name(label: str, command_id: str) -> str:
    """
    Return the name of a new run: its label in letters a topic takes, and a hash of the command.

    Examples
    --------
    >>> run_name("Monday open", "c1")
    'monday-open-r4f5e7c8'
    """
    slug = _SLUG.sub("-", label.lower()).strip("-0123456789")[:MAX_SLUG].strip("-") or "run"
    mark = hashlib.sha256(command_id.encode()).hexdigest()[:7]
    return f"{slug}-r{mark}"


def event_time(field: str, given: str | int | None) -> int:
    """
    Return an event time as ns UTC; 0 for none, or where 0 was given.

    Raises
    ------
    Problem
        It is no time.
    """
    if given is None or str(given).strip() in {"", "0"}:
        return 0
    return parse_time(field, given) or 0


def request_of(given: RunIn, run: str, ours: ReplaySettings) -> ReplayRequest:
    """
    Return what a worker is asked for.

    Every run goes through a clock, so that it can be paused, stepped and moved.

    Raises
    ------
    Problem
        422 naming what is out of range or not offered.
    """
    if given.source not in {"log", "store"}:
        raise parameter_problem(
            "source", "expected log or store; publish a file first: islandflow feed file"
        )
    start = given.start_ts if given.start_ts is not None else None
    try:
        return ReplayRequest(
            run=run,
            source="log" if given.source == "log" else "store",
            from_ns=event_time("start_ts", start)
            if start is not None
            else parse_setting(ours.replay_start_ts, "REPLAY_START_TS"),
            to_ns=event_time("end_ts", given.end_ts)
            if given.end_ts is not None
            else parse_setting(ours.replay_end_ts, "REPLAY_END_TS", is_end=True),
            underlyings=tuple([each.upper() for each in given.underlying_ids]),
            streams=tuple(given.streams or ours.replay_streams.split(",")),
            flows=tuple(given.flows),
            speed=ours.replay_speed if given.speed is None else given.speed,
            batch_size=given.batch_size or ours.replay_batch_size,
            warmup_s=given.warmup_s,
            is_paced=True,
            is_paused=given.paused,
            label=given.label,
            is_verified=given.verify,
        )
    except MisconfiguredInfra as error:
        text = str(error)
        raise Problem("parameter_invalid", text, errors=[(_field_of(text), text)]) from error


# How a request's refusal begins, and the field it is about.
_FIELDS: Final = (
    *(("the start", "start_ts"), ("the end", "end_ts"), ("streams", "streams")),
    *(("flows", "flows"), ("speed", "speed"), ("batch size", "batch_size")),
    *(("warm-up", "warmup_s"),),
)


def _field_of(text: str) -> str:
    return next((field for begin, field in _FIELDS if text.startswith(begin)), "body")
