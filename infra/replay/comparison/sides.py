"""The two sides of a comparison: where each keeps its topics, and which part both cover."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from connectors.kafka.admin import list_topics
from connectors.kafka.namespace import in_namespace
from infra.errors import InfraError
from infra.replay.manifest import RunManifest
from infra.replay.manifest import all_manifests
from infra.replay.manifest import load_manifest
from infra.replay.names import LIVE
from infra.replay.names import check_run
from infra.replay.names import namespace_of
from infra.replay.names import run_of_topic
from infra.replay.request import FLOWS
from infra.replay.request import ReplayRequest

NEVER_NS: Final = (1 << 63) - 1

# Which flow writes a topic; alerts come from two.
OPTIONS_TOPICS: Final = (
    *("options.tape", "options.net-premium", "flow.packets", "flow.smart-money"),
    *("flow.classifier-hits", "baselines.snapshots"),
)
ALERTS: Final = "flow.alerts"


class CannotCompare(InfraError):
    """Two runs cannot be compared; the message says why, and what there is."""

    exit_code = 2


class DiffSide(msgspec.Struct, frozen=True, kw_only=True):
    """
    One side of a comparison.

    Parameters
    ----------
    name : str
        The run, or `live`.
    namespace : str
        Prefix of its topics; empty for live.
    generation : int
        Of the run; 0 for live.
    manifest : RunManifest | None
        What its folder says; null for live, and for a run whose folder is gone.
    """

    name: str
    namespace: str = ""
    generation: int = 0
    manifest: RunManifest | None = None

    @property
    def request(self) -> ReplayRequest | None:
        """Return what was asked of the run; null where everything there is counts."""
        return None if self.manifest is None else self.manifest.request

    @property
    def flows(self) -> tuple[str, ...]:
        """Return the flows that ran."""
        if self.manifest is None:
            return FLOWS
        return self.manifest.flows or self.manifest.request.flows or FLOWS

    @property
    def from_ns(self) -> int:
        """Return the event time (ns UTC) from which on it is complete; 0 for all it has."""
        if self.manifest is None:
            return 0
        return max(self.manifest.request.from_ns, self.manifest.complete_from_ns)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """
    What both sides cover.

    Parameters
    ----------
    from_ns, to_ns : int
        Event time, ns UTC, the second one excluded; `NEVER_NS` where there is no end.
    underlyings : tuple of str
        Only these; empty for all.
    flows : tuple of str
        Flows that ran on both sides.
    """

    from_ns: int = 0
    to_ns: int = NEVER_NS
    underlyings: tuple[str, ...] = ()
    flows: tuple[str, ...] = FLOWS

    def holds_span(self, first_ns: int, last_ns: int) -> bool:
        """Return whether a stretch of event time lies within, both ends included."""
        return first_ns >= self.from_ns and last_ns < self.to_ns


def flows_of(topic: str) -> tuple[str, ...]:
    """Return the flows that write a derived topic, net premium counted with options."""
    if topic == ALERTS:
        return FLOWS
    return ("options",) if topic in OPTIONS_TOPICS else ("equities",)


def find_side(name: str, kafka: str, data_dir: Path) -> DiffSide:
    """
    Return a side by what the user calls it: a run, or `live`.

    Parameters
    ----------
    name : str
        Run, the newest generation of which is meant, or `live`.
    kafka : str
        Bootstrap addresses.
    data_dir : Path
        Folder that holds the manifests of runs.

    Raises
    ------
    CannotCompare
        There is no such run; the message names those there are.
    """
    if name == LIVE:
        return DiffSide(name=LIVE)
    manifest = load_manifest(data_dir, check_run(name))
    owners = [owner for topic in list_topics(kafka) if (owner := run_of_topic(topic)) is not None]
    generations = [generation for run, generation in owners if run == name]
    if manifest is None and not generations:
        known = {run for run, _ in owners} | {each.request.run for each in all_manifests(data_dir)}
        there = f"there are {', '.join(sorted(known))}" if known else "there are no runs"
        msg = f"no run {name!r} in {data_dir}; {there}, and {LIVE}"
        raise CannotCompare(msg)
    generation = max(generations, default=1) if manifest is None else manifest.generation
    return DiffSide(
        name=name,
        namespace=namespace_of(name, generation),
        generation=generation,
        manifest=manifest,
    )


def common_part(here: DiffSide, there: DiffSide) -> Part:
    """
    Return what both sides cover.

    Raises
    ------
    CannotCompare
        They have no time, no underlying or no flow in common.
    """
    requests = [side.request for side in (here, there) if side.request is not None]
    underlyings: tuple[str, ...] = ()
    for request in requests:
        if underlyings and request.underlyings:
            underlyings = tuple([name for name in underlyings if name in request.underlyings])
            if not underlyings:
                raise _apart(here, there, "underlyings")
        else:
            underlyings = underlyings or request.underlyings
    part = Part(
        from_ns=max(here.from_ns, there.from_ns),
        to_ns=min((request.to_ns or NEVER_NS for request in requests), default=NEVER_NS),
        underlyings=underlyings,
        flows=tuple([name for name in here.flows if name in there.flows]),
    )
    if part.from_ns >= part.to_ns:
        raise _apart(here, there, "time")
    if not part.flows:
        raise _apart(here, there, "flows")
    return part


def check_topics(side: DiffSide, topics: Iterable[str], kafka: str) -> None:
    """
    See to it that a side has topics.

    Raises
    ------
    CannotCompare
        Some do not exist; the message names them and those that do.
    """
    known = list_topics(kafka)
    wanted_names = [in_namespace(side.namespace, topic) for topic in topics]
    missing = [name for name in wanted_names if name not in known]
    if not missing:
        return
    there = [name for name in known if run_of_topic(name) == (side.name, side.generation)]
    if not side.namespace:
        there = [name for name in known if run_of_topic(name) is None]
    found = f"its topics are {', '.join(there)}" if there else "it has no topics at all"
    msg = f"{side.name} has no topic {', '.join(missing)}; {found}"
    raise CannotCompare(msg)


def _apart(here: DiffSide, there: DiffSide, what: str) -> CannotCompare:
    return CannotCompare(f"{here.name} and {there.name} have no {what} in common")
