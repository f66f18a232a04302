"""What holds for any tape: floors, cooldown, totals, cancels, restarts, words."""

import random
import re
from collections import defaultdict
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.common.cadence import NEVER
from flows.equities.dark.alerts import alert_of
from flows.equities.dark.config import DarkConfig
from flows.equities.dark.desk import DarkDesk
from flows.equities.dark.zones import ZoneDesk
from flows.equities.join.quote import Quote
from flows.equities.observed import ObservedPrint
from flows.equities.stage import Cause
from flows.errors import MisconfiguredFlow
from schemas.records import DarkInference
from tests.flows.equities.dark.prints import SECOND
from tests.flows.equities.dark.prints import TEN
from tests.flows.equities.dark.prints import WHO
from tests.flows.equities.dark.prints import a_desk
from tests.flows.equities.dark.prints import a_quote
from tests.flows.equities.dark.prints import cause_of
from tests.flows.equities.dark.prints import feed
from tests.flows.equities.dark.prints import latest
from tests.flows.equities.dark.prints import lit
from tests.flows.equities.dark.prints import run_out
from tests.flows.equities.dark.prints import tapes

FORBIDDEN = re.compile(r"dark[ -]?pool|institution|smart[ -]money|\bdark\b", re.IGNORECASE)
PLACED = {"AA", "A", "MID", "B", "BB"}
SIDES = {"stealth_accumulation": {"A", "AA"}, "distribution": {"B", "BB"}}
EXAMPLES = settings(max_examples=40, deadline=None)


def drifting(ts: int) -> Quote | None:
    """Return a mid that moves by cents from second to second, and now and then no quote."""
    second = ts // SECOND
    if second % 11 == 0:
        return None
    move = (second * 7 % 40 - 20) / 100
    return a_quote(100.0 + move, 100.1 + move, ts)


def events(desk: DarkDesk | ZoneDesk, tape: list[ObservedPrint]) -> list[DarkInference]:
    out: list[DarkInference] = []
    for p in tape:
        while desk.due_ns <= p.ts:
            out += desk.evaluate(desk.due_ns)
        if isinstance(desk, DarkDesk):
            out += desk.add(p, a_quote(), p.ts)
        else:
            out += desk.add(p, p.ts)
    return out


@EXAMPLES
@given(tapes())
def test_nothing_fires_below_the_floors(tape: list[ObservedPrint]) -> None:
    by_join = {f"join:{p.trace_id}": p for p in tape}

    for record in feed(a_desk(drifting), tape):
        evidence = [by_join[ref.id] for ref in record.evidence_refs]
        assert all(p.micro >= 200_000_000 and p.levels for p in evidence)
        assert all(p.session == "rth" and p.nbbo_side in PLACED for p in evidence)
        assert 0.0 <= record.confidence <= 1.0
        if record.kind == "absorbed_block":
            assert record.shares >= 2_000
            assert [p.nbbo_side for p in evidence] == ["MID"]
        else:
            assert record.shares >= 3_000
            assert record.print_count >= 4
            assert {p.nbbo_side for p in evidence} <= SIDES[record.kind]
            assert record.window_end_ts - record.window_start_ts < 60 * SECOND


@EXAMPLES
@given(tapes(most=60, largest=1_900))
def test_small_prints_far_apart_never_fire(tape: list[ObservedPrint]) -> None:
    # Three a minute at most, none of them a block.
    spread = [
        msgspec.structs.replace(p, ts=TEN + 20 * SECOND * at, seq=at) for at, p in enumerate(tape)
    ]

    assert feed(a_desk(), spread) == []


