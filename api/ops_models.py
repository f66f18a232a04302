"""What the routes of operations answer with."""

from typing import Literal

from pydantic import BaseModel

CheckState = Literal["ok", "quiet", "degraded", "down", "unknown"]


class DependencyHealth(BaseModel):
    """How one dependency is, since when (ns UTC), and what was found."""

    status: CheckState
    latency_ms: float | None
    since: str
    detail: str


class HealthBody(BaseModel):
    """How the gateway is; who is not known gets `status` only."""

    status: Literal["starting", "ok", "degraded", "down"]
    checked_ts: str | None = None
    dependencies: dict[str, DependencyHealth] | None = None


class ReadyBody(BaseModel):
    """The gateway takes requests."""

    status: Literal["ready"]


class TopicPipeline(BaseModel):
    """
    One topic: records it has had and has a second, and those of its dead letters.

    `lag` are the records the gateway has not read, null where it does not read the topic;
    `watermark_ts` is the newest event time (ns UTC).
    """

    records: int
    rate: float | None
    lag: int | None
    watermark_ts: str | None
    dead_letters: int
    dead_letter_rate: float | None


class FlowPipeline(BaseModel):
    """One dataflow: how far its output is behind its input, in records and in event time."""

    records_behind: int
    lag_s: float | None
    stalled_s: float
    status: CheckState


class SpanPercentiles(BaseModel):
    """Percentiles in ms, null without a measurement."""

    p50: float | None
    p95: float | None
    p99: float | None


class ChannelPipeline(BaseModel):
    """One live channel: its state and why, records a second, what is not read, what was lost."""

    state: Literal["live", "quiet", "stale", "down", "closed"]
    cause: str | None
    rate: float
    lag: int
    newest_ts: str | None
    dropped: int
    duplicates: int
    rejected: int
    groups: int


class ClientPipeline(BaseModel):
    """
    One open socket: what it was sent and what waits for it.

    `frame_ms` (p95 of its own frames) and `heap_mb` are what it reports; null before it has.
    """

    name: str
    connected_s: float
    subscriptions: list[str]
    messages: int
    bytes: int
    outbox_bytes: int
    outbox_ms: float
    dropped: int
    conflated: int
    frame_ms: float | None
    heap_mb: float | None


class PipelineBody(BaseModel):
    """How the records flow; `stages` are percentiles by stage and by 1m, 5m and session."""

    checked_ts: str
    topics: dict[str, TopicPipeline]
    flows: dict[str, FlowPipeline]
    stages: dict[str, dict[str, SpanPercentiles]]
    channels: dict[str, ChannelPipeline]
    clients: list[ClientPipeline]


class DeadLetterBody(BaseModel):
    """One rejected message; `value_hex` is its first KiB."""

    id: str
    topic: str
    partition: int | None
    offset: int | None
    position: str
    origin: str
    error: str
    attempt: int
    is_replayed: bool
    is_replayable: bool
    size: int
    value_hex: str


class DeadLetters(BaseModel):
    """Newest dead letters first, and how many there are by topic."""

    data: list[DeadLetterBody]
    totals: dict[str, int]


class DeadLetterReplay(BaseModel):
    """Whose dead letters are sent again; of all topics when none is named."""

    topics: list[str] = []


class DeadLettersReplayed(BaseModel):
    """How many were sent again, and how many not because their bytes are no message."""

    replayed: int
    skipped: int
    by_topic: dict[str, int]


class Loss(BaseModel):
    """
    One kind of loss of the day.

    `from_ts` and `to_ts` are ns UTC, null where nobody stamps it; `where` is a topic, a channel or
    a close code; `count` are records, and the times it happened where nobody knows how many.
    """

    kind: Literal[
        "dead_letters", "dropped", "gap", "log", "late", "disconnect", "duplicates_removed"
    ]
    where: str
    count: int
    from_ts: str | None
    to_ts: str | None


class Losses(BaseModel):
    """What was lost, late or thrown away since midnight in New York, or since the start."""

    since_ts: str
    data: list[Loss]
