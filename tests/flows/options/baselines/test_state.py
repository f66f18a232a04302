"""Baselines as plain data: resume, snapshots, bounds."""

import gc
import sys
import tracemalloc
from types import FrameType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.common.calendar import eastern_ns
from flows.errors import RejectedEvent
from flows.options.baselines.book import BaselineConfig
from flows.options.baselines.book import Baselines
from tests.flows.options.baselines.market import FRIDAY
from tests.flows.options.baselines.market import THURSDAY
from tests.flows.options.baselines.market import TUESDAY
from tests.flows.options.baselines.market import WEDNESDAY
from tests.flows.options.baselines.market import Activity
from tests.flows.options.baselines.market import activity
from tests.flows.options.baselines.market import at
from tests.flows.options.baselines.market import feed

BYTES_PER_CONTRACT = 4096
BYTES_PER_UNDERLYING = 48 * 1024


def packed(book: Baselines) -> bytes:
    return msgspec.msgpack.encode(book.state())


def week(count: int, seed: int) -> list[Activity]:
    return [
        each
        for number, trade_date in enumerate((THURSDAY, FRIDAY, TUESDAY, WEDNESDAY))
        for each in activity(
            count, seed + number, contracts=9, trade_date=trade_date, underlyings=3
        )
    ]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 400))
def test_a_restored_book_goes_on_byte_for_byte(seed: int, cut: int) -> None:
    events = week(100, seed)
    book, again = Baselines(BaselineConfig()), Baselines(BaselineConfig())
    feed(book, events[:cut])
    feed(again, activity(5))  # what was there before is forgotten
    state = packed(book)

    again.load(msgspec.msgpack.decode(state))
    assert packed(again) == state
    feed(book, events[cut:])
    feed(again, events[cut:])

    assert packed(again) == packed(book)
    assert again.session_end(WEDNESDAY, at(WEDNESDAY, 1035), "cafe") == book.session_end(
        WEDNESDAY, at(WEDNESDAY, 1035), "cafe"
    )


def test_equal_events_give_equal_bytes() -> None:
    first, second = Baselines(BaselineConfig()), Baselines(BaselineConfig())
    feed(first, week(150, 3))
    feed(second, week(150, 3))

    assert packed(first) == packed(second)


def test_a_session_ends_with_one_record_a_key() -> None:
    book = Baselines(BaselineConfig())
    feed(book, activity(200, contracts=4, underlyings=2))
    end = eastern_ns(THURSDAY, 17 * 60 + 15)

    records = book.session_end(THURSDAY, end, "cafe0123", ingest_ts=end + 5, seq=77)

    kept = sorted((each.snapshot_id, each.level, each.key) for each in records)
    assert kept == sorted(
        [
            ("bs:U0:2025-05-22", "contract", "U0-2025-06-20-0-C"),
            ("bs:U0:2025-05-22", "contract", "U0-2025-06-20-2-C"),
            ("bs:U0:2025-05-22", "tod", "U0#1"),
            ("bs:U0:2025-05-22", "underlying", "U0"),
            ("bs:U1:2025-05-22", "contract", "U1-2025-06-20-1-C"),
            ("bs:U1:2025-05-22", "contract", "U1-2025-06-20-3-C"),
            ("bs:U1:2025-05-22", "tod", "U1#1"),
            ("bs:U1:2025-05-22", "underlying", "U1"),
        ]
    )
    assert len({each.trace_id for each in records}) == len(records)
    for each in records:
        assert (each.source_ts, each.ingest_ts, each.seq) == (end, end + 5, 77)
        assert (each.session_date, each.config_hash) == (THURSDAY, "cafe0123")
        assert at(THURSDAY) < each.as_of_ts < end


def test_a_session_end_leaves_out_what_did_not_trade_in_it() -> None:
    book = Baselines(BaselineConfig())
    feed(book, activity(50, contracts=2, underlyings=2))
    feed(book, activity(50, contracts=1, trade_date=FRIDAY))

    records = book.session_end(FRIDAY, at(FRIDAY, 1035), "cafe")

    assert {each.underlying_id for each in records} == {"U0"}


