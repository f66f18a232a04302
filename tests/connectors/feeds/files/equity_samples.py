"""Hand-written equity rows in the vendors' layouts; every value is made up."""

import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from tests.connectors.feeds.files import samples

# 09:30:00.000, .250 and .251 of the day, in New York.
OPEN_MS = 34_200_000
LEAN_TRADES = (
    f"{OPEN_MS - 1},500000,100,P,2000,0",
    f"{OPEN_MS},500100,250,N,40,0",
    f"{OPEN_MS},500100,250,N,40,0",
    f"{OPEN_MS + 250},500050,37,D,80000020,1",
)
LEAN_QUOTES = (
    f"{OPEN_MS},500000,300,0,0,P,1,0",
    f"{OPEN_MS},0,0,500200,400,Q,1,0",
    f"{OPEN_MS + 250},500000,300,0,0,P,1,0",
    f"{OPEN_MS + 250},0,0,500200,400,Q,1,0",
    f"{OPEN_MS + 250},500100,200,0,0,N,1,0",
    f"{OPEN_MS + 250},0,0,500200,400,Q,1,0",
)
THETA_HEADER = (
    "trade_timestamp,quote_timestamp,sequence,ext_condition1,ext_condition2,ext_condition3,"
    "ext_condition4,condition,size,exchange,price,bid_size,bid_exchange,bid,bid_condition,"
    "ask_size,ask_exchange,ask,ask_condition"
)
THETA_ROWS = (
    "1709564401250,1709564401100,-5,32,95,255,115,115,4,7,50.25,3,7,50.2,0,2,1,50.3,0",
    "1709564401300,1709564401100,78,32,255,255,255,0,300,57,50.255,3,7,50.2,0,2,1,50.3,0",
    "1709564402000,1709564402000,79,32,255,255,255,0,100,999,50.2,1,60,50.2,0,0,0,0.0,0",
)
TRF_HEADER = "time,side,price,size,premium,tid,exchange"
TRF_ROWS = (
    "2024-03-04 19:59:58.600,M,50.2550,120,6030.60,aa000003,XADF",
    "2024-03-04 19:59:58.600,A,50.2600,7,351.82,aa000002,FINN",
    "2024-03-04 09:31:00.001,B,50.1000,1,50.10,aa000001,OTHER",
)


def ns(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int(moment.timestamp()) * 10**9 + moment.microsecond * 1000


def lean(
    folder: Path, rows: Iterable[str], member: str = "20240304_xyz_Trade_Tick.csv", end: str = "\n"
) -> Path:
    name = member.rpartition("/")[2].lower()
    path = folder / f"20240304_{'quote' if 'quote' in name else 'trade'}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, end.join(rows) + end)
    return path


def lean_trades(folder: Path, rows: Iterable[str] = LEAN_TRADES) -> Path:
    return lean(folder, rows)


def lean_quotes(folder: Path, rows: Iterable[str] = LEAN_QUOTES) -> Path:
    return lean(folder, rows, "20240304_xyz_Quote_Tick.csv")


def theta_stocks(folder: Path, rows: Iterable[str] = THETA_ROWS) -> Path:
    return samples.write(folder / "stocks.csv", [THETA_HEADER, *rows])


def trf(
    folder: Path, rows: Iterable[str] = TRF_ROWS, name: str = "XYZ_2024-03-04_prints.csv"
) -> Path:
    return samples.write(folder / name, [TRF_HEADER, *rows])


def prints(items: Iterable[FeedItem]) -> list[EquityPrint]:
    return [
        item.record
        for item in items
        if isinstance(item, Accepted) and isinstance(item.record, EquityPrint)
    ]


def quotes(items: Iterable[FeedItem]) -> list[EquityQuote]:
    return [
        item.record
        for item in items
        if isinstance(item, Accepted) and isinstance(item.record, EquityQuote)
    ]


def equity_print(**values: object) -> EquityPrint:
    base: dict[str, object] = {
        "schema_version": "equities.prints.v1",
        "underlying_id": "XYZ",
        "off_exchange_flag": False,
        "action": "trade",
        "session": "rth",
        "conditions": (),
        "raw_conditions": (),
    }
    return EquityPrint(**{**base, **values})  # type: ignore[arg-type] # checked by equality


def equity_quote(**values: object) -> EquityQuote:
    base: dict[str, object] = {
        "schema_version": "equities.quotes.v1",
        "underlying_id": "XYZ",
        "scope": "nbbo",
        "consolidated": False,
        "conditions": (),
    }
    return EquityQuote(**{**base, **values})  # type: ignore[arg-type] # checked by equality
