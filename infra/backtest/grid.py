"""Thresholds to try: `NAME=VALUE`, and grids `NAME=v1,v2` that are multiplied out."""

import difflib
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import product
from typing import Any
from typing import Final
from typing import get_origin

from infra.config_variables import Variable
from infra.equities_settings import EQUITIES_VARIABLES
from infra.errors import MisconfiguredInfra
from infra.options_settings import OPTIONS_VARIABLES
from infra.settings import variables

MAX_COMBINATIONS: Final = 64

_TABLES: Final = (OPTIONS_VARIABLES, EQUITIES_VARIABLES)


def changes_of(texts: Sequence[str]) -> dict[str, str]:
    """
    Return the thresholds that `NAME=VALUE` texts change, in their order.

    Raises
    ------
    MisconfiguredInfra
        A text has no such form, names no threshold or one twice, or a value is not what it takes;
        the message names the variable and what it takes.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, value = _parted(text, "NAME=VALUE")
        if name in found:
            msg = f"{name} is set twice; to try several values: --grid {name}={found[name]},{value}"
            raise MisconfiguredInfra(msg)
        found[name] = value
    check_changes(found)
    return found


def combinations(
    texts: Sequence[str], fixed: Mapping[str, str] | None = None
) -> list[dict[str, str]]:
    """
    Return every combination of a grid, the last variable turning fastest.

    Parameters
    ----------
    texts : sequence of str
        `NAME=v1,v2,…`, one a variable; several may stand in one text with × between them.
    fixed : mapping
        Thresholds changed in all of them.

    Raises
    ------
    MisconfiguredInfra
        As `changes_of`; or there are more than 64 combinations, or a combination contradicts
        itself.

    Examples
    --------
    >>> combinations(["ALERT_MIN_SCORE=25,40"])
    [{'ALERT_MIN_SCORE': '25'}, {'ALERT_MIN_SCORE': '40'}]
    """
    always = dict(fixed or {})
    axes: dict[str, list[str]] = {}
    for text in [part for each in texts for part in each.split("×")]:
        name, values = _parted(text, "NAME=VALUE,VALUE,…")
        if name in axes or name in always:
            msg = f"{name} is set twice; give all its values at once: {name}=v1,v2"
            raise MisconfiguredInfra(msg)
        axes[name] = _values(name, values)
    count = 1
    for each in axes.values():
        count *= len(each)
    if count > MAX_COMBINATIONS:
        sizes = " × ".join(f"{len(values)} of {name}" for name, values in axes.items())
        msg = f"the grid has {count:,} combinations ({sizes}), at most {MAX_COMBINATIONS}"
        raise MisconfiguredInfra(msg)
    found = [
        {**always, **dict(zip(axes, values, strict=True))} for values in product(*axes.values())
    ]
    for changes in found:
        check_changes(changes)
    return found


def check_changes(changes: Mapping[str, str]) -> None:
    """Check thresholds one by one and together; raises as `changes_of`."""
    for name, value in changes.items():
        for variable in _thresholds(name):
            variable.read(value)
    for table in _TABLES:
        table.read(changes)


def _parted(text: str, form: str) -> tuple[str, str]:
    name, equals, value = [part.strip() for part in text.partition("=")]
    if not equals or not name or not value:
        msg = f"{text.strip()!r} changes no threshold, expected {form}"
        raise MisconfiguredInfra(msg)
    return name, value


def _values(name: str, text: str) -> list[str]:
    kinds: list[Any] = [get_origin(variable.type) for variable in _thresholds(name)]
    if tuple in kinds or dict in kinds:
        msg = f"{name} takes a list itself, so a grid of it cannot be told; use --set {name}={text}"
        raise MisconfiguredInfra(msg)
    values = [part.strip() for part in text.split(",")]
    if "" in values or len(set(values)) != len(values):
        msg = f"{name}={text} names an empty value or one twice, expected {name}=v1,v2"
        raise MisconfiguredInfra(msg)
    return values


def _thresholds(name: str) -> list[Variable]:
    """Return the fields a variable sets; some set one in two groups."""
    found = [each for table in _TABLES for each in table.variables if each.name == name]
    if found:
        return found
    if name in variables():
        msg = f"{name} is a setting but no threshold of a flow; a backtest cannot change it"
        raise MisconfiguredInfra(msg)
    known = {each.name: None for table in _TABLES for each in table.variables}
    near = difflib.get_close_matches(name.upper(), known, n=1)
    hint = f"; did you mean {near[0]} ({_doc(near[0])})?" if near else ""
    msg = f"{name} is no threshold of Islandflow{hint}"
    raise MisconfiguredInfra(msg)


def _doc(name: str) -> str:
    return variables()[name]
