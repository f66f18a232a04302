"""Strategies: tapes of prints with every kind of sale condition, late ones, cancels."""

import random
from typing import Final

from hypothesis import strategies as st

from flows.equities.observed import ObservedPrint
from tests.flows.equities.candles.tape import MS
from tests.flows.equities.candles.tape import SECOND
from tests.flows.equities.candles.tape import TEN
from tests.flows.equities.candles.tape import Event
from tests.flows.equities.candles.tape import a_print
from tests.flows.equities.candles.tape import arriving

# (volume, last, high_low, odd_lot) of: regular, odd lot, average price, corrected close, derivative
# after the first last, and one that counts nowhere.
POLICIES: Final = (
    (True, True, True, False),
    (True, True, True, False),
    (True, False, False, True),
    (True, False, False, False),
    (False, True, True, False),
    (True, False, True, False),
    (False, False, False, False),
)
LATENESS: Final = 2 * SECOND


@st.composite
def prints(draw: st.DrawFn, most: int = 40, start: int = TEN) -> list[ObservedPrint]:
    """Return prints in order of time over some seconds to some hours."""
    at_ns = start + draw(st.integers(0, 3_000)) * MS
    steps = st.sampled_from((0, 1, 300, 999, 1_000, 1_400, 4_000, 31_000, 400_000, 2_000_000))
    made = []
    for number in range(draw(st.integers(1, most))):
        at_ns += draw(steps) * MS
        volume, last, high_low, odd_lot = draw(st.sampled_from(POLICIES))
        made.append(
            a_print(
                number,
                at_ns,
                draw(st.integers(9_990, 10_010)) / 100,
                draw(st.sampled_from((0.5, 1, 100, 250))),
                volume=volume,
                last=last,
                high_low=high_low,
                odd_lot=odd_lot,
                off_exchange=draw(st.booleans()),
            )
        )
    return made


@st.composite
def within_lateness(
    draw: st.DrawFn, made: list[ObservedPrint]
) -> tuple[list[Event], list[ObservedPrint]]:
    """Return the prints in another order in which none comes later than the lateness."""
    delays = [draw(st.integers(0, LATENESS - 1)) for _ in made]
    order = sorted(range(len(made)), key=lambda i: (made[i].ts + delays[i], i))
    return arriving(made[i] for i in order), [made[i] for i in order]


@st.composite
def events(draw: st.DrawFn, most: int = 40) -> list[Event]:
    """Return arrivals, some of them very late, and cancels and corrections at later times."""
    made = draw(prints(most))
    delays = st.sampled_from((0, 0, 0, 0, 1_500, 2_500, 9_000, 70_000, 4_000_000))
    raw: list[tuple[int, int, ObservedPrint, str]] = []
    for p in made:
        came = p.ts + draw(delays) * MS
        raw.append((came, len(raw), p, ""))
        fate = draw(st.sampled_from(("", "", "", "cancel", "correction")))
        if fate:
            gone = came + draw(delays) * MS
            raw.append((gone, len(raw), p, fate))
            if fate == "correction":
                new = a_print(
                    1_000 + p.seq,
                    p.ts,
                    draw(st.integers(9_990, 10_010)) / 100,
                    40,
                    last=p.last,
                    high_low=p.high_low,
                    volume=p.volume,
                )
                raw.append((gone, len(raw), new, ""))
    raw.sort(key=lambda each: each[:2])
    return [Event(p, came, reason) for came, _, p, reason in raw]


def survivors(all_events: list[Event]) -> list[ObservedPrint]:
    """Return the prints that are left at the end."""
    left: dict[str, ObservedPrint] = {}
    for event in all_events:
        if event.reason:
            del left[event.p.trace_id]
        else:
            left[event.p.trace_id] = event.p
    return list(left.values())


def busy_minutes(seed: int) -> list[Event]:
    """Return 20 minutes with odd lots, late prints and cancels."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable tape, not a secret
    raw = []
    for number in range(1_500):
        at_ns = TEN + chance.randrange(1_200) * 1_000 * MS + chance.randrange(1_000) * MS
        odd_lot = chance.random() < 0.5
        p = a_print(
            number, at_ns, chance.randrange(9_900, 10_100) / 100, chance.choice((1, 100)),
            odd_lot=odd_lot, last=not odd_lot, high_low=not odd_lot,
        )  # fmt: skip
        came = at_ns + chance.choice((0, 0, 0, 500, 3_000, 600_000)) * MS
        raw.append((came, number, p, ""))
        if chance.random() < 0.05:
            raw.append((came + chance.choice((10, 5_000, 900_000)) * MS, number, p, "cancel"))
    raw.sort(key=lambda each: (each[0], each[3], each[1]))
    return [Event(p, came, reason) for came, _, p, reason in raw]
