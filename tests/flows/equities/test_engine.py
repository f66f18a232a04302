"""One clock for every stage, cancels that leave nothing behind, halts, late prints, the end."""

import msgspec
import pytest

from flows.equities.config import CorrectionConfig
from flows.equities.config import EquitiesConfig
from flows.equities.derived import Derived
from flows.equities.engine import CHECK_EVERY
from flows.equities.engine import EquitiesEngine
from flows.equities.engine import Event
from flows.errors import MisconfiguredFlow
from schemas.records import DarkInference
from schemas.records import EquityCandle
from schemas.records import EquityJoin
from schemas.records import EquityOrderFlow
from schemas.records import EquityPrint
from schemas.records import FlowAlert
from tests.flows.equities.events import CONFIG
from tests.flows.equities.events import HOUR_MS
from tests.flows.equities.events import accumulation
from tests.flows.equities.events import an_engine
from tests.flows.equities.events import as_record
from tests.flows.equities.events import at_ns
from tests.flows.equities.events import bars
from tests.flows.equities.events import cancel_of
from tests.flows.equities.events import correction_of
from tests.flows.equities.events import finals
from tests.flows.equities.events import market_event
from tests.flows.equities.events import only
from tests.flows.equities.events import quoted
from tests.flows.equities.events import run
from tests.flows.equities.events import session_profile
from tests.flows.equities.events import sold

# 20:00 New York closes the date at midnight: 14 hours after the tests' 10:00.
CLOSED_MS = 14 * HOUR_MS


def traded(bar: EquityCandle) -> tuple[float | None, ...]:
    return bar.open, bar.high, bar.low, bar.close, bar.volume, bar.trade_count


def minutes(derived: list[Derived]) -> list[EquityOrderFlow]:
    found = finals(only(derived, EquityOrderFlow)).values()
    return [each for each in found if each.window == "1m"]


def test_evaluation_sees_what_is_before_the_boundary_and_not_what_is_at_it() -> None:
    before, at = sold(1, 999.999), sold(2, 1_000, size=40)
    engine = an_engine()

    made = engine.process([before, at])

    (flow,) = [each for each in only(made, EquityOrderFlow) if each.window == "1s"]
    assert (flow.window_end, flow.source_ts) == (at_ns(1_000), at_ns(1_000))
    assert flow.buy_volume + flow.sell_volume + flow.unknown_volume == 100.0
    forming = [bar for bar in only(made, EquityCandle) if bar.interval_ms == 60_000]
    assert [(bar.volume, bar.closed, bar.source_ts) for bar in forming] == [
        (100.0, False, at_ns(1_000))
    ]


def test_quotes_and_other_underlyings_move_the_clock_too() -> None:
    for last in (quoted(3_000), sold(2, 3_000, underlying_id="SPY"), market_event(3_000, "split")):
        made = an_engine().process([sold(1, 100), last])
        closed = [bar for bar in only(made, EquityCandle) if bar.closed]
        assert [(bar.underlying_id, bar.interval_ms) for bar in closed] == [("NVDA", 1_000)]


def test_boundaries_of_all_underlyings_are_passed_in_order_of_time() -> None:
    engine = an_engine()
    made = engine.process([sold(1, 100), sold(2, 5_200, underlying_id="SPY")])
    made += engine.advance(at_ns(90_000))

    stamps = [each.source_ts for each in made if isinstance(each, EquityOrderFlow)]
    assert stamps == sorted(stamps)
    assert {each.underlying_id for each in only(made, EquityOrderFlow)} == {"NVDA", "SPY"}


def test_advance_to_a_boundary_evaluates_it_and_going_back_does_nothing() -> None:
    engine = an_engine()
    engine.process([sold(1, 100)])

    assert engine.advance(at_ns(999)) == []
    assert [each.window for each in only(engine.advance(at_ns(1_000)), EquityOrderFlow)] == ["1s"]
    assert engine.advance(at_ns(1_000)) == engine.advance(at_ns(500)) == []


def test_off_exchange_print_is_joined_with_the_quote_before_it() -> None:
    made = run([quoted(0), sold(1, 10, 100.10, exchange="D"), sold(2, 20), quoted(30, 90, 91)])

    (joined,) = only(made, EquityJoin)
    assert (joined.trace_id, joined.nbbo_side, joined.direction) == ("join:t:1:p:1", "A", "buy")
    assert (joined.quote_ts, joined.bid, joined.ask) == (at_ns(0), 100.0, 100.1)


def test_scope_all_joins_every_print() -> None:
    config = msgspec.structs.replace(CONFIG, join=msgspec.structs.replace(CONFIG.join, scope="all"))
    assert (
        len(only(run([quoted(0), sold(1, 1), sold(2, 2, exchange="D")], config), EquityJoin)) == 2
    )


