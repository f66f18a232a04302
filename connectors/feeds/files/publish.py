"""Publishes opened files to the log."""

from collections.abc import Callable
from collections.abc import Sequence

from connectors.feeds.base.pace import Pace
from connectors.feeds.base.publisher import FeedPublisher
from connectors.feeds.base.publisher import PublishProgress
from connectors.feeds.base.publisher import PublishSummary
from connectors.feeds.files.open import FileFeed
from connectors.feeds.files.open import merge_feeds


def publish_files(
    publisher: FeedPublisher,
    feeds: Sequence[FileFeed],
    *,
    speed: float = 0.0,
    progress: Callable[[PublishProgress], None] | None = None,
) -> PublishSummary:
    """
    Publish files, merged in event time; files the log holds already are passed over.

    Delivery: exactly once per file and log, as `FeedPublisher`.

    Parameters
    ----------
    publisher : FeedPublisher
        Where to.
    feeds : sequence of FileFeed
        Opened files.
    speed : float
        0 publishes flat out, else multiples of real time.
    progress : Callable | None
        Called after each batch; `FileFeed.summary.items` are all there will be, once it is read.

    Raises
    ------
    TooManyRejects
        A file is mostly bad; nothing of any file is published.
    StaleCheckpoint
        A checkpoint speaks of records the log no longer holds.
    """
    pending = [feed for feed in feeds if not publisher.is_complete(feed.origin)]
    return publisher.publish(
        merge_feeds(pending),
        [feed.origin for feed in feeds],
        pace=Pace(speed) if speed else None,
        progress=progress,
    )
