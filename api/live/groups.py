"""Subscriptions with the same wish: their records are selected and encoded once; gateway, 8.3."""

from collections.abc import Callable
from collections.abc import Sequence
from hashlib import blake2b
from operator import attrgetter
from typing import Any
from typing import Final

import structlog

from api.live import frames
from api.live.frames import Stamps
from api.live.frames import Watermark
from api.live.outbox import Frame
from api.live.outbox import Keyed
from api.live.ring import Held
from api.live.ring import Predicate
from api.live.ring import Ring
from api.streams import SlowPolicy
from api.streams import Stream

log: Final = structlog.get_logger(__name__)

_KEY_BYTES: Final = 5
ConflateKey = Callable[[Any], object]


def group_key(channel: str, run: str, filters: str) -> str:
    """Return the key that frames of a wish carry."""
    written = "\n".join((channel, run, filters)).encode()
    return "k" + blake2b(written, digest_size=_KEY_BYTES).hexdigest()


def conflate_key(stream: Stream) -> ConflateKey | None:
    """Return what tells the key of a record of which only the newest counts; null for tapes."""
    return attrgetter(*stream.conflate_by) if stream.policy == "conflate" else None


def watermark(held: Held) -> Watermark:
    """Return the place of a record in event time."""
    return held.order[0], held.order[1]


class Group:
    """
    One wish and what waits for its next frame.

    Parameters
    ----------
    key : str
        What its frames carry.
    ring : Ring
        Of the stream.
    predicate : callable
        Which records are wanted.
    filters : str
        Canonical filters, for display.
    """

    def __init__(self, key: str, ring: Ring, predicate: Predicate, filters: str) -> None:
        self.key = key
        self.ring = ring
        self.predicate = predicate
        self.filters = filters
        self.members = 0
        self.pending: list[Held] = []
        self._policy: SlowPolicy = ring.stream.policy
        self._conflate = conflate_key(ring.stream)

    def offer(self, records: Sequence[Held]) -> None:
        """Keep the wanted ones for the next frame."""
        wanted = self.predicate
        try:
            self.pending += [held for held in records if wanted(held.record)]
        except Exception as error:
            # One wish that cannot be judged must not stop the tape of the others.
            log.error("filter_failed", stream=self.ring.stream.name, exc_info=error)

    def frames(self, cursor: str, frame_ms: float) -> list[Frame]:
        """
        Return what waits as frames of at most 500 records, and forget it.

        Parameters
        ----------
        cursor : str
            Where the log goes on behind the last record.
        frame_ms : float
            Wall time, epoch ms.
        """
        pending, self.pending = self.pending, []
        size = frames.MAX_EVENTS
        made = []
        for begin in range(0, len(pending), size):
            part = pending[begin : begin + size]
            is_last = begin + size >= len(pending)
            made.append(self.frame(part, cursor if is_last else "", frame_ms))
        return made

    def frame(
        self, part: Sequence[Held], cursor: str, frame_ms: float, *, backfill: bool = False
    ) -> Frame:
        """Return one frame of records, oldest first."""
        item = self.ring.item
        items = [item(held).json for held in part]
        stamps = stamps_of(part, frame_ms)
        marks = [watermark(held) for held in part]
        last = max(marks, default=None)
        data = frames.events(self.key, items, last, cursor, stamps, backfill=backfill)
        keyed: Sequence[Keyed] = ()
        key_of = self._conflate
        if key_of is not None and not backfill:
            keyed = [(key_of(held.record), each) for held, each in zip(part, items, strict=True)]
        return Frame(
            data,
            key=self.key,
            policy="keep" if backfill else self._policy,
            count=len(part),
            first=min(marks, default=None),
            last=last,
            keyed=keyed,
            cursor=cursor,
            stamps=stamps,
        )


def stamps_of(part: Sequence[Held], frame_ms: float) -> Stamps | None:
    """Return when the newest of some records was where; null for none."""
    if not part:
        return None
    known = [held.append_ms for held in part if held.append_ms]
    return Stamps(
        append_ms=max(known, default=0.0),
        oldest_append_ms=min(known, default=0.0),
        recv_ms=max(held.recv_ms for held in part),
        frame_ms=frame_ms,
    )
