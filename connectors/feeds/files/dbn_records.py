"""One DBN record to one record of ours."""

from collections.abc import Callable
from typing import Final
from typing import TypeAlias

import databento_dbn as dbn

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.identity import content_hash
from connectors.feeds.codes.venues import DATABENTO_VENUES
from connectors.feeds.files.prints import DEFAULT_MULTIPLIER
from connectors.feeds.files.values import MAX_INT32
from connectors.feeds.files.values import in_range
from flows.options.contracts import ContractId
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint

SOURCE: Final = "databento"

_UNDEF_PRICE: Final = dbn.UNDEF_PRICE
_UNDEF_TS: Final = dbn.UNDEF_TIMESTAMP
# The quotient of two integers is rounded to the nearest double, so 240000000 reads 0.24.
_SCALE: Final = 1_000_000_000
_SIDES: Final = {"A": "sell", "B": "buy"}


TradeRecord: TypeAlias = dbn.TradeMsg | dbn.MBP1Msg | dbn.CMBP1Msg
QuoteRecord: TypeAlias = dbn.CMBP1Msg | dbn.CBBOMsg
DbnRecord: TypeAlias = TradeRecord | QuoteRecord | dbn.StatMsg
Identify: TypeAlias = Callable[[str], tuple[str, int]]


def venue_of(publisher: int) -> str:
    """Return the OPRA letter (or MIC) of a publisher; unknown ones as the number."""
    return DATABENTO_VENUES.get(publisher, str(publisher))


def _quote_venue(publisher: int) -> str | None:
    return venue_of(publisher) if publisher else None


def source_ts_of(record: DbnRecord | dbn.BBOMsg) -> int:
    """
    Return the event time of a record, ns UTC; its receive stamp where it has none of its own.

    Raises
    ------
    RejectedRow
        `bad_timestamp`.
    """
    # A sample is of the end of its interval; its event stamp is that of the last trade before.
    is_sample = isinstance(record, dbn.BBOMsg | dbn.CBBOMsg)
    at: int = record.ts_recv if is_sample or record.ts_event == _UNDEF_TS else record.ts_event
    if not in_range(at) or not in_range(record.ts_recv):
        msg = f"ts_event {record.ts_event}, ts_recv {record.ts_recv}; expected 1990 to 2099"
        raise RejectedRow(RejectReason.BAD_TIMESTAMP, msg)
    return at


def trade_price(raw: int) -> float:
    """
    Return the price of a trade in $, of 1e-9 dollars.

    Raises
    ------
    RejectedRow
        `invalid_price`.
    """
    if raw == _UNDEF_PRICE or raw < 0:
        shown = "undefined" if raw == _UNDEF_PRICE else raw / _SCALE
        msg = f"price {shown}, expected a number from 0"
        raise RejectedRow(RejectReason.INVALID_PRICE, msg)
    return raw / _SCALE


def trade_size(raw: int) -> int:
    """
    Return the size of a trade.

    Raises
    ------
    RejectedRow
        `invalid_size`.
    """
    if not 0 < raw <= MAX_INT32:
        msg = f"size {raw}, expected a whole number above 0"
        raise RejectedRow(RejectReason.INVALID_SIZE, msg)
    return raw


_Quote: TypeAlias = tuple[float | None, float | None, int | None, int | None]
_NO_QUOTE: Final[_Quote] = (None, None, None, None)


def _quote(record: dbn.MBP1Msg | QuoteRecord) -> _Quote:
    """Return bid, ask and sizes; a side without price is 0 with size 0, none of both is null."""
    bid, ask = record.bid_px_00, record.ask_px_00
    if bid == _UNDEF_PRICE and ask == _UNDEF_PRICE:
        return _NO_QUOTE
    return (
        0.0 if bid == _UNDEF_PRICE else bid / _SCALE,
        0.0 if ask == _UNDEF_PRICE else ask / _SCALE,
        0 if bid == _UNDEF_PRICE else min(record.bid_sz_00, MAX_INT32),
        0 if ask == _UNDEF_PRICE else min(record.ask_sz_00, MAX_INT32),
    )


