"""How channels and topics are, as heartbeats and the operations' pages say; gateway, 8.2 and 10."""

from collections.abc import Mapping
from typing import Final
from typing import Literal

import msgspec

from api.live.feed import Feed
from connectors.kafka.bounds import Place
from infra.sessions import is_session_open

State = Literal["live", "quiet", "stale", "down", "closed"]

QUIET_S: Final = 15.0
BEHIND_S: Final = 30.0

# By stream: the one that tells its flow's progress, which has a record for each of the input, and
# the input. The tape's own input is no stream; its quotes are.
PACED_BY: Final[Mapping[str, tuple[str, str]]] = {
    "flow": ("options", "options"),
    "smart-money": ("options", "options"),
    "classifier-hits": ("options", "options"),
    "alerts": ("options", "options"),
    "net-premium": ("net-premium", "options"),
    "equity-joins": ("equity-joins", "equities"),
    "equity-candles": ("equity-candles", "equities"),
    "inferred-dark": ("equity-joins", "equities"),
    "equity-profile": ("equity-joins", "equities"),
    "order-flow": ("equity-joins", "equities"),
    "market-state": ("equity-joins", "equities"),
    "signals": ("equity-joins", "equities"),
}


class ChannelState(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a channel is.

    Parameters
    ----------
    state : {"live", "quiet", "stale", "down", "closed"}
        `quiet`: nothing to say while its input moves; `stale`: input or flow stands still.
    cause : str | None
        Why it is not live.
    rate : float
        Records a second, over ten seconds.
    lag : int
        Records of the log not read yet.
    newest_ts, newest_ingest_ts : str | None
        Newest record's stamps, ns UTC.
    newest_append : float | None
        When the log got it, epoch ms.
    dropped, duplicates, rejected : int
        Records that slow clients lost, that came again, that are not decodable.
    groups : int
        Different wishes.
    """

    state: State
    cause: str | None
    rate: float
    lag: int
    newest_ts: str | None
    newest_ingest_ts: str | None
    newest_append: float | None
    dropped: int
    duplicates: int
    rejected: int
    groups: int


class TopicState(msgspec.Struct, frozen=True, kw_only=True):
    """
    How far a topic has been read.

    Parameters
    ----------
    rate : float
        Records a second, over ten seconds.
    lag : int
        Records not read yet.
    watermark_ns : int
        Newest event time, ns UTC; 0 for none.
    next_offset : int
        Records read, the expired ones among them: the sum of the next offsets.
    offsets : dict
        Next offset by partition.
    """

    rate: float
    lag: int
    watermark_ns: int
    next_offset: int
    offsets: dict[int, int]


def lag_of(feed: Feed, lags: Mapping[Place, int]) -> int:
    """Return how many records of a topic are not read yet."""
    return sum(lags.get((feed.topic, partition), 0) for partition in feed.positions)


def topic_state(feed: Feed, lags: Mapping[Place, int], now_s: float) -> TopicState:
    """Return how far a topic has been read."""
    offsets = dict(feed.positions)
    return TopicState(
        rate=round(feed.rate.per_s(now_s), 1),
        lag=lag_of(feed, lags),
        watermark_ns=feed.newest_ts,
        next_offset=sum(offsets.values()),
        offsets=offsets,
    )


class Surroundings(msgspec.Struct, frozen=True):
    """
    What the states of channels depend on besides their topics.

    Parameters
    ----------
    by_stream : mapping
        Live topics.
    lags : mapping
        Records not read yet.
    dropped : mapping
        Records that slow clients lost, by channel.
    is_up : bool
        The log answers.
    now_s, now_ns : float, int
        Time of a clock that only goes forward, and wall time (ns UTC).
    """

    by_stream: Mapping[str, Feed]
    lags: Mapping[Place, int]
    dropped: Mapping[str, int]
    is_up: bool
    now_s: float
    now_ns: int


def channel_state(feed: Feed, around: Surroundings) -> ChannelState:
    """Return how the channel of a topic is."""
    state, cause = _state(feed, around)
    return ChannelState(
        state=state,
        cause=cause,
        rate=round(feed.rate.per_s(around.now_s), 1),
        lag=lag_of(feed, around.lags),
        newest_ts=str(feed.newest_ts) if feed.newest_ts else None,
        newest_ingest_ts=str(feed.newest_ingest_ts) if feed.newest_ingest_ts else None,
        newest_append=round(feed.newest_append_ms, 3) if feed.newest_append_ms else None,
        dropped=around.dropped.get(feed.stream.name, 0),
        duplicates=feed.duplicates,
        rejected=feed.rejected,
        groups=len(feed.groups),
    )


def _moves(feed: Feed | None, now_s: float) -> bool:
    return (
        feed is not None
        and feed.last_progress_s is not None
        and now_s - feed.last_progress_s <= QUIET_S
    )


def _behind_s(flow: Feed, source: Feed, now_s: float) -> float:
    if flow.newest_ts:
        return (source.newest_ts - flow.newest_ts) / 1e9
    # It has said nothing yet: for as long as its input is known to move.
    since_s = source.first_progress_s
    return 0.0 if since_s is None else now_s - since_s


def _state(feed: Feed, around: Surroundings) -> tuple[State, str | None]:
    if not around.is_up:
        return "down", "the log does not answer"
    if not feed.positions:
        return "down", f"the log has no topic {feed.topic}"
    name = feed.stream.name
    pace = PACED_BY.get(name)
    if pace is not None:
        flow, source = (around.by_stream.get(each) for each in pace)
        if flow is not None and source is not None and _moves(source, around.now_s):
            behind_s = _behind_s(flow, source, around.now_s)
            if behind_s > BEHIND_S:
                return "stale", f"{pace[0]} is {behind_s:,.0f} s behind {pace[1]}"
    if _moves(feed, around.now_s):
        return "live", None
    if not is_session_open(around.now_ns):
        return "closed", "outside the session"
    if pace is None:
        return "stale", f"nothing for {QUIET_S:.0f} s"
    return "quiet", None
