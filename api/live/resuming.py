"""How a subscription begins or goes on; gateway specification, 8.4."""

import time
from typing import Final

from msgspec.structs import replace

from api.live.cursor import LogCursor
from api.live.feed import SIGNAL_VIEW
from api.live.feed import Feed
from api.live.groups import Group
from api.live.opening import LOG_CHANGED
from api.live.ring import Ring
from api.live.wishes import Gap
from api.live.wishes import Plan
from api.live.wishes import Wish
from infra.gateway_settings import GatewaySettings

GENERATION: Final = "generation"
TOO_MANY: Final = "too_many"
TOO_OLD: Final = "too_old"
ALL_VIEW: Final = "raw"


def position_of(feed: Feed) -> LogCursor:
    """Return the place a feed has reached."""
    # Records that only tell where a ring begins stand before what is followed.
    primed = {partition: offset + 1 for partition, offset in feed.primes.items()}
    return LogCursor(feed.log_id, feed.run, feed.topic, {**feed.positions, **primed})


def ring_for(feed: Feed, wish: Wish) -> Ring:
    """Return the ring that reaches back farthest for what is asked."""
    filters = wish.filters
    is_all = filters is not None and filters.values.get("view") == ALL_VIEW
    return feed.ring_of("" if is_all else SIGNAL_VIEW)


def plan_of(feed: Feed, group: Group, wish: Wish, settings: GatewaySettings) -> Plan:
    """
    Return how a subscription begins whose next frame has the feed's next record.

    Parameters
    ----------
    feed : Feed
        Its topic.
    group : Group
        Its wish; nothing is pending.
    wish : Wish
        What was asked.
    settings : GatewaySettings
        Bounds of what is read again.
    """
    ring = ring_for(feed, wish)
    newest = ring.newest_order
    plan = Plan(
        key=group.key,
        group=group,
        feed=feed,
        snapshot=ring.all_held(),
        position=position_of(feed),
        watermark=None if newest is None else (newest[0], newest[1]),
        visible_from_ts=feed.visible_from_ts,
    )
    if not wish.is_resumed:
        return plan
    gap = _gap(wish.resume, feed, plan.position, settings)
    if gap is not None or wish.resume is None:
        return replace(plan, gap=gap)
    found = ring.after(wish.resume.offsets)
    if found is None:
        return replace(plan, log=wish.resume)
    oldest_ms = found[0].append_ms if found else 0.0
    if oldest_ms and time.time() * 1000 - oldest_ms > settings.ws_resume_max_age_s * 1000:
        return replace(plan, gap=Gap(TOO_OLD, missing_of(wish.resume, plan.position)))
    return replace(plan, backfill=found, since=wish.resume)


def missing_of(cursor: LogCursor, position: LogCursor) -> int:
    """Return how many records of the topic stand between two places."""
    return sum(
        max(at - cursor.offsets.get(partition, 0), 0) for partition, at in position.offsets.items()
    )


def _gap(
    cursor: LogCursor | None, feed: Feed, position: LogCursor, settings: GatewaySettings
) -> Gap | None:
    if cursor is None:
        # Of another key, or none at all: as good as of another log.
        return Gap(LOG_CHANGED, None)
    if cursor.topic != feed.topic:
        return Gap(GENERATION, None)
    if cursor.log_id != feed.log_id:
        return Gap(LOG_CHANGED, None)
    missing = missing_of(cursor, position)
    return Gap(TOO_MANY, missing) if missing > settings.ws_resume_max_records else None
