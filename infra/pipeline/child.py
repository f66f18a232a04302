"""
Run a module that ends with the process that started it.

`python -m infra.pipeline.child PARENT_PID MODULE [ARGUMENTS…]` is `python -m MODULE …`; when the
parent is gone, even killed, it is asked to stop and, if it does not, ended. Nothing is orphaned.
"""

import os
import runpy
import signal
import sys
import threading
import time

POLL_S = 0.5
GRACE_S = 10.0


def command(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs a module as a child of this process."""
    return [sys.executable, "-m", "infra.pipeline.child", str(os.getpid()), module, *arguments]


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Watch the parent in the background and run the module."""
    parent, module = int(sys.argv[1]), sys.argv[2]
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    sys.argv = [module, *sys.argv[3:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
