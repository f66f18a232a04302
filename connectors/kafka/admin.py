"""Topics of a broker: made to match the catalogue, listed, described."""

from collections.abc import Iterable
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any
from typing import Final
from typing import Literal
from typing import Protocol

import msgspec
from confluent_kafka import Consumer
from confluent_kafka import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import AlterConfigOpType
from confluent_kafka.admin import ConfigEntry
from confluent_kafka.admin import ConfigResource
from confluent_kafka.admin import NewPartitions
from confluent_kafka.admin import NewTopic
from confluent_kafka.admin import ResourceType

from connectors.errors import MisconfiguredConnector
from connectors.kafka.clients import admin_client
from connectors.kafka.reader import ANSWER_TIMEOUT_S
from connectors.kafka.reader import connector_error
from connectors.kafka.reader import first_and_next_offset

READ_ONLY_GROUP: Final = "islandflow-admin"


class TopicSpec(Protocol):
    """What a topic is to be; an entry of the topic catalogue."""

    @property
    def name(self) -> str:
        """Topic."""
        ...

    @property
    def partitions(self) -> int:
        """Number of partitions."""
        ...

    def configs(self) -> Mapping[str, str]:
        """Return the broker's settings of the topic."""
        ...


class TopicChange(msgspec.Struct, frozen=True):
    """
    What was done to one topic.

    Parameters
    ----------
    topic : str
        Topic.
    action : {"created", "changed", "unchanged"}
        What was done.
    detail : str
        What changed from what to what; empty when unchanged.
    """

    topic: str
    action: Literal["created", "changed", "unchanged"]
    detail: str


class PartitionDescription(msgspec.Struct, frozen=True):
    """First kept and next offset of a partition."""

    partition: int
    first_offset: int
    next_offset: int


class TopicDescription(msgspec.Struct, frozen=True):
    """A topic as the broker has it."""

    topic: str
    partitions: tuple[PartitionDescription, ...]
    configs: dict[str, str]

    @property
    def records(self) -> int:
        """Number of offsets between first and last kept."""
        return sum(each.next_offset - each.first_offset for each in self.partitions)


def _answer(future: "Future[Any]", what: str) -> Any:  # noqa: ANN401 - the request decides
    try:
        return future.result(timeout=ANSWER_TIMEOUT_S)
    except KafkaException as error:
        raise connector_error(error.args[0], what) from error


def _partition_counts(admin: AdminClient, brokers: str) -> dict[str, int]:
    try:
        known = admin.list_topics(timeout=ANSWER_TIMEOUT_S)
    except KafkaException as error:
        raise connector_error(error.args[0], f"cannot list topics of {brokers}") from error
    return {name: len(topic.partitions) for name, topic in known.topics.items()}


