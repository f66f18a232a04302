"""What a feed hands to the publisher: accepted records and rejects, with their place."""

from typing import Final
from typing import TypeAlias

import msgspec

from schemas.records import EquityPrint
from schemas.records import EquityQuote
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint

REFDATA_EVENTS: Final = "refdata.events"
REFDATA_OPEN_INTEREST: Final = "refdata.open-interest"
OPTIONS_PRINTS: Final = "options.prints"
OPTIONS_NBBO: Final = "options.nbbo"
EQUITY_QUOTES: Final = "equities.quotes"
EQUITY_PRINTS: Final = "equities.prints"

# Order at equal stamps: what is known beforehand, then quotes before trades.
TOPIC_RANK: Final = {
    REFDATA_EVENTS: 0,
    REFDATA_OPEN_INTEREST: 1,
    EQUITY_QUOTES: 2,
    OPTIONS_NBBO: 3,
    EQUITY_PRINTS: 4,
    OPTIONS_PRINTS: 5,
}
REJECTS_FIRST_TS: Final = -1

RawRecord: TypeAlias = (
    MarketEvent | OpenInterest | EquityPrint | EquityQuote | OptionsPrint | OptionsNbbo
)


class Origin(msgspec.Struct, frozen=True):
    """
    Where items come from.

    Parameters
    ----------
    name : str
        Feed, e.g. `file-tos` or `synthetic`.
    session : str
        Session of the feed: 12 hex digits of a file's SHA-256, `<seed>-<start_ts>`, …
    place : str
        What positions count in: the file's name.
    topics : tuple[str, ...]
        Topics it may write.
    """

    name: str
    session: str
    place: str
    topics: tuple[str, ...]


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """
    A record ready to be published.

    Parameters
    ----------
    origin : Origin
        Its feed and session.
    topic : str
        Where it goes.
    record : RawRecord
        The record, of that topic.
    line : int
        Line or record number in the origin, from 1.
    """

    origin: Origin
    topic: str
    record: RawRecord
    line: int

    @property
    def position(self) -> str:
        """File and line, `trades.csv:17`."""
        return f"{self.origin.place}:{self.line}"


class Reject(msgspec.Struct, frozen=True, gc=False):
    """
    A row that cannot become a record; it goes to `<topic>.dlq`.

    Parameters
    ----------
    origin : Origin
        Its feed and session.
    topic : str
        The topic it would have gone to.
    reason, message : str
        Reject reason of the feed specification, and what was found.
    raw : bytes
        The row as it was.
    line : int
        Line or record number in the origin, from 1.
    """

    origin: Origin
    topic: str
    reason: str
    message: str
    raw: bytes
    line: int

    @property
    def position(self) -> str:
        """File and line, `trades.csv:17`."""
        return f"{self.origin.place}:{self.line}"


FeedItem: TypeAlias = Accepted | Reject


def item_order(item: FeedItem) -> tuple[int, int]:
    """Return (source_ts, topic rank), the order of a merge of feeds; rejects come first."""
    if isinstance(item, Accepted):
        return item.record.source_ts, TOPIC_RANK[item.topic]
    return REJECTS_FIRST_TS, 0