@EXAMPLES
@given(tapes(most=50))
def test_totals_are_those_of_the_window(tape: list[ObservedPrint]) -> None:
    for record in feed(a_desk(drifting), tape):
        if record.kind == "absorbed_block":
            continue
        end = next(p for p in tape if p.ts == record.window_end_ts).ts
        members = [
            p
            for p in tape
            if end - 60 * SECOND < p.ts <= end
            and p.nbbo_side in SIDES[record.kind]
            and p.levels
            and p.session == "rth"
            and p.micro >= 200_000_000
            # What came at the same instant but after its last print is not part of it.
            and (p.ts < end or p.seq <= record.seq)
        ]
        assert record.print_count == len(members)
        assert record.shares == sum(p.micro for p in members) / 1e6
        notional = sum(p.at_e4 * p.micro for p in members) / 1e10
        assert record.notional == pytest.approx(notional)
        assert record.price_low <= record.price <= record.price_high


@EXAMPLES
@given(tapes(most=50))
def test_no_kind_opens_twice_within_the_cooldown(tape: list[ObservedPrint]) -> None:
    opened: dict[str, list[int]] = defaultdict(list)
    for record in events(a_desk(drifting), tape):
        if record.revision == 0:
            opened[record.kind].append(record.source_ts)

    for stamps in opened.values():
        gaps = [b - a for a, b in pairwise(stamps)]
        assert all(gap >= 30 * SECOND for gap in gaps)


@EXAMPLES
@given(tapes(most=60), st.randoms(use_true_random=False))
def test_cancelling_every_print_withdraws_every_event(
    tape: list[ObservedPrint], order: st.DataObject
) -> None:
    desk = a_desk(drifting)
    records = events(desk, tape) + run_out(desk)
    now = TEN + 400 * SECOND
    shuffled = list(tape)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    for p in shuffled:
        records += desk.remove(p, cause_of(p, now))
        while desk.due_ns <= now:
            records += desk.evaluate(desk.due_ns)
    records += run_out(desk)

    assert {r.status for r in latest(records).values()} <= {"withdrawn"}


@st.composite
def lit_and_off(draw: st.DrawFn) -> list[ObservedPrint]:
    """Draw a tape of the whole market, which comes back to a band or two with much volume."""
    chance = random.Random(draw(st.integers(0, 1 << 32)))  # noqa: S311 - the seed is drawn
    home, away = draw(
        st.sampled_from((((10_001, 10_003), (10_012,)), ((10_001, 10_006), (9_985, 10_015))))
    )
    ts = 0.0
    tape: list[ObservedPrint] = []
    for seq in range(draw(st.integers(1, 120))):
        ts += chance.choice((0.25, 1.0, 5.0, 12.0))
        is_off = chance.random() < 0.6
        cents = chance.choice(home if is_off or chance.random() < 0.5 else away)
        shares = chance.randint(100, 4_000) if is_off else 100
        p = lit(ts, cents / 100, shares)
        tape.append(msgspec.structs.replace(p, off_exchange=is_off, trace_id=f"t:{seq}", seq=seq))
    return tape


def a_zone_desk() -> ZoneDesk:
    config = DarkConfig(
        zone_min_prints=2, zone_min_shares=3_000, zone_hold=0.5, zone_min_touches=1, zone_share=0.3
    )
    return ZoneDesk(WHO, config, "cafe0123", a_desk())


def bytes_of(records: list[DarkInference]) -> list[bytes]:
    return [msgspec.msgpack.encode(record) for record in records]


@EXAMPLES
@given(tapes(most=60), st.integers(0, 60), st.integers(0, 60))
def test_a_desk_goes_on_from_its_state_byte_for_byte(
    tape: list[ObservedPrint], cut: int, cancelled: int
) -> None:
    def go_on(desk: DarkDesk) -> tuple[list[bytes], bytes]:
        out = events(desk, tape[cut:])
        gone = tape[cancelled % len(tape)]
        out += desk.remove(gone, cause_of(gone, TEN + 301 * SECOND))
        return bytes_of(out + run_out(desk)), desk.state()

    desk, restored = a_desk(drifting), a_desk(drifting)
    events(desk, tape[:cut])
    restored.load(desk.state())

    assert restored.due_ns == desk.due_ns
    assert go_on(restored) == go_on(desk)


