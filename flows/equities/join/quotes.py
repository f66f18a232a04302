"""The recent quotes of an underlying, decoded only when a print looks at them."""

from bisect import bisect_left
from bisect import bisect_right
from collections.abc import Callable
from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.calendar import NS_PER_MS
from flows.equities.join.quote import Quote
from flows.equities.join.quote import quote_of
from schemas.records.equities_quotes import EquityQuote

BOOK_MS: Final = 15_000
BOOK_QUOTES: Final = 4096
_TRIM_SLACK: Final = 64

# Stamps, then what was pushed, then the quote where it was looked at already. A stamp with neither
# is a quote that could not be decoded.
BookState = tuple[list[int], list[object], list[object]]


class QuoteBook:
    """
    A ring of quotes in order of their stamps: 15 s and 4,096 of them, and the newest older one.

    A quote that comes late is put where its stamp belongs, after those of the same stamp. Most
    quotes are never looked at, so they are kept as they came and decoded once when they are. One
    that cannot be decoded keeps its place, and the one before it is found instead.

    Parameters
    ----------
    decode : callable
        Returns the record of what was pushed; None when it is not one.
    book_ms, book_quotes : int
        Size of the ring, in ms of event time before the newest quote and in quotes.

    Notes
    -----
    What lies outside of the ring is never found, however late it is thrown away. Source: equities
    specification, 6.
    """

    def __init__(
        self,
        decode: Callable[[object], EquityQuote | None],
        book_ms: int = BOOK_MS,
        book_quotes: int = BOOK_QUOTES,
    ) -> None:
        self._decode = decode
        self._book_ns = book_ms * NS_PER_MS
        self._book_quotes = book_quotes
        self._stamps: list[int] = []
        # A payload is replaced by its quote, or by None when it could not be decoded.
        self._entries: list[object] = []
        self._trim_at = _TRIM_SLACK

    def __len__(self) -> int:
        return len(self._stamps) - self._start()

    def push(self, ts_ns: int, payload: object) -> None:
        """
        Keep a quote.

        Parameters
        ----------
        ts_ns : int
            Its `source_ts`, ns UTC.
        payload : object
            Whatever `decode` takes: bytes, or a tuple of plain data.
        """
        stamps = self._stamps
        if stamps and ts_ns < stamps[-1]:
            place = bisect_right(stamps, ts_ns)
            stamps.insert(place, ts_ns)
            self._entries.insert(place, payload)
        else:
            stamps.append(ts_ns)
            self._entries.append(payload)
        if len(stamps) > self._trim_at:
            self._trim()

    def at_or_before(self, ts_ns: int) -> Quote | None:
        """
        Return the last quote with a stamp not after an instant (ns UTC); None when there is none.

        Never a later quote. Of equal stamps the one that came last.
        """
        place = len(self._stamps) - 1
        if place < 0:
            return None
        if self._stamps[place] > ts_ns:
            place = bisect_right(self._stamps, ts_ns) - 1
            if place < self._start():
                return None
        entry = self._entries[place]
        if type(entry) is Quote:
            return entry
        return self._decoded(place)

    def state(self) -> BookState:
        """Return the ring as plain data."""
        start = self._start()
        entries = self._entries[start:]
        return (
            self._stamps[start:],
            [None if isinstance(entry, Quote) else entry for entry in entries],
            [
                list(msgspec.structs.astuple(entry)) if isinstance(entry, Quote) else None
                for entry in entries
            ],
        )

    def load(self, state: Sequence[Sequence[object]]) -> None:
        """Take over a state, also one whose tuples became lists on the way."""
        stamps, payloads, quotes = state
        self._stamps = msgspec.convert(stamps, list[int])
        self._entries = [
            _payload(payload) if quote is None else Quote(*msgspec.convert(quote, list))
            for payload, quote in zip(payloads, quotes, strict=True)
        ]
        self._trim_at = 2 * len(self._stamps) + _TRIM_SLACK

    def _start(self) -> int:
        """Return the place of the newest quote that is older than the ring, or of the first."""
        stamps = self._stamps
        if not stamps:
            return 0
        oldest_in_time = bisect_left(stamps, stamps[-1] - self._book_ns)
        return max(oldest_in_time - 1, len(stamps) - self._book_quotes - 1, 0)

    def _trim(self) -> None:
        start = self._start()
        del self._stamps[:start]
        del self._entries[:start]
        # Twice what is needed before the next look, so that a push stays cheap on average.
        self._trim_at = 2 * len(self._stamps) + _TRIM_SLACK

    def _decoded(self, place: int) -> Quote | None:
        entries = self._entries
        for at in range(place, self._start() - 1, -1):
            entry = entries[at]
            if isinstance(entry, Quote):
                return entry
            if entry is not None:
                record = self._decode(entry)
                if record is not None:
                    entries[at] = quote = quote_of(record, self._stamps[at])
                    return quote
                entries[at] = None
        return None


def _payload(payload: object) -> object:
    return tuple(payload) if isinstance(payload, list) else payload
