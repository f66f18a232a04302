from collections.abc import Sequence
from fractions import Fraction

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from flows.equities.observed import MICRO
from flows.equities.observed import ObservedPrint
from flows.equities.profile.config import ProfileConfig
from schemas.records import EquityProfile
from tests.flows.equities.profile.tape import CLOSE_NS
from tests.flows.equities.profile.tape import DAY_END_NS
from tests.flows.equities.profile.tape import DAY_NS
from tests.flows.equities.profile.tape import HOUR_NS
from tests.flows.equities.profile.tape import MINUTE_NS
from tests.flows.equities.profile.tape import OPEN_NS
from tests.flows.equities.profile.tape import SECOND_NS
from tests.flows.equities.profile.tape import Event
from tests.flows.equities.profile.tape import a_print
from tests.flows.equities.profile.tape import cancelled
from tests.flows.equities.profile.tape import latest
from tests.flows.equities.profile.tape import walk

WITH_MINUTES = ProfileConfig(minutes=True)

STAMPS = st.one_of(
    st.integers(OPEN_NS - 90 * MINUTE_NS, OPEN_NS + 90 * MINUTE_NS),
    st.integers(CLOSE_NS - 5 * MINUTE_NS, CLOSE_NS + 5 * MINUTE_NS),
    st.integers(DAY_END_NS - 5 * MINUTE_NS, DAY_END_NS + 5 * MINUTE_NS),
    st.integers(OPEN_NS + DAY_NS, CLOSE_NS + DAY_NS),
)


@st.composite
def tapes(draw: st.DrawFn) -> list[Event]:
    """Draw prints, late ones and cancels, in the order they come."""
    events = []
    for seq in range(draw(st.integers(1, 14))):
        ts = draw(STAMPS)
        p = a_print(
            seq,
            ts,
            draw(st.integers(4_995, 5_010)) / 50,
            micro=draw(st.integers(1, 3_000)) * draw(st.sampled_from((1, MICRO))),
            direction=draw(st.sampled_from(("buy", "sell", "unknown"))),
            off_exchange=draw(st.booleans()),
            levels=draw(st.sampled_from((True, True, True, False))),
            volume=draw(st.sampled_from((True, True, True, False))),
        )
        comes = ts + draw(st.sampled_from((0, 0, 0, SECOND_NS, 61 * SECOND_NS, 2 * HOUR_NS)))
        events.append(Event(p, comes))
        if draw(st.sampled_from((False, False, True))):
            events.append(cancelled(p, comes + draw(st.integers(0, 2 * HOUR_NS))))
    # A cancel comes after its print also where both come at once.
    return sorted(events, key=lambda event: (event.now_ns, event.is_cancel, event.p.seq))


def _live(events: Sequence[Event]) -> list[ObservedPrint]:
    gone = {event.p.trace_id for event in events if event.is_cancel}
    return [event.p for event in events if event.p.trace_id not in gone]


def _exact(shares: Sequence[float]) -> Fraction:
    return sum((Fraction(round(each * MICRO)) for each in shares), Fraction())


@given(tapes())
def test_rows_and_what_is_excluded_add_up_to_the_volume(events: list[Event]) -> None:
    found = latest(walk(events, WITH_MINUTES))

    for record in found.values():
        if record.window == "composite":
            continue
        inside = [
            p for p in _live(events) if p.volume and record.window_start <= p.ts < record.window_end
        ]
        # A rolling window says what was known at its end.
        if record.window != "rolling":
            counted = sum(p.micro for p in inside)
            assert _exact(record.volume) + _exact([record.excluded_volume]) == counted
            eligible = [p for p in inside if p.levels]
            assert _exact([record.total_volume]) == sum(p.micro for p in eligible)
            assert sum(record.trades) == len(eligible)
            for name in ("buy", "sell", "unknown"):
                assert _exact(getattr(record, name)) == sum(
                    p.micro for p in eligible if p.direction == name
                )
            assert _exact(record.off_exchange) == sum(p.micro for p in eligible if p.off_exchange)
        for at, volume in enumerate(record.volume):
            low_e4 = (record.first_row + at) * record.row_e4
            if record.window == "session":
                assert _exact([volume]) == sum(
                    p.micro
                    for p in inside
                    if p.levels and low_e4 <= p.at_e4 < low_e4 + record.row_e4
                )


@given(tapes())
def test_rolling_window_holds_what_was_known_at_its_end(events: list[Event]) -> None:
    for record in walk(events):
        if record.window != "rolling":
            continue
        known = [event for event in events if event.now_ns < record.source_ts]
        inside = [
            p for p in _live(known) if p.volume and record.window_start <= p.ts < record.window_end
        ]
        total = _exact([record.total_volume]) + _exact([record.excluded_volume])
        assert total == sum(p.micro for p in inside)
        assert _exact(record.volume) == sum(p.micro for p in inside if p.levels)


@given(tapes())
def test_a_stage_restored_before_every_event_says_the_same(events: list[Event]) -> None:
    def encoded(records: list[EquityProfile]) -> list[bytes]:
        return [msgspec.msgpack.encode(record) for record in records]

    plain = encoded(walk(events, WITH_MINUTES))

    assert encoded(walk(events, WITH_MINUTES, restore_at=lambda _: True)) == plain
    assert encoded(walk(events, WITH_MINUTES, restore_at=lambda n: n % 3 == 1)) == plain


@given(tapes())
def test_every_revision_says_something_new(events: list[Event]) -> None:
    before: dict[str, EquityProfile] = {}
    for record in walk(events, WITH_MINUTES):
        last = before.get(record.trace_id)
        if last is not None:
            how = {"source_ts": 0, "ingest_ts": 0, "seq": 0, "revision": 0}
            assert msgspec.structs.replace(record, **how) != msgspec.structs.replace(last, **how)
        before[record.trace_id] = record
