"""Prints and quotes for the off-exchange inference, and the engine's part played by hand."""

import random
from collections.abc import Callable
from collections.abc import Iterable

import msgspec
from hypothesis import strategies as st

from flows.common.cadence import NEVER
from flows.equities.dark.config import DarkConfig
from flows.equities.dark.desk import DarkDesk
from flows.equities.dark.zones import ZoneDesk
from flows.equities.join.quote import Quote
from flows.equities.observed import ObservedPrint
from flows.equities.stage import Cause
from flows.equities.stage import Desk
from schemas.records import DarkInference

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
TRADE_DATE = 20_367  # Monday, 2025-10-06
# 10:00:00 New York of that date.
TEN = 1_759_759_200 * SECOND
WHO = Desk("synthetic", "NVDA")
DIRECTIONS = {"AA": "buy", "A": "buy", "B": "sell", "BB": "sell"}
_PRINT = ObservedPrint(
    "", 0, 0, 0, 0, 0, TRADE_DATE, "rth", True, False, "MID", "unknown", *[True] * 5
)


def a_print(at: float = 0.0, side: str = "MID", shares: float = 300, **changes: object) -> ObservedPrint:  # fmt: skip  # noqa: E501
    """Return an off-exchange print at $100.05, so many seconds after 10:00."""
    ts = TEN + round(at * SECOND)
    plain: dict[str, object] = {
        "ts": ts,
        "seq": ts % DAY,
        "ingest_ts": ts + 1_000,
        "trace_id": f"t:{at:g}:{side}:{shares:g}",
        "at_e4": 1_000_500,
        "micro": round(shares * 1_000_000),
        "nbbo_side": side,
        "direction": DIRECTIONS.get(side, "unknown"),
    }
    return msgspec.structs.replace(_PRINT, **{**plain, **changes})


def lit(at: float, price: float, shares: float = 100) -> ObservedPrint:
    """Return a lit print, so many seconds after 10:00."""
    return a_print(
        at,
        "MID",
        shares,
        at_e4=round(price * 10_000),
        off_exchange=False,
        trace_id=f"lit:{at:g}:{price:g}:{shares:g}",
    )


def a_quote(bid: float = 100.0, ask: float = 100.1, ts: int = TEN) -> Quote:
    """Return a two-sided quote unless bid is above ask."""
    bid_e4, ask_e4 = round(bid * 10_000), round(ask * 10_000)
    is_crossed = bid_e4 > ask_e4
    return Quote(
        ts, "q", ts + 500, bid, ask, 100.0, 100.0, bid_e4, ask_e4, False, not is_crossed, is_crossed
    )


def cause_of(p: ObservedPrint, now_ns: int, seq: int = 7) -> Cause:
    return Cause(now_ns, now_ns + 1_000, seq, "cancel")


def no_quote(ts: int) -> Quote | None:
    return None


def same_mid(ts: int) -> Quote | None:
    return a_quote(ts=ts)


def a_desk(
    quote_at: Callable[[int], Quote | None] = same_mid, config: DarkConfig | None = None
) -> DarkDesk:
    return DarkDesk(WHO, config or DarkConfig(), "cafe0123", quote_at)


def feed(
    desk: DarkDesk, tape: Iterable[ObservedPrint], quote: Quote | None = None
) -> list[DarkInference]:
    """Return what comes out while prints come in on time, boundaries before them included."""
    standing = quote or a_quote()
    out: list[DarkInference] = []
    for p in tape:
        while desk.due_ns <= p.ts:
            out += desk.evaluate(desk.due_ns)
        out += desk.add(p, standing, p.ts)
    return out


def run_out(desk: DarkDesk | ZoneDesk) -> list[DarkInference]:
    """Return what comes out after the tape has ended."""
    out: list[DarkInference] = []
    steps = 0
    while desk.due_ns != NEVER:
        out += desk.evaluate(desk.due_ns)
        steps += 1
        assert steps < 10_000, "due for ever"
    return out


def latest(records: Iterable[DarkInference]) -> dict[str, DarkInference]:
    """Return the newest revision of every event; revisions follow each other without a gap."""
    found: dict[str, DarkInference] = {}
    for record in records:
        before = found.get(record.trace_id)
        assert record.revision == (0 if before is None else before.revision + 1)
        found[record.trace_id] = record
    return found


@st.composite
def tapes(draw: st.DrawFn, most: int = 60, largest: int = 6_000) -> list[ObservedPrint]:
    """Draw off-exchange prints of two minutes, most of them on one side, in order of time."""
    chance = random.Random(draw(st.integers(0, 1 << 32)))  # noqa: S311 - the seed is drawn
    count = draw(st.integers(1, most))
    heavy = draw(st.sampled_from(("A", "AA", "B", "BB", "MID")))
    stamps = sorted(chance.randrange(0, 120_000, 250) for _ in range(count))
    return [
        a_print(
            stamp / 1_000,
            chance.choice((heavy, heavy, heavy, "AA", "A", "MID", "B", "BB", "STALE", "MISSING")),
            chance.choice((chance.randint(1, largest), chance.randint(150, 900), 200)),
            at_e4=chance.randint(1_000_000, 1_001_000),
            trace_id=f"t:{seq}",
            seq=seq,
            levels=chance.random() < 0.9,
            session=chance.choice(("rth",) * 9 + ("pre", "post")),
        )
        for seq, stamp in enumerate(stamps)
    ]
