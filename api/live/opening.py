"""Begin to follow topics: at start, after an outage, when a run is first asked for."""

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Final

import structlog

from api.live.feed import Feed
from api.live.hot import HotWindows
from api.live.ring import Budget
from api.live.starts import Starts
from api.live.starts import first_starts
from api.live.starts import next_starts
from api.live.tailer import Extent
from api.streams import STREAMS
from api.streams import Stream
from connectors.kafka.bounds import Place
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from infra.gateway_settings import MIB
from infra.gateway_settings import GatewaySettings

log: Final = structlog.get_logger(__name__)

# Rings keep a minute of every topic; at a full feed of wide records that is more than the budget,
# and past the second bound even younger records leave, so that the process stays small.
RING_BYTES: Final = 64 * MIB
MOST_RING_BYTES: Final = 256 * MIB
RING_S: Final = 60.0

EXPIRED: Final = "expired"
LOG_CHANGED: Final = "log_changed"


def depths(settings: GatewaySettings) -> dict[str, int]:
    """Return by channel how many records its window holds."""
    own = {
        "options": settings.live_limit_options,
        "flow": settings.live_limit_flow,
        "smart-money": settings.live_limit_smart_money,
        "alerts": settings.live_limit_alerts,
        "news": settings.live_limit_news,
    }
    return {name: own.get(name, settings.live_limit_default) for name in STREAMS}


class Opening:
    """
    Make feeds, and decide where each goes on.

    Parameters
    ----------
    settings : GatewaySettings
        Depths and policies.
    registry_url : str
        Schema registry.
    hot : HotWindows
        What was kept.
    """

    def __init__(self, settings: GatewaySettings, registry_url: str, hot: HotWindows) -> None:
        self._settings = settings
        self._registry_url = registry_url
        self._hot = hot
        self._depths = depths(settings)
        self._budget = Budget(RING_BYTES, MOST_RING_BYTES, RING_S)
        self._registry: SchemaRegistry | None = None
        self._wire: AvroWire | None = None

    @property
    def wire(self) -> AvroWire:
        """
        Return the codec of all topics of streams; the registry is asked the first time.

        Raises
        ------
        TransientConnector
            The registry does not answer.
        MisconfiguredConnector
            It refuses a schema of ours.
        """
        if self._wire is None:
            registry = SchemaRegistry(self._registry_url)
            self._wire = AvroWire(registry, [each.topic for each in STREAMS.values()])
            self._registry = registry
        return self._wire

    def close(self) -> None:
        """Give back the connection."""
        if self._registry is not None:
            self._registry.close()

    def feed(self, stream: Stream, run: str, topic: str) -> Feed:
        """Return a topic that is not read yet; raises as `wire` does."""
        decode = self.wire.decoder(stream.topic)
        return Feed(stream, run, topic, decode, self._depths[stream.name], self._budget)

    def place(
        self,
        feed: Feed,
        log_id: str,
        extents: Mapping[int, Extent],
        now_s: float,
    ) -> str:
        """
        Let a feed begin or go on; return why its subscriptions cannot, empty when they can.

        Parameters
        ----------
        feed : Feed
            Topic.
        log_id : str
            Which log the topic is now.
        extents : mapping
            By partition what it holds.
        now_s : float
            Time of a clock that only goes forward.
        """
        if not feed.log_id:
            self._begin(feed, log_id, extents, now_s)
            return ""
        oldest = Starts({partition: each.low for partition, each in extents.items()}, {})
        if feed.log_id != log_id:
            log.warning("log_changed", topic=feed.topic, log=log_id)
            feed.reset(log_id)
            self._empty_windows(feed)
            _start(feed, oldest, extents)
            return LOG_CHANGED
        starts = next_starts(extents, feed.positions)
        if starts is None:
            log.warning("log_expired_unread", topic=feed.topic)
            feed.reset(log_id)
            self._empty_windows(feed)
            _start(feed, oldest, extents)
            return EXPIRED
        feed.positions = dict(starts.offsets)
        return ""

    def _begin(self, feed: Feed, log_id: str, extents: Mapping[int, Extent], now_s: float) -> None:
        feed.log_id = log_id
        settings, name = self._settings, feed.stream.name
        if feed.run:
            starts = first_starts(extents, {}, "all", settings.ws_resume_max_records)
            _start(feed, starts, extents)
            return
        partitions = sorted(extents)
        if settings.api_consumer_reset:
            self._hot.empty(name, log_id)
        windows = self._hot.load(name, partitions, log_id)
        starts = first_starts(
            extents, windows, settings.api_deliver_policy, settings.ws_resume_max_records
        )
        _start(feed, starts, extents)
        views = {}
        for view in feed.views:
            older = self._hot.load(name, partitions, log_id, view)
            views[view] = {
                partition: before
                for partition, window in starts.windows.items()
                if (before := [m for m in older.get(partition, ()) if m.offset < window[0].offset])
            }
        feed.restore(starts.windows, views, now_s)

    def _empty_windows(self, feed: Feed) -> None:
        if not feed.run:
            self._hot.empty(feed.stream.name, feed.log_id)


def _start(feed: Feed, starts: Starts, extents: Mapping[int, Extent]) -> None:
    feed.begin(
        dict(starts.offsets),
        {partition: each.end for partition, each in extents.items()},
        {partition: each.low for partition, each in extents.items()},
    )


def places_of(feeds: Iterable[Feed]) -> dict[Place, int]:
    """Return every partition that is followed, with its next offset."""
    return {(feed.topic, each): at for feed in feeds for each, at in feed.positions.items()}
