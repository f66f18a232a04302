"""The newest candles in Redis: what a chart opens with."""

import struct
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Final
from typing import cast

import msgspec
from redis import Redis
from redis.exceptions import RedisError

from connectors.errors import RejectedRecord
from connectors.errors import TransientConnector
from connectors.redis.config import CandleCacheConfig
from schemas.records import EquityCandle

# Gateway specification, 9.
KEY_PREFIX: Final = "candles:equity:"
SOURCE_PREFIX: Final = "candles:equity-source:"
# How often in its time to live a key's expiry is put off.
REFRESHES: Final = 10

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(EquityCandle).decode
# In an order of bytes: by window, then by revision.
_VERSION: Final = struct.Struct(">QI")
_WINDOW_BYTES: Final = 8

Chart = tuple[str, int]


class _Known(msgspec.Struct):
    source: str
    newest: int
    refreshed_s: float


class CandleCache:
    """
    Keep the newest bars of each underlying and length, closed and forming.

    A chart is one sorted set `candles:equity:<interval_ms>:<underlying>` whose members begin with
    window and revision, in an order of bytes, and go on with the record as msgpack. Writing a bar
    adds its member and takes away those of the same window with a lesser revision; reading takes
    the greatest revision of each window. So bars may be written twice and in any order, by an epoch
    that is repeated for instance, and an older revision never replaces a newer one.

    A chart has bars of one source: the first bar of another source empties it.

    Delivery: at most once; a write that fails is for the caller to repeat or to drop.

    Parameters
    ----------
    config : CandleCacheConfig
        Where, how many, for how long.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self, config: CandleCacheConfig, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._config = config
        self._clock = clock
        self._client = Redis.from_url(
            config.redis.url,
            socket_timeout=config.redis.timeout_s,
            socket_connect_timeout=config.redis.timeout_s,
        )
        self._known: dict[Chart, _Known] = {}

    def write(self, records: Iterable[EquityCandle]) -> int:
        """
        Write bars in one round trip, and return how many were worth it.

        Of several revisions of a bar only the greatest is written, of more windows than are kept
        only the newest. A chart this process has not written before costs a second round trip
        once, which asks for its source.

        Raises
        ------
        TransientConnector
            Redis does not answer; part of the bars may be there.
        """
        charts = newest_bars(records, self._config.kept)
        if not charts:
            return 0
        try:
            self._claim(charts)
            with self._client.pipeline(transaction=False) as pipe:
                for chart, bars in charts.items():
                    key = _key(chart)
                    pipe.zadd(key, {_member(bar): 0 for bar in bars.values()})
                    for bar in bars.values():
                        if bar.revision:
                            window = bar.window_start
                            below = _VERSION.pack(window, 0), _VERSION.pack(window, bar.revision)
                            pipe.zremrangebylex(key, b"[" + below[0], b"(" + below[1])
                    known = self._known[chart]
                    if max(bars) > known.newest:
                        known.newest = max(bars)
                        pipe.zremrangebyrank(key, 0, -self._config.kept - 1)
                    now_s = self._clock()
                    if now_s - known.refreshed_s >= self._config.ttl_s / REFRESHES:
                        known.refreshed_s = now_s
                        pipe.expire(key, self._config.ttl_s)
                        pipe.set(_source_key(chart), known.source, ex=self._config.ttl_s)
                pipe.execute()
        except RedisError as error:
            # What was learnt of these charts may not have been carried out.
            for chart in charts:
                self._known.pop(chart, None)
            raise _unanswered(error) from error
        return sum(map(len, charts.values()))

    def read(
        self, underlying_id: str, interval_ms: int, limit: int | None = None
    ) -> list[EquityCandle]:
        """
        Return the newest bars of a chart, oldest first, in one round trip.

        Parameters
        ----------
        underlying_id : str
            Root symbol.
        interval_ms : int
            Length of the bars.
        limit : int | None
            How many at most; by default all that are kept.

        Raises
        ------
        TransientConnector
            Redis does not answer.
        RejectedRecord
            The chart holds something else.
        """
        wanted = self._config.kept if limit is None else limit
        if wanted < 1:
            return []
        count = wanted
        while True:
            members = self._members(_key((underlying_id, interval_ms)), count)
            newest = {member[:_WINDOW_BYTES]: member for member in members}
            # Two revisions of a window are there for a moment while an epoch is repeated.
            if len(newest) >= wanted or len(members) < count:
                break
            count *= 2
        try:
            bars = [_decode(member[_VERSION.size :]) for member in newest.values()]
        except msgspec.DecodeError as error:
            msg = f"{_key((underlying_id, interval_ms))} holds what is no candle: {error}"
            raise RejectedRecord(msg) from error
        return bars[-wanted:]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _members(self, key: str, count: int) -> list[bytes]:
        try:
            return cast("list[bytes]", self._client.zrange(key, -count, -1))
        except RedisError as error:
            raise _unanswered(error) from error

    def _claim(self, charts: "Charts") -> None:
        """Make sure that charts are of the source of the bars that are to be written."""
        sources = {chart: next(iter(bars.values())).source for chart, bars in charts.items()}
        unknown = []
        for chart, source in sources.items():
            known = self._known.get(chart)
            if known is None or known.source != source:
                unknown.append(chart)
        if not unknown:
            return
        names = [_source_key(chart) for chart in unknown]
        held = cast("Sequence[bytes | None]", self._client.mget(names))
        with self._client.pipeline(transaction=True) as pipe:
            for chart, known_source in zip(unknown, held, strict=True):
                if known_source is None or known_source.decode() != sources[chart]:
                    pipe.delete(_key(chart))
                    pipe.set(_source_key(chart), sources[chart], ex=self._config.ttl_s)
            pipe.execute()
        for chart in unknown:
            self._known[chart] = _Known(sources[chart], -1, float("-inf"))


Charts = dict[Chart, dict[int, EquityCandle]]


def chart_key(underlying_id: str, interval_ms: int) -> str:
    """Return the key under which the bars of a chart are."""
    return _key((underlying_id, interval_ms))


def latest_members(members: Iterable[bytes]) -> list[bytes]:
    """
    Return of each window the member with the greatest revision, oldest window first.

    Parameters
    ----------
    members : iterable of bytes
        Of a chart's sorted set, in its order.
    """
    return list({member[:_WINDOW_BYTES]: member for member in members}.values())


def bar_of(member: bytes) -> EquityCandle:
    """
    Return the bar of a member.

    Raises
    ------
    RejectedRecord
        It is no bar.
    """
    try:
        return _decode(member[_VERSION.size :])
    except msgspec.DecodeError as error:
        msg = f"a candle of Redis holds what is no candle: {error}"
        raise RejectedRecord(msg) from error


def newest_bars(records: Iterable[EquityCandle], kept: int) -> Charts:
    """
    Return the greatest revision of each bar, by chart and window, of the newest windows only.

    Parameters
    ----------
    records : iterable of EquityCandle
        Bars in any order; of two of the same revision the later wins.
    kept : int
        How many windows of a chart.
    """
    charts: Charts = {}
    for record in records:
        bars = charts.setdefault((record.underlying_id, record.interval_ms), {})
        known = bars.get(record.window_start)
        if known is None or known.source != record.source or known.revision <= record.revision:
            bars[record.window_start] = record
    for chart, bars in charts.items():
        source = next(reversed(bars.values())).source
        starts = sorted(start for start, bar in bars.items() if bar.source == source)
        charts[chart] = {start: bars[start] for start in starts[-kept:]}
    return charts


def _key(chart: Chart) -> str:
    return f"{KEY_PREFIX}{chart[1]}:{chart[0]}"


def _source_key(chart: Chart) -> str:
    return f"{SOURCE_PREFIX}{chart[1]}:{chart[0]}"


def _member(bar: EquityCandle) -> bytes:
    return _VERSION.pack(bar.window_start, bar.revision) + _encode(bar)


def _unanswered(error: RedisError) -> TransientConnector:
    msg = f"Redis does not answer: {error}"
    return TransientConnector(msg)
