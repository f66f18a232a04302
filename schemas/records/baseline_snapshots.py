"""Record of `baselines.snapshots`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class BaselineSnapshot(msgspec.Struct, frozen=True, gc=False):
    """Rolling baselines of one key at the end of a session, to start a flow from."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    snapshot_id: str
    underlying_id: str
    level: str
    key: str
    session_date: int
    as_of_ts: int
    form: str
    state: str
    policy_version: str
    config_hash: str
