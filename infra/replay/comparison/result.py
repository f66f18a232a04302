"""What a comparison found, as records for people and scripts."""

from collections.abc import Collection
from collections.abc import Iterator
from typing import Any
from typing import Final
from typing import Literal

import msgspec

from infra.replay.comparison.compare import Kind
from infra.replay.comparison.sides import Part

Outcome = Literal["identical", "different", "none", "left out"]
Value = str | int | float | bool | list[Any] | dict[str, Any] | None

# What tells records of a topic apart at a glance, the first of these that a record has.
_HEADLINES: Final = ("headline",)
_SUBJECTS: Final = (
    *("packet_kind", "event_kind", "classifier_id", "strategy", "kind", "scope", "level"),
    *("option_contract_id", "state", "window", "interval_ms", "window_start"),
)


class FieldDifference(msgspec.Struct, frozen=True):
    """
    A field of a record.

    Parameters
    ----------
    path : str
        Its name; inside nested records with dots, e.g. `features.total_premium`, `legs[0].price`.
    here, there : JSON value
        Null where unknown, or where the record has no such part.
    is_different : bool
        False for fields that are shown beside those that differ.
    """

    path: str
    here: Value
    there: Value
    is_different: bool = True


class RecordDifference(msgspec.Struct, frozen=True):
    """
    A record that differs.

    Parameters
    ----------
    kind : {"changed", "missing", "extra", "contradicting"}
        Both sides have it; only the second; only the first; one side has it twice, differently.
    trace_id : str
        Id of the record.
    revision : int
        0 where its records have none.
    underlying_id : str
        Key.
    about : str
        Headline, or kind and subject.
    source_ts : int
        Event time, ns UTC.
    side : str
        Whose record it is, where only one side is concerned; empty for both.
    fields : tuple of FieldDifference
        Those that differ, or all; of a contradiction `here` is the one and `there` the other
        record of the side.
    """

    kind: Kind
    trace_id: str
    revision: int
    underlying_id: str
    about: str
    source_ts: int
    side: str
    fields: tuple[FieldDifference, ...]


class TopicDiff(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a topic compares.

    Parameters
    ----------
    topic : str
        Derived topic.
    result : {"identical", "different", "none", "left out"}
        "none": on either side; "left out": its flow did not run on both.
    here, there : int
        Distinct records compared.
    identical, changed, missing, extra, contradicting : int
        Of them; missing are only on the second side, extra only on the first.
    beyond : int
        Changed, missing or extra beyond the end of the recording: no difference.
    repeats_here, repeats_there : int
        Records written again with the same content.
    revisions_here, revisions_there : int | None
        Revisions of which the last states are compared; null where every revision is.
    records : tuple of RecordDifference
        The earliest differences.
    """

    topic: str
    result: Outcome
    here: int = 0
    there: int = 0
    identical: int = 0
    changed: int = 0
    missing: int = 0
    extra: int = 0
    contradicting: int = 0
    beyond: int = 0
    repeats_here: int = 0
    repeats_there: int = 0
    revisions_here: int | None = None
    revisions_there: int | None = None
    records: tuple[RecordDifference, ...] = ()

    @property
    def total(self) -> int:
        """Return the records on either side, those beyond the end left out."""
        return self.identical + self.changed + self.missing + self.extra + self.contradicting


class Thresholds(msgspec.Struct, frozen=True):
    """
    Thresholds a flow worked with, where the sides differ in them.

    Parameters
    ----------
    flow : str
        Flow.
    here, there : tuple of str
        `config_hash` of its records.
    """

    flow: str
    here: tuple[str, ...]
    there: tuple[str, ...]


class DiffResult(msgspec.Struct, frozen=True, kw_only=True):
    """
    How two runs compare.

    Parameters
    ----------
    run, other : str
        First and second side: a run, and `live` or a run.
    namespace, other_namespace : str
        Prefix of their topics; empty for live.
    part : Part
        What of them was compared.
    thresholds : tuple of Thresholds
        Where they differ.
    notes : tuple of str
        What may explain a difference, or limits what was compared.
    topics : tuple of TopicDiff
        In the order of the catalogue.
    """

    run: str
    other: str
    namespace: str
    other_namespace: str
    part: Part
    thresholds: tuple[Thresholds, ...]
    notes: tuple[str, ...]
    topics: tuple[TopicDiff, ...]

    @property
    def is_identical(self) -> bool:
        """Return whether no topic differs; what is beyond the end of the recording does not."""
        return not any(each.result == "different" for each in self.topics)

    @property
    def identical(self) -> int:
        """Return the records that are the same on both sides."""
        return sum(each.identical for each in self.topics)

    @property
    def total(self) -> int:
        """Return the records on either side, those beyond the end left out."""
        return sum(each.total for each in self.topics)

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain data."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        totals = {"identical": self.identical, "total": self.total}
        return {"is_identical": self.is_identical, **totals, **plain}


def about(record: msgspec.Struct) -> str:
    """
    Say in few words what a record is: its headline, or its kind and subject.

    Examples
    --------
    >>> from schemas.records import Signal
    >>> about(Signal(0, 0, 0, "id", "v", "SPY", "lvn", "break", 1.0, "", {}, None, None, None, (),
    ...     "p", "c"))
    'lvn break'
    """
    found = [value for name in _HEADLINES if (value := getattr(record, name, ""))]
    names = [name for name in _SUBJECTS if getattr(record, name, None) is not None]
    found = found or [_subject(record, name) for name in names]
    return " ".join(found[:3])


def _subject(record: msgspec.Struct, name: str) -> str:
    value = getattr(record, name)
    return f"{value // 1000} s" if name == "interval_ms" else str(value)


def field_differences(
    here: msgspec.Struct | None,
    there: msgspec.Struct | None,
    left_out: Collection[str],
    *,
    every: bool = False,
) -> tuple[FieldDifference, ...]:
    """
    Return the fields in which two records differ, in the order of the schema.

    Parameters
    ----------
    here, there : Struct | None
        Records of one type; null for none.
    left_out : collection of str
        Fields that are not compared.
    every : bool
        Equal fields too, and those of a record that stands alone.
    """
    left, right = _leaves(here, left_out), _leaves(there, left_out)
    is_alone = here is None or there is None
    if is_alone and not every:
        return ()
    found = []
    for path in [*left, *(path for path in right if path not in left)]:
        one, other = left.get(path), right.get(path)
        # A part one side lacks is no part that is unknown there.
        differs = one != other or (path in left) != (path in right)
        if differs or every:
            found.append(FieldDifference(path, one, other, differs and not is_alone))
    return tuple(found)


def _leaves(record: msgspec.Struct | None, left_out: Collection[str]) -> dict[str, Value]:
    if record is None:
        return {}
    values = msgspec.to_builtins(record)
    return {
        path: value
        for name, part in values.items()
        if name not in left_out
        for path, value in _walk(name, part)
    }


def _walk(path: str, value: Any) -> Iterator[tuple[str, Value]]:  # noqa: ANN401 - JSON
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from _walk(f"{path}.{name}", part)
    elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
        for at, part in enumerate(value):
            yield from _walk(f"{path}[{at}]", part)
    else:
        yield path, value
