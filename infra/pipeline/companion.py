"""A command of ours that runs beside the flows of the live stack, in a process of its own."""

import subprocess
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from infra.errors import InfraError
from infra.pipeline import child

STOP_S = 15.0
LOG_TAIL = 1500


class Companion:
    """
    The feed, or the replay worker.

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
    """

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._name = name
        self._path = folder / f"{name}.log"
        folder.mkdir(parents=True, exist_ok=True)
        self._log: IO[bytes] = self._path.open("ab")
        self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
            child.command("infra.cli", *command),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def check(self) -> None:
        """
        Return if it lives or has ended well.

        Raises
        ------
        InfraError
            It failed; the message carries the end of its log.
        """
        code = None if self._process is None else self._process.poll()
        if code is None or code == 0:
            return
        text = self._path.read_text(encoding="utf-8", errors="replace")
        msg = f"the {self._name} ended with exit code {code}: {text[-LOG_TAIL:].strip()}"
        raise InfraError(msg)

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
