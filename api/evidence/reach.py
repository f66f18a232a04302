"""What a record names, where that is in the tables, and what refers to a record; pure."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from api.evidence.lookup import Branch
from api.evidence.lookup import Hint
from api.evidence.lookup import Key
from api.evidence.rows import Row
from infra.evidence_kinds import KINDS
from infra.evidence_kinds import LEVEL
from infra.evidence_kinds import below

DAY_NS: Final = 86_400 * 10**9
USED_BY_LIMIT: Final = 200
USED_BY: Final = "used_by"

# What leads to others is looked up before what they narrow down.
PARENTS: Final = frozenset({"alert", "classifier_hit", "smart_money", "flow_packet"})
NARROWED: Final = frozenset({"option_print", "option_nbbo"})

_BEGINS: Final = (
    *("start_ts", "first_ts", "window_start_ts", "window_start", "since_ts", "join_ts"),
    *("quote_ts", "nbbo_ts", "source_ts"),
)
# Reference data may be older than any day.
_UNTIMED: Final = frozenset({"event", "event_calendar", "oi_snapshot", "baseline_snapshot"})


def named(kind: str, row: Row) -> Iterator[Key]:
    """Yield the kinds and ids a record names, each once, what it rests on first."""
    seen: set[Key] = set()
    for each, ids in below(kind, row, with_quotes=True):
        for name in ids:
            if (each, name) not in seen:
                seen.add((each, name))
                yield each, name
    for ref in row.get("evidence_refs", ()):
        key = ref["kind"], str(ref["id"])
        if key not in seen:
            seen.add(key)
            yield key


def hint_of(kind: str, row: Row, cited: str) -> Hint:
    """
    Return where records of a kind are that a record names.

    Notes
    -----
    Nothing rests on what came later, and members of a packet lie between its ends. What this
    should leave out by mistake is found by the last lookup, which has no such bounds.
    """
    underlying = (str(row["underlying_id"]),) if row.get("underlying_id") else ()
    if cited in _UNTIMED:
        return Hint() if cited in {"event", "event_calendar"} else Hint(underlying)
    if kind == "flow_packet" and cited in NARROWED:
        legs = tuple(sorted({leg["option_contract_id"] for leg in row["legs"]}))
        contracts = legs if row["option_contract_id"] is None else (row["option_contract_id"],)
        begin = int(row["start_ts"]) - (DAY_NS if cited == "option_nbbo" else 0)
        return Hint(underlying, contracts, begin, int(row["end_ts"]))
    contracts = (row["option_contract_id"],) if kind == "option_print" else ()
    begins = [int(row[name]) for name in _BEGINS if row.get(name) is not None]
    if not begins:
        return Hint(underlying, contracts)
    return Hint(underlying, contracts, min(begins) - DAY_NS, int(row["source_ts"]))


def merged(hints: Sequence[Hint]) -> Hint:
    """Return a hint that leaves out nothing any of them lets in."""
    contracts = [each.contracts for each in hints]
    begins = [each.from_ns for each in hints if each.from_ns is not None]
    ends = [each.to_ns for each in hints if each.to_ns is not None]
    unders = [each.underlyings for each in hints]
    return Hint(
        _union(unders) if all(unders) else (),
        _union(contracts) if all(contracts) else (),
        min(begins) if len(begins) == len(hints) else None,
        max(ends) if len(ends) == len(hints) else None,
    )


def _union(parts: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({each for part in parts for each in part}))


class _Citing(msgspec.Struct, frozen=True):
    # A table whose records name others in a column: kind, what tells about the record, and which
    # ids it names;
    kind: str
    told: str
    names: str


_REFS: Final = "evidence_refs.id"
_OPTIONS: Final = (
    _Citing("alert", "headline", _REFS),
    _Citing("classifier_hit", "classifier_id", _REFS),
    _Citing("smart_money", "ifNull(primary_profile_id, '')", _REFS),
    _Citing("flow_packet", "if(structure.type = '', packet_kind, structure.type)", _REFS),
)
_EQUITIES: Final = (
    _Citing("alert", "headline", _REFS),
    _Citing("dark", "label", _REFS),
    _Citing("state", "state", _REFS),
    _Citing("signal", "concat(strategy, ' ', kind)", _REFS),
)
_CITING: Final[Mapping[str, tuple[_Citing, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(("classifier_hit", "smart_money"), _OPTIONS[:3]),
        **dict.fromkeys(
            ("flow_packet", "option_print", "oi_snapshot", "baseline_snapshot", "event_calendar"),
            _OPTIONS,
        ),
        "option_nbbo": (*_OPTIONS, _Citing("option_print", "nbbo_side", "[nbbo_trace_id]")),
        **dict.fromkeys(
            ("dark", "state", "signal", "order_flow", "profile", "candle", "equity_join", "event"),
            _EQUITIES,
        ),
        LEVEL: _EQUITIES,
        "equity_print": (
            _Citing("equity_join", "nbbo_side", "[print_trace_id]"),
            _Citing("equity_print", "action", "[ref_trace_id]"),
        ),
        "equity_quote": (_Citing("equity_join", "nbbo_side", "[quote_trace_id]"),),
    }
)


def used_by_branches(numbers: Iterator[int], roots: Mapping[Key, Row]) -> Iterator[Branch]:
    """
    Yield the statements that find what refers to records.

    Parameters
    ----------
    numbers : iterator of int
        Tells the parameters of branches apart.
    roots : mapping
        The records by kind and id.

    Notes
    -----
    Each finds at most `USED_BY_LIMIT` records, the newest. Of a quote or equity print those within
    a day count: nothing else of theirs is joined to it.
    """
    by_citing: dict[_Citing, list[Key]] = {}
    for key in roots:
        for citing in _CITING.get(key[0], ()):
            by_citing.setdefault(citing, []).append(key)
    for citing, keys in by_citing.items():
        yield _used_by(next(numbers), citing, keys, [roots[key] for key in keys])


def _used_by(number: int, citing: _Citing, keys: Sequence[Key], rows: Sequence[Row]) -> Branch:
    table = KINDS[citing.kind].table
    hints = [_upward(key[0], row) for key, row in zip(keys, rows, strict=True)]
    hint = merged(hints)
    wanted = f"{{used{number}:Array(String)}}"
    where = [f"hasAny({citing.names}, {wanted})"]
    parameters: dict[str, object] = {f"used{number}": [name for _, name in keys]}
    if hint.underlyings:
        where.append(f"underlying_id IN {{under{number}:Array(String)}}")
        parameters[f"under{number}"] = hint.underlyings
    if hint.from_ns is not None:
        where.append(f"source_ts >= {{since{number}:Int64}}")
        parameters[f"since{number}"] = hint.from_ns
    if hint.to_ns is not None and citing.names != _REFS:
        where.append(f"source_ts <= {{until{number}:Int64}}")
        parameters[f"until{number}"] = hint.to_ns
    if hint.contracts and citing.kind == "option_print":
        where.append(f"option_contract_id IN {{contracts{number}:Array(String)}}")
        parameters[f"contracts{number}"] = hint.contracts
    version = "" if citing.kind in {"signal", "equity_print"} else ", revision DESC"
    sql = (
        f"SELECT '{USED_BY}' AS _kind, concat('{citing.kind} ', trace_id) AS _id, _body FROM "  # noqa: S608 - names of our own tables
        f"(SELECT trace_id, source_ts, toJSONString(tuple('{citing.kind}', trace_id, "
        f"toString(source_ts), {citing.told}, "
        f"arrayFilter(x -> has({wanted}, x), {citing.names}))) AS _body "
        f"FROM {table} WHERE {' AND '.join(where)} "
        f"ORDER BY trace_id{version} LIMIT 1 BY trace_id) "
        f"ORDER BY source_ts DESC, trace_id LIMIT {USED_BY_LIMIT}"
    )
    return sql, parameters


def _upward(kind: str, row: Row) -> Hint:
    underlying = (str(row["underlying_id"]),) if row.get("underlying_id") else ()
    contracts = (row["option_contract_id"],) if kind == "option_nbbo" else ()
    begins = [int(row[n]) for n in ("start_ts", "first_ts", "source_ts") if row.get(n) is not None]
    if not begins:
        return Hint(underlying)
    return Hint(underlying, contracts, min(begins), max(begins) + DAY_NS)
