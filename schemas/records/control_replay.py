"""Record of `control.replay`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class ReplayCommand(msgspec.Struct, frozen=True, gc=False):
    """What an operator or program asks of a replay run."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    run: str
    action: str
    ts: int | None = None
    by: str | None = None
    n: int | None = None
    speed: float | None = None
    request: str | None = None