def print_of(
    record: TradeRecord,
    source_ts: int,
    contract: ContractId,
    multiplier: int | None,
    identify: Identify,
) -> OptionsPrint:
    """
    Turn a trade record into a print.

    Parameters
    ----------
    record : TradeMsg | MBP1Msg | CMBP1Msg
        Of schema `trades`, `tbbo` (the venue's own quote on OPRA) or `tcbbo` (the NBBO).
    source_ts : int
        Its event time, ns UTC.
    contract : ContractId
        What it is a trade of.
    multiplier : int | None
        As defined by the feed; None = 100 by default.
    identify : Callable
        Takes the source sequence and returns trace id and position among the accepted, which is
        the `seq` of records without one.

    Raises
    ------
    RejectedRow
        It breaks an invariant.
    """
    if str(record.action) != "T":
        msg = f"action {record.action} is no trade"
        raise RejectedRow(RejectReason.UNKNOWN_MESSAGE, msg)
    price, size = trade_price(record.price), trade_size(record.size)
    venue = venue_of(record.publisher_id)
    who = f"{record.publisher_id}.{record.instrument_id}"
    nbbo, own = _NO_QUOTE, _NO_QUOTE
    bid_venue, ask_venue = None, None
    if isinstance(record, dbn.CMBP1Msg):
        nbbo = _quote(record)
        level = record.levels[0]
        bid_venue, ask_venue = _quote_venue(level.bid_pb), _quote_venue(level.ask_pb)
        fields = {"conditions": [], "price": price, "size": size, "venue": venue}
        made_id, seq = identify(f"{who}.{record.ts_recv}.{content_hash(fields)}")
    else:
        # On OPRA the quote of a tbbo record is the executing venue's own.
        own = _quote(record) if isinstance(record, dbn.MBP1Msg) else _NO_QUOTE
        seq = record.sequence
        made_id, _ = identify(f"{who}.{seq}.{record.ts_event}")
    return OptionsPrint(
        source_ts=source_ts,
        ingest_ts=record.ts_recv,
        seq=seq,
        trace_id=made_id,
        schema_version="options.prints.v1",
        source=SOURCE,
        option_contract_id=contract.option_contract_id,
        underlying_id=contract.underlying_id,
        root=contract.root,
        right=contract.right,
        multiplier_source="default" if multiplier is None else "feed",
        exchange=venue,
        expiry=contract.expiry,
        multiplier=DEFAULT_MULTIPLIER if multiplier is None else multiplier,
        size=size,
        strike=contract.strike,
        price=price,
        adjusted=contract.adjusted,
        flex=contract.flex,
        conditions=(),
        raw_conditions=(),
        nbbo_bid=nbbo[0],
        nbbo_ask=nbbo[1],
        nbbo_bid_size=nbbo[2],
        nbbo_ask_size=nbbo[3],
        nbbo_bid_venue=bid_venue,
        nbbo_ask_venue=ask_venue,
        venue_bid=own[0],
        venue_ask=own[1],
        venue_bid_size=own[2],
        venue_ask_size=own[3],
        vendor_aggressor=_SIDES.get(str(record.side)),
    )


def nbbo_of(
    record: QuoteRecord, source_ts: int, contract: ContractId, identify: Identify
) -> OptionsNbbo:
    """
    Turn a consolidated quote into an NBBO record.

    Parameters
    ----------
    record : CMBP1Msg | CBBOMsg
        Of schema `cmbp-1` (each change) or `cbbo-1s`, `cbbo-1m` (samples: `kind` snapshot). A side
        without price becomes 0 with size 0.
    source_ts : int
        Its event time, ns UTC.
    contract : ContractId
        What it is a quote of.
    identify : Callable
        As `print_of`.
    """
    bid, ask, bid_size, ask_size = _quote(record)
    level = record.levels[0]
    fields = {
        "ask": ask,
        "ask_size": ask_size,
        "ask_venue": level.ask_pb,
        "bid": bid,
        "bid_size": bid_size,
        "bid_venue": level.bid_pb,
    }
    who = f"{record.publisher_id}.{record.instrument_id}"
    made_id, seq = identify(f"{who}.{record.ts_recv}.{content_hash(fields)}")
    return OptionsNbbo(
        source_ts=source_ts,
        ingest_ts=record.ts_recv,
        seq=seq,
        trace_id=made_id,
        schema_version="options.nbbo.v1",
        source=SOURCE,
        option_contract_id=contract.option_contract_id,
        underlying_id=contract.underlying_id,
        kind="snapshot" if isinstance(record, dbn.CBBOMsg) else "stream",
        bid=bid or 0.0,
        ask=ask or 0.0,
        bid_size=bid_size or 0,
        ask_size=ask_size or 0,
        bid_venue=_quote_venue(level.bid_pb),
        ask_venue=_quote_venue(level.ask_pb),
    )
