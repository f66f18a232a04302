"""Walk an inference back to the prints that caused it, one lookup per kind of record."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Final
from typing import Protocol

from infra.errors import InfraError
from infra.evidence_kinds import KINDS
from infra.evidence_kinds import LEVEL
from infra.evidence_kinds import PREFIXED
from infra.evidence_kinds import UNPREFIXED
from infra.evidence_kinds import below
from infra.evidence_kinds import kind_of
from infra.evidence_kinds import level_row

Row = dict[str, Any]

# Profiles in which a price is a low-volume node now; while a session lasts, nodes come and go.
_PROFILES_OF_LEVEL: Final = (
    "SELECT trace_id FROM equities_profile FINAL WHERE underlying_id = {underlying_id:String} "
    "AND source = {source:String} AND window IN ('session', 'composite') "
    "AND arrayExists(lvn -> abs(lvn - {price:Float64}) < 0.00005, lvns) "
    "ORDER BY source_ts DESC, trace_id LIMIT 3"
)


class Store(Protocol):
    """What evidence is read from."""

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """Return the rows of a read-only query, bound parameters as `{name:Type}`."""


# Rows of a kind by id, as far as they are there.
Fetch = Callable[[str, Sequence[str]], Mapping[str, Row]]


class UnknownId(InfraError):
    """No record of any kind has the id."""


@dataclass(frozen=True, slots=True)
class Node:
    """
    One record of an evidence chain.

    Parameters
    ----------
    kind : str
        `alert`, `dark`, `equity_join`, `flow_packet`, `option_print`, …: a name of `KINDS`.
    id : str
        The record's id.
    record : dict
        The newest revision, as stored.
    children : list of Node
        What it rests on.
    missing : tuple of str
        Ids it names that are not in the store.
    """

    kind: str
    id: str
    record: Row
    children: list["Node"] = field(default_factory=list)
    missing: tuple[str, ...] = ()

    def count(self, kind: str) -> int:
        """Return how many distinct records of a kind the chain holds."""
        return len(self._ids(kind))

    def _ids(self, kind: str) -> set[str]:
        own = {self.id} if self.kind == kind else set()
        return own.union(*(child._ids(kind) for child in self.children))

    def ids(self) -> set[str]:
        """Return every id of the chain, those that did not resolve among them."""
        return {self.id, *self.missing}.union(*(child.ids() for child in self.children))

    def missing_ids(self) -> tuple[str, ...]:
        """Return every id of the chain that did not resolve."""
        return self.missing + tuple(name for child in self.children for name in child.missing_ids())

    def as_json(self) -> Row:
        """Return the chain as plain data."""
        return {
            "kind": self.kind,
            "id": self.id,
            "record": self.record,
            "missing": list(self.missing),
            "children": [child.as_json() for child in self.children],
        }


class EvidenceResolver:
    """
    Resolve ids to records and their evidence.

    Parameters
    ----------
    store : Store
        Where the tables are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def resolve(self, identifier: str) -> Node:
        """
        Return the chain of an id, down to prints and quotes.

        An id without a known prefix is an option print's, else an equity print's, else a quote's.

        Raises
        ------
        UnknownId
            The store has no such record.
        """
        chain = Chain(_Tables(self._store).fetch)
        kind = kind_of(identifier)
        for each in (kind,) if identifier.startswith(PREFIXED) else UNPREFIXED:
            nodes, missing = chain.nodes(each, [identifier])
            if not missing:
                return nodes[0]
        named = kind.replace("_", " ") if identifier.startswith(PREFIXED) else "record"
        msg = (
            f"no {named} with id {identifier}; ids begin with {', '.join(PREFIXED)}, anything else "
            "is a print's or a quote's trace id"
        )
        raise UnknownId(msg)


class Chain:
    """
    The records of one chain, each read once.

    Parameters
    ----------
    fetch : Callable
        Returns rows of a kind by id, as far as they are there.
    with_quotes : bool
        Whether option prints lead on to their quotes.
    """

    def __init__(self, fetch: Fetch, *, with_quotes: bool = False) -> None:
        self._fetch = fetch
        self._with_quotes = with_quotes
        # By kind and id; null for what is not there.
        self._rows: dict[tuple[str, str], Row | None] = {}
        self._nodes: dict[tuple[str, str], Node] = {}

    def nodes(self, kind: str, ids: Sequence[str]) -> tuple[list[Node], tuple[str, ...]]:
        """Return the chains of ids of a kind, and those of the ids that did not resolve."""
        self._read(kind, ids)
        rows = {name: self._rows[kind, name] for name in ids}
        self._read_below(kind, [row for row in rows.values() if row is not None])
        nodes = [self._node(kind, name, row) for name, row in rows.items() if row is not None]
        return nodes, tuple(name for name, row in rows.items() if row is None)

    def _node(self, kind: str, identifier: str, row: Row) -> Node:
        made = self._nodes.get((kind, identifier))
        if made is not None:
            return made
        children: list[Node] = []
        missing: tuple[str, ...] = ()
        # What a child rests on hangs from the child: a hit leads to its own event, an inference
        # to its joins, and only what no child leads to hangs from the record itself.
        covered: set[str] = set()
        for each, ids in self._below(kind, row):
            nodes, gone = self.nodes(each, [name for name in ids if name not in covered])
            children += nodes
            missing += gone
            for node in nodes:
                covered |= node.ids()
        node = self._nodes[kind, identifier] = Node(kind, identifier, row, children, missing)
        return node

    def _below(self, kind: str, row: Row) -> list[tuple[str, list[str]]]:
        return below(kind, row, with_quotes=self._with_quotes)

    def _read_below(self, kind: str, rows: Sequence[Row]) -> None:
        """Read what several records rest on with one query a kind, not one a record."""
        wanted: dict[str, dict[str, None]] = {}
        for row in rows:
            for each, ids in self._below(kind, row):
                wanted.setdefault(each, {}).update(dict.fromkeys(ids))
        for each, names in wanted.items():
            self._read(each, list(names))

    def _read(self, kind: str, ids: Sequence[str]) -> None:
        unread = [name for name in ids if (kind, name) not in self._rows]
        if not unread:
            return
        found = self._fetch(kind, unread)
        self._rows.update({(kind, name): found.get(name) for name in unread})


class _Tables:
    """Rows out of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def fetch(self, kind: str, ids: Sequence[str]) -> dict[str, Row]:
        """Return rows of a kind by id, one query a call."""
        if kind == LEVEL:
            return self._levels(ids)
        spec = KINDS[kind]
        sql = (
            f"SELECT *, {spec.key} AS evidence_id FROM {spec.table} FINAL "  # noqa: S608 - names from our own table
            f"WHERE evidence_id IN {{ids:Array(String)}} ORDER BY source_ts, evidence_id"
        )
        found = self._store.rows(sql, {"ids": list(ids)})
        return {str(row.pop("evidence_id")): row for row in found}

    def _levels(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return what the ids of levels say; a level is part of profiles, not a record."""
        found = {}
        for name in ids:
            row = level_row(name)
            if row is not None:
                profiles = self._store.rows(_PROFILES_OF_LEVEL, row)
                found[name] = {**row, "profile_ids": [each["trace_id"] for each in profiles]}
        return found
