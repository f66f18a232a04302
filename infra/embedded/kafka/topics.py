"""Topics on disk: one folder each, named after the topic and its id."""

import re
import shutil
import uuid
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import structlog
from kio.schema.errors import ErrorCode

from infra.embedded.kafka.config import MAX_PARTITIONS
from infra.embedded.kafka.files import FilePool
from infra.embedded.kafka.files import replace_file
from infra.embedded.kafka.files import sync_folder
from infra.embedded.kafka.flusher import Flusher
from infra.embedded.kafka.partition import PartitionLog
from infra.embedded.kafka.segment import LOG_SUFFIX
from infra.embedded.kafka.topic_configs import log_bounds
from infra.errors import InfraError
from infra.errors import MisconfiguredInfra

log = structlog.get_logger(__name__)

TOPIC_FILE: Final = "topic.json"
_LEGAL_NAME: Final = re.compile(r"[a-zA-Z0-9._-]{1,249}")


class RejectedTopic(InfraError):
    """A topic cannot be created or changed; `code` is what the client is told."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class TopicRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `topic.json` holds."""

    name: str
    topic_id: uuid.UUID
    partitions: int
    configs: dict[str, str]


class Topic:
    """One topic: its settings and the logs of its partitions."""

    def __init__(self, record: TopicRecord, directory: Path, segment_bytes: int) -> None:
        self.name = record.name
        self.topic_id = record.topic_id
        self.directory = directory
        self.configs: Mapping[str, str] = record.configs
        self.bounds = log_bounds(record.configs, segment_bytes)
        self.partitions: list[PartitionLog] = []

    def partition(self, index: int) -> PartitionLog | None:
        """Return the partition with this number, None when there is none."""
        return self.partitions[index] if 0 <= index < len(self.partitions) else None


def check_topic_name(name: str) -> None:
    """
    Refuse what Kafka refuses as a topic name.

    Raises
    ------
    RejectedTopic
        The name is empty, too long, `.` or `..`, or has a character outside `[a-zA-Z0-9._-]`.
    """
    if name in {".", ".."} or _LEGAL_NAME.fullmatch(name) is None:
        msg = f"topic name {name!r}, expected 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'"
        raise RejectedTopic(ErrorCode.invalid_topic_exception, msg)


