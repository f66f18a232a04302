"""Open interest among the statistics of a DBN file."""

from typing import Final

import databento_dbn as dbn

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.files.dbn_records import SOURCE
from connectors.feeds.files.dbn_records import Identify
from connectors.feeds.files.values import NS_PER_DAY
from connectors.feeds.files.values import in_range
from flows.options.contracts import ContractId
from flows.options.contracts import session_before
from flows.options.contracts import trade_date_and_session
from schemas.records import OpenInterest

STATISTICS: Final = "statistics"

# Undefined quantities of the present and of the older, narrower records.
_UNDEFINED: Final = frozenset({2**63 - 1, 2**31 - 1})


def is_open_interest(record: dbn.StatMsg) -> bool:
    """Tell whether a statistic is a new figure of open interest."""
    return (
        record.stat_type == dbn.StatType.OPEN_INTEREST
        and record.update_action != dbn.StatUpdateAction.DELETE
    )


def as_of_date(record: dbn.StatMsg, source_ts: int, root: str) -> int:
    """
    Return the session a figure was counted after, in days since 1970-01-01.

    Parameters
    ----------
    record : StatMsg
        Its reference stamp says it; OPRA gives none.
    source_ts : int
        When it was published, ns UTC: without a reference it is of the session before.
    root : str
        Option root.
    """
    if in_range(record.ts_ref):
        return int(record.ts_ref // NS_PER_DAY)
    trade_date, _ = trade_date_and_session(source_ts, root)
    return session_before(trade_date)


def open_interest_of(
    record: dbn.StatMsg, source_ts: int, contract: ContractId, identify: Identify
) -> OpenInterest:
    """
    Turn a statistic into a figure of open interest.

    Parameters
    ----------
    record : StatMsg
        Of type open interest.
    source_ts : int
        When it was published, ns UTC.
    contract : ContractId
        What it is a figure of.
    identify : Callable
        Takes the source sequence and returns trace id and position.

    Raises
    ------
    RejectedRow
        The quantity is undefined or negative.
    """
    oi = record.quantity
    if oi in _UNDEFINED or oi < 0:
        msg = f"open interest {'undefined' if oi in _UNDEFINED else oi}, expected 0 or more"
        raise RejectedRow(RejectReason.INVALID_SIZE, msg)
    who = f"{record.publisher_id}.{record.instrument_id}"
    made_id, _ = identify(f"{who}.{record.sequence}.{record.ts_event}")
    return OpenInterest(
        source_ts=source_ts,
        ingest_ts=record.ts_recv,
        seq=record.sequence,
        trace_id=made_id,
        schema_version="refdata.open-interest.v1",
        source=SOURCE,
        option_contract_id=contract.option_contract_id,
        underlying_id=contract.underlying_id,
        oi=oi,
        as_of_date=as_of_date(record, source_ts, contract.root),
        published_ts=source_ts,
    )
