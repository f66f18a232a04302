"""The one filter grammar of REST, sockets, exports, presets and alert rules; gateway, 4."""

from collections.abc import Collection
from collections.abc import Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

import msgspec
import orjson

from api.live.filter_parts import Condition
from api.live.filter_parts import Predicate
from api.live.filter_parts import Value
from api.live.filter_parts import members_are
from api.live.filter_rules import RULES
from api.problems import parameter_problem
from api.streams import Stream

_KEY_BYTES = 8
_MEMBERS = "flow_packet_id"


class Filters(msgspec.Struct, frozen=True):
    """
    What a reader wants of a stream.

    Parameters
    ----------
    stream : Stream
        Whose records.
    values : mapping
        Canonical: defaults and what leaves nothing out removed, lists sorted tuples.
    key : str
        Hash of stream and values; equal for equal wishes.
    predicate : callable
        Whether a record is wanted.
    conditions : tuple of (name, Condition)
        What it is made of, defaults among them.
    """

    stream: Stream
    values: Mapping[str, Value]
    key: str
    predicate: Predicate
    conditions: tuple[tuple[str, Condition], ...]

    def matches(self, record: Any) -> bool:  # noqa: ANN401 - record of the stream
        """Return whether a record is wanted."""
        return self.predicate(record)

    def where(self) -> tuple[str, dict[str, object]]:
        """
        Return the same as a condition of the stream's table, with its bound parameters.

        The condition is `1` when everything is wanted. It holds for rows of which only the latest
        version is looked at.
        """
        parts: list[str] = []
        bound: dict[str, object] = {}
        for name, condition in self.conditions:
            sql = condition.sql
            for parameter, value in condition.bind.items():
                sql = sql.replace(f"{{{parameter}:", f"{{f_{name}_{parameter}:")
                bound[f"f_{name}_{parameter}"] = value
            parts.append(sql)
        return " AND ".join(f"({part})" for part in parts) or "1", bound

    @property
    def packet_ids(self) -> tuple[str, ...]:
        """
        Packets whose prints are wanted; empty for no such wish.

        A print does not say which packet it is in, so `matches` refuses every print until
        `of_prints` has named them. The store knows.
        """
        found = self.values.get(_MEMBERS, ())
        return found if isinstance(found, tuple) else ()

    def of_prints(self, trace_ids: Collection[str], underlying_ids: Collection[str]) -> "Filters":
        """Return the same wish with the members of its packets and their symbols known."""
        known = members_are(trace_ids, underlying_ids)
        conditions = tuple(
            (name, known if name == _MEMBERS else each) for name, each in self.conditions
        )
        return msgspec.structs.replace(
            self, predicate=_all_of([each.test for _, each in conditions]), conditions=conditions
        )


def filter_names(stream: Stream) -> tuple[str, ...]:
    """Return the filters a stream takes, `underlying_ids` and `source` first."""
    return tuple(RULES[stream.name])


def parse_filters(stream: Stream, given: Mapping[str, object]) -> Filters:
    """
    Return what is wanted of a stream.

    Parameters
    ----------
    stream : Stream
        Whose records.
    given : mapping
        Filter → value: texts as in a query string (lists with commas), or JSON (lists as arrays,
        numbers, booleans). Empty means not given.

    Raises
    ------
    Problem
        422 naming the filter: unknown to the stream, or not what it takes.
    """
    rules = RULES[stream.name]
    values: dict[str, Value] = {}
    for name in given:
        rule = rules.get(name)
        if rule is None:
            msg = f"no filter of {stream.name}; there are: {', '.join(rules)}"
            raise parameter_problem(name, msg)
        value = rule.read(name, given[name])
        if value is not None and value != rule.default:
            values[name] = value
    canonical = {name: values[name] for name in sorted(values)}
    conditions: list[tuple[str, Condition]] = []
    for name, rule in rules.items():
        chosen = canonical.get(name, rule.default)
        condition = None if chosen is None else rule.condition(chosen)
        if condition is not None:
            conditions.append((name, condition))
    written = orjson.dumps([stream.name, canonical])
    return Filters(
        stream=stream,
        values=MappingProxyType(canonical),
        key=blake2b(written, digest_size=_KEY_BYTES).hexdigest(),
        predicate=_all_of([each.test for _, each in conditions]),
        conditions=tuple(conditions),
    )


def _all_of(tests: list[Predicate]) -> Predicate:
    """Return one test that is true where all are; the usual few without a loop."""
    if not tests:
        return _anything
    if len(tests) == 1:
        return tests[0]
    first, second, *others = tests
    if not others:
        return lambda record: first(record) and second(record)
    rest = _all_of(others)
    return lambda record: first(record) and second(record) and rest(record)


def _anything(_: object) -> bool:
    return True
