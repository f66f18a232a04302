"""Parts of filters: each a test of a record, and the same as a condition of its table."""

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from operator import attrgetter
from operator import ge
from operator import le
from typing import Any
from typing import Final

import msgspec

from api.params import parse_integer
from api.params import parse_number
from api.params import parse_texts
from infra.products import INDEX_UNDERLYINGS

Predicate = Callable[[Any], bool]
Value = str | bool | int | float | tuple[str, ...]

SIDES: Final = ("AA", "A", "MID", "B", "BB", "MISSING", "STALE")
DIRECTIONS: Final = ("bullish", "bearish", "neutral", "mixed", "unknown")
RIGHTS: Final = {"call": "C", "put": "P"}
_MAX_DTE_DAYS: Final = 100_000
MAX_DOLLARS: Final = 1e15


class Condition(msgspec.Struct, frozen=True):
    """
    One filter with its value.

    Parameters
    ----------
    test : callable
        Whether a record passes.
    sql : str
        The same of a row, its values as `{name:Type}`; null counts as no.
    bind : mapping
        Values of those parameters.
    """

    test: Predicate
    sql: str
    bind: Mapping[str, object]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """
    One filter of a stream.

    Parameters
    ----------
    read : callable
        (name, what was given) → the value; null when it leaves nothing out. Raises the 422.
    condition : callable
        Value → what it keeps; null for everything.
    default : str | None
        Value in force when none is given.
    """

    read: Callable[[str, object], Value | None]
    condition: Callable[[Any], Condition | None]
    default: str | None = None


def texts(vocabulary: Sequence[str]) -> Callable[[str, object], Value | None]:
    """Return the reader of a list; every value there is leaves nothing out."""

    def read(name: str, given: object) -> Value | None:
        found = parse_texts(name, given, vocabulary)
        return None if not found or len(found) == len(vocabulary) else found

    return read


def listed(
    path: str,
    sql: str,
    vocabulary: Sequence[str] = (),
    *,
    stored: Mapping[str, str] | None = None,
) -> Rule:
    """Keep the records whose field is one of the values; `sql` names its parameter `values`."""
    get = attrgetter(path)

    def condition(values: tuple[str, ...]) -> Condition:
        wanted = [stored[value] for value in values] if stored else list(values)
        among = frozenset(wanted)
        return Condition(lambda record: get(record) in among, sql, {"values": wanted})

    return Rule(read=texts(vocabulary), condition=condition)


def least(path: str, sql: str, high: float = MAX_DOLLARS) -> Rule:
    """Keep the records whose field is at least the number; `sql` names its parameter `bound`."""
    get = attrgetter(path)
    return Rule(
        read=lambda name, given: parse_number(name, given, 0, high),
        condition=lambda bound: Condition(
            lambda record: get(record) >= bound, sql, {"bound": bound}
        ),
    )


def least_days(path: str) -> Rule:
    """Keep the records with so many days or more."""
    return _days(path, ge, ">=")


def most_days(path: str) -> Rule:
    """Keep the records with so many days or fewer."""
    return _days(path, le, "<=")


def _days(path: str, holds: Callable[[int, int], bool], sign: str) -> Rule:
    get = attrgetter(path)
    return Rule(
        read=lambda name, given: parse_integer(name, given, 0, _MAX_DTE_DAYS),
        condition=lambda bound: Condition(
            lambda record: holds(get(record), bound),
            f"{path} {sign} {{bound:Int64}}",
            {"bound": bound},
        ),
    )


def security(path: str, sql: str) -> Rule:
    """`index` by the list of cash indices, `etf` by the record's own flag, `stock` the rest."""
    is_etf = attrgetter(path)
    indices = frozenset(INDEX_UNDERLYINGS)

    def read(name: str, given: object) -> Value | None:
        if given == "all":
            return None
        return texts(("stock", "etf", "index"))(name, given)

    def condition(values: tuple[str, ...]) -> Condition:
        among = frozenset(values)

        def test(record: Any) -> bool:  # noqa: ANN401 - record of the stream
            if record.underlying_id in indices:
                return "index" in among
            return ("etf" if is_etf(record) else "stock") in among

        return Condition(test, sql, {"values": list(values), "indices": list(INDEX_UNDERLYINGS)})

    return Rule(read=read, condition=condition)


def most_notional(bound: float) -> Condition:
    """Keep option prints of so many dollars or fewer."""
    return Condition(
        lambda record: record.notional <= bound, "notional <= {bound:Float64}", {"bound": bound}
    )


def view(value: str) -> Condition | None:
    """Keep the prints of the signal view, or all of them."""
    return Condition(attrgetter("signal_pass"), "signal_pass", {}) if value == "signal" else None


def abstained(value: str) -> Condition | None:
    """Keep smart-money events with or without the abstained ones, or those alone."""
    if value == "include":
        return None
    wanted = value == "only"
    return Condition(
        lambda record: record.abstained is wanted, "abstained = {wanted:Bool}", {"wanted": wanted}
    )


def conditions(values: tuple[str, ...]) -> Condition:
    """Keep prints with any of the conditions."""
    among = frozenset(values)
    return Condition(
        lambda record: not among.isdisjoint(record.conditions),
        "hasAny(conditions, {values:Array(String)})",
        {"values": list(values)},
    )


