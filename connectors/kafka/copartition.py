"""How many partitions the topics of one flow share."""

from collections.abc import Iterable

from confluent_kafka import KafkaException

from connectors.errors import MisconfiguredConnector
from connectors.kafka.clients import admin_client
from connectors.kafka.reader import ANSWER_TIMEOUT_S
from connectors.kafka.reader import connector_error


def partition_count(brokers: str, topics: Iterable[str]) -> int:
    """
    Return the number of partitions the topics share.

    Raises
    ------
    MisconfiguredConnector
        A topic does not exist, or the topics are not co-partitioned.
    TransientConnector
        The broker does not answer.
    """
    try:
        known = admin_client(brokers).list_topics(timeout=ANSWER_TIMEOUT_S)
    except KafkaException as error:
        raise connector_error(error.args[0], f"cannot list topics of {brokers}") from error
    counts = {
        name: len(known.topics[name].partitions) if name in known.topics else 0 for name in topics
    }
    missing = [name for name, count in counts.items() if not count]
    if missing:
        msg = f"no topic {', '.join(missing)}; create it with `islandflow topics apply`"
        raise MisconfiguredConnector(msg)
    if len(set(counts.values())) != 1:
        found = ", ".join(f"{name} {count}" for name, count in counts.items())
        msg = f"topics of one flow need the same number of partitions, found {found}"
        raise MisconfiguredConnector(msg)
    return next(iter(counts.values()))
