"""Brokers for tests: one in a thread of this process, one in a process that can be killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.embedded.kafka.broker import KafkaBroker
from infra.embedded.kafka.config import BrokerConfig

DEADLINE_S = 30.0
HOLD_S = 0.05


def poll_until(condition: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Return when `condition` holds; fail with `what` when it does not in time."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"not within {deadline_s} s: {what}"
        threading.Event().wait(0.01)


@contextmanager
def running_broker(config: BrokerConfig) -> Iterator[KafkaBroker]:
    """Run a broker on a loop in a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    broker = KafkaBroker(config)
    try:
        asyncio.run_coroutine_threadsafe(broker.start(), loop).result(DEADLINE_S)
        try:
            yield broker
        finally:
            asyncio.run_coroutine_threadsafe(broker.stop(), loop).result(DEADLINE_S)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE_S)
        loop.close()


class BrokerProcess:
    """`python -m infra.embedded.kafka` on one folder; started again it keeps its port."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._process: subprocess.Popen[str] | None = None
        self.address = "127.0.0.1:0"

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def start(self) -> None:
        command = [sys.executable, "-m", "infra.embedded.kafka"]
        self._process = subprocess.Popen(
            [*command, "--data", str(self._data_dir), "--port", str(self.port)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the broker ended before it listened"
        self.address = json.loads(line)["kafka"]

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def kill_while_answering(self, delay_s: float) -> None:
        """
        Kill a broker that has just been given a pile of requests at once.

        Held still for a moment it finds several requests in its socket, and dying among them it
        takes answers with it whose records are already written: what producers must repeat.
        """
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        threading.Event().wait(HOLD_S)
        self._process.send_signal(signal.SIGCONT)
        threading.Event().wait(delay_s)
        self.kill()

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(number)
        status = process.wait(DEADLINE_S)
        if process.stdout is not None:
            process.stdout.close()
        return status
