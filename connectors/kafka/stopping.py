"""Stop a dataflow between two batches when the process is asked to end."""

import signal
import threading
from types import FrameType
from typing import Final

import structlog

log: Final = structlog.get_logger()


def stop_on_signals(stop: threading.Event) -> threading.Event:
    """
    Set an event on the first SIGTERM or SIGINT; the second one has its default effect again.

    Bytewax itself dies of SIGTERM in the middle of a batch. With this, the sources end after
    their current batch, Bytewax writes a last snapshot, and a restart goes on exactly there.

    Does nothing outside the main thread, where Python takes no signals.

    Returns
    -------
    threading.Event
        The event given.
    """
    if threading.current_thread() is not threading.main_thread():
        return stop

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.set()
        log.info("flow_stopping", signal=signal.Signals(number).name)

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop
