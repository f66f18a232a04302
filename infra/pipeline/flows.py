"""Run a dataflow the standard Bytewax way, in its own processes, and bring it back if it dies."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import IO

import structlog

from infra.errors import InfraError
from infra.pipeline import child
from infra.pipeline.occupancy import wait_for_predecessors
from infra.ports import free_ports

log = structlog.get_logger(__name__)

RECOVERY_PARTITIONS = 4
STOP_TIMEOUT_S = 20.0
MAX_RESTARTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSpec:
    """
    What to run.

    Parameters
    ----------
    name : str
        Flow package, e.g. `options`.
    state_dir : Path
        Folder of recovery store and log file.
    workers : int
        Processes of the Bytewax cluster; a worker each.
    epoch_s : float
        Seconds between snapshots, rounded up to whole seconds.
    environment : Mapping[str, str]
        The flow's whole environment.
    """

    name: str
    state_dir: Path
    workers: int
    epoch_s: float
    environment: Mapping[str, str]

    @property
    def recovery_dir(self) -> Path:
        """Return the folder of the recovery store."""
        return self.state_dir / "recovery" / self.name

    @property
    def log_path(self) -> Path:
        """Return the file the flow's own log goes to."""
        return self.state_dir / "logs" / f"flow-{self.name}.log"

    @property
    def lock_path(self) -> Path:
        """Return the file every process of the flow holds while it lives."""
        return self.state_dir / "recovery" / f"{self.name}.lock"


@dataclass(slots=True)
class FlowProcesses:
    """
    The processes of one flow.

    Delivery: at least once. A process that is killed takes its cluster with it; `poll` starts the
    cluster again from the recovery store, which re-emits the open epoch with the same ids.
    """

    spec: FlowSpec
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    restarts: int = 0
    _log: IO[bytes] | None = None

    def start(self) -> None:
        """Start the cluster; creates the recovery store on first use."""
        spec = self.spec
        spec.log_path.parent.mkdir(parents=True, exist_ok=True)
        wait_for_predecessors(spec.lock_path)
        self._create_recovery_store()
        if self._log is None:
            self._log = spec.log_path.open("ab")
        epoch_s = str(max(1, round(spec.epoch_s)))
        recovery = ["-r", str(spec.recovery_dir), "-s", epoch_s, "-b", "0"]
        addresses = ";".join(f"127.0.0.1:{port}" for port in free_ports(spec.workers))
        for worker in range(spec.workers):
            cluster = ["-i", str(worker), "-a", addresses] if spec.workers > 1 else []
            self.processes.append(
                subprocess.Popen(
                    child.command(
                        "bytewax.run",
                        f"flows.{spec.name}.flow:flow",
                        *recovery,
                        *cluster,
                        lock=spec.lock_path,
                    ),
                    env=dict(spec.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=self._log,
                    stderr=self._log,
                    start_new_session=True,
                )
            )

    def _create_recovery_store(self) -> None:
        folder = self.spec.recovery_dir
        if any(folder.glob("part-*.sqlite3")):
            return
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "bytewax.recovery", str(folder), str(RECOVERY_PARTITIONS)]
        result = subprocess.run(
            command, env=dict(self.spec.environment), capture_output=True, check=False
        )
        if result.returncode != 0:
            msg = (
                f"recovery store in {folder} could not be created: {result.stderr.decode()[-500:]}"
            )
            raise InfraError(msg)

    def poll(self) -> bool:
        """
        Look after the cluster; return whether it has ended well.

        Raises
        ------
        InfraError
            The flow failed more often than `MAX_RESTARTS`; the message carries its log's end.
        """
        codes = [process.poll() for process in self.processes]
        if all(code == 0 for code in codes):
            self.processes.clear()
            return True
        failed = [code for code in codes if code not in (None, 0)]
        if failed:
            self._end(signal.SIGKILL)
            if self.restarts >= MAX_RESTARTS:
                msg = f"flow {self.spec.name} failed {self.restarts + 1} times: {self.log_tail()}"
                raise InfraError(msg)
            self.restarts += 1
            log.warning(
                "flow_restarted", flow=self.spec.name, exit_code=failed[0], restarts=self.restarts
            )
            self.start()
        return False

    def stop(self) -> None:
        """Ask the cluster to stop where it is and wait; windows still open stay in its state."""
        self._end(signal.SIGTERM)
        if self._log is not None:
            self._log.close()
            self._log = None

    def kill(self) -> None:
        """End the cluster at once, as a crash would."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.send_signal(number)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for process in self.processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("flow_killed", flow=self.spec.name, after_s=STOP_TIMEOUT_S)
                process.kill()
                process.wait()
        self.processes.clear()

    def log_tail(self, size: int = 1500) -> str:
        """Return the end of the flow's log."""
        path = self.spec.log_path
        if not path.exists():
            return ""
        return path.read_bytes()[-size:].decode(errors="replace").strip()
