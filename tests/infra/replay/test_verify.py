"""What a comparison with live is said to have found."""

import msgspec
import pytest

from infra.replay.comparison.result import DiffResult
from infra.replay.comparison.result import FieldDifference
from infra.replay.comparison.result import RecordDifference
from infra.replay.comparison.result import TopicDiff
from infra.replay.comparison.sides import Part
from infra.replay.verify import verdict_of


def record(trace_id: str, source_ts: int) -> RecordDifference:
    fields = (FieldDifference("score", 57, 59), FieldDifference("hits", 1, 2))
    return RecordDifference("changed", trace_id, 0, "VST", "VST 175C bought", source_ts, "", fields)


def result(*topics: TopicDiff, notes: tuple[str, ...] = ()) -> DiffResult:
    return DiffResult(
        run="monday",
        other="live",
        namespace="replay.monday",
        other_namespace="",
        part=Part(),
        thresholds=(),
        notes=notes,
        topics=topics,
    )


TAPE = TopicDiff(topic="options.tape", result="identical", identical=48_100)
ALERTS = TopicDiff(topic="flow.alerts", result="identical", identical=12)


def test_what_is_the_same_is_counted() -> None:
    found = verdict_of(result(TAPE, ALERTS))

    assert (found.matches_live, found.comparison) == ("true", "48,112 of 48,112 derived records")


def test_of_what_differs_the_earliest_is_named_with_its_fields() -> None:
    tape = msgspec.structs.replace(
        TAPE, result="different", changed=1, records=(record("later", 20),)
    )
    alerts = msgspec.structs.replace(
        ALERTS, result="different", changed=1, records=(record("al:VST:1", 10),)
    )

    found = verdict_of(result(tape, alerts, notes=("flow options had 3 late here, 0 there",)))

    assert found.matches_live == "false"
    assert found.comparison == (
        "48,112 of 48,114 derived records are identical; "
        "first difference: changed flow.alerts al:VST:1, score 57 here, 59 live, "
        "hits 1 here, 2 live; flow options had 3 late here, 0 there"
    )


@pytest.mark.parametrize("count", [0, 1])
def test_a_difference_that_is_not_shown_is_one_all_the_same(count: int) -> None:
    alerts = msgspec.structs.replace(ALERTS, result="different", missing=1, identical=count)

    found = verdict_of(result(alerts))

    assert (found.matches_live, found.comparison) == (
        "false",
        f"{count} of {count + 1} derived records are identical",
    )
