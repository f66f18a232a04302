"""Run the flows over what is in the log, until all of it is derived and stored."""

import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from infra.embedded.stack import StackAddresses
from infra.errors import InfraError
from infra.pipeline.catalog import EQUITIES
from infra.pipeline.catalog import FOLLOWED_BY
from infra.pipeline.catalog import OPTIONS
from infra.pipeline.catalog import PERSIST
from infra.pipeline.catalog import PipelineFlow
from infra.pipeline.catalog import wanted
from infra.pipeline.environment import flow_environment
from infra.pipeline.flows import FlowProcesses
from infra.pipeline.flows import FlowSpec
from infra.pipeline.lag import LagMonitor
from infra.pipeline.lag import Progress
from infra.pipeline.scope import LIVE
from infra.pipeline.scope import Scope
from infra.pipeline.usage import Usage

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
        Processes of each deriving flow.
    batch_records : int
        Most records of one batch of the source.
    epoch_s : float
        Seconds between snapshots.
    changes : Mapping[str, str]
        Settings that differ from ours for the flows.
    scope : Scope
        Which topics and tables.
    deriving : tuple of PipelineFlow
        Flows that derive from raw topics; empty for those the log has records for.
    is_stored : bool
        Whether what is derived is stored too.
    """

    addresses: StackAddresses
    data_dir: Path
    workers: int = 1
    batch_records: int = 1000
    epoch_s: float = 30.0
    changes: Mapping[str, str] = field(default_factory=dict)
    scope: Scope = LIVE
    deriving: tuple[PipelineFlow, ...] = ()
    is_stored: bool = True

    def monitor(self, which: PipelineFlow) -> LagMonitor:
        """Return what tells how far a flow has read."""
        scope = self.scope
        return LagMonitor(
            self.addresses.kafka, scope.group(which), scope.topics(which), *scope.bounds(which)
        )


@dataclass(slots=True)
class DrainResult:
    """
    How it went.

    Parameters
    ----------
    elapsed_s : float
        Wall time from the start of the flows until everything was stored.
    ended_s : dict[str, float]
        Wall time until a flow had read its input, by flow.
    restarts : int
        Times a flow was brought back.
    usage : Usage
        CPU and memory of the flow processes.
    """

    elapsed_s: float = 0.0
    ended_s: dict[str, float] = field(default_factory=dict)
    restarts: int = 0
    usage: Usage = field(default_factory=Usage)


Observer = Callable[[str, Progress], None]


@dataclass(slots=True)
class StallWatch:
    """
    Tells a slow end from one that does not come.

    Parameters
    ----------
    progress : Mapping[str, Progress]
        How far each flow has read, as of the last look.
    moved_s : float
        When that last changed, s of a clock that only goes forward.
    """

    progress: Mapping[str, Progress] = field(default_factory=dict)
    moved_s: float = field(default_factory=time.monotonic)

    def see(self, progress: Mapping[str, Progress]) -> None:
        """Note how far each flow has read."""
        if progress != self.progress:
            self.progress, self.moved_s = progress, time.monotonic()

    def check(self, flows: Sequence[FlowProcesses]) -> None:
        """
        Refuse to wait any longer for flows that do not move.

        Raises
        ------
        InfraError
            Nothing was read for two minutes; the message carries the ends of the flows' logs.
        """
        if time.monotonic() - self.moved_s <= STALLED_AFTER_S:
            return
        tails = " ".join(f"{flow.spec.name}: {flow.log_tail(500)}" for flow in flows)
        left = ", ".join(f"{name} {each.lag}" for name, each in self.progress.items())
        msg = f"nothing moved for {STALLED_AFTER_S:.0f} s, records left: {left}; {tails}"
        raise InfraError(msg)


def flow_processes(
    request: DrainRequest, which: PipelineFlow, *, stop_at_end: bool
) -> FlowProcesses:
    """Return a flow that reads the log from its first record, or from where it was."""
    changes = {
        "FLOW_BATCH_RECORDS": str(request.batch_records),
        "FLOW_STOP_AT_END": str(stop_at_end).lower(),
        "COMPUTE_DELIVER_POLICY": "all",
        **request.scope.changes(which),
        **request.changes,
    }
    spec = FlowSpec(
        name=which.name,
        state_dir=request.data_dir,
        workers=request.workers if which.is_scaled else 1,
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
    flows = [
        flow_processes(request, each, stop_at_end=False) for each in (OPTIONS, EQUITIES, PERSIST)
    ]
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

    What is not in the log is not run: a log without equity prints needs no equities flow. Flows
    that read raw topics run side by side; the premium flow reads the tape from where it was to its
    end, so it starts when the options flow has ended.

    Delivery: at least once into topics and tables, ids deterministic. A flow that dies is
    brought back from its recovery store. Interrupted, the flows stop where they are and the same
    folder resumes.

    Parameters
    ----------
    request : DrainRequest
        What to drain.
    observe : Callable[[str, Progress], None] | None
        Told each flow's name and progress a few times a second.

    Raises
    ------
    InfraError
        A flow keeps failing, or nothing moved for two minutes; the message carries its log's end.
    """
    return _Drain(request, observe).run()


