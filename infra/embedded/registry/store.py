"""Subjects, versions, ids and compatibility levels."""

import threading
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import Any
from typing import Final

from infra.embedded.registry import avro
from infra.embedded.registry import errors
from infra.embedded.registry.journal import Journal
from schemas.compatibility import LEVELS
from schemas.compatibility import Schema
from schemas.compatibility import check_level

DEFAULT_LEVEL: Final = "FULL_TRANSITIVE"
MAX_VERSION: Final = 2**31 - 1

Reference = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """
    One version of a subject.

    Parameters
    ----------
    subject : str
        The subject it belongs to.
    version : int
        From 1, never used again after a deletion.
    schema_id : int
        Identity of the schema over all subjects.
    schema : str
        JSON text, as registered, without white space.
    references : tuple of dict
        `name`, `subject` and `version` of the types it uses from other subjects.
    is_deleted : bool
        Softly deleted: found only when asked for.
    """

    subject: str
    version: int
    schema_id: int
    schema: str
    references: tuple[Reference, ...] = ()
    is_deleted: bool = False


class RegistryStore:
    """
    The registry's state; every change is on disk before it is visible.

    Parameters
    ----------
    path : Path
        The journal file.

    Raises
    ------
    MisconfiguredInfra
        When the journal is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._subjects: dict[str, dict[int, Version]] = {}
        self._next_version: dict[str, int] = {}
        self._ids: dict[str, int] = {}
        self._by_id: dict[int, Version] = {}
        self._levels: dict[str | None, str] = {}
        self._journal = Journal(path)
        for entry in self._journal.entries:
            self._apply(entry)

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def register(self, subject: str, schema: str, references: list[Reference]) -> Version:
        """
        Add a version, or return the one that already has this schema.

        Raises
        ------
        RegistryError
            42201 for what is not Avro, 409 when the subject's level forbids the change.
        """
        with self._lock:
            parsed = self._parse(schema, references)
            key = _identity(schema, references)
            for version in self._live(subject):
                if _identity(version.schema, list(version.references)) == key:
                    return version
            reasons = self._incompatibilities(subject, parsed, self._live(subject))
            if reasons:
                raise errors.incompatible(subject, reasons)
            number = self._next_version.get(subject, 1)
            entry = {
                "kind": "version",
                "subject": subject,
                "version": number,
                "id": self._ids.get(key) or len(self._by_id) + 1,
                "schema": avro.compact(schema),
                "references": references,
            }
            self._commit(entry)
            return self._subjects[subject][number]

    def lookup(
        self, subject: str, schema: str, references: list[Reference], *, deleted: bool = False
    ) -> Version:
        """Return the version with this schema; 40401 or 40403 when there is none."""
        with self._lock:
            versions = self.versions(subject, deleted=deleted)
            self._parse(schema, references)
            key = _identity(schema, references)
            for version in reversed(versions):
                if _identity(version.schema, list(version.references)) == key:
                    return version
            raise errors.schema_not_found()

    def subjects(self, *, deleted: bool = False) -> list[str]:
        """Return the subjects' names in order."""
        with self._lock:
            return sorted(
                name
                for name, versions in self._subjects.items()
                if any(deleted or not version.is_deleted for version in versions.values())
            )

    def versions(self, subject: str, *, deleted: bool = False) -> list[Version]:
        """Return a subject's versions, oldest first; 40401 when there are none."""
        with self._lock:
            every = self._subjects.get(subject, {}).values()
            found = [version for version in every if deleted or not version.is_deleted]
            if not found:
                raise errors.subject_not_found(subject)
            return found

    def version(self, subject: str, which: str, *, deleted: bool = False) -> Version:
        """Return one version by number or `latest`; 40401, 40402 or 42202."""
        versions = self.versions(subject, deleted=deleted)
        if which in {"latest", "-1"}:
            return versions[-1]
        number = int(which) if which.isdecimal() else 0
        if not 1 <= number <= MAX_VERSION:
            raise errors.invalid_version(which)
        for version in versions:
            if version.version == number:
                return version
        raise errors.version_not_found(number)

    def by_id(self, schema_id: int) -> Version:
        """Return the version under which an id was first given; 40403 when it was not."""
        with self._lock:
            if schema_id not in self._by_id:
                raise errors.schema_not_found(schema_id)
            return self._by_id[schema_id]

    def uses(self, schema_id: int, *, deleted: bool = False) -> list[Version]:
        """Return every version that has this id."""
        with self._lock:
            self.by_id(schema_id)
            return [
                version
                for version in self._every()
                if version.schema_id == schema_id and (deleted or not version.is_deleted)
            ]

    def referenced_by(self, subject: str, version: int) -> list[int]:
        """Return the ids of the schemas that use a version as a reference."""
        with self._lock:
            found = {
                other.schema_id
                for other in self._every()
                for item in other.references
                if (item["subject"], item["version"]) == (subject, version) and not other.is_deleted
            }
            return sorted(found)

    def delete_version(self, subject: str, which: str, *, permanent: bool = False) -> int:
        """Delete one version; for good only what was deleted softly before (40407)."""
        with self._lock:
            version = self.version(subject, which, deleted=permanent)
            if permanent and not version.is_deleted:
                raise errors.version_not_soft_deleted(subject, version.version)
            self._refuse_if_referenced(version)
            self._commit(
                {
                    "kind": "delete",
                    "subject": subject,
                    "version": version.version,
                    "permanent": permanent,
                }
            )
            return version.version

    def delete_subject(self, subject: str, *, permanent: bool = False) -> list[int]:
        """Delete every version of a subject; for good only after a soft deletion (40405)."""
        with self._lock:
            versions = self.versions(subject, deleted=permanent)
            if permanent and not all(version.is_deleted for version in versions):
                raise errors.subject_not_soft_deleted(subject)
            for version in versions:
                self._refuse_if_referenced(version)
            return [
                self.delete_version(subject, str(version.version), permanent=permanent)
                for version in versions
            ]

    def level(self, subject: str | None, *, default_to_global: bool = True) -> str:
        """Return a subject's compatibility level, or the global one; 40408 without a default."""
        with self._lock:
            if subject in self._levels:
                return self._levels[subject]
            if subject is not None and not default_to_global:
                raise errors.subject_level_not_configured(subject)
            return self._levels.get(None, DEFAULT_LEVEL)

    def set_level(self, subject: str | None, level: str | None) -> str:
        """Set, or with None remove, a compatibility level; 42203 for an unknown one."""
        if level is not None and level.upper() not in LEVELS:
            raise errors.invalid_level(level)
        with self._lock:
            before = self.level(subject, default_to_global=level is not None)
            value = None if level is None else level.upper()
            self._commit({"kind": "level", "subject": subject, "level": value})
            return before if value is None else value

    def incompatibilities(
        self, subject: str, which: str | None, schema: str, references: list[Reference]
    ) -> list[str]:
        """
        List why a schema may not follow one version, or with None the whole subject.

        Raises
        ------
        RegistryError
            40401, 40402, 42201 or 42202.
        """
        with self._lock:
            parsed = self._parse(schema, references)
            if which is None:
                return self._incompatibilities(subject, parsed, self._live(subject))
            return self._incompatibilities(subject, parsed, [self.version(subject, which)])

    def _incompatibilities(self, subject: str, parsed: Schema, olds: list[Version]) -> list[str]:
        known = [self._parse(old.schema, list(old.references)) for old in olds]
        return check_level(parsed, known, self.level(subject))

    def _parse(self, schema: str, references: list[Reference]) -> Schema:
        return avro.parse(schema, dict(self._definitions(references)))

    def _definitions(self, references: list[Reference]) -> Iterator[tuple[str, str]]:
        for item in references:
            used = self.version(item["subject"], str(item["version"]), deleted=True)
            yield from self._definitions(list(used.references))
            yield item["name"], used.schema

    def _refuse_if_referenced(self, version: Version) -> None:
        users = self.referenced_by(version.subject, version.version)
        if users:
            text = (
                "One or more references exist to the schema "
                f"{{subject={version.subject},version={version.version}}}: ids {users}"
            )
            raise errors.RegistryError(42206, text)

    def _live(self, subject: str) -> list[Version]:
        every = self._subjects.get(subject, {}).values()
        return [version for version in every if not version.is_deleted]

    def _every(self) -> Iterator[Version]:
        for subject in sorted(self._subjects):
            yield from self._subjects[subject].values()

    def _commit(self, entry: dict[str, Any]) -> None:
        self._journal.append(entry)
        self._apply(entry)

    def _apply(self, entry: dict[str, Any]) -> None:
        appliers: dict[str, Callable[[dict[str, Any]], None]] = {
            "version": self._apply_version,
            "delete": self._apply_delete,
            "level": self._apply_level,
        }
        appliers[entry["kind"]](entry)

    def _apply_version(self, entry: dict[str, Any]) -> None:
        references = tuple(entry["references"])
        version = Version(
            entry["subject"], entry["version"], entry["id"], entry["schema"], references
        )
        self._subjects.setdefault(version.subject, {})[version.version] = version
        self._next_version[version.subject] = version.version + 1
        self._ids.setdefault(_identity(version.schema, list(references)), version.schema_id)
        self._by_id.setdefault(version.schema_id, version)

    def _apply_delete(self, entry: dict[str, Any]) -> None:
        versions = self._subjects[entry["subject"]]
        if entry["permanent"]:
            del versions[entry["version"]]
        else:
            softly = replace(versions[entry["version"]], is_deleted=True)
            versions[entry["version"]] = softly

    def _apply_level(self, entry: dict[str, Any]) -> None:
        if entry["level"] is None:
            self._levels.pop(entry["subject"], None)
        else:
            self._levels[entry["subject"]] = entry["level"]


def _identity(schema: str, references: list[Reference]) -> str:
    used = sorted((item["name"], item["subject"], item["version"]) for item in references)
    return f"{avro.canonical(schema)}{used}" if used else avro.canonical(schema)
