"""Parameters of routes and messages: what they may say, and the 422 when they say otherwise."""

import math
import re
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from inspect import Parameter
from inspect import Signature
from typing import Annotated
from typing import Final

from fastapi import Query
from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.problems import Problem
from api.problems import parameter_problem

MAX_VALUES: Final = 100
MAX_TEXT: Final = 256
MAX_TIME_NS: Final = 2**63 - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RFC_3339: Final = re.compile(
    r"(?P<whole>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,9}))?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})"
)
# Digits of an epoch time, and how many ns its unit has: seconds, ms, µs, ns.
_UNITS_NS: Final = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}

# What every market route takes.
RunParameter = Annotated[
    str, Query(description="name of a replay run; without it, live", max_length=64)
]


def parse_time(field: str, given: object) -> int | None:
    """
    Return a time parameter as ns UTC; null when it is empty.

    Parameters
    ----------
    field : str
        Its name, for the error.
    given : object
        10 (s), 13 (ms), 16 (µs) or 19 (ns) digits, or RFC 3339 with its zone.

    Raises
    ------
    Problem
        422: any other digit count, no zone, no such instant.
    """
    if given is None or given == "":
        return None
    text = str(given).strip()
    if text.isascii() and text.isdecimal():
        unit_ns = _UNITS_NS.get(len(text))
        if unit_ns is None:
            msg = f"{len(text)} digits; a time has 10 (s), 13 (ms), 16 (µs) or 19 (ns)"
            raise parameter_problem(field, msg)
        return _within(field, int(text) * unit_ns)
    return _within(field, _rfc3339(field, text))


def _within(field: str, time_ns: int) -> int:
    if not 0 <= time_ns <= MAX_TIME_NS:
        raise parameter_problem(field, "outside the years 1970 to 2262")
    return time_ns


def _rfc3339(field: str, text: str) -> int:
    found = _RFC_3339.fullmatch(text.upper())
    try:
        # The fraction is read apart: datetime keeps six digits of nine.
        instant = datetime.fromisoformat(found["whole"] + found["zone"]) if found else None
    except ValueError:
        instant = None
    if found is None or instant is None:
        msg = "neither digits nor RFC 3339 such as 2025-11-20T09:30:00-05:00"
        raise parameter_problem(field, msg)
    since = instant - _EPOCH
    fraction_ns = int((found["fraction"] or "").ljust(9, "0"))
    return (since.days * 86_400 + since.seconds) * 10**9 + fraction_ns


def parse_integer(field: str, given: object, low: int, high: int) -> int | None:
    """Return a whole number within bounds, null when it is empty; else raise the 422."""
    if given is None or given == "":
        return None
    number: int | None = None
    if isinstance(given, int) and not isinstance(given, bool):
        number = given
    elif isinstance(given, str) and given.removeprefix("-").isdecimal() and given.isascii():
        number = int(given) if len(given) <= 20 else None
    if number is None or not low <= number <= high:
        raise parameter_problem(field, f"expected a whole number from {low} to {high}")
    return number


def parse_number(field: str, given: object, low: float, high: float) -> float | None:
    """Return a finite number within bounds, null when it is empty; else raise the 422."""
    if given is None or given == "":
        return None
    number = math.nan
    if isinstance(given, (int, float, str)) and not isinstance(given, bool):
        try:
            number = float(given)
        except (ValueError, OverflowError):
            number = math.nan
    if not low <= number <= high:
        raise parameter_problem(field, f"expected a number from {low:g} to {high:g}")
    return number


def parse_boolean(field: str, given: object) -> bool | None:
    """Return `true` or `false`, null when it is empty; anything else raises the 422."""
    if given is None or given == "":
        return None
    if isinstance(given, bool):
        return given
    if given == "true":
        return True
    if given == "false":
        return False
    raise parameter_problem(field, "expected true or false")


