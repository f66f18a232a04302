"""Ends flows of a run where it is certain what they had done."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.infra.cli.command import processes_of
from tests.infra.cli.command import wait_until

STOPPED = "T"


def catch_when(is_so: Callable[[], bool], pid: int, what: str) -> None:
    """
    Wait until something is so, and leave the process standing still there.

    It stands still while that is looked at too, so what was seen stays so.
    """

    def is_caught() -> bool:
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: _stands_still(pid), f"process {pid} stands still before {what}")
        found = is_so()
        if not found:
            os.kill(pid, signal.SIGCONT)
        return found

    wait_until(is_caught, what)


@dataclass(frozen=True)
class FlowOfRun:
    """The processes of a flow of a pipeline on a data folder, and what they have written."""

    data: Path
    name: str
    topic: str

    def pids(self) -> set[int]:
        wanted = f"flows.{self.name}.flow:flow"
        return {pid for pid, line in processes_of(self.data).items() if wanted in line}

    def wait_for_pid(self, *, but: int = 0) -> int:
        """Wait for a process of the flow that is not a given one."""
        wait_until(lambda: bool(self.pids() - {but}), f"the {self.name} flow runs")
        return min(self.pids() - {but})

    def let_it_get_on(self) -> None:
        """Wait until the flow has written its recovery store, and records after that."""
        before = self._stored_ns()
        wait_until(lambda: self._stored_ns() > before, "the recovery store is written")
        wait_until(self._is_ahead, f"more of {self.topic} is written")

    def kill_ahead_of_its_store(self, pid: int) -> None:
        """Kill the flow when the log holds records that its recovery store does not know."""
        catch_when(self._is_ahead, pid, f"{self.topic} is ahead of the recovery store")
        os.kill(pid, signal.SIGKILL)

    def _is_ahead(self) -> bool:
        # Before an epoch is stored the log has acknowledged its records.
        written_ns = _newest_ns(self.data / "kafka", f"topics/{self.topic}-*/*/*.log")
        return written_ns > self._stored_ns()

    def _stored_ns(self) -> int:
        return _newest_ns(self.data / "recovery" / self.name, "part-*")


def _stands_still(pid: int) -> bool:
    states = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return {state.rpartition(")")[2].split()[0] for state in states} == {STOPPED}


def _newest_ns(folder: Path, pattern: str) -> int:
    """Return when a file of a pattern was written last; one that vanishes meanwhile is left out."""
    found = 0
    for path in folder.glob(pattern):
        with suppress(FileNotFoundError):
            found = max(found, path.stat().st_mtime_ns)
    return found
