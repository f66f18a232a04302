"""The log of a replay and of live, written by hand for comparisons."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from confluent_kafka import Consumer
from confluent_kafka import Producer
from confluent_kafka import TopicPartition

from connectors.kafka.admin import apply_topics
from connectors.kafka.admin import delete_topics
from connectors.kafka.admin import list_topics
from connectors.kafka.namespace import in_namespace
from connectors.kafka.partitioner import partition_of
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from infra.embedded.stack import StackAddresses
from infra.replay.comparison.diff import DiffRequest
from infra.replay.comparison.diff import compare_runs
from infra.replay.comparison.result import DiffResult
from infra.replay.comparison.result import TopicDiff
from infra.replay.manifest import RunManifest
from infra.replay.manifest import save_manifest
from infra.replay.request import ReplayRequest
from redpanda.catalog import topic_catalog
from redpanda.catalog import topics_of
from schemas.catalog import topic_of
from schemas.records import EquityJoin
from schemas.records import FlowAlert
from schemas.records import OptionsNetPremium
from schemas.records import OptionsTape
from tests.connectors.kafka.market import START_NS
from tests.connectors.kafka.market import a_print
from tests.services.every_field import filled

S = 1_000_000_000
MINUTE = 60 * S
PARTITIONS = 8
RUN = "monday"
LIVE = ""
NAMESPACE = f"replay.{RUN}"
Record = Any


class Market:
    """The log of two sides, written by hand."""

    def __init__(self, addresses: StackAddresses, data: Path) -> None:
        self.addresses = addresses
        self.data = data
        self._registry = SchemaRegistry(addresses.registry)
        self._wire = AvroWire(self._registry)
        catalog = topic_catalog()
        delete_topics(addresses.kafka, list_topics(addresses.kafka))
        apply_topics(addresses.kafka, catalog)
        specs = [
            msgspec.structs.replace(catalog[name], name=in_namespace(NAMESPACE, name))
            for name in topics_of("derived")
        ]
        apply_topics(addresses.kafka, {spec.name: spec for spec in specs})
        self.manifest()

    def manifest(self, **asked: Any) -> None:  # noqa: ANN401 - fields of the request
        save_manifest(
            self.data, RunManifest(request=ReplayRequest(run=RUN, **asked), state="finished")
        )

    def write(self, namespace: str, records: Iterable[Record]) -> None:
        producer = Producer({"bootstrap.servers": self.addresses.kafka})
        for record in records:
            record_type: type[msgspec.Struct] = type(record)
            topic = topic_of(record_type).name
            key = record.underlying_id.encode()
            producer.produce(
                in_namespace(namespace, topic),
                value=self._wire.encoder(topic)(record),
                key=key,
                partition=partition_of(key, PARTITIONS),
                timestamp=record.source_ts // 1_000_000,
            )
        assert producer.flush(10) == 0

    def both(self, records: Iterable[Record]) -> None:
        kept = list(records)
        self.write(LIVE, kept)
        # Another wall time, as in life.
        self.write(NAMESPACE, (msgspec.structs.replace(each, ingest_ts=9) for each in kept))

    def commit(self, group: str, topic: str, offset: int, underlying: str = "NVDA") -> None:
        consumer = Consumer({"bootstrap.servers": self.addresses.kafka, "group.id": group})
        place = TopicPartition(topic, partition_of(underlying.encode(), PARTITIONS), offset)
        consumer.commit(offsets=[place], asynchronous=False)
        consumer.close()

    def compare(self, **asked: Any) -> DiffResult:  # noqa: ANN401 - fields of the request
        request = {"run": RUN, "addresses": self.addresses, "data_dir": self.data, **asked}
        return compare_runs(DiffRequest(**request))

    def close(self) -> None:
        self._registry.close()


def made(record_type: type[Any], number: int, **changes: object) -> Record:
    """Return a record with every field filled, in the tape's own time and of one underlying."""
    base = {
        "source_ts": START_NS + number * S,
        "trace_id": f"{record_type.__name__}:{number}",
        "underlying_id": "NVDA",
        "config_hash": "aaaa",
    }
    revision = {"revision": 0} if "revision" in record_type.__struct_fields__ else {}
    return msgspec.structs.replace(filled(record_type, number), **{**base, **revision, **changes})


def row(number: int, **changes: object) -> Record:
    return made(OptionsTape, number, **{"late_arrival": False, **changes})


def alert(number: int, **changes: object) -> Record:
    return made(FlowAlert, number, **{"kind": "options", "settlement": None, **changes})


def join(number: int, **changes: object) -> Record:
    return made(EquityJoin, number, **changes)


def bucket(minute: int, revision: int, **changes: object) -> Record:
    start = START_NS + minute * MINUTE
    key = str(changes.get("underlying_id", "NVDA"))
    named = {
        "trace_id": f"np:{key}:{start}",
        "window_start": start,
        "interval_ms": 60_000,
        "source_ts": start + MINUTE,
        "revision": revision,
        "forming": False,
        "scope": "underlying",
    }
    return made(OptionsNetPremium, minute, **{**named, **changes})


def prints(until_s: int, **changes: object) -> list[Record]:
    return [a_print(at, ts=START_NS + at * S, **changes) for at in range(until_s + 1)]


def topic(result: DiffResult, name: str) -> TopicDiff:
    (found,) = [each for each in result.topics if each.topic == name]
    return found


def counts(found: TopicDiff) -> tuple[int, int, int, int, int]:
    return found.identical, found.changed, found.missing, found.extra, found.beyond


def market_row(minute: int, **changes: object) -> Record:
    return bucket(minute, 0, underlying_id="_market", scope="market", **changes)