def parse_texts(field: str, given: object, vocabulary: Collection[str] = ()) -> tuple[str, ...]:
    """
    Return the values of a list, sorted, each once.

    Parameters
    ----------
    field : str
        Its name, for the error.
    given : object
        Comma-separated text, or a list of texts or whole numbers; empty for none.
    vocabulary : collection of str
        The only values there are; empty for any.

    Raises
    ------
    Problem
        422: more than 100 values, an empty, long or unknown one, or no list at all.
    """
    if given is None or given == "":
        return ()
    values: Sequence[object]
    if isinstance(given, str):
        values = given.split(",")
    elif isinstance(given, (list, tuple)):
        values = given
    else:
        raise parameter_problem(field, "expected a list")
    if len(values) > MAX_VALUES:
        raise parameter_problem(field, f"{len(values)} values, at most {MAX_VALUES}")
    found = {_text(field, value) for value in values}
    if vocabulary:
        unknown = sorted(found.difference(vocabulary))
        if unknown:
            raise parameter_problem(field, f"{unknown[0]!r} is none of {', '.join(vocabulary)}")
    return tuple(sorted(found))


def _text(field: str, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise parameter_problem(field, "a list holds texts")
    text = value.strip()
    if not text or len(text) > MAX_TEXT or not text.isprintable():
        raise parameter_problem(field, f"a value has 1 to {MAX_TEXT} printable characters")
    return text


def parse_choice(field: str, given: object, vocabulary: Collection[str]) -> str | None:
    """Return one of the texts there are, null when it is empty; else raise the 422."""
    if given is None or given == "":
        return None
    if not isinstance(given, str) or given not in vocabulary:
        raise parameter_problem(field, f"expected one of {', '.join(vocabulary)}")
    return given


class Given:
    """
    The query parameters of a route, as a dependency that gives their texts by name.

    Only those that are given and not empty are there. A parameter the route does not take is
    refused, and one that comes twice unless it may repeat.

    Parameters
    ----------
    parameters : mapping
        Name → what it means, for the document.
    required : collection of str
        Those without which there is no answer.

    Raises
    ------
    Problem
        From the call: 422 naming the parameter.
    """

    def __init__(self, parameters: Mapping[str, str], required: Collection[str] = ()) -> None:
        self._required = tuple(required)
        self._names = tuple(parameters)
        told = [
            Parameter(
                name,
                Parameter.KEYWORD_ONLY,
                default=Query(... if name in self._required else "", description=text),
                annotation=str,
            )
            for name, text in parameters.items()
        ]
        request = Parameter("request", Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
        # FastAPI asks the signature what to read, check and write into the document.
        self.__signature__ = Signature([request, *told])

    def __call__(self, request: Request, **_: str) -> dict[str, str]:
        """Return the texts of a request's parameters."""
        found: dict[str, str] = {}
        for name, text in request.query_params.multi_items():
            if name not in self._names:
                listed = ", ".join(self._names) or "none"
                raise parameter_problem(name, f"no such parameter here; there are: {listed}")
            if name in found:
                raise parameter_problem(name, "given more than once")
            if "\0" in text:
                raise parameter_problem(name, "holds a null character")
            found[name] = text
        given = {name: text for name, text in found.items() if text}
        for name in self._required:
            if name not in given:
                raise parameter_problem(name, "is needed")
        return given


def known_parameters(request: Request) -> None:
    """
    Refuse a request with a query parameter its route does not declare.

    For the `dependencies` of a router or route. A parameter that is given twice is refused too,
    unless the route takes a list.

    Raises
    ------
    Problem
        422 naming the first.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    declared = _declared(route.dependant)
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in declared:
            listed = ", ".join(sorted(declared)) or "none"
            raise parameter_problem(name, f"no such parameter here; there are: {listed}")
        if name in seen and not declared[name]:
            raise parameter_problem(name, "given more than once")
        seen.add(name)


def _declared(dependant: Dependant) -> dict[str, bool]:
    """Return the query parameters of a route, and which of them are lists."""
    found: dict[str, bool] = {}
    for field in dependant.query_params:
        annotation = field.field_info.annotation
        found[field.alias] = getattr(annotation, "__origin__", None) is list
    for part in dependant.dependencies:
        found.update(_declared(part))
    return found


def run_not_found(run: str) -> Problem:
    """Return the 404 of a run nobody knows."""
    return Problem("not_found", f"no replay run {run!r}; GET /replay/runs lists them")
