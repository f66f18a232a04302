"""Feeds reach a broker whole: nothing lost, nothing twice, across stops and crashes."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME
from confluent_kafka import Consumer
from confluent_kafka import Message
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import NewTopic

from connectors.errors import MisconfiguredConnector
from connectors.errors import TransientConnector
from connectors.feeds.base.errors import StaleCheckpoint
from connectors.feeds.base.errors import TooManyRejects
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import Origin
from connectors.feeds.base.log_scan import LogScan
from connectors.feeds.base.log_scan import trace_id_of
from connectors.feeds.base.publisher import FeedPublisher
from connectors.feeds.base.publisher import PublisherConfig
from connectors.feeds.base.publisher import PublishProgress
from connectors.feeds.files.open import FileFeed
from connectors.feeds.files.publish import publish_files
from connectors.feeds.synthetic.live import LiveSynthetic
from infra.embedded.stack import StackAddresses
from schemas.codec import codec_of
from schemas.records import OptionsPrint
from tests.connectors.feeds.files import samples

TOPICS = (
    "refdata.events",
    "refdata.open-interest",
    "equities.quotes",
    "equities.prints",
    "options.nbbo",
    "options.prints",
)
PARTITIONS = 8
DEADLINE_S = 30
PREFIX = b"\x00\x00\x00\x00\x07"
ROWS = 400
GOOD, BAD = samples.TOS_ROWS[0], samples.TOS_ROWS[0].replace(",1.25,", ",-1.25,")


class Log:
    """The feed topics of one broker, emptied before each test."""

    def __init__(self, brokers: str) -> None:
        self.brokers = brokers
        self.admin = AdminClient({"bootstrap.servers": brokers})

    def empty(self) -> None:
        names = [*TOPICS, *(f"{topic}.dlq" for topic in TOPICS)]
        self.delete(names)
        # Messages carry event times, which a bound by age would delete at once.
        kept = {"retention.ms": "-1"}
        fresh = [
            NewTopic(n, 1 if n.endswith(".dlq") else PARTITIONS, 1, config=kept) for n in names
        ]
        for future in self.admin.create_topics(fresh).values():
            future.result(DEADLINE_S)
        until(lambda: self.answers(names))

    def answers(self, names: list[str]) -> bool:
        """Tell whether every partition has a leader; new ones take a moment."""
        try:
            LogScan(self.brokers).ends(names)
        except (MisconfiguredConnector, TransientConnector):
            return False
        return True

    def names(self) -> set[str]:
        return set(self.admin.list_topics(timeout=DEADLINE_S).topics)

    def delete(self, names: list[str]) -> None:
        there = sorted(self.names() & set(names))
        if there:
            for future in self.admin.delete_topics(there).values():
                future.result(DEADLINE_S)
            until(lambda: not self.names() & set(there))

    def read(self, topic: str) -> list[Message]:
        consumer = Consumer(
            {"bootstrap.servers": self.brokers, "group.id": "test", "enable.auto.commit": False}
        )
        try:
            count = len(consumer.list_topics(topic, timeout=DEADLINE_S).topics[topic].partitions)
            places = [TopicPartition(topic, partition, 0) for partition in range(count)]
            left = sum(
                consumer.get_watermark_offsets(place, timeout=DEADLINE_S)[1] for place in places
            )
            consumer.assign(places)
            found: list[Message] = []
            deadline = time.monotonic() + DEADLINE_S
            while len(found) < left and time.monotonic() < deadline:
                found += [m for m in consumer.consume(1000, 0.2) if m.error() is None]
            return found
        finally:
            consumer.close()

    def ids(self, topic: str) -> list[str]:
        return sorted(trace_id_of(value_of(message)) for message in self.read(topic))


def value_of(message: Message) -> bytes:
    value = message.value()
    assert isinstance(value, bytes)
    return value


def headers_of(message: Message) -> dict[str, bytes]:
    # The client types headers as anything it would accept; it returns pairs of text and bytes.
    return dict(cast(list[tuple[str, bytes]], message.headers() or []))


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


@pytest.fixture
def log(stack: StackAddresses) -> Iterator[Log]:
    found = Log(stack.kafka)
    found.empty()
    yield found
    found.delete([*TOPICS, *(f"{topic}.dlq" for topic in TOPICS)])


def publisher(
    log: Log, folder: Path, stop: threading.Event | None = None, **changes: int
) -> FeedPublisher:
    config = PublisherConfig(
        brokers=log.brokers, data_folder=folder, **{"batch_records": 50, **changes}
    )
    return FeedPublisher(config, lambda _: PREFIX, stop)


def rows(count: int = ROWS) -> list[str]:
    return [
        GOOD.replace("09:00:01", f"09:{n // 60:02}:{n % 60:02}").replace("50.0", f"{n % 40 + 10}.0")
        for n in range(count)
    ]


def day(folder: Path) -> FileFeed:
    content = rows()
    content.insert(7, BAD)
    content.insert(200, BAD.replace("XYZ", "ABC"))
    return FileFeed(samples.tos(folder, content))


def wanted_ids(feed: FileFeed) -> list[str]:
    return sorted(record.trace_id for record in samples.prints(feed.records()))


def test_file_arrives_whole_with_keys_stamps_and_dead_letters(log: Log, tmp_path: Path) -> None:
    feed = day(tmp_path)
    seen: list[PublishProgress] = []

    summary = publish_files(publisher(log, tmp_path), [feed], progress=seen.append)

    messages = log.read("options.prints")
    assert (summary.published, summary.dead_lettered, summary.resumed) == (ROWS, 2, 0)
    assert summary.by_topic == {"options.prints": ROWS, "options.prints.dlq": 2}
    assert seen[-1].published == ROWS
    found = [codec_of(OptionsPrint).decode(value_of(message), at=5) for message in messages]
    by_id = {record.trace_id: record for record in samples.prints(feed.records())}
    assert {record.trace_id: record for record in found} == by_id
    assert {message.key() for message in messages} == {b"XYZ"}
    assert len({message.partition() for message in messages}) == 1
    for message, record in zip(messages, found, strict=True):
        assert message.timestamp() == (TIMESTAMP_CREATE_TIME, record.source_ts // 1_000_000)
    letters = sorted(log.read("options.prints.dlq"), key=lambda message: message.offset() or 0)
    headers = headers_of(letters[0])
    assert letters[0].value() == BAD.encode()
    assert headers["error"].startswith(b"invalid_price: ")
    assert headers["feed"] == b"file-tos"
    assert headers["session"] == feed.session.encode()
    assert headers["position"] == b"XYZ_sample.csv:9"
    assert (headers["attempt"], headers["topic"]) == (b"1", b"options.prints")


def test_complete_file_published_again_adds_nothing(log: Log, tmp_path: Path) -> None:
    feed = day(tmp_path)
    publish_files(publisher(log, tmp_path), [feed])

    again = publish_files(publisher(log, tmp_path), [feed])

    assert (again.published, again.dead_lettered) == (0, 0)
    assert again.already_complete == (f"file-tos-{feed.session}",)
    assert log.ids("options.prints") == wanted_ids(feed)
    assert len(log.read("options.prints.dlq")) == 2


def test_file_beside_a_complete_one_is_published_alone(log: Log, tmp_path: Path) -> None:
    first = day(tmp_path)
    second = FileFeed(samples.cboe(tmp_path))
    publish_files(publisher(log, tmp_path), [first])

    summary = publish_files(publisher(log, tmp_path), [second, first])

    assert summary.published == 3
    assert log.ids("options.prints") == sorted(wanted_ids(first) + wanted_ids(second))


def test_stopped_publisher_goes_on_where_it_stopped(log: Log, tmp_path: Path) -> None:
    feed = day(tmp_path)
    stop = threading.Event()

    def stop_halfway(progress: PublishProgress) -> None:
        if progress.published >= ROWS // 2:
            stop.set()

    halted = publish_files(publisher(log, tmp_path, stop), [feed], progress=stop_halfway)
    rest = publish_files(publisher(log, tmp_path), [feed])

    assert halted.stopped
    assert 0 < halted.published < ROWS
    assert halted.published + rest.published == ROWS
    assert halted.dead_lettered + rest.dead_lettered == 2
    assert log.ids("options.prints") == wanted_ids(feed)


class Crash(Exception):
    """Stands for the death of the process: nothing after it is executed."""


def until_crash(items: Iterable[FeedItem], count: int) -> Iterator[FeedItem]:
    yield from itertools.islice(items, count)
    raise Crash


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 137, 401])
@pytest.mark.parametrize("checkpoint_ms", [0, 60_000])
def test_crash_between_acknowledgement_and_checkpoint_loses_and_doubles_nothing(
    log: Log, tmp_path: Path, count: int, checkpoint_ms: int
) -> None:
    feed = day(tmp_path)
    dying = publisher(log, tmp_path, checkpoint_ms=checkpoint_ms)

    with pytest.raises(Crash):
        dying.publish(until_crash(feed.records(), count), [feed.origin])
    summary = publish_files(publisher(log, tmp_path), [feed])

    written = (count // 50) * 50
    assert summary.resumed == written
    assert summary.published + summary.dead_lettered == ROWS + 2 - written
    assert log.ids("options.prints") == wanted_ids(feed)
    assert len(log.read("options.prints.dlq")) == 2


def test_two_crashed_files_are_both_resumed(log: Log, tmp_path: Path) -> None:
    first, second = day(tmp_path), FileFeed(samples.theta(tmp_path))
    origins = [first.origin, second.origin]
    items = itertools.chain(second.records(), first.records())
    with pytest.raises(Crash):
        publisher(log, tmp_path, batch_records=1, checkpoint_ms=60_000).publish(
            until_crash(items, 31), origins
        )

    publish_files(publisher(log, tmp_path), [first, second])

    assert log.ids("options.prints") == sorted(wanted_ids(first) + wanted_ids(second))


def kill_at(command: list[str], log: Log, goal: int) -> None:
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    try:
        until(lambda: written(log) >= goal or process.poll() is not None)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(DEADLINE_S)


def test_killed_process_loses_and_doubles_nothing(log: Log, tmp_path: Path) -> None:
    path = samples.tos(tmp_path, rows(3000) + [BAD] * 20)
    feed = FileFeed(path)
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from connectors.feeds.base.publisher import FeedPublisher, PublisherConfig\n"
        "from connectors.feeds.files.open import FileFeed\n"
        "from connectors.feeds.files.publish import publish_files\n"
        "brokers, folder, path = sys.argv[1:]\n"
        "config = PublisherConfig(\n"
        "    brokers=brokers, data_folder=Path(folder), batch_records=10, checkpoint_ms=50\n"
        ")\n"
        "publisher = FeedPublisher(config, lambda _: b'\\0\\0\\0\\0\\7')\n"
        "publish_files(publisher, [FileFeed(Path(path))])\n"
    )
    command = [sys.executable, "-c", program, log.brokers, str(tmp_path), str(path)]
    wanted = wanted_ids(feed)

    for goal in (300, 900, 1800):
        kill_at(command, log, goal)
    publish_files(publisher(log, tmp_path, batch_records=1000), [feed])

    assert log.ids("options.prints") == wanted
    positions = [headers_of(message)["position"] for message in log.read("options.prints.dlq")]
    assert len(positions) == len(set(positions)) == 20


def written(log: Log) -> int:
    return sum(LogScan(log.brokers).ends(["options.prints"])["options.prints"])


def test_mostly_bad_file_publishes_nothing_at_all(log: Log, tmp_path: Path) -> None:
    good = FileFeed(samples.theta(tmp_path))
    bad = FileFeed(samples.tos(tmp_path, [*rows(1000), *[BAD] * 100]))

    with pytest.raises(TooManyRejects):
        publish_files(publisher(log, tmp_path), [good, bad])

    assert log.ids("options.prints") == []
    assert log.read("options.prints.dlq") == []


def test_log_that_lost_its_records_is_noticed(log: Log, tmp_path: Path) -> None:
    feed = day(tmp_path)
    publish_files(publisher(log, tmp_path), [feed])
    log.empty()

    with pytest.raises(StaleCheckpoint, match="deleted or cut"):
        publish_files(publisher(log, tmp_path), [feed])


def test_missing_topic_is_named(log: Log, tmp_path: Path) -> None:
    log.delete(["options.prints.dlq"])

    with pytest.raises(MisconfiguredConnector, match=r"options\.prints\.dlq does not exist"):
        publish_files(publisher(log, tmp_path), [day(tmp_path)])


def test_paced_file_is_published_in_event_time(log: Log, tmp_path: Path) -> None:
    feed = FileFeed(samples.tos(tmp_path, rows(60)))
    batches: list[PublishProgress] = []

    publish_files(publisher(log, tmp_path), [feed], speed=1000.0, progress=batches.append)

    assert log.ids("options.prints") == wanted_ids(feed)
    stamps = [progress.source_ts for progress in batches]
    assert stamps == sorted(stamps)
    assert len(batches) > 2


def test_synthetic_market_runs_until_stopped_and_goes_on(log: Log, tmp_path: Path) -> None:
    stop = threading.Event()
    live = LiveSynthetic(publisher(log, tmp_path, stop), seed=3, mode="active")

    def stop_soon(progress: PublishProgress) -> None:
        if progress.published >= 120:
            stop.set()

    first = live.run(stop_soon)
    stop = threading.Event()
    resumed = LiveSynthetic(
        publisher(log, tmp_path, stop), seed=3, mode="active", start_ts=live.config.start_ts
    )

    def stop_again(progress: PublishProgress) -> None:
        if progress.published >= 60:
            stop.set()

    second = resumed.run(stop_again)

    assert first.stopped
    assert second.stopped
    assert second.resumed == first.published
    for topic in TOPICS:
        serials = [int(found.rsplit(":", 1)[1]) for found in log.ids(topic)]
        assert sorted(serials) == list(range(1, len(serials) + 1)), topic
    everything = sum(len(log.read(topic)) for topic in TOPICS)
    assert everything == first.published + second.published


def test_origins_own_topics_only_need_to_exist(log: Log, tmp_path: Path) -> None:
    origin = Origin("file-none", "000000000000", "none", ("options.prints",))

    summary = publisher(log, tmp_path).publish([], [origin])

    assert (summary.published, summary.stopped) == (0, False)
    assert publisher(log, tmp_path).is_complete(origin)
