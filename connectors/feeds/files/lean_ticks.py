"""Equity ticks of LEAN: trades of the tape, and the market that stood."""

import re
from collections.abc import Iterable
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Final

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.items import EQUITY_PRINTS
from connectors.feeds.base.items import EQUITY_QUOTES
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import Origin
from connectors.feeds.base.items import Reject
from connectors.feeds.codes.equity_conditions import LEAN_NOT_FIRM
from connectors.feeds.codes.equity_conditions import SaleConditions
from connectors.feeds.codes.equity_conditions import lean_conditions
from connectors.feeds.codes.equity_venues import LETTER_EQUITY_VENUES
from connectors.feeds.codes.equity_venues import EquityVenue
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.equity_records import NO_SIDE
from connectors.feeds.files.equity_records import EquityMaker
from connectors.feeds.files.equity_records import EquityTrade
from connectors.feeds.files.equity_records import QuoteSide
from connectors.feeds.files.equity_records import quote_side
from connectors.feeds.files.lean_zip import TRADES
from connectors.feeds.files.lean_zip import NumberedLine
from connectors.feeds.files.lean_zip import TickLines
from connectors.feeds.files.lean_zip import in_time_order
from connectors.feeds.files.lean_zip import tick_member
from connectors.feeds.files.values import NS_PER_MS
from connectors.feeds.files.values import day_bounds_ns

_CACHE: Final = 65_536
_MS_PER_DAY: Final = 24 * 3600 * 1000
_PRICE_SCALE: Final = 10_000
_TRADE_CELLS: Final = 6
_QUOTE_CELLS: Final = 8
_MAX_DIGITS: Final = 12
_NUMBER: Final = re.compile(rb"\d+(\.\d+)?")
_VENUE: Final = re.compile(rb"[0-9A-Za-z]{1,8}")
_DOUBT: Final = re.compile(rb"[01]?")
# What nearly every row looks like; others are looked at cell by cell.
_USUAL_TRADE: Final = re.compile(rb"(\d{1,8}),\d{1,10},[1-9]\d{0,8},[A-Z],[0-9A-Fa-f]{1,9},[01]\r?")
_USUAL_QUOTE: Final = re.compile(
    rb"(\d{1,8}),\d{1,10},\d{1,9},\d{1,10},\d{1,9},[A-Z],[0-9A-Fa-f]{1,9},[01]\r?"
)


def _reject(reason: RejectReason, what: str, raw: bytes, expected: str) -> RejectedRow:
    msg = f"{what} {raw.decode(errors='replace')!r}, expected {expected}"
    return RejectedRow(reason, msg)


def _number(raw: bytes) -> Decimal | None:
    return Decimal(raw.decode()) if len(raw) <= _MAX_DIGITS and _NUMBER.fullmatch(raw) else None


@lru_cache(maxsize=_CACHE)
def _price(raw: bytes) -> float:
    value = _number(raw)
    if value is None:
        raise _reject(RejectReason.INVALID_PRICE, "price", raw, "1/10,000 dollars from 0")
    return float(value / _PRICE_SCALE)


@lru_cache(maxsize=_CACHE)
def _size(raw: bytes) -> float:
    value = _number(raw)
    if value is None or value <= 0:
        raise _reject(RejectReason.INVALID_SIZE, "size", raw, "shares above 0")
    return float(value)


@lru_cache(maxsize=_CACHE)
def _quoted_size(raw: bytes) -> float:
    value = _number(raw)
    if value is None:
        raise _reject(RejectReason.INVALID_SIZE, "quoted size", raw, "shares from 0")
    return float(value)


@lru_cache(maxsize=4096)
def _tail(raw: bytes) -> tuple[str, str, bool]:
    """Return venue, bits and doubt: the cells that few rows tell apart."""
    venue, bits, doubt = (cell.strip() for cell in raw.split(b","))
    if _VENUE.fullmatch(venue) is None:
        raise _reject(RejectReason.MISSING_FIELD, "exchange", venue, "a participant letter")
    if _DOUBT.fullmatch(doubt) is None:
        raise _reject(RejectReason.NOT_DECODABLE, "suspicious", doubt, "0 or 1")
    if bits and not bits.isalnum():
        raise _reject(RejectReason.NOT_DECODABLE, "condition", bits, "hexadecimal digits")
    return venue.decode(), bits.decode(), doubt == b"1"


def _bits(text: str) -> int:
    try:
        return int(text or "0", 16)
    except ValueError:
        msg = f"condition {text!r}, expected hexadecimal digits"
        raise RejectedRow(RejectReason.NOT_DECODABLE, msg) from None


