"""Databento DBN files of US equities: prints, a venue's own quotes, the market of all venues."""

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Final
from typing import TypeAlias

import databento_dbn as dbn

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.base.identity import content_hash
from connectors.feeds.base.items import EQUITY_PRINTS
from connectors.feeds.base.items import EQUITY_QUOTES
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.codes.equity_venues import AGGREGATING_PUBLISHERS
from connectors.feeds.codes.equity_venues import DATABENTO_EQUITY_VENUES
from connectors.feeds.codes.equity_venues import KNOWN_EQUITY_VENUES
from connectors.feeds.codes.equity_venues import EquityVenue
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.dbn_items import SourceIdentities
from connectors.feeds.files.dbn_items import each_item
from connectors.feeds.files.dbn_items import require_named_date
from connectors.feeds.files.dbn_records import SOURCE
from connectors.feeds.files.dbn_records import source_ts_of
from connectors.feeds.files.dbn_records import trade_price
from connectors.feeds.files.dbn_records import trade_size
from connectors.feeds.files.dbn_stream import DbnStream
from connectors.feeds.files.dbn_symbols import InstrumentMap
from connectors.feeds.files.equity_records import NBBO
from connectors.feeds.files.equity_records import PRINTS
from connectors.feeds.files.equity_records import PRINTS_VERSION
from connectors.feeds.files.equity_records import QUOTES
from connectors.feeds.files.equity_records import QUOTES_VERSION
from connectors.feeds.files.equity_records import TRADE
from connectors.feeds.files.equity_records import VENUE
from connectors.feeds.files.equity_records import QuoteSide
from connectors.feeds.files.equity_records import listed_underlying
from connectors.feeds.files.equity_records import quote_side
from connectors.feeds.files.values import day_bounds_ns
from flows.common.sessions import trade_date_and_segment
from flows.equities.nbbo import ConsolidatedNbbo
from flows.equities.nbbo import NbboSide
from schemas.records import EquityPrint
from schemas.records import EquityQuote

AT_TRADE_SCHEMAS: Final = frozenset({"tbbo", "tcbbo"})
CHANGE_SCHEMAS: Final = frozenset({"mbp-1", "cmbp-1"})
SAMPLE_SCHEMAS: Final = frozenset({"bbo-1s", "bbo-1m", "cbbo-1s", "cbbo-1m"})
SCHEMAS: Final = AT_TRADE_SCHEMAS | CHANGE_SCHEMAS | SAMPLE_SCHEMAS | {"trades"}
_HINTS: Final = {
    "mbo": "order-by-order books are not rebuilt here; download mbp-1, or trades for prints alone",
    "mbp-10": "depth is not used for equities; download mbp-1",
    "definition": "it describes instruments; put it beside a trades, tbbo or mbp-1 file",
}
# Datasets that hold quotes of several venues side by side.
_GATHERED: Final = ("EQUS.", "DBEQ.", "XNAS.BASIC")

_UNDEF_PRICE: Final = dbn.UNDEF_PRICE
_SCALE: Final = 1_000_000_000
_SCALE_TO_E4: Final = 100_000
_E4: Final = 10_000
_NO_VENUE: Final = EquityVenue("")

_Traded: TypeAlias = dbn.TradeMsg | dbn.MBP1Msg | dbn.CMBP1Msg
_Quoted: TypeAlias = dbn.MBP1Msg | dbn.CMBP1Msg | dbn.BBOMsg | dbn.CBBOMsg
_Sides: TypeAlias = tuple[QuoteSide, QuoteSide]
_READ: Final = (dbn.TradeMsg, dbn.MBP1Msg, dbn.CMBP1Msg, dbn.BBOMsg, dbn.CBBOMsg)


def check_schema(metadata: dbn.Metadata, name: str) -> str:
    """
    Return the schema of a DBN file of equities.

    Raises
    ------
    WrongFormat
        A schema that carries neither prints nor the best of a book.
    """
    schema = str(metadata.schema or "")
    if schema and schema not in SCHEMAS:
        wanted = ", ".join(sorted(SCHEMAS))
        hint = _HINTS.get(schema, "bars are made from prints here")
        msg = f"{name} has schema {schema}: {hint}; expected one of {wanted}"
        raise WrongFormat(msg)
    return schema


def _as_trade(record: _Traded | _Quoted) -> _Traded | None:
    if isinstance(record, dbn.BBOMsg | dbn.CBBOMsg) or str(record.action) != "T":
        return None
    return record


