"""A market for the terminal's page: recorded records, sent again as new ones at an even pace."""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from types import MappingProxyType
from types import TracebackType
from typing import Any
from typing import Final
from typing import Self

import msgspec

from api.live.filters import parse_filters
from api.streams import STREAMS
from benchmarks.market import START_NS
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.kafka.batch import OutRecord
from connectors.kafka.batch import message_of
from connectors.kafka.bounded import read_log
from connectors.kafka.config import SinkConfig
from connectors.kafka.partitioner import partition_of
from connectors.kafka.serde import AvroWire
from connectors.kafka.sink import BatchProducer
from infra.embedded.stack import StackAddresses
from redpanda.catalog import topic_catalog

MARKET: Final = SyntheticConfig(seed=1, mode="active", equities_mode="active", start_ts=START_NS)
SESSION_S: Final = 100
BATCHES_PER_S: Final = 100
LATE_S: Final = 0.5
# Enough for rows that differ.
MOST_TEMPLATES: Final = 400
TAPE: Final = "options.tape"
PACKETS: Final = "flow.packets"
ALERTS: Final = "flow.alerts"
CANDLES: Final = "equities.candles"
# What the page's first screen asks of the tape.
FIRST_FILTER: Final = MappingProxyType(
    {
        "view": "signal",
        "security": "stock",
        "side": ["AA", "A", "MID", "MISSING", "STALE"],
        "min_notional": 10_000,
    }
)
CHART_SYMBOL: Final = "SPY"
CHART_MS: Final = 60_000
# Beside the tape, each second.
OTHERS_PER_S: Final = MappingProxyType({PACKETS: 10, ALERTS: 1, CANDLES: 5})
# A packet's members are the newest prints sent.
MEMBERS: Final = 5
NS_PER_MS: Final = 1_000_000

Templates = Mapping[str, Sequence[Any]]


def templates(addresses: StackAddresses, wire: AvroWire) -> Templates:
    """
    Return records of the log that the first screen shows, by topic.

    Raises
    ------
    RuntimeError
        The log holds none of a topic.
    """
    passes = parse_filters(STREAMS["options"], FIRST_FILTER).matches
    wanted: dict[str, Callable[[Any], bool]] = {
        TAPE: passes,
        PACKETS: lambda packet: bool(packet.packet_kind == "contract"),
        ALERTS: lambda _: True,
        CANDLES: lambda candle: bool(
            candle.underlying_id == CHART_SYMBOL and candle.interval_ms == CHART_MS
        ),
    }
    found: dict[str, Sequence[Any]] = {}
    for topic, is_wanted in wanted.items():
        decode = wire.decoder(topic)
        records = (decode(each.value) for each in read_log(addresses.kafka, topic) if each.value)
        found[topic] = list(itertools.islice(filter(is_wanted, records), MOST_TEMPLATES))
        if not found[topic]:
            msg = f"no record of {topic} that the first screen shows"
            raise RuntimeError(msg)
    return found


