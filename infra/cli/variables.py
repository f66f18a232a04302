"""Thresholds given on the command line."""

import difflib
from collections.abc import Iterable

from infra.errors import MisconfiguredInfra
from infra.settings import variables


def parse_changes(given: Iterable[str], option: str = "--set") -> dict[str, str]:
    """
    Read `NAME=VALUE` pairs, the names those of the environment's variables.

    Raises
    ------
    MisconfiguredInfra
        A pair is none, or there is no such variable; the message names the nearest.

    Examples
    --------
    >>> parse_changes(["ALERT_MIN_SCORE=60"])
    {'ALERT_MIN_SCORE': '60'}
    """
    known = variables()
    found: dict[str, str] = {}
    for pair in given:
        name, separator, value = pair.partition("=")
        name = name.strip().upper()
        if not separator or not name:
            msg = f"{option} is {pair!r}, expected NAME=VALUE, e.g. ALERT_MIN_SCORE=60"
            raise MisconfiguredInfra(msg)
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            msg = f"{option} names {name}, which is not a setting of Islandflow{hint}"
            raise MisconfiguredInfra(msg)
        found[name] = value.strip()
    return found