def test_cancel_revises_bar_bucket_profile_and_join() -> None:
    gone = sold(2, 300, 100.20, 50, exchange="D")
    first: list[Event] = [quoted(0), sold(1, 100, 100.05, 100)]
    last: list[Event] = [quoted(5_000), sold(3, 5_000, 100.10, 7)]
    made = run([*first, gone, *last, cancel_of(gone, 4, 200_000)])
    never = run([*first, *last])

    for interval_ms in (1_000, 5_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000):
        again, wanted = bars(made, interval_ms), bars(never, interval_ms)
        assert list(map(traded, again)) == list(map(traded, wanted))
    assert [bar.revised_reason for bar in bars(made, 1_000)] == ["cancel", None]
    assert session_profile(made).volume == session_profile(never).volume
    assert session_profile(made).total_volume == 107.0
    assert [(each.unknown_volume, each.buy_volume) for each in minutes(made)] == [(100.0, 7.0)]
    joined, cancelled = only(made, EquityJoin)
    assert (joined.cancelled, cancelled.cancelled, cancelled.revision) == (False, True, 1)
    assert (cancelled.source_ts, cancelled.seq) == (at_ns(200_000), 4)


def test_cancelling_everything_leaves_nothing() -> None:
    tape: list[Event] = accumulation(100)
    prints = [each for each in tape if isinstance(each, EquityPrint)]
    cancels = [cancel_of(p, 50 + n, 300_000 + n) for n, p in enumerate(prints)]
    made = run([*tape, *cancels])

    assert {(bar.volume, bar.trade_count, bar.close) for bar in bars(made, 60_000)} == {
        (0, 0, None)
    }
    assert session_profile(made).total_volume == 0.0
    assert [(each.buy_volume, each.cumulative_delta) for each in minutes(made)] == [(0.0, 0.0)]
    assert all(each.cancelled for each in finals(only(made, EquityJoin)).values())
    (inferred,) = finals(only(made, DarkInference)).values()
    assert inferred.status == "withdrawn"
    alerts = finals(only(made, FlowAlert)).values()
    (alert,) = [each for each in alerts if each.kind == "dark.stealth_accumulation"]
    assert alert.state == "retracted"


def test_cancel_without_a_print_is_counted_and_changes_nothing() -> None:
    engine = an_engine()
    p = sold(1, 100)
    engine.process([p, cancel_of(p, 2, 200)])

    assert engine.process([cancel_of(p, 3, 300), cancel_of(sold(9, 1), 4, 400)]) == []
    assert engine.counters["corrections_unmatched"] == 2
    assert engine.counters["cancels"] == 1


def test_correction_counts_where_the_original_did() -> None:
    wrong = sold(1, 100, 100.05, 500)
    pair = correction_of(wrong, 5, 400_000, price=100.07, size=300.0)
    made = run([quoted(0), wrong, sold(2, 61_000), *pair])

    first, *_ = bars(made, 1_000)
    assert (first.window_start, traded(first)) == (at_ns(0), (*[100.07] * 4, 300.0, 1))
    assert [each.window_start for each in minutes(made)] == [at_ns(0), at_ns(60_000)]
    assert session_profile(made).total_volume == 400.0


def test_bars_of_a_correction_say_so() -> None:
    one, other = sold(1, 100, 100.05, 500), sold(2, 20_000, 100.05, 200)
    late = sold(7, 40_000, 100.05, 10)
    made = run([
        one, other,
        cancel_of(one, 3, 400_000), cancel_of(other, 4, 400_000),
        correction_of(one, 4, 400_000, size=300.0)[1], correction_of(other, 5, 400_000)[1],
        late, quoted(400_000),
    ])  # fmt: skip

    said = [(bar.window_start, bar.revised_reason) for bar in bars(made, 1_000)]
    assert said == [
        (at_ns(0), "correction"),
        (at_ns(20_000), "correction"),
        (at_ns(40_000), "late"),
    ]


def test_correction_of_an_unknown_print_counts_at_its_own_time() -> None:
    _, trade = correction_of(sold(1, 100), 5, 400_000)
    assert [bar.window_start for bar in bars(run([trade]), 1_000)] == [at_ns(400_000)]


def test_corrected_print_can_be_cancelled_in_turn() -> None:
    wrong = sold(1, 100)
    pair = correction_of(wrong, 5, 10_000, price=100.07)
    made = run([wrong, sold(2, 200), *pair, cancel_of(pair[1], 8, 20_000)])
    assert [traded(bar)[3:] for bar in bars(made, 1_000)] == [(100.05, 100.0, 1)]


