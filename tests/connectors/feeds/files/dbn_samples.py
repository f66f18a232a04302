"""Hand-written DBN files of an options dataset; every value is made up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import databento_dbn
import zstandard

# What its constructors take is not what its stubs say.
dbn: Any = databento_dbn

DATASET = "OPRA.PILLAR"
SYMBOL = "XYZ   240315C00050000"
INSTRUMENT = 4711
EVENT = 1_709_564_401_000_000_001
RECEIVED = EVENT + 150_000
UNDEF = dbn.UNDEF_PRICE


@dataclass(frozen=True)
class Interval:
    start_date: date
    end_date: date
    symbol: str


@dataclass(frozen=True)
class Mapping:
    raw_symbol: str
    intervals: list[Interval]


def metadata(
    schema: str,
    *,
    dataset: str = DATASET,
    symbol: str | None = SYMBOL,
    days: tuple[date, date] = (date(2024, 3, 4), date(2024, 3, 5)),
    ts_out: bool = False,
) -> bytes:
    interval = Interval(*days, str(INSTRUMENT))
    head = dbn.Metadata(
        dataset=dataset,
        start=EVENT,
        stype_in=dbn.SType.RAW_SYMBOL,
        stype_out=dbn.SType.INSTRUMENT_ID,
        schema=dbn.Schema.from_str(schema),
        symbols=[] if symbol is None else [symbol],
        mappings=[] if symbol is None else [Mapping(symbol, [interval])],
        ts_out=ts_out,
    )
    return bytes(head)


def trade(**changes: object) -> bytes:
    values = {
        "publisher_id": 22,
        "instrument_id": INSTRUMENT,
        "ts_event": EVENT,
        "price": 1_250_000_000,
        "size": 7,
        "action": dbn.Action.TRADE,
        "side": dbn.Side.NONE,
        "depth": 0,
        "ts_recv": RECEIVED,
        "sequence": 901,
    }
    return bytes(dbn.TradeMsg(**{**values, **changes}))


def level(**changes: object) -> object:
    values = {
        "bid_px": 1_200_000_000,
        "ask_px": 1_300_000_000,
        "bid_sz": 11,
        "ask_sz": 12,
        "bid_pb": 26,
        "ask_pb": 29,
    }
    return dbn.ConsolidatedBidAskPair(**{**values, **changes})


def venue_quoted(**changes: object) -> bytes:
    values = {
        "publisher_id": 22,
        "instrument_id": INSTRUMENT,
        "ts_event": EVENT,
        "price": 1_250_000_000,
        "size": 7,
        "action": dbn.Action.TRADE,
        "side": dbn.Side.BID,
        "depth": 0,
        "ts_recv": RECEIVED,
        "sequence": 901,
        "levels": dbn.BidAskPair(bid_px=1_200_000_000, ask_px=1_300_000_000, bid_sz=11, ask_sz=12),
    }
    return bytes(dbn.MBP1Msg(**{**values, **changes}))


def consolidated(schema: str, **changes: object) -> bytes:
    values = {
        "rtype": int(dbn.RType.from_schema(dbn.Schema.from_str(schema))),
        "publisher_id": 22,
        "instrument_id": INSTRUMENT,
        "ts_event": EVENT,
        "price": 1_250_000_000,
        "size": 7,
        "action": dbn.Action.TRADE,
        "side": dbn.Side.NONE,
        "ts_recv": RECEIVED,
        "levels": level(),
    }
    return bytes(dbn.CMBP1Msg(**{**values, **changes}))


def write(path: Path, head: bytes, records: Iterable[bytes] = (), *, packed: bool = False) -> Path:
    content = b"".join([head, *records])
    path.write_bytes(zstandard.ZstdCompressor().compress(content) if packed else content)
    return path
