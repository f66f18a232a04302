"""Prints and quotes for the tests of the join."""

from typing import Any

import msgspec

from flows.equities.join.quotes import QuoteBook
from schemas.records.equities_prints import EquityPrint
from schemas.records.equities_quotes import EquityQuote

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
# 2013-10-08 10:00:00 New York
TEN_NS = 1_381_240_800 * SECOND_NS
DAY = 15_986

_PRINT = EquityPrint(
    source_ts=TEN_NS,
    ingest_ts=TEN_NS + 5,
    seq=7,
    trace_id="p1",
    schema_version="equities.prints.v1",
    source="file-lean",
    underlying_id="BAC",
    price=10.05,
    size=100.0,
    exchange="Q",
    off_exchange_flag=False,
    action="trade",
    session="rth",
    conditions=(),
    raw_conditions=(),
)
_QUOTE = EquityQuote(
    source_ts=TEN_NS,
    ingest_ts=TEN_NS + 3,
    seq=1,
    trace_id="q1",
    schema_version="equities.quotes.v1",
    source="file-lean",
    underlying_id="BAC",
    scope="nbbo",
    consolidated=True,
    bid=10.0,
    ask=10.1,
    bid_size=300.0,
    ask_size=500.0,
    bid_exchange="Q",
    ask_exchange="P",
    conditions=(),
)


def trade(**changes: Any) -> EquityPrint:  # noqa: ANN401 - whatever the field takes
    return msgspec.structs.replace(_PRINT, **changes)


def trf(**changes: Any) -> EquityPrint:  # noqa: ANN401 - whatever the field takes
    """Return an off-exchange print executed when it was published, unless told otherwise."""
    off: dict[str, Any] = {"exchange": "D", "off_exchange_flag": True, "exec_ts": TEN_NS}
    return msgspec.structs.replace(_PRINT, **(off | changes))


def quote(**changes: Any) -> EquityQuote:  # noqa: ANN401 - whatever the field takes
    return msgspec.structs.replace(_QUOTE, **changes)


def void(**changes: Any) -> EquityQuote:  # noqa: ANN401 - whatever the field takes
    nothing: dict[str, Any] = {"bid": None, "ask": None, "bid_size": None, "ask_size": None}
    return msgspec.structs.replace(_QUOTE, **(nothing | changes))


def encode(record: EquityQuote) -> bytes:
    return msgspec.msgpack.encode(record)


def decode(payload: object) -> EquityQuote | None:
    """Return the record of bytes, or of bytes with a number beside them; None when it is none."""
    data = payload[0] if isinstance(payload, tuple) else payload
    assert isinstance(data, bytes)
    try:
        return msgspec.msgpack.decode(data, type=EquityQuote)
    except msgspec.DecodeError:
        return None


def book_of(*records: EquityQuote) -> QuoteBook:
    book = QuoteBook(decode)
    for record in records:
        book.push(record.source_ts, encode(record))
    return book