def test_a_warmed_book_goes_on_where_the_snapshot_ended() -> None:
    earlier = week(120, 9)[:-120]
    today = week(120, 9)[-120:]
    whole = Baselines(BaselineConfig())
    feed(whole, earlier)
    records = whole.session_end(TUESDAY, at(TUESDAY, 1035), "cafe")
    warmed = Baselines(BaselineConfig())

    assert warmed.warm(reversed(records)) == len(records)
    for each in today:
        for book in (whole, warmed):
            book.add_print(*each)
        found, wanted = [
            book.packet(each.contract_id, each.underlying_id, each.ts, each.premium, each.size, 0.1)
            for book in (warmed, whole)
        ]
        assert found.snapshot_id == f"bs:{each.underlying_id}:2025-05-27"
        assert wanted.snapshot_id == "none"
        assert msgspec.structs.replace(found, snapshot_id="none") == wanted
        for book in (whole, warmed):
            book.add_packet(
                each.contract_id, each.underlying_id, each.ts, each.premium, each.size, each.spread
            )
    assert warmed.bucket_history("U0", 1) == whole.bucket_history("U0", 1)


def test_the_snapshot_id_survives_a_resume_and_goes_with_its_key() -> None:
    book = Baselines(BaselineConfig())
    feed(book, activity(40, contracts=1))
    warmed, again = Baselines(BaselineConfig()), Baselines(BaselineConfig())
    warmed.warm(book.session_end(THURSDAY, at(THURSDAY, 1035), "cafe"))
    again.load(msgspec.msgpack.decode(packed(warmed)))

    contract_id = "U0-2025-06-20-0-C"
    found = again.packet(contract_id, "U0", at(FRIDAY), 1e6, 10, None)
    assert found.snapshot_id == "bs:U0:2025-05-22"
    again.advance(TUESDAY)
    assert again.packet(contract_id, "U0", at(TUESDAY), 1e6, 10, None).snapshot_id == "none"


def test_a_snapshot_that_cannot_be_read_warms_nothing() -> None:
    book = Baselines(BaselineConfig())
    feed(book, activity(40, contracts=2))
    records = book.session_end(THURSDAY, at(THURSDAY, 1035), "cafe")
    for damage in (
        {"form": "baselines.rings.v9"},
        {"state": "AAAA"},
        {"state": "not base64!"},
        {"state": records[0].state[:40]},
    ):
        cold = Baselines(BaselineConfig())
        bad = [*records[:-1], msgspec.structs.replace(records[-1], **damage)]

        with pytest.raises(RejectedEvent, match=records[-1].key):
            cold.warm(bad)
        assert packed(cold) == packed(Baselines(BaselineConfig()))


def test_only_changed_keys_are_offered_and_only_once() -> None:
    book = Baselines(BaselineConfig())
    events = activity(60, contracts=4, underlyings=2)
    feed(book, events)

    first = book.changed("cafe")
    newest = max(each.ts for each in events if each.underlying_id == "U0")
    assert {each.snapshot_id for each in first if each.underlying_id == "U0"} == {
        f"bs:U0:2025-05-22@{newest}"
    }
    assert {each.source_ts for each in first if each.underlying_id == "U0"} == {newest}
    assert len([each for each in first if each.level == "contract"]) == 4
    assert book.changed("cafe") == []

    book.add_print("U1-2025-06-20-3-C", "U1", THURSDAY, at(THURSDAY, 700), 10.0, 1, None, None)
    again = book.changed("cafe")
    assert [each.key for each in again if each.level == "contract"] == ["U1-2025-06-20-3-C"]
    assert {each.underlying_id for each in again} == {"U1"}


