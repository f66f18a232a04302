"""Record of `control.replay-status`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class ReplayStatus(msgspec.Struct, frozen=True, gc=False):
    """How a replay run is doing; the newest of a run counts."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    run: str
    state: str
    replays_from: str
    topic_namespace: str
    stored_in: str
    last_command_id: str
    error: str
    matches_live: str
    generation: int
    speed: float
    from_ts: int
    to_ts: int
    event_ts: int | None
    visible_from_ts: int | None
    progress: float | None
    records: dict[str, int]
    lag: dict[str, int]
    digests: dict[str, str]
    comparison: str
