"""Groups and subscriptions of the hub: who wants what, and the frames they get."""

import asyncio
import time
from collections.abc import Callable
from collections.abc import Sequence
from typing import Final

import structlog

from api.live import frames
from api.live.audience import LINKS_KEY
from api.live.audience import Audience
from api.live.clock import FrameClock
from api.live.cursor import CursorCodec
from api.live.feed import Feed
from api.live.feed import Watcher
from api.live.groups import Group
from api.live.groups import group_key
from api.live.latency import Latency
from api.live.links import FRAME_PRINTS
from api.live.links import Links
from api.live.measure import measure_frames
from api.live.outbox import Frame
from api.live.resuming import plan_of
from api.live.resuming import position_of
from api.live.ring import Held
from api.live.soft import SOFT_CHANNELS
from api.live.soft import SoftGroup
from api.live.wishes import Gap
from api.live.wishes import Plan
from api.live.wishes import Refusal
from api.live.wishes import Wish
from api.metrics import GAPS
from api.metrics import WS_GROUPS
from api.streams import Stream
from infra.gateway_settings import GatewaySettings

log: Final = structlog.get_logger(__name__)

Reply = Callable[[Plan | Refusal], None]
DEFER_S: Final = 2.0
TAPE_TOPIC: Final = "options.tape"


