"""Records with every field filled, and how ClickHouse prints them."""

import json
import types
import typing
from datetime import date
from datetime import timedelta
from typing import Any

import msgspec

FIRST_DAY = 20_000  # 2024-10-04


def filled(record_type: type[msgspec.Struct], number: int) -> msgspec.Struct:
    """Return a record in which every field has a value; every third one leaves options null."""
    made = _value(record_type, number)
    assert isinstance(made, msgspec.Struct)
    return made


def _value(kind: Any, number: int) -> object:  # noqa: ANN401 - an annotation
    arguments = typing.get_args(kind)
    origin = typing.get_origin(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _value(hints[name], number + i) for i, name in enumerate(hints)})
    plain: dict[object, object] = {
        int: FIRST_DAY + number,
        float: number + 0.25,
        str: f"text {number}",
        bool: number % 2 == 1,
    }
    if kind in plain:
        return plain[kind]
    if origin is tuple:
        return tuple(_value(arguments[0], number + i) for i in range(number % 3))
    if origin is dict:
        return {f"k{i}": _value(arguments[1], number + i) for i in range(number % 3)}
    assert origin is types.UnionType
    inner = [each for each in arguments if each is not type(None)]
    return None if number % 3 == 0 else _value(inner[0], number)


def json_line(record: object, dates: frozenset[str] = frozenset({"expiry", "trade_date"})) -> str:
    """Return a record as ClickHouse prints it: dates as text, everything else as it is."""
    plain = msgspec.to_builtins(record)
    for name in dates & plain.keys():
        if plain[name] is not None:
            plain[name] = (date(1970, 1, 1) + timedelta(days=plain[name])).isoformat()
    return json.dumps(plain, separators=(",", ":"))
