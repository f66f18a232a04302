"""Start, find and stop the embedded services from another process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final
from typing import Self

from infra.embedded.folder import StackAddresses
from infra.embedded.folder import is_locked
from infra.embedded.folder import read_addresses
from infra.embedded.ports import EmbeddedPorts
from infra.errors import InfraError
from infra.errors import MisconfiguredInfra
from infra.errors import TransientInfra

__all__ = ["EmbeddedPorts", "EmbeddedStack", "StackAddresses", "running_stack"]

EXIT_MISCONFIGURED: Final = 2
LOG_NAME: Final = "logs/embedded.log"
_PROJECT: Final = Path(__file__).resolve().parents[2]
_STOP_TIMEOUT_S: Final = 10.0
_TAIL_LINES: Final = 20
_POLL_S: Final = 0.02


class EmbeddedStack:
    """
    The embedded services in a process of their own, which ends with this one.

    Ctrl-C in the terminal does not reach them: who started the stack stops it, after what uses it.

    Parameters
    ----------
    data_dir : Path
        Folder of everything they keep; created when absent.
    host : str, default "127.0.0.1"
        Address to listen on. Anything but loopback opens the services to the network.
    ports : EmbeddedPorts | None
        None lets each service keep the port it had on this folder, or take a free one.
    fsync_ms : int, default 100
        Longest time from a written Kafka batch to its fsync, 1 to 60000.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        host: str = "127.0.0.1",
        ports: EmbeddedPorts | None = None,
        fsync_ms: int = 100,
    ) -> None:
        self._data_dir = data_dir
        self._host = host
        self._ports = ports or EmbeddedPorts()
        self._fsync_ms = fsync_ms
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the services; None when they were not started or were stopped."""
        return None if self._process is None else self._process.pid

    def start(self, timeout_s: float = 30.0) -> StackAddresses:
        """
        Start the services and wait until all four answer.

        Parameters
        ----------
        timeout_s : float, default 30
            Longest wait, seconds.

        Raises
        ------
        MisconfiguredInfra
            The folder is in use, a port is taken, or a setting is wrong.
        InfraError
            The services ended; the message has the end of their log.
        TransientInfra
            They were not ready in time; they are stopped.
        """
        if self._process is not None and self._process.poll() is None:
            msg = f"the stack on {self._data_dir} already runs as process {self._process.pid}"
            raise InfraError(msg)
        path = self._data_dir / LOG_NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as log_file:
            begin = log_file.tell()
            self._process = subprocess.Popen(
                self._command(),
                cwd=_PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self._wait_until_ready(self._process, timeout_s, begin)

    def stop(self) -> None:
        """Stop cleanly and wait; kills what does not end in ten seconds. Safe to call twice."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End the process at once (SIGKILL), as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def addresses(self) -> StackAddresses:
        """
        Where the started services are.

        Raises
        ------
        InfraError
            When they do not run.
        """
        found = None if self._process is None else running_stack(self._data_dir)
        if found is None:
            msg = f"the stack on {self._data_dir} does not run; start it first"
            raise InfraError(msg)
        return found

    def _command(self) -> list[str]:
        ports = self._ports
        options = {
            "--data": str(self._data_dir.resolve()),
            "--host": self._host,
            "--kafka-port": str(ports.kafka),
            "--registry-port": str(ports.registry),
            "--clickhouse-port": str(ports.clickhouse),
            "--redis-port": str(ports.redis),
            "--kafka-fsync-ms": str(self._fsync_ms),
            "--die-with-parent": str(os.getpid()),
        }
        flat = [part for name, value in options.items() for part in (name, value)]
        return [sys.executable, "-m", "infra.embedded", *flat]

    def _wait_until_ready(
        self, process: subprocess.Popen[bytes], timeout_s: float, begin: int
    ) -> StackAddresses:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            status = process.poll()
            if status is not None:
                self._process = None
                raise self._ended(process.pid, status, begin)
            found = read_addresses(self._data_dir)
            if found is not None and found[0] == process.pid:
                return found[1]
            time.sleep(_POLL_S)
        self.stop()
        msg = (
            f"the embedded services on {self._data_dir} were not ready in {timeout_s:g} s; the end "
            f"of their log:\n{self._tail(begin)}"
        )
        raise TransientInfra(msg)

    def _ended(self, pid: int, status: int, begin: int) -> InfraError:
        if status == EXIT_MISCONFIGURED:
            # Services that another process starts on the folder write into the same log.
            *_, refusal = self._said(begin).rpartition(refusal_of(pid))
            return MisconfiguredInfra(refusal.partition("\n")[0])
        msg = (
            f"the embedded services on {self._data_dir} ended with status {status}; the end of "
            f"their log:\n{self._tail(begin)}"
        )
        return InfraError(msg)

    def _tail(self, begin: int) -> str:
        return "\n".join(self._said(begin).splitlines()[-_TAIL_LINES:])

    def _said(self, begin: int) -> str:
        with (self._data_dir / LOG_NAME).open("rb") as file:
            file.seek(begin)
            return file.read().decode(errors="replace").strip()


def refusal_of(pid: int) -> str:
    """Return how the line begins in which the services' process says why it does not start."""
    return f"[{pid}] "


def joined_stack(data_dir: Path, timeout_s: float = 30.0) -> StackAddresses | None:
    """Wait for services that another process starts on a folder; None when they do not come."""
    deadline_s = time.monotonic() + timeout_s
    while is_locked(data_dir) and time.monotonic() < deadline_s:
        found = running_stack(data_dir)
        if found is not None:
            return found
        time.sleep(_POLL_S)
    return None


def running_stack(data_dir: Path) -> StackAddresses | None:
    """Return where the services on a folder are; None when none run there."""
    found = read_addresses(data_dir)
    if found is None or not is_locked(data_dir):
        return None
    return found[1]