class Desk:
    """
    What is subscribed to, and the tick that makes frames of what is new; of the hub's thread.

    Parameters
    ----------
    settings : GatewaySettings
        Bounds and intervals.
    audience : Audience
        Where frames go.
    """

    def __init__(self, settings: GatewaySettings, audience: Audience) -> None:
        self._settings = settings
        self._audience = audience
        self._clock = FrameClock(
            settings.ws_frame_ms_fast, settings.ws_frame_ms, settings.ws_frame_ms_slow
        )
        self._codec: CursorCodec | None = None
        self._interval_s = settings.ws_frame_ms_fast / 1000
        self._framed_s = 0.0
        self._watchers: dict[str, list[Watcher]] = {}
        self._deferred: list[tuple[float, Wish, str, Reply]] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        self.feeds: dict[str, Feed] = {}
        self.soft = {name: SoftGroup(name) for name in SOFT_CHANNELS}
        self.links = Links()
        self.latency = Latency()

    def use(self, codec: CursorCodec) -> None:
        """Write cursors with a key; before the first subscription."""
        if self._codec is None:
            self._codec = codec

    def watch(self, stream: Stream, watcher: Watcher) -> None:
        """Tell a watcher of new live records of a stream."""
        self._watchers.setdefault(stream.name, []).append(watcher)

    def unwatch(self, stream: Stream, watcher: Watcher) -> None:
        """Tell it no longer."""
        left = [each for each in self._watchers.get(stream.name, ()) if each is not watcher]
        self._watchers[stream.name] = left

    def tell(self, feed: Feed, news: Sequence[Held]) -> None:
        """Tell the watchers of a stream of new live records."""
        for watcher in self._watchers.get(feed.stream.name, ()):
            found = [feed.ring.item(held) for held in news if watcher.predicate(held.record)]
            if not found:
                continue
            try:
                watcher.callback(found)
            except Exception as error:
                # Whoever watches must not stop the tape.
                log.error("watcher_failed", stream=feed.stream.name, exc_info=error)

    @property
    def due_s(self) -> float:
        """When the next frame may leave, on the monotonic clock."""
        return self._framed_s + self._interval_s

    @property
    def has_pending(self) -> bool:
        """Whether something waits for a frame."""
        return (
            any(feed.has_pending for feed in self.feeds.values())
            or any(group.has_pending for group in self.soft.values())
            or self.links.has_changed
        )

    def tick(self) -> None:
        """Make frames of what waits and hand them over."""
        began_s, began_work_s = time.monotonic(), time.thread_time()
        frame_ms = time.time() * 1000
        made: list[Frame] = []
        for feed in self.feeds.values():
            if feed.has_pending:
                cursor = self._cursor(feed)
                for group in feed.groups.values():
                    if group.pending:
                        measure_frames(self.latency, feed, group.pending, frame_ms, began_s)
                        made += group.frames(cursor, frame_ms)
        for soft in self.soft.values():
            if soft.has_pending:
                made += soft.frames()
        if self.links.has_changed:
            made += self._link_frames()
        if made:
            self._post(lambda: self._audience.deliver(made))
        audience = self._audience
        work_s = time.thread_time() - began_work_s
        self._interval_s = self._clock.interval_s(len(audience), work_s, audience.fill, began_s)
        self._framed_s = began_s

    def _link_frames(self) -> list[Frame]:
        tape = self.feeds.get(TAPE_TOPIC)
        changed = self.links.changed()
        if tape is None or not self._audience.has_members(LINKS_KEY):
            return []
        held = [name for name in changed if tape.ring.holds(name)]
        return [
            Frame(frames.links(self.links.of(held[at : at + FRAME_PRINTS])), key=LINKS_KEY)
            for at in range(0, len(held), FRAME_PRINTS)
        ]

    def _cursor(self, feed: Feed) -> str:
        return "" if self._codec is None else self._codec.encode(position_of(feed))

    def subscribe(self, wish: Wish, topic: str, reply: Reply) -> None:
        """Let a subscription begin; the answer comes on the loop, in order with frames."""
        if self._is_behind(wish, topic):
            # Another gateway was ahead of this one: what it has sent is not sent again.
            self._deferred.append((time.monotonic() + DEFER_S, wish, topic, reply))
            return
        self._begin(wish, topic, reply)

    @property
    def has_deferred(self) -> bool:
        """Whether a subscription waits for the feed to reach its place."""
        return bool(self._deferred)

    def retry(self, now_s: float) -> None:
        """Let subscriptions begin that waited for the feed to reach their place."""
        deferred, self._deferred = self._deferred, []
        for until_s, wish, topic, reply in deferred:
            if now_s < until_s and self._is_behind(wish, topic):
                self._deferred.append((until_s, wish, topic, reply))
            else:
                self._begin(wish, topic, reply)

    def _is_behind(self, wish: Wish, topic: str) -> bool:
        feed, cursor = self.feeds.get(topic), wish.resume
        if feed is None or cursor is None or (cursor.topic, cursor.log_id) != (topic, feed.log_id):
            return False
        return any(feed.positions.get(each, at) < at for each, at in cursor.offsets.items())

    def _begin(self, wish: Wish, topic: str, reply: Reply) -> None:
        # What waits goes to those who were there before.
        self.tick()
        try:
            answer = self._plan(wish, topic)
        except Exception as error:
            log.error("subscription_failed", channel=wish.channel, exc_info=error)
            answer = Refusal("internal", "the gateway failed on this subscription; see its log")
        self._post(lambda: reply(answer))

    def unsubscribe(self, key: str) -> None:
        """Let a member of a group go."""
        for soft in self.soft.values():
            if soft.key == key:
                soft.members -= 1
        for feed in self.feeds.values():
            group = feed.groups.get(key)
            if group is not None:
                group.members -= 1
                if group.members <= 0:
                    del feed.groups[key]
                    self._count_groups()

    def begin_anew(self, feed: Feed, gap: Gap) -> None:
        """Tell every subscription of a feed that it begins anew."""
        cursor = self._cursor(feed)
        made = []
        for group in feed.groups.values():
            group.pending.clear()
            part = frames.Part(
                number=1,
                last=True,
                short=True,
                watermark=None,
                next_before=None,
                cursor=cursor,
            )
            text = frames.together(
                (
                    frames.gap(group.key, gap.reason, gap.missing, None),
                    frames.snapshot(group.key, (), part),
                )
            )
            GAPS.labels(gap.reason).inc()
            self._audience.note("gap", feed.stream.name, gap.missing, reason=gap.reason)
            made.append(Frame(text, key=group.key))
        if made:
            self._post(lambda: self._audience.deliver(made))

    def _plan(self, wish: Wish, topic: str) -> Plan | Refusal:
        soft = self.soft.get(wish.channel)
        if soft is not None:
            soft.members += 1
            return Plan(key=soft.key, payloads=soft.newest(wish.depth))
        feed = self.feeds.get(topic)
        filters = wish.filters
        if feed is None or filters is None:
            return Refusal("starting", "the gateway does not follow the log yet; try again")
        key = group_key(wish.channel, wish.run, filters.key)
        group = feed.groups.get(key)
        if group is None:
            if (
                sum(len(each.groups) for each in self.feeds.values())
                >= self._settings.ws_max_groups
            ):
                return Refusal("capacity", "too many different filters are in use")
            if filters.packet_ids:
                filters = filters.of_prints(*self.links.members(filters.packet_ids))
            group = Group(key, feed.ring, filters.predicate, filters.key)
            feed.groups[key] = group
            self._count_groups()
        group.members += 1
        plan = plan_of(feed, group, wish, self._settings)
        if plan.gap is not None:
            GAPS.labels(plan.gap.reason).inc()
        return plan

    def _count_groups(self) -> None:
        WS_GROUPS.set(sum(len(feed.groups) for feed in self.feeds.values()))

    def _post(self, call: Callable[[], None]) -> None:
        loop = self.loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(call)
