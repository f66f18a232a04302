"""Fields of differing records, and how they are shown."""

import msgspec
import pytest

from infra.cli.replay_diff import shown_value
from infra.replay.comparison.result import DiffResult
from infra.replay.comparison.result import FieldDifference
from infra.replay.comparison.result import TopicDiff
from infra.replay.comparison.result import Value
from infra.replay.comparison.result import about
from infra.replay.comparison.result import field_differences
from infra.replay.comparison.sides import Part
from schemas.records import EquityCandle
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from tests.connectors.kafka.market import a_print
from tests.services.every_field import filled


def test_fields_of_nested_records_have_dotted_paths() -> None:
    here = filled(FlowPacket, 4)
    assert isinstance(here, FlowPacket)
    features = msgspec.structs.replace(here.features, total_premium=-1.0)
    legs = (msgspec.structs.replace(here.legs[0], size=-2), *here.legs[1:])
    there = msgspec.structs.replace(here, features=features, legs=legs, ingest_ts=-3)

    found = field_differences(here, there, ("ingest_ts",))

    assert found == (
        FieldDifference("features.total_premium", here.features.total_premium, -1.0),
        FieldDifference("legs[0].size", here.legs[0].size, -2),
    )


def test_equal_fields_are_shown_only_when_asked_for() -> None:
    here, there = a_print(1), a_print(1, price=9.0)

    every = field_differences(here, there, (), every=True)

    assert [each.path for each in field_differences(here, there, ())] == ["price"]
    assert [each.path for each in every] == list(here.__struct_fields__)
    assert [each.path for each in every if each.is_different] == ["price"]


def test_what_one_side_lacks_differs_even_from_an_unknown() -> None:
    here = filled(FlowPacket, 4)
    assert isinstance(here, FlowPacket)
    more = msgspec.structs.replace(here, features_ext={**here.features_ext, "zz": 1.0})

    found = field_differences(here, more, ())

    assert found == (FieldDifference("features_ext.zz", None, 1.0),)


def test_a_record_that_stands_alone_has_no_differing_fields() -> None:
    assert field_differences(a_print(1), None, ()) == ()
    alone = field_differences(None, a_print(1), (), every=True)
    assert not any(each.is_different for each in alone)
    assert {each.path: each.there for each in alone}["price"] == 2.5


def test_alerts_are_known_by_headline_and_others_by_kind_and_subject() -> None:
    alert = filled(FlowAlert, 1)
    assert isinstance(alert, FlowAlert)
    candle = filled(EquityCandle, 1)
    assert isinstance(candle, EquityCandle)
    bar = msgspec.structs.replace(candle, interval_ms=60_000)

    assert about(msgspec.structs.replace(alert, headline="Swept calls")) == "Swept calls"
    assert about(bar).startswith("60 s ")


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("features.start_ts", 1_748_009_305_000_000_001, "2025-05-23 10:08:25.000000001"),
        ("trade_date", 20_231, "2025-05-23"),
        ("quote_ts", 12, "12"),
        ("size", 20_231, "20231"),
        ("closed", False, "false"),
        ("bid", None, "-"),
        ("why", "x" * 80, "x" * 59 + "…"),
    ],
)
def test_values_are_written_for_people(path: str, value: Value, text: str) -> None:
    assert shown_value(path, value) == text


def result(*topics: TopicDiff) -> DiffResult:
    return DiffResult(
        run="monday",
        other="live",
        namespace="replay.monday",
        other_namespace="",
        part=Part(),
        thresholds=(),
        notes=(),
        topics=topics,
    )


def test_only_what_differs_before_the_end_makes_a_difference() -> None:
    beyond = TopicDiff(topic="signals", result="identical", identical=3, beyond=2)
    changed = TopicDiff(topic="flow.alerts", result="different", identical=5, changed=1, missing=2)

    assert result(beyond).is_identical
    assert (result(beyond).identical, result(beyond).total) == (3, 3)
    assert not result(beyond, changed).is_identical
    plain = result(beyond, changed).as_json()
    assert (plain["is_identical"], plain["identical"], plain["total"]) == (False, 8, 11)
    assert plain["topics"][1]["changed"] == 1
