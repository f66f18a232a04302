"""Channels that are not in the log: notifications, clocks, health, small payloads; gateway, 8.1."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final

import msgspec
import orjson

from api.live import frames
from api.live.groups import group_key
from api.live.outbox import Frame
from api.live.ring import Held
from api.streams import SlowPolicy

CANDLES: Final = "candle.ticked"
SIGNALS: Final = "signal.emitted"
MINUTE_MS: Final = 60_000
_NO_FILTERS: Final = ""


class SoftChannel(msgspec.Struct, frozen=True):
    """
    One of them.

    Parameters
    ----------
    policy : {"conflate", "keep"}
        What is done when a client is slow.
    kept : int
        Newest payloads that a new subscription is shown; of a channel that conflates, the newest of
        so many keys.
    key : str
        Field of the payload that is the key of a channel that conflates: of each value only the
        newest payload counts. Empty when the channel says one thing.
    """

    policy: SlowPolicy
    kept: int
    key: str = ""


SOFT_CHANNELS: Final[Mapping[str, SoftChannel]] = {
    "notifications": SoftChannel("keep", 100),
    "replay-clock": SoftChannel("conflate", 100, "run_id"),
    "health": SoftChannel("conflate", 1),
    CANDLES: SoftChannel("conflate", 0, "symbol"),
    SIGNALS: SoftChannel("keep", 100),
}


class SoftGroup:
    """
    A soft channel and what waits for its next frame; of the hub's thread.

    Parameters
    ----------
    name : str
        Channel.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.channel = SOFT_CHANNELS[name]
        self.key = group_key(name, "", _NO_FILTERS)
        self.members = 0
        self.published = 0
        self._kept: dict[object, bytes] = {}
        self._pending: list[bytes] = []

    def publish(self, payload: bytes) -> None:
        """Take a JSON object."""
        self.published += 1
        self._keep(payload)
        if self.members:
            self._pending.append(payload)

    @property
    def has_pending(self) -> bool:
        """Whether something waits."""
        return bool(self._pending)

    def newest(self, depth: int) -> list[bytes]:
        """Return the newest payloads, newest first."""
        return list(reversed(self._kept.values()))[:depth]

    def frames(self) -> list[Frame]:
        """Return what waits as frames, and forget it."""
        pending, self._pending = self._pending, []
        return [
            self._frame(pending[begin : begin + frames.MAX_EVENTS])
            for begin in range(0, len(pending), frames.MAX_EVENTS)
        ]

    def _frame(self, part: Sequence[bytes]) -> Frame:
        is_conflated = self.channel.policy == "conflate"
        return Frame(
            frames.events(self.key, part, None, "", None),
            key=self.key,
            policy=self.channel.policy,
            count=len(part),
            keyed=[(self._key_of(each), each) for each in part] if is_conflated else (),
        )

    def _keep(self, payload: bytes) -> None:
        if not self.channel.kept:
            return
        key = self._key_of(payload) if self.channel.policy == "conflate" else self.published
        self._kept.pop(key, None)
        self._kept[key] = payload
        if len(self._kept) > self.channel.kept:
            del self._kept[next(iter(self._kept))]

    def _key_of(self, payload: bytes) -> object:
        field = self.channel.key
        return orjson.loads(payload).get(field) if field else self.name


def candle_ticks(news: Sequence[Held]) -> list[bytes]:
    """Return the payload of the newest state of each 1 m bar among new candles."""
    newest: dict[str, bytes] = {}
    for held in news:
        bar = held.record
        if bar.interval_ms == MINUTE_MS and bar.close is not None:
            content = {"symbol": bar.underlying_id, "time": str(bar.window_start)}
            newest.pop(bar.underlying_id, None)
            newest[bar.underlying_id] = orjson.dumps({**content, "close": bar.close})
    return list(newest.values())


def signals_emitted(news: Sequence[Held]) -> list[bytes]:
    """Return the payload of each new signal."""
    return [
        orjson.dumps(
            {
                "symbol": held.record.underlying_id,
                "time": str(held.record.source_ts),
                "type": held.record.kind,
                "strategy": held.record.strategy,
                "details": held.record.details,
            }
        )
        for held in news
    ]


# By stream: what is said of its records on which soft channel.
SAID_OF: Final[Mapping[str, tuple[str, Callable[[Sequence[Held]], list[bytes]]]]] = {
    "equity-candles": (CANDLES, candle_ticks),
    "signals": (SIGNALS, signals_emitted),
}
# What other programs hear of them in Redis.
PUBSUB: Final[Mapping[str, str]] = {CANDLES: "ticks:candles", SIGNALS: "signals"}
