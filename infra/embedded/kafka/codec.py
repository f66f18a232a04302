"""
Requests from and responses to bytes, through kio's generated types.

Handlers answer with plain mappings that hold the fields of every version of a response; here the
version's own class picks the fields it has. So one handler serves all versions of its API.
"""

import struct
import typing
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import MISSING
from dataclasses import Field
from dataclasses import fields
from dataclasses import is_dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from functools import cache
from io import BytesIO
from typing import Any
from typing import Final
from typing import NamedTuple
from typing import TypeAlias

from kio.index import KioIndexError
from kio.index import load_request_schema
from kio.index import load_response_schema
from kio.schema.errors import ErrorCode
from kio.serial import entity_reader
from kio.serial import entity_writer
from kio.serial.errors import SerialError
from kio.serial.readers import read_nullable_legacy_string
from kio.serial.readers import read_unsigned_varint

from infra.errors import InfraError

Request: TypeAlias = Any
"""A request decoded by kio; which fields it has depends on its version."""

Reply = Mapping[str, object]

_HEADER: Final = struct.Struct(">hhi")
_PREFIX: Final = struct.Struct(">ii")
_BLANKS: Final[Mapping[str, object]] = {
    "string": "",
    "bytes": b"",
    "records": b"",
    "bool": False,
    "error_code": ErrorCode.unsupported_version,
    "timedelta_i32": timedelta(0),
    "timedelta_i64": timedelta(0),
    "datetime_i64": datetime.fromtimestamp(0, UTC),
    "uuid": None,
    "float64": 0.0,
}


class GarbageFrame(InfraError):
    """The bytes of a frame are not a request; its connection is closed."""


class RequestHeader(NamedTuple):
    """What precedes every request; `body` is where its own fields begin in the frame."""

    api_key: int
    api_version: int
    correlation_id: int
    client_id: str
    body: int


def read_api(frame: bytes | bytearray | memoryview) -> tuple[int, int, int]:
    """Return API key, version and correlation id; the caller has checked there are 8 bytes."""
    api_key, api_version, correlation_id = _HEADER.unpack_from(frame, 0)
    return api_key, api_version, correlation_id


@cache
def is_flexible(api_key: int, api_version: int) -> bool:
    """Whether requests of this version have tagged fields; False for versions kio has not."""
    try:
        return bool(load_request_schema(api_key, api_version).__flexible__)
    except KioIndexError:
        return False


def read_request_header(frame: bytes) -> RequestHeader:
    """
    Read the header of a whole frame without its length prefix.

    Raises
    ------
    GarbageFrame
        The header is cut short or not text.
    """
    try:
        api_key, api_version, correlation_id = _HEADER.unpack_from(frame, 0)
        client_id, size = read_nullable_legacy_string(frame, _HEADER.size)
        body = _HEADER.size + size
        if is_flexible(api_key, api_version):
            body = _skip_tags(frame, body)
    except (struct.error, SerialError, ValueError) as error:
        msg = f"request header of {len(frame)} bytes cannot be read: {error}"
        raise GarbageFrame(msg) from error
    return RequestHeader(api_key, api_version, correlation_id, client_id or "", body)


def decode_request(frame: bytes, header: RequestHeader) -> Request:
    """
    Decode the body of a request.

    Raises
    ------
    GarbageFrame
        The body does not have the form its header announces.

    Notes
    -----
    Bytes left over are ignored, as Kafka does: librdkafka's request for the metadata of all
    topics has three too many.
    """
    reader = _reader(header.api_key, header.api_version)
    try:
        request, _ = reader(frame, header.body)
    except (SerialError, ValueError, OverflowError, KeyError) as error:
        msg = f"API {header.api_key} version {header.api_version} cannot be read: {error}"
        raise GarbageFrame(msg) from error
    return request


def encode_response(api_key: int, api_version: int, correlation_id: int, reply: Reply) -> bytes:
    """Encode a response frame, length prefix included, from the fields `reply` has."""
    response_type = _response_type(api_key, api_version)
    return _frame(response_type, correlation_id, _entity(response_type, reply))


