"""A decision as a record."""

from typing import Final

from flows.common.prices import round6
from flows.equities.signals.config import SIGNAL_POLICY
from flows.equities.signals.machine import Decision
from schemas.records import Signal

SIGNAL_VERSION: Final = "signals.v1"


def _dollars(at_e4: int | None) -> float | None:
    return None if at_e4 is None else at_e4 / 10_000


def signal_record(
    name: tuple[str, str],
    decision: Decision,
    stamp: tuple[int, int, int],
    config_hash: str,
) -> Signal:
    """
    Return the record of a decision.

    Parameters
    ----------
    name : tuple[str, str]
        Strategy and underlying.
    decision : Decision
        What was decided.
    stamp : tuple[int, int, int]
        Boundary (ns UTC), greatest `ingest_ts` of the inputs, `seq` of the last one.
    config_hash : str
        Of the configuration in force.
    """
    strategy, underlying = name
    at_ns, ingest_ts, seq = stamp
    return Signal(
        source_ts=at_ns,
        ingest_ts=ingest_ts,
        seq=seq,
        trace_id=f"signal:{strategy}:{underlying}:{decision.kind}:{at_ns}",
        schema_version=SIGNAL_VERSION,
        underlying_id=underlying,
        strategy=strategy,
        kind=decision.kind,
        price=decision.price_e4 / 10_000,
        reason=decision.reason,
        details=decision.details,
        stop=_dollars(decision.stop_e4),
        target=_dollars(decision.target_e4),
        atr=None if decision.atr_e4 is None else round6(decision.atr_e4 / 10_000),
        evidence_refs=decision.refs,
        policy_version=SIGNAL_POLICY,
        config_hash=config_hash,
    )
