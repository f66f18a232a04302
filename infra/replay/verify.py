"""Compare a run that has come to its end with live, and state what was found."""

from typing import Final
from typing import Literal

import msgspec

from connectors.errors import ConnectorError
from infra.errors import InfraError
from infra.replay.comparison.diff import DiffRequest
from infra.replay.comparison.diff import compare_runs
from infra.replay.comparison.result import DiffResult
from infra.replay.status import StatusBoard

COMPARING: Final = "comparing with live"
MAX_FIELDS: Final = 2

Match = Literal["true", "false", "unknown"]


class Verdict(msgspec.Struct, frozen=True):
    """
    What comparing a run with live found.

    Parameters
    ----------
    matches_live : {"true", "false", "unknown"}
        Unknown where the two cannot be compared.
    comparison : str
        How many records are the same, which is the first that is not and what may explain it; or
        why they cannot be compared.
    """

    matches_live: Match
    comparison: str


def verdict_of(result: DiffResult) -> Verdict:
    """Return what a comparison found, in words."""
    counts = f"{result.identical:,} of {result.total:,} derived records"
    if result.is_identical:
        return Verdict("true", counts)
    told = [f"{counts} are identical"]
    found = [(each.topic, record) for each in result.topics for record in each.records]
    if found:
        topic, first = min(found, key=lambda pair: pair[1].source_ts)
        fields = [f"{each.path} {each.here} here, {each.there} live" for each in first.fields]
        where = f"first difference: {first.kind} {topic} {first.trace_id}"
        told.append(", ".join([where, *fields[:MAX_FIELDS]]))
    return Verdict("false", "; ".join([*told, *result.notes]))


def verify(request: DiffRequest, board: StatusBoard) -> Verdict:
    """
    Compare a finished run with live and state it on the run's board.

    A comparison that is not possible is stated as unknown, with the reason; it is no failure of
    the run.

    Parameters
    ----------
    request : DiffRequest
        The run, and what it is compared with.
    board : StatusBoard
        Of the run, which has stated its end.

    Raises
    ------
    TransientConnector
        The broker does not take the status.
    """
    _state(board, Verdict("unknown", COMPARING))
    try:
        found = verdict_of(compare_runs(request))
    except (InfraError, ConnectorError) as error:
        found = Verdict("unknown", f"not compared: {error}")
    _state(board, found)
    return found


def _state(board: StatusBoard, verdict: Verdict) -> None:
    if board.newest is not None:
        board.publish(
            msgspec.structs.replace(
                board.newest,
                matches_live=verdict.matches_live,
                comparison=verdict.comparison,
            )
        )
