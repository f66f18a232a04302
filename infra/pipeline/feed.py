"""Publish one feed: vendor files, or the synthetic market."""

import threading
import time
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.feeds.base.publisher import FeedPublisher
from connectors.feeds.base.publisher import PublisherConfig
from connectors.feeds.base.publisher import PublishProgress
from connectors.feeds.base.publisher import PublishSummary
from connectors.feeds.files.open import FileFeed
from connectors.feeds.files.open import open_feeds
from connectors.feeds.files.publish import publish_files as publish_opened
from connectors.feeds.synthetic.config import MarketModes
from connectors.feeds.synthetic.live import LiveSynthetic
from connectors.kafka.serde import AvroWire
from flows.options.refdata.definitions import NO_DEFINITIONS
from flows.options.refdata.definitions import ContractDefinitions
from infra.embedded.stack import StackAddresses
from infra.pipeline.synthetic_clock import newest_event_ns
from infra.pipeline.synthetic_clock import session_start_ns
from infra.pipeline.synthetic_desk import SyntheticDesk
from infra.sessions import is_session_open
from infra.settings import FeedSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRequest:
    """
    Which files, and what they do not say themselves.

    Parameters
    ----------
    files : Sequence[Path]
        Files or folders; several are merged by time.
    format : str
        Vendor format, or `auto`.
    date, symbol : str | None
        Day and underlying or root, for files that name none.
    speed : float
        0 is flat out, else a multiple of real time.
    """

    files: Sequence[Path]
    format: str = "auto"
    date: str | None = None
    symbol: str | None = None
    speed: float = 0.0

    def open(self) -> list[FileFeed]:
        """Open the files; refuses at once what cannot be read."""
        return open_feeds(self.files, format=self.format, date=self.date, symbol=self.symbol)


@dataclass(frozen=True, slots=True)
class Publishing:
    """
    Where a feed publishes to.

    Parameters
    ----------
    addresses : StackAddresses
        The services.
    wire : AvroWire
        Registered schemas.
    data_dir : Path
        Folder of checkpoints.
    settings : FeedSettings
        Batching.
    stop : threading.Event
        Ends publishing after the running batch; nothing is lost.
    definitions : ContractDefinitions
        Contracts whose underlying is not what their root says.
    """

    addresses: StackAddresses
    wire: AvroWire
    data_dir: Path
    settings: FeedSettings
    stop: threading.Event
    definitions: ContractDefinitions = NO_DEFINITIONS

    def publisher(self) -> FeedPublisher:
        """Return a publisher; see `FeedPublisher` for the delivery guarantee."""
        config = PublisherConfig(
            brokers=self.addresses.kafka,
            data_folder=self.data_dir,
            batch_records=self.settings.feed_batch_records,
        )
        return FeedPublisher(config, self.wire.prefix, self.stop)


def publish_files(
    feeds: Sequence[FileFeed],
    speed: float,
    publishing: Publishing,
    progress: Callable[[PublishProgress], None] | None = None,
) -> PublishSummary:
    """Publish opened files as `connectors.feeds.files.publish`; all their summaries are filled."""
    definitions = publishing.definitions
    return publish_opened(
        publishing.publisher(),
        feeds,
        speed=speed,
        progress=progress,
        alias_of=definitions.alias if definitions else None,
        reread=True,
    )


def publish_synthetic(publishing: Publishing) -> PublishSummary:
    """
    Publish the synthetic market at the pace of real time until stopped.

    Each run is its own session of the feed, and begins as `synthetic_start` says.
    """
    settings = publishing.settings
    now_ns = time.time_ns()
    start_ns = now_ns
    # The log is asked only where its newest record matters.
    if settings.synthetic_start == "session" and not is_session_open(now_ns):
        start_ns = session_start_ns(now_ns, newest_event_ns(publishing.addresses.kafka))
    labels = settings.synthetic_labels_path
    feed = LiveSynthetic(
        publishing.publisher(),
        seed=settings.synthetic_seed,
        mode=MarketModes(
            settings.synthetic_options_mode or settings.synthetic_market_mode,
            settings.synthetic_equities_mode or settings.synthetic_market_mode,
        ),
        emit_interval_ms=settings.emit_interval_ms,
        start_ts=start_ns if start_ns != now_ns else None,
        labels_path=Path(labels) if labels else None,
    )
    with SyntheticDesk(publishing.addresses, publishing.wire, feed) as desk:
        return feed.run(changes=desk)
