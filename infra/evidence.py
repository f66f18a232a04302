"""Walk an inference back to the prints that caused it, one lookup per kind of record."""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Protocol

from infra.errors import InfraError

Row = dict[str, Any]


class Store(Protocol):
    """What evidence is read from."""

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """Return the rows of a read-only query, bound parameters as `{name:Type}`."""


class UnknownId(InfraError):
    """No record of any kind has the id."""


@dataclass(frozen=True, slots=True)
class Node:
    """
    One record of an evidence chain.

    Parameters
    ----------
    kind : str
        `alert`, `classifier_hit`, `smart_money`, `flow_packet` or `option_print`.
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


@dataclass(frozen=True, slots=True)
class _Kind:
    table: str
    key: str
    prefixes: tuple[str, ...] = ()


KINDS = {
    "alert": _Kind("flow_alerts", "alert_id", ("al:",)),
    "classifier_hit": _Kind("flow_classifier_hits", "hit_id", ("hit:",)),
    "smart_money": _Kind("flow_smart_money", "event_id", ("sm:",)),
    "flow_packet": _Kind("flow_packets", "id", ("pk:", "st:")),
    "option_print": _Kind("options_tape", "trace_id"),
    "option_nbbo": _Kind("options_nbbo", "trace_id"),
    "event_calendar": _Kind("refdata_events", "event_id"),
    "oi_snapshot": _Kind(
        "refdata_open_interest", "concat(option_contract_id, '@', toString(as_of_date))"
    ),
    "baseline_snapshot": _Kind("baseline_snapshots", "snapshot_id"),
}


# What a packet or event was measured against, beside the prints it consists of.
CONTEXT = ("event_calendar", "oi_snapshot", "baseline_snapshot")


def kind_of(identifier: str) -> str:
    """Return the kind of record an id names; an id without a known prefix is a print's."""
    for kind, spec in KINDS.items():
        if identifier.startswith(spec.prefixes):
            return kind
    return "option_print"


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

    def _fetch(self, kind: str, ids: Sequence[str]) -> dict[str, Row]:
        spec = KINDS[kind]
        if not ids:
            return {}
        sql = (
            f"SELECT *, {spec.key} AS evidence_id FROM {spec.table} FINAL "  # noqa: S608 - names from our own table
            f"WHERE evidence_id IN {{ids:Array(String)}} ORDER BY source_ts, evidence_id"
        )
        found = self._store.rows(sql, {"ids": list(ids)})
        return {str(row.pop("evidence_id")): row for row in found}

    def resolve(self, identifier: str) -> Node:
        """
        Return the chain of an id, down to prints.

        Raises
        ------
        UnknownId
            The store has no such record.
        """
        kind = kind_of(identifier)
        nodes, missing = self._nodes(kind, [identifier])
        if missing:
            msg = (
                f"no {kind.replace('_', ' ')} with id {identifier}; ids begin with al:, hit:, sm:, "
                "pk: or st:, anything else is a print's trace id"
            )
            raise UnknownId(msg)
        return nodes[0]

    def _nodes(self, kind: str, ids: Sequence[str]) -> tuple[list[Node], tuple[str, ...]]:
        rows = self._fetch(kind, ids)
        nodes = [self._node(kind, name, rows[name]) for name in ids if name in rows]
        return nodes, tuple(name for name in ids if name not in rows)

    def _node(self, kind: str, identifier: str, row: Row) -> Node:
        children: list[Node] = []
        missing: tuple[str, ...] = ()
        # A hit leads to its own event; only events of no hit hang from the alert itself.
        covered: set[str] = set()
        for below, ids in _below(kind, row):
            nodes, gone = self._nodes(below, [name for name in ids if name not in covered])
            children += nodes
            missing += gone
            if below == "classifier_hit":
                covered.update(str(node.record["smart_money_event_id"]) for node in nodes)
        return Node(kind, identifier, row, children, missing)


def _below(kind: str, row: Row) -> list[tuple[str, list[str]]]:
    """Return the kinds and ids a record rests on directly."""
    if kind == "alert":
        refs = [(ref["kind"], ref["id"]) for ref in row["evidence_refs"]]
        return [
            (below, [name for what, name in refs if what == below])
            for below in ("classifier_hit", "smart_money")
        ]
    if kind == "classifier_hit":
        return [("smart_money", [str(row["smart_money_event_id"])])]
    if kind == "smart_money":
        return [("flow_packet", list(row["packet_ids"])), *_context(row)]
    if kind == "flow_packet":
        return [*_context(row), ("option_print", list(row["members"]))]
    return []


def _context(row: Row) -> list[tuple[str, list[str]]]:
    refs = [(ref["kind"], str(ref["id"])) for ref in row["evidence_refs"]]
    found = [(kind, [name for what, name in refs if what == kind]) for kind in CONTEXT]
    return [(kind, ids) for kind, ids in found if ids]
