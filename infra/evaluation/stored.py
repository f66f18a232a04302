"""Evaluate a recorded run: labels of a file against what the tables hold."""

from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.scenarios import expectation
from infra.errors import MisconfiguredInfra
from infra.evaluation.match import Outcome
from infra.evaluation.match import judge
from infra.evaluation.metrics import ScenarioResult
from infra.evaluation.scenarios import Evaluation
from infra.evaluation.scenarios import summarise
from infra.evaluation.views import Views
from infra.evaluation.views import views_of_rows
from infra.evidence import Row
from infra.evidence import Store

# Longer lists of ids are asked for in pieces: a statement has a length.
IDS_PER_QUERY: Final = 200
# What is watched is judged 60 s behind its packet; the packet closes within a second.
FOLLOWED_NS: Final = 65 * 1_000_000_000

_PACKETS: Final = (
    "SELECT id, revision, members, reversed_print_ids FROM flow_packets FINAL "
    "WHERE hasAny(members, {ids:Array(String)}) "
    "OR hasAny(reversed_print_ids, {ids:Array(String)}) ORDER BY source_ts, id"
)
_EVENTS: Final = (
    "SELECT event_id, revision, packet_ids, member_print_ids, primary_profile_id, "
    "primary_direction, abstained, abstention_reasons, profile_scores FROM flow_smart_money FINAL "
    "WHERE hasAny(packet_ids, {ids:Array(String)}) ORDER BY source_ts, event_id"
)
_HITS: Final = (
    "SELECT hit_id, revision, classifier_id, phase, packet_id, references_packet_id, retracted "
    "FROM flow_classifier_hits FINAL WHERE packet_id IN {ids:Array(String)} "
    "OR references_packet_id IN {ids:Array(String)} ORDER BY source_ts, hit_id"
)
_ALERTS: Final = (
    "SELECT alert_id, revision, state, headline, evidence_refs FROM flow_alerts FINAL "
    "WHERE hasAny(evidence_refs.id, {ids:Array(String)}) ORDER BY source_ts, alert_id"
)
_BEHIND: Final = (
    "SELECT max(source_ts) - maxIf(source_ts, trace_id IN {ids:Array(String)}) AS behind "
    "FROM options_tape FINAL"
)
_SIZES: Final = (
    "SELECT trace_id, size FROM options_tape FINAL WHERE trace_id IN {ids:Array(String)}"
)


def read_labels(path: Path) -> tuple[Label, ...]:
    """
    Read a file of labels, one JSON object a line.

    Raises
    ------
    MisconfiguredInfra
        A line is no label; the message names it.
    OSError
        The file cannot be read.
    """
    labels = []
    try:
        text = path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise MisconfiguredInfra(msg) from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            labels.append(msgspec.json.decode(line, type=Label))
        except msgspec.DecodeError as error:
            msg = f"{path}:{number} is no label: {error}"
            raise MisconfiguredInfra(msg) from error
    if not labels:
        msg = f"{path} holds no labels"
        raise MisconfiguredInfra(msg)
    return tuple(labels)


def stored_views(store: Store, labels: Iterable[Label]) -> Views:
    """
    Read what was derived from labelled prints.

    Parameters
    ----------
    store : Store
        The tables.
    labels : iterable of Label
        Which prints.
    """
    prints = [print_id for label in labels for print_id in label.print_trace_ids]
    packets = list(_rows(store, _PACKETS, prints))
    packet_ids = [str(row["id"]) for row in packets]
    return views_of_rows(
        {
            "flow_packets": packets,
            "flow_smart_money": _rows(store, _EVENTS, packet_ids),
            "flow_classifier_hits": _rows(store, _HITS, packet_ids),
            "flow_alerts": _rows(store, _ALERTS, packet_ids),
        },
        {str(row["trace_id"]): int(row["size"]) for row in _rows(store, _SIZES, prints)},
    )


def evaluate_stored(store: Store, labels: Iterable[Label], run: str) -> Evaluation:
    """
    Judge labels whose prints the tables hold.

    Labels with a print the tables do not hold are passed over: the recording was cut, or belongs
    to another folder. So are those that expect a pattern which the recording ended too early to
    show. Each label is a run of its scenario.

    Parameters
    ----------
    store : Store
        The tables.
    labels : iterable of Label
        From the recording.
    run : str
        Name of the recording.

    Raises
    ------
    MisconfiguredInfra
        The tables hold the prints of none of the labels.
    """
    known = list(labels)
    views = stored_views(store, known)
    whole = [
        each
        for each in known
        if all(name in views.sizes for name in each.print_trace_ids)
        and (not expectation(each.scenario_id).later or _had_time(store, each))
    ]
    if not whole:
        msg = f"{run}: the tables hold the prints of none of its labels; is it another --data?"
        raise MisconfiguredInfra(msg)
    outcomes = tuple(
        judge(label, expectation(label.scenario_id), views, f"{run} {label.label_id}")
        for label in whole
    )
    return Evaluation(outcomes, tuple(_results(outcomes)))


def _had_time(store: Store, label: Label) -> bool:
    """Tell whether the tape goes on long enough behind a label for the market to follow it."""
    (row,) = store.rows(_BEHIND, {"ids": list(label.print_trace_ids)})
    return int(row["behind"]) >= FOLLOWED_NS


def _results(outcomes: tuple[Outcome, ...]) -> Iterator[ScenarioResult]:
    for scenario_id in sorted({each.scenario_id for each in outcomes}):
        yield summarise(scenario_id, outcomes)


def _rows(store: Store, statement: str, ids: list[str]) -> Iterator[Row]:
    for at in range(0, len(ids), IDS_PER_QUERY):
        yield from store.rows(statement, {"ids": ids[at : at + IDS_PER_QUERY]})
