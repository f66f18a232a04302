"""Records on the wire: our schema fast, other schemas by Avro's rules, the rest refused."""

import io
import json

import msgspec
import pytest
from fastavro import schemaless_writer

from connectors.errors import MisconfiguredConnector
from connectors.errors import RejectedRecord
from connectors.kafka.partitioner import murmur2
from connectors.kafka.partitioner import partition_of
from connectors.kafka.serde import AvroWire
from connectors.kafka.serde import header
from connectors.kafka.serde import schema_id_of
from connectors.memory.registry import MemoryRegistry
from schemas.catalog import topics
from tests.connectors.kafka.market import a_print

TOPIC = "options.prints"


@pytest.fixture
def registry() -> MemoryRegistry:
    return MemoryRegistry()


@pytest.fixture
def wire(registry: MemoryRegistry) -> AvroWire:
    return AvroWire(registry)


def test_what_is_encoded_decodes_to_the_same(wire: AvroWire) -> None:
    value = wire.encoder(TOPIC)(a_print(1))

    assert value.startswith(wire.prefix(TOPIC))
    assert wire.decoder(TOPIC)(value) == a_print(1)


def written_with(registry: MemoryRegistry, schema: dict[str, object]) -> bytes:
    schema_id = registry.register("other", json.dumps(schema))
    body = io.BytesIO()
    schemaless_writer(body, schema, msgspec.to_builtins(a_print(1)) | {"added": "new"})
    return header(schema_id) + body.getvalue()


def test_writer_with_an_added_and_a_missing_field_is_resolved(
    wire: AvroWire, registry: MemoryRegistry
) -> None:
    schema = json.loads(topics()[TOPIC].text)
    schema["fields"] = [each for each in schema["fields"] if each["name"] != "provider_iv"]
    schema["fields"].append({"name": "added", "type": "string", "default": ""})

    assert wire.decoder(TOPIC)(written_with(registry, schema)) == a_print(1)


def test_writer_that_cannot_be_resolved_is_refused(
    wire: AvroWire, registry: MemoryRegistry
) -> None:
    schema = json.loads(topics()[TOPIC].text)
    schema["fields"] = [each for each in schema["fields"] if each["name"] != "price"]

    with pytest.raises(RejectedRecord, match="writer's schema"):
        wire.decoder(TOPIC)(written_with(registry, schema))


@pytest.mark.parametrize("at", range(1, 60, 7))
def test_cut_bodies_are_refused(wire: AvroWire, at: int) -> None:
    value = wire.encoder(TOPIC)(a_print(1))

    with pytest.raises(RejectedRecord):
        wire.decoder(TOPIC)(value[:-at])


def test_record_of_another_topic_is_refused(wire: AvroWire) -> None:
    value = wire.encoder(TOPIC)(a_print(1))

    with pytest.raises(RejectedRecord):
        wire.decoder("equities.quotes")(value)


@pytest.mark.parametrize("value", [b"", b"\0\0\0\0\1", b"\1\0\0\0\1body"])
def test_value_without_header_is_refused(value: bytes) -> None:
    with pytest.raises(RejectedRecord, match="no registry header"):
        schema_id_of(value)


def test_unknown_topic_is_refused_with_the_known_ones() -> None:
    with pytest.raises(MisconfiguredConnector, match=r"options\.prints"):
        AvroWire(MemoryRegistry(), ["options.print"])


@pytest.mark.parametrize(
    ("key", "hashed"),
    # Source: Apache Kafka, UtilsTest.testMurmur2.
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_the_one_of_java_clients(key: bytes, hashed: int) -> None:
    assert murmur2(key) == hashed % 2**32
    assert 0 <= partition_of(key, 8) < 8
