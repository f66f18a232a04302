"""What the server says on a socket, as bytes; gateway specification, 8.2."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Final

import msgspec
import orjson

PROTOCOL: Final = "islandflow.v1"
BINARY: Final = "islandflow.v1.bin"
MAX_EVENTS: Final = 500
PART_ITEMS: Final = 200

Watermark = tuple[int, int]  # source_ts (ns UTC) and seq


class Stamps(msgspec.Struct, frozen=True):
    """
    When the newest record of a frame was where, epoch ms.

    Parameters
    ----------
    append_ms, oldest_append_ms : float
        Log, newest and oldest record; 0 when unknown.
    recv_ms : float
        Gateway's read.
    frame_ms : float
        Encoding.
    """

    append_ms: float
    oldest_append_ms: float
    recv_ms: float
    frame_ms: float

    def text(self) -> bytes:
        """Return the stamps as JSON; null for unknown ones."""
        return (
            f'{{"append":{_stamp(self.append_ms)},"oldest_append":{_stamp(self.oldest_append_ms)},'
            f'"recv":{_stamp(self.recv_ms)},"frame":{_stamp(self.frame_ms)}}}'
        ).encode()


def _stamp(at_ms: float) -> str:
    return f"{at_ms:.3f}" if at_ms else "null"


def _mark(mark: Watermark | None) -> bytes:
    return b"null" if mark is None else b'{"ts":"%d","seq":%d}' % mark


def _text(value: str) -> bytes:
    return b"null" if not value else orjson.dumps(value)


def joined(frames: Sequence[bytes]) -> bytes:
    """Return frames as one message."""
    return b"[" + b",".join(frames) + b"]"


def together(frames: Sequence[bytes]) -> bytes:
    """Return frames that are never parted, as they stand in a message."""
    return b",".join(frames)


def subscribed(id: str, key: str) -> bytes:  # noqa: A002 - the protocol's word
    """Return the frame that says which key a subscription's frames carry."""
    return orjson.dumps({"type": "subscribed", "id": id, "key": key})


def events(
    key: str,
    items: Sequence[bytes],
    watermark: Watermark | None,
    cursor: str,
    stamps: Stamps | None,
    *,
    backfill: bool = False,
) -> bytes:
    """
    Return a frame of records.

    Parameters
    ----------
    key : str
        Whose.
    items : sequence of bytes
        JSON of each record, oldest first, at most 500.
    watermark : (ts, seq) | None
        Newest record.
    cursor : str
        Where the log goes on behind them; empty for what is not in the log.
    stamps : Stamps | None
        When the newest was where.
    backfill : bool
        Read again from the log.
    """
    return b"".join(
        (
            *(b'{"type":"events","key":"', key.encode(), b'","items":['),
            *(b",".join(items), b'],"watermark":', _mark(watermark)),
            *(b',"cursor":', _text(cursor)),
            *(b',"stamps":', b"null" if stamps is None else stamps.text()),
            b',"backfill":true}' if backfill else b',"backfill":false}',
        )
    )


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """
    Which part of a snapshot it is, and what stands behind the last one.

    Parameters
    ----------
    number : int
        From 1.
    last : bool
        Nothing comes after it.
    short : bool
        The window held fewer records than asked for.
    watermark : (ts, seq) | None
        Newest record of the channel.
    next_before : (ts, seq) | None
        Where older ones begin; null when there are none in the window.
    cursor : str
        Where the log goes on.
    """

    number: int
    last: bool
    short: bool
    watermark: Watermark | None
    next_before: Watermark | None
    cursor: str


def snapshot(key: str, items: Sequence[bytes], part: Part) -> bytes:
    """Return a frame of the newest records, newest first."""
    return b"".join(
        (
            *(b'{"type":"snapshot","key":"', key.encode(), b'","items":['),
            *(b",".join(items), b'],"part":%d' % part.number),
            b',"last":true' if part.last else b',"last":false',
            b',"short":true' if part.short else b',"short":false',
            *(b',"watermark":', _mark(part.watermark), b',"cursor":', _text(part.cursor)),
            *(b',"next_before":', _mark(part.next_before), b"}"),
        )
    )


def dropped(key: str, count: int, first: Watermark | None, last: Watermark | None) -> bytes:
    """Return the notice of what a slow client lost."""
    return b'{"type":"dropped","key":"%s","count":%d,"from":%s,"to":%s}' % (
        *(key.encode(), count, _mark(first), _mark(last)),
    )


def gap(key: str, reason: str, missing: int | None, first: Watermark | None) -> bytes:
    """Return the notice that a subscription could not be continued; a snapshot follows."""
    return b'{"type":"gap","key":"%s","reason":"%s","missing_estimate":%s,"from":%s}' % (
        *(key.encode(), reason.encode(), b"null" if missing is None else b"%d" % missing),
        _mark(first),
    )


def links(found: Mapping[str, Any]) -> bytes:
    """Return what packets, events, hits and alerts say of prints."""
    return b'{"type":"links","links":' + orjson.dumps(found) + b"}"


def pong(t: float | None, now_ms: float) -> bytes:
    """Return the answer to a ping."""
    return orjson.dumps({"type": "pong", "t": t, "server_time": round(now_ms, 3)})


def notice(code: str, detail: str) -> bytes:
    """Return a notice: `session_ends`, `draining` or `generation`."""
    return orjson.dumps({"type": "notice", "code": code, "detail": detail})


def error(id: str | None, code: str, detail: str) -> bytes:  # noqa: A002 - the protocol's word
    """Return the answer to a message that was refused."""
    return orjson.dumps({"type": "error", "id": id, "code": code, "detail": detail})


def heartbeat(channels: Mapping[str, Any], now_ms: float) -> bytes:
    """Return how every channel is."""
    content = {"type": "heartbeat", "server_time": round(now_ms, 3), "channels": channels}
    return msgspec.json.encode(content)


def ready(content: Mapping[str, Any]) -> bytes:
    """Return the first frame of a socket."""
    return msgspec.json.encode({"type": "ready", "protocol": PROTOCOL, **content})
