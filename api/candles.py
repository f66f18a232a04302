"""Bars of a chart: the newest from Redis, older ones and days from the tables."""

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Sequence
from typing import Final
from typing import cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.items import Item
from api.items import item_maker
from api.pages import database_for
from api.services import Services
from api.streams import STREAMS
from connectors.errors import RejectedRecord
from connectors.redis.candles import bar_of
from connectors.redis.candles import chart_key
from connectors.redis.candles import latest_members
from schemas.records import EquityCandle

log = structlog.get_logger(__name__)

DAY_MS: Final = 86_400_000
# 1 s to 1 h have bars of their own; days are rolled up from minutes.
TOPIC_INTERVALS_MS: Final = (1_000, 5_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000)
INTERVALS_MS: Final = (*TOPIC_INTERVALS_MS, DAY_MS)
FOREVER_NS: Final = 2**63 - 1 - 400_000 * 10**9 * 1_000
_CANDLES: Final = STREAMS["equity-candles"]
# Members of Redis that may be revisions of one window, while an epoch is repeated.
_SPARE: Final = 8
_TAIL: Final = (
    "FINAL WHERE underlying_id = {underlying_id:String} AND interval_ms = {interval_ms:Int32}"
    " AND window_start >= {since:Int64} AND window_start < {until:Int64} AND source = ("
    "SELECT argMax(source, window_start) FROM equities_candles"
    " WHERE underlying_id = {underlying_id:String} AND interval_ms = {interval_ms:Int32}"
    " AND ({source:String} = '' OR source = {source:String}))"
    " ORDER BY window_start DESC LIMIT {bars:UInt32}"
)


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """
    Bars that are wanted.

    Parameters
    ----------
    underlying_id : str
        Root symbol.
    interval_ms : int
        One of `INTERVALS_MS`.
    since, until : int
        Bounds of `window_start`, ns UTC; the first belongs, the second does not.
    limit : int
        The newest so many within the bounds.
    source : str
        Feed; empty for that of the newest bar.
    run : str
        Replay run; empty for live.
    cached : bool
        Redis may answer.
    """

    underlying_id: str
    interval_ms: int
    since: int = 0
    until: int = FOREVER_NS
    limit: int = 500
    source: str = ""
    run: str = ""
    cached: bool = True


class BarMemo:
    """
    Bars of Redis as items, by their own bytes: what was decoded once is not decoded again.

    Parameters
    ----------
    most_bytes : int
        Kept; the least recently used leave first.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._items: OrderedDict[bytes, Item] = OrderedDict()
        self._make: Callable[..., Item] = item_maker(_CANDLES)

    def item(self, member: bytes) -> Item:
        """Return the bar of a member of a chart's sorted set; raises as `bar_of` does."""
        found = self._items.get(member)
        if found is not None:
            self._items.move_to_end(member)
            return found
        found = self._make(bar_of(member))
        self._items[member] = found
        self._bytes += _cost(member, found)
        while self._bytes > self._most_bytes and len(self._items) > 1:
            old, item = self._items.popitem(last=False)
            self._bytes -= _cost(old, item)
        return found


def _cost(member: bytes, item: Item) -> int:
    # The record itself takes about what its two texts take.
    return 2 * (len(member) + len(item.json))


async def bars_of(services: Services, memo: BarMemo, chart: Chart) -> list[Item]:
    """
    Return the bars of a chart, oldest first, each window once in its latest revision.

    Redis holds the newest windows of a chart without gaps, so what it reaches is taken from there,
    and the rest from the tables; where it holds nothing the ring adds what is not stored yet.
    """
    if chart.interval_ms == DAY_MS:
        return await _days(services, chart)
    hot: list[Item] = []
    if chart.cached and not chart.run:
        hot = await _cached(services.redis, memo, chart)
    within = [bar for bar in hot if chart.since <= bar.record.window_start < chart.until]
    reach = hot[0].record.window_start if hot else None
    if reach is not None and (len(within) >= chart.limit or chart.since >= reach):
        return within[-chart.limit :]
    until = chart.until if reach is None else min(chart.until, reach)
    older = await _stored(services, chart, until, chart.limit - len(within))
    if hot:
        kept = hot[-1].record.source
        return [bar for bar in older if bar.record.source == kept] + within
    return _with_ring(services, chart, older)[-chart.limit :]


async def _cached(redis: "Redis", memo: BarMemo, chart: Chart) -> list[Item]:
    """Return the bars of Redis, oldest first; none where it does not answer or has another feed."""
    # From a bound on it has to be seen whether it reaches back to it: all of them.
    newest = chart.limit + _SPARE if chart.since == 0 and chart.until == FOREVER_NS else 0
    try:
        key = chart_key(chart.underlying_id, chart.interval_ms)
        members = cast("list[bytes]", await redis.zrange(key, -newest, -1))
        bars = [memo.item(member) for member in latest_members(members)]
    except (RedisError, RejectedRecord) as error:
        log.warning("candle_cache_unanswered", error=str(error))
        return []
    if bars and chart.source and bars[-1].record.source != chart.source:
        return []
    return bars


async def _stored(services: Services, chart: Chart, until: int, bars: int) -> list[Item]:
    store = services.store
    found = await store.items(
        _CANDLES,
        _TAIL,
        {
            "underlying_id": chart.underlying_id,
            "interval_ms": chart.interval_ms,
            "since": chart.since,
            "until": until,
            "source": chart.source,
            "bars": bars,
        },
        database=database_for(store, chart.run),
    )
    found.reverse()
    return found


def _with_ring(services: Services, chart: Chart, stored: Sequence[Item]) -> list[Item]:
    ring = services.hub.ring(_CANDLES, chart.run)
    if ring is None:
        return list(stored)
    source = chart.source or (stored[-1].record.source if stored else "")

    def is_of_chart(bar: EquityCandle) -> bool:
        return (
            bar.underlying_id == chart.underlying_id
            and bar.interval_ms == chart.interval_ms
            and chart.since <= bar.window_start < chart.until
            and source in {"", bar.source}
        )

    bars = {item.record.window_start: item for item in stored}
    for item in ring.newest(len(ring), is_of_chart):
        known = bars.get(item.record.window_start)
        if known is None or item.version > known.version:
            bars[item.record.window_start] = item
    return [bars[start] for start in sorted(bars)]


async def _days(services: Services, chart: Chart) -> list[Item]:
    store, make = services.store, item_maker(_CANDLES)
    rows = await store.rows(
        "candles_daily",
        {
            "underlying_id": chart.underlying_id,
            "since": chart.since,
            "until": chart.until,
            "source": chart.source,
            "bars": chart.limit,
        },
        database=database_for(store, chart.run),
    )
    bars = [make(msgspec.convert(row, EquityCandle)) for row in rows]
    bars.reverse()
    return bars