class TopicStore:
    """
    Create, open, change and delete topics under one folder.

    Delivery: a topic is durable when `create` returns. A deleted topic's folder is renamed first,
    so after a crash it is either whole or gone; the rest is swept at the next start.
    """

    def __init__(
        self, data_dir: Path, files: FilePool, flusher: Flusher, segment_bytes: int
    ) -> None:
        self._root = data_dir / "topics"
        self._trash = data_dir / "trash"
        self._files = files
        self._flusher = flusher
        self.segment_bytes = segment_bytes
        self._topics: dict[str, Topic] = {}
        self._by_id: dict[uuid.UUID, Topic] = {}
        self._all: tuple[Topic, ...] = ()

    def open(self) -> int:
        """
        Load every topic and return the bytes cut from torn logs.

        Raises
        ------
        MisconfiguredInfra
            A topic's file cannot be read.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        self.sweep()
        truncated_bytes = 0
        for directory in sorted(self._root.iterdir()):
            if not (directory / TOPIC_FILE).exists():
                _remove_unfinished(directory)
                continue
            topic = self._load(directory)
            truncated_bytes += sum(partition.open() for partition in topic.partitions)
            self._add(topic)
        return truncated_bytes

    def get(self, name: str) -> Topic | None:
        """Return a topic by name."""
        return self._topics.get(name)

    def by_id(self, topic_id: uuid.UUID) -> Topic | None:
        """Return a topic by id."""
        return self._by_id.get(topic_id)

    def partition(self, name: str, index: int) -> PartitionLog | None:
        """Return one partition of a topic by name."""
        topic = self._topics.get(name)
        return None if topic is None else topic.partition(index)

    def all(self) -> tuple[Topic, ...]:
        """Return every topic in the order of the names."""
        return self._all

    def create(self, name: str, partitions: int, configs: Mapping[str, str]) -> Topic:
        """
        Create a topic.

        Raises
        ------
        RejectedTopic
            The name is taken or illegal, or the partition count is out of range.
        """
        self.check_new(name, partitions)
        record = TopicRecord(name, uuid.uuid4(), partitions, dict(configs))
        directory = self._root / f"{name[:200]}-{record.topic_id.hex[:12]}"
        directory.mkdir()
        self._write(directory, record)
        sync_folder(self._root)
        topic = self._build(record, directory)
        self._add(topic)
        log.info("topic_created", topic=name, partitions=partitions)
        return topic

    def check_new(self, name: str, partitions: int) -> None:
        """Raise what `create` would."""
        check_topic_name(name)
        if name in self._topics:
            msg = f"topic {name!r} already exists"
            raise RejectedTopic(ErrorCode.topic_already_exists, msg)
        if not 1 <= partitions <= MAX_PARTITIONS:
            msg = f"topic {name!r} with {partitions} partitions, expected 1 to {MAX_PARTITIONS}"
            raise RejectedTopic(ErrorCode.invalid_partitions, msg)

    def change(
        self, topic: Topic, *, configs: Mapping[str, str] | None = None, partitions: int = 0
    ) -> None:
        """Replace a topic's settings or raise its partition count; 0 leaves the count."""
        count = max(partitions, len(topic.partitions))
        kept = dict(topic.configs if configs is None else configs)
        record = TopicRecord(topic.name, topic.topic_id, count, kept)
        self._write(topic.directory, record)
        topic.configs = kept
        topic.bounds = log_bounds(kept, self.segment_bytes)
        topic.partitions.extend(
            self._partition(topic, index) for index in range(len(topic.partitions), count)
        )

    def delete(self, topic: Topic) -> None:
        """Take the topic away; its files are removed by the next `sweep`."""
        self._trash.mkdir(exist_ok=True)
        topic.directory.rename(self._trash / topic.directory.name)
        for partition in topic.partitions:
            partition.discard()
        del self._topics[topic.name]
        del self._by_id[topic.topic_id]
        self._sort()
        self._flusher.folder_changed(self._root)
        log.info("topic_deleted", topic=topic.name)

    def sweep(self) -> None:
        """Remove the files of deleted topics; slow, so not for the event loop."""
        shutil.rmtree(self._trash, ignore_errors=True)

    def _load(self, directory: Path) -> Topic:
        path = directory / TOPIC_FILE
        try:
            record = msgspec.json.decode(path.read_bytes(), type=TopicRecord)
        except msgspec.DecodeError as error:
            msg = f"{path} is not a topic file ({error}); restore it or remove its folder"
            raise MisconfiguredInfra(msg) from error
        return self._build(record, directory)

    def _build(self, record: TopicRecord, directory: Path) -> Topic:
        topic = Topic(record, directory, self.segment_bytes)
        topic.partitions = [self._partition(topic, index) for index in range(record.partitions)]
        return topic

    def _partition(self, topic: Topic, index: int) -> PartitionLog:
        directory = topic.directory / str(index)
        return PartitionLog(topic.name, index, directory, self._files, self._flusher)

    def _write(self, directory: Path, record: TopicRecord) -> None:
        encoded = msgspec.json.format(msgspec.json.encode(record), indent=2)
        replace_file(directory / TOPIC_FILE, encoded)

    def _add(self, topic: Topic) -> None:
        self._topics[topic.name] = topic
        self._by_id[topic.topic_id] = topic
        self._sort()

    def _sort(self) -> None:
        self._all = tuple(self._topics[name] for name in sorted(self._topics))

    def partitions(self) -> Iterable[PartitionLog]:
        """Yield every partition of every topic."""
        for topic in self._all:
            yield from topic.partitions


def _remove_unfinished(directory: Path) -> None:
    # A crash between making the folder and writing the topic file: nobody was told of the topic.
    if any(directory.rglob(f"*{LOG_SUFFIX}")):
        msg = f"{directory} has records but no {TOPIC_FILE}; restore the file or move the folder"
        raise MisconfiguredInfra(msg)
    shutil.rmtree(directory)
