"""Offsets that consumer groups committed, in an append-only journal."""

import os
from pathlib import Path
from typing import Final

import msgspec
import structlog

from infra.embedded.kafka.files import replace_file
from infra.embedded.kafka.files import write_fully
from infra.embedded.kafka.flusher import Flusher

log = structlog.get_logger(__name__)

JOURNAL_FILE: Final = "committed-offsets.jsonl"
MIN_REWRITE_LINES: Final = 10_000
REWRITE_FACTOR: Final = 10
DELETED: Final = -1

GroupPartition = tuple[str, str, int]
"""Group, topic, partition."""


class CommittedOffset(msgspec.Struct, frozen=True, array_like=True):
    """One journal line; offset -1 takes the commit away."""

    group: str
    topic: str
    partition: int
    offset: int
    leader_epoch: int = -1
    metadata: str = ""


class CommittedOffsets:
    """
    Committed offsets of every group.

    Delivery: a commit is in the journal file when `commit` returns, so it survives kill -9; it is
    fsynced with the records. A torn last line is dropped at start. The journal is rewritten when
    it is ten times longer than what it says.
    """

    def __init__(self, data_dir: Path, flusher: Flusher) -> None:
        self._path = data_dir / JOURNAL_FILE
        self._flusher = flusher
        self._offsets: dict[GroupPartition, CommittedOffset] = {}
        self._lines = 0
        self._size = 0
        self._descriptor = -1
        self._load()
        self._rewrite()

    def commit(self, commits: list[CommittedOffset]) -> None:
        """
        Write commits down.

        Raises
        ------
        OSError
            They could not be written; none of them is kept.
        """
        self._append(commits)
        for entry in commits:
            self._offsets[(entry.group, entry.topic, entry.partition)] = entry

    def get(self, group: str, topic: str, partition: int) -> CommittedOffset | None:
        """Return what a group committed for a partition."""
        return self._offsets.get((group, topic, partition))

    def of_group(self, group: str) -> list[CommittedOffset]:
        """Return everything a group committed, ordered by topic and partition."""
        found = [entry for entry in self._offsets.values() if entry.group == group]
        return sorted(found, key=lambda entry: (entry.topic, entry.partition))

    def groups(self) -> list[str]:
        """Return the groups that have committed, in order."""
        return sorted({entry.group for entry in self._offsets.values()})

    def forget_group(self, group: str) -> None:
        """Take away everything a group committed."""
        self._forget([entry for entry in self._offsets.values() if entry.group == group])

    def forget_topic(self, topic: str) -> None:
        """Take away what any group committed for a deleted topic."""
        self._forget([entry for entry in self._offsets.values() if entry.topic == topic])

    def close(self) -> None:
        """Close the journal."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _forget(self, entries: list[CommittedOffset]) -> None:
        self._append([CommittedOffset(e.group, e.topic, e.partition, DELETED) for e in entries])
        for entry in entries:
            del self._offsets[(entry.group, entry.topic, entry.partition)]

    def _append(self, entries: list[CommittedOffset]) -> None:
        if not entries:
            return
        if self._lines > max(MIN_REWRITE_LINES, REWRITE_FACTOR * len(self._offsets)):
            self._rewrite()
        encoded = b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)
        try:
            write_fully(self._descriptor, memoryview(encoded), self._size)
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(encoded)
        self._lines += len(entries)
        self._flusher.file_written(self._path)

    def _load(self) -> None:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return
        decode = msgspec.json.Decoder(CommittedOffset).decode
        *lines, torn = content.split(b"\n")
        for number, line in enumerate(lines):
            try:
                entry = decode(line)
            except msgspec.DecodeError:
                log.warning("commit_unreadable", path=str(self._path), line=number + 1)
                continue
            key = (entry.group, entry.topic, entry.partition)
            if entry.offset == DELETED:
                self._offsets.pop(key, None)
            else:
                self._offsets[key] = entry
        if torn:
            log.warning("commit_torn", path=str(self._path), cut_bytes=len(torn))

    def _rewrite(self) -> None:
        self.close()
        content = b"".join(msgspec.json.encode(e) + b"\n" for e in self._offsets.values())
        replace_file(self._path, content)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        self._size = len(content)
        self._lines = len(self._offsets)
