"""
Run a module that ends with the process that started it.

`python -m infra.pipeline.child PARENT_PID LOCK MODULE [ARGUMENTS…]` is `python -m MODULE …`; when
the parent is gone, even killed, it is asked to stop and, if it does not, ended. Nothing is
orphaned. Until it has ended it holds the file LOCK (shared; empty for none), so that a start that
follows a kill can wait for it.
"""

import os
import runpy
import signal
import sys
import threading
import time
from pathlib import Path

from infra.pipeline.occupancy import hold_shared

POLL_S = 0.5
GRACE_S = 10.0


def command(module: str, *arguments: str, lock: Path | None = None) -> list[str]:
    """Return the command line that runs a module as a child of this process."""
    held = "" if lock is None else str(lock)
    start = [sys.executable, "-m", "infra.pipeline.child", str(os.getpid()), held]
    return [*start, module, *arguments]


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Watch the parent in the background and run the module."""
    parent, lock, module = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    if lock:
        hold_shared(Path(lock))
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    sys.argv = [module, *sys.argv[4:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
