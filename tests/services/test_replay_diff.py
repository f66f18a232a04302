"""`islandflow replay diff` over the log: what is equal, and what differs."""

from typing import Any

import msgspec
import pytest

from connectors.kafka.admin import apply_topics
from connectors.kafka.admin import delete_topics
from infra.pipeline.digest import digests
from infra.replay.comparison.sides import CannotCompare
from infra.replay.manifest import RunManifest
from infra.replay.manifest import save_manifest
from infra.replay.names import folder_of
from infra.replay.request import ReplayRequest
from redpanda.catalog import topic_catalog
from redpanda.catalog import topics_of
from tests.connectors.kafka.market import START_NS
from tests.services.replay_market import LIVE
from tests.services.replay_market import NAMESPACE
from tests.services.replay_market import RUN
from tests.services.replay_market import Market
from tests.services.replay_market import S
from tests.services.replay_market import counts
from tests.services.replay_market import prints
from tests.services.replay_market import row
from tests.services.replay_market import topic


def test_equal_sides_are_identical_whatever_was_written_twice(market: Market) -> None:
    market.write(LIVE, prints(100))
    rows = [row(at) for at in range(10)]
    market.both(rows)
    market.write(NAMESPACE, rows[3:6])

    result = market.compare()

    assert result.is_identical
    assert (result.identical, result.total) == (10, 10)
    assert counts(topic(result, "options.tape")) == (10, 0, 0, 0, 0)
    assert topic(result, "options.tape").repeats_here == 3
    assert topic(result, "signals").result == "none"
    assert result.notes == ()
    tape = {side: digests(market.addresses, side)["options.tape"] for side in (LIVE, NAMESPACE)}
    assert tape[LIVE].sha256 == tape[NAMESPACE].sha256
    assert (tape[LIVE].repeats, tape[NAMESPACE].repeats) == (0, 3)


def test_each_planted_difference_is_shown_with_both_sides(market: Market) -> None:
    market.write(LIVE, prints(100))
    market.both([row(at) for at in range(5)])
    market.write(LIVE, [row(10, price=1.0), row(11), row(12)])
    market.write(NAMESPACE, [row(10, price=2.0), row(13)])

    found = topic(market.compare(limit=10), "options.tape")

    assert found.result == "different"
    assert counts(found) == (5, 1, 2, 1, 0)
    assert [(each.kind, each.trace_id, each.side) for each in found.records] == [
        ("changed", "OptionsTape:10", ""),
        ("missing", "OptionsTape:11", "live"),
        ("missing", "OptionsTape:12", "live"),
        ("extra", "OptionsTape:13", RUN),
    ]
    (price,) = found.records[0].fields
    assert (price.path, price.here, price.there) == ("price", 2.0, 1.0)
    assert found.records[0].source_ts == START_NS + 10 * S


def test_two_records_of_one_id_that_differ_are_a_contradiction(market: Market) -> None:
    market.write(LIVE, prints(100))
    market.both([row(1), row(2)])
    market.write(NAMESPACE, [row(2, size=77)])

    found = topic(market.compare(), "options.tape")

    assert (found.result, found.contradicting, found.identical) == ("different", 1, 1)
    assert found.records[0].side == RUN
    assert [each.path for each in found.records[0].fields] == ["size"]


def test_another_threshold_is_told_once_and_marks_no_record(market: Market) -> None:
    market.write(LIVE, [*prints(100), row(1), row(2)])
    market.write(NAMESPACE, [row(1, config_hash="bbbb"), row(2, config_hash="bbbb")])

    result = market.compare()

    assert result.is_identical
    (thresholds,) = result.thresholds
    assert (thresholds.flow, thresholds.here, thresholds.there) == ("options", ("bbbb",), ("aaaa",))


def test_rows_flagged_late_on_one_side_are_counted(market: Market) -> None:
    market.write(LIVE, [*prints(100), row(1), row(2, late_arrival=True)])
    market.write(NAMESPACE, [row(1), row(2)])

    result = market.compare()

    assert [each.path for each in topic(result, "options.tape").records[0].fields] == [
        "late_arrival"
    ]
    assert "options.tape: 0 late here, 1 there" in result.notes


def test_two_runs_are_compared_with_each_other(market: Market) -> None:
    catalog = topic_catalog()
    names = [*topics_of("derived"), *topics_of("raw")]
    specs = [
        msgspec.structs.replace(catalog[name], name=f"replay.second-2.{name}") for name in names
    ]
    apply_topics(market.addresses.kafka, {spec.name: spec for spec in specs})
    asked = ReplayRequest(run="second", speed=20.0)
    save_manifest(market.data, RunManifest(request=asked, state="stopped", generation=2))
    market.write(LIVE, prints(100))
    market.write("replay.second-2", prints(30))
    market.write(NAMESPACE, [row(1), row(20), row(40)])
    market.write("replay.second-2", [row(1), row(21)])

    result = market.compare(other="second", limit=5)

    # The second run has read 30 s: what the first has of later is no difference.
    assert counts(topic(result, "options.tape")) == (1, 0, 1, 1, 1)
    assert result.other_namespace == "replay.second-2"
    assert "second stopped before its end" in result.notes


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"run": "tuesday"}, "no run 'tuesday' in"),
        ({"run": "tuesday"}, "there are monday, and live"),
        ({"run": "Monday!"}, "cannot name a run"),
        ({"topics": ("options.tapes",)}, "no derived topic options.tapes; there are options.tape"),
        ({"other": RUN}, "compared with itself"),
        ({"limit": -1}, "expected 0 to 1000"),
        ({}, "neither monday nor live holds derived records"),
    ],
)
def test_what_cannot_be_compared_is_said(market: Market, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(Exception, match=says):
        market.compare(**asked)


def test_a_run_without_its_topics_is_said(market: Market) -> None:
    delete_topics(market.addresses.kafka, [f"{NAMESPACE}.flow.alerts"])

    with pytest.raises(CannotCompare, match=r"has no topic replay\.monday\.flow\.alerts; its to"):
        market.compare()


def test_a_run_whose_folder_is_gone_is_found_by_its_topics(market: Market) -> None:
    (folder_of(market.data, RUN) / "run.json").unlink()
    market.write(LIVE, prints(100))
    market.both([row(1)])

    result = market.compare()

    assert result.is_identical
    assert any("its folder is gone" in note for note in result.notes)