def _configs(admin: AdminClient, topics: Iterable[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in topics]
    if not resources:
        return {}
    found = {}
    for resource, future in admin.describe_configs(resources).items():
        entries = _answer(future, f"cannot describe {resource.name}")
        found[resource.name] = {name: str(entry.value) for name, entry in entries.items()}
    return found


def apply_topics(brokers: str, catalog: Mapping[str, TopicSpec]) -> list[TopicChange]:
    """
    Make the broker's topics match the catalogue; topics it does not name are left alone.

    Applying twice changes nothing the second time. New topics are created with as many replicas
    as the broker has by default.

    Raises
    ------
    MisconfiguredConnector
        A topic has more partitions than the catalogue says: partitions cannot be taken away, and
        keys would move if they could.
    TransientConnector
        The broker does not answer.
    """
    admin = admin_client(brokers)
    counts = _partition_counts(admin, brokers)
    for name, spec in catalog.items():
        if counts.get(name, 0) > spec.partitions:
            msg = (
                f"{name} has {counts[name]} partitions, topics.yaml says {spec.partitions}: "
                "partitions cannot be removed; correct topics.yaml or delete the topic"
            )
            raise MisconfiguredConnector(msg)
    kept = [name for name in catalog if name in counts]
    configs = _configs(admin, kept)
    _create(admin, [spec for name, spec in catalog.items() if name not in counts])
    changes = []
    for name, spec in catalog.items():
        if name not in counts:
            detail = f"{spec.partitions} partitions"
            changes.append(TopicChange(topic=name, action="created", detail=detail))
            continue
        details = [
            *_grow(admin, spec, counts[name]),
            *_correct(admin, spec, configs[name]),
        ]
        changes.append(
            TopicChange(
                topic=name,
                action="changed" if details else "unchanged",
                detail=", ".join(details),
            )
        )
    return changes


def _create(admin: AdminClient, specs: list[TopicSpec]) -> None:
    if not specs:
        return
    requests = [
        NewTopic(spec.name, num_partitions=spec.partitions, config=dict(spec.configs()))
        for spec in specs
    ]
    for name, future in admin.create_topics(requests).items():
        try:
            future.result(timeout=ANSWER_TIMEOUT_S)
        except KafkaException as error:
            # Somebody else applied the same catalogue at the same time.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise connector_error(error.args[0], f"cannot create {name}") from error


def _grow(admin: AdminClient, spec: TopicSpec, count: int) -> list[str]:
    if count == spec.partitions:
        return []
    futures = admin.create_partitions([NewPartitions(spec.name, spec.partitions)])
    _answer(futures[spec.name], f"cannot add partitions to {spec.name}")
    return [f"partitions {count} → {spec.partitions}"]


def _correct(admin: AdminClient, spec: TopicSpec, found: Mapping[str, str]) -> list[str]:
    wrong = {name: value for name, value in spec.configs().items() if found.get(name) != value}
    if not wrong:
        return []
    resource = ConfigResource(
        ResourceType.TOPIC,
        spec.name,
        incremental_configs=[
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in wrong.items()
        ],
    )
    for future in admin.incremental_alter_configs([resource]).values():
        _answer(future, f"cannot change settings of {spec.name}")
    return [f"{name} {found.get(name)} → {value}" for name, value in wrong.items()]


def delete_topics(brokers: str, names: Iterable[str]) -> list[str]:
    """
    Delete topics for good; return those there were.

    Raises
    ------
    TransientConnector
        The broker does not answer.
    """
    admin = admin_client(brokers)
    counts = _partition_counts(admin, brokers)
    there = [name for name in names if name in counts]
    for name, future in (admin.delete_topics(there) if there else {}).items():
        _answer(future, f"cannot delete {name}")
    return there


def list_topics(brokers: str) -> dict[str, int]:
    """
    Return the partition count of every topic, internal ones left out, sorted by name.

    Raises
    ------
    TransientConnector
        The broker does not answer.
    """
    counts = _partition_counts(admin_client(brokers), brokers)
    return {name: counts[name] for name in sorted(counts) if not name.startswith("__")}


def describe_topic(brokers: str, topic: str) -> TopicDescription:
    """
    Return offsets and settings of a topic.

    Raises
    ------
    MisconfiguredConnector
        There is no such topic.
    TransientConnector
        The broker does not answer.
    """
    admin = admin_client(brokers)
    counts = _partition_counts(admin, brokers)
    if topic not in counts:
        msg = f"no topic {topic!r}; known are {', '.join(sorted(counts)) or 'none'}"
        raise MisconfiguredConnector(msg)
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": READ_ONLY_GROUP})
    partitions = []
    try:
        for partition in range(counts[topic]):
            first, following = first_and_next_offset(consumer, TopicPartition(topic, partition))
            partitions.append(PartitionDescription(partition, first, following))
    except KafkaException as error:
        raise connector_error(error.args[0], f"cannot describe {topic}") from error
    finally:
        consumer.close()
    return TopicDescription(
        topic=topic, partitions=tuple(partitions), configs=_configs(admin, [topic])[topic]
    )
