"""Compare two sets of records by fingerprints: who a record is, what it says, and where it lies."""

import hashlib
import struct
from collections.abc import Collection
from typing import Final
from typing import Literal
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

HASH_BYTES: Final = 16
NO_HORIZON: Final = int(np.iinfo(np.int64).max)

# One record in 60 bytes: hashes of identity and content, event time, revision, place, clock.
ROW: Final = np.dtype(
    [
        ("key_hi", "<u8"),
        ("key_lo", "<u8"),
        ("content_hi", "<u8"),
        ("content_lo", "<u8"),
        ("at_ns", "<i8"),
        ("revision", "<i8"),
        ("offset", "<i8"),
        ("partition", "<u2"),
        ("clock", "<u1"),
        ("unused", "<u1"),
    ]
)
_PACKED: Final = struct.Struct("<16s16sqqqHBx")

Rows = NDArray[np.void]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]
Kind = Literal["changed", "missing", "extra", "contradicting"]

_encode: Final = msgspec.json.Encoder(order="deterministic").encode


class Derived(Protocol):
    """A record of a derived topic, as far as its identity goes."""

    @property
    def trace_id(self) -> str:
        """Id of the record."""


def identity(record: Derived) -> tuple[str, int]:
    """Return what names a record for good: its id and its revision, 0 where it has none."""
    return record.trace_id, getattr(record, "revision", 0)


def canonical(record: msgspec.Struct, left_out: Collection[str]) -> bytes:
    """
    Return what a record says as JSON with sorted names, some fields left out.

    Equal bytes mean equal values: floats are written so that they read back exactly.
    """
    values = msgspec.structs.asdict(record)
    for name in left_out:
        values.pop(name, None)
    return _encode(values)


def digest16(data: bytes) -> bytes:
    """Return a hash of 16 bytes; two different texts never share one in practice."""
    return hashlib.blake2b(data, digest_size=HASH_BYTES).digest()


class Place(msgspec.Struct, frozen=True, gc=False):
    """
    Where a record lies.

    Parameters
    ----------
    is_here : bool
        On the first side; else on the second.
    partition, offset : int
        In the side's topic.
    """

    is_here: bool
    partition: int
    offset: int


class Fingerprints:
    """Records of one side in 60 bytes each, in the order in which they were added."""

    def __init__(self) -> None:
        self._data = bytearray()

    def __len__(self) -> int:
        return len(self._data) // ROW.itemsize

    def add(
        self,
        key: bytes,
        content: bytes,
        at_ns: int,
        place: tuple[int, int],
        revision: int = 0,
        clock: int = 0,
    ) -> None:
        """
        Add a record.

        Parameters
        ----------
        key, content : bytes
            Hashes of 16 bytes: of what the record is, and of what it says.
        at_ns : int
            Event time that is compared with the horizon, ns UTC.
        place : (int, int)
            Partition and offset.
        revision : int
            Orders records of one key where only the newest counts, see `newest`.
        clock : int
            Row of the table of horizons.
        """
        partition, offset = place
        self._data += _PACKED.pack(key, content, at_ns, revision, offset, partition, clock)

    def rows(self) -> Rows:
        """Return the records as (n,) array of `ROW`; nothing may be added afterwards."""
        return np.frombuffer(self._data, dtype=ROW)


class Side(msgspec.Struct, frozen=True):
    """
    One record a key.

    Parameters
    ----------
    rows : (n,) ROW
        By key.
    is_contradicted : (n,) bool
        Where another record of the key says something else.
    rivals : (k,) ROW
        The other record of each key that is contradicted, in the order of `rows`.
    repeats : int
        Records that were written again with the same content.
    revisions : int
        Different (key, revision); as many as rows where every revision counts.
    """

    rows: Rows
    is_contradicted: Mask
    rivals: Rows
    repeats: int
    revisions: int


class Difference(msgspec.Struct, frozen=True):
    """
    A record that is not the same on both sides.

    Parameters
    ----------
    kind : {"changed", "missing", "extra", "contradicting"}
        Both sides have it; only the second; only the first; one side has it twice, differently.
    at_ns : int
        Event time, ns UTC.
    places : tuple of Place
        One of what is missing or extra; two of what is changed (the first side's is the first) or
        contradicting (of one side).
    """

    kind: Kind
    at_ns: int
    places: tuple[Place, ...]


class Comparison(msgspec.Struct, frozen=True):
    """
    How two sides compare.

    Parameters
    ----------
    identical, changed, missing, extra, contradicting : int
        Records, each in one of these or in `beyond`.
    beyond : int
        Changed, missing or extra ones whose event time is at or after the horizon.
    first : tuple of Difference
        The earliest differences before the horizon.
    """

    identical: int
    changed: int
    missing: int
    extra: int
    contradicting: int
    beyond: int
    first: tuple[Difference, ...]


def distinct(rows: Rows) -> Side:
    """
    Keep one record of each key; what is there twice with equal content counts once.

    The result does not depend on the order of the rows but for the places of repeats, of which the
    first in the log is kept.
    """
    names = ("offset", "partition", "content_lo", "content_hi", "key_lo", "key_hi")
    order = np.lexsort(tuple(rows[name] for name in names))
    follows = _repeats(rows, order, ("key_hi", "key_lo"))
    order = order[~(follows & _repeats(rows, order, ("content_hi", "content_lo")))]
    is_other = _repeats(rows, order, ("key_hi", "key_lo"))
    firsts = np.flatnonzero(~is_other)
    has_other = np.append(is_other[1:], False)[firsts] if len(order) else np.zeros(0, np.bool_)
    kept = rows[order[firsts]]
    rivals = rows[order[firsts[has_other] + 1]]
    return Side(kept, has_other, rivals, len(rows) - len(order), len(kept))