def members(values: tuple[str, ...]) -> Condition:
    """Keep the prints of packets."""
    # A print does not carry its packet; `Filters.of_prints` tells the test which are members.
    return Condition(
        lambda _: False,
        "trace_id IN (SELECT arrayJoin(members) FROM flow_packets FINAL"
        " WHERE id IN {values:Array(String)})",
        {"values": list(values)},
    )


def members_are(trace_ids: Collection[str], underlying_ids: Collection[str]) -> Condition:
    """Keep prints by their ids; the symbols tell the store where to look."""
    among = frozenset(trace_ids)
    return Condition(
        lambda record: record.trace_id in among,
        "underlying_id IN {symbols:Array(String)} AND trace_id IN {values:Array(String)}",
        {"values": sorted(among), "symbols": sorted(underlying_ids)},
    )


def off_exchange(value: bool) -> Condition:
    """Keep what a FINRA facility reported, or the rest."""
    return Condition(
        lambda record: record.off_exchange_flag is value,
        "off_exchange_flag = {wanted:Bool}",
        {"wanted": value},
    )


def equity_notional(bound: float) -> Condition:
    """Keep equity prints of so many dollars or more."""
    return Condition(
        lambda record: record.price * record.size >= bound,
        "price * size >= {bound:Float64}",
        {"bound": bound},
    )


_size_by_side: Final = attrgetter(*(f"features.nbbo_{side.lower()}_size" for side in SIDES))


def packet_side(packet: Any) -> str:  # noqa: ANN401 - a packet
    """Return the placement that most contracts of a packet have; of equals the first of `SIDES`."""
    sizes = _size_by_side(packet)
    return SIDES[sizes.index(max(sizes))]


def by_packet_side(values: tuple[str, ...]) -> Condition:
    """Keep packets by the placement that most of their contracts have."""
    among = frozenset(values)
    sql = (
        "['AA', 'A', 'MID', 'B', 'BB', 'MISSING', 'STALE'][indexOf(["
        "features.nbbo_aa_size, features.nbbo_a_size, features.nbbo_mid_size,"
        " features.nbbo_b_size, features.nbbo_bb_size, features.nbbo_missing_size,"
        " features.nbbo_stale_size] AS side_sizes, arrayMax(side_sizes))]"
        " IN {values:Array(String)}"
    )
    return Condition(lambda packet: packet_side(packet) in among, sql, {"values": list(values)})


def packet_type(values: tuple[str, ...]) -> Condition:
    """Keep a contract by its right, a structure when a leg has it."""
    wanted = [RIGHTS[value] for value in values]
    return Condition(
        lambda packet: packet.right in wanted or any(leg.right in wanted for leg in packet.legs),
        "(ifNull(`right` IN {values:Array(String)}, 0)"
        " OR hasAny(legs.right, {values:Array(String)}))",
        {"values": wanted},
    )


def structure(values: tuple[str, ...]) -> Condition:
    """Keep structures by their type; `any` is every structure, `none` packets of one contract."""
    among = frozenset(values)
    is_any, is_none = "any" in among, "none" in among

    def test(packet: Any) -> bool:  # noqa: ANN401 - a packet
        if packet.packet_kind != "structure":
            return is_none
        return is_any or (packet.structure is not None and packet.structure.type in among)

    sql = (
        "if(packet_kind != 'structure', {none:Bool},"
        " {any:Bool} OR structure.type IN {values:Array(String)})"
    )
    return Condition(test, sql, {"values": list(values), "any": is_any, "none": is_none})


def alert_classifier(values: tuple[str, ...]) -> Condition:
    """Keep alerts that rest on a hit of a classifier."""
    among = frozenset(values)
    return Condition(
        lambda alert: any(hit.classifier_id in among for hit in alert.hits),
        "hasAny(hits.classifier_id, {values:Array(String)})",
        {"values": list(values)},
    )


def outcome(values: tuple[str, ...]) -> Condition:
    """Keep alerts by what open interest said afterwards; `pending` before it did."""
    among = frozenset(values)

    def test(alert: Any) -> bool:  # noqa: ANN401 - an alert
        settled = alert.settlement
        return ("pending" if settled is None else settled.outcome) in among

    sql = "if(settlement.outcome = '', 'pending', settlement.outcome) IN {values:Array(String)}"
    return Condition(test, sql, {"values": list(values)})


def source_in(ids: Callable[[Any], Sequence[str]], sql: str) -> Rule:
    """Keep records in whose ids the source stands between colons or at the beginning."""

    def condition(values: tuple[str, ...]) -> Condition:
        marks = [f":{value}:" for value in values]

        def test(record: Any) -> bool:  # noqa: ANN401 - record of the stream
            names = [f":{name}:" for name in ids(record)]
            return any(mark in name for name in names for mark in marks)

        return Condition(test, sql, {"values": list(values)})

    return Rule(read=texts(()), condition=condition)


def own_and_first_member(record: Any) -> Sequence[str]:  # noqa: ANN401 - record with members
    """Return the ids that tell the source of a packet or event."""
    members = record.members if hasattr(record, "members") else record.member_print_ids
    return (record.trace_id, *members[:1])


def own_and_evidence(record: Any) -> Sequence[str]:  # noqa: ANN401 - record with evidence
    """Return the ids that tell the source of an inference."""
    return (record.trace_id, *(ref.id for ref in record.evidence_refs))
