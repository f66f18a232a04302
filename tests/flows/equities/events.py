"""Events for the engine's tests, in milliseconds after 10:00 Eastern on Monday 2025-06-02."""

import random
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any
from typing import Final
from typing import TypeVar
from typing import get_args

import msgspec

from flows.common.sessions import trade_date_and_segment
from flows.equities.config import EquitiesConfig
from flows.equities.derived import Derived
from flows.equities.engine import EquitiesEngine
from flows.equities.engine import Event
from flows.equities.engine import QuoteEvent
from flows.equities.signals.definitions import PriceAboveSmaParams
from flows.equities.signals.definitions import Strategy
from schemas.codec import codec_of
from schemas.records import EquityCandle
from schemas.records import EquityPrint
from schemas.records import EquityProfile
from schemas.records import EquityQuote
from schemas.records import MarketEvent

START_NS: Final = 1_748_872_800_000_000_000
MS_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000
HOUR_MS: Final = 3_600_000
NAME: Final = "NVDA"
SMA: Final = Strategy(
    "sma", "price_above_sma", ("*",), True, PriceAboveSmaParams(period=2, interval_ms=1_000)
)
CONFIG: Final = EquitiesConfig(sources=("t",), strategies=(SMA,))
CODECS: Final[dict[type, Any]] = {kind: codec_of(kind) for kind in get_args(Derived)}

R = TypeVar("R")


def at_ns(ms: float) -> int:
    return START_NS + round(ms * MS_NS)


def sold(
    seq: int,
    ms: float,
    price: float = 100.05,
    size: float = 100.0,
    conditions: Sequence[str] = (),
    **changes: object,
) -> EquityPrint:
    """Return a print on an exchange; `exchange="D"` is one off it."""
    ts = at_ns(ms)
    exchange = str(changes.pop("exchange", "Q"))
    made = EquityPrint(
        source_ts=ts,
        ingest_ts=ts + 5,
        seq=seq,
        trace_id=f"t:1:p:{seq}",
        schema_version="equities.prints.v1",
        source="t",
        underlying_id=NAME,
        price=price,
        size=size,
        exchange=exchange,
        off_exchange_flag=exchange == "D",
        action="trade",
        session=trade_date_and_segment(ts)[1],
        conditions=tuple(conditions),
        raw_conditions=tuple(conditions),
    )
    return msgspec.structs.replace(made, **changes)


def cancel_of(p: EquityPrint, seq: int, ms: float) -> EquityPrint:
    ts = at_ns(ms)
    return msgspec.structs.replace(
        p,
        source_ts=ts,
        ingest_ts=ts + 5,
        seq=seq,
        trace_id=f"t:1:p:{seq}",
        action="cancel",
        ref_trace_id=p.trace_id,
    )


def correction_of(
    p: EquityPrint, seq: int, ms: float, **changes: object
) -> tuple[EquityPrint, EquityPrint]:
    """Return the cancel and the trade a corrected print comes as."""
    cancel = cancel_of(p, seq, ms)
    trade = msgspec.structs.replace(
        cancel, seq=seq + 1, trace_id=f"t:1:p:{seq + 1}", action="trade", **changes
    )
    return cancel, trade


def quoted(
    ms: float, bid: float | None = 100.0, ask: float | None = 100.10, name: str = NAME
) -> QuoteEvent:
    ts = at_ns(ms)
    quote = EquityQuote(
        ts, ts + 3, 0, f"t:1:q:{name}:{ts}", "equities.quotes.v1", "t", name, "nbbo", True,
        bid, ask, 200.0, 300.0, "P", "Q", (),
    )  # fmt: skip
    return QuoteEvent(ts, name, quote)


def market_event(ms: float, kind: str, name: str = NAME) -> MarketEvent:
    ts = at_ns(ms)
    return MarketEvent(
        ts, ts + 1, 0, f"t:1:v:{name}:{ts}", "refdata.events.v1", "t", f"{kind}:{name}:{ts}",
        name, kind, ts, ts, "unknown",
    )  # fmt: skip


def as_record(payload: Any) -> EquityQuote | None:  # noqa: ANN401 - what was pushed
    """Return a quote, also one that has been through a snapshot as plain data."""
    return payload if isinstance(payload, EquityQuote) else msgspec.convert(payload, EquityQuote)


def an_engine(config: EquitiesConfig = CONFIG) -> EquitiesEngine:
    return EquitiesEngine(config, as_record)


