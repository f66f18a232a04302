"""Environment variables of a flow's configuration: one for each threshold, in groups."""

import re
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import Final
from typing import Generic
from typing import TypeVar
from typing import get_origin
from typing import get_type_hints

import msgspec

from flows.errors import MisconfiguredFlow
from infra.errors import MisconfiguredInfra

C = TypeVar("C", bound=msgspec.Struct)

_SEPARATORS: Final = re.compile(r"[,\s]+")


@dataclass(frozen=True, slots=True)
class Variable:
    """
    An environment variable and the configuration field it sets.

    Parameters
    ----------
    default : object
        What holds without it; null leaves the choice to the mode.
    type : object
        What its text is converted to; a tuple is a list separated by commas or blanks, a mapping
        a list of `key=value`.
    """

    name: str
    group: str
    field: str
    default: object
    type: Any

    @property
    def doc(self) -> str:
        """Return default and place in one line."""
        shown = self.default
        if shown is None:
            shown = "by mode"
        elif isinstance(shown, tuple):
            shown = ",".join(map(str, shown)) or "empty"
        elif isinstance(shown, Mapping):
            shown = ",".join(f"{key}={value}" for key, value in shown.items()) or "empty"
        return f"{self.group}.{self.field}, default {shown}"

    def read(self, text: str) -> object:
        """
        Return the value a text stands for.

        Raises
        ------
        MisconfiguredInfra
            It stands for none; the message names the variable and what it takes.
        """
        raw: object = text
        kind = get_origin(self.type)
        if kind is tuple:
            raw = [part for part in _SEPARATORS.split(text) if part]
        elif kind is dict:
            pairs = [part.partition("=") for part in _SEPARATORS.split(text) if part]
            raw = {key: value for key, _, value in pairs}
        try:
            return msgspec.convert(raw, self.type, strict=False)
        except msgspec.ValidationError as error:
            msg = f"{self.name} is {text!r}: {error}"
            raise MisconfiguredInfra(msg) from None


class ConfigVariables(Generic[C]):
    """
    The environment variables of a configuration whose fields are groups of thresholds.

    Parameters
    ----------
    config_type : type
        The configuration; fields that are no group are not read from the environment.
    table : iterable of (variable, group, field)
        The fields' docstrings say what each does and takes.
    """

    def __init__(self, config_type: type[C], table: Iterable[tuple[str, str, str]]) -> None:
        self._type = config_type
        self.groups = groups_of(config_type)
        hints = {group: get_type_hints(struct) for group, struct in self.groups.items()}
        defaults = {group: struct() for group, struct in self.groups.items()}
        self.variables = tuple(
            Variable(name, group, field, getattr(defaults[group], field), hints[group][field])
            for name, group, field in table
        )

    def docs(self) -> dict[str, str]:
        """Return every variable with its default and place."""
        return {variable.name: variable.doc for variable in self.variables}

    def read(self, values: Mapping[str, str]) -> C:
        """
        Return the configuration an environment asks for.

        Parameters
        ----------
        values : Mapping[str, str]
            Environment; an empty value means the default.

        Raises
        ------
        MisconfiguredInfra
            A value is malformed or out of range; the message names the variable.
        """
        chosen: dict[str, dict[str, object]] = {group: {} for group in self.groups}
        for variable in self.variables:
            text = values.get(variable.name, "")
            if text:
                chosen[variable.group][variable.field] = variable.read(text)
        try:
            groups = {
                group: msgspec.convert(chosen[group], struct)
                for group, struct in self.groups.items()
            }
            return self._type(**groups)
        except MisconfiguredFlow as error:
            raise MisconfiguredInfra(str(error)) from None


def groups_of(config_type: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct]]:
    """Return the fields of a configuration that are groups of thresholds."""
    return {
        group: struct
        for group, struct in get_type_hints(config_type).items()
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct)
    }
