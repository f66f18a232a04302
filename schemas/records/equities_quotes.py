"""Record of `equities.quotes`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class EquityQuote(msgspec.Struct, frozen=True, gc=False):
    """Quotes of the underlyings; both sides always given, null means no quote on that side."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    source: str
    underlying_id: str
    scope: str
    consolidated: bool
    bid: float | None
    ask: float | None
    bid_size: float | None
    ask_size: float | None
    bid_exchange: str | None
    ask_exchange: str | None
    conditions: tuple[str, ...]
    tape: str | None = None
