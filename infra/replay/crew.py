"""The flow processes of one generation of a clocked run."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from connectors.kafka.marks import MARKS_TOPIC
from connectors.kafka.namespace import in_namespace
from infra.errors import InfraError
from infra.pipeline.catalog import FOLLOWED_BY
from infra.pipeline.catalog import OPTIONS
from infra.pipeline.catalog import PERSIST
from infra.pipeline.catalog import PipelineFlow
from infra.pipeline.drain import DrainRequest
from infra.pipeline.drain import StallWatch
from infra.pipeline.drain import flow_processes
from infra.pipeline.flows import FlowProcesses
from infra.pipeline.lag import LagMonitor
from infra.pipeline.lag import Progress
from infra.pipeline.usage import Usage

LOOK_EVERY_S: Final = 0.5


class Crew:
    """
    The flows that read a generation's copy of the raw topics, and those behind them.

    The deriving flows follow the marks and end with them. Net premium reads their tape: along with
    them, without ticks of its own, since a run may stand still; and once they have ended, to its
    end. A flow that dies is brought back from its recovery store.

    Parameters
    ----------
    job : DrainRequest
        Where and how they run.
    is_watched : bool
        Somebody looks on: net premium comes along instead of at the end only.
    """

    def __init__(self, job: DrainRequest, *, is_watched: bool) -> None:
        self._job = replace(job, changes={**job.changes, "FLOW_TICKS": "false"})
        self._deriving = {each.name: self._flow(each) for each in job.deriving}
        self._behind = FOLLOWED_BY[OPTIONS.name] if OPTIONS in job.deriving else None
        self._is_watched = is_watched
        self._premium: FlowProcesses | None = None
        self._is_last_premium = False
        self._persist = self._flow(PERSIST) if job.is_stored else None
        self._monitors: dict[str, LagMonitor] = {}
        self._marks: dict[str, LagMonitor] = {}
        self._watch = StallWatch()
        self._looked_s = 0.0
        self.is_done = False
        self.usage = Usage()

    def _flow(self, which: PipelineFlow, *, stop_at_end: bool = False) -> FlowProcesses:
        return flow_processes(self._job, which, stop_at_end=stop_at_end)

    @property
    def _running(self) -> list[FlowProcesses]:
        others = [each for each in (self._premium, self._persist) if each is not None]
        return [*self._deriving.values(), *others]

    @property
    def progress(self) -> Mapping[str, Progress]:
        """Return how far each flow has read, as of the last look."""
        return self._watch.progress

    def start(self) -> None:
        """Start the flows."""
        kinds = [*self._job.deriving, *([self._behind] if self._behind else [])]
        kinds += [PERSIST] if self._job.is_stored else []
        self._monitors = {each.name: self._job.monitor(each) for each in kinds}
        scope = self._job.scope
        marks = [in_namespace(scope.raw_namespace, MARKS_TOPIC)]
        self._marks = {
            each.name: LagMonitor(self._job.addresses.kafka, scope.group(each), marks)
            for each in self._job.deriving
        }
        if self._behind is not None and self._is_watched:
            self._premium = self._flow(self._behind)
        for flow in self._running:
            flow.start()

    def look_after(self) -> bool:
        """
        Look after the flows; return whether everything is derived and stored.

        Raises
        ------
        InfraError
            A flow keeps failing, or nothing moves though the tape has ended.
        """
        for flow in self._running:
            self.usage.sample(flow.spec.name, [process.pid for process in flow.processes])
        for name in [name for name, flow in self._deriving.items() if flow.poll()]:
            del self._deriving[name]
        self._tend_premium()
        if self._persist is not None and self._persist.poll():
            msg = f"persist ended early: {self._persist.log_tail()}"
            raise InfraError(msg)
        has_derived = not self._deriving and self._premium is None
        self._look(is_urgent=has_derived)
        is_stored = self._persist is None or not self.progress[PERSIST.name].lag
        self.is_done = has_derived and is_stored
        return self.is_done

    def _tend_premium(self) -> None:
        if self._behind is None:
            return
        if self._is_last_premium:
            if self._premium is not None and self._premium.poll():
                self._premium = None
            return
        has_tape = OPTIONS.name not in self._deriving
        if self._premium is not None and has_tape:
            self._premium.stop()
        elif self._premium is not None:
            self._premium.poll()
        if has_tape:
            self._premium = self._flow(self._behind, stop_at_end=True)
            self._premium.start()
            self._is_last_premium = True

    def _look(self, *, is_urgent: bool = False) -> None:
        now_s = time.monotonic()
        if not is_urgent and now_s < self._looked_s + LOOK_EVERY_S:
            return
        self._looked_s = now_s
        self._watch.see({name: monitor.progress() for name, monitor in self._monitors.items()})

    def has_read_all(self) -> bool:
        """Return whether the deriving flows have done what all marks written so far release."""
        return not any(self._marks[name].progress().lag for name in self._deriving)

    def check_moving(self) -> None:
        """
        Tell a slow end from one that does not come.

        Raises
        ------
        InfraError
            Nothing was read for two minutes; the message carries the ends of the logs.
        """
        self._watch.check(self._running)

    def restarts(self) -> int:
        """Return how often flows that still run were brought back."""
        return sum(flow.restarts for flow in self._running)

    def stop(self) -> None:
        """Stop what runs, where it is."""
        for flow in self._running:
            flow.stop()
        for monitor in [*self._monitors.values(), *self._marks.values()]:
            monitor.close()
        self._monitors, self._marks = {}, {}
