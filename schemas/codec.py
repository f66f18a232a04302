"""Records to Avro bodies and back, at the speed a tape needs."""

import struct
from collections.abc import Callable
from functools import cache
from typing import Any
from typing import Final
from typing import Generic
from typing import TypeVar
from typing import cast

import msgspec

from schemas._codegen import CodecSource
from schemas._wire import IDS_LIMIT
from schemas._wire import LABELS_LIMIT
from schemas._wire import SMALL
from schemas._wire import AvroError
from schemas._wire import DecodedStamps
from schemas._wire import DecodedStrings
from schemas._wire import EncodedArrays
from schemas._wire import EncodedLongs
from schemas._wire import EncodedMaps
from schemas._wire import EncodedStrings
from schemas._wire import decode_long
from schemas._wire import encode_long
from schemas._wire import encode_string
from schemas.catalog import Topic
from schemas.catalog import nested_records
from schemas.catalog import topic_of

# Shared by the codecs of all topics: one id stands in the records of several.
_ENCODED: Final = EncodedStrings(LABELS_LIMIT)
_IDS: Final = EncodedStrings(IDS_LIMIT)
_LONGS: Final = EncodedLongs()
_ARRAYS: Final = EncodedArrays()
_MAPS: Final = EncodedMaps()

R = TypeVar("R", bound=msgspec.Struct)


def _cut(at: int, size: int) -> None:
    msg = f"string of {size} bytes at byte {at} runs over the end of the body"
    raise AvroError(msg)


class RecordCodec(Generic[R]):
    """
    Encode and decode the records of one topic.

    Parameters
    ----------
    topic : Topic
        Name, schema and record type.

    Notes
    -----
    Bytes are those of fastavro for the same schema (tested). Decoding gives arrays as tuples and
    dates as days since 1970-01-01.
    """

    def __init__(self, topic: Topic[R]) -> None:
        self.topic = topic
        source = CodecSource()
        nested = nested_records(topic.schema)
        types = dict(topic.nested_types)
        for schema in [*nested, topic.schema]:
            source.encoder(schema["name"], schema["fields"])
            source.decoder(schema["name"], schema["fields"])
        scope: dict[str, Any] = {
            **types,
            topic.schema["name"]: topic.record_type,
            **{name: struct.Struct(layout) for layout, name in source.formats.items()},
            "_small": SMALL,
            "_long": encode_long,
            "_string": encode_string,
            "_in": _ENCODED,
            "_ids": _IDS,
            "_longs": _LONGS,
            "_arrays": _ARRAYS,
            "_map": _MAPS.encode,
            "_out": DecodedStrings(),
            "_stamps": DecodedStamps(),
            "_read_long": decode_long,
            "_cut": _cut,
            "_join": b"".join,
        }
        text = "\n".join(source.lines)
        exec(compile(text, f"<codec {topic.name}>", "exec"), scope)  # noqa: S102 - built from our own schema
        name = topic.schema["name"]
        self._encode = cast(Callable[..., bytes], scope[f"_encode_{name}"])
        self._decode = cast(Callable[[bytes, int], tuple[R, int]], scope[f"_decode_{name}"])

    def encode(self, record: R, prefix: bytes = b"") -> bytes:
        """
        Encode a record.

        Parameters
        ----------
        record : R
            A record of the topic's type.
        prefix : bytes
            Put before the body, e.g. the registry header.

        Raises
        ------
        AvroError
            A value does not fit the schema; the message names the topic.
        """
        try:
            return self._encode(record, prefix)
        except (AvroError, struct.error, TypeError, AttributeError, OverflowError) as error:
            msg = f"{self.topic.name}: record does not fit its schema: {error}"
            raise AvroError(msg) from error

    def decode(self, data: bytes, at: int = 0) -> R:
        """
        Decode the body that begins at a byte and ends with the data.

        Raises
        ------
        AvroError
            The body is cut, too long or not of this schema.
        """
        try:
            record, end = self._decode(data, at)
        except (AvroError, struct.error, IndexError, UnicodeDecodeError) as error:
            msg = f"{self.topic.name}: body of {len(data) - at} bytes is not decodable: {error}"
            raise AvroError(msg) from error
        if end != len(data):
            msg = f"{self.topic.name}: {len(data) - end} bytes left behind the record"
            raise AvroError(msg)
        return record


@cache
def codec_of(record_type: type[R]) -> RecordCodec[R]:
    """Return the codec of a record type; built once per process."""
    return RecordCodec(topic_of(record_type))