@lru_cache(maxsize=4096)
def _sold(raw: bytes) -> tuple[EquityVenue, SaleConditions]:
    letter, bits, is_suspicious = _tail(raw)
    _bits(bits)
    venue = LETTER_EQUITY_VENUES.get(letter) or EquityVenue(letter)
    return venue, lean_conditions(bits, is_suspicious=is_suspicious)


@lru_cache(maxsize=4096)
def _quoting(raw: bytes) -> tuple[str, bool]:
    venue, bits, is_suspicious = _tail(raw)
    return venue, not is_suspicious and not _bits(bits) & LEAN_NOT_FIRM


@lru_cache(maxsize=_CACHE)
def _side(price: bytes, size: bytes, tail: bytes) -> QuoteSide | None:
    """Return a side; None when the row does not speak of it."""
    venue, is_firm = _quoting(tail)
    at, shares = _price(price), _quoted_size(size)
    if at == 0 and shares == 0:
        return None
    return quote_side(at, shares, venue) if is_firm else NO_SIDE


class _Clock:
    """Stamps of rows: milliseconds of the day, and the place within the millisecond as ns."""

    def __init__(self, midnight_ns: int) -> None:
        self._midnight_ns = midnight_ns
        self._text = b""
        self._at = 0

    def stamp(self, text: bytes) -> int:
        """Return the stamp of the next row, ns UTC; call it once the row is known to be good."""
        if text == self._text:
            self._at += 1
            return self._at
        self._at = self._midnight_ns + _milliseconds(text) * NS_PER_MS
        self._text = text
        return self._at


def _milliseconds(raw: bytes) -> int:
    value = int(raw) if raw.isdigit() and len(raw) <= _MAX_DIGITS else _MS_PER_DAY
    if value >= _MS_PER_DAY:
        expected = "milliseconds since midnight, below 86,400,000"
        raise _reject(RejectReason.BAD_TIMESTAMP, "time", raw, expected)
    return value


class _Trades:
    """Rows of a trade archive: `ms, price x 10,000, size, exchange, condition, suspicious`."""

    topic = EQUITY_PRINTS
    usual = _USUAL_TRADE
    cells = _TRADE_CELLS

    def __init__(self, origin: Origin, maker: EquityMaker, midnight_ns: int) -> None:
        self._origin = origin
        self._maker = maker
        self._clock = _Clock(midnight_ns)

    def take(self, number: int, line: bytes) -> tuple[Accepted, ...]:
        ms, price, size, tail = line.split(b",", 3)
        venue, conditions = _sold(tail)
        at_price, shares = _price(price), _size(size)
        at = self._clock.stamp(ms)
        trade = EquityTrade(at, at_price, shares, venue, number, conditions)
        return (Accepted(self._origin, EQUITY_PRINTS, self._maker.trade(trade), number),)

    def rest(self) -> tuple[Accepted, ...]:
        """Nothing waits: each row is a print."""
        return ()


class _Quotes:
    """
    Rows of a quote archive: `ms, bid, size, ask, size, exchange, condition, suspicious`.

    A change of the market comes as two rows of one millisecond, its bid and its offer, each with
    the venue that is best there: so a row replaces the side whatever venue it names, and the bid
    waits for its offer. Keeping sides by venue would cross this market for most of a day.
    """

    topic = EQUITY_QUOTES
    usual = _USUAL_QUOTE
    cells = _QUOTE_CELLS

    def __init__(self, origin: Origin, maker: EquityMaker, midnight_ns: int) -> None:
        self._origin = origin
        self._maker = maker
        self._clock = _Clock(midnight_ns)
        self._bid = NO_SIDE
        self._ask = NO_SIDE
        self._told = (NO_SIDE, NO_SIDE)
        self._waiting_ms = b""
        self._waiting: tuple[int, int] | None = None

    def take(self, number: int, line: bytes) -> tuple[Accepted, ...]:
        ms, bid_price, bid_size, ask_price, ask_size, tail = line.split(b",", 5)
        bid, ask = _side(bid_price, bid_size, tail), _side(ask_price, ask_size, tail)
        at = self._clock.stamp(ms)
        waiting = self._waiting
        if waiting is not None and bid is None and ask is not None and ms == self._waiting_ms:
            self._waiting = None
            self._ask = ask
            return self._changed(*waiting)
        alone = self.rest()
        if bid is not None:
            self._bid = bid
            if ask is None:
                self._waiting, self._waiting_ms = (at, number), ms
                return alone
        if ask is not None:
            self._ask = ask
        return (*alone, *self._changed(at, number))

    def rest(self) -> tuple[Accepted, ...]:
        """Return the quote of a bid whose offer did not come."""
        waiting, self._waiting = self._waiting, None
        return () if waiting is None else self._changed(*waiting)

    def _changed(self, at: int, number: int) -> tuple[Accepted, ...]:
        state = (self._bid, self._ask)
        if state == self._told:
            return ()
        self._told = state
        quote = self._maker.market(at, number, *state)
        return (Accepted(self._origin, EQUITY_QUOTES, quote, number),)


