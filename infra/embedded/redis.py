"""A Redis on loopback: `redis-server` where it is installed, `fakeredis` elsewhere."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final
from typing import Literal

import structlog
from fakeredis import TcpFakeServer

from infra.embedded.ports import free_port
from infra.embedded.ports import is_loopback
from infra.errors import InfraError

log = structlog.get_logger(__name__)

_START_TIMEOUT_S: Final = 10.0
_STOP_TIMEOUT_S: Final = 3.0
_SAVE_EVERY_S: Final = 60
# Asks the kernel to end redis-server with its parent, then becomes it. Done in a fresh process,
# because code between fork and exec is unsafe in one that has threads.
_BECOME_CHILD: Final = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


class EmbeddedRedis:
    """
    Run a Redis for hot windows and control state.

    Durability: `redis-server` saves to `data_dir` every minute when something changed and on
    `stop`; fakeredis keeps nothing over a restart. Nothing that has to last is kept in Redis.

    Parameters
    ----------
    data_dir : Path
        Folder of the snapshot and the log; created when absent.
    host : str, default "127.0.0.1"
        Address to listen on.
    port : int, default 0
        TCP port; 0 takes a free one.

    Attributes
    ----------
    kind : {"redis-server", "fakeredis"}
        What answers.
    """

    def __init__(self, data_dir: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        self._data_dir = data_dir
        self._host = host
        self._program = shutil.which("redis-server")
        self._process: subprocess.Popen[bytes] | None = None
        self._fake: TcpFakeServer | None = None
        self._thread: threading.Thread | None = None
        self.port = port
        self.kind: Literal["redis-server", "fakeredis"]
        self.kind = "redis-server" if self._program else "fakeredis"

    def start(self) -> None:
        """
        Start and wait until it answers PING.

        Raises
        ------
        InfraError
            When it ends instead, or does not answer in ten seconds.
        """
        self._data_dir.mkdir(parents=True, exist_ok=True)
        if self._program is None:
            self._start_fake()
        else:
            self._start_server(self._program)
        self._wait_until_ready()
        log.info("redis_started", kind=self.kind, port=self.port)

    def stop(self) -> None:
        """Save and end within three seconds; safe to call twice."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                log.warning("redis_killed", pid=self._process.pid, waited_s=_STOP_TIMEOUT_S)
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._fake is not None:
            self._fake.shutdown()
            self._fake.server_close()
            self._fake = None
        if self._thread is not None:
            self._thread.join(_STOP_TIMEOUT_S)
            self._thread = None

    def _start_server(self, program: str) -> None:
        if self.port == 0:
            self.port = free_port(self._host)
        options = {
            "bind": self._host,
            "port": str(self.port),
            "dir": str(self._data_dir.resolve()),
            "logfile": str((self._data_dir / "redis.log").resolve()),
            "appendonly": "no",
            "save": f"{_SAVE_EVERY_S} 1",
            "daemonize": "no",
            "protected-mode": "yes" if is_loopback(self._host) else "no",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        command = [sys.executable, "-c", _BECOME_CHILD, str(os.getpid()), program, *arguments]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
        )

    def _start_fake(self) -> None:
        server = TcpFakeServer((self._host, self.port))
        # Otherwise an idle client would hold the process open at stop.
        server.daemon_threads = True
        server.block_on_close = False
        self.port = server.server_address[1]
        self._fake = server
        self._thread = threading.Thread(
            target=server.serve_forever, args=(0.05,), name="embedded-redis", daemon=True
        )
        self._thread.start()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                msg = (
                    f"redis-server ended with status {self._process.returncode} instead of "
                    f"listening on {self._host}:{self.port}; its log is "
                    f"{self._data_dir / 'redis.log'}"
                )
                raise InfraError(msg)
            if self._answers():
                return
            time.sleep(0.02)
        self.stop()
        msg = f"{self.kind} did not answer on {self._host}:{self.port} in {_START_TIMEOUT_S:g} s"
        raise InfraError(msg)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self._host, self.port), timeout=1.0) as connection:
                connection.sendall(b"*1\r\n$4\r\nPING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False