def encode_unsupported(api_key: int, api_version: int, correlation_id: int) -> bytes | None:
    """
    Encode the protocol's own refusal of an API or version the broker does not serve.

    Returns
    -------
    bytes | None
        None where the protocol has no place for it: the response is unknown or carries no error
        of its own. Kafka then closes the connection.
    """
    try:
        response_type = _response_type(api_key, api_version)
    except KioIndexError:
        return None
    if not any(field.name == "error_code" for field in fields(response_type)):
        return None
    values: dict[str, object] = {}
    for field in fields(response_type):
        if field.default is not MISSING and field.name != "error_code":
            continue
        is_array, nested = _shape(response_type, field)
        if nested is not None and not is_array:
            return None
        values[field.name] = () if is_array else _BLANKS.get(field.metadata["kafka_type"], 0)
    return _frame(response_type, correlation_id, response_type(**values))


def _frame(response_type: Any, correlation_id: int, entity: object) -> bytes:  # noqa: ANN401
    buffer = BytesIO()
    buffer.write(_PREFIX.pack(0, correlation_id))
    if response_type.__header_schema__.__version__ > 0:
        buffer.write(b"\x00")
    entity_writer(response_type)(buffer, entity)
    frame = buffer.getbuffer()
    _PREFIX.pack_into(frame, 0, len(frame) - 4, correlation_id)
    return bytes(frame)


@cache
def _reader(api_key: int, api_version: int) -> Callable[[bytes, int], tuple[object, int]]:
    return entity_reader(load_request_schema(api_key, api_version))


@cache
def _response_type(api_key: int, api_version: int) -> Any:  # noqa: ANN401 - kio's, by version
    return load_response_schema(api_key, api_version)


def _entity(entity_type: Any, values: Reply) -> object:  # noqa: ANN401 - kio's, by version
    arguments = {}
    for name, convert, required in _plan(entity_type):
        if name in values:
            arguments[name] = convert(values[name])
        elif required:
            arguments[name] = timedelta(0) if name == "throttle_time" else convert(None)
    return entity_type(**arguments)


@cache
def _plan(entity_type: Any) -> tuple[tuple[str, Callable[[Any], object], bool], ...]:  # noqa: ANN401
    return tuple(
        (
            field.name,
            _converter(entity_type, field),
            field.default is MISSING and field.default_factory is MISSING,
        )
        for field in fields(entity_type)
    )


def _converter(entity_type: Any, field: Field[Any]) -> Callable[[Any], object]:  # noqa: ANN401
    is_array, nested = _shape(entity_type, field)
    kind = field.metadata.get("kafka_type", "")
    if nested is not None and is_array:
        return lambda items: tuple(_entity(nested, item) for item in items)
    if nested is not None:
        return lambda item: _entity(nested, item)
    if is_array:
        return tuple
    if kind == "error_code":
        return ErrorCode
    if kind.startswith("timedelta"):
        return lambda milliseconds: timedelta(milliseconds=milliseconds)
    return lambda value: value


def _shape(entity_type: Any, field: Field[Any]) -> tuple[bool, type | None]:  # noqa: ANN401
    hint = typing.get_type_hints(entity_type)[field.name]
    choices = [hint, *typing.get_args(hint)]
    for choice in choices:
        if typing.get_origin(choice) is tuple:
            item = typing.get_args(choice)[0]
            return True, item if isinstance(item, type) and is_dataclass(item) else None
    found = [choice for choice in choices if isinstance(choice, type) and is_dataclass(choice)]
    return False, found[0] if found else None


def _skip_tags(frame: bytes, position: int) -> int:
    count, size = read_unsigned_varint(frame, position)
    position += size
    for _ in range(count):
        _, size = read_unsigned_varint(frame, position)
        position += size
        length, size = read_unsigned_varint(frame, position)
        position += size + length
    return position
