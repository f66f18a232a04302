"""Grids of thresholds to try: `NAME=v1,v2`, multiplied out."""

from collections.abc import Mapping
from collections.abc import Sequence
from itertools import product
from typing import Any
from typing import Final
from typing import get_origin

from infra.errors import MisconfiguredInfra
from infra.thresholds import check_changes
from infra.thresholds import parted
from infra.thresholds import thresholds

MAX_COMBINATIONS: Final = 64


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
        name, values = parted(text, "NAME=VALUE,VALUE,…")
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


def _values(name: str, text: str) -> list[str]:
    kinds: list[Any] = [get_origin(variable.type) for variable in thresholds(name)]
    if tuple in kinds or dict in kinds:
        msg = f"{name} takes a list itself, so a grid of it cannot be told; use --set {name}={text}"
        raise MisconfiguredInfra(msg)
    values = [part.strip() for part in text.split(",")]
    if "" in values or len(set(values)) != len(values):
        msg = f"{name}={text} names an empty value or one twice, expected {name}=v1,v2"
        raise MisconfiguredInfra(msg)
    return values
