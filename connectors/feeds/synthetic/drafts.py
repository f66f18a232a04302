"""What is going to be published, before it has its place in a stream."""

from typing import ClassVar
from typing import Final
from typing import TypeAlias

import msgspec

from connectors.feeds.base.items import EQUITY_PRINTS
from connectors.feeds.base.items import EQUITY_QUOTES
from connectors.feeds.base.items import OPTIONS_NBBO
from connectors.feeds.base.items import OPTIONS_PRINTS
from connectors.feeds.base.items import REFDATA_EVENTS
from connectors.feeds.base.items import REFDATA_OPEN_INTEREST
from connectors.feeds.base.items import TOPIC_RANK
from flows.options.contracts import ContractId

UNLABELLED: Final = ""


class EventDraft(msgspec.Struct, frozen=True, gc=False):
    """Announcement of an event of an underlying."""

    rank: ClassVar[int] = TOPIC_RANK[REFDATA_EVENTS]

    at_ns: int
    symbol: str
    kind: str
    event_ns: int
    timing: str


class InterestDraft(msgspec.Struct, frozen=True, gc=False):
    """Open interest of a contract at the end of a session, published at a time."""

    rank: ClassVar[int] = TOPIC_RANK[REFDATA_OPEN_INTEREST]

    at_ns: int
    contract: ContractId
    oi: int
    as_of_date: int


class StockDraft(msgspec.Struct, frozen=True, gc=False):
    """Quote of an underlying, cents and shares."""

    rank: ClassVar[int] = TOPIC_RANK[EQUITY_QUOTES]

    at_ns: int
    symbol: str
    bid: int
    ask: int
    bid_size: int
    ask_size: int


class QuoteDraft(msgspec.Struct, frozen=True, gc=False):
    """Quote of a contract, cents and contracts."""

    rank: ClassVar[int] = TOPIC_RANK[OPTIONS_NBBO]

    at_ns: int
    contract: ContractId
    bid: int
    ask: int
    bid_size: int
    ask_size: int
    bid_venue: str
    ask_venue: str


class TradeDraft(msgspec.Struct, frozen=True, gc=False):
    """Trade of a contract, cents and contracts; `label` never leaves the feed."""

    rank: ClassVar[int] = TOPIC_RANK[OPTIONS_PRINTS]

    at_ns: int
    contract: ContractId
    price: int
    size: int
    venue: str
    code: str
    label: str = UNLABELLED


class ReportDraft(msgspec.Struct, frozen=True, gc=False):
    """
    Trade report of an underlying.

    Parameters
    ----------
    at_ns : int
        When the tape publishes it, ns UTC.
    symbol : str
        Underlying.
    price_e4, size : int
        1/10,000 dollar, shares.
    venue : str
        SIP participant; `D` is a FINRA facility.
    conditions : tuple of str
        Letters.
    trf_id : str | None
        The FINRA facility; null for an exchange.
    exec_ns : int | None
        When it traded, where that is reported beside the publication.
    label : str
        Of its scenario; never leaves the feed.
    action : str
        `trade` or `cancel`.
    key : int
        Above 0 where a later report refers to this one.
    ref : int
        Key of the report it takes away or replaces; 0 for none.
    """

    rank: ClassVar[int] = TOPIC_RANK[EQUITY_PRINTS]

    at_ns: int
    symbol: str
    price_e4: int
    size: int
    venue: str
    conditions: tuple[str, ...]
    trf_id: str | None = None
    exec_ns: int | None = None
    label: str = UNLABELLED
    action: str = "trade"
    key: int = 0
    ref: int = 0


Draft: TypeAlias = EventDraft | InterestDraft | StockDraft | QuoteDraft | ReportDraft | TradeDraft


def draft_order(draft: Draft) -> tuple[int, int]:
    """Return (time, topic rank): refdata, then quotes, then trades at equal stamps."""
    return draft.at_ns, draft.rank
