"""What the prints of a window add up to, before it is a record."""

from typing import Final

from flows.common.cadence import NEVER
from flows.equities.observed import ObservedPrint

NOT_YET: Final = -1

# Sums of price times size pass 64 bits within an hour of a busy name; the resume state holds them
# in two parts.
_PART_BITS: Final = 62
_PART: Final = (1 << _PART_BITS) - 1

# The attributes in the order of their names, and the upper part of `value`.
CellState = tuple[int, ...]


class Cell:
    """
    Sums and extremes of prints, of one second or merged of several.

    All of it is independent of the order in which prints were added: sums are of integers, and
    the first and the last are decided by (`source_ts`, `seq`).

    Attributes
    ----------
    revision : int
        Last one that came out, `NOT_YET` before.
    volume, off_exchange, odd_lot : int
        1/1,000,000 share, of prints that count to volume; `trades` is their number.
    value, weight : int
        Σ price_e4 × micro-shares, and Σ micro-shares, of prints that may set high and low.
    high, low : int
        Of those prints, 1/10,000 dollar; `NOT_YET` and `NEVER` without one.
    high_low_ts, high_low_seq, high_low_e4 : int
        The last of them; `high_low_ts` is `NOT_YET` without one.
    open_ts, open_seq, open_e4, close_ts, close_seq, close_e4 : int
        First and last print that may set the last price; `close_ts` is `NOT_YET` without one.
    ingest_ts, seq : int
        Greatest of the inputs, so that the order of arrival does not show.
    """

    __slots__ = (
        "close_e4",
        "close_seq",
        "close_ts",
        "high",
        "high_low_e4",
        "high_low_seq",
        "high_low_ts",
        "ingest_ts",
        "low",
        "odd_lot",
        "off_exchange",
        "open_e4",
        "open_seq",
        "open_ts",
        "revision",
        "seq",
        "trades",
        "value",
        "volume",
        "weight",
    )

    def __init__(self) -> None:
        self.revision = NOT_YET
        self.volume = self.off_exchange = self.odd_lot = self.trades = 0
        self.value = self.weight = 0
        self.high, self.low = NOT_YET, NEVER
        self.high_low_ts = self.high_low_seq = NOT_YET
        self.open_ts = self.open_seq = NEVER
        self.close_ts = self.close_seq = NOT_YET
        self.high_low_e4 = self.open_e4 = self.close_e4 = 0
        self.ingest_ts = self.seq = 0

    @property
    def is_empty(self) -> bool:
        """Return whether no print is in it."""
        return self.trades == 0 and self.high_low_ts == NOT_YET and self.close_ts == NOT_YET

    @property
    def last_e4(self) -> int | None:
        """Return the closing price in 1/10,000 dollar; null without a print that has one."""
        if self.close_ts != NOT_YET:
            return self.close_e4
        return None if self.high_low_ts == NOT_YET else self.high_low_e4

    # Comparisons below are written out: a call to `max` or `min` costs as much as three of them.

    def add(self, p: ObservedPrint) -> None:  # noqa: C901 - a second call a print costs more
        """Add a print. This runs for every print of the tape."""
        ts = p.ts
        seq = p.seq
        micro = p.micro
        if p.volume:
            self.volume += micro
            self.trades += 1
            if p.off_exchange:
                self.off_exchange += micro
            if p.odd_lot:
                self.odd_lot += micro
        if p.high_low:
            at_e4 = p.at_e4
            self.value += at_e4 * micro
            self.weight += micro
            if at_e4 > self.high:  # noqa: PLR1730 - see above
                self.high = at_e4
            if at_e4 < self.low:  # noqa: PLR1730 - see above
                self.low = at_e4
            if ts > self.high_low_ts or (ts == self.high_low_ts and seq >= self.high_low_seq):
                self.high_low_ts = ts
                self.high_low_seq = seq
                self.high_low_e4 = at_e4
        if p.last:
            if ts > self.close_ts or (ts == self.close_ts and seq >= self.close_seq):
                self.close_ts = ts
                self.close_seq = seq
                self.close_e4 = p.at_e4
            if ts < self.open_ts or (ts == self.open_ts and seq < self.open_seq):
                self.open_ts = ts
                self.open_seq = seq
                self.open_e4 = p.at_e4
        if seq > self.seq:  # noqa: PLR1730 - see above
            self.seq = seq
        if p.ingest_ts > self.ingest_ts:  # noqa: PLR1730 - see above
            self.ingest_ts = p.ingest_ts

    def merge(self, other: "Cell") -> None:
        """Add the prints of another stretch of time; the revision stays."""
        self.volume += other.volume
        self.off_exchange += other.off_exchange
        self.odd_lot += other.odd_lot
        self.trades += other.trades
        ts = other.high_low_ts
        if ts != NOT_YET:
            self.value += other.value
            self.weight += other.weight
            if other.high > self.high:  # noqa: PLR1730 - see above
                self.high = other.high
            if other.low < self.low:  # noqa: PLR1730 - see above
                self.low = other.low
            # The stretches are apart: equal stamps cannot be.
            if ts > self.high_low_ts:
                self.high_low_ts = ts
                self.high_low_seq = other.high_low_seq
                self.high_low_e4 = other.high_low_e4
        ts = other.close_ts
        if ts != NOT_YET:
            if ts > self.close_ts:
                self.close_ts = ts
                self.close_seq = other.close_seq
                self.close_e4 = other.close_e4
            if other.open_ts < self.open_ts:
                self.open_ts = other.open_ts
                self.open_seq = other.open_seq
                self.open_e4 = other.open_e4
        if other.seq > self.seq:  # noqa: PLR1730 - see above
            self.seq = other.seq
        if other.ingest_ts > self.ingest_ts:  # noqa: PLR1730 - see above
            self.ingest_ts = other.ingest_ts

    def copy(self) -> "Cell":
        """Return a cell of the same prints and revision."""
        other = Cell.__new__(Cell)
        other.revision = self.revision
        other.volume = self.volume
        other.off_exchange = self.off_exchange
        other.odd_lot = self.odd_lot
        other.trades = self.trades
        other.value = self.value
        other.weight = self.weight
        other.high = self.high
        other.low = self.low
        other.high_low_ts = self.high_low_ts
        other.high_low_seq = self.high_low_seq
        other.high_low_e4 = self.high_low_e4
        other.open_ts = self.open_ts
        other.open_seq = self.open_seq
        other.open_e4 = self.open_e4
        other.close_ts = self.close_ts
        other.close_seq = self.close_seq
        other.close_e4 = self.close_e4
        other.ingest_ts = self.ingest_ts
        other.seq = self.seq
        return other

    def note(self, ingest_ts: int, seq: int) -> None:
        """Count an input that is no print in it, such as a cancel."""
        self.ingest_ts = max(self.ingest_ts, ingest_ts)
        self.seq = max(self.seq, seq)

    def is_same_bar(self, other: "Cell") -> bool:
        """Return whether bars of the two would not differ but in what they were made of."""
        return (
            self.trades == other.trades
            and self.volume == other.volume
            and self.value == other.value
            and self.close_e4 == other.close_e4
            and self.open_e4 == other.open_e4
            and self.high == other.high
            and self.low == other.low
            and self.weight == other.weight
            and self.off_exchange == other.off_exchange
            and self.odd_lot == other.odd_lot
            and self.high_low_e4 == other.high_low_e4
            and (self.close_ts == NOT_YET) == (other.close_ts == NOT_YET)
        )

    def state(self) -> CellState:
        """Return the cell as plain data."""
        fields = [getattr(self, name) for name in self.__slots__]
        fields[_VALUE] &= _PART
        return (*fields, self.value >> _PART_BITS)

    @classmethod
    def restore(cls, state: CellState) -> "Cell":
        """Return the cell of a state."""
        cell = cls()
        for name, field in zip(cls.__slots__, state[:-1], strict=True):
            setattr(cell, name, field)
        cell.value |= state[-1] << _PART_BITS
        return cell


_VALUE: Final = Cell.__slots__.index("value")
