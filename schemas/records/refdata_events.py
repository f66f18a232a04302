"""Record of `refdata.events`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class MarketEvent(msgspec.Struct, frozen=True, gc=False):
    """Scheduled events of underlyings as announced; source_ts is when that was."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    source: str
    event_id: str
    underlying_id: str
    kind: str
    event_ts: int
    announced_ts: int
    timing: str
