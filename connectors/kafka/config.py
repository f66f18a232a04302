"""Configuration of the Kafka connectors."""

from typing import Final
from typing import Literal

import msgspec

from connectors.errors import MisconfiguredConnector

MAX_BATCH_RECORDS: Final = 100_000
MAX_WAIT_MS: Final = 60_000


def _expect(is_right: bool, name: str, value: object, expected: str) -> None:
    if not is_right:
        msg = f"{name} is {value!r}, expected {expected}"
        raise MisconfiguredConnector(msg)


class SourceConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What a source reads and how long it waits.

    Parameters
    ----------
    brokers : str
        `host:port[,host:port]`.
    group : str
        Consumer group in which progress is shown; nothing is ever resumed from it.
    topics : tuple of str
        Inputs in tie order: at equal event time the earlier named goes first.
    stop_at_end : bool
        Read to where the log ended at start, emit the end and stop; nothing is guessed on the way.
    deliver_policy : {"new", "all"}
        Where a source without resume state starts: behind the last record, or at the first kept.
    ignore_state : bool
        Start by `deliver_policy` even if there is resume state.
    batch_records : int
        Most records of one batch, 1 to 100,000.
    max_idle_ms : int
        Longest wall time a caught-up topic holds back the others, 0 to 60,000; live only.
    tick_ms : int
        Shortest wall time between two watermark ticks on a quiet tape, 10 to 60,000; live only.
    ticks : bool
        Whether wall time brings ticks at all; not where the tape itself may stand still.
    from_ns, until_ns : int
        Event times (ns UTC) between which a source without resume state reads, the second one
        excluded: the log's own search by time finds the offsets, to the millisecond. 0 for none.
    keys : tuple of str
        Only messages with these keys; the others are passed over. Empty for all.
    marks_topic : str
        Topic whose marks say how far to read, see `connectors.kafka.marks`; empty for none.
    journal_topic : str
        Topic that holds the order the live source gave, see `connectors.kafka.journal`; empty for
        none.
    journal_key : str
        Key of this flow's marks in it.
    progress_topic : str
        Topic that says how far this very flow had come; empty where it is not the live flow, whose
        journal is read only.
    """

    brokers: str
    group: str
    topics: tuple[str, ...]
    stop_at_end: bool = False
    deliver_policy: Literal["new", "all"] = "new"
    ignore_state: bool = False
    batch_records: int = 1000
    max_idle_ms: int = 50
    tick_ms: int = 100
    ticks: bool = True
    from_ns: int = 0
    until_ns: int = 0
    keys: tuple[str, ...] = ()
    marks_topic: str = ""
    journal_topic: str = ""
    journal_key: str = ""
    progress_topic: str = ""

    def __post_init__(self) -> None:
        _expect(bool(self.brokers), "brokers", self.brokers, "host:port[,host:port]")
        _expect(bool(self.group), "group", self.group, "a consumer group's name")
        names = self.topics
        _expect(
            0 < len(set(names)) == len(names) < 128, "topics", names, "1 to 127 different topics"
        )
        _expect(
            self.deliver_policy in {"new", "all"}, "deliver_policy", self.deliver_policy, "new, all"
        )
        _expect(
            1 <= self.batch_records <= MAX_BATCH_RECORDS,
            "batch_records",
            self.batch_records,
            f"1 to {MAX_BATCH_RECORDS}",
        )
        _expect(
            0 <= self.max_idle_ms <= MAX_WAIT_MS,
            "max_idle_ms",
            self.max_idle_ms,
            f"0 to {MAX_WAIT_MS}",
        )
        _expect(10 <= self.tick_ms <= MAX_WAIT_MS, "tick_ms", self.tick_ms, f"10 to {MAX_WAIT_MS}")
        _expect(self.from_ns >= 0, "from_ns", self.from_ns, "ns UTC, 0 for none")
        is_range = self.until_ns == 0 or self.until_ns > self.from_ns
        _expect(is_range, "until_ns", self.until_ns, f"ns UTC after {self.from_ns}, 0 for none")
        is_marked = self.marks_topic != ""
        is_free = not is_marked or self.from_ns == self.until_ns == 0
        _expect(is_free, "marks_topic", self.marks_topic, "none beside from_ns or until_ns")
        _expect(self.marks_topic not in names, "marks_topic", self.marks_topic, "no input")
        is_alone = self.journal_topic == "" or not is_marked
        _expect(is_alone, "journal_topic", self.journal_topic, "none beside marks_topic")
        has_key = (self.journal_topic == "") == (self.journal_key == "")
        _expect(has_key, "journal_key", self.journal_key, "a key with journal_topic, else none")
        has_journal = self.progress_topic == "" or self.journal_topic != ""
        _expect(has_journal, "progress_topic", self.progress_topic, "none without journal_topic")


class SinkConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How records are written.

    Parameters
    ----------
    brokers : str
        `host:port[,host:port]`.
    compression : {"none", "lz4", "zstd", "snappy", "gzip"}
        Of record batches; none, because the log is on this machine by default.
    linger_ms : int
        Wall time the client waits to fill a batch, 0 to 1,000.
    delivery_timeout_ms : int
        Wall time after which an unacknowledged record stops the flow, 1,000 to 3,600,000.
    namespace : str
        Prefix of every topic written to, see `in_namespace`; empty for none.
    """

    brokers: str
    compression: Literal["none", "lz4", "zstd", "snappy", "gzip"] = "none"
    linger_ms: int = 2
    delivery_timeout_ms: int = 120_000
    namespace: str = ""

    def __post_init__(self) -> None:
        _expect(bool(self.brokers), "brokers", self.brokers, "host:port[,host:port]")
        _expect(
            self.compression in {"none", "lz4", "zstd", "snappy", "gzip"},
            "compression",
            self.compression,
            "none, lz4, zstd, snappy or gzip",
        )
        _expect(0 <= self.linger_ms <= 1000, "linger_ms", self.linger_ms, "0 to 1000")
        _expect(
            1000 <= self.delivery_timeout_ms <= 3_600_000,
            "delivery_timeout_ms",
            self.delivery_timeout_ms,
            "1000 to 3600000",
        )