def newest(rows: Rows) -> Side:
    """Keep the highest revision of each key, of several the one written last."""
    names = ("offset", "partition", "revision", "key_lo", "key_hi")
    order = np.lexsort(tuple(rows[name] for name in names))
    is_same_key = _repeats(rows, order, ("key_hi", "key_lo"))
    is_last = np.append(~is_same_key[1:], True) if len(order) else np.zeros(0, np.bool_)
    kept = rows[order[is_last]]
    is_repeat = is_same_key & _repeats(rows, order, ("revision",))
    revisions = int(np.count_nonzero(~is_repeat))
    none = np.zeros(len(kept), np.bool_)
    return Side(kept, none, kept[:0], len(rows) - revisions, revisions)


def compare(here: Side, there: Side, horizons: NDArray[np.int64], limit: int) -> Comparison:
    """
    Compare two sides.

    Parameters
    ----------
    here, there : Side
        Records of the first and the second side.
    horizons : (clocks, partitions) int64
        Event time (ns UTC) from which on a difference counts as `beyond`; `NO_HORIZON` for never.
    limit : int
        Most differences to return.
    """
    pairs_here, pairs_there = _pairs(here.rows, there.rows)
    is_contradicted = here.is_contradicted[pairs_here] | there.is_contradicted[pairs_there]
    is_same = np.ones(len(pairs_here), np.bool_)
    for name in ("content_hi", "content_lo"):
        is_same &= here.rows[name][pairs_here] == there.rows[name][pairs_there]
    is_changed = ~is_same & ~is_contradicted
    left_here, left_there = pairs_here[is_changed], pairs_there[is_changed]
    late_here, late_there = _is_beyond(here.rows, horizons), _is_beyond(there.rows, horizons)
    is_late = late_here[left_here] | late_there[left_there]
    changed = left_here[~is_late], left_there[~is_late]
    only_here = _others(len(here.rows), pairs_here, here.is_contradicted)
    only_there = _others(len(there.rows), pairs_there, there.is_contradicted)
    extra, missing = only_here[~late_here[only_here]], only_there[~late_there[only_there]]
    in_both = int(np.count_nonzero(is_contradicted))
    alone = _contradicted_alone(here, pairs_here) + _contradicted_alone(there, pairs_there)
    found = [
        *_earliest("changed", here.rows, changed[0], limit, (there.rows, changed[1])),
        *_earliest("missing", there.rows, missing, limit, is_here=False),
        *_earliest("extra", here.rows, extra, limit),
        *_contradictions(here, limit, is_here=True),
        *_contradictions(there, limit, is_here=False),
    ]
    found.sort(key=lambda each: (each.at_ns, each.places[0].partition, each.places[0].offset))
    return Comparison(
        identical=int(np.count_nonzero(is_same & ~is_contradicted)),
        changed=len(changed[0]),
        missing=len(missing),
        extra=len(extra),
        contradicting=in_both + alone,
        beyond=int(np.count_nonzero(is_late))
        + len(only_here) - len(extra) + len(only_there) - len(missing),
        first=tuple(found[:limit]),
    )  # fmt: skip


def _repeats(rows: Rows, order: Indices, names: tuple[str, ...]) -> Mask:
    """Return which rows, put in an order, equal the one before in all of some fields."""
    out = np.zeros(len(order), np.bool_)
    out[1:] = True
    for name in names:
        values = rows[name][order]
        out[1:] &= values[1:] == values[:-1]
    return out


def _pairs(here: Rows, there: Rows) -> tuple[Indices, Indices]:
    """Return the rows of both sides that have one key; each side has a key once."""
    hi = np.concatenate((here["key_hi"], there["key_hi"]))
    lo = np.concatenate((here["key_lo"], there["key_lo"]))
    # A stable sort, so of two with one key the first side's comes first.
    order = np.lexsort((lo, hi))
    first, second = order[:-1], order[1:]
    at = np.flatnonzero((hi[first] == hi[second]) & (lo[first] == lo[second]))
    return first[at], second[at] - len(here)


def _others(count: int, paired: Indices, is_contradicted: Mask) -> Indices:
    alone = ~is_contradicted
    alone[paired] = False
    return np.flatnonzero(alone[:count])


def _contradicted_alone(side: Side, paired: Indices) -> int:
    alone = side.is_contradicted.copy()
    alone[paired] = False
    return int(np.count_nonzero(alone))


def _is_beyond(rows: Rows, horizons: NDArray[np.int64]) -> Mask:
    found: Mask = rows["at_ns"] >= horizons[rows["clock"], rows["partition"]]
    return found


def _place(row: np.void, *, is_here: bool) -> Place:
    return Place(is_here, int(row["partition"]), int(row["offset"]))


def _earliest(
    kind: Kind,
    rows: Rows,
    chosen: Indices,
    limit: int,
    other: tuple[Rows, Indices] | None = None,
    *,
    is_here: bool = True,
) -> list[Difference]:
    of = rows[chosen]
    order = np.lexsort((of["offset"], of["partition"], of["at_ns"]))[:limit]
    found = []
    for at in order:
        places = [_place(of[at], is_here=is_here)]
        if other is not None:
            places.append(_place(other[0][other[1][at]], is_here=False))
        found.append(Difference(kind, int(of[at]["at_ns"]), tuple(places)))
    return found


def _contradictions(side: Side, limit: int, *, is_here: bool) -> list[Difference]:
    of, rivals = side.rows[side.is_contradicted], side.rivals
    order = np.lexsort((of["offset"], of["partition"], of["at_ns"]))[:limit]
    return [
        Difference(
            "contradicting",
            int(of[at]["at_ns"]),
            (_place(of[at], is_here=is_here), _place(rivals[at], is_here=is_here)),
        )
        for at in order
    ]