@EXAMPLES
@given(lit_and_off(), st.integers(0, 80), st.integers(0, 80))
def test_zones_go_on_from_their_state_byte_for_byte(
    tape: list[ObservedPrint], cut: int, cancelled: int
) -> None:
    def go_on(desk: ZoneDesk) -> tuple[list[bytes], bytes]:
        out = events(desk, tape[cut:])
        gone = tape[cancelled % len(tape)]
        out += desk.remove(gone, cause_of(gone, tape[-1].ts))
        return bytes_of(out + run_out(desk)), desk.state()

    desk, restored = a_zone_desk(), a_zone_desk()
    events(desk, tape[:cut])
    restored.load(desk.state())

    assert restored.due_ns == desk.due_ns
    assert go_on(restored) == go_on(desk)


@EXAMPLES
@given(lit_and_off())
def test_zones_add_up_and_cool(tape: list[ObservedPrint]) -> None:
    desk = a_zone_desk()
    records = events(desk, tape) + run_out(desk)
    by_join = {f"join:{p.trace_id}": p for p in tape}

    opened = [r.source_ts for r in records if r.revision == 0]
    assert all(b - a >= 30 * SECOND for a, b in pairwise(opened))
    for record in records:
        low, high = round(record.price_low * 10_000), round(record.price_high * 10_000)
        evidence = [by_join[ref.id] for ref in record.evidence_refs]
        assert record.shares >= 3_000
        assert all(low <= p.at_e4 < high and p.off_exchange for p in evidence)
        if record.status == "confirmed":
            members = [
                p
                for p in tape
                if record.source_ts - 1_800 * SECOND <= p.ts < record.source_ts
                and p.off_exchange
                and p.micro >= 200_000_000
                and low <= p.at_e4 < high
            ]
            assert record.shares == sum(p.micro for p in members) / 1e6
            assert record.print_count == len(members)


@EXAMPLES
@given(lit_and_off())
def test_cancelling_every_print_withdraws_every_zone(tape: list[ObservedPrint]) -> None:
    desk = a_zone_desk()
    records = events(desk, tape)
    for p in tape:
        records += desk.remove(p, Cause(tape[-1].ts, 0, 1, "cancel"))

    assert {r.status for r in latest(records).values()} <= {"withdrawn"}
    assert run_out(desk) == []


def strings_of(record: DarkInference) -> list[str]:
    alert = alert_of(record)
    said = [*record.explanations, record.label]
    if alert is not None:
        said += [alert.headline, *alert.why, *alert.details.values()]
        said += [name for name, _, _ in alert.components]
    return said


@EXAMPLES
@given(tapes(most=50), lit_and_off())
def test_no_word_says_what_is_not_known(
    tape: list[ObservedPrint], market: list[ObservedPrint]
) -> None:
    desk, zones = a_desk(drifting), a_zone_desk()
    records = events(desk, tape) + run_out(desk) + events(zones, market)
    for p in tape:
        records += desk.remove(p, cause_of(p, TEN + 500 * SECOND))

    for record in records:
        assert [said for said in strings_of(record) if FORBIDDEN.search(said)] == []
        assert any("off-exchange" in said for said in record.explanations)


@pytest.mark.parametrize("words", ["A dark pool print", "Institutional buying", "a dark print"])
def test_the_wording_rule_finds_what_it_forbids(words: str) -> None:
    assert FORBIDDEN.search(words)


@pytest.mark.parametrize("desk", [a_desk(), a_zone_desk()], ids=["desk", "zones"])
def test_a_state_of_another_version_is_refused(desk: DarkDesk | ZoneDesk) -> None:
    with pytest.raises(MisconfiguredFlow, match="version 99"):
        desk.load(msgspec.msgpack.encode([99]))


def test_a_new_desk_is_not_due() -> None:
    assert (a_desk().due_ns, a_zone_desk().due_ns) == (NEVER, NEVER)
