"""The hub's thread: from the log to rings, hot windows and frames; gateway specification, 1."""

import asyncio
import threading
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from queue import Empty
from queue import SimpleQueue
from typing import Final

import structlog

from api.live.desk import Desk
from api.live.feed import SIGNAL_VIEW
from api.live.feed import Feed
from api.live.feed import LogMessage
from api.live.hot import HotWindows
from api.live.links import STREAMS as LINKING
from api.live.measure import measure_news
from api.live.opening import Opening
from api.live.opening import places_of
from api.live.ring import Held
from api.live.soft import PUBSUB
from api.live.soft import SAID_OF
from api.live.tailer import Extent
from api.live.tailer import LogIds
from api.live.tailer import LogWatch
from api.live.tailer import Sight
from api.live.tailer import Tailer
from api.live.wishes import Gap
from api.streams import STREAMS
from connectors.errors import ConnectorError
from connectors.kafka.bounds import Place
from infra.gateway_settings import GatewaySettings

log: Final = structlog.get_logger(__name__)

# While records wait for their frame, reading goes on in slices: decoding is spread over the tick.
SLICE_S: Final = 0.002
IDLE_S: Final = 0.005
AWAY_S: Final = 0.05
LAG_S: Final = 0.5
TRIM_S: Final = 1.0
RETRY_S: Final = 0.5