def full_book(names: list[str]) -> Baselines:
    """Return a book with every window of some contracts full; their names are the caller's."""
    book = Baselines(BaselineConfig())
    for number, each in enumerate(activity(len(names) * 101, contracts=1)):
        contract_id = names[number % len(names)]
        book.add_print(contract_id, "U0", THURSDAY, each.ts, each.premium, each.size, 0.1, 0.2)
        book.add_packet(contract_id, "U0", each.ts, each.premium, each.size, 0.1)
    return book


def test_a_contract_takes_no_more_than_its_bound_with_every_window_full() -> None:
    full_book(["a"])  # calendars and caches
    sizes = {}
    names = {n: [f"U0-2025-06-20-{each}-C" for each in range(n)] for n in (20, 120)}
    for contracts in (20, 120):
        gc.collect()
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            book = full_book(names[contracts])
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        sizes[contracts] = after - before
        assert len(book) == contracts

    assert (sizes[120] - sizes[20]) / 100 <= BYTES_PER_CONTRACT
    states = [len(packed(full_book(names[contracts]))) for contracts in (20, 120)]
    assert (states[1] - states[0]) / 100 <= BYTES_PER_CONTRACT


def many_sessions() -> Baselines:
    """Return a book with one contract and every window of its underlying full."""
    book = Baselines(BaselineConfig())
    for trade_date in range(THURSDAY, THURSDAY + 35):
        for minute in range(570, 991, 30):
            ts = at(trade_date, minute)
            for number in range(10):
                premium = 100.0 + number
                book.add_print("U-2025-08-15-1-C", "U", trade_date, ts, premium, 5, 0.1, 0.2)
                book.add_packet("U-2025-08-15-1-C", "U", ts, premium, 5, 0.1)
    return book


def test_an_underlying_takes_no_more_than_its_bound_with_every_window_full() -> None:
    many_sessions()  # calendars and caches
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        book = many_sessions()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(book.bucket_history("U", 1)) == BaselineConfig().sessions + 1
    assert after - before <= BYTES_PER_UNDERLYING + BYTES_PER_CONTRACT + 2048


def lines_run(book: Baselines, events: list[Activity]) -> int:
    """Count the lines of Python that updates and verdicts take."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:  # noqa: ANN401 - the hook's type
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for each in events:
            book.print_lz(each.underlying_id, each.premium)
            book.add_print(*each)
            book.unusual_premium(each.contract_id, each.underlying_id, each.ts, each.premium)
            book.add_packet(
                each.contract_id, each.underlying_id, each.ts, each.premium, each.size, each.spread
            )
    finally:
        sys.settrace(before)
    return count


def test_an_update_takes_as_many_steps_with_40_keys_as_with_50000() -> None:
    steps = {}
    for others in (40, 50_000):
        book = Baselines(BaselineConfig())
        for number in range(others):
            underlying_id = f"X{number % 500}"
            book.add_print(
                f"{underlying_id}-2025-06-20-{number}-C", underlying_id,
                THURSDAY, at(THURSDAY), 100.0, 1, None, None,
            )  # fmt: skip
        feed(book, activity(100))
        steps[others] = lines_run(book, activity(200, seed=2))

    assert steps[40] == steps[50_000]


def test_keys_that_come_and_go_leave_nothing_behind() -> None:
    book = Baselines(BaselineConfig())
    sizes = []
    for trade_date in (THURSDAY, FRIDAY, TUESDAY, WEDNESDAY, WEDNESDAY + 1, WEDNESDAY + 2):
        feed(
            book,
            [
                each._replace(contract_id=f"{each.contract_id}-{trade_date}")
                for each in activity(300, contracts=50, trade_date=trade_date)
            ],
        )
        sizes.append((len(book), len(book.session_end(trade_date, at(trade_date), "cafe"))))

    assert sizes[0][0] == 50
    assert all(size[0] == 100 for size in sizes[1:])
    assert len({size[1] for size in sizes[1:]}) == 1
