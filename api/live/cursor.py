"""Where a subscription stands in the log, as text any gateway of the same key can continue."""

import hmac
from base64 import urlsafe_b64decode
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import msgspec

VERSION: Final = 1
TAG_BYTES: Final = 8
MAX_TEXT: Final = 8192
_UNPADDED: Final = b"="

_encode: Final = msgspec.msgpack.Encoder().encode


class LogCursor(msgspec.Struct, frozen=True):
    """
    A place in the log.

    Parameters
    ----------
    log_id : str
        Which log: a wiped one has another id.
    run : str
        Replay run; empty for live.
    topic : str
        Topic as the log names it.
    offsets : mapping
        By partition the first offset that was not handled.
    """

    log_id: str
    run: str
    topic: str
    offsets: Mapping[int, int]


class _Content(msgspec.Struct, frozen=True, array_like=True):
    version: int
    log_id: str
    run: str
    topic: str
    offsets: list[tuple[int, int]]


_decode: Final = msgspec.msgpack.Decoder(_Content).decode


class CursorCodec:
    """
    Write and read cursors.

    Parameters
    ----------
    secret : bytes
        Key that siblings share.

    Notes
    -----
    Base64url of msgpack `[version, log id, run, topic, [[partition, next offset], …]]` and an
    8-byte HMAC-SHA256. Source: gateway specification, 8.4.
    """

    def __init__(self, secret: bytes) -> None:
        self._keyed = hmac.new(secret, b"islandflow live cursor", sha256)

    def encode(self, cursor: LogCursor) -> str:
        """Return a cursor as text."""
        offsets = sorted(cursor.offsets.items())
        body = _encode(_Content(VERSION, cursor.log_id, cursor.run, cursor.topic, offsets))
        text = urlsafe_b64encode(body + self._tag(body))
        return text.rstrip(_UNPADDED).decode()

    def decode(self, text: str) -> LogCursor | None:
        """Return the cursor a text says; null when it is none, or of another key or version."""
        if not 0 < len(text) <= MAX_TEXT:
            return None
        try:
            raw = urlsafe_b64decode(text.encode("ascii") + _UNPADDED * (-len(text) % 4))
            body, tag = raw[:-TAG_BYTES], raw[-TAG_BYTES:]
            if not hmac.compare_digest(tag, self._tag(body)):
                return None
            found = _decode(body)
        except (ValueError, msgspec.MsgspecError):
            return None
        if found.version != VERSION:
            return None
        return LogCursor(found.log_id, found.run, found.topic, dict(found.offsets))

    def _tag(self, body: bytes) -> bytes:
        keyed = self._keyed.copy()
        keyed.update(body)
        return keyed.digest()[:TAG_BYTES]
