"""Run the flows over what is in the log, until all of it is derived and stored."""

import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
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
PREMIUM_GROUP = "islandflow-premium"
PREMIUM_TOPICS = ("options.tape",)
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
    epoch_s: float = 30.0


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
    premium_s : float
        Wall time until the premium flow had read the tape.
    restarts : int
        Times a flow was brought back.
    usage : Usage
        CPU and memory of the flow processes.
    """

    elapsed_s: float = 0.0
    flow_s: float = 0.0
    premium_s: float = 0.0
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
        workers=1 if name == "persist" else request.workers,
        epoch_s=request.epoch_s,
        environment=flow_environment(request.addresses, request.data_dir, changes),
    )
    return FlowProcesses(spec)


@contextmanager
def following(request: DrainRequest) -> Iterator[list[FlowProcesses]]:
    """
    Let the flows follow the log for the length of a block; they stop where they are.

    A flow that dies meanwhile is brought back. Net premium is left to `drain`: which revisions of
    a bucket come out of a tape that is still being written depends on when it was read.

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

    The premium flow reads the tape from where it was to its end, so it starts when the options
    flow has ended.

    Delivery: at least once into topics and tables, ids deterministic. A flow that dies is
    brought back from its recovery store. Interrupted, the flows stop where they are and the same
    folder resumes.

    Parameters
    ----------
    request : DrainRequest
        What to drain.
    observe : Callable[[str, Progress], None] | None
        Told `options`, `premium` and `persist` with their progress a few times a second.

    Raises
    ------
    InfraError
        A flow keeps failing, or nothing moved for two minutes; the message carries its log's end.
    """
    result = DrainResult()
    stages = [flow_processes(request, name, stop_at_end=True) for name in ("options", "premium")]
    persist = flow_processes(request, "persist", stop_at_end=False)
    flows = [*stages, persist]
    kafka = request.addresses.kafka
    monitors = {
        "options": LagMonitor(kafka, OPTIONS_GROUP, RAW_TOPICS),
        "premium": LagMonitor(kafka, PREMIUM_GROUP, PREMIUM_TOPICS),
        "persist": LagMonitor(kafka, PERSIST_GROUP, tuple(topics())),
    }
    began = time.monotonic()
    watch = _Watch(flows)
    ended_s: list[float] = []
    try:
        persist.start()
        stages[0].start()
        while True:
            for flow in flows:
                result.usage.sample(flow.spec.name, [process.pid for process in flow.processes])
            if len(ended_s) < len(stages) and stages[len(ended_s)].poll():
                ended_s.append(time.monotonic() - began)
                if len(ended_s) < len(stages):
                    stages[len(ended_s)].start()
            if persist.poll():
                msg = f"persist ended early: {persist.log_tail()}"
                raise InfraError(msg)
            progress = {name: monitor.progress() for name, monitor in monitors.items()}
            if observe is not None:
                for name, each in progress.items():
                    observe(name, each)
            if len(ended_s) == len(stages) and progress["persist"].lag == 0:
                break
            watch.check(progress)
            time.sleep(POLL_S)
        result.flow_s, result.premium_s = ended_s
        result.elapsed_s = time.monotonic() - began
    finally:
        result.restarts = sum(flow.restarts for flow in flows)
        for flow in flows:
            flow.stop()
        for monitor in monitors.values():
            monitor.close()
    return result


@dataclass(slots=True)
class _Watch:
    """Tells a slow drain from one that stands still."""

    flows: Sequence[FlowProcesses]
    last: dict[str, Progress] = field(default_factory=dict)
    since: float = 0.0

    def check(self, progress: dict[str, Progress]) -> None:
        now = time.monotonic()
        if progress != self.last:
            self.last, self.since = progress, now
        elif now - self.since > STALLED_AFTER_S:
            tails = " ".join(f"{flow.spec.name}: {flow.log_tail(500)}" for flow in self.flows)
            msg = (
                f"nothing moved for {STALLED_AFTER_S:.0f} s with {progress['persist'].lag} records "
                f"unstored; {tails}"
            )
            raise InfraError(msg)
