"""When bars come out, and what is in them."""

import msgspec
import pytest

from flows.common.cadence import NEVER
from flows.common.calendar import eastern_ns
from flows.equities.candles.bars import Bars
from flows.equities.candles.config import CANDLE_POLICY
from flows.equities.candles.config import INTERVALS_MS
from flows.equities.candles.config import CandleConfig
from flows.errors import MisconfiguredFlow
from schemas.records import EquityCandle
from tests.flows.equities.candles.tape import DESK
from tests.flows.equities.candles.tape import HASH
from tests.flows.equities.candles.tape import HOUR
from tests.flows.equities.candles.tape import MS
from tests.flows.equities.candles.tape import SECOND
from tests.flows.equities.candles.tape import TEN
from tests.flows.equities.candles.tape import Event
from tests.flows.equities.candles.tape import Known
from tests.flows.equities.candles.tape import Walk
from tests.flows.equities.candles.tape import a_print
from tests.flows.equities.candles.tape import arriving
from tests.flows.equities.candles.tape import final
from tests.flows.equities.candles.tape import walk

THURSDAY = 20_230  # 2025-05-22
NO_PRICE = {"last": False, "high_low": False}
ALL_MS = (1_000, 5_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000)


def only(records: list[EquityCandle], interval_ms: int, start: int = TEN) -> EquityCandle:
    return final(records)[interval_ms, start]


def shape(record: EquityCandle) -> tuple[int, int, bool, int]:
    """Return length, seconds after ten, whether closed, and revision."""
    at_s, rest = divmod(record.source_ts - TEN, SECOND)
    assert rest == 0
    return record.interval_ms, at_s, record.closed, record.revision


def test_the_lengths_are_those_of_the_specification() -> None:
    assert INTERVALS_MS == ALL_MS


def test_a_bar_of_every_field_in_numbers() -> None:
    tape = arriving([
        a_print(1, TEN + 100 * MS, 100.10, 100, off_exchange=True),
        a_print(2, TEN + 200 * MS, 100.30, 50.5),
        a_print(3, TEN + 300 * MS, 99.00, 7, odd_lot=True, off_exchange=True, **NO_PRICE),
        a_print(4, TEN + 400 * MS, 100.05, 200, last=False),
        a_print(5, TEN + 900 * MS, 100.20, 100),
    ])  # fmt: skip

    bar = only(walk(tape), 1000)

    assert bar == EquityCandle(
        source_ts=TEN + SECOND,
        ingest_ts=TEN + 900 * MS + 5_000,
        seq=5,
        trace_id=f"candle:synthetic:SPY:1000:{TEN}",
        schema_version="equities.candles.v1",
        revision=0,
        source="synthetic",
        underlying_id="SPY",
        interval_ms=1000,
        window_start=TEN,
        window_end=TEN + SECOND,
        closed=True,
        session="rth",
        price_basis="last",
        trade_count=5,
        volume=457.5,
        off_exchange_volume=107.0,
        odd_lot_volume=7.0,
        open=100.10,
        high=100.30,
        low=100.05,
        close=100.20,
        # (10,010 + 5,065.15 + 20,010 + 10,020) / 450.5
        vwap=100.122420,
        revised_reason=None,
        policy_version=CANDLE_POLICY,
        config_hash=HASH,
    )


