"""Open log files, bounded in number, and files written whole or not at all."""

import os
from collections import OrderedDict
from pathlib import Path
from typing import Final

DEFAULT_OPEN_FILES: Final = 256


class FilePool:
    """
    Keep the most recently used log files open.

    Twenty topics of eight partitions with a few segments each would otherwise hold thousands of
    descriptors. Descriptors are only valid until the next call; the event loop is the only user.
    """

    def __init__(self, limit: int = DEFAULT_OPEN_FILES) -> None:
        self._limit = limit
        self._open: OrderedDict[Path, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def descriptor(self, path: Path) -> int:
        """Return an open descriptor of `path` for reading and writing, creating the file."""
        found = self._open.get(path)
        if found is not None:
            self._open.move_to_end(path)
            return found
        if len(self._open) >= self._limit:
            _, oldest = self._open.popitem(last=False)
            os.close(oldest)
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._open[path] = opened
        return opened

    def close(self, path: Path) -> None:
        """Close `path` if it is open."""
        found = self._open.pop(path, None)
        if found is not None:
            os.close(found)

    def close_all(self) -> None:
        """Close every file."""
        while self._open:
            _, descriptor = self._open.popitem()
            os.close(descriptor)


def write_fully(descriptor: int, data: memoryview, position: int) -> None:
    """
    Write all of `data` at `position`.

    Raises
    ------
    OSError
        The system wrote less and then refused; the caller cuts the file back.
    """
    written = os.pwrite(descriptor, data, position)
    while written < len(data):
        written += os.pwrite(descriptor, data[written:], position + written)


def replace_file(path: Path, content: bytes) -> None:
    """Write `content` under a temporary name, fsync it and rename it to `path`."""
    temporary = path.with_name(f"{path.name}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        write_fully(descriptor, memoryview(content), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Fsync a file by name; any descriptor of it will do, so the writer's stays untouched."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Fsync a folder, so that names created or removed in it are durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
