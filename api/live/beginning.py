"""What a subscription is shown before the frames of its group; gateway, 8.2 and 8.4."""

import asyncio
import time
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import pairwise
from typing import Any
from typing import Final
from typing import TypeVar

from msgspec.structs import replace

from api.live import frames
from api.live.backfill import LogBackfill
from api.live.cursor import CursorCodec
from api.live.cursor import LogCursor
from api.live.feed import Feed
from api.live.frames import Part
from api.live.groups import Group
from api.live.groups import watermark
from api.live.outbox import Frame
from api.live.ring import Held
from api.live.wishes import Gap
from api.live.wishes import Plan

SCAN: Final = 4000  # records looked at in one piece of work

T = TypeVar("T")
LinksOf = Callable[[Sequence[Any], str], Mapping[str, Any]]


class Beginnings:
    """
    Make the first frames of subscriptions, away from the event loop and the hub's thread.

    Parameters
    ----------
    brokers : str
        Log that is read again.
    codec : CursorCodec
        Writer of cursors.
    pool : Executor
        Threads.
    links_of : callable
        (records, stream) → what is known of their prints.
    max_age_s : float
        Age of records that may be read again.
    """

    def __init__(
        self,
        brokers: str,
        codec: CursorCodec,
        pool: Executor,
        links_of: LinksOf,
        max_age_s: float,
    ) -> None:
        self._brokers = brokers
        self._codec = codec
        self._pool = pool
        self._links_of = links_of
        self._max_age_s = max_age_s

    async def frames(self, plan: Plan, depth: int) -> AsyncIterator[Frame]:
        """
        Yield the frames of a plan, oldest records first where it is continued.

        Parameters
        ----------
        plan : Plan
            How the subscription begins.
        depth : int
            Records of a snapshot.
        """
        if plan.group is None or plan.feed is None:
            yield self._payloads(plan, depth)
            return
        gap = plan.gap
        if gap is None and plan.backfill is not None:
            async for frame in self._from_ring(plan, plan.group, plan.feed):
                yield frame
            return
        if gap is None and plan.log is not None:
            reader = await self._work(lambda: self._reader(plan))
            try:
                gap = await self._work(reader.begin)
                while gap is None:
                    found = await self._work(lambda: self._next(reader, plan))
                    if found is None:
                        return
                    if isinstance(found, Gap):
                        gap = found
                        break
                    for frame in found:
                        yield frame
            finally:
                await self._work(reader.close)
        if gap is not None:
            yield Frame(frames.gap(plan.key, gap.reason, gap.missing, None), key=plan.key)
        async for frame in self._snapshot(plan, plan.group, plan.feed, depth):
            yield frame

    async def _work(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def _payloads(self, plan: Plan, depth: int) -> Frame:
        part = Part(
            number=1,
            last=True,
            short=len(plan.payloads) < depth,
            watermark=None,
            next_before=None,
            cursor="",
        )
        return Frame(frames.snapshot(plan.key, plan.payloads[:depth], part), key=plan.key)

    async def _snapshot(
        self, plan: Plan, group: Group, feed: Feed, depth: int
    ) -> AsyncIterator[Frame]:
        shown: list[Held] = []
        end = len(plan.snapshot)
        while end > 0 and not _is_full(shown, depth):
            begin = max(end - SCAN, 0)
            piece = plan.snapshot[begin:end]
            shown += await self._work(partial(_wanted_newest, piece, group))
            end = begin
        shown = _cut(shown, depth)
        last = max(len(shown) - 1, 0) // frames.PART_ITEMS
        for number in range(last + 1):
            items = shown[number * frames.PART_ITEMS : (number + 1) * frames.PART_ITEMS]
            part = Part(
                number=number + 1,
                last=number == last,
                short=len(shown) < depth,
                watermark=plan.watermark,
                next_before=watermark(shown[-1]) if shown else None,
                cursor=self._codec.encode(plan.position) if number == last else "",
            )
            for frame in await self._work(partial(self._part, plan.key, group, feed, items, part)):
                yield frame

    def _part(
        self, key: str, group: Group, feed: Feed, held: Sequence[Held], part: Part
    ) -> list[Frame]:
        items = [group.ring.item(each).json for each in held]
        frame = Frame(frames.snapshot(key, items, part), key=key, count=len(items))
        return [frame, *self._links(key, feed, held)]

    async def _from_ring(self, plan: Plan, group: Group, feed: Feed) -> AsyncIterator[Frame]:
        found, since = plan.backfill or (), plan.since or plan.position
        offsets = dict(since.offsets)
        places = [*range(0, len(found), SCAN), len(found)]
        for begin, end in pairwise(places):
            piece = found[begin:end]
            for frame in await self._work(partial(self._events, plan, group, feed, piece, offsets)):
                yield frame
        # Also where nothing was missed: the client hears that it is continued, and from where.
        cursor = self._codec.encode(plan.position)
        yield group.frame((), cursor, time.time() * 1000, backfill=True)

    def _reader(self, plan: Plan) -> LogBackfill:
        if plan.feed is None or plan.log is None:
            msg = "a soft channel is not in the log"
            raise ValueError(msg)
        return LogBackfill(
            self._brokers,
            plan.feed,
            plan.log.offsets,
            plan.position.offsets,
            self._max_age_s,
        )

    def _next(self, reader: LogBackfill, plan: Plan) -> list[Frame] | Gap | None:
        found = reader.next()
        if found is None or isinstance(found, Gap) or plan.group is None or plan.feed is None:
            return found if found is None or isinstance(found, Gap) else None
        visible = [held for held in found if held.order[0] >= plan.visible_from_ts]
        return self._events(plan, plan.group, plan.feed, visible, reader.offsets, is_read=True)

    def _events(
        self,
        plan: Plan,
        group: Group,
        feed: Feed,
        piece: Sequence[Held],
        offsets: dict[int, int],
        is_read: bool = False,
    ) -> list[Frame]:
        if not is_read:
            for held in piece:
                offsets[held.partition] = held.offset + 1
        wanted = [held for held in piece if group.predicate(held.record)]
        if not wanted and not is_read:
            return []
        cursor = self._codec.encode(self._at(plan.position, offsets))
        frame_ms = time.time() * 1000
        size = frames.MAX_EVENTS
        made: list[Frame] = []
        for begin in range(0, len(wanted), size) or (0,):
            part = wanted[begin : begin + size]
            text = cursor if begin + size >= len(wanted) else ""
            made.append(group.frame(part, text, frame_ms, backfill=True))
        return made + self._links(plan.key, feed, wanted)

    def _at(self, position: LogCursor, offsets: Mapping[int, int]) -> LogCursor:
        return replace(position, offsets=dict(offsets))

    def _links(self, key: str, feed: Feed, held: Sequence[Held]) -> list[Frame]:
        found = self._links_of([each.record for each in held], feed.stream.name)
        return [Frame(frames.links(found), key=key)] if found else []


def _wanted_newest(piece: Sequence[Held], group: Group) -> list[Held]:
    wanted = group.predicate
    return [held for held in reversed(piece) if wanted(held.record)]


def _is_full(shown: Sequence[Held], depth: int) -> bool:
    # One more than the depth that is not of its tie: older pages begin behind a whole tie.
    return len(shown) > depth and (
        depth == 0 or watermark(shown[-1]) != watermark(shown[depth - 1])
    )


def _cut(shown: list[Held], depth: int) -> list[Held]:
    end = min(depth, len(shown))
    while 0 < end < len(shown) and watermark(shown[end]) == watermark(shown[end - 1]):
        end += 1
    return shown[:end]
