"""`islandflow replay worker`: the service that executes what the gateway asks for."""

import signal
import threading

from infra.cli.options import DataOption
from infra.cli.options import stored_services
from infra.cli.output import console
from infra.pipeline.prepare import prepare
from infra.replay.estate import close_estate
from infra.replay.worker import run_worker
from infra.settings import load_settings


def worker(data: DataOption = None) -> None:
    """
    Start, watch and remove replay runs that are asked for over control.replay.

    At most four at a time; a run is removed 24 hours after its last use. One worker serves all;
    when it is stopped, its runs are.

    [dim]Example[/dim]

      islandflow replay worker --data ./recorded
    """
    settings = load_settings().services
    folder = data or settings.islandflow_data_dir
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with stored_services(settings, data) as addresses:
        prepare(settings, addresses)
        console().print("replay worker is ready; Ctrl-C stops it and its runs")
        run_worker(
            addresses,
            folder,
            lambda run: close_estate(run, settings, addresses, folder),
            stop,
        )
