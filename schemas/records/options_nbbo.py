"""Record of `options.nbbo`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class OptionsNbbo(msgspec.Struct, frozen=True, gc=False):
    """National best bid and offer of watched or sampled option contracts."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    source: str
    option_contract_id: str
    underlying_id: str
    kind: str
    bid: float
    ask: float
    bid_size: int
    ask_size: int
    bid_venue: str | None = None
    ask_venue: str | None = None