class Pump:
    """
    Follow the log and make frames, in one thread.

    Delivery: a record of the log reaches each group once; order is that of the log within a
    partition. While the broker is away nothing is read; when it is back, reading goes on where it
    was, or, in another log, at its beginning with a gap told to every subscription.

    Parameters
    ----------
    settings : GatewaySettings
        Bounds and intervals.
    brokers, registry_url : str
        Addresses.
    hot : HotWindows
        Where the newest messages are kept.
    desk : Desk
        Who gets what of it.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        brokers: str,
        registry_url: str,
        hot: HotWindows,
        desk: Desk,
    ) -> None:
        self._settings = settings
        self._hot = hot
        self._ids = LogIds(brokers)
        self._tailer = Tailer(brokers)
        self._opening = Opening(settings, registry_url, hot)
        self._watch = LogWatch(self._ids, self._topics, self._look)
        self._commands: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hub", daemon=True)
        self._is_open = False
        self._looked_before = 0
        self._lag_s = 0.0
        self._trim_s = 0.0
        self.desk = desk
        self.lags: Mapping[Place, int] = {}
        self.answers = False

    @property
    def is_ready(self) -> bool:
        """Whether the log answers, every topic of it is read, and rings have begun."""
        is_followed = self._is_open and self.answers and not self._tailer.is_suspect
        return is_followed and not any(feed.primes for feed in list(self.desk.feeds.values()))

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; frames go to the audience on this loop."""
        self.desk.loop = loop
        self._thread.start()
        self._watch.start()

    def stop(self) -> None:
        """End the thread; from any other."""
        self._stop.set()
        self._watch.stop()
        if self._thread.is_alive():
            self._thread.join(10)

    def call(self, command: Callable[[], None]) -> None:
        """Run something in the hub's thread, soon."""
        self._commands.put(command)

    def open_run(self, feed: Feed, log_id: str, extents: Mapping[int, Extent]) -> None:
        """Follow a topic of a run; in the hub's thread."""
        if feed.topic not in self.desk.feeds:
            self.desk.feeds[feed.topic] = feed
            self._opening.place(feed, log_id, extents, time.monotonic())
            if self._is_open and not self._tailer.is_suspect:
                self._tailer.add(places_of([feed]))

    def close_topics(self, topics: Sequence[str]) -> list[Feed]:
        """Follow topics no longer; in the hub's thread."""
        gone = [self.desk.feeds.pop(topic) for topic in topics if topic in self.desk.feeds]
        if gone:
            self._tailer.remove([feed.topic for feed in gone])
            for feed in gone:
                for ring in feed.rings:
                    ring.clear()
        return gone

    @property
    def opening(self) -> Opening:
        """What makes feeds."""
        return self._opening

    @property
    def ids(self) -> LogIds:
        """Who knows which log a topic is."""
        return self._ids

    def _topics(self) -> list[str]:
        return list(self.desk.feeds) or [each.topic for each in STREAMS.values()]

    def _look(self, sight: Sight | None) -> None:
        self.answers = sight is not None
        if sight is not None:
            self.call(lambda: self._see(sight))

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                try:
                    self._turn()
                except Exception as error:
                    # What was not taken is read again; whatever it was, the tape goes on.
                    is_foreseen = isinstance(error, ConnectorError)
                    more = {} if is_foreseen else {"exc_info": error}
                    log.error("hub_interrupted", error=str(error), **more)
                    self._tailer.is_suspect = True
                    self._stop.wait(RETRY_S)
        finally:
            self._is_open = False
            self._tailer.close()
            self._opening.close()

    def _turn(self) -> None:
        if self._tailer.is_suspect and self._is_open:
            self._leave()
        if self._is_open:
            self._read()
        else:
            self._wait()
        self._obey()
        now_s = time.monotonic()
        if self.desk.has_deferred:
            self.desk.retry(now_s)
        if now_s >= self.desk.due_s and self.desk.has_pending:
            self.desk.tick()
        if now_s >= self._lag_s + LAG_S:
            self._lag_s = now_s
            self.lags = self._tailer.lags(places_of(self.desk.feeds.values()))
        if now_s >= self._trim_s + TRIM_S:
            self._trim_s = now_s
            self._trim()

    def _leave(self) -> None:
        self._is_open = False
        self._looked_before = self._watch.asked
        self._tailer.release()
        self._watch.look_now()

    def _wait(self) -> None:
        # The client is served while nothing is assigned, so that it connects again.
        self._tailer.poll(0.0, fill=False)
        try:
            self._commands.get(timeout=AWAY_S)()
        except Empty:
            return

    def _read(self) -> None:
        now_s = time.monotonic()
        if self.desk.has_pending:
            left_s = self.desk.due_s - now_s
            found = self._tailer.poll(min(max(left_s, 0.0), SLICE_S), fill=True)
        else:
            found = self._tailer.poll(IDLE_S, fill=False)
        if not found:
            return
        recv_ms, now_s = time.time() * 1000, time.monotonic()
        for topic, messages in found.items():
            feed = self.desk.feeds.get(topic)
            if feed is not None:
                self._take(feed, messages, recv_ms, now_s)

    def _take(
        self, feed: Feed, messages: Sequence[LogMessage], recv_ms: float, now_s: float
    ) -> None:
        news = feed.take(messages, recv_ms, now_s)
        if not news or feed.run:
            return
        name = feed.stream.name
        self.desk.tell(feed, news)
        self._keep(feed, messages, news)
        measure_news(self.desk.latency, feed, news, self._raw_append_ms, now_s)
        if name in LINKING:
            self.desk.links.take(held.record for held in news)
        said = SAID_OF.get(name)
        if said is not None:
            channel, payloads_of = said
            for payload in payloads_of(news):
                self.desk.soft[channel].publish(payload)
                self._hot.publish(PUBSUB[channel], payload)

    def _keep(self, feed: Feed, messages: Sequence[LogMessage], news: Sequence[Held]) -> None:
        name = feed.stream.name
        if len(news) < len(messages):
            new = {(held.partition, held.offset) for held in news}
            messages = [each for each in messages if (each.partition, each.offset) in new]
        self._hot.offer(name, messages)
        if SIGNAL_VIEW in feed.views:
            passed = {(held.partition, held.offset) for held in news if held.record.signal_pass}
            if passed:
                signals = [m for m in messages if (m.partition, m.offset) in passed]
                self._hot.offer(name, signals, SIGNAL_VIEW)

    def _raw_append_ms(self, print_id: str) -> float:
        feed = self.desk.feeds.get("equities.prints")
        held = None if feed is None else feed.ring.held(print_id)
        return 0.0 if held is None else held.append_ms

    def _obey(self) -> None:
        while True:
            try:
                command = self._commands.get_nowait()
            except Empty:
                return
            command()

    def _trim(self) -> None:
        now_ms = time.time() * 1000
        for feed in self.desk.feeds.values():
            for ring in feed.rings:
                ring.trim(now_ms)

    def _see(self, sight: Sight) -> None:
        if not self.desk.feeds:
            made = [self._opening.feed(each, "", each.topic) for each in STREAMS.values()]
            self.desk.feeds = {feed.topic: feed for feed in made}
        is_other = any(
            (now := sight.log_ids.get(feed.topic)) is not None and now != feed.log_id
            for feed in self.desk.feeds.values()
        )
        if self._is_open and is_other:
            self._leave()
            self._looked_before = sight.asked - 1
        if not self._is_open and sight.asked > self._looked_before:
            self._open(sight)

    def _open(self, sight: Sight) -> None:
        extents = self._ids.extents(sight.log_ids)
        now_s = time.monotonic()
        for topic, log_id in sight.log_ids.items():
            feed = self.desk.feeds.get(topic)
            if feed is None or topic not in extents:
                continue
            why = self._opening.place(feed, log_id, extents[topic], now_s)
            if why:
                if feed.stream.name in LINKING or feed.stream.name == "options":
                    self.desk.links.clear()
                self.desk.begin_anew(feed, Gap(why, None))
        there = [feed for topic, feed in self.desk.feeds.items() if topic in sight.log_ids]
        self._tailer.assign(places_of(there))
        self._is_open = True
