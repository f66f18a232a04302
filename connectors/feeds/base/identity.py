"""Deterministic identity of what a feed publishes."""

import hashlib
import json
from collections.abc import Hashable
from collections.abc import Mapping

import msgspec

SESSION_HEX_DIGITS = 12


def trace_id(source: str, session: str, stream: str, sequence: int | str) -> str:
    """Return `<source>:<session>:<stream>:<source sequence>`, unique for ever."""
    return f"{source}:{session}:{stream}:{sequence}"


def content_hash(fields: Mapping[str, object]) -> str:
    """
    Return 8 hex digits of BLAKE2b over the canonical JSON of fields.

    Notes
    -----
    Source: feeds specification, 5. Of a print: price, size, venue, conditions.
    """
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


class Ordinals:
    """
    Tell apart records whose key is equal: equal child fills are different prints.

    Notes
    -----
    Source: feeds specification, 5 (ordinal rule). Ordinals start at 0, which is not written.
    Keys are forgotten once the caller says that they cannot come again (`forget`).
    """

    def __init__(self) -> None:
        self._seen: dict[Hashable, int] = {}

    def suffix(self, key: Hashable) -> str:
        """Return an empty string for the first record of a key, `.1` for the second, …"""
        count = self._seen.get(key, 0)
        self._seen[key] = count + 1
        return f".{count}" if count else ""

    def forget(self) -> None:
        """Forget all keys."""
        self._seen.clear()

    def __len__(self) -> int:
        return len(self._seen)


class PositionCounter(msgspec.Struct):
    """Count accepted records of one (session, stream); the `seq` of feeds without one."""

    last: int = 0

    def next(self) -> int:
        """Return the position of the next accepted record, from 1."""
        self.last += 1
        return self.last