class LeanTickRows:
    """
    Turn the rows of a LEAN tick archive into items, in the order of time.

    Parameters
    ----------
    context : FileContext
        The archive.
    run_rows : int
        Lines held in memory while a file that is out of order is sorted.

    Notes
    -----
    Source: feeds specification, 10. The archive is read twice: once for bad rows, which come
    first, and for the order of time, then for the records, of which none waits for the end. A
    file in order needs no temporary file and no memory.
    """

    def __init__(self, context: FileContext, run_rows: int) -> None:
        self._context = context
        self._run_rows = run_rows
        self._member = tick_member(context.facts)
        maker = EquityMaker(context, self._member.underlying_id)
        midnight_ns = day_bounds_ns(self._member.day)[0]
        kind = _Trades if self._member.kind == TRADES else _Quotes
        self._rows: _Trades | _Quotes = kind(context.origin, maker, midnight_ns)
        self._bad: set[int] = set()

    def check(self) -> None:
        """Nothing is left to refuse: names were looked at when this was made."""

    def __iter__(self) -> Iterator[FeedItem]:
        rejects: list[Reject] = []
        is_sorted = self._look_through(rejects)
        yield from rejects
        lines = TickLines(self._context.path, self._member)
        ordered = lines if is_sorted else in_time_order(self._timed(lines), self._run_rows)
        yield from self._records(ordered)

    def _records(self, lines: Iterable[NumberedLine]) -> Iterator[Accepted]:
        take, bad = self._rows.take, self._bad
        for number, line in lines:
            if number not in bad:
                yield from take(number, line)
        yield from self._rows.rest()

    def _look_through(self, rejects: list[Reject]) -> bool:
        """Gather the bad rows; tell whether the file is in the order of time."""
        summary, usual = self._context.summary, self._rows.usual.fullmatch
        newest, is_sorted = -1, True
        lines = TickLines(self._context.path, self._member)
        for number, line in lines:
            found = usual(line)
            if found is not None:
                at = int(found[1])
            elif not line.strip():
                self._bad.add(number)
                continue
            else:
                at = -1
            summary.rows += 1
            if not 0 <= at < _MS_PER_DAY:
                try:
                    at = self._unusual(line)
                except RejectedRow as fault:
                    rejects.append(self._reject(fault, line, number))
                    continue
            if at < newest:
                is_sorted = False
            newest = at
        if lines.damaged is not None:
            summary.rows += 1
            summary.damaged = lines.damaged
            end = RejectedRow(RejectReason.NOT_DECODABLE, lines.damaged)
            rejects.append(self._reject(end, b"", summary.rows))
        return is_sorted

    def _reject(self, fault: RejectedRow, line: bytes, number: int) -> Reject:
        self._bad.add(number)
        topic = self._rows.topic
        return self._context.reject(topic, fault.reason, fault.message, line.rstrip(b"\r"), number)

    def _unusual(self, line: bytes) -> int:
        """Return the time of a row that is good all the same: raises `RejectedRow`."""
        cells, wanted = line.rstrip(b"\r").split(b","), self._rows.cells
        if len(cells) != wanted:
            msg = f"{len(cells)} cells, expected {wanted}"
            raise RejectedRow(RejectReason.MISSING_FIELD, msg)
        at = _milliseconds(cells[0])
        tail = b",".join(cells[-3:])
        if wanted == _TRADE_CELLS:
            _price(cells[1])
            _size(cells[2])
            _sold(tail)
        else:
            _side(cells[1], cells[2], tail)
            _side(cells[3], cells[4], tail)
        return at

    def _timed(self, lines: Iterable[NumberedLine]) -> Iterator[tuple[int, int, bytes]]:
        for number, line in lines:
            if number not in self._bad:
                yield int(line[: line.index(b",")]), number, line