def test_late_print_reopens_its_closed_bars() -> None:
    made = run([sold(1, 100), quoted(90_000), sold(2, 500, 100.50, 11), quoted(200_000)])

    (second,) = bars(made, 1_000)
    assert (second.volume, second.high, second.revision) == (111.0, 100.5, 1)
    assert (second.closed, second.revised_reason) == (True, "late")
    assert second.source_ts == at_ns(90_000)
    assert [bar.volume for bar in bars(made, 60_000)] == [111.0]


@pytest.mark.parametrize("ms", [CLOSED_MS, CLOSED_MS + HOUR_MS])
def test_print_after_its_date_closed_counts_nowhere(ms: float) -> None:
    engine = an_engine()
    engine.process([quoted(0), sold(1, 100), quoted(ms)])

    assert engine.process([sold(2, 200, exchange="D")]) == []
    assert engine.counters["late_dropped"] == 1
    assert engine.finish() == []


def test_print_a_moment_before_its_date_closes_counts() -> None:
    made = run([quoted(0), sold(1, 100), quoted(CLOSED_MS - 1), sold(2, 200, size=40.0)])

    assert [bar.volume for bar in bars(made, 3_600_000)] == [140.0]
    assert session_profile(made).total_volume == 140.0
    assert [each.unknown_volume for each in minutes(made)] == [140.0]


@pytest.mark.parametrize("ms", [CLOSED_MS, CLOSED_MS + HOUR_MS])
def test_cancel_after_the_date_closed_finds_nothing(ms: float) -> None:
    engine = an_engine()
    p = sold(1, 100, exchange="D")
    engine.process([quoted(0), p, quoted(ms)])

    assert engine.process([cancel_of(p, 2, ms)]) == []
    assert engine.counters["corrections_unmatched"] == 1
    assert engine.finish() == []


def test_finish_closes_what_is_open_and_another_file_goes_on() -> None:
    engine = an_engine()
    engine.process([sold(1, 100)])
    made = engine.finish()

    assert all(bar.closed for bar in finals(only(made, EquityCandle)).values())
    assert len(bars(made, 3_600_000)) == 1
    assert session_profile(made).closed
    assert engine.finish() == []
    again = [*engine.process([sold(2, 24 * HOUR_MS)]), *engine.finish()]
    assert [bar.volume for bar in bars(again, 1_000)] == [100.0]


def test_an_earlier_day_after_the_end_begins_anew() -> None:
    engine = an_engine()
    engine.process([sold(1, 24 * HOUR_MS)])
    engine.finish()

    made = [*engine.process([sold(2, 100, size=7.0)]), *engine.finish()]
    assert [bar.volume for bar in bars(made, 3_600_000)] == [7.0]
    assert session_profile(made).total_volume == 7.0


def test_finish_of_an_engine_without_prints_is_nothing() -> None:
    engine = an_engine()
    engine.process([quoted(1), market_event(2, "halt")])
    assert engine.finish() == []


def test_what_is_kept_for_cancels_is_bounded_oldest_first() -> None:
    engine = an_engine(EquitiesConfig(corrections=CorrectionConfig(index_max=1_000)))
    # Half of them in the hour before the last one: whole hours are forgotten.
    tape = [sold(n, n * 2 * HOUR_MS / CHECK_EVERY) for n in range(CHECK_EVERY)]
    engine.process(tape)
    engine.advance(at_ns(2 * HOUR_MS))
    old, new = tape[CHECK_EVERY // 2 - 1], tape[CHECK_EVERY // 2]

    assert engine.process([cancel_of(old, 1, 2 * HOUR_MS)]) == []
    assert engine.counters["corrections_unmatched"] == 1
    assert engine.process([cancel_of(new, 2, 2 * HOUR_MS)])
    assert engine.counters["cancels"] == 1


def test_late_print_of_a_forgotten_hour_counts_nowhere() -> None:
    engine = an_engine(EquitiesConfig(corrections=CorrectionConfig(index_max=1_000)))
    engine.process([sold(n, n * 2 * HOUR_MS / CHECK_EVERY) for n in range(CHECK_EVERY)])

    assert engine.process([sold(1, HOUR_MS - 1)]) == []
    assert engine.counters["late_dropped"] == 1
    engine.process([sold(2, HOUR_MS)])
    assert engine.counters["late_dropped"] == 1


def test_state_of_another_version_is_refused() -> None:
    with pytest.raises(MisconfiguredFlow, match="has version 99, expected 1"):
        EquitiesEngine.restore(CONFIG, as_record, msgspec.msgpack.encode([99]))
