"""Runs the `islandflow` command as its user does: another process, settings of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from typing import Any

from typer.testing import CliRunner

from connectors.errors import ConnectorError
from infra.cli.main import app
from infra.errors import InfraError
from tests.conftest import REPOSITORY

DEADLINE_S = 120.0
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")
LOOPBACK_PORTS = {
    "API_PORT": "0",
    **{f"EMBEDDED_{name}_PORT": "0" for name in ("KAFKA", "REGISTRY", "CLICKHOUSE", "REDIS")},
}


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    def json(self) -> Any:  # noqa: ANN401 - whatever the command printed
        assert self.code == 0, self.err
        return json.loads(self.out)


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment without a setting of the developer's, ports chosen by the system."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        **LOOPBACK_PORTS,
        "ISLANDFLOW_ENV_FILE": "",
        "PYTHONPATH": str(REPOSITORY),
        "COLUMNS": "100",
        **(changes or {}),
    }


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "infra.cli", *(str(each) for each in arguments)]


def islandflow(
    *arguments: str | Path,
    settings: Mapping[str, str] | None = None,
    deadline_s: float = DEADLINE_S,
) -> Outcome:
    found = subprocess.run(
        command(*arguments),
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=deadline_s,
        check=False,
    )
    return Outcome(found.returncode, found.stdout, found.stderr)


def in_process(*arguments: str | Path) -> Outcome:
    """
    Run a command inside this process, which saves its start.

    Known errors become exit code and message as `main` makes them; `islandflow` tests that.
    """
    found = CliRunner().invoke(app, [str(each) for each in arguments])
    error = found.exception
    if isinstance(error, InfraError | ConnectorError):
        return Outcome(getattr(error, "exit_code", 1), found.stdout, f"error: {error}\n")
    if error is not None and not isinstance(error, SystemExit):
        raise error
    return Outcome(found.exit_code, found.stdout, found.stderr)


def complaints(err: str) -> str:
    """Return what was written to standard error, without librdkafka's informational lines."""
    return "".join(line for line in err.splitlines(True) if not line.startswith("%6|"))


@contextmanager
def running(
    *arguments: str | Path, output: Path, settings: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a command that goes on by itself; it is gone at the end, whatever happened."""
    file: IO[bytes]
    with output.open("wb") as file:
        process = subprocess.Popen(
            command(*arguments), env=environment(settings), stdout=file, stderr=file
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def wait_until(is_so: Callable[[], bool], what: Callable[[], str] | str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, what if isinstance(what, str) else what()
        time.sleep(0.05)


def interrupted(process: "subprocess.Popen[bytes]") -> int:
    """Press Ctrl-C and return the exit code."""
    process.send_signal(signal.SIGINT)
    return process.wait(DEADLINE_S)


def processes_of(folder: Path) -> dict[int, str]:
    """Return the command lines of the living processes that name a folder."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(folder) in line:
            found[int(entry.name)] = line
    return found
