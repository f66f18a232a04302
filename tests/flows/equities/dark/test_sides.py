"""Accumulation and distribution: gates, window, cooldown, what the mid decides, cancels."""

import msgspec
import pytest

from flows.equities.observed import ObservedPrint
from tests.flows.equities.dark.prints import SECOND
from tests.flows.equities.dark.prints import TEN
from tests.flows.equities.dark.prints import a_desk
from tests.flows.equities.dark.prints import a_print
from tests.flows.equities.dark.prints import a_quote
from tests.flows.equities.dark.prints import cause_of
from tests.flows.equities.dark.prints import feed
from tests.flows.equities.dark.prints import no_quote
from tests.flows.equities.dark.prints import run_out


def buys(*sizes: float, start: float = 0.0, step: float = 1.0) -> list[ObservedPrint]:
    return [a_print(start + step * at, "A", shares) for at, shares in enumerate(sizes)]


@pytest.mark.parametrize(
    ("tape", "fires"),
    [
        (buys(750, 750, 750, 750), True),
        (buys(750, 750, 750, 749), False),
        (buys(1_000, 1_000, 1_000), False),
        (buys(2_500, 199, 199, 199, 199), False),  # small prints are not looked at
        (buys(750, 750, 750, 750, step=19.999), True),
        (buys(750, 750, 750, 750, step=20), False),  # the first lies 60 s back
    ],
)
def test_shares_and_prints_within_the_window(tape: list[ObservedPrint], fires: bool) -> None:
    assert bool(feed(a_desk(), tape)) is fires


@pytest.mark.parametrize(("sold", "fires"), [(1_615, True), (1_616, False)])
def test_the_side_has_to_dominate_what_has_a_side(sold: int, fires: bool) -> None:
    # 3,000 of 4,615 shares are 65.005 %, of 4,616 they are 64.99 %.
    tape = [a_print(0, "B", sold), *buys(750, 750, 750, 750, start=1)]

    assert bool(feed(a_desk(), tape)) is fires


def test_shares_between_bid_and_ask_are_on_no_side() -> None:
    tape = [a_print(0, "MID", 1_900), *buys(750, 750, 750, 750, start=1)]

    (record,) = feed(a_desk(), tape)

    assert "100% of the off-exchange shares that had a side" in record.explanations[1]


def test_a_print_that_may_not_carry_a_side_is_on_none() -> None:
    tape = [msgspec.structs.replace(p, direction="unknown") for p in buys(750, 750, 750, 750)]

    assert feed(a_desk(), tape) == []


def test_totals_are_exact_and_evidence_is_the_largest_twenty_in_time_order() -> None:
    small = buys(*[200] * 14, step=0.5)
    large = buys(*[201] * 16, start=10, step=0.5)
    tape = [msgspec.structs.replace(p, at_e4=1_000_000 + 10 * n) for n, p in enumerate(small + large)]  # fmt: skip  # noqa: E501
    last = a_print(20, "A", 9_999, at_e4=1_002_000)
    records = feed(a_desk(), [*tape, last])

    record = records[-1]
    members = [*tape, last]
    notional = sum(p.at_e4 * p.micro for p in members)
    micro = sum(p.micro for p in members)
    assert (record.print_count, record.shares) == (31, micro / 1e6)
    assert record.notional == pytest.approx(notional / 1e10)
    assert record.price == pytest.approx(notional / micro / 1e4, abs=1e-6)
    assert (record.price_low, record.price_high) == (100.0, 100.2)
    assert (record.window_start_ts, record.window_end_ts) == (members[0].ts, last.ts)
    expected = [*small[:3], *large, last]
    assert [ref.id for ref in record.evidence_refs] == [f"join:{p.trace_id}" for p in expected]


def test_a_revision_is_the_open_event_grown() -> None:
    tape = buys(*[750] * 7)

    records = feed(a_desk(no_quote), tape)

    # .65 with 4 prints, .7375 with 5, .825 with 6, .9125 with 7.
    assert [(r.revision, r.print_count) for r in records] == [(0, 4), (1, 6)]
    assert {r.trace_id for r in records} == {f"dark:stealth_accumulation:{tape[3].trace_id}"}


def test_kinds_cool_apart() -> None:
    tape = [*buys(750, 750, 750, 750), *[a_print(10 + at, "B", 3_000) for at in range(4)]]

    records = feed(a_desk(no_quote), tape)

    assert [r.kind for r in records] == ["stealth_accumulation", "distribution"]


