"""Last states of net premium's buckets: what may differ in them, and what may not."""

import pytest

from tests.connectors.kafka.market import START_NS
from tests.services.replay_market import LIVE
from tests.services.replay_market import MINUTE
from tests.services.replay_market import NAMESPACE
from tests.services.replay_market import Market
from tests.services.replay_market import S
from tests.services.replay_market import bucket
from tests.services.replay_market import counts
from tests.services.replay_market import market_row
from tests.services.replay_market import prints
from tests.services.replay_market import row
from tests.services.replay_market import topic


def test_last_states_of_buckets_are_compared_not_how_often_they_came_out(market: Market) -> None:
    rows = [row(at) for at in range(0, 300, 10)]
    market.write(LIVE, prints(300))
    market.both(rows)
    market.write(LIVE, [bucket(0, 0, size=1, forming=True), bucket(0, 1, size=9), bucket(1, 0)])
    market.write(
        NAMESPACE,
        [
            bucket(0, 0, size=2, forming=True),
            bucket(0, 1, size=3, forming=True),
            bucket(0, 2, size=9, seq=77),
            bucket(1, 0),
        ],
    )

    found = topic(market.compare(), "options.net-premium")

    assert (found.result, counts(found)) == ("identical", (2, 0, 0, 0, 0))
    assert (found.revisions_here, found.revisions_there) == (4, 3)


@pytest.mark.parametrize(
    "changes", [{"size": 5}, {"forming": True}, {"session_premium": 1.0}, {"call_ask": 0.0}]
)
def test_a_last_state_may_not_differ_in_what_was_added_up(
    market: Market, changes: dict[str, object]
) -> None:
    market.write(LIVE, prints(300))
    market.both([row(at) for at in range(0, 300, 10)])
    market.write(LIVE, [bucket(0, 0)])
    market.write(NAMESPACE, [bucket(0, 3, **changes)])

    found = topic(market.compare(), "options.net-premium")

    assert counts(found) == (0, 1, 0, 0, 0)
    assert [each.path for each in found.records[0].fields] == list(changes)


def test_a_bucket_that_was_not_over_is_beyond_the_end(market: Market) -> None:
    market.write(LIVE, prints(400))
    # The tape ends at 3:30, so the fourth minute was open and a late change of the third too.
    market.both([row(at) for at in range(0, 211, 10)])
    market.write(LIVE, [bucket(1, 0), bucket(2, 0), bucket(3, 0, forming=True, size=1)])
    late = START_NS + 211 * S
    market.write(
        NAMESPACE,
        [bucket(1, 1, size=4), bucket(2, 1, size=3, source_ts=late), bucket(3, 1, size=2)],
    )

    found = topic(market.compare(limit=5), "options.net-premium")

    assert counts(found) == (0, 1, 0, 0, 2)
    assert found.records[0].trace_id.endswith(str(START_NS + MINUTE))


def test_sums_over_all_wait_for_every_partition_that_has_not_told_of_its_last_row(
    market: Market,
) -> None:
    market.write(LIVE, prints(400))
    market.both([row(at) for at in range(0, 391, 10)])
    # This partition's last row lies in the second minute; only live has not come past it.
    market.both([row(at, underlying_id="SPY") for at in (5, 70)])
    market.both([bucket(at, 0) for at in range(6)])
    market.both([bucket(0, 0, underlying_id="SPY")])
    market.write(NAMESPACE, [bucket(1, 0, underlying_id="SPY")])
    market.write(LIVE, [market_row(0, size=1), market_row(1, size=1), market_row(4, size=1)])
    market.write(NAMESPACE, [market_row(0, size=2), market_row(1, size=2), market_row(4, size=2)])

    held = topic(market.compare(), "options.net-premium")
    market.write(LIVE, [bucket(1, 0, underlying_id="SPY")])
    told = topic(market.compare(), "options.net-premium")

    # SPY's second minute is beyond its own end as well.
    assert counts(held) == (7, 1, 0, 0, 3)
    assert counts(told) == (8, 3, 0, 0, 0)
