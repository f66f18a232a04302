"""Settings of a publisher, and what it says about its work."""

from pathlib import Path

import msgspec

from connectors.errors import MisconfiguredConnector


class PublisherConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How a feed is published.

    Parameters
    ----------
    brokers : str
        `host:port[,host:port]`.
    data_folder : Path
        Checkpoints go to its folder `feeds`.
    batch_records : int, default 1000
        Most records of one produce loop and flush, 1 to 100,000 (`FEED_BATCH_RECORDS`).
    batch_ms : int, default 5
        Shortest wall time between two batches of a paced feed, 1 to 1000 (`FEED_BATCH_MS`).
    checkpoint_ms : int, default 1000
        Wall time between checkpoints, 0 (after each batch) to 60,000.
    """

    brokers: str
    data_folder: Path
    batch_records: int = 1000
    batch_ms: int = 5
    checkpoint_ms: int = 1000

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("FEED_BATCH_RECORDS", self.batch_records, 1, 100_000),
            ("FEED_BATCH_MS", self.batch_ms, 1, 1000),
            ("checkpoint_ms", self.checkpoint_ms, 0, 60_000),
        ):
            if not low <= value <= high:
                msg = f"{name} is {value}, expected {low} to {high}"
                raise MisconfiguredConnector(msg)


class PublishProgress(msgspec.Struct, frozen=True):
    """
    Where publishing stands.

    Parameters
    ----------
    published, dead_lettered : int
        Acknowledged by the log in this run.
    resumed : int
        Items that the log held already from an earlier run.
    source_ts : int
        Event time of the last record, ns UTC; 0 before the first.
    """

    published: int
    dead_lettered: int
    resumed: int
    source_ts: int


class PublishSummary(msgspec.Struct, frozen=True):
    """
    What one run of a publisher came to.

    Parameters
    ----------
    published, dead_lettered : int
        Written and acknowledged in this run.
    resumed : int
        Items passed over because the log held them from an earlier run.
    already_complete : tuple[str, ...]
        Sessions that were passed over whole, as `<name>-<session>`.
    by_topic : dict[str, int]
        Written in this run, dead-letter topics included.
    stopped : bool
        Ended by the stop event; what is left is published by the next run.
    elapsed_s : float
        Wall time.
    """

    published: int
    dead_lettered: int
    resumed: int
    already_complete: tuple[str, ...]
    by_topic: dict[str, int]
    stopped: bool
    elapsed_s: float
