"""Events for the engine's tests, in milliseconds after 10:00 Eastern on Monday 2025-06-02."""

from typing import Any
from typing import Final
from typing import TypeVar

from flows.options.config import OptionsConfig
from flows.options.contracts import parse_contract
from flows.options.derived import Derived
from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from schemas.records import EquityQuote
from schemas.records import FlowPacket
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint
from schemas.records import OptionsTape

START_NS: Final = 1_748_872_800_000_000_000
SESSION_BEFORE: Final = 20_238  # Friday 2025-05-30, days since 1970-01-01
CALL: Final = "NVDA-2025-07-18-140-C"
PUT: Final = "NVDA-2025-07-18-140-P"

R = TypeVar("R")


def at_ns(ms: float) -> int:
    return START_NS + round(ms * 1_000_000)


def nbbo(ms: float, bid: float, ask: float, contract: str = CALL, **changes: object) -> Event:
    listed = parse_contract(contract)
    fields: dict[str, Any] = {
        "source_ts": at_ns(ms),
        "ingest_ts": at_ns(ms) + 7,
        "seq": round(ms * 10),
        "trace_id": f"t:1:q:{contract}:{ms:g}",
        "schema_version": "options.nbbo.v1",
        "source": "t",
        "option_contract_id": listed.option_contract_id,
        "underlying_id": listed.underlying_id,
        "kind": "stream",
        "bid": bid,
        "ask": ask,
        "bid_size": 11,
        "ask_size": 13,
    }
    return OptionsNbbo(**{**fields, **changes}), False


def equity(ms: float, bid: float, ask: float, underlying: str = "NVDA") -> Event:
    ts = at_ns(ms)
    return (
        EquityQuote(
            ts, ts, 0, f"t:1:e:{underlying}:{ms:g}", "equities.quotes.v1", "t", underlying, "nbbo",
            True, bid, ask, 1.0, 1.0, None, None, (),
        ),
        False,
    )  # fmt: skip


def printed(
    ms: float,
    price: float = 2.0,
    size: int = 50,
    code: str = "I",
    contract: str = CALL,
    *,
    late: bool = False,
    **changes: object,
) -> Event:
    listed = parse_contract(contract)
    conditions = (code,) if code else ()
    fields: dict[str, Any] = {
        "source_ts": at_ns(ms),
        "ingest_ts": at_ns(ms) + 9,
        "seq": round(ms * 10),
        "trace_id": f"t:1:p:{contract}:{ms:g}",
        "schema_version": "options.prints.v1",
        "source": "t",
        "option_contract_id": listed.option_contract_id,
        "underlying_id": listed.underlying_id,
        "root": listed.root,
        "right": listed.right,
        "multiplier_source": "default",
        "exchange": "C",
        "expiry": listed.expiry,
        "multiplier": 100,
        "size": size,
        "strike": listed.strike,
        "price": price,
        "adjusted": listed.adjusted,
        "flex": listed.flex,
        "conditions": conditions,
        "raw_conditions": conditions,
    }
    return OptionsPrint(**{**fields, **changes}), late


def calendar_event(ms: float, days: int, underlying: str = "NVDA") -> Event:
    announced = at_ns(ms)
    at = START_NS + days * 86_400_000_000_000
    return (
        MarketEvent(
            announced, announced, 0, f"t:1:v:{underlying}:{ms:g}", "refdata.events.v1", "t",
            f"earnings:{underlying}", underlying, "earnings", at, announced, "amc",
        ),
        False,
    )  # fmt: skip


def open_interest(ms: float, oi: int, contract: str = CALL) -> Event:
    published = at_ns(ms)
    return (
        OpenInterest(
            published, published, 0, f"t:1:o:{contract}:{ms:g}", "refdata.open-interest.v1", "t",
            contract, parse_contract(contract).underlying_id, oi, SESSION_BEFORE, published,
        ),
        False,
    )  # fmt: skip


def run(
    events: list[Event], config: OptionsConfig | None = None
) -> tuple[OptionsEngine, list[Derived]]:
    engine = OptionsEngine(config or OptionsConfig())
    return engine, [*engine.process(events), *engine.finish()]


def only(derived: list[Derived], kind: type[R]) -> list[R]:
    return [record for record in derived if isinstance(record, kind)]


def rows(events: list[Event], config: OptionsConfig | None = None) -> list[OptionsTape]:
    return only(run(events, config)[1], OptionsTape)


def packets(events: list[Event], config: OptionsConfig | None = None) -> list[FlowPacket]:
    return only(run(events, config)[1], FlowPacket)
