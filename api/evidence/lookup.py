"""
Records of several kinds by id in one round trip.

A statement is put together from the names of our own tables and columns; every value is a bound
parameter. Of an id the newest revision counts: `LIMIT 1 BY` instead of `FINAL`, because an index
that leaves out granules is then free to.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cache
from typing import Any
from typing import Final

import msgspec
import orjson

from api.evidence.rows import stored_row
from api.evidence.rows import table_topic
from api.store import Store
from infra.evidence_kinds import KINDS
from infra.evidence_kinds import LEVEL
from infra.evidence_kinds import level_row
from schemas.catalog import topics

Key = tuple[str, str]
Branch = tuple[str, Mapping[str, object]]
Decode = Callable[[str, bytes], Any]


class Hint(msgspec.Struct, frozen=True):
    """
    Where in their table records are, known from what names them; leaves out, never adds.

    Parameters
    ----------
    underlyings : tuple of str
        Root symbols; empty when not known.
    contracts : tuple of str
        Option contracts; empty when not known.
    from_ns, to_ns : int | None
        Bounds of `source_ts`, both included, ns UTC.
    """

    underlyings: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    from_ns: int | None = None
    to_ns: int | None = None


NO_HINT: Final = Hint()
# Tables in which the time of a record tells where it is.
_TIMED: Final = frozenset(
    {"options_tape", "options_nbbo", "equities_prints", "equities_quotes", "equities_joins"}
)
_BY_CONTRACT: Final = frozenset({"options_tape", "options_nbbo"})
# Kinds whose id is not the trace id.
_OWN_KEYS: Final = frozenset({"event_calendar", "oi_snapshot", "baseline_snapshot"})


def lookup_branch(number: int, kind: str, ids: Sequence[str], hint: Hint = NO_HINT) -> Branch:
    """
    Return the statement that finds records of a kind, and its parameters.

    Parameters
    ----------
    number : int
        Tells its parameters from those of the other branches.
    kind : str
        A name of `KINDS`.
    ids : sequence of str
        At least one.
    hint : Hint
        Where they are.

    Notes
    -----
    Columns: `_kind`, `_id`, `_body` (the values of the table's columns as a JSON array); no table
    has such names.
    """
    spec = KINDS[kind]
    schema = topics()[table_topic(spec.table)]
    wanted = f"{{ids{number}:Array(String)}}"
    columns = ", ".join(f"`{field['name']}`" for field in schema.schema["fields"])
    key = spec.key if kind in _OWN_KEYS else "trace_id"
    where = [f"{key} IN {wanted}"]
    if spec.key not in {key, "trace_id"}:
        # The same text; the table is sorted by the one and has its index on the other.
        where.append(f"{spec.key} IN {wanted}")
    parameters: dict[str, object] = {f"ids{number}": ids}
    if kind == "oi_snapshot":
        where.append(f"option_contract_id IN {{contract{number}:Array(String)}}")
        parameters[f"contract{number}"] = sorted({each.rpartition("@")[0] for each in ids})
    _add_hint(number, spec.table, hint, where, parameters)
    newest = schema.version_field or "source_ts"
    order = f"(level = 'underlying') DESC, {newest}" if kind == "baseline_snapshot" else newest
    sql = (
        f"SELECT '{kind}' AS _kind, {key} AS _id, toJSONString(tuple({columns})) AS _body "  # noqa: S608 - names of our own schemas
        f"FROM {spec.table} WHERE {' AND '.join(where)} ORDER BY _id, {order} DESC LIMIT 1 BY _id"
    )
    return sql, parameters


def bounds_branch(number: int, kind: str, hint: Hint) -> Branch:
    """Return the statement that tells the first and last `source_ts` a table has of underlyings."""
    table = KINDS[kind].table
    where = f"underlying_id IN {{under{number}:Array(String)}}"
    sql = (
        f"SELECT 'bounds' AS _kind, '{kind}' AS _id, "  # noqa: S608 - names of our own schemas
        f"toJSONString(tuple(count(), min(source_ts), max(source_ts))) AS _body "
        f"FROM {table} WHERE {where}"
    )
    return sql, {f"under{number}": hint.underlyings}


def level_branch(number: int, identifier: str) -> Branch | None:
    """Return the statement that finds the newest profiles with a level; null for no such id."""
    level = level_row(identifier)
    if level is None:
        return None
    sql = (
        f"SELECT '{LEVEL}' AS _kind, {{level{number}:String}} AS _id, "  # noqa: S608 - values are parameters
        "toJSONString(groupArray(trace_id)) AS _body FROM (SELECT trace_id FROM equities_profile "
        f"FINAL WHERE underlying_id = {{of{number}:String}} AND source = {{from{number}:String}} "
        "AND window IN ('session', 'composite') "
        f"AND arrayExists(lvn -> abs(lvn - {{at{number}:Float64}}) < 0.00005, lvns) "
        "ORDER BY source_ts DESC, trace_id LIMIT 3)"
    )
    return sql, {
        f"level{number}": identifier,
        f"of{number}": level["underlying_id"],
        f"from{number}": level["source"],
        f"at{number}": level["price"],
    }


def _add_hint(
    number: int, table: str, hint: Hint, where: list[str], parameters: dict[str, object]
) -> None:
    if hint.underlyings:
        where.append(f"underlying_id IN {{under{number}:Array(String)}}")
        parameters[f"under{number}"] = hint.underlyings
    if hint.contracts and table in _BY_CONTRACT:
        where.append(f"option_contract_id IN {{contracts{number}:Array(String)}}")
        parameters[f"contracts{number}"] = hint.contracts
    if table in _TIMED:
        for name, sign, at in (("since", ">=", hint.from_ns), ("until", "<=", hint.to_ns)):
            if at is not None:
                where.append(f"source_ts {sign} {{{name}{number}:Int64}}")
                parameters[f"{name}{number}"] = at


@cache
def _decoder(kind: str) -> Decode:
    if kind == LEVEL:
        return lambda identifier, body: {
            **(level_row(identifier) or {}),
            "profile_ids": orjson.loads(body),
        }
    if kind not in KINDS:
        return lambda _, body: orjson.loads(body)
    form = stored_row(KINDS[kind].table)
    return lambda _, body: form(_values(orjson.loads(body)))


def _values(body: Any) -> list[Any]:  # noqa: ANN401 - decoded JSON
    # A tuple has the names of its columns where the store is set to keep them.
    return list(body.values()) if isinstance(body, dict) else body


async def read_branches(
    store: Store, label: str, branches: Sequence[Branch], database: str = ""
) -> dict[Key, Any]:
    """
    Run branches as one statement.

    Parameters
    ----------
    store : Store
        Where the tables are.
    label : str
        Names the statement in the metrics.
    branches : sequence of Branch
        At least one.
    database : str
        Of a run; empty for live.

    Returns
    -------
    dict
        By kind and id: rows in the JSON form, and what other branches told.
    """
    sql = " UNION ALL ".join(f"({text})" for text, _ in branches)
    parameters = {name: value for _, bound in branches for name, value in bound.items()}
    found: dict[Key, Any] = {}
    for row in await store.select(label, sql, parameters, database=database):
        kind, identifier = row["_kind"], row["_id"]
        found[kind, identifier] = _decoder(kind)(identifier, row["_body"])
    return found