@dataclass(slots=True)
class Stamper:
    """
    Makes records of now out of recorded ones: other ids, times and numbers, the rest as it was.

    Parameters
    ----------
    found : Templates
        What is repeated.
    run : str
        Makes the ids of this feed differ from those of any other.
    """

    found: Templates
    run: str
    _number: int = 0
    _newest: deque[str] = field(default_factory=lambda: deque(maxlen=MEMBERS))

    def fresh(self, topic: str, now_ns: int) -> Any:  # noqa: ANN401 - the topic decides the type
        """Return a record of a topic that nobody has seen."""
        self._number += 1
        chosen = self.found[topic]
        template = chosen[self._number % len(chosen)]
        seq = 10**9 + self._number
        stamps = {"source_ts": now_ns, "ingest_ts": now_ns, "seq": seq}
        if topic == TAPE:
            name = f"synthetic:{self.run}:prints:{self._number}"
            self._newest.append(name)
            return msgspec.structs.replace(template, **stamps, trace_id=name)
        if topic == CANDLES:
            return self._candle(template, now_ns, stamps)
        kind = template.trace_id.partition(":")[0]
        name = f"{kind}:{self.run}:{self._number}"
        span = {"revision": 1, "trace_id": name}
        if topic == PACKETS:
            members = tuple(self._newest)
            times = {"start_ts": now_ns - 300 * NS_PER_MS, "end_ts": now_ns}
            return msgspec.structs.replace(
                template, **stamps, **span, **times, id=name, members=members
            )
        times = {"first_ts": now_ns, "last_ts": now_ns}
        return msgspec.structs.replace(template, **stamps, **span, **times, alert_id=name)

    def _candle(self, template: Any, now_ns: int, stamps: Mapping[str, int]) -> Any:  # noqa: ANN401
        # The bar of this minute, whose close walks to and fro.
        start_ns = now_ns - now_ns % (CHART_MS * NS_PER_MS)
        price = next(each.close for each in reversed(self.found[CANDLES]) if each.close)
        close = round(price + (self._number // 10 % 11 - 5) / 100, 2)
        return msgspec.structs.replace(
            template,
            **stamps,
            trace_id=f"candle:synthetic:{CHART_SYMBOL}:{CHART_MS}:{start_ns}",
            revision=self._number,
            window_start=start_ns,
            window_end=start_ns + CHART_MS * NS_PER_MS,
            closed=False,
            volume=self._number,
            open=price,
            high=price + 0.05,
            low=price - 0.05,
            close=close,
        )


class Feed:
    """
    Sends records at an even pace from a thread of its own, from entry to exit.

    Parameters
    ----------
    addresses : StackAddresses
        Where the log is.
    wire : AvroWire
        How it is written.
    stamper : Stamper
        What is sent.
    rate : int
        Prints of the tape a second.

    Attributes
    ----------
    sent : list of str
        Ids of the prints sent, in order.
    """

    def __init__(
        self, addresses: StackAddresses, wire: AvroWire, stamper: Stamper, rate: int
    ) -> None:
        self.sent: list[str] = []
        self._config = SinkConfig(brokers=addresses.kafka, linger_ms=0)
        self._stamper = stamper
        self._rate = rate
        self._encode = {topic: wire.encoder(topic) for topic in stamper.found}
        catalog = topic_catalog()
        self._partitions = {topic: catalog[topic].partitions for topic in stamper.found}
        self._began_s = self._took_s = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Send no more, once what is under way is written."""
        self._stop.set()
        self._thread.join()

    @property
    def rate(self) -> int:
        """Prints a second sent so far."""
        return round(len(self.sent) / self._took_s) if self._took_s else 0

    def _run(self) -> None:
        # It ends with this thread: it must not outlive the log.
        producer = BatchProducer(self._config)
        self._began_s = due_s = time.monotonic()
        for batch in itertools.count():
            if self._stop.is_set():
                return
            producer.write(list(self._batch(batch)))
            due_s += 1 / BATCHES_PER_S
            now_s = time.monotonic()
            self._took_s = now_s - self._began_s
            # What a stall held up is left out: a burst afterwards would be another load.
            due_s = max(due_s, now_s - LATE_S)
            time.sleep(max(0.0, due_s - now_s))

    def _batch(self, batch: int) -> Iterator[OutRecord]:
        for topic, per_s in ({TAPE: self._rate} | OTHERS_PER_S).items():
            # How many are due by the end of this batch, less those of the batches before.
            count = (batch + 1) * per_s // BATCHES_PER_S - batch * per_s // BATCHES_PER_S
            for _ in range(count):
                record = self._stamper.fresh(topic, time.time_ns())
                if topic == TAPE:
                    self.sent.append(record.trace_id)
                place = partition_of(record.underlying_id.encode(), self._partitions[topic])
                yield message_of(topic, place, record, self._encode[topic])