def test_after_the_cooldown_a_side_that_goes_on_is_a_new_event() -> None:
    tape = [*buys(750, 750, 750, 750), a_print(32, "A", 200), a_print(33.1, "A", 200)]

    records = feed(a_desk(no_quote), tape)

    assert [r.revision for r in records] == [0, 0]
    assert records[1].source_ts - records[0].source_ts >= 30 * SECOND


@pytest.mark.parametrize(
    ("side", "move", "status"),
    [
        ("A", -0.10, "confirmed"),
        ("A", -0.11, "rejected"),
        ("A", 3.0, "confirmed"),
        ("B", 0.10, "confirmed"),
        ("B", 0.11, "rejected"),
        ("B", -3.0, "confirmed"),
    ],
)
def test_a_side_stands_unless_the_mid_moves_against_it(side: str, move: float, status: str) -> None:
    asked: list[int] = []
    base = a_quote(99.95, 100.05)

    def quote_at(ts: int) -> object:
        asked.append(ts)
        return a_quote(99.95 + move, 100.05 + move, ts)

    desk = a_desk(quote_at)  # type: ignore[arg-type]
    tape = [a_print(0.5 + at, side, 750) for at in range(4)]
    feed(desk, tape, base)
    assert desk.due_ns == TEN + 64 * SECOND

    (record,) = run_out(desk)

    assert asked == [tape[3].ts + 60 * SECOND]
    assert (record.status, record.source_ts) == (status, TEN + 64 * SECOND)
    assert record.follow_through_bps == pytest.approx(move * 100, abs=1e-6)


def test_a_cancel_that_leaves_enough_revises() -> None:
    tape = buys(800, 800, 800, 800, 800)
    desk = a_desk(no_quote)
    feed(desk, tape)

    (record,) = desk.remove(tape[0], cause_of(tape[0], TEN + 9 * SECOND, seq=99))

    # The fifth print was no revision, but the rule sees it when it runs again.
    assert (record.shares, record.print_count, record.status) == (3_200.0, 4, "provisional")
    assert (record.seq, record.confidence) == (99, 0.663333)
    assert all(tape[0].trace_id not in ref.id for ref in record.evidence_refs)


def test_a_cancel_that_leaves_too_little_withdraws() -> None:
    tape = buys(750, 750, 750, 750)
    desk = a_desk()
    feed(desk, tape)

    (record,) = desk.remove(tape[2], cause_of(tape[2], TEN + 9 * SECOND))

    assert (record.status, record.shares, record.revision) == ("withdrawn", 3_000.0, 1)
    assert not desk.remove(tape[1], cause_of(tape[1], TEN + 9 * SECOND))
    assert run_out(desk) == []


def test_a_cancelled_print_no_longer_counts_in_the_window() -> None:
    tape = buys(750, 750, 750)
    desk = a_desk()
    feed(desk, tape)
    desk.remove(tape[0], cause_of(tape[0], TEN + 3 * SECOND))

    assert feed(desk, buys(750, start=4)) == []
    assert feed(desk, buys(750, start=5))


def test_a_late_print_completes_the_window_it_lies_in() -> None:
    desk = a_desk()
    feed(desk, buys(750, 750, 750, step=10))
    late = a_print(5, "A", 750)

    (record,) = desk.add(late, a_quote(), TEN + 21 * SECOND)

    assert record.trace_id == f"dark:stealth_accumulation:{late.trace_id}"
    assert record.source_ts == TEN + 21 * SECOND
    assert [ref.id for ref in record.evidence_refs][1] == f"join:{late.trace_id}"


def test_a_print_that_is_too_late_for_the_window_is_left_out() -> None:
    desk = a_desk()
    feed(desk, buys(750, 750, 750, start=100))

    assert not desk.add(a_print(42, "A", 750), a_quote(), TEN + 103 * SECOND)


def test_the_window_starts_anew_with_a_trading_date() -> None:
    desk = a_desk()
    feed(desk, buys(750, 750, 750))
    tomorrow = msgspec.structs.replace(a_print(3, "A", 750), trade_date=20_368)

    assert not desk.add(tomorrow, a_quote(), tomorrow.ts)
    assert not desk.add(a_print(3.5, "A", 9_000), a_quote(), tomorrow.ts + SECOND)
    assert desk.counters["old_date_total"] == 1


def test_prints_of_a_halt_are_no_evidence_afterwards() -> None:
    desk = a_desk()
    desk.is_halted = True
    feed(desk, buys(750, 750, 750))
    desk.is_halted = False

    assert feed(desk, buys(750, start=3)) == []
