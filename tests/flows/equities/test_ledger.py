"""The print ledger against a plain list."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.common.sessions import SEGMENTS
from flows.equities.ledger import BASELINE
from flows.equities.ledger import DIRECTIONS
from flows.equities.ledger import HIGH_LOW
from flows.equities.ledger import LAST
from flows.equities.ledger import LEVELS
from flows.equities.ledger import ODD_LOT
from flows.equities.ledger import OFF_EXCHANGE
from flows.equities.ledger import SIDES
from flows.equities.ledger import VOLUME
from flows.equities.ledger import PrintLedger
from flows.equities.ledgers import Ledgers
from flows.equities.observed import ObservedPrint

DAY = 15_986
HOUR_NS = 3_600_000_000_000
DAY_NS = DAY * 24 * HOUR_NS
EVERY_FLAG = {
    "volume": VOLUME,
    "last": LAST,
    "high_low": HIGH_LOW,
    "levels": LEVELS,
    "baseline": BASELINE,
    "off_exchange": OFF_EXCHANGE,
    "odd_lot": ODD_LOT,
}


@st.composite
def tapes(draw: st.DrawFn) -> list[ObservedPrint]:
    """Return prints with few distinct stamps, so that many are equal and out of order."""
    booleans = st.booleans()
    count = draw(st.integers(0, 25))
    return [
        ObservedPrint(
            f"p{number}",
            draw(st.integers(100, 110)),
            draw(st.integers(-1, 3)),
            draw(st.integers(0, 2**62)),
            draw(st.integers(-(2**62), 2**62)),
            draw(st.integers(0, 2**62)),
            DAY,
            draw(st.sampled_from(SEGMENTS)),
            draw(booleans),
            draw(booleans),
            draw(st.sampled_from(SIDES)),
            draw(st.sampled_from(DIRECTIONS)),
            draw(booleans),
            draw(booleans),
            draw(booleans),
            draw(booleans),
            draw(booleans),
        )
        for number in range(count)
    ]


def filled(prints: list[ObservedPrint]) -> PrintLedger:
    ledger = PrintLedger(DAY)
    for p in prints:
        ledger.append(p)
    return ledger


def assert_window_holds(
    ledger: PrintLedger, live: list[ObservedPrint], start_ns: int, end_ns: int
) -> None:
    wanted = [p for p in live if start_ns <= p.ts < end_ns]
    wanted.sort(key=lambda p: (p.ts, p.seq))
    found = ledger.window(start_ns, end_ns)
    assert found.ts.tolist() == [p.ts for p in wanted]
    assert found.seq.tolist() == [p.seq for p in wanted]
    assert found.ingest_ts.tolist() == [p.ingest_ts for p in wanted]
    assert found.at_e4.tolist() == [p.at_e4 for p in wanted]
    assert found.micro.tolist() == [p.micro for p in wanted]
    for name, bit in EVERY_FLAG.items():
        assert found.has(bit).tolist() == [getattr(p, name) for p in wanted]
    for direction in DIRECTIONS:
        assert found.directed(direction).tolist() == [p.direction == direction for p in wanted]


@given(tapes(), st.data())
def test_window_is_the_live_prints_in_order_of_stamp_and_sequence(
    prints: list[ObservedPrint], data: st.DataObject
) -> None:
    ledger = filled(prints)
    live = list(prints)
    for p in data.draw(
        st.lists(st.sampled_from(prints), unique_by=lambda p: p.trace_id) if prints else st.just([])
    ):
        assert ledger.cancel(p.trace_id) == p
        live.remove(p)
    start_ns = data.draw(st.integers(99, 111))
    assert_window_holds(ledger, live, start_ns, data.draw(st.integers(start_ns, 112)))


@given(tapes().filter(bool), st.data())
def test_cancel_gives_back_exactly_what_was_kept_and_only_once(
    prints: list[ObservedPrint], data: st.DataObject
) -> None:
    ledger = filled(prints)
    p = data.draw(st.sampled_from(prints))
    assert ledger.cancel(p.trace_id) == p
    assert ledger.cancel(p.trace_id) is None
    assert len(ledger.window(0, 1000).ts) == len(prints) - 1
    assert len(ledger) == len(prints)


def test_unknown_print_is_not_cancelled() -> None:
    assert PrintLedger(DAY).cancel("p0") is None


def test_print_that_came_twice_is_cancelled_one_at_a_time() -> None:
    p = _plain("p1", 100)
    ledger = filled([p, _plain("p2", 100), p])
    assert [ledger.cancel("p1"), ledger.cancel("p1"), ledger.cancel("p1")] == [p, p, None]
    assert ledger.window(0, 1000).ts.tolist() == [100]


def test_window_takes_its_start_and_leaves_its_end() -> None:
    ledger = filled([_plain(f"p{at}", at) for at in (99, 100, 101, 102)])
    assert ledger.window(100, 102).ts.tolist() == [100, 101]
    assert ledger.window(102, 102).ts.tolist() == []


def test_equal_stamp_and_sequence_keep_the_order_of_arrival() -> None:
    prints = [msgspec.structs.replace(_plain(f"p{n}", 100), at_e4=n) for n in (3, 1, 2)]
    assert filled(prints).window(0, 1000).at_e4.tolist() == [3, 1, 2]


@given(tapes(), st.data())
def test_restored_ledger_continues_as_if_nothing_happened(
    prints: list[ObservedPrint], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(prints)))
    kept = filled(prints[:cut])
    cancelled = data.draw(st.sampled_from(prints[:cut])).trace_id if cut else "none"
    kept.cancel(cancelled)
    state = msgspec.msgpack.encode(kept.state())
    back = PrintLedger.restore(msgspec.msgpack.decode(state, type=tuple[int, list[bytes]]))
    assert back.trade_date == DAY
    for ledger in (kept, back):
        for p in prints[cut:]:
            ledger.append(p)
        assert ledger.cancel(cancelled) is None
    assert back.state() == kept.state()
    live = [p for p in prints if p.trace_id != cancelled]
    assert_window_holds(back, live, 0, 1000)


@pytest.mark.parametrize("at_ns", [0, 101, 103, 200])
def test_prints_of_before_an_instant_are_forgotten(at_ns: int) -> None:
    prints = [_plain(f"p{n}", 100 + n) for n in range(4)]
    ledger = filled(prints)
    ledger.drop_before(at_ns)
    left = [p for p in prints if p.ts >= at_ns]
    assert len(ledger) == len(left)
    assert_window_holds(ledger, left, 0, 1000)
    assert [ledger.cancel(p.trace_id) is not None for p in prints] == [
        p.ts >= at_ns for p in prints
    ]


def test_whole_hours_before_the_present_one_are_forgotten() -> None:
    ledgers = Ledgers()
    for n in range(6):
        ledgers.append(_plain(f"p{n}", DAY_NS + n * HOUR_NS // 2))
    ledgers.drop_oldest(1, DAY_NS + 2 * HOUR_NS + 5)
    assert len(ledgers) == 4
    assert ledgers.complete_from_ns == DAY_NS + HOUR_NS
    ledgers.drop_oldest(9, DAY_NS + 2 * HOUR_NS + 5)
    assert len(ledgers) == 2
    assert ledgers.complete_from_ns == DAY_NS + 2 * HOUR_NS
    back = Ledgers()
    back.load(ledgers.state())
    assert back.state() == ledgers.state()


def test_ledger_can_grow_while_a_window_is_still_held() -> None:
    ledger = filled([_plain("p1", 100)])
    held = ledger.window(0, 1000)
    ledger.append(_plain("p2", 101))
    ledger.drop_before(101)
    assert held.ts.tolist() == [100]
    assert held.flags.dtype == np.int32


def _plain(trace_id: str, ts: int) -> ObservedPrint:
    return ObservedPrint(
        trace_id,
        ts,
        0,
        ts,
        100_000,
        100_000_000,
        DAY,
        "rth",
        False,
        False,
        "MID",
        "unknown",
        True,
        True,
        True,
        True,
        True,
    )
