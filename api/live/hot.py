"""Hot windows in Redis: what a restarted gateway begins with; gateway specification, 9."""

import struct
import threading
import time
from collections import deque
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Final

import redis
import structlog
from redis.exceptions import RedisError

from api.live.feed import LogMessage
from api.metrics import REDIS_PIPELINE_SECONDS

log: Final = structlog.get_logger(__name__)

GATHER_S: Final = 0.1
BUDGET_S: Final = 0.1
TIMEOUT_S: Final = 2.0
RETRY_S: Final = 1.0
FIRST_COMMANDS: Final = 500
LEAST_COMMANDS: Final = 50
MOST_COMMANDS: Final = 5000
SIGNAL: Final = "signal"
_APPEND: Final = struct.Struct(">d")
_APPEND_FIELD: Final = b"a"
_VALUE_FIELD: Final = b"v"

_Window = tuple[str, int, str]  # channel, partition, view


def key_of(channel: str, partition: int, view: str = "") -> str:
    """
    Return the key of a window.

    Examples
    --------
    >>> key_of("options", 3), key_of("options", 3, "signal")
    ('hot:options:3', 'hot:options:3:signal')
    """
    return f"hot:{channel}:{partition}{':' + view if view else ''}"


def log_key(channel: str) -> str:
    """Return the key that says which log a channel's windows are of."""
    return f"hot:{channel}:log"


