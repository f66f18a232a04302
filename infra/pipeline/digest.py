"""Count and digest the records of a topic: what a determinism check compares."""

import hashlib
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from typing import Final

from connectors.errors import RejectedRecord
from connectors.kafka.bounded import BEGINNING
from connectors.kafka.bounded import LogRecord
from connectors.kafka.bounded import Start
from connectors.kafka.bounded import read_log
from connectors.kafka.namespace import in_namespace
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from infra.embedded.stack import StackAddresses
from infra.errors import InfraError
from infra.replay.comparison.compare import canonical
from infra.replay.comparison.compare import identity
from redpanda.catalog import topics_of

# Wall time: never the same twice.
WALL_TIME: Final = ("ingest_ts",)


class ContradictingRecords(InfraError):
    """Two records of one id and revision differ: the flow is not deterministic."""


class UndecodableRecord(InfraError):
    """A record of a derived topic cannot be decoded."""


@dataclass(frozen=True, slots=True)
class TopicDigest:
    """
    What a topic holds.

    Parameters
    ----------
    records : int
        Distinct records; what a resumed flow wrote again counts once.
    repeats : int
        Records that were written again.
    sha256 : str
        Over the decoded records in (`source_ts`, `trace_id`, revision) order, `ingest_ts` left out.
    """

    records: int
    repeats: int
    sha256: str


def decoded_records(
    kafka: str, wire: AvroWire, topic: str, namespace: str = "", start: Start = BEGINNING
) -> Iterator[tuple[LogRecord, Any]]:
    """
    Yield the messages of a topic to its present end, each with its record.

    Parameters
    ----------
    kafka : str
        Bootstrap addresses.
    wire : AvroWire
        Codec of the topic.
    topic : str
        Topic of the catalogue, which decides what its records are.
    namespace : str
        Whose topic is read, see `in_namespace`; empty for live.
    start : Start
        Where to begin.

    Raises
    ------
    UndecodableRecord
        A message is not a record of the topic.
    MisconfiguredConnector
        There is no such topic.
    """
    name = in_namespace(namespace, topic)
    decode = wire.decoder(topic)
    for source in read_log(kafka, name, start):
        try:
            yield source, decode(source.value or b"")
        except RejectedRecord as error:
            place = f"{name} partition {source.partition} offset {source.offset}"
            msg = f"{place} is not decodable: {error}"
            raise UndecodableRecord(msg) from error


def digest_topic(addresses: StackAddresses, topic: str) -> TopicDigest:
    """
    Read a live topic to its present end and digest it.

    Raises
    ------
    ContradictingRecords
        Two records have one `trace_id` and revision but different content.
    UndecodableRecord
        A message is not a record of the topic.
    """
    return digests(addresses, topics=(topic,))[topic]


def digests(
    addresses: StackAddresses, namespace: str = "", topics: Sequence[str] | None = None
) -> dict[str, TopicDigest]:
    """
    Digest the topics of a namespace; raises as `digest_topic` does.

    Parameters
    ----------
    addresses : StackAddresses
        Log and registry.
    namespace : str
        Whose topics are read, see `in_namespace`; empty for live.
    topics : sequence of str | None
        Topics of the catalogue; null for all that are derived.
    """
    names = topics_of("derived") if topics is None else topics
    with closing(SchemaRegistry(addresses.registry)) as registry:
        wire = AvroWire(registry, names)
        return {name: _digest(addresses.kafka, wire, name, namespace) for name in names}


def _digest(kafka: str, wire: AvroWire, topic: str, namespace: str) -> TopicDigest:
    found: dict[tuple[str, int], tuple[int, bytes]] = {}
    read = 0
    for _, record in decoded_records(kafka, wire, topic, namespace):
        key = identity(record)
        body = hashlib.sha256(canonical(record, WALL_TIME)).digest()
        content = (record.source_ts, body)
        if found.setdefault(key, content) != content:
            name = in_namespace(namespace, topic)
            msg = f"{name}: two records {key[0]} of revision {key[1]} differ"
            raise ContradictingRecords(msg)
        read += 1
    total = hashlib.sha256()
    for _, (_, body) in sorted(found.items(), key=lambda item: (item[1][0], item[0])):
        total.update(body)
    return TopicDigest(len(found), read - len(found), total.hexdigest())
