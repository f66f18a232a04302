"""One pipeline a data folder: its flows share recovery stores, so a second set is refused."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infra.errors import MisconfiguredInfra
from infra.errors import TransientInfra

LOCK_NAME: Final = "pipeline.lock"
PREDECESSOR_WAIT_S: Final = 30.0
_POLL_S: Final = 0.05


@contextmanager
def sole_pipeline(data_dir: Path) -> Iterator[None]:
    """
    Hold a data folder's pipeline for the length of a block; it ends with the process.

    Parameters
    ----------
    data_dir : Path
        Folder of the recovery stores; created when absent.

    Raises
    ------
    MisconfiguredInfra
        Another command holds it, with its process id, or the folder cannot be
        written.
    """
    make_folder(data_dir)
    with (data_dir / LOCK_NAME).open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            msg = (
                f"{data_dir} is in use by islandflow's process {holder}; stop that or take another "
                "folder (--data), or name (--as)"
            )
            raise MisconfiguredInfra(msg) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def make_folder(folder: Path) -> None:
    """
    Create a folder and what is above it.

    Raises
    ------
    MisconfiguredInfra
        It is a file, or may not be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = (
            f"{folder} cannot be the data folder ({error.strerror}); name a folder that can be "
            "written with --data or ISLANDFLOW_DATA_DIR"
        )
        raise MisconfiguredInfra(msg) from error


def hold_shared(path: Path) -> int:
    """Hold a lock beside others of the same flow until this process ends; return its descriptor."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def wait_for_predecessors(path: Path, timeout_s: float = PREDECESSOR_WAIT_S) -> None:
    """
    Wait until no process of an earlier start holds a flow's lock.

    After its parent was killed a flow ends by itself within seconds; until then it still writes
    its recovery store.

    Raises
    ------
    TransientInfra
        It did not end in time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout_s
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    msg = (
                        f"an earlier process of the flow still holds {path} after {timeout_s:g} s; "
                        "end it and start again"
                    )
                    raise TransientInfra(msg) from None
                time.sleep(_POLL_S)
            else:
                return
