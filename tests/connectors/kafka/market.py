"""A small made-up tape, and what it becomes on the log."""

import random
from collections.abc import Iterable
from collections.abc import Sequence

import msgspec

from connectors.kafka.batch import EventBatch
from connectors.kafka.serde import AvroWire
from connectors.memory.log import MemoryLog
from connectors.memory.log import memory_log
from connectors.memory.log import ordered_batches
from schemas.records import EquityQuote
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint

INPUTS = (
    "refdata.events",
    "refdata.open-interest",
    "equities.quotes",
    "options.nbbo",
    "options.prints",
)
PARTITIONS = 8
START_NS = 1_747_922_400_000_000_000  # 2025-05-22 10:00 New York
EXPIRY = 20_259  # 2025-06-20
UNDERLYINGS = {"SPY": 580.0, "NVDA": 131.0, "AAPL": 201.0}

Event = EquityQuote | OptionsNbbo | OptionsPrint


def a_print(seq: int = 0, *, ts: int = START_NS, **changes: object) -> OptionsPrint:
    made = OptionsPrint(
        source_ts=ts,
        ingest_ts=ts,
        seq=seq,
        trace_id=f"test:2025-05-22:prints:{seq}",
        schema_version="options.prints.v1",
        source="test",
        option_contract_id="NVDA-2025-06-20-135-C",
        underlying_id="NVDA",
        root="NVDA",
        right="C",
        multiplier_source="default",
        exchange="C",
        expiry=EXPIRY,
        multiplier=100,
        size=10,
        strike=135.0,
        price=2.5,
        adjusted=False,
        flex=False,
        conditions=("I",),
        raw_conditions=("I",),
    )
    return msgspec.structs.replace(made, **changes)


def _nbbo(seq: int, ts: int, contract: str, root: str, bid: float) -> OptionsNbbo:
    return OptionsNbbo(
        source_ts=ts,
        ingest_ts=ts,
        seq=seq,
        trace_id=f"test:2025-05-22:nbbo:{seq}",
        schema_version="options.nbbo.v1",
        source="test",
        option_contract_id=contract,
        underlying_id=root,
        kind="stream",
        bid=bid,
        ask=bid + 0.1,
        bid_size=50,
        ask_size=60,
    )


def _quote(seq: int, ts: int, root: str, mid: float) -> EquityQuote:
    return EquityQuote(
        source_ts=ts,
        ingest_ts=ts,
        seq=seq,
        trace_id=f"test:2025-05-22:quotes:{seq}",
        schema_version="equities.quotes.v1",
        source="test",
        underlying_id=root,
        scope="nbbo",
        consolidated=True,
        bid=mid - 0.01,
        ask=mid + 0.01,
        bid_size=100.0,
        ask_size=100.0,
        bid_exchange=None,
        ask_exchange=None,
        conditions=(),
    )


def tape(prints: int, seed: int = 1) -> list[Event]:
    """Return bursts of prints with the quotes before them, a few stamped out of order."""
    dice = random.Random(seed)  # noqa: S311 - a seeded market, no secret
    events: list[Event] = []
    ts = START_NS
    while sum(type(event) is OptionsPrint for event in events) < prints:
        root, spot = dice.choice(sorted(UNDERLYINGS.items()))
        strike = round(spot) + dice.randrange(-5, 6)
        contract = f"{root}-2025-06-20-{strike}-C"
        bid = round(1 + 4 * dice.random(), 2)
        ts += dice.randrange(1_000_000, 900_000_000)
        events.append(_quote(len(events), ts, root, spot))
        events.append(_nbbo(len(events), ts, contract, root, bid))
        for _ in range(dice.choice((1, 1, 2, 12))):
            ts += dice.randrange(0, 20_000_000)
            stamp = ts - 300_000_000 if dice.random() < 0.03 else ts
            events.append(
                a_print(
                    len(events),
                    ts=stamp,
                    option_contract_id=contract,
                    underlying_id=root,
                    root=root,
                    strike=float(strike),
                    price=round(bid + dice.choice((0.0, 0.05, 0.1)), 2),
                    size=dice.choice((1, 5, 40, 250)),
                    exchange=dice.choice("CNXAB"),
                    conditions=(dice.choice("IS"),),
                )
            )
    return events


def log_of(wire: AvroWire, events: Iterable[Event]) -> dict[str, list[list[bytes]]]:
    """Return topic → partition → message values, as a feed would publish them."""
    return memory_log(wire, INPUTS, events, PARTITIONS)


def batches_of(log: MemoryLog, limit: int) -> list[tuple[str, EventBatch]]:
    """Return what the ordered source makes of a log, partitions taking turns."""
    return in_turns(
        [ordered_batches(log, INPUTS, partition, limit) for partition in range(PARTITIONS)]
    )


def in_turns(streams: Sequence[Sequence[EventBatch]]) -> list[tuple[str, EventBatch]]:
    """Return the batches of all partitions, partitions taking turns."""
    longest = max(map(len, streams))
    return [
        (f"{partition:05d}", stream[turn])
        for turn in range(longest)
        for partition, stream in enumerate(streams)
        if turn < len(stream)
    ]
