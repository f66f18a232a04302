"""Absorbed blocks: gates, cooldown, what the mid decides, cancels."""

import msgspec
import pytest

from flows.common.cadence import NEVER
from flows.equities.dark.config import DarkConfig
from flows.equities.join.quote import Quote
from tests.flows.equities.dark.prints import SECOND
from tests.flows.equities.dark.prints import TEN
from tests.flows.equities.dark.prints import a_desk
from tests.flows.equities.dark.prints import a_print
from tests.flows.equities.dark.prints import a_quote
from tests.flows.equities.dark.prints import cause_of
from tests.flows.equities.dark.prints import feed
from tests.flows.equities.dark.prints import no_quote
from tests.flows.equities.dark.prints import run_out
from tests.flows.equities.dark.prints import same_mid


@pytest.mark.parametrize(
    "change",
    [
        {"micro": 1_999_999_999},
        {"off_exchange": False},
        {"levels": False},
        {"nbbo_side": "MISSING"},
        {"nbbo_side": "STALE"},
        {"nbbo_side": "A"},
        {"session": "pre"},
        {"session": "post"},
        {"session": "closed"},
    ],
)
def test_a_print_that_misses_a_gate_is_no_block(change: dict[str, object]) -> None:
    block = a_print(shares=2_000)
    assert a_desk().add(block, a_quote(), TEN)

    assert not a_desk().add(msgspec.structs.replace(block, **change), a_quote(), TEN)


@pytest.mark.parametrize(("ask", "fires"), [(200.50, True), (200.51, False)])
def test_the_spread_may_be_half_a_percent_of_the_mid(ask: float, fires: bool) -> None:
    # Bid 199.50: the mid is 200, half a percent of it is 1.00.
    assert bool(a_desk().add(a_print(shares=2_000), a_quote(199.5, ask), TEN)) is fires


def test_a_block_without_its_quote_counts_half_for_the_spread() -> None:
    (record,) = a_desk().add(a_print(shares=2_000), None, TEN)

    assert (record.confidence, record.spread_pct) == (0.675, None)


def test_extended_sessions_count_when_asked_for() -> None:
    desk = a_desk(config=DarkConfig(is_extended=True))

    assert desk.add(a_print(shares=2_000, session="post"), a_quote(), TEN)


def test_the_record_says_what_it_rests_on() -> None:
    block = a_print(0.25, shares=4_000, seq=17)

    (record,) = a_desk().add(block, a_quote(), block.ts)

    assert (record.source_ts, record.ingest_ts, record.seq) == (block.ts, block.ingest_ts, 17)
    assert (record.status, record.revision, record.underlying_id) == ("provisional", 0, "NVDA")
    assert (record.window_start_ts, record.window_end_ts) == (block.ts, block.ts)
    assert (record.price, record.price_low, record.price_high) == (100.05,) * 3
    assert (record.shares, record.notional, record.print_count) == (4_000.0, 400_200.0, 1)
    assert record.label == "Inferred from off-exchange (TRF) prints"
    assert [(r.kind, r.id) for r in record.evidence_refs] == [
        ("equity_join", f"join:{block.trace_id}")
    ]
    assert record.thresholds["T_block"] == 2_000.0
    assert record.baseline == {"size_weight": 0.0}
    assert record.spread_pct == pytest.approx(0.09995, abs=1e-6)
    assert (record.policy_version, record.config_hash) == ("dark.policy.v1", "cafe0123")


@pytest.mark.parametrize(
    ("mid", "status", "bps"),
    [
        (100.05, "confirmed", 0.0),
        (100.15, "confirmed", 9.995002),  # one spread
        (99.95, "confirmed", -9.995002),
        (100.16, "rejected", 10.994503),
        (99.94, "rejected", -10.994503),
    ],
)
def test_a_block_is_absorbed_when_the_mid_stays_within_a_spread(
    mid: float, status: str, bps: float
) -> None:
    asked: list[int] = []

    def quote_at(ts: int) -> Quote:
        asked.append(ts)
        return a_quote(mid - 0.05, mid + 0.05, ts)

    desk = a_desk(quote_at)
    block = a_print(0.25, shares=2_000)
    desk.add(block, a_quote(), block.ts)
    assert desk.due_ns == TEN + 6 * SECOND

    (record,) = desk.evaluate(desk.due_ns)

    assert asked == [block.ts + 5 * SECOND]
    assert (record.status, record.follow_through_bps, record.revision) == (status, bps, 1)
    assert record.source_ts == TEN + 6 * SECOND
    assert desk.due_ns == NEVER


@pytest.mark.parametrize(("move", "status"), [(0.05, "confirmed"), (0.06, "rejected")])
def test_five_basis_points_are_allowed_when_the_spread_is_less(move: float, status: str) -> None:
    desk = a_desk(lambda ts: a_quote(99.99 + move, 100.01 + move, ts))
    desk.add(a_print(shares=2_000), a_quote(99.99, 100.01), TEN)

    (record,) = run_out(desk)

    assert record.status == status


