"""One stack a folder: the lock, and the file that says where the services are."""

import contextlib
import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from infra.errors import MisconfiguredInfra

LOCK_NAME: Final = "embedded.lock"
ADDRESSES_NAME: Final = "embedded.json"
_LOCK_TRIES: Final = 5
_LOCK_PAUSE_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class StackAddresses:
    """
    Where the four services are.

    Parameters
    ----------
    kafka : str
        `host:port`.
    registry, clickhouse : str
        `http://host:port`.
    redis : str
        `redis://host:port/0`.
    """

    kafka: str
    registry: str
    clickhouse: str
    redis: str


class FolderLock:
    """
    Hold a data folder for this process; the system lets go when the process ends, however it ends.

    Parameters
    ----------
    data_dir : Path
        The folder; created when absent.

    Raises
    ------
    MisconfiguredInfra
        When another process holds it, with its process id.
    """

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        path = data_dir / LOCK_NAME
        self._file = path.open("a+")
        if not self._take():
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            msg = (
                f"{data_dir} is in use by the embedded services of process {holder}; stop that "
                "process or choose another folder"
            )
            raise MisconfiguredInfra(msg)
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let the folder go."""
        self._file.close()

    def _take(self) -> bool:
        # `is_locked` holds the lock for an instant; only who keeps it is a second stack.
        for _ in range(_LOCK_TRIES):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(_LOCK_PAUSE_S)
            else:
                return True
        return False


def write_addresses(
    data_dir: Path, pid: int, addresses: StackAddresses, redis_kind: str
) -> dict[str, object]:
    """Publish where a ready stack is, in one step; return what was written."""
    content: dict[str, object] = {
        "pid": pid,
        "kafka": addresses.kafka,
        "registry": addresses.registry,
        "clickhouse": addresses.clickhouse,
        "redis": addresses.redis,
        "redis_kind": redis_kind,
    }
    draft = data_dir / f"{ADDRESSES_NAME}.new"
    draft.write_bytes(orjson.dumps(content) + b"\n")
    draft.replace(data_dir / ADDRESSES_NAME)
    return content


def remove_addresses(data_dir: Path) -> None:
    """Say that no stack runs on this folder."""
    (data_dir / ADDRESSES_NAME).unlink(missing_ok=True)


def read_addresses(data_dir: Path) -> tuple[int, StackAddresses] | None:
    """Return the published process id and addresses; None when there are none."""
    with contextlib.suppress(OSError, orjson.JSONDecodeError, KeyError, TypeError):
        found = orjson.loads((data_dir / ADDRESSES_NAME).read_bytes())
        addresses = StackAddresses(
            kafka=found["kafka"],
            registry=found["registry"],
            clickhouse=found["clickhouse"],
            redis=found["redis"],
        )
        return int(found["pid"]), addresses
    return None


def is_locked(data_dir: Path) -> bool:
    """Say whether a living process holds the folder."""
    try:
        with (data_dir / LOCK_NAME).open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
