"""Hand-written rows in the vendors' layouts; every value is made up."""

from collections.abc import Iterable
from pathlib import Path

from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import RawRecord
from connectors.feeds.base.items import Reject
from connectors.feeds.files.open import FileFeed
from schemas.records import OptionsPrint

TOS_HEADER = (
    "Time,Option_Description_orig,Expiration_Date,Strike_Price,Option_Type,TradeQuantity,"
    "Trade_Price,Option_Bid,Option_Ask,Delta,IV,Underlying_Price,Condition,Exchange,Aggressor"
)
TOS_ROWS = (
    "2024-03-04 09:00:01,15 MAR 24 50 C,2024-03-15,50.0,C,7,1.25,1.2,1.3,0.5,0.4,49.9,,CBOE,x",
    "2024-03-04 09:00:01,15 MAR 24 50 C,2024-03-15,50.0,C,7,1.25,1.2,1.3,0.5,0.4,49.9,,CBOE,x",
    "2024-03-04 09:00:02,15 MAR 24 47.5 P,2024-03-15,47.5,P,3,0.4,0.0,0.45,-0.2,0,49.8,"
    "Spread,BEST,x",
)
THETA_HEADER = (
    "symbol,expiration,strike,right,trade_timestamp,quote_timestamp,sequence,ext_condition1,"
    "ext_condition2,ext_condition3,ext_condition4,condition,size,exchange,price,bid_size,"
    "bid_exchange,bid,bid_condition,ask_size,ask_exchange,ask,ask_condition"
)
THETA_ROWS = (
    "XYZ,2024-03-15,50.0,CALL,1709564401250,1709564401100,-5,255,255,255,255,18,4,43,1.25,"
    "10,5,1.2,50,20,6,1.3,50",
    "XYZ,20240315,47.5,PUT,1709564402000,1709564402000,77,255,255,255,255,0,2,999,0.4,"
    "1,7,0.0,50,9,69,0.45,50",
)
CBOE_HEADER = (
    "underlying_symbol,quote_datetime,sequence_number,root,expiration,strike,option_type,"
    "exchange_id,trade_size,trade_price,trade_condition_id,canceled_trade_condition_id,best_bid,"
    "best_ask,underlying_bid,underlying_ask,number_of_exchanges,"
    "{exchange,bid_size,bid,ask_size,ask}[number_of_exchanges]"
)
CBOE_ROWS = (
    "^XYZ,2024-03-04 10:00:02.500,901,XYZ,2024-03-15,50.000,C,5,30,1.2500,18,0,1.2000,1.3000,"
    "49.9000,49.9200,3,5,11,1.2000,12,1.3500,6,40,1.2000,8,1.3000,7,15,1.1500,60,1.3000",
    "^XYZ,2024-03-04 10:00:01.000,900,XYZ,2024-03-15,47.500,P,6,5,0.4000,35,0,0.3500,0.4500,"
    "49.9000,49.9200,1,5,3,0.3500,4,0.4500",
    "^XYZ,2024-03-04 10:00:03.000,902,XYZ,2024-03-15,50.000,C,5,30,1.2500,40,0,1.2000,1.3000,"
    "0.0000,0.0000,0",
)
BARCHART_HEADER = (
    'Symbol,Price~,Type,Strike,Expires,DTE,"Bid x Size","Ask x Size",Trade,Size,Side,Premium,'
    'Volume,"Open Int",IV,Delta,Code,*,Time'
)
BARCHART_ROWS = (
    'XYZ,"1,049.9",Call,"1,050.00",2024-03-15T16:30:00-05:00,11,"1.20 x 501","1.30 x 1",1.25,'
    '"1,200",ask,150000,1200,10,132.08%,0.5,AUTO,N/A,"10:00:01 ET"',
    'BRK.B,400.5,Put,395,2024-03-15T16:30:00-05:00,11,"0.00 x 0","3.00 x 3",2.19,150,mid,32800,'
    '150,10,14.80%,-0.4,MLET,ToOpen,"10:00:01 ET"',
)
BARCHART_FOOTER = '"Downloaded from Barchart.com as of 03-09-2024 08:20am CST"'

ALPHAVANTAGE_HEADER = "symbol,name,reportDate,fiscalDateEnding,estimate,currency,timeOfTheDay"
ALPHAVANTAGE_ROWS = (
    "XYZ,XYZ CORP,2024-03-12,2024-01-31,0.36,USD,post-market",
    "BRK.B,SOME CLASS,3/8/24,12/31/23,,USD,pre-market",
    "ABC,ABC INC,2024-04-02,2024-02-29,,USD,",
)
UNIVERSE_HEADER = (
    "#expiry,strike,right,open,high,low,close,volume,open_interest,implied_volatility,delta,"
    "gamma,vega,theta,rho"
)
UNIVERSE_ROWS = (
    ",,,49.5,50.5,49.0,49.9,131,,,,,,,",
    "20240315,50,C,1.2,1.3,1.1,1.25,7,120,0.4,0.5,0.1,0.1,-0.1,0.1",
    "20240315,47.5,P,0.4,0.5,0.3,0.4,0,,0.4,-0.2,0.1,0.1,-0.1,0.1",
    "20240419,70.71,C,0,0,0,0,0,0,0,0,0,0,0,0",
)


def write(path: Path, lines: Iterable[str], end: str = "\n") -> Path:
    path.write_text(end.join(lines) + end, encoding="utf-8", newline="")
    return path


def tos(folder: Path, rows: Iterable[str] = TOS_ROWS, name: str = "XYZ_sample.csv") -> Path:
    return write(folder / name, [TOS_HEADER, *rows])


def theta(folder: Path, rows: Iterable[str] = THETA_ROWS) -> Path:
    return write(folder / "theta.csv", [THETA_HEADER, *rows])


def cboe(folder: Path, rows: Iterable[str] = CBOE_ROWS) -> Path:
    return write(folder / "cboe.csv", [CBOE_HEADER, *rows])


def barchart(folder: Path, rows: Iterable[str] = BARCHART_ROWS) -> Path:
    return write(folder / "flow-03-04-2024.csv", [BARCHART_HEADER, *rows, BARCHART_FOOTER])


def alphavantage(
    folder: Path, rows: Iterable[str] = ALPHAVANTAGE_ROWS, name: str = "earnings_2024-03-04.csv"
) -> Path:
    return write(folder / name, [ALPHAVANTAGE_HEADER, *rows])


def universe(
    folder: Path,
    rows: Iterable[str] = UNIVERSE_ROWS,
    name: str = "20240304.csv",
    root: str = "option/usa/universes/xyz",
) -> Path:
    (folder / root).mkdir(parents=True, exist_ok=True)
    return write(folder / root / name, [UNIVERSE_HEADER, *rows])


def records(items: Iterable[FeedItem]) -> list[RawRecord]:
    return [item.record for item in items if isinstance(item, Accepted)]


def prints(items: Iterable[FeedItem]) -> list[OptionsPrint]:
    return [
        item.record
        for item in items
        if isinstance(item, Accepted) and isinstance(item.record, OptionsPrint)
    ]


def rejects(items: Iterable[FeedItem]) -> list[Reject]:
    return [item for item in items if isinstance(item, Reject)]


def read(path: Path, date: str | None = None, symbol: str | None = None) -> list[OptionsPrint]:
    return prints(FileFeed(path, date=date, symbol=symbol).records())
