"""A command of ours that runs beside the flows of the live stack, in a process of its own."""

import subprocess
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import structlog

from infra.errors import InfraError
from infra.pipeline import child

log = structlog.get_logger(__name__)

STOP_S = 15.0
LOG_TAIL = 1500
# Who lived that long and then fell starts anew at once; who falls at every start waits longer.
SOUND_S = 60.0
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


class Companion:
    """
    The feed, the replay worker, or the gateway.

    One that is revived is started again whenever it ends, after a pause that doubles from one
    second to thirty; another one that fails ends the stack.

    Parameters
    ----------
    name : str
        What users see; its log file is named after it.
    command : Sequence[str]
        `islandflow` arguments.
    folder : Path
        Folder of log files.
    environment : Mapping[str, str]
        Its whole environment.
    revived : bool
        Start it again when it ends.
    now_s : callable
        A clock that only goes forward, s.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        *,
        revived: bool = False,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._command = child.command("infra.cli", *command)
        self._environment = dict(environment)
        self._path = folder / f"{name}.log"
        self._revived = revived
        self._now_s = now_s
        self._pause_s = FIRST_PAUSE_S
        self._due_s: float | None = None
        self.restarts = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._log: IO[bytes] = self._path.open("ab")
        self._process: subprocess.Popen[bytes] | None = None
        self._start()

    def _start(self) -> None:
        self._started_s = self._now_s()
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    @property
    def pid(self) -> int | None:
        """Process id; null while it does not run."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def check(self) -> None:
        """
        Return if it lives or has ended well; start it again if it is one that is revived.

        Raises
        ------
        InfraError
            It failed; the message carries the end of its log.
        """
        code = None if self._process is None else self._process.poll()
        if self._revived:
            if self._due_s is not None or code is not None:
                self._revive(code)
            return
        if code is None or code == 0:
            return
        text = self._path.read_text(encoding="utf-8", errors="replace")
        msg = f"the {self._name} ended with exit code {code}: {text[-LOG_TAIL:].strip()}"
        raise InfraError(msg)

    def _revive(self, code: int | None) -> None:
        now_s = self._now_s()
        if self._due_s is None:
            is_sound = now_s - self._started_s >= SOUND_S
            self._pause_s = FIRST_PAUSE_S if is_sound else min(2 * self._pause_s, LONGEST_PAUSE_S)
            self._due_s = now_s + self._pause_s
            log.warning(
                "companion_ended", name=self._name, exit_code=code, again_in_s=self._pause_s
            )
        if now_s >= self._due_s:
            self._due_s = None
            self.restarts += 1
            self._start()

    def stop(self) -> None:
        """Ask it to end and wait."""
        process, self._process = self._process, None
        # Asked to stop while it was still starting, it ends by the signal: no failure of its own.
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._log.close()