def test_forming_bars_come_out_every_second_to_a_minute_and_every_five_seconds_above() -> None:
    out = walk(arriving([a_print(n, TEN + n * SECOND + 500 * MS) for n in range(7)]))

    shapes = [shape(record) for record in out]
    assert [each for each in shapes if each[0] == 5_000] == [
        (5_000, 1, False, 0), (5_000, 2, False, 1), (5_000, 3, False, 2), (5_000, 4, False, 3),
        (5_000, 5, False, 4), (5_000, 6, False, 0), (5_000, 5, True, 5),
        (5_000, 7, False, 1), (5_000, 10, True, 2),
    ]  # fmt: skip
    assert [each for each in shapes if each[0] == 60_000] == [
        *((60_000, second, False, second - 1) for second in range(1, 8)),
        (60_000, 60, True, 7),
    ]
    for interval_ms in ALL_MS[3:]:
        assert [each for each in shapes if each[0] == interval_ms] == [
            (interval_ms, 5, False, 0),
            (interval_ms, 10, False, 1),
            (interval_ms, interval_ms // 1000, True, 2),
        ]
    assert [each for each in shapes if each[0] == 1_000] == [
        (1_000, second, True, 0) for second in range(1, 8)
    ]


@pytest.mark.parametrize(("lateness_ms", "closes_s"), [(0, 1), (1, 2), (2_000, 3), (2_500, 4)])
def test_a_bar_closes_when_time_is_the_lateness_past_its_end(
    lateness_ms: int, closes_s: int
) -> None:
    run = Walk(CandleConfig(lateness_ms=lateness_ms))
    run.take(Event(a_print(1, TEN), TEN))

    run.advance(TEN + closes_s * SECOND - 1)
    assert [record for record in run.out if record.closed] == []
    run.advance(TEN + closes_s * SECOND)
    assert [shape(record) for record in run.out if record.closed] == [(1_000, 1, True, 0)]


def test_a_print_within_the_lateness_goes_to_its_own_window() -> None:
    tape = [
        Event(a_print(1, TEN + 100 * MS, 10.0), TEN + 100 * MS),
        Event(a_print(2, TEN + 2_900 * MS, 12.0), TEN + 2_900 * MS),
        Event(a_print(3, TEN + 50 * MS, 11.0), TEN + 2_999 * MS),
    ]

    out = walk(tape)

    bar = only(out, 1000)
    assert (bar.open, bar.close, bar.high, bar.revision) == (11.0, 10.0, 11.0, 0)
    assert only(out, 5000).open == 11.0
    assert {record.revised_reason for record in out} == {None}


def test_a_boundary_is_after_the_event_that_lies_on_it() -> None:
    run = Walk()
    run.take(Event(a_print(1, TEN), TEN))
    run.take(Event(a_print(2, TEN + SECOND), TEN + SECOND))

    (first,) = [r for r in run.out if r.interval_ms == 5_000]

    assert (first.trade_count, first.source_ts) == (1, TEN + SECOND)


def test_what_did_not_change_is_not_shown_again() -> None:
    out = walk(arriving([a_print(1, TEN + 100 * MS), a_print(2, TEN + 61_000 * MS)]))

    hour = [shape(record) for record in out if record.interval_ms == 3_600_000]
    assert hour == [
        (3_600_000, 5, False, 0),
        (3_600_000, 65, False, 1),
        (3_600_000, 3_600, True, 2),
    ]
    five = [shape(r) for r in out if r.interval_ms == 5_000 and r.window_start == TEN]
    assert five == [(5_000, 1, False, 0), (5_000, 5, True, 1)]


def test_a_quiet_tape_has_no_bars_and_nothing_to_evaluate() -> None:
    run = Walk()
    assert run.bars.due_ns == NEVER
    run.take(Event(a_print(1, TEN), TEN))
    assert run.bars.due_ns == TEN + SECOND
    run.advance(TEN + 8 * SECOND)
    assert run.bars.due_ns == TEN + 62 * SECOND
    run.advance(TEN + HOUR + SECOND)
    assert run.bars.due_ns == TEN + HOUR + 2 * SECOND
    run.finish()
    assert {record.window_start for record in run.out} == {TEN}


@pytest.mark.parametrize(
    ("basis", "prices", "over"),
    [
        ("last", (101.0, 101.0, 101.0, 101.0), {"high_low": False}),
        ("high_low", (101.0, 101.0, 101.0, 101.0), {"last": False}),
        ("carried", (100.0, 100.0, 100.0, 100.0), NO_PRICE),
    ],
)
def test_the_basis_says_where_prices_come_from(
    basis: str, prices: tuple[float, ...], over: dict[str, bool]
) -> None:
    out = walk(arriving([a_print(1, TEN, 100.0), a_print(2, TEN + 20 * SECOND, 101.0, **over)]))

    bar = only(out, 1000, TEN + 20 * SECOND)
    assert bar.price_basis == basis
    assert (bar.open, bar.high, bar.low, bar.close) == prices
    assert (bar.vwap is None) == (basis != "high_low")


def test_high_low_prices_open_and_close_at_the_last_of_them() -> None:
    tape = arriving([a_print(n, TEN + n, price, last=False) for n, price in enumerate((7, 9, 8))])

    bar = only(walk(tape), 1000)

    assert (bar.open, bar.high, bar.low, bar.close) == (8.0, 9.0, 7.0, 8.0)


def test_high_and_low_are_widened_to_contain_open_and_close() -> None:
    tape = arriving([
        a_print(1, TEN + 1, 105.0, high_low=False),
        a_print(2, TEN + 2, 100.0, last=False),
        a_print(3, TEN + 3, 95.0, high_low=False),
    ])  # fmt: skip

    bar = only(walk(tape), 1000)

    assert (bar.open, bar.high, bar.low, bar.close) == (105.0, 105.0, 95.0, 95.0)


def test_there_is_nothing_to_carry_before_the_first_price_of_a_trading_date() -> None:
    tomorrow = eastern_ns(THURSDAY + 1, 4 * 60 + 1)
    out = walk(
        arriving(
            [
                a_print(1, TEN, **NO_PRICE),
                a_print(2, TEN + HOUR, 50.0),
                a_print(3, tomorrow, **NO_PRICE),
            ]
        )
    )

    for start in (TEN, tomorrow):
        bar = only(out, 1000, start)
        assert (bar.open, bar.close, bar.price_basis, bar.volume) == (None, None, "carried", 100.0)
    assert only(out, 1000, tomorrow).session == "pre"


def test_prints_of_the_evening_belong_to_the_next_date_and_carry_nothing_over() -> None:
    evening = eastern_ns(THURSDAY, 20 * 60)
    run = Walk()
    run.take(Event(a_print(1, evening - MS, 50.0), evening - MS))
    run.take(Event(a_print(2, evening + MS, **NO_PRICE), evening + MS))

    out = run.finish()

    assert only(out, 1000, evening - SECOND).close == 50.0
    assert (only(out, 1000, evening).open, only(out, 1000, evening).session) == (None, "closed")
    assert {r.open for r in out if r.window_start >= evening} == {None}


def test_an_hour_bar_belongs_to_the_segment_it_starts_in() -> None:
    half_past = eastern_ns(THURSDAY, 9 * 60 + 30)
    out = walk(arriving([a_print(1, half_past)]))

    hour = only(out, 3_600_000, half_past - HOUR // 2)
    assert (hour.session, only(out, 1_800_000, half_past).session) == ("pre", "rth")


def test_a_print_that_may_update_nothing_leaves_no_trace() -> None:
    run = Walk()
    for at_ns, now_ns in ((TEN, TEN), (TEN + 1, TEN + 100 * SECOND)):
        p = a_print(1, at_ns, volume=False, **NO_PRICE)
        assert run.take(Event(p, now_ns)) == ()
    assert run.finish() == []


def test_days_beyond_the_limit_are_forgotten() -> None:
    run = Walk()
    sizes = []
    for day in (0, 1, 5, 6, 7):  # Thursday to Thursday, without the holiday between
        for minute in range(60):
            p = a_print(minute, TEN + day * 24 * HOUR + minute * 60 * SECOND)
            run.take(Event(p, p.ts))
        sizes.append(len(run.bars.state()))

    assert max(sizes) < sizes[0] + 200


def test_a_state_of_another_version_is_refused() -> None:
    bars = Bars(DESK, CandleConfig(), HASH, Known())

    with pytest.raises(MisconfiguredFlow, match="version 99"):
        bars.load(msgspec.msgpack.encode((99,)))


@pytest.mark.parametrize(
    ("field", "value", "variable"),
    [
        ("lateness_ms", -1, "CANDLE_LATENESS_MS"),
        ("lateness_ms", 60_001, "CANDLE_LATENESS_MS"),
        ("forming_fast_ms", 0, "CANDLE_FORMING_FAST_MS"),
        ("forming_fast_ms", 1_500, "CANDLE_FORMING_FAST_MS"),
        ("forming_slow_ms", 500, "CANDLE_FORMING_SLOW_MS"),
        ("forming_slow_ms", 3_601_000, "CANDLE_FORMING_SLOW_MS"),
        ("fast_to_ms", -1, "CANDLE_FORMING_FAST_TO_MS"),
        ("late_limit_h", 5, "CANDLE_LATE_LIMIT_H"),
        ("late_limit_h", -1, "CANDLE_LATE_LIMIT_H"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(field: str, value: int, variable: str) -> None:
    with pytest.raises(MisconfiguredFlow, match=variable):
        CandleConfig(**{field: value})


def test_the_slow_cadence_is_a_multiple_of_the_fast_one() -> None:
    with pytest.raises(MisconfiguredFlow, match="multiple of CANDLE_FORMING_FAST_MS"):
        CandleConfig(forming_fast_ms=2_000, forming_slow_ms=5_000)


def test_cadences_are_settings() -> None:
    config = CandleConfig(forming_fast_ms=2_000, forming_slow_ms=10_000, fast_to_ms=5_000)

    out = walk(arriving([a_print(1, TEN)]), config)

    assert {r.interval_ms: (r.source_ts - TEN) // SECOND for r in out if not r.closed} == {
        5_000: 2, 60_000: 10, 300_000: 10, 900_000: 10, 1_800_000: 10, 3_600_000: 10,
    }  # fmt: skip
