"""The client's side of replay control, for the command line and the gateway."""

import time
from collections.abc import Mapping
from typing import Final

from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from infra.errors import TransientInfra
from infra.replay.commands import Ask
from infra.replay.commands import CommandSender
from infra.replay.commands import command_of
from infra.replay.commands import refusal
from infra.replay.commands import trace_id_of
from infra.replay.status import WORKER_RUN
from infra.replay.status import StatusWatch
from infra.replay.status import is_live
from schemas.records import ReplayStatus

EFFECT_WAIT_S: Final = 1.0
_POLL_S: Final = 0.05


class ReplayControl:
    """
    Ask things of runs and see how they are doing.

    Delivery: a command that is not in effect when `ask` gives up is in the log all the same.

    Parameters
    ----------
    addresses : StackAddresses
        Broker and registry.

    Raises
    ------
    MisconfiguredConnector
        There are no control topics.
    TransientConnector
        Broker or registry do not answer.
    """

    def __init__(self, addresses: StackAddresses) -> None:
        self._sender = CommandSender(addresses)
        self._watch = StatusWatch(addresses)

    def statuses(self) -> Mapping[str, ReplayStatus]:
        """Return the newest status by run, without the worker's; raises as `StatusWatch` does."""
        found = self._watch.statuses()
        return {run: status for run, status in found.items() if run != WORKER_RUN}

    def has_worker(self) -> bool:
        """Return whether a worker takes `create` and `delete`."""
        found = self._watch.statuses().get(WORKER_RUN)
        return found is not None and is_live(found, time.time_ns())

    def live_status(self, run: str) -> ReplayStatus:
        """
        Return the status of a run that is executed now.

        Raises
        ------
        MisconfiguredInfra
            It is not; the message says how it ended, and which runs are.
        """
        found = self.statuses()
        now_ns = time.time_ns()
        status = found.get(run)
        if status is not None and is_live(status, now_ns):
            return status
        live = [f"{name} ({each.state})" for name, each in found.items() if is_live(each, now_ns)]
        shown = f"live are {', '.join(live)}" if live else "none is live"
        msg = f"no process executes run {run!r}{_ended(status, now_ns)}; {shown}"
        raise MisconfiguredInfra(msg)

    def ask(
        self, run: str, ask: Ask, timeout_s: float = EFFECT_WAIT_S, command_id: str = ""
    ) -> ReplayStatus | None:
        """
        Send a command and return the status that names it; null when none did in time.

        Parameters
        ----------
        run : str
            The run.
        ask : Ask
            What is asked of it.
        timeout_s : float
            Longest wall time to wait for the effect.
        command_id : str
            What the asker calls it: asked again under it, it is carried out once.

        Raises
        ------
        MisconfiguredInfra
            Nobody executes the run, it refuses the command, or there is no worker to create or
            delete it.
        TransientConnector
            The broker did not acknowledge in time.
        """
        known = self._watch.wait_for_effect(trace_id_of(run, command_id), 0) if command_id else None
        if known is not None:
            _check(known.error)
            return known
        if ask.action in {"create", "delete"}:
            if not self.has_worker():
                msg = f"{ask.action}: no worker is live; start one: islandflow replay worker"
                raise MisconfiguredInfra(msg)
        else:
            status = self.live_status(run)
            command = command_of(run, ask, 0, 0)
            _check(refusal(command, status.state, status.from_ts, status.to_ts))
        sent = self._sender.send(run, ask, command_id)
        found = self._watch.wait_for_effect(sent.trace_id, timeout_s)
        if found is not None:
            _check(found.error)
        return found

    def wait_until_settled(self, run: str, timeout_s: float) -> ReplayStatus:
        """
        Return the status of a run once it neither seeks nor warms up, or after a time.

        Raises
        ------
        TransientInfra
            The run has no status.
        """
        deadline_s = time.monotonic() + timeout_s
        while True:
            found = self.statuses().get(run)
            is_late = time.monotonic() > deadline_s
            if found is not None and (is_late or found.state not in {"seeking", "warming"}):
                return found
            if is_late:
                msg = f"run {run!r} has stated nothing for {timeout_s:g} s"
                raise TransientInfra(msg)
            time.sleep(_POLL_S)

    def close(self) -> None:
        """End the reader."""
        self._watch.close()


def _check(why: str) -> None:
    if why:
        raise MisconfiguredInfra(why)


def _ended(status: ReplayStatus | None, now_ns: int) -> str:
    if status is None:
        return ""
    if is_live(status, status.source_ts):
        silent_s = (now_ns - status.source_ts) / 1e9
        return f": it was {status.state} and has been silent for {silent_s:,.0f} s"
    why = f" ({status.error.splitlines()[-1]})" if status.error else ""
    return f": it is {status.state}{why}"
