"""An append-only file of JSON lines, durable line by line."""

import os
from pathlib import Path
from typing import Any

import orjson
import structlog

from infra.errors import MisconfiguredInfra

log = structlog.get_logger(__name__)


class Journal:
    """
    Keep facts in the order they were accepted.

    Delivery: `append` returns after `fsync`; what it returned for survives a crash. A torn last
    line, the trace of a crash inside `append`, is cut off on opening, because its writer was never
    told that it was kept.

    Parameters
    ----------
    path : Path
        The file; created with its folder when absent.

    Raises
    ------
    MisconfiguredInfra
        When a line that is not the last is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.entries = self._load()
        self._file = path.open("ab")

    def append(self, entry: dict[str, Any]) -> None:
        """Write one entry and wait until the disk has it."""
        self._file.write(orjson.dumps(entry) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; there is nothing left to write."""
        self._file.close()

    def _load(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        raw = self._path.read_bytes()
        whole = raw.rfind(b"\n") + 1
        if whole < len(raw):
            log.warning(
                "journal_torn_line_dropped", path=str(self._path), torn_bytes=len(raw) - whole
            )
            os.truncate(self._path, whole)
        entries: list[dict[str, Any]] = []
        for number, line in enumerate(raw[:whole].splitlines(), start=1):
            try:
                entries.append(orjson.loads(line))
            except orjson.JSONDecodeError as error:
                msg = (
                    f"{self._path} line {number} is not JSON ({error}); restore the file from a "
                    "backup, or move it away to begin an empty registry"
                )
                raise MisconfiguredInfra(msg) from error
        return entries
