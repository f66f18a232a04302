"""Runs the synthetic market on the wall clock."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from connectors.feeds.base.pace import Pace
from connectors.feeds.base.publisher import FeedPublisher
from connectors.feeds.base.publisher import PublishProgress
from connectors.feeds.base.publisher import PublishSummary
from connectors.feeds.synthetic.changes import Changes
from connectors.feeds.synthetic.config import MarketModes
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.labels import LabelFile
from connectors.feeds.synthetic.options import SyntheticOptions


class LiveSynthetic:
    """
    Publish the synthetic market as it happens.

    Delivery: as `FeedPublisher`, exactly once per session. Without `start_ts` each run is a
    session of its own that begins now; virtual time is the wall clock. With a `start_ts` the
    session begins there, or goes on where it stopped if it ran before; its virtual time is behind
    the wall clock by as long as it began earlier and stood still. It ends when the publisher's stop
    event is set.

    Parameters
    ----------
    publisher : FeedPublisher
        Where to; needs the topics `options.prints`, `options.nbbo`, `equities.quotes`,
        `equities.prints`, `refdata.events` and `refdata.open-interest`.
    seed : int
        Of the market.
    mode : str | MarketModes
        `realistic`, `active` or `firehose`, for options and stocks or for each of them.
    emit_interval_ms : int
        Virtual time of one tick.
    start_ts : int | None
        First virtual time, ns UTC.
    clock : Callable
        Wall clock, ns UTC; injected by tests.
    labels_path : Path | None
        Where the scenarios' labels go (`labels.jsonl`), written anew at each start; None for
        nowhere. Labels never enter a topic.
    """

    def __init__(
        self,
        publisher: FeedPublisher,
        *,
        seed: int,
        mode: str | MarketModes = "realistic",
        emit_interval_ms: int = 1000,
        start_ts: int | None = None,
        clock: Callable[[], int] = time.time_ns,
        labels_path: Path | None = None,
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._is_new = start_ts is None
        modes = MarketModes(mode, mode) if isinstance(mode, str) else mode
        self.config = SyntheticConfig(
            seed=seed,
            mode=modes.options,
            equities_mode=modes.equities,
            start_ts=clock() if start_ts is None else start_ts,
            emit_interval_ms=emit_interval_ms,
        )
        self._labels_path = labels_path
        self._labels: LabelFile | None = None
        self.market = SyntheticOptions(self.config, self._note)

    def _note(self, label: Label) -> None:
        if self._labels is not None:
            self._labels.write(label)

    def run(
        self,
        progress: Callable[[PublishProgress], None] | None = None,
        changes: Changes | None = None,
    ) -> PublishSummary:
        """
        Publish until the publisher is stopped.

        Parameters
        ----------
        progress : Callable | None
            Called after each batch.
        changes : Changes | None
            What is changed while it runs; None for nothing.
        """
        anchor_ns = self.config.start_ts if self._is_new else None
        path = self._labels_path
        with nullcontext(None) if path is None else LabelFile(path) as self._labels:
            return self._publisher.publish(
                self.market.items(self._clock, changes),
                [self.market.origin],
                pace=Pace(1.0, anchor_ns, self._clock),
                progress=progress,
            )