class _Drain:
    """One run of the flows over the log."""

    def __init__(self, request: DrainRequest, observe: Observer | None) -> None:
        store = request.monitor(PERSIST)
        self._observe = observe
        deriving = request.deriving or wanted(store.ends())
        self._chains = [_Chain(request, each) for each in deriving]
        self._persist = (
            flow_processes(request, PERSIST, stop_at_end=False) if request.is_stored else None
        )
        self._monitors = {
            which.name: request.monitor(which) for chain in self._chains for which in chain.flows
        }
        if self._persist is None:
            store.close()
        else:
            self._monitors[PERSIST.name] = store
        self._watch = StallWatch()
        self._result = DrainResult()

    def run(self) -> DrainResult:
        result = self._result
        began = time.monotonic()
        try:
            if self._persist is not None:
                self._persist.start()
            for chain in self._chains:
                chain.start()
            while not self._is_over(began):
                time.sleep(POLL_S)
            result.elapsed_s = time.monotonic() - began
        finally:
            flows = [flow for chain in self._chains for flow in chain.started]
            flows += [] if self._persist is None else [self._persist]
            result.restarts = sum(flow.restarts for flow in flows)
            for flow in flows:
                flow.stop()
            for monitor in self._monitors.values():
                monitor.close()
        return result

    def _is_over(self, began: float) -> bool:
        """Look after the flows once; return whether all is derived and stored."""
        running = [chain.running for chain in self._chains]
        running += [] if self._persist is None else [self._persist]
        for flow in running:
            pids = [process.pid for process in flow.processes]
            self._result.usage.sample(flow.spec.name, pids)
        for chain in self._chains:
            for name in chain.poll():
                self._result.ended_s[name] = time.monotonic() - began
        if self._persist is not None and self._persist.poll():
            msg = f"persist ended early: {self._persist.log_tail()}"
            raise InfraError(msg)
        progress = {name: monitor.progress() for name, monitor in self._monitors.items()}
        if self._observe is not None:
            for name, each in progress.items():
                self._observe(name, each)
        is_stored = self._persist is None or not progress[PERSIST.name].lag
        if is_stored and all(chain.has_ended for chain in self._chains):
            return True
        self._watch.see(progress)
        self._watch.check(running)
        return False


class _Chain:
    """A flow and those that derive from what it derived, one after the other."""

    def __init__(self, request: DrainRequest, first: PipelineFlow) -> None:
        self.flows = [first]
        while self.flows[-1].name in FOLLOWED_BY:
            self.flows.append(FOLLOWED_BY[self.flows[-1].name])
        self._request = request
        self.started: list[FlowProcesses] = []
        self.has_ended = False

    @property
    def running(self) -> FlowProcesses:
        return self.started[-1]

    def start(self) -> None:
        which = self.flows[len(self.started)]
        self.started.append(flow_processes(self._request, which, stop_at_end=True))
        self.running.start()

    def poll(self) -> list[str]:
        """Look after the flow that runs, start the next, and return the name of one that ended."""
        if self.has_ended or not self.running.poll():
            return []
        name = self.running.spec.name
        if len(self.started) < len(self.flows):
            self.start()
        else:
            self.has_ended = True
        return [name]
