"""Second and third step: the engine's own reading of a statement, node by node."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from api.sql.functions import TABLE_FUNCTIONS
from api.sql.functions import may_call
from api.sql.statement import HIDDEN_TABLE
from api.sql.statement import sql_refused

# Every kind of node a SELECT may consist of. What is not here is refused: `Set` (settings),
# `ColumnsApplyTransformer` (hides the function it calls), any other statement, and what a newer
# engine may invent.
ALLOWED: Final = frozenset(
    {
        *("SelectWithUnionQuery", "SelectIntersectExceptQuery", "SelectQuery", "Subquery"),
        *("ExpressionList", "TablesInSelectQuery", "TablesInSelectQueryElement"),
        *("TableExpression", "TableIdentifier", "TableJoin", "ArrayJoin", "SampleRatio"),
        *("Function", "Identifier", "Literal", "Asterisk", "QualifiedAsterisk", "WithElement"),
        *("ColumnsRegexpMatcher", "ColumnsListMatcher", "QualifiedColumnsRegexpMatcher"),
        *("QualifiedColumnsListMatcher", "ColumnsTransformerList", "ColumnsExceptTransformer"),
        *("ColumnsReplaceTransformer", "ColumnsReplaceTransformer::Replacement"),
        *("OrderByElement", "InterpolateElement", "WindowDefinition", "WindowListElement"),
    }
)
# The right side of these may be a table's name.
_MEMBERSHIP: Final = frozenset(
    prefix + name for prefix in ("", "global") for name in ("in", "notin", "nullin", "notnullin")
)
# The second is what the engine writes around a parameter's value.
_CASTS: Final = frozenset({"cast", "_cast"})
_LINE: Final = re.compile(r"( *)([A-Za-z:]+) ?(.*)")
_TAIL: Final = re.compile(r"(?: \(alias .*\))?(?: \(children \d+\))?$")
_ROOT: Final = "SelectWithUnionQuery"
_SHOWN: Final = {
    "Set": "SETTINGS",
    "ColumnsApplyTransformer": "APPLY",
    "ParallelWithQuery": "PARALLEL WITH",
}


@dataclass(slots=True)
class Node:
    """One node: its kind, what stands behind it, the node above it, those below."""

    kind: str
    text: str
    parent: "Node | None"
    children: list["Node"]

    @property
    def name(self) -> str:
        """Return the name of a function, table or column."""
        return _TAIL.sub("", self.text)


def check_tree(explained: str, database: str) -> None:
    """
    Refuse a statement by what the engine says it consists of.

    Parameters
    ----------
    explained : str
        Answer of `EXPLAIN AST`, a node a line.
    database : str
        The one database whose tables may be read.

    Raises
    ------
    Problem
        `sql_refused`, with the reason.

    Notes
    -----
    Source: gateway specification, 5. A text inside a quoted name could only add lines here, never
    take one away, and an added line is looked at like any other.
    """
    if "aggregatefunction" in explained.lower():
        raise sql_refused("states of aggregates are not read here")
    nodes = list(_nodes(explained))
    roots = [node.kind for node in nodes if node.parent is None]
    if roots != [_ROOT]:
        raise sql_refused("only one SELECT is run here")
    for node in nodes:
        _check(node, database)


def _check(node: Node, database: str) -> None:
    if node.kind not in ALLOWED:
        raise sql_refused(f"{_SHOWN.get(node.kind, node.kind)} is not offered here")
    if node.kind == "TableIdentifier":
        _check_table(node.name, database)
    elif node.kind == "Function":
        _check_function(node, database)


def _check_function(node: Node, database: str) -> None:
    name = node.name.lower()
    if node.parent is not None and node.parent.kind == "TableExpression":
        if name not in TABLE_FUNCTIONS:
            raise sql_refused(f"the table function {name} is not offered; only numbers is")
        return
    if not may_call(name) and name not in _CASTS:
        raise sql_refused(f"the function {name} is not on the list of those allowed")
    arguments = node.children[0].children if node.children else []
    if name in _MEMBERSHIP and len(arguments) == 2 and arguments[1].kind == "Identifier":
        _check_table(arguments[1].name, database)
    if name in _CASTS and (len(arguments) != 2 or arguments[1].kind != "Literal"):
        raise sql_refused("the type of a CAST is written out, not computed")


def _check_table(name: str, database: str) -> None:
    found, dot, table = name.rpartition(".")
    if dot and found != database:
        raise sql_refused(f"only tables of the database {database} are readable, not {name}")
    if table.lower() == HIDDEN_TABLE:
        raise sql_refused(f"{HIDDEN_TABLE} is not readable here")


def _nodes(explained: str) -> Iterator[Node]:
    above: list[Node] = []
    for line in explained.split("\n"):
        if not line.strip():
            continue
        found = _LINE.fullmatch(line)
        if found is None or len(found[1]) > len(above):
            raise sql_refused("the statement could not be looked at; write it more plainly")
        del above[len(found[1]) :]
        node = Node(found[2], found[3], above[-1] if above else None, [])
        if above:
            above[-1].children.append(node)
        above.append(node)
        yield node
