"""Topics as code: the typed form of `topics.yaml`."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final
from typing import Literal

import msgspec

DEAD_LETTER_SUFFIX: Final = ".dlq"
UNLIMITED: Final = -1


class InvalidCatalog(ValueError):
    """`topics.yaml` is not what it should be; the message names the place and what it takes."""


class TopicSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What a topic is to be on the broker.

    Parameters
    ----------
    name : str
        Topic.
    partitions : int
        1 to 1,024.
    key : str
        What its messages are keyed by.
    cleanup : {"delete", "compact"}
        What happens to old records.
    retention_ms : int
        Longest age by event time in ms; -1 for ever.
    retention_bytes : int
        Most bytes of one partition; -1 without bound.
    kind : {"raw", "derived", "control", "dead_letters"}
        What feeds publish, what flows make of it, what programs are asked and answer, what was
        rejected.
    """

    name: str
    partitions: int
    key: str
    cleanup: Literal["delete", "compact"]
    retention_ms: int
    retention_bytes: int
    kind: Literal["raw", "derived", "control", "dead_letters"]

    def __post_init__(self) -> None:
        if not 1 <= self.partitions <= 1024:
            msg = f"topics.yaml: {self.name} has {self.partitions} partitions, expected 1 to 1024"
            raise InvalidCatalog(msg)
        for field, value in (
            ("retention_ms", self.retention_ms),
            ("retention_bytes", self.retention_bytes),
        ):
            if value < UNLIMITED:
                msg = f"topics.yaml: {self.name}.{field} is {value}, expected -1 or more"
                raise InvalidCatalog(msg)

    def configs(self) -> Mapping[str, str]:
        """Return the broker's settings of the topic."""
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(self.retention_ms),
            "retention.bytes": str(self.retention_bytes),
        }


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    partitions: int | None = None
    key: str | None = None
    cleanup: Literal["delete", "compact"] | None = None
    retention_ms: int | None = None
    retention_bytes: int | None = None
    dead_letters: bool | None = None
    kind: Literal["raw", "derived", "control"] | None = None


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    defaults: _Entry
    dead_letters: _Entry
    topics: dict[str, _Entry]


def _spec(name: str, *entries: _Entry, **known: str) -> TopicSpec:
    # The first entry that says something counts.
    values: dict[str, object] = {"name": name, **known}
    for field in ("partitions", "key", "cleanup", "retention_ms", "retention_bytes", "kind"):
        if field in values:
            continue
        said = [found for entry in entries if (found := getattr(entry, field)) is not None]
        if not said:
            msg = f"topics.yaml: {name} has no {field}, and there is no default for it"
            raise InvalidCatalog(msg)
        values[field] = said[0]
    try:
        return msgspec.convert(values, TopicSpec)
    except msgspec.ValidationError as error:
        raise InvalidCatalog(str(error)) from error


def dead_letter_topic(topic: str) -> str:
    """Return the topic that takes what was rejected from a topic."""
    return topic + DEAD_LETTER_SUFFIX


def parse_catalog(text: str | bytes) -> Mapping[str, TopicSpec]:
    """
    Parse the text of a `topics.yaml`.

    Returns
    -------
    mapping
        Every topic by name, dead-letter topics included, in the order of the file.

    Raises
    ------
    InvalidCatalog
        A field is missing, unknown or out of range.
    """
    try:
        parsed = msgspec.yaml.decode(text, type=_File)
    except msgspec.DecodeError as error:
        msg = f"topics.yaml: {error}"
        raise InvalidCatalog(msg) from error
    found: dict[str, TopicSpec] = {}
    for name, entry in parsed.topics.items():
        found[name] = _spec(name, entry, parsed.defaults)
        has_dead_letters = (
            parsed.defaults.dead_letters if entry.dead_letters is None else entry.dead_letters
        )
        if has_dead_letters:
            rejected = dead_letter_topic(name)
            found[rejected] = _spec(rejected, parsed.dead_letters, kind="dead_letters")
    return MappingProxyType(found)


@cache
def topic_catalog() -> Mapping[str, TopicSpec]:
    """Return the topics of this project's own `topics.yaml`."""
    return parse_catalog(files("redpanda").joinpath("topics.yaml").read_bytes())


def topics_of(kind: Literal["raw", "derived", "control", "dead_letters"]) -> tuple[str, ...]:
    """Return the topics of a kind, in the order of the file."""
    return tuple([name for name, spec in topic_catalog().items() if spec.kind == kind])