def _venue(publisher: int) -> EquityVenue:
    if publisher in AGGREGATING_PUBLISHERS:
        return _NO_VENUE
    return DATABENTO_EQUITY_VENUES.get(publisher) or EquityVenue(str(publisher))


def _side(raw: int, shares: int, publisher: int) -> QuoteSide:
    price = None if raw == _UNDEF_PRICE else raw / _SCALE
    return quote_side(price, float(shares), _venue(publisher).exchange or None)


def _best(side: NbboSide) -> QuoteSide:
    return quote_side(side.price_e4 / _E4, float(side.size_shares), side.venue)


def _placed(raw: int, shares: int) -> tuple[int, int]:
    return (0, 0) if raw == _UNDEF_PRICE else (round(raw / _SCALE_TO_E4), shares)


class DbnEquityRows:
    """
    Turn the records of one DBN file of equities into items, in file order.

    Parameters
    ----------
    context : FileContext
        The file.

    Notes
    -----
    Source: feeds specification, 5, 9.2, 10 and 12. The quote of `mbp-1`, `tbbo` and `bbo` is that
    of its publisher: one venue's own (scope `venue`), or, where the publisher is EQUS, DBEQ or a
    SIP, the vendor's best of several venues (scope `nbbo`, venues not told). Where a dataset holds
    several venues side by side, their quotes are consolidated first, but not those of `tbbo`,
    which are known only at trades. `cmbp-1`, `tcbbo` and `cbbo` carry the market with its venues.
    Of `mbp-1` and `cmbp-1` the quotes are taken; their trades come with `trades` or `tbbo`.
    """

    def __init__(self, context: FileContext) -> None:
        self._context = context
        self._stream = DbnStream(context.path)
        metadata = self._stream.metadata
        self._schema = str(metadata.schema or "")
        self._is_gathered = metadata.dataset.startswith(_GATHERED)
        self._instruments = InstrumentMap(metadata, context.path)
        self._identities = SourceIdentities(metadata.dataset)
        self._underlyings: dict[str, str] = {}
        self._books: dict[int, ConsolidatedNbbo] = {}
        self._told: dict[int, tuple[int, _Sides]] = {}
        self._bounds = None if context.date is None else day_bounds_ns(context.date)

    def check(self) -> None:
        """Refuse a schema without prints and quotes: raises `WrongFormat`."""
        check_schema(self._stream.metadata, self._context.path.name)

    def __iter__(self) -> Iterator[FeedItem]:
        self.check()
        is_quotes = self._schema in CHANGE_SCHEMAS | SAMPLE_SCHEMAS
        topic = EQUITY_QUOTES if is_quotes else EQUITY_PRINTS
        return each_item(self._stream, self._context, self._instruments, topic, self._take)

    def _take(self, record: object, number: int) -> tuple[Accepted, ...] | None:
        if not isinstance(record, _READ):
            return None
        trade = _as_trade(record)
        if trade is not None and self._schema in CHANGE_SCHEMAS:
            return None
        if trade is None and self._schema in AT_TRADE_SCHEMAS | {"trades"}:
            msg = f"a record without a trade in a file of schema {self._schema}"
            raise RejectedRow(RejectReason.UNKNOWN_MESSAGE, msg)
        at = source_ts_of(record)
        require_named_date(at, self._bounds)
        underlying_id = self._underlying(record)
        # The print first: one that is rejected takes its quote with it.
        traded = () if trade is None else (self._print(trade, at, underlying_id),)
        quotes = () if isinstance(record, dbn.TradeMsg) else self._quotes(record, at, underlying_id)
        origin = self._context.origin
        return (
            *(Accepted(origin, EQUITY_QUOTES, quote, number) for quote in quotes),
            *(Accepted(origin, EQUITY_PRINTS, made, number) for made in traded),
        )

    def _underlying(self, record: _Traded | _Quoted) -> str:
        symbol = self._instruments.symbol(record.instrument_id, record.ts_recv)
        known = self._underlyings.get(symbol)
        if known is None:
            known = listed_underlying(symbol)
            if known is None:
                msg = f"{symbol!r} is no listed stock"
                raise RejectedRow(RejectReason.BAD_SYMBOL, msg)
            self._underlyings[symbol] = known
        return known

    def _print(self, record: _Traded, at: int, underlying_id: str) -> EquityPrint:
        price, size = trade_price(record.price), trade_size(record.size)
        venue = _venue(record.publisher_id)
        if venue.exchange and venue.exchange not in KNOWN_EQUITY_VENUES:
            self._context.summary.unknown_venues[venue.exchange] += 1
        fields = {"conditions": [], "price": price, "size": size, "venue": venue.exchange}
        made_id, seq = self._identify(PRINTS, record, fields)
        return EquityPrint(
            source_ts=at,
            ingest_ts=record.ts_recv,
            seq=seq,
            trace_id=made_id,
            schema_version=PRINTS_VERSION,
            source=SOURCE,
            underlying_id=underlying_id,
            price=price,
            size=float(size),
            exchange=venue.exchange,
            off_exchange_flag=venue.is_off_exchange,
            action=TRADE,
            session=trade_date_and_segment(at)[1],
            conditions=(),
            raw_conditions=(),
            trf_id=venue.trf_id,
        )

    def _quotes(self, record: _Quoted, at: int, underlying_id: str) -> tuple[EquityQuote, ...]:
        if isinstance(record, dbn.CMBP1Msg | dbn.CBBOMsg):
            level = record.levels[0]
            bid = _side(record.bid_px_00, record.bid_sz_00, level.bid_pb)
            ask = _side(record.ask_px_00, record.ask_sz_00, level.ask_pb)
            return self._new(record, at, underlying_id, NBBO, (bid, ask))
        publisher = record.publisher_id
        if self._is_gathered and publisher not in AGGREGATING_PUBLISHERS:
            return self._consolidated(record, at, underlying_id)
        bid = _side(record.bid_px_00, record.bid_sz_00, publisher)
        ask = _side(record.ask_px_00, record.ask_sz_00, publisher)
        scope = NBBO if publisher in AGGREGATING_PUBLISHERS else VENUE
        return self._new(record, at, underlying_id, scope, (bid, ask))

    def _consolidated(
        self, record: dbn.MBP1Msg | dbn.BBOMsg, at: int, underlying_id: str
    ) -> tuple[EquityQuote, ...]:
        if self._schema in AT_TRADE_SCHEMAS:
            return ()
        book = self._books.setdefault(record.instrument_id, ConsolidatedNbbo())
        bid = _placed(record.bid_px_00, record.bid_sz_00)
        ask = _placed(record.ask_px_00, record.ask_sz_00)
        if not book.on_quote(at, _venue(record.publisher_id).exchange, bid, ask):
            return ()
        sides = _best(book.bid), _best(book.ask)
        return (self._quote(record, at, underlying_id, (NBBO, True), sides),)

    def _new(
        self, record: _Quoted, at: int, underlying_id: str, scope: str, sides: _Sides
    ) -> tuple[EquityQuote, ...]:
        """Return the quote unless several trades of one instant carry the same."""
        if self._schema in AT_TRADE_SCHEMAS:
            if self._told.get(record.instrument_id) == (at, sides):
                return ()
            self._told[record.instrument_id] = (at, sides)
        return (self._quote(record, at, underlying_id, (scope, False), sides),)

    def _quote(
        self,
        record: _Quoted,
        at: int,
        underlying_id: str,
        kind: tuple[str, bool],
        sides: _Sides,
    ) -> EquityQuote:
        bid, ask = sides
        fields = {
            "ask": ask.price,
            "ask_size": ask.size,
            "ask_venue": ask.exchange,
            "bid": bid.price,
            "bid_size": bid.size,
            "bid_venue": bid.exchange,
        }
        made_id, seq = self._identify(QUOTES, record, fields)
        scope, is_consolidated = kind
        return EquityQuote(
            source_ts=at,
            ingest_ts=record.ts_recv,
            seq=seq,
            trace_id=made_id,
            schema_version=QUOTES_VERSION,
            source=SOURCE,
            underlying_id=underlying_id,
            scope=scope,
            consolidated=is_consolidated,
            bid=bid.price,
            ask=ask.price,
            bid_size=bid.size,
            ask_size=ask.size,
            bid_exchange=bid.exchange,
            ask_exchange=ask.exchange,
            conditions=(),
        )

    def _identify(
        self, stream: str, record: _Traded | _Quoted, fields: Mapping[str, object]
    ) -> tuple[str, int]:
        """Return trace id and `seq`; consolidated records carry no sequence of their own."""
        who, received = f"{record.publisher_id}.{record.instrument_id}", record.ts_recv
        if isinstance(record, dbn.CMBP1Msg | dbn.CBBOMsg):
            key = f"{who}.{received}.{content_hash(fields)}"
            return self._identities.identify(stream, received, key)
        stamp = received if isinstance(record, dbn.BBOMsg) else record.ts_event
        key = f"{who}.{record.sequence}.{stamp}"
        return self._identities.identify(stream, received, key)[0], record.sequence
