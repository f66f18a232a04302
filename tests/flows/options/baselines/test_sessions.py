"""Sessions: half-hours, their totals, idle keys, cancelled prints."""

from datetime import date

import msgspec
import pytest

from flows.common.calendar import EPOCH
from flows.common.calendar import eastern_ns
from flows.options.baselines.book import BaselineConfig
from flows.options.baselines.book import Baselines
from flows.options.baselines.buckets import OUTSIDE
from flows.options.baselines.buckets import SLOT_NS
from flows.options.baselines.buckets import bucket_of
from tests.flows.options.baselines.market import FRIDAY
from tests.flows.options.baselines.market import THURSDAY
from tests.flows.options.baselines.market import TUESDAY
from tests.flows.options.baselines.market import WEDNESDAY
from tests.flows.options.baselines.market import Activity
from tests.flows.options.baselines.market import activity
from tests.flows.options.baselines.market import at
from tests.flows.options.baselines.market import feed

CALL = "SPY-2025-06-20-580-C"
PUT = "SPY-2025-06-20-550-P"


def days(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


def add(
    book: Baselines, contract_id: str, trade_date: int, premium: float = 100.0, minute: int = 600
) -> None:
    ts = at(trade_date, minute)
    underlying_id = contract_id.partition("-")[0]
    book.add_print(contract_id, underlying_id, trade_date, ts, premium, 3, 0.1, 0.2)


@pytest.mark.parametrize(
    ("day", "hour", "minute", "bucket"),
    [
        ("2025-05-22", 9, 29, OUTSIDE),
        ("2025-05-22", 9, 30, 0),
        ("2025-05-22", 9, 59, 0),
        ("2025-05-22", 10, 0, 1),
        ("2025-05-22", 15, 59, 12),
        ("2025-05-22", 16, 0, OUTSIDE),
        ("2025-01-22", 9, 30, 0),  # winter time
        ("2025-05-24", 12, 0, OUTSIDE),  # Saturday
        ("2025-05-26", 12, 0, OUTSIDE),  # Memorial Day
        ("2025-07-03", 12, 59, 6),  # half day
        ("2025-07-03", 13, 0, OUTSIDE),
    ],
)
def test_half_hours_are_those_of_regular_trading_in_new_york(
    day: str, hour: int, minute: int, bucket: int
) -> None:
    assert bucket_of(eastern_ns(days(day), hour * 60 + minute) // SLOT_NS) == bucket


def test_totals_have_one_value_a_session_and_half_hour() -> None:
    book = Baselines(BaselineConfig(sessions=2))
    for trade_date in (THURSDAY, FRIDAY, TUESDAY, WEDNESDAY):
        add(book, CALL, trade_date, 100.25)
        add(book, PUT, trade_date, 50.5)
        add(book, CALL, trade_date, 9.0, minute=900)
    late = at(TUESDAY, 660)
    book.add_print(CALL, "SPY", TUESDAY, late, 7.0, 1, None, None)
    book.add_print(CALL, "SPY", THURSDAY, at(THURSDAY), 7.0, 1, None, None)

    assert book.bucket_history("SPY", 1) == [
        (FRIDAY, 150.75, 6, 2),
        (TUESDAY, 150.75, 6, 2),
        (WEDNESDAY, 150.75, 6, 2),
    ]
    assert book.bucket_history("SPY", 11)[-1] == (WEDNESDAY, 9.0, 3, 1)
    assert book.bucket_history("SPY", 3)[1] == (TUESDAY, 7.0, 1, 1)
    assert book.bucket_history("QQQ", 3) == []


def test_a_key_idle_for_a_whole_session_is_forgotten_when_the_next_begins() -> None:
    book = Baselines(BaselineConfig())
    add(book, CALL, THURSDAY)
    add(book, PUT, THURSDAY)
    add(book, "QQQ-2025-06-20-500-C", THURSDAY)
    add(book, CALL, FRIDAY)
    assert len(book) == 3

    # Saturday to Monday, a holiday, are no sessions: Friday's contract is one session old.
    add(book, "SPY-2025-06-20-590-C", TUESDAY)
    assert len(book) == 2
    assert book.bucket_history("QQQ", 1) == []
    assert len(book.bucket_history("SPY", 1)) == 3

    add(book, "SPY-2025-06-20-590-C", WEDNESDAY)
    assert len(book) == 1


@pytest.mark.parametrize(("ttl_sec", "left"), [(3600, 1), (86_400, 2), (2 * 86_400, 3)])
def test_idle_time_counts_sessions(ttl_sec: int, left: int) -> None:
    book = Baselines(BaselineConfig(ttl_sec=ttl_sec))
    for number, trade_date in enumerate((THURSDAY, FRIDAY, TUESDAY)):
        add(book, f"SPY-2025-06-20-{number}-C", trade_date)

    assert len(book) == left


def test_advance_forgets_before_the_first_print_and_never_goes_back() -> None:
    book = Baselines(BaselineConfig())
    for _ in range(40):
        add(book, CALL, THURSDAY)
    book.advance(FRIDAY)
    assert book.print_lz("SPY", 1e6) is not None
    book.advance(TUESDAY)
    assert book.print_lz("SPY", 1e6) is None
    assert len(book) == 0

    book.advance(THURSDAY)
    add(book, CALL, THURSDAY)
    assert len(book) == 1
    book.advance(TUESDAY)
    assert len(book) == 1


def test_a_contract_that_trades_every_session_keeps_its_history() -> None:
    book = Baselines(BaselineConfig())
    for trade_date in (THURSDAY, FRIDAY, TUESDAY, WEDNESDAY):
        for _ in range(5):
            add(book, CALL, trade_date)
            book.add_packet(CALL, "SPY", at(trade_date), 100.0, 3, None)

    assert book.packet(CALL, "SPY", at(WEDNESDAY), 100.0, 3, None).premium.n == 20


def test_a_cancelled_print_leaves_no_trace() -> None:
    events = activity(30, contracts=2)
    cancelled = Activity(events[0].contract_id, "U0", THURSDAY, at(THURSDAY), 77_777.0, 9, 0.4, 0.9)
    without, with_it = Baselines(BaselineConfig()), Baselines(BaselineConfig())
    feed(without, events)
    feed(with_it, events[:12])
    with_it.add_print(*cancelled)
    feed(with_it, events[12:])

    with_it.reverse_print(*cancelled)

    def rounded(book: Baselines) -> object:
        measured = [
            (
                book.print_lz("U0", 9000.0),
                book.print_size_rz(each.contract_id, 50),
                book.packet(each.contract_id, "U0", each.ts, 9000.0, 10, 0.1),
            )
            for each in events
        ]
        return measured, [book.bucket_history("U0", bucket) for bucket in range(14)]

    assert rounded(with_it) == rounded(without)


def test_a_cancelled_print_that_has_left_the_windows_takes_no_other_with_it() -> None:
    events = activity(700, contracts=1)
    gone = events[0]
    book = Baselines(BaselineConfig())
    feed(book, events)
    before = msgspec.msgpack.decode(msgspec.msgpack.encode(book.state()))

    unlike = gone._replace(premium=1.23, size=12_345, spread=0.123456, iv=0.654321)
    book.reverse_print(*unlike)

    after = msgspec.msgpack.decode(msgspec.msgpack.encode(book.state()))
    # The contract's rings, and the underlying's prints; only the session's totals went back.
    assert after[2] == before[2]
    assert after[1][0][1][3] == before[1][0][1][3]
    (total,) = [row for row in book.bucket_history("U0", 1) if row[0] == THURSDAY]
    assert total[3] == 699


def test_a_cancel_of_an_unknown_contract_changes_nothing() -> None:
    book = Baselines(BaselineConfig())
    add(book, CALL, THURSDAY)
    before = book.state()

    book.reverse_print(PUT, "SPY", THURSDAY, at(THURSDAY), 100.0, 3, 0.1, 0.2)
    book.reverse_print("QQQ-2025-06-20-500-C", "QQQ", THURSDAY, at(THURSDAY), 1.0, 1, None, None)

    assert book.state() == before
