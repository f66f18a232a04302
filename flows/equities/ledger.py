"""Every print of an underlying that a cancel or a late report may still change, in columns."""

import hashlib
from array import array
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from flows.common.sessions import SEGMENTS
from flows.equities.observed import BUY
from flows.equities.observed import SELL
from flows.equities.observed import UNKNOWN
from flows.equities.observed import ObservedPrint

SIDES: Final = ("AA", "A", "MID", "B", "BB", "MISSING", "STALE")
DIRECTIONS: Final = (BUY, SELL, UNKNOWN)

VOLUME: Final = 1
LAST: Final = 2
HIGH_LOW: Final = 4
LEVELS: Final = 8
BASELINE: Final = 16
OFF_EXCHANGE: Final = 32
ODD_LOT: Final = 64
CANCELLED: Final = 128
_SIDE_SHIFT: Final = 8
_DIRECTION_SHIFT: Final = 11
_SEGMENT_SHIFT: Final = 13
_DIRECTION_BITS: Final = 3
DIRECTION_BITS: Final[Mapping[str, int]] = MappingProxyType(
    {name: number << _DIRECTION_SHIFT for number, name in enumerate(DIRECTIONS)}
)
_SIDE_BITS: Final[Mapping[str, int]] = MappingProxyType(
    {name: number << _SIDE_SHIFT for number, name in enumerate(SIDES)}
)
_SEGMENT_BITS: Final[Mapping[str, int]] = MappingProxyType(
    {name: number << _SEGMENT_SHIFT for number, name in enumerate(SEGMENTS)}
)
_COLUMNS: Final = "qqqqqqi"  # id, ts, seq, ingest_ts, price, size, flags

_State = tuple[int, list[bytes]]


def _hash(trace_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(trace_id.encode(), digest_size=8).digest(), signed=True)


class Columns(msgspec.Struct, frozen=True):
    """
    Live prints of a stretch of time in order of (`source_ts`, `seq`); parallel columns.

    Parameters
    ----------
    ts, seq, ingest_ts, at_e4, micro : (n,) int64
        As `ObservedPrint`.
    flags : (n,) int32
        `VOLUME`, `LAST`, `HIGH_LOW`, `LEVELS`, `BASELINE`, `OFF_EXCHANGE`, `ODD_LOT`, and the
        direction in `DIRECTION_BITS`.
    """

    ts: NDArray[np.int64]
    seq: NDArray[np.int64]
    ingest_ts: NDArray[np.int64]
    at_e4: NDArray[np.int64]
    micro: NDArray[np.int64]
    flags: NDArray[np.int32]

    def has(self, bit: int) -> NDArray[np.bool_]:
        """Return which prints carry a flag."""
        found: NDArray[np.bool_] = (self.flags & bit) != 0
        return found

    def directed(self, direction: str) -> NDArray[np.bool_]:
        """Return which prints have a direction, `buy`, `sell` or `unknown`."""
        bits = _DIRECTION_BITS << _DIRECTION_SHIFT
        found: NDArray[np.bool_] = (self.flags & bits) == DIRECTION_BITS[direction]
        return found


