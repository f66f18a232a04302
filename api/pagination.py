"""Pages: their order, their cursor, and where they are cut; gateway specification, 3."""

import binascii
import hmac
from base64 import urlsafe_b64decode
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final
from typing import Literal

import msgspec

from api.items import Item
from api.items import OrderKey
from api.problems import Problem
from api.problems import parameter_problem

Direction = Literal["before", "after"]

VERSION: Final = 1
MAC_BYTES: Final = 8
MAX_LIMIT: Final = 1000
_MAX_TEXT: Final = 2048
_Payload = tuple[int, str, str, int, int, str, str]
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Payload).decode


class Cursor(msgspec.Struct, frozen=True):
    """
    A place in a stream between two records, for one wish.

    Parameters
    ----------
    stream : str
        Its name.
    direction : {"before", "after"}
        What lies behind it: older records or newer ones.
    order : (int, int, str)
        Last record that was shown: `source_ts`, `seq`, `trace_id`.
    wish : str
        Hash of the filters, the run and the bounds.
    """

    stream: str
    direction: Direction
    order: OrderKey
    wish: str


class Place(msgspec.Struct, frozen=True):
    """
    Where a page begins.

    Parameters
    ----------
    ts : int
        ns UTC.
    seq : int | None
        Null takes every record of that instant as shown.
    trace_id : str | None
        Null takes every record of that instant and sequence as shown.
    """

    ts: int
    seq: int | None = None
    trace_id: str | None = None


def wish_of(*parts: str) -> str:
    """Return the hash of what a reader asked for, cursors and limits left out."""
    return blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


def encode_cursor(cursor: Cursor, secret: bytes) -> str:
    """Return a cursor as text that only holders of the secret can make."""
    body = _encode((VERSION, cursor.stream, cursor.direction, *cursor.order, cursor.wish))
    return urlsafe_b64encode(body + _mac(body, secret)).rstrip(b"=").decode()


def decode_cursor(text: str, secret: bytes, expected: Cursor) -> Cursor:
    """
    Return the cursor of a text.

    Parameters
    ----------
    text : str
        As `encode_cursor` made it.
    secret : bytes
        The gateway's key.
    expected : Cursor
        Stream, direction and wish of the request; its place counts for nothing.

    Raises
    ------
    Problem
        `cursor_invalid`: damaged or of another gateway; `cursor_mismatch`: made for other filters.
    """
    try:
        if len(text) > _MAX_TEXT or not text.isascii():
            raise ValueError
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        # Compared as text: a lenient decoder reads several texts as the same bytes.
        is_ours = hmac.compare_digest(mac, _mac(body, secret))
        if not is_ours or urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
            raise ValueError
        version, stream, direction, source_ts, seq, trace_id, wish = _decode(body)
        if version != VERSION or direction not in {"before", "after"}:
            raise ValueError
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        msg = "the cursor is damaged or another gateway's; begin at the first page"
        raise Problem("cursor_invalid", msg) from error
    if (stream, direction, wish) != (expected.stream, expected.direction, expected.wish):
        msg = "the cursor was made for another stream, direction or filter; begin at the first page"
        raise Problem("cursor_mismatch", msg)
    return msgspec.structs.replace(expected, order=(source_ts, seq, trace_id))


def _mac(body: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, b"page\0" + body, "sha256")[:MAC_BYTES]


def place_of(ts: int | None, seq: int | None, name: str) -> Place | None:
    """
    Return the place `<name>_ts` and `<name>_seq` give, null when empty.

    Raises
    ------
    Problem
        422: a sequence without its time.
    """
    if ts is None:
        if seq is not None:
            raise parameter_problem(f"{name}_seq", f"needs {name}_ts")
        return None
    return Place(ts, seq)


def is_behind(order: OrderKey, place: Place, direction: Direction) -> bool:
    """Return whether a record lies behind a place: older for `before`, newer for `after`."""
    ts, seq, _ = order
    if place.seq is None:
        here: tuple[object, ...] = (ts,)
        there: tuple[object, ...] = (place.ts,)
    elif place.trace_id is None:
        here, there = (ts, seq), (place.ts, place.seq)
    else:
        here, there = order, (place.ts, place.seq, place.trace_id)
    return here < there if direction == "before" else here > there


def behind_sql(place: Place, direction: Direction) -> tuple[str, dict[str, object]]:
    """Return the same as a condition of a table, with its bound parameters."""
    if direction == "before":
        whole = (
            "source_ts < {place_ts:Int64}",
            "source_ts <= {place_ts:Int64} AND (source_ts, seq)"
            " < ({place_ts:Int64}, {place_seq:Int64})",
            "source_ts <= {place_ts:Int64} AND (source_ts, seq, trace_id)"
            " < ({place_ts:Int64}, {place_seq:Int64}, {place_trace_id:String})",
        )
    else:
        whole = (
            "source_ts > {place_ts:Int64}",
            "source_ts >= {place_ts:Int64} AND (source_ts, seq)"
            " > ({place_ts:Int64}, {place_seq:Int64})",
            "source_ts >= {place_ts:Int64} AND (source_ts, seq, trace_id)"
            " > ({place_ts:Int64}, {place_seq:Int64}, {place_trace_id:String})",
        )
    bound: dict[str, object] = {"place_ts": place.ts}
    if place.seq is None:
        return whole[0], bound
    bound["place_seq"] = place.seq
    if place.trace_id is None:
        return whole[1], bound
    return whole[2], {**bound, "place_trace_id": place.trace_id}


def cut(items: Sequence[Item], limit: int) -> tuple[list[Item], bool]:
    """
    Return the first records of a page and whether there are more.

    Records of equal (`source_ts`, `seq`) are never parted, so a page may be longer than its limit.

    Parameters
    ----------
    items : sequence of Item
        In order, either way, with at least one behind the page's last tie unless there is none.
    limit : int
        Rows, 1 or more.
    """
    end = min(limit, len(items))
    while 0 < end < len(items) and items[end].order[:2] == items[end - 1].order[:2]:
        end += 1
    return list(items[:end]), end < len(items)


def is_settled(items: Sequence[Item], limit: int) -> bool:
    """Return whether `cut` finds a whole page in these, whatever comes behind them."""
    return len(items) > limit and items[-1].order[:2] != items[limit - 1].order[:2]


def page_limit(given: int | None, default: int) -> int:
    """Return the rows of a page."""
    return default if given is None else given


def page_bytes(
    items: Sequence[Item], extras: bytes, next_name: str, next_cursor: str, source: str, as_of: int
) -> bytes:
    """
    Return the JSON of a page out of the JSON its records have already.

    Parameters
    ----------
    items : sequence of Item
        In the order shown.
    extras : bytes
        Members to add, each as `,"name":value`; may be empty.
    next_name : str
        `next_before`, or `next` of an ascending page.
    next_cursor : str
        Cursor behind the last record; empty at the end.
    source : str
        `hot`, `store` or `mixed`.
    as_of : int
        When it was read, ns UTC.
    """
    place = b"null"
    if next_cursor:
        last = items[-1].order
        place = b'{"ts":"%d","seq":%d}' % (last[0], last[1])
    return b'{"data":[%b],"%b":%b,"next_cursor":%b,"source":"%b","as_of":"%d"%b}' % (
        b",".join([item.json for item in items]),
        next_name.encode(),
        place,
        b'"%b"' % next_cursor.encode() if next_cursor else b"null",
        source.encode(),
        as_of,
        extras,
    )
