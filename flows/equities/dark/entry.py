"""Prints as evidence: what is kept of them, and their exact totals."""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from flows.equities.observed import ObservedPrint

# ts, seq, price in 1/10,000 dollar, micro-shares, ingest_ts, trace_id
Entry: TypeAlias = tuple[int, int, int, int, int, str]

_DECODER = msgspec.msgpack.Decoder(list[Entry])


class Totals(msgspec.Struct, frozen=True, gc=False):
    """
    Exact sums over prints.

    Parameters
    ----------
    micro : int
        1/1,000,000 share.
    notional_e10 : int
        Price times size, 1/10,000,000,000 dollar.
    prints : int
        Number of them.
    low_e4, high_e4 : int
        Least and greatest price, 1/10,000 dollar; 0 without prints.
    first_ts, last_ts : int
        Their span, ns UTC; 0 without prints.
    ingest_ts : int
        Newest receipt, ns UTC.
    """

    micro: int
    notional_e10: int
    prints: int
    low_e4: int
    high_e4: int
    first_ts: int
    last_ts: int
    ingest_ts: int


def entry_of(p: ObservedPrint) -> Entry:
    """Return what is kept of a print."""
    return p.ts, p.seq, p.at_e4, p.micro, p.ingest_ts, p.trace_id


def totals_of(entries: Sequence[Entry]) -> Totals:
    """Return the exact totals of prints, the same in any order."""
    prices = [entry[2] for entry in entries]
    return Totals(
        sum(entry[3] for entry in entries),
        sum(entry[2] * entry[3] for entry in entries),
        len(entries),
        min(prices, default=0),
        max(prices, default=0),
        min((entry[0] for entry in entries), default=0),
        max((entry[0] for entry in entries), default=0),
        max((entry[4] for entry in entries), default=0),
    )


def largest(entries: Iterable[Entry], count: int) -> list[Entry]:
    """Return the largest prints, ties to the earlier one, in order of time."""
    by_size = sorted(entries, key=lambda entry: (-entry[3], entry[0], entry[1], entry[5]))
    return sorted(by_size[:count])


def without(entries: Sequence[Entry], trace_id: str) -> list[Entry]:
    """Return the prints but one."""
    return [entry for entry in entries if entry[5] != trace_id]


def pack(entries: Iterable[Entry]) -> bytes:
    """Return prints as bytes: what an event rests on is looked at again only after a cancel."""
    return msgspec.msgpack.encode(list(entries))


def unpack(data: bytes) -> list[Entry]:
    """Return the prints of `pack`."""
    return _DECODER.decode(data)
