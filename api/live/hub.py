"""The live side of the gateway: the log in rings, and frames for everyone who is subscribed."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from typing import Final

import structlog

from api.items import Item
from api.live import frames
from api.live.audience import Audience
from api.live.beginning import Beginnings
from api.live.client import Client
from api.live.client import Send
from api.live.cursor import CursorCodec
from api.live.cursor import LogCursor
from api.live.desk import Desk
from api.live.feed import Feed
from api.live.feed import Watcher
from api.live.hot import HotWindows
from api.live.latency import Latency
from api.live.opening import depths
from api.live.outbox import Frame
from api.live.protocol import AWAY_CLOSE
from api.live.pump import Pump
from api.live.ring import Predicate
from api.live.ring import Ring
from api.live.runs import Runs
from api.live.states import ChannelState
from api.live.states import Surroundings
from api.live.states import TopicState
from api.live.states import channel_state
from api.live.states import lag_of
from api.live.states import topic_state
from api.live.wishes import Plan
from api.live.wishes import Refusal
from api.live.wishes import Wish
from api.metrics import TAIL_LAG_RECORDS
from api.streams import Stream
from api.tasks import cancel
from connectors.errors import ConnectorError
from infra.embedded.stack import StackAddresses
from infra.sessions import session_date
from infra.settings import Settings

log: Final = structlog.get_logger(__name__)

SWITCH_S: Final = 0.001
HEARTBEAT_S: Final = 5.0
RUNS_S: Final = 1.0
DRAIN_S: Final = 3.0
POOL_THREADS: Final = 2


class Hub:
    """
    Follow every stream's topic in a thread of its own, keep the newest records, serve sockets.

    Parameters
    ----------
    settings : Settings
        Everything that was set.
    addresses : StackAddresses
        Log, registry and cache.
    data_dir : Path
        Folder of the gateway's own files; the hub has none.
    """

    def __init__(self, settings: Settings, addresses: StackAddresses, data_dir: Path) -> None:
        del data_dir
        self.settings = settings.gateway
        self.audience = Audience()
        self._addresses = addresses
        self._desk = Desk(settings.gateway, self.audience)
        self._hot = HotWindows(addresses.redis, depths(settings.gateway))
        self._pump = Pump(
            settings.gateway, addresses.kafka, addresses.registry, self._hot, self._desk
        )
        self._runs = Runs(addresses, self._pump, self._desk)
        self._pool = ThreadPoolExecutor(POOL_THREADS, thread_name_prefix="hub-work")
        self._codec: CursorCodec | None = None
        self._beginnings: Beginnings | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._day = 0

    async def start(self) -> None:
        """Begin to follow the log; it need not answer yet."""
        # A thread that decodes gives way to the one that writes after this, not after 5 ms.
        sys.setswitchinterval(SWITCH_S)
        self._hot.start()
        self._pump.start(asyncio.get_running_loop())
        self._tasks = [
            asyncio.create_task(self._beat()),
            asyncio.create_task(self._follow_runs()),
        ]

    async def stop(self) -> None:
        """End the threads; sockets should have been drained."""
        await cancel(*self._tasks)
        await asyncio.to_thread(self._pump.stop)
        await asyncio.to_thread(self._hot.stop)
        await asyncio.to_thread(self._runs.close)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def drain(self) -> None:
        """Tell every socket that the gateway ends, send what waits, close them with 1001."""
        clients = [each for each in self.audience.sockets() if isinstance(each, Client)]
        for client in clients:
            client.say(frames.notice("draining", "the gateway ends; connect again"))
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                await asyncio.gather(*(client.flush() for client in clients))
        for client in clients:
            client.fail(AWAY_CLOSE, "draining")

    @property
    def is_ready(self) -> bool:
        """Whether the log answers and every topic of it is followed."""
        return self._pump.is_ready

    @property
    def tail_lag(self) -> int:
        """Records of live topics that are known and not read yet."""
        return sum(lag_of(feed, self._pump.lags) for feed in self._live())

    @property
    def latency(self) -> Latency:
        """Durations of the stages from the exchange to the screen."""
        return self._desk.latency

    def ring(self, stream: Stream, run: str = "", view: str = "") -> Ring | None:
        """
        Return the newest records of a stream; null while it is not followed.

        Parameters
        ----------
        stream : Stream
            Stream.
        run : str
            Replay run; followed from its first subscription on. Empty for live.
        view : str
            `signal` for the ring of its own that these prints have.
        """
        for feed in list(self._desk.feeds.values()):
            if feed.stream.name == stream.name and feed.run == run:
                return feed.ring_of(view)
        return None

    def links_of(self, items: Iterable[Item], stream: Stream) -> dict[str, Any]:
        """Return what is known of the prints of records: by print id, as in `links` frames."""
        return self._links_of([item.record for item in items], stream.name)

    def watch(
        self, stream: Stream, predicate: Predicate, callback: Callable[[list[Item]], None]
    ) -> Callable[[], None]:
        """
        Call back, in the hub's thread, with new live records that match; return what ends it.

        Parameters
        ----------
        stream : Stream
            Whose records.
        predicate : callable
            Which of them.
        callback : callable
            Gets them in log order; must be quick.
        """
        is_over = threading.Event()

        def tell(items: list[Item]) -> None:
            if not is_over.is_set():
                callback(items)

        def unwatch() -> None:
            is_over.set()
            self._pump.call(lambda: self._desk.unwatch(stream, watcher))

        watcher = Watcher(predicate, tell)
        self._pump.call(lambda: self._desk.watch(stream, watcher))
        return unwatch

    def publish(self, channel: str, payload: bytes) -> None:
        """Send a JSON object to everyone on a soft channel; from any thread."""
        self._pump.call(lambda: self._desk.soft[channel].publish(payload))

    def channels(self) -> dict[str, ChannelState]:
        """Return how each live channel is."""
        live = {feed.stream.name: feed for feed in self._live()}
        around = Surroundings(
            live,
            self._pump.lags,
            self.audience.dropped,
            self._pump.is_ready,
            time.monotonic(),
            time.time_ns(),
        )
        return {name: channel_state(feed, around) for name, feed in live.items()}

    def topics(self) -> dict[str, TopicState]:
        """Return how far each topic has been read."""
        now_s = time.monotonic()
        return {
            feed.topic: topic_state(feed, self._pump.lags, now_s)
            for feed in list(self._desk.feeds.values())
        }

    def clients(self) -> list[dict[str, Any]]:
        """Return how each open socket is doing."""
        return [each.stats() for each in self.audience.sockets()]

    def losses(self) -> list[dict[str, Any]]:
        """Return what was dropped for slow clients or not continued, oldest first."""
        return self.audience.losses()

    def connect(self, name: str, send: Send, secret: bytes) -> Client:
        """
        Return a new socket's side of the hub; `audience.enter` lets it in.

        Parameters
        ----------
        name : str
            Who is connected.
        send : callable
            Sends one message.
        secret : bytes
            Key of cursors.
        """
        if self._codec is None or self._beginnings is None:
            self._codec = CursorCodec(secret)
            self._desk.use(self._codec)
            self._beginnings = Beginnings(
                self._addresses.kafka,
                self._codec,
                self._pool,
                self._links_of,
                self.settings.ws_resume_max_age_s,
            )
        return Client(
            name,
            send,
            audience=self.audience,
            beginnings=self._beginnings,
            bytes_bound=self.settings.ws_outbox_bytes,
            age_bound_s=self.settings.ws_outbox_ms / 1000,
            on_leave=self.release,
        )

    def read_cursor(self, text: str) -> LogCursor | None:
        """Return the place a cursor says; null for one that is none of ours."""
        return None if self._codec is None else self._codec.decode(text)

    def release(self, keys: Sequence[str]) -> None:
        """Let members of groups go."""
        for key in keys:
            self._pump.call(partial(self._desk.unsubscribe, key))

    async def subscribe(self, client: Client, name: str, wish: Wish) -> Refusal | None:
        """
        Let a socket subscribe; return why not, null when it is.

        Parameters
        ----------
        client : Client
            Socket.
        name : str
            Its own id of the subscription.
        wish : Wish
            What it asks for.
        """
        topic = "" if wish.stream is None else wish.stream.topic
        if wish.stream is not None and wish.run:
            try:
                found = await asyncio.to_thread(self._runs.open, wish.run, wish.stream)
            except ConnectorError as error:
                return Refusal("dependency_down", str(error))
            if found is None:
                return Refusal("not_found", f"no run {wish.run!r} with a stream {wish.channel}")
            topic = found
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Refusal | None] = loop.create_future()

        def reply(answer: Plan | Refusal) -> None:
            if isinstance(answer, Refusal):
                _answer(answered, answer)
                return
            if client.closing is not None:
                self.release([answer.key])
            else:
                if answer.gap is not None:
                    gap = answer.gap
                    self.audience.note("gap", wish.channel, gap.missing, reason=gap.reason)
                self.release(client.subscribed(name, wish.channel, answer, wish.depth))
            _answer(answered, None)

        self._pump.call(lambda: self._desk.subscribe(wish, topic, reply))
        return await answered

    def unsubscribe(self, client: Client, name: str) -> None:
        """End a subscription of a socket."""
        self.release(client.unsubscribed(name))

    def _live(self) -> list[Feed]:
        return [feed for feed in list(self._desk.feeds.values()) if not feed.run]

    def _links_of(self, records: Sequence[Any], stream: str) -> dict[str, Any]:
        if stream == "options":
            return self._desk.links.of([record.trace_id for record in records])
        if stream == "flow":
            # What is said of one print of a packet is said of all.
            return self._desk.links.of([name for each in records for name in each.members[:1]])
        return {}

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            now_ns = time.time_ns()
            day = session_date(now_ns)
            if self._day and day != self._day:
                self.latency.new_session()
            self._day = day
            for (topic, partition), lag in self._pump.lags.items():
                TAIL_LAG_RECORDS.labels(topic, partition).set(lag)
            if len(self.audience):
                self.audience.broadcast(Frame(frames.heartbeat(self.channels(), now_ns / 1e6)))

    async def _follow_runs(self) -> None:
        while True:
            await asyncio.sleep(RUNS_S)
            if any(feed.run for feed in list(self._desk.feeds.values())):
                await asyncio.to_thread(self._runs.follow, time.monotonic())


def _answer(answered: "asyncio.Future[Refusal | None]", value: Refusal | None) -> None:
    if not answered.done():
        answered.set_result(value)
