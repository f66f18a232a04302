"""Record of `control.synthetic`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class SyntheticControl(msgspec.Struct, frozen=True, gc=False):
    """What is asked of the synthetic market, what it has done, and how it is now."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    entry: str
    kind: str
    session: str
    mode: str
    equities_mode: str
    seed: int
    prints_factor: float
    quotes_factor: float
    scenarios_factor: float
    focus: tuple[str, ...]
    inject: str | None
    inject_symbol: str | None
    tick: int | None
    effective_ts: int | None
    last_command_id: str
    error: str
