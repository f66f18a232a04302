"""Run the flows over what is in the log, until all of it is derived and stored."""

import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from infra.embedded.stack import StackAddresses
from infra.errors import InfraError
from infra.pipeline.environment import flow_environment
from infra.pipeline.flows import FlowProcesses
from infra.pipeline.flows import FlowSpec
from infra.pipeline.lag import LagMonitor
from infra.pipeline.lag import Progress
from infra.pipeline.usage import Usage
from schemas.catalog import topics

RAW_TOPICS = ("equities.quotes", "options.nbbo", "options.prints")
OPTIONS_GROUP = "islandflow-options"
PERSIST_GROUP = "islandflow-persist"
POLL_S = 0.2
CARE_S = 0.5
STALLED_AFTER_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainRequest:
    """
    What to drain, and how.

    Parameters
    ----------
    addresses : StackAddresses
        The services.
    data_dir : Path
        Recovery stores and logs go here; the same folder resumes.
    workers : int
        Processes of the options flow.
    batch_records : int
        Most records of one batch of the source.
    epoch_s : float
        Seconds between snapshots.
    """

    addresses: StackAddresses
    data_dir: Path
    workers: int = 1
    batch_records: int = 1000
    epoch_s: float = 10.0


@dataclass(slots=True)
class DrainResult:
    """
    How it went.

    Parameters
    ----------
    elapsed_s : float
        Wall time from the start of the flows until everything was stored.
    flow_s : float
        Wall time until the options flow had read the log.
    restarts : int
        Times a flow was brought back.
    usage : Usage
        CPU and memory of the flow processes.
    """

    elapsed_s: float = 0.0
    flow_s: float = 0.0
    restarts: int = 0
    usage: Usage = field(default_factory=Usage)


Observer = Callable[[str, Progress], None]


def flow_processes(request: DrainRequest, name: str, *, stop_at_end: bool) -> FlowProcesses:
    """Return a flow that reads the log from its first record, or from where it was."""
    changes = {
        "FLOW_BATCH_RECORDS": str(request.batch_records),
        "FLOW_STOP_AT_END": str(stop_at_end).lower(),
        "COMPUTE_DELIVER_POLICY": "all",
    }
    spec = FlowSpec(
        name=name,
        state_dir=request.data_dir,
        workers=request.workers if name == "options" else 1,
        epoch_s=request.epoch_s,
        environment=flow_environment(request.addresses, request.data_dir, changes),
    )
    return FlowProcesses(spec)


@contextmanager
def following(request: DrainRequest) -> Iterator[list[FlowProcesses]]:
    """
    Let the flows follow the log for the length of a block; they stop where they are.

    A flow that dies meanwhile is brought back.

    Raises
    ------
    InfraError
        At the end of the block: a flow kept failing, and what the log holds is not derived.
    """
    flows = [flow_processes(request, name, stop_at_end=False) for name in ("options", "persist")]
    over = threading.Event()
    failed: list[InfraError] = []

    def care() -> None:
        try:
            while not over.wait(CARE_S):
                for flow in flows:
                    flow.poll()
        except InfraError as error:
            failed.append(error)

    carer = threading.Thread(target=care, daemon=True)
    try:
        for flow in flows:
            flow.start()
        carer.start()
        yield flows
    finally:
        over.set()
        if carer.ident is not None:
            carer.join()
        for flow in flows:
            flow.stop()
    if failed:
        raise failed[0]


def drain(request: DrainRequest, observe: Observer | None = None) -> DrainResult:
    """
    Derive and store everything in the log.

    Delivery: at least once into topics and tables, ids deterministic. A flow that dies is
    brought back from its recovery store. Interrupted, the flows stop where they are and the same
    folder resumes.

    Parameters
    ----------
    request : DrainRequest
        What to drain.
    observe : Callable[[str, Progress], None] | None
        Told `options` and `persist` with their progress a few times a second.

    Raises
    ------
    InfraError
        A flow keeps failing, or nothing moved for two minutes; the message carries its log's end.
    """
    result = DrainResult()
    options = flow_processes(request, "options", stop_at_end=True)
    persist = flow_processes(request, "persist", stop_at_end=False)
    kafka = request.addresses.kafka
    derived = LagMonitor(kafka, OPTIONS_GROUP, RAW_TOPICS)
    stored = LagMonitor(kafka, PERSIST_GROUP, tuple(topics()))
    began = time.monotonic()
    watch = _Watch(options, persist)
    try:
        persist.start()
        options.start()
        has_ended = False
        while True:
            for flow in (options, persist):
                result.usage.sample(flow.spec.name, [process.pid for process in flow.processes])
            if not has_ended and options.poll():
                has_ended = True
                result.flow_s = time.monotonic() - began
            if persist.poll():
                msg = f"persist ended early: {persist.log_tail()}"
                raise InfraError(msg)
            progress = stored.progress()
            if observe is not None:
                observe("options", derived.progress())
                observe("persist", progress)
            if has_ended and progress.lag == 0:
                break
            watch.check(progress)
            time.sleep(POLL_S)
        result.elapsed_s = time.monotonic() - began
    finally:
        result.restarts = options.restarts + persist.restarts
        options.stop()
        persist.stop()
        derived.close()
        stored.close()
    return result


@dataclass(slots=True)
class _Watch:
    """Tells a slow drain from one that stands still."""

    options: FlowProcesses
    persist: FlowProcesses
    last: Progress | None = None
    since: float = 0.0

    def check(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress != self.last:
            self.last, self.since = progress, now
        elif now - self.since > STALLED_AFTER_S:
            msg = (
                f"nothing moved for {STALLED_AFTER_S:.0f} s with {progress.lag} records unstored; "
                f"options: {self.options.log_tail(500)} persist: {self.persist.log_tail(500)}"
            )
            raise InfraError(msg)
