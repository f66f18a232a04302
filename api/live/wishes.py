"""What a socket asks of the hub, and what the hub answers."""

from collections.abc import Sequence
from typing import Final

import msgspec

from api.live.cursor import LogCursor
from api.live.feed import Feed
from api.live.filters import Filters
from api.live.frames import Watermark
from api.live.groups import Group
from api.live.ring import Held
from api.streams import Stream

NOWHERE: Final = LogCursor("", "", "", {})


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """
    One subscription as it was asked for.

    Parameters
    ----------
    channel : str
        Stream or soft channel.
    stream : Stream | None
        Null for a soft channel.
    filters : Filters | None
        Null for a soft channel.
    depth : int
        Records of the snapshot.
    run : str
        Replay run; empty for live.
    is_resumed : bool
        A cursor was given.
    resume : LogCursor | None
        Where to go on; null also for a cursor that is none of ours.
    """

    channel: str
    stream: Stream | None = None
    filters: Filters | None = None
    depth: int = 0
    run: str = ""
    is_resumed: bool = False
    resume: LogCursor | None = None


class Gap(msgspec.Struct, frozen=True):
    """
    Why a subscription could not be continued.

    Parameters
    ----------
    reason : {"expired", "too_old", "too_many", "log_changed", "generation"}
        Why.
    missing : int | None
        Records of the topic that are not shown, about; null when unknown.
    """

    reason: str
    missing: int | None


class Refusal(msgspec.Struct, frozen=True):
    """Why there is no such subscription: a code and what it means."""

    code: str
    detail: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a subscription begins: what is shown before the frames of its group.

    Parameters
    ----------
    key : str
        Group.
    position : LogCursor
        The hub's own place: frames of the group begin there.
    group, feed : Group, Feed | None
        Null for a soft channel.
    snapshot : sequence of Held
        Everything in the ring, oldest first; shown unless the subscription is continued.
    payloads : sequence of bytes
        The same of a soft channel, newest first.
    gap : Gap | None
        Why it cannot be continued.
    backfill : sequence of Held | None
        Records since the cursor, in log order, the unwanted ones among them.
    log : LogCursor | None
        From where to read them in the log, as the rings do not reach back far enough.
    since : LogCursor | None
        From where the backfill goes on.
    watermark : (ts, seq) | None
        Newest record of the channel.
    visible_from_ts : int
        Event time before which nothing is shown, ns UTC.
    """

    key: str
    position: LogCursor = NOWHERE
    group: Group | None = None
    feed: Feed | None = None
    snapshot: Sequence[Held] = ()
    payloads: Sequence[bytes] = ()
    gap: Gap | None = None
    backfill: Sequence[Held] | None = None
    log: LogCursor | None = None
    since: LogCursor | None = None
    watermark: Watermark | None = None
    visible_from_ts: int = 0