def run(events: Sequence[Event], config: EquitiesConfig = CONFIG) -> list[Derived]:
    """Return everything a tape leads to."""
    engine = an_engine(config)
    return [*engine.process(events), *engine.finish()]


def only(derived: Iterable[Derived], kind: type[R]) -> list[R]:
    return [record for record in derived if isinstance(record, kind)]


def encoded(records: Iterable[Derived]) -> list[bytes]:
    return [CODECS[type(record)].encode(record) for record in records]


def finals(records: Iterable[R]) -> dict[str, R]:
    """Return the newest revision of each id, and check that revisions count up from 0."""
    found: dict[str, Any] = {}
    for record in records:
        each: Any = record
        known = found.get(each.trace_id)
        revision = getattr(each, "revision", 0)
        assert revision == (0 if known is None else known.revision + 1), each
        found[each.trace_id] = each
    return found


def bars(derived: list[Derived], interval_ms: int) -> list[EquityCandle]:
    """Return the newest revision of each bar of a length, in order of time."""
    found = finals(only(derived, EquityCandle)).values()
    return sorted(
        (bar for bar in found if bar.interval_ms == interval_ms), key=lambda bar: bar.window_start
    )


def session_profile(derived: list[Derived]) -> EquityProfile:
    """Return the newest profile of the regular session."""
    found = finals(only(derived, EquityProfile))
    return found["profile:t:NVDA:session:2025-06-02-rth"]


def accumulation(ms: float, seq: int = 10, size: float = 1_000.0) -> list[Event]:
    """Return four off-exchange prints at the ask within a second: 4,000 shares."""
    return [
        each
        for n in range(4)
        for each in (
            quoted(ms + n * 300),
            sold(seq + n, ms + n * 300, 100.10, size, exchange="D"),
        )
    ]


def busy_tape(seed: int, length: int) -> list[Event]:
    """
    Return a tape with every kind of event, in the order of the log.

    Two underlyings and a foreign source, quotes of every shape, prints on and off exchange with
    conditions, some late, executed earlier, cancelled or corrected; halts; quiet stretches.
    """
    rng = random.Random(seed)  # noqa: S311 - a test's tape, not a secret
    events: list[Event] = []
    printed: list[EquityPrint] = []
    ms, mid = 0.0, {"NVDA": 100.05, "SPY": 500.05}
    seq = 0
    for _ in range(length):
        ms += rng.choice([0, 0.001, 1, 20, 130, 400, 900, 4_000, 31_000])
        if rng.random() < 0.01:
            ms += 7 * HOUR_MS
        name = rng.choice(["NVDA", "NVDA", "SPY"])
        mid[name] = round(mid[name] + rng.choice([-0.02, 0, 0, 0.02, 0.05]), 4)
        seq += 2
        kind = rng.random()
        if kind < 0.35:
            bid: float | None = round(mid[name] - 0.05, 4)
            ask: float | None = round(mid[name] + rng.choice([0.05, 0.05, 0.05, -0.05, -0.1]), 4)
            if rng.random() < 0.05:
                bid, ask = rng.choice([(None, ask), (bid, None), (None, None)])
            events.append(quoted(ms, bid, ask, name))
        elif kind < 0.38:
            events.append(market_event(ms, rng.choice(["halt", "resume", "earnings"]), name))
        elif kind < 0.43 and printed:
            events.append(cancel_of(rng.choice(printed), seq, ms))
        elif kind < 0.48 and printed:
            price = round(mid[name] + 0.01, 4)
            pair = correction_of(rng.choice(printed), seq, ms, price=price)
            events += pair
            printed.append(pair[1])
        else:
            if rng.random() < 0.7:
                events.append(quoted(ms, mid[name] - 0.05, mid[name] + 0.05, name))
            late_ms = rng.choice([0, 0, 0, 0, 0, 0, 1, 700, 2_500, 70_000])
            letters = rng.choice(["", "", "", "F", "I", "W", "M", "Z", "L", "T", "?"])
            trade = sold(
                seq,
                ms - late_ms,
                round(mid[name] + rng.choice([-0.06, -0.05, 0, 0, 0.05, 0.0512]), 4),
                rng.choice([1, 37, 100, 100, 2_500, 4_000, 0.25]),
                tuple(letters),
                exchange=rng.choice("DDQP"),
                underlying_id=name,
                source="t" if rng.random() < 0.95 else "other",
            )
            if rng.random() < 0.1:
                trade = msgspec.structs.replace(trade, exec_ts=trade.source_ts - 300 * MS_NS)
            events.append(trade)
            printed.append(trade)
    return events
