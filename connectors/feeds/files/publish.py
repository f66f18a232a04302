"""Publishes opened files to the log."""

from collections.abc import Callable
from collections.abc import Sequence

from connectors.feeds.base.pace import Pace
from connectors.feeds.base.publisher import FeedPublisher
from connectors.feeds.base.publisher import PublishProgress
from connectors.feeds.base.publisher import PublishSummary
from connectors.feeds.files.aliases import AliasOf
from connectors.feeds.files.aliases import with_aliases
from connectors.feeds.files.open import FileFeed
from connectors.feeds.files.open import merge_feeds


def publish_files(
    publisher: FeedPublisher,
    feeds: Sequence[FileFeed],
    *,
    speed: float = 0.0,
    progress: Callable[[PublishProgress], None] | None = None,
    alias_of: AliasOf | None = None,
    reread: bool = False,
) -> PublishSummary:
    """
    Publish files, merged in event time; what the log holds already is passed over.

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
    alias_of : Callable | None
        Underlyings that contract definitions name; see `with_aliases`.
    reread : bool
        Read files the log holds whole too, so that their summaries tell what is in them.

    Raises
    ------
    TooManyRejects
        A file is mostly bad; nothing of any file is published.
    StaleCheckpoint
        A checkpoint speaks of records the log no longer holds.
    """
    read = [feed for feed in feeds if reread or not publisher.is_complete(feed.origin)]
    items = merge_feeds(read)
    return publisher.publish(
        items if alias_of is None else with_aliases(items, alias_of),
        [feed.origin for feed in feeds],
        pace=Pace(speed) if speed > 0 else None,
        progress=progress,
    )
