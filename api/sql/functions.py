"""Which functions a statement may call."""

from functools import cache
from importlib.resources import files
from typing import Final

# Suffixes of aggregates, in lower case. States are left out: an aggregate's own memory, made up by
# hand, is no data of anybody and has crashed the engine before.
COMBINATORS: Final = (
    *("if", "array", "map", "distinct", "ornull", "ordefault", "foreach", "argmin", "argmax"),
)
TABLE_FUNCTIONS: Final = frozenset({"numbers"})
# Words of the language that stand before a bracket.
SYNTAX: Final = frozenset(
    {
        *("select", "from", "where", "prewhere", "having", "qualify", "with", "by", "as", "on"),
        *("using", "over", "and", "or", "not", "in", "like", "ilike", "between", "when", "then"),
        *("else", "case", "all", "any", "distinct", "exists", "union", "except", "intersect"),
        *("join", "sets", "rollup", "cube", "interpolate", "replace", "columns", "filter"),
        *("limit", "offset", "array", "left", "right", "is", "to", "step", "regexp", "div", "mod"),
        *("cast", "extract", "trim", "ltrim", "rtrim", "substring", "position", "interval"),
        *("date_add", "date_sub", "dateadd", "datesub", "timestamp_add", "timestamp_sub"),
        *("timestampadd", "timestampsub"),
    }
)
# Types that take arguments, as in `CAST(x AS Decimal(18, 4))` and `{symbols:Array(String)}`.
TYPES: Final = frozenset(
    {
        *("array", "map", "tuple", "nullable", "lowcardinality", "fixedstring", "datetime"),
        *("datetime64", "decimal", "decimal32", "decimal64", "decimal128", "decimal256"),
        *("enum8", "enum16", "varchar", "char", "numeric"),
    }
)


def may_call(name: str) -> bool:
    """
    Say whether a function is on the list; names count in any case.

    Examples
    --------
    >>> may_call("sumIf"), may_call("FILE"), may_call("sumState")
    (True, False, False)
    """
    lowered = name.lower()
    return lowered in _listed()["scalar"] or _is_aggregate(lowered)


def _is_aggregate(name: str) -> bool:
    if name in _listed()["aggregate"]:
        return True
    return any(
        name.endswith(suffix) and _is_aggregate(name.removesuffix(suffix)) for suffix in COMBINATORS
    )


@cache
def _listed() -> dict[str, frozenset[str]]:
    sections: dict[str, set[str]] = {}
    names: set[str] = set()
    text = files("api").joinpath("sql", "functions.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            names = sections.setdefault(line.strip("[]"), set())
        elif line and not line.startswith("#"):
            names.add(line)
    return {name: frozenset(found) for name, found in sections.items()}