@pytest.mark.parametrize(
    "quote",
    [None, a_quote(100.2, 100.1), a_quote(ts=TEN - 56 * SECOND)],
    ids=["none", "crossed", "too old"],
)
def test_a_block_stays_provisional_when_the_market_cannot_tell(quote: Quote | None) -> None:
    desk = a_desk(lambda _: quote)
    desk.add(a_print(shares=2_000), a_quote(), TEN)

    assert run_out(desk) == []
    assert desk.counters["not_judged_total"] == 1


def test_an_instant_on_a_whole_second_is_looked_up_at_it() -> None:
    desk = a_desk()
    desk.add(a_print(0, shares=2_000), a_quote(), TEN)

    assert desk.due_ns == TEN + 5 * SECOND


def test_a_late_block_is_judged_at_the_next_second() -> None:
    desk = a_desk()
    now = TEN + 9 * SECOND
    (record,) = desk.add(a_print(0, shares=2_000), a_quote(), now)

    assert (record.source_ts, record.window_end_ts) == (now, TEN)
    assert desk.due_ns == TEN + 10 * SECOND


@pytest.mark.parametrize(
    ("second", "revises"),
    # 2,000 has .781; .45 / 4,000 a share. 100 shares more and the same spread add .01125.
    [(2_880, False), (2_900, True), (2_000, False), (3_000, True), (200_000, True)],
)
def test_while_cooling_only_a_stronger_block_revises(second: int, revises: bool) -> None:
    first, other = a_print(0, shares=2_000), a_print(20, shares=second)
    desk = a_desk(no_quote)

    records = feed(desk, [first, other])

    assert len({record.trace_id for record in records}) == 1
    assert [record.shares for record in records] == [2_000.0] + [float(second)] * revises


def test_half_as_many_shares_again_revise_even_when_confidence_is_full() -> None:
    desk = a_desk(no_quote)

    records = feed(desk, [a_print(0, shares=4_000), a_print(1, shares=6_000)])

    assert [record.shares for record in records] == [4_000.0, 6_000.0]
    assert records[0].confidence == records[1].confidence


def test_a_stronger_block_is_judged_anew() -> None:
    desk = a_desk()

    records = feed(desk, [a_print(0, shares=2_000), a_print(20, shares=9_000)]) + run_out(desk)

    assert [record.status for record in records] == ["provisional", "confirmed"] * 2


@pytest.mark.parametrize(("after", "events"), [(29.999999, 1), (30, 2)])
def test_the_cooldown_ends_after_thirty_seconds(after: float, events: int) -> None:
    records = feed(a_desk(no_quote), [a_print(0, shares=2_000), a_print(after, shares=2_001)])

    assert len({record.trace_id for record in records}) == events


def test_cancelling_the_block_withdraws_the_event_with_what_it_had_claimed() -> None:
    block = a_print(shares=4_000)
    desk = a_desk()
    (claimed,) = desk.add(block, a_quote(), TEN)

    (record,) = desk.remove(block, cause_of(block, TEN + SECOND))

    assert (record.status, record.revision, record.source_ts) == ("withdrawn", 1, TEN + SECOND)
    assert (record.shares, record.confidence) == (claimed.shares, claimed.confidence)
    assert "cancelled" in record.explanations[-1]
    assert run_out(desk) == []


def test_a_withdrawn_event_cools_nothing() -> None:
    block, corrected = a_print(0, shares=4_000), a_print(1, shares=4_100)
    desk = a_desk()
    feed(desk, [block])
    desk.remove(block, cause_of(block, TEN + SECOND))

    (record,) = feed(desk, [corrected])

    assert (record.revision, record.shares) == (0, 4_100.0)


def test_the_block_kept_aside_takes_the_place_of_a_cancelled_one() -> None:
    first, second = a_print(0, shares=4_000), a_print(2, shares=3_000)
    desk = a_desk()
    feed(desk, [first, second])

    (record,) = desk.remove(first, cause_of(first, TEN + 3 * SECOND))

    assert (record.status, record.shares, record.revision) == ("provisional", 3_000.0, 1)
    assert record.evidence_refs[0].id == f"join:{second.trace_id}"
    (withdrawn,) = desk.remove(second, cause_of(second, TEN + 4 * SECOND))
    assert withdrawn.status == "withdrawn"


def test_cancelling_a_block_kept_aside_says_nothing() -> None:
    first, second = a_print(0, shares=4_000), a_print(2, shares=3_000)
    desk = a_desk()
    feed(desk, [first, second])

    assert not desk.remove(second, cause_of(second, TEN + 3 * SECOND))
    (record,) = desk.remove(first, cause_of(first, TEN + 4 * SECOND))
    assert record.status == "withdrawn"


def test_a_cancel_hours_later_still_withdraws() -> None:
    block = a_print(shares=4_000)
    desk = a_desk()
    feed(desk, [block, a_print(7_200, shares=5_000)])
    run_out(desk)

    (record,) = desk.remove(block, cause_of(block, TEN + 9_000 * SECOND))

    assert (record.status, record.revision) == ("withdrawn", 2)


def test_nothing_is_inferred_while_halted_but_sizes_are_learnt() -> None:
    desk = a_desk(same_mid)
    feed(desk, [a_print(0, shares=4_000)])
    desk.is_halted = True

    records = feed(desk, [a_print(31, shares=9_000)]) + run_out(desk)

    assert records == []
    assert desk.block_threshold()[1] == {"size_weight": 2.0}
