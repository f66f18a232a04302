"""Fsync what was written, off the event loop, at most `fsync_ms` after the first write."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from infra.embedded.kafka.files import replace_file
from infra.embedded.kafka.files import sync_file
from infra.embedded.kafka.files import sync_folder

log = structlog.get_logger(__name__)


class Flusher:
    """
    Collect written files and checkpoints and make them durable in one thread.

    Delivery: a write acknowledged before the machine (not only the process) dies may be lost if
    its fsync has not ended; that window is `fsync_ms` plus the time the device takes.
    """

    def __init__(self, fsync_ms: int) -> None:
        self.failed = False
        self._delay_s = fsync_ms / 1000
        self._files: dict[Path, bytes | None] = {}
        self._folders: set[Path] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._executor = ThreadPoolExecutor(1, "kafka-fsync")

    def start(self) -> None:
        """Begin flushing; needs a running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="kafka-fsync")

    def file_written(self, path: Path) -> None:
        """Have `path` fsynced."""
        if path not in self._files:
            self._files[path] = None
            self._wake.set()

    def checkpoint_ready(self, path: Path, checkpoint: bytes) -> None:
        """Have `path` fsynced and then its checkpoint written beside it, in this order."""
        self._files[path] = checkpoint
        self._wake.set()

    def folder_changed(self, path: Path) -> None:
        """Have the names in a folder fsynced."""
        self._folders.add(path)
        self._wake.set()

    async def stop(self) -> None:
        """Flush what is left and end the thread."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._flush()
        self._executor.shutdown()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(self._delay_s)
            await self._flush()

    async def _flush(self) -> None:
        files, self._files = self._files, {}
        folders, self._folders = self._folders, set()
        self._wake.clear()
        if not files and not folders:
            return
        flush = asyncio.get_running_loop().run_in_executor(
            self._executor, _flush_now, files, folders
        )
        try:
            # Shielded, so that a stop in the middle still waits for the thread in `shutdown`.
            await asyncio.shield(flush)
        except OSError as error:
            # After a failed fsync the system may have dropped the pages: nothing written since can
            # be promised, so the partitions stop taking records.
            self.failed = True
            log.exception("fsync_failed", path=error.filename)


def _flush_now(files: dict[Path, bytes | None], folders: set[Path]) -> None:
    for path, checkpoint in files.items():
        try:
            sync_file(path)
            if checkpoint is not None:
                replace_file(path.with_suffix(".idx"), checkpoint)
        except FileNotFoundError:
            # Deleted by retention or with its topic since it was written.
            continue
    for folder in sorted(folders):
        try:
            sync_folder(folder)
        except FileNotFoundError:
            continue
