"""Follow a topic with its records decoded."""

import threading
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from connectors.errors import RejectedRecord
from connectors.kafka.bounded import BEGINNING
from connectors.kafka.bounded import LogRecord
from connectors.kafka.bounded import Start
from connectors.kafka.bounded import read_log
from connectors.kafka.namespace import logical_topic
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from schemas.catalog import topics as known_topics


@dataclass(frozen=True, slots=True)
class TailedRecord:
    """
    A message and what it says.

    Parameters
    ----------
    source : LogRecord
        The message with its place.
    record : msgspec.Struct | None
        Decoded; null when it is not decodable or the topic carries no schema of ours.
    error : str | None
        Why it is not decodable.
    """

    source: LogRecord
    record: msgspec.Struct | None
    error: str | None


def tail(
    brokers: str,
    registry_url: str,
    topic: str,
    start: Start = BEGINNING,
    *,
    key: str | None = None,
    follow: bool = False,
    stop: threading.Event | None = None,
) -> Iterator[TailedRecord]:
    """
    Yield the decoded records of a topic, in log order within each partition.

    Parameters
    ----------
    brokers, registry_url : str
        Addresses.
    topic : str
        Topic, a replay's too; one without a schema of ours (a dead-letter topic) comes undecoded.
    start : Start
        Where to begin.
    key : str | None
        Only messages with this key.
    follow : bool
        Wait for more; otherwise end where the log ended at the call.
    stop : threading.Event | None
        Ends a followed topic within 0.1 s.

    Raises
    ------
    MisconfiguredConnector
        There is no such topic.
    TransientConnector
        Broker or registry do not answer.
    """
    decode: Callable[[bytes], msgspec.Struct] | None = None
    registry = SchemaRegistry(registry_url)
    try:
        logical = logical_topic(topic)
        if logical in known_topics():
            decode = AvroWire(registry, [logical]).decoder(logical)
        wanted = None if key is None else key.encode()
        for source in read_log(brokers, topic, start, follow=follow, stop=stop):
            if wanted is None or source.key == wanted:
                yield _tailed(source, decode)
    finally:
        registry.close()


def _tailed(source: LogRecord, decode: Callable[[bytes], msgspec.Struct] | None) -> TailedRecord:
    if decode is None or source.value is None:
        return TailedRecord(source=source, record=None, error=None)
    try:
        return TailedRecord(source=source, record=decode(source.value), error=None)
    except RejectedRecord as error:
        return TailedRecord(source=source, record=None, error=str(error))
