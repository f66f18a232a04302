"""Thresholds a replay may change: those of the flows, and no other setting."""

import difflib
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final

from infra.config_variables import Variable
from infra.equities_settings import EQUITIES_VARIABLES
from infra.errors import MisconfiguredInfra
from infra.options_settings import OPTIONS_VARIABLES
from infra.settings import variables

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
        name, value = parted(text, "NAME=VALUE")
        if name in found:
            msg = f"{name} is set twice; to try several values: --grid {name}={found[name]},{value}"
            raise MisconfiguredInfra(msg)
        found[name] = value
    check_changes(found)
    return found


def check_changes(changes: Mapping[str, str]) -> None:
    """Check thresholds one by one and together; raises as `changes_of`."""
    for name, value in changes.items():
        for variable in thresholds(name):
            variable.read(value)
    for table in _TABLES:
        table.read(changes)


def parted(text: str, form: str) -> tuple[str, str]:
    """
    Return name and value of a text.

    Parameters
    ----------
    text : str
        `NAME=VALUE`.
    form : str
        What it should look like, for the message.

    Raises
    ------
    MisconfiguredInfra
        It has no such form.
    """
    name, equals, value = [part.strip() for part in text.partition("=")]
    if not equals or not name or not value:
        msg = f"{text.strip()!r} changes no threshold, expected {form}"
        raise MisconfiguredInfra(msg)
    return name, value


def thresholds(name: str) -> list[Variable]:
    """
    Return the fields a variable sets; some set one in two groups.

    Raises
    ------
    MisconfiguredInfra
        It is no threshold; the message names the nearest, and what that does.
    """
    found = [each for table in _TABLES for each in table.variables if each.name == name]
    if found:
        return found
    if name in variables():
        msg = f"{name} is a setting but no threshold of a flow; a replay cannot change it"
        raise MisconfiguredInfra(msg)
    known = {each.name: None for table in _TABLES for each in table.variables}
    near = difflib.get_close_matches(name.upper(), known, n=1)
    hint = f"; did you mean {near[0]} ({_doc(near[0])})?" if near else ""
    msg = f"{name} is no threshold of Islandflow{hint}"
    raise MisconfiguredInfra(msg)


def _doc(name: str) -> str:
    return variables()[name]
