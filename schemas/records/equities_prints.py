"""Record of `equities.prints`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class EquityPrint(msgspec.Struct, frozen=True, gc=False):
    """Trade reports of equities as the feed gave them; a cancel is a record of its own."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    source: str
    underlying_id: str
    price: float
    size: float
    exchange: str
    off_exchange_flag: bool
    action: str
    session: str
    conditions: tuple[str, ...]
    raw_conditions: tuple[str, ...]
    trf_id: str | None = None
    tape: str | None = None
    exec_ts: int | None = None
    ref_trace_id: str | None = None
