"""Count and digest the records of a topic: what a determinism check compares."""

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.kafka.tail import tail
from infra.embedded.stack import StackAddresses
from infra.errors import InfraError


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


def digest_topic(addresses: StackAddresses, topic: str) -> TopicDigest:
    """
    Read a topic to its present end and digest it.

    Raises
    ------
    ContradictingRecords
        Two records have one `trace_id` and revision but different content.
    UndecodableRecord
        A message is not a record of the topic.
    """
    found: dict[tuple[str, int], tuple[int, bytes]] = {}
    read = 0
    encode = msgspec.json.Encoder(order="deterministic").encode
    for each in tail(addresses.kafka, addresses.registry, topic):
        if each.record is None:
            place = f"{topic} partition {each.source.partition} offset {each.source.offset}"
            msg = f"{place} is not decodable: {each.error}"
            raise UndecodableRecord(msg)
        values: dict[str, Any] = msgspec.structs.asdict(each.record)
        del values["ingest_ts"]
        key = (values["trace_id"], values.get("revision", 0))
        content = (values["source_ts"], hashlib.sha256(encode(values)).digest())
        if found.setdefault(key, content) != content:
            msg = f"{topic}: two records {key[0]} of revision {key[1]} differ"
            raise ContradictingRecords(msg)
        read += 1
    total = hashlib.sha256()
    for _, (_, body) in sorted(found.items(), key=lambda item: (item[1][0], item[0])):
        total.update(body)
    return TopicDigest(len(found), read - len(found), total.hexdigest())
