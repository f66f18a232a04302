"""A recorded session of the synthetic market: a log and its tables, the same on every run."""

from itertools import islice
from pathlib import Path
from typing import Final

from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.publisher import FeedPublisher
from connectors.feeds.base.publisher import PublisherConfig
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.options import SyntheticOptions
from connectors.kafka.serde import AvroWire
from infra.embedded.stack import StackAddresses
from infra.pipeline.drain import DrainRequest
from infra.pipeline.drain import drain
from infra.pipeline.prepare import prepare
from infra.settings import load_settings

# Thursday 20 November 2025, 10:00 in New York: an ordinary session.
START_NS: Final = 1_763_650_800_000_000_000


def record_session(
    addresses: StackAddresses, folder: Path, config: SyntheticConfig, seconds: int
) -> tuple[AvroWire, list[FeedItem]]:
    """
    Publish a session of the synthetic market and let every flow derive and store it.

    Parameters
    ----------
    addresses : StackAddresses
        The services.
    folder : Path
        Their data.
    config : SyntheticConfig
        The market; it begins at `START_NS` where nothing else is asked.
    seconds : int
        Of market time.

    Returns
    -------
    tuple
        How the log is written, and what was published.
    """
    wire = prepare(load_settings().services, addresses)
    market = SyntheticOptions(config)
    items = [item for _, found in islice(market.ticks(), seconds) for item in found]
    publisher = FeedPublisher(
        PublisherConfig(brokers=addresses.kafka, data_folder=folder), wire.prefix
    )
    publisher.publish(items, [market.origin])
    drain(DrainRequest(addresses=addresses, data_dir=folder))
    return wire, items