class PrintLedger:
    """
    The prints of one trading date of an underlying: 52 bytes each, found by id or by time.

    What a cancel takes away and what a revised bar or bucket is made of comes from here, so no
    stage keeps prints of its own. Looking up is a scan of a column (a millisecond for half a
    million prints): cancels are one in tens of thousands.

    Parameters
    ----------
    trade_date : int
        Days since 1970-01-01.
    """

    def __init__(self, trade_date: int) -> None:
        self.trade_date = trade_date
        self._columns = [array(code) for code in _COLUMNS]
        # What has been kept of the newest instant: a print that comes again mostly does so at once.
        self._newest_ts = -1
        self._newest: set[int] = set()

    def __len__(self) -> int:
        return len(self._columns[0])

    def holds(self, trace_id: str, ts: int) -> bool:
        """
        Return whether a print of an id and instant (ns UTC) is known, cancelled or not.

        In a tape in order that is one comparison, and for a late print a scan.
        """
        if ts > self._newest_ts:
            return False
        known = _hash(trace_id)
        if ts == self._newest_ts:
            return known in self._newest
        return bool(np.any(self._view(0) == known))

    def append(self, p: ObservedPrint) -> None:
        """Keep a print."""
        flags = (
            p.volume * VOLUME
            | p.last * LAST
            | p.high_low * HIGH_LOW
            | p.levels * LEVELS
            | p.baseline * BASELINE
            | p.off_exchange * OFF_EXCHANGE
            | p.odd_lot * ODD_LOT
            | _SIDE_BITS[p.nbbo_side]
            | DIRECTION_BITS[p.direction]
            | _SEGMENT_BITS[p.session]
        )
        ids, ts, seq, ingest_ts, at_e4, micro, kept = self._columns
        known = _hash(p.trace_id)
        if p.ts > self._newest_ts:
            self._newest_ts = p.ts
            self._newest.clear()
        if p.ts == self._newest_ts:
            self._newest.add(known)
        ids.append(known)
        ts.append(p.ts)
        seq.append(p.seq)
        ingest_ts.append(p.ingest_ts)
        at_e4.append(p.at_e4)
        micro.append(p.micro)
        kept.append(flags)

    def cancel(self, trace_id: str) -> ObservedPrint | None:
        """Take a print out and return it; null when there is none of that id that lives."""
        found = np.flatnonzero(self._view(0) == _hash(trace_id))
        flags = self._columns[6]
        for place in found.tolist():
            if not flags[place] & CANCELLED:
                flags[place] |= CANCELLED
                return self._print(trace_id, place)
        return None

    def window(self, start_ns: int, end_ns: int) -> Columns:
        """Return the live prints with `start_ns` ≤ ts < `end_ns`."""
        ts, flags = self._view(1), np.frombuffer(self._columns[6], dtype=np.int32)
        places = np.flatnonzero((ts >= start_ns) & (ts < end_ns) & ((flags & CANCELLED) == 0))
        seq = self._view(2)
        places = places[np.lexsort((seq[places], ts[places]))]
        return Columns(
            ts[places],
            seq[places],
            self._view(3)[places],
            self._view(4)[places],
            self._view(5)[places],
            flags[places],
        )

    def nth_ts(self, place: int) -> int:
        """Return the `source_ts` (ns UTC) of the print that many others came before."""
        return int(self._columns[1][place])

    def drop_before(self, at_ns: int) -> None:
        """Forget the prints of before an instant; what they counted for stays counted."""
        kept = self._view(1) >= at_ns
        codes = [column.typecode for column in self._columns]
        views = [np.frombuffer(column, dtype=column.typecode) for column in self._columns]
        self._columns = [
            array(code, view[kept].tobytes()) for code, view in zip(codes, views, strict=True)
        ]

    def state(self) -> _State:
        """Return the ledger as plain data."""
        return self.trade_date, [column.tobytes() for column in self._columns]

    @classmethod
    def restore(cls, state: _State) -> "PrintLedger":
        """Return the ledger of a state."""
        ledger = cls(state[0])
        for column, data in zip(ledger._columns, state[1], strict=True):
            column.frombytes(data)
        if len(ledger):
            stamps = ledger._view(1)
            ledger._newest_ts = int(stamps.max())
            newest = ledger._view(0)[stamps == ledger._newest_ts]
            ledger._newest = set(newest.tolist())
        return ledger

    def _view(self, column: int) -> NDArray[np.int64]:
        return np.frombuffer(self._columns[column], dtype=np.int64)

    def _print(self, trace_id: str, place: int) -> ObservedPrint:
        _, ts, seq, ingest_ts, at_e4, micro, kept = self._columns
        flags = kept[place]
        segment = SEGMENTS[flags >> _SEGMENT_SHIFT & 3]
        return ObservedPrint(
            trace_id,
            ts[place],
            seq[place],
            ingest_ts[place],
            at_e4[place],
            micro[place],
            self.trade_date,
            segment,
            bool(flags & OFF_EXCHANGE),
            bool(flags & ODD_LOT),
            SIDES[flags >> _SIDE_SHIFT & 7],
            DIRECTIONS[flags >> _DIRECTION_SHIFT & _DIRECTION_BITS],
            bool(flags & VOLUME),
            bool(flags & LAST),
            bool(flags & HIGH_LOW),
            bool(flags & LEVELS),
            bool(flags & BASELINE),
        )
