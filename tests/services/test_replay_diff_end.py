"""Comparing a part of the log, and the end of a recording that live did not close."""

from connectors.kafka.partitioner import partition_of
from schemas.records import FlowAlert
from tests.connectors.kafka.market import START_NS
from tests.services.every_field import filled
from tests.services.replay_market import LIVE
from tests.services.replay_market import NAMESPACE
from tests.services.replay_market import PARTITIONS
from tests.services.replay_market import Market
from tests.services.replay_market import S
from tests.services.replay_market import alert
from tests.services.replay_market import bucket
from tests.services.replay_market import counts
from tests.services.replay_market import join
from tests.services.replay_market import prints
from tests.services.replay_market import row
from tests.services.replay_market import topic


def test_what_live_still_held_open_is_beyond_the_end(market: Market) -> None:
    market.write(LIVE, prints(50))
    market.both([alert(at) for at in range(5)])
    # At the horizon itself, after it, and before it.
    market.write(NAMESPACE, [alert(50), alert(60), alert(49)])

    found = topic(market.compare(), "flow.alerts")

    assert counts(found) == (5, 0, 0, 1, 2)
    assert found.records[0].trace_id == "FlowAlert:49"


def test_each_partition_ends_with_its_own_last_record(market: Market) -> None:
    market.write(LIVE, [*prints(100), *prints(10, underlying_id="SPY")])
    market.both([row(1)])
    market.write(NAMESPACE, [row(20), row(21, underlying_id="SPY")])

    assert counts(topic(market.compare(), "options.tape")) == (1, 0, 0, 1, 1)


def test_a_later_time_far_back_in_the_log_is_found(market: Market) -> None:
    market.write(LIVE, prints(3000))
    # An earlier day behind it, longer than what is read of the end.
    market.write(LIVE, prints(2500, source="file"))
    market.write(LIVE, [row(2999)])

    assert counts(topic(market.compare(), "options.tape")) == (0, 0, 1, 0, 0)


def test_what_live_has_not_read_is_beyond_the_end_and_told(market: Market) -> None:
    market.write(LIVE, prints(100))
    market.commit("islandflow-options", "options.prints", 41)
    market.both([row(at) for at in range(41)])
    market.write(NAMESPACE, [row(at) for at in range(41, 101)])

    result = market.compare()

    assert result.is_identical
    assert counts(topic(result, "options.tape")) == (41, 0, 0, 0, 60)
    assert any("live: the options flow has not read 60 records" in note for note in result.notes)


def test_without_raw_records_everything_is_compared_and_that_is_told(market: Market) -> None:
    market.both([row(1)])
    market.write(NAMESPACE, [row(2)])

    result = market.compare()

    assert counts(topic(result, "options.tape")) == (1, 0, 0, 1, 0)
    assert any("no raw records for some of what the options flow" in note for note in result.notes)


def test_alerts_of_equities_go_by_the_time_of_equities(market: Market) -> None:
    market.write(LIVE, prints(10))
    market.both([alert(1, kind="dark.absorbed_block")])
    market.write(NAMESPACE, [alert(20), alert(21, kind="dark.absorbed_block")])

    found = topic(market.compare(), "flow.alerts")

    assert counts(found) == (1, 0, 0, 1, 1)
    assert found.records[0].trace_id == "FlowAlert:21"


def test_settlements_are_left_out(market: Market) -> None:
    market.write(LIVE, prints(100))
    market.both([alert(1)])
    settled = filled(FlowAlert, 1)
    assert isinstance(settled, FlowAlert)
    assert settled.settlement is not None
    market.write(LIVE, [alert(1, revision=1, settlement=settled.settlement)])

    result = market.compare()

    assert result.is_identical
    assert "left out: 1 revisions of alerts with a settlement, which no flow writes" in result.notes


def test_of_a_part_only_the_part_is_compared(market: Market) -> None:
    market.manifest(
        from_ns=START_NS + 10 * S, to_ns=START_NS + 20 * S, underlyings=("NVDA",),
        flows=("options",),
    )  # fmt: skip
    market.write(LIVE, prints(100))
    live = [row(at) for at in (5, 9, 10, 15, 18, 19, 20, 25)]
    market.write(LIVE, [*live, row(16, underlying_id="SPY"), join(15)])
    market.write(LIVE, [alert(15, kind="dark.absorbed_block"), bucket(0, 0)])
    market.write(LIVE, [bucket(0, 0, underlying_id="_market", scope="market")])
    # Warm-up comes out before the start, and windows are closed at the end.
    market.write(NAMESPACE, [row(at) for at in (8, 10, 15, 18, 19, 21)])

    result = market.compare(limit=9)

    assert result.is_identical
    assert counts(topic(result, "options.tape")) == (4, 0, 0, 0, 0)
    assert topic(result, "equities.joins").result == "left out"
    assert topic(result, "flow.alerts").result == "none"
    assert topic(result, "options.net-premium").result == "none"
    assert any("over all underlyings" in note for note in result.notes)


def test_the_end_of_a_part_is_its_last_record_of_its_underlyings(market: Market) -> None:
    market.manifest(to_ns=START_NS + 50 * S, underlyings=("NVDA",))
    shared = "NVDA"
    market.write(LIVE, prints(30))
    # Another underlying of the same partition goes on.
    other = next(
        name
        for name in (f"A{at}" for at in range(1000))
        if partition_of(name.encode(), PARTITIONS) == partition_of(shared.encode(), PARTITIONS)
    )
    market.write(LIVE, prints(100, underlying_id=other)[31:])
    market.write(LIVE, [row(40), row(20)])
    market.write(NAMESPACE, [row(20)])

    assert counts(topic(market.compare(), "options.tape")) == (1, 0, 0, 0, 1)
