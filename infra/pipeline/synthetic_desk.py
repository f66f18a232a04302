"""The synthetic feed's side of its control: takes what is asked, and writes down what it did."""

import queue
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Final
from typing import Self
from typing import cast

import structlog

from connectors.errors import ConnectorError
from connectors.feeds.synthetic.changes import MarketChange
from connectors.feeds.synthetic.changes import MarketSettings
from connectors.feeds.synthetic.live import LiveSynthetic
from connectors.kafka.serde import AvroWire
from connectors.kafka.tail import TailedRecord
from infra.embedded.stack import StackAddresses
from infra.pipeline.synthetic_log import APPLIED
from infra.pipeline.synthetic_log import ASKED
from infra.pipeline.synthetic_log import STATE
from infra.pipeline.synthetic_log import STATE_S
from infra.pipeline.synthetic_log import TOPIC
from infra.pipeline.synthetic_log import SyntheticLog
from infra.pipeline.synthetic_log import change_of
from infra.pipeline.synthetic_log import said
from infra.replay.follow import Follower
from infra.replay.follow import end_of
from schemas.records import SyntheticControl

log: Final = structlog.get_logger(__name__)

MAX_WAITING: Final = 100


class SyntheticDesk:
    """
    Bring a running synthetic market what is asked of it.

    Delivery: a request is answered once while the feed runs; one sent to another session is none
    of ours. What was changed is in the log before the first record that comes of it, so that a
    session is explained by its seed, its start and what it has written to `control.synthetic`.

    Parameters
    ----------
    addresses : StackAddresses
        Broker and registry.
    wire : AvroWire
        Schemas.
    feed : LiveSynthetic
        The market.

    Raises
    ------
    MisconfiguredConnector
        There is no topic of control.
    TransientConnector
        Broker or registry do not answer.
    """

    def __init__(self, addresses: StackAddresses, wire: AvroWire, feed: LiveSynthetic) -> None:
        config = feed.config
        self._session = feed.market.origin.session
        self._seed = config.seed
        self._now = MarketSettings(mode=config.mode, equities_mode=config.equities_mode or "")
        self._at: tuple[int, int] = (0, config.start_ts)
        self._log = SyntheticLog(addresses, wire)
        self._asked: queue.Queue[SyntheticControl] = queue.Queue(MAX_WAITING)
        self._known: set[str] = set()
        self._changes = 0
        self._answering = ""
        self._last = ("", "")
        self._lock = threading.Lock()
        self._stop = threading.Event()
        start = end_of(addresses.kafka, TOPIC)
        self._follower = Follower(addresses, TOPIC, start, self._receive, self._stop)
        self._heart = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._heart.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._heart.join()
        self._follower.close()
        try:
            # Without a tick: nothing runs any more.
            self._write(said(STATE, self._session, self._seed, MarketChange(settings=self._now)))
        except ConnectorError as failure:
            log.warning("synthetic_end_not_stated", error=str(failure))

    def due(self, tick: int, at_ns: int) -> Sequence[MarketChange]:
        """Return what has been asked since the last tick, one request a tick."""
        self._at = (tick, at_ns)
        try:
            asked = self._asked.get_nowait()
        except queue.Empty:
            return ()
        self._answering = asked.trace_id
        try:
            return (change_of(asked),)
        except ConnectorError as error:
            self._answer(MarketChange(settings=self._now), str(error))
            return ()

    def note(self, tick: int, at_ns: int, change: MarketChange, why_not: str) -> None:
        """Write down a change, or why it was refused, before the records of its tick."""
        self._at = (tick, at_ns)
        if not why_not:
            self._now = change.settings
        self._answer(change, why_not)

    def _answer(self, change: MarketChange, why_not: str) -> None:
        self._changes += 1
        self._last = (self._answering, why_not)
        tick, at_ns = self._at
        self._write(
            said(
                APPLIED,
                self._session,
                self._seed,
                change,
                entry=f"{self._session}:{self._changes}",
                tick=tick,
                effective_ts=at_ns,
                last_command_id=self._answering,
                error=why_not,
            )
        )
        log.info("synthetic_changed", tick=tick, refused=why_not)
        self._say_state()

    def _say_state(self) -> None:
        tick, at_ns = self._at
        command_id, error = self._last
        self._write(
            said(
                STATE,
                self._session,
                self._seed,
                MarketChange(settings=self._now),
                tick=tick,
                effective_ts=at_ns,
                last_command_id=command_id,
                error=error,
            )
        )

    def _beat(self) -> None:
        while not self._stop.is_set():
            try:
                self._say_state()
            except ConnectorError as error:
                log.warning("synthetic_state_unsaid", error=str(error))
            self._stop.wait(STATE_S)

    def _write(self, record: SyntheticControl) -> None:
        with self._lock:
            self._log.write(record)

    def _receive(self, tailed: TailedRecord) -> None:
        record = cast(SyntheticControl, tailed.record)
        is_ours = record.kind == ASKED and record.session == self._session
        if not is_ours or record.trace_id in self._known:
            return
        self._known.add(record.trace_id)
        try:
            self._asked.put_nowait(record)
        except queue.Full:
            log.warning("synthetic_request_dropped", trace_id=record.trace_id)
