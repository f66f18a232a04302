"""Rows as ClickHouse prints them, and records as the log brings them, in one form."""

from collections.abc import Callable
from collections.abc import Mapping
from functools import cache
from typing import Any

from schemas.catalog import topics
from schemas.json_form import is_nanos

Row = dict[str, Any]
Form = Callable[[Any], Any]


@cache
def table_topic(table: str) -> str:
    """Return the topic whose records a table holds."""
    return next(topic.name for topic in topics().values() if topic.table == table)


@cache
def stored_row(table: str) -> Callable[[list[Any]], Row]:
    """
    Return the function that gives a table's values, in the order of its columns, the JSON form.

    The result equals `schemas.json_form.JsonForm.plain` of the record: event times are texts, and
    a nested record that is missing, which a table holds as the empty one, is null.
    """
    fields = topics()[table_topic(table)].schema["fields"]
    names = [field["name"] for field in fields]
    forms = _Forms()
    changes = [
        (name, form)
        for name, field in zip(names, fields, strict=True)
        if (form := forms.of_field(field)) is not None
    ]

    def row(values: list[Any]) -> Row:
        found = dict(zip(names, values, strict=True))
        for name, form in changes:
            found[name] = form(found[name])
        return found

    return row


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


class _Forms:
    """What changes the values of one schema; null for what stays as it is."""

    def __init__(self) -> None:
        self._named: dict[str, Form | None] = {}

    def of_field(self, field: Mapping[str, Any]) -> Form | None:
        return _text if is_nanos(field) else self._of(field["type"])

    def _of(self, kind: Any) -> Form | None:  # noqa: ANN401 - a schema, JSON
        if isinstance(kind, list):
            (inner,) = [branch for branch in kind if branch != "null"]
            form = self._of(inner)
            return _optional(inner, form) if _is_record(inner) else form
        if not isinstance(kind, Mapping):
            return self._named.get(kind)
        if kind["type"] == "record":
            form = self._named[kind["name"]] = self._record(kind)
            return form
        if kind["type"] == "array":
            return _each(self._of(kind["items"]))
        return None

    def _record(self, kind: Mapping[str, Any]) -> Form | None:
        changes = [
            (field["name"], form)
            for field in kind["fields"]
            if (form := self.of_field(field)) is not None
        ]
        if not changes:
            return None

        def change(value: Row) -> Row:
            return {**value, **{name: form(value[name]) for name, form in changes}}

        return change


def _is_record(kind: Any) -> bool:  # noqa: ANN401 - a schema, JSON
    return isinstance(kind, Mapping) and kind["type"] == "record"


def _optional(kind: Mapping[str, Any], form: Form | None) -> Form:
    texts = [field["name"] for field in kind["fields"] if field["type"] == "string"]

    def change(value: Row) -> Row | None:
        if not any(value[name] for name in texts):
            return None
        return value if form is None else form(value)

    return change


def _each(form: Form | None) -> Form | None:
    return None if form is None else lambda values: [form(value) for value in values]
