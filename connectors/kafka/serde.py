"""Records in the Confluent wire format: magic byte, 4-byte schema id, Avro body."""

import io
import json
from collections.abc import Callable
from collections.abc import Iterable
from typing import Any
from typing import Final
from typing import cast

import fastavro
import msgspec

from connectors.errors import MisconfiguredConnector
from connectors.errors import RejectedRecord
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.stamps import HEADER_BYTES
from schemas._wire import AvroError
from schemas.catalog import Topic
from schemas.catalog import topics as all_topics
from schemas.codec import RecordCodec
from schemas.codec import codec_of

MAGIC: Final = b"\0"

Decoder = Callable[[bytes], Any]


def header(schema_id: int) -> bytes:
    """Return the five bytes before a body."""
    return MAGIC + schema_id.to_bytes(4, "big")


def schema_id_of(value: bytes) -> int:
    """
    Return the schema id of a message value.

    Raises
    ------
    RejectedRecord
        The value does not begin with the registry's header.
    """
    if len(value) <= HEADER_BYTES or value[:1] != MAGIC:
        msg = f"no registry header in {len(value)} bytes beginning {value[:5].hex()}"
        raise RejectedRecord(msg)
    return int.from_bytes(value[1:HEADER_BYTES], "big")


class AvroWire:
    """
    Encode and decode the records of our topics, with their schemas registered.

    A body written with our own schema takes the generated codec; one of any other schema id is
    resolved against ours by Avro's rules through fastavro.

    Parameters
    ----------
    registry : SchemaRegistry
        Where schemas live; asked once per topic at construction and once per unknown schema id.
    topics : iterable of str, optional
        Topics to register; all of them by default.

    Raises
    ------
    MisconfiguredConnector
        A topic is unknown, or its schema breaks compatibility.
    TransientConnector
        The registry does not answer.
    """

    def __init__(self, registry: SchemaRegistry, topics: Iterable[str] | None = None) -> None:
        self._registry = registry
        known = all_topics()
        names = list(known if topics is None else topics)
        for name in names:
            if name not in known:
                msg = f"no topic {name!r}, known are {', '.join(known)}"
                raise MisconfiguredConnector(msg)
        self._topics: dict[str, Topic[Any]] = {name: known[name] for name in names}
        self._prefixes = {
            name: header(registry.register(f"{name}-value", topic.text))
            for name, topic in self._topics.items()
        }
        self._schemas: dict[int, str | None] = {
            int.from_bytes(prefix[1:], "big"): self._topics[name].text
            for name, prefix in self._prefixes.items()
        }
        self._resolvers: dict[tuple[str, int], Decoder] = {}

    def prefix(self, topic: str) -> bytes:
        """Return the five bytes before every body of a topic."""
        return self._prefixes[topic]

    def encoder(self, topic: str) -> Callable[[msgspec.Struct], bytes]:
        """Return the function that encodes a topic's records, header included."""
        encode = self._codec(topic).encode
        prefix = self._prefixes[topic]
        return lambda record: encode(record, prefix)

    def decoder(self, topic: str) -> Decoder:
        """
        Return the function that decodes a topic's message values.

        It raises RejectedRecord for what is not decodable, and TransientConnector when the
        registry does not answer for a schema id seen for the first time.
        """
        decode = self._codec(topic).decode
        prefix = self._prefixes[topic]

        def decode_value(value: bytes) -> Any:  # noqa: ANN401 - the topic decides the type
            if value.startswith(prefix):
                try:
                    return decode(value, HEADER_BYTES)
                except AvroError as error:
                    raise RejectedRecord(str(error)) from error
            return self._resolve(topic, value)

        return decode_value

    def _codec(self, topic: str) -> RecordCodec[msgspec.Struct]:
        record_type: type[msgspec.Struct] = self._topics[topic].record_type
        return codec_of(record_type)

    def writer_schema(self, schema_id: int) -> str:
        """
        Return the text of a schema.

        Raises
        ------
        RejectedRecord
            The registry has no such schema.
        TransientConnector
            The registry does not answer.
        """
        if schema_id not in self._schemas:
            self._schemas[schema_id] = self._registry.schema(schema_id)
        text = self._schemas[schema_id]
        if text is None:
            msg = f"schema id {schema_id} is not registered"
            raise RejectedRecord(msg)
        return text

    def _resolve(self, topic: str, value: bytes) -> Any:  # noqa: ANN401 - the topic decides the type
        schema_id = schema_id_of(value)
        key = (topic, schema_id)
        if key not in self._resolvers:
            self._resolvers[key] = resolver(self.writer_schema(schema_id), self._topics[topic])
        return self._resolvers[key](value)


def _without_logical_types(schema: Any) -> Any:  # noqa: ANN401 - JSON
    # A date stays the number of days it is in our records.
    if isinstance(schema, list):
        return [_without_logical_types(part) for part in schema]
    if isinstance(schema, dict):
        return {
            name: part if name == "default" else _without_logical_types(part)
            for name, part in schema.items()
            if name != "logicalType"
        }
    return schema


def resolver(writer: str, topic: Topic[Any]) -> Decoder:
    """
    Return the decoder of message values written with another schema.

    Parameters
    ----------
    writer : str
        Schema the values were written with.
    topic : Topic
        Whose records they are read as.

    Raises
    ------
    RejectedRecord
        The writer's schema is not Avro.
    """
    try:
        parsed = fastavro.parse_schema(_without_logical_types(json.loads(writer)))
    except (ValueError, fastavro.schema.SchemaParseException) as error:
        msg = f"{topic.name}: the writer's schema is not usable: {error}"
        raise RejectedRecord(msg) from error
    reader = fastavro.parse_schema(_without_logical_types(topic.schema))

    def decode(value: bytes) -> Any:  # noqa: ANN401 - the topic decides the type
        body = io.BytesIO(value)
        body.seek(HEADER_BYTES)
        try:
            found = fastavro.schemaless_reader(body, parsed, reader)
            if body.tell() != len(value):
                msg = f"{topic.name}: {len(value) - body.tell()} bytes left behind the record"
                raise RejectedRecord(msg)
            return cast(Any, msgspec.convert(found, topic.record_type))
        except (
            fastavro.read.SchemaResolutionError,
            msgspec.ValidationError,
            ArithmeticError,
            EOFError,
            LookupError,
            TypeError,
            ValueError,
        ) as error:
            msg = f"{topic.name}: not decodable with its writer's schema: {error}"
            raise RejectedRecord(msg) from error

    return decode