class HotWindows:
    """
    Write the newest messages of each partition to Redis, behind the hub.

    Delivery: at most once. What waits is the newest `depth` messages of each window, so a Redis
    that is down or slow makes windows older and nothing late; entry ids are offsets, so one that
    is sent again is refused. Order: log order within a window.

    Parameters
    ----------
    url : str
        `redis://…`.
    depths : mapping
        By channel, entries of a window.
    """

    def __init__(self, url: str, depths: Mapping[str, int]) -> None:
        self._depths = depths
        self._redis: redis.Redis = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )
        self._waiting: dict[_Window, deque[LogMessage]] = {}
        # Windows that lack what did not wait any longer: they begin anew, so that none has a hole.
        self._broken: set[_Window] = set()
        self._published: deque[tuple[str, bytes]] = deque(maxlen=MOST_COMMANDS)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._commands = FIRST_COMMANDS
        self._thread: threading.Thread | None = None
        self.is_down = False
        self.written = 0

    def start(self) -> None:
        """Begin to write."""
        self._thread = threading.Thread(target=self._run, name="hot-windows", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, if Redis takes it within two seconds, and end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(3 * TIMEOUT_S)
        self._redis.close()

    def offer(self, channel: str, messages: Sequence[LogMessage], view: str = "") -> None:
        """Hand over messages that were news, in log order; returns at once."""
        depth = self._depths[channel]
        with self._lock:
            for message in messages:
                window = (channel, message.partition, view)
                waiting = self._waiting.get(window)
                if waiting is None:
                    self._waiting[window] = waiting = deque(maxlen=depth)
                elif len(waiting) == depth:
                    self._broken.add(window)
                waiting.append(message)

    def publish(self, name: str, payload: bytes) -> None:
        """Tell other programs; lost when Redis does not take it."""
        with self._lock:
            self._published.append((name, payload))

    def load(
        self, channel: str, partitions: Sequence[int], log_id: str, view: str = ""
    ) -> dict[int, list[LogMessage]]:
        """
        Return what the windows of a channel hold, by partition and oldest first.

        Empty when Redis is down, or holds what is of another log: that is deleted.
        """
        try:
            kept = self._redis.get(log_key(channel))
            if kept is not None and _text(kept) != log_id:
                self._delete(channel)
                kept = None
            if kept is None:
                self._redis.set(log_key(channel), log_id)
                return {}
            pipeline = self._redis.pipeline(transaction=False)
            for partition in partitions:
                key = key_of(channel, partition, view)
                pipeline.xrevrange(key, count=self._depths[channel])
            answers = pipeline.execute()
        except RedisError as error:
            self._note_failure(error)
            return {}
        found = {}
        for partition, entries in zip(partitions, answers, strict=True):
            made = [_message(partition, name, fields) for name, fields in reversed(entries)]
            kept_here = [message for message in made if message is not None]
            if kept_here:
                found[partition] = kept_here
        return found

    def empty(self, channel: str, log_id: str) -> None:
        """Delete the windows of a channel: its log is another one, or they are unwanted."""
        with self._lock:
            for window in [window for window in self._waiting if window[0] == channel]:
                del self._waiting[window]
        try:
            self._delete(channel)
            self._redis.set(log_key(channel), log_id)
        except RedisError as error:
            self._note_failure(error)

    def _delete(self, channel: str) -> None:
        names: list[Any] = list(self._redis.scan_iter(match=f"hot:{channel}:*", count=1000))
        if names:
            self._redis.delete(*names)

    def _run(self) -> None:
        while not self._stop.wait(GATHER_S if not self.is_down else RETRY_S):
            self._write()
        self._write()

    def _write(self) -> None:
        deadline_s = time.monotonic() + BUDGET_S
        self._tell()
        while (taken := self._take(self._commands)) and time.monotonic() < deadline_s:
            began_s = time.perf_counter()
            try:
                self._send(taken)
            except RedisError as error:
                self._note_failure(error)
                self._give_back(taken)
                return
            took_s = time.perf_counter() - began_s
            REDIS_PIPELINE_SECONDS.observe(took_s)
            if self.is_down:
                self.is_down = False
                log.info("hot_windows_written_again")
            self._fit(took_s)
        self._give_back(taken)

    def _fit(self, took_s: float) -> None:
        # As many commands as half a budget takes, so that the rest of the time is others'.
        wanted = self._commands * (BUDGET_S / 2) / max(took_s, 1e-4)
        self._commands = int(min(max(wanted, LEAST_COMMANDS), MOST_COMMANDS))

    def _send(self, taken: Sequence[tuple[_Window, LogMessage]]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        with self._lock:
            broken = [window for window in dict(taken) if window in self._broken]
        for window in broken:
            pipeline.delete(key_of(*window))
        for (channel, partition, view), message in taken:
            pipeline.xadd(
                key_of(channel, partition, view),
                {_APPEND_FIELD: _APPEND.pack(message.append_ms), _VALUE_FIELD: message.value},
                id=f"{message.offset + 1}-0",
                maxlen=self._depths[channel],
                approximate=True,
            )
        # An offset that is there already is an error of that one command.
        answers = pipeline.execute(raise_on_error=False)
        refused = [each for each in answers if isinstance(each, Exception)]
        for each in refused:
            if "equal or smaller" not in str(each):
                raise RedisError(str(each))
        self.written += len(answers) - len(broken) - len(refused)
        with self._lock:
            self._broken.difference_update(broken)

    def _tell(self) -> None:
        with self._lock:
            told = list(self._published)
            self._published.clear()
        if not told:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for name, payload in told:
            pipeline.publish(name, payload)
        try:
            pipeline.execute()
        except RedisError as error:
            self._note_failure(error)

    def _take(self, count: int) -> list[tuple[_Window, LogMessage]]:
        taken: list[tuple[_Window, LogMessage]] = []
        with self._lock:
            for window in list(self._waiting):
                waiting = self._waiting[window]
                while waiting and len(taken) < count:
                    taken.append((window, waiting.popleft()))
                if not waiting:
                    del self._waiting[window]
        return taken

    def _give_back(self, taken: Sequence[tuple[_Window, LogMessage]]) -> None:
        with self._lock:
            for window, message in reversed(taken):
                waiting = self._waiting.get(window)
                if waiting is None:
                    waiting = deque(maxlen=self._depths[window[0]])
                    self._waiting[window] = waiting
                if len(waiting) < (waiting.maxlen or 0):
                    waiting.appendleft(message)
                else:
                    self._broken.add(window)

    def _note_failure(self, error: Exception) -> None:
        if not self.is_down:
            log.warning("hot_windows_not_written", error=str(error))
        self.is_down = True


def _message(partition: int, entry_id: bytes, fields: Mapping[bytes, bytes]) -> LogMessage | None:
    value, append = fields.get(_VALUE_FIELD), fields.get(_APPEND_FIELD)
    if value is None or append is None or len(append) != _APPEND.size:
        return None
    offset = int(_text(entry_id).partition("-")[0]) - 1
    return LogMessage(partition, offset, value, _APPEND.unpack(append)[0])


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
