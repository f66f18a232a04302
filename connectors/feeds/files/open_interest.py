"""Figures of open interest that a file of a day tells."""

from typing import Final

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.identity import PositionCounter
from connectors.feeds.base.identity import trace_id
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.values import optional_whole
from flows.options.contracts import ContractId
from flows.options.contracts import eastern_ns
from flows.options.contracts import session_before
from schemas.records import OpenInterest

# OCC's figures of the evening are out before the next day's first option trades.
PUBLISHED_MINUTE: Final = 6 * 60 + 30


def open_interest(text: str) -> int | None:
    """
    Read contracts of open interest; None when the cell is empty.

    Raises
    ------
    RejectedRow
        `not_decodable` when it is no whole number, `invalid_size` when it is negative.
    """
    count = optional_whole(text)
    if count is not None and count < 0:
        msg = f"open interest {text!r}, expected a whole number from 0"
        raise RejectedRow(RejectReason.INVALID_SIZE, msg)
    return count


class OpenInterestMaker:
    """
    Make the open-interest records of a file that belongs to one day.

    Parameters
    ----------
    context : FileContext
        The file.
    day : int
        The day it was made for, days since 1970-01-01: its figures are as of the session before
        and were published at 06:30 Eastern.
    """

    def __init__(self, context: FileContext, day: int) -> None:
        self._feed = context.origin.name
        self._session = context.origin.session
        self._source = self._feed.replace("-", ":", 1)
        self._published_ts = eastern_ns(day, PUBLISHED_MINUTE)
        self._as_of = session_before(day)
        self._position = PositionCounter()

    def make(self, contract: ContractId, oi: int, line: int) -> OpenInterest:
        """Return the record of one contract."""
        return OpenInterest(
            source_ts=self._published_ts,
            ingest_ts=self._published_ts,
            seq=self._position.next(),
            trace_id=trace_id(self._feed, self._session, "open-interest", line),
            schema_version="refdata.open-interest.v1",
            source=self._source,
            option_contract_id=contract.option_contract_id,
            underlying_id=contract.underlying_id,
            oi=oi,
            as_of_date=self._as_of,
            published_ts=self._published_ts,
        )
