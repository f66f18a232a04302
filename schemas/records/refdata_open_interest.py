"""Record of `refdata.open-interest`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class OpenInterest(msgspec.Struct, frozen=True, gc=False):
    """Open interest of a contract at a session's end: source_ts is when it was published."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    source: str
    option_contract_id: str
    underlying_id: str
    oi: int
    as_of_date: int
    published_ts: int
