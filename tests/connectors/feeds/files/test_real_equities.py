"""Known facts of the feed specification about equities, on real exports."""

import zipfile
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from connectors.feeds.files.open import FileFeed
from connectors.feeds.files.open import merge_feeds
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from tests.connectors.feeds.files import equity_samples
from tests.connectors.feeds.files import samples
from tests.connectors.feeds.files.equity_samples import ns
from tests.flows.equities.test_nbbo import Row
from tests.flows.equities.test_nbbo import consolidated
from tests.flows.equities.test_nbbo import naive

Real = Callable[[str], Path]

TICKS = "lean/equity/usa/tick/{}/20131008_{}.zip"
THETA = "thetadata_captures/stock_history_trade_quote.csv"
TRF = "spy_trf_prints/SPY_2025-10-{}_prints.csv"
DBN = "databento_python_tests/{}/test_data.{}.dbn.zst"
SLICE_ROWS = 4_000


def whole(
    path: Path, symbol: str | None = None
) -> tuple[FileFeed, list[EquityPrint], list[EquityQuote]]:
    """Read a file of which no row may be rejected or doubled, and nothing may be out of order."""
    feed = FileFeed(path, symbol=symbol)
    items = list(feed.records())
    records = samples.records(items)
    assert (feed.summary.rejects, feed.summary.duplicates) == (0, 0)
    assert len({record.trace_id for record in records}) == len(records) == feed.summary.accepted
    assert [r.source_ts for r in records] == sorted(r.source_ts for r in records)
    return feed, equity_samples.prints(items), equity_samples.quotes(items)


@pytest.mark.parametrize(
    ("symbol", "trades", "off_exchange"),
    [("spy", 451_545, 63_695), ("bac", 125_872, 50_793), ("aig", 43_342, 9_681)],
)
def test_lean_day_of_trades_is_read_whole(
    real: Real, symbol: str, trades: int, off_exchange: int
) -> None:
    feed = FileFeed(real(TICKS.format(symbol, "trade")))
    count: Counter[tuple[bool, str, str]] = Counter()
    shares = 0.0
    last = 0
    for record in samples.records(feed.records()):
        assert isinstance(record, EquityPrint)
        assert record.source_ts > last
        last = record.source_ts
        count[record.off_exchange_flag, record.session, record.underlying_id] += 1
        shares += record.size

    assert count.total() == feed.summary.rows == trades
    assert sum(n for (is_off, *_), n in count.items() if is_off) == off_exchange
    assert {session for _, session, _ in count} == {"pre", "rth", "post"}
    assert {underlying for *_, underlying in count} == {symbol.upper()}
    assert shares == sum(int(line.split(b",")[2]) for line in lines_of(feed.path))
    assert set(feed.summary.unknown_venues) == {"W"}
    assert not feed.summary.unknown_conditions


def lines_of(path: Path) -> list[bytes]:
    with zipfile.ZipFile(path) as archive:
        return archive.read(archive.namelist()[0]).splitlines()


def test_lean_quotes_are_the_market_in_pairs_and_never_crossed(real: Real) -> None:
    feed = FileFeed(real(TICKS.format("bac", "quote")))
    count: Counter[str] = Counter()

    for record in samples.records(feed.records()):
        assert isinstance(record, EquityQuote)
        assert (record.scope, record.consolidated) == ("nbbo", False)
        if record.bid is None or record.ask is None:
            count["one-sided"] += 1
        elif record.bid > record.ask:
            count["crossed"] += 1
        elif record.bid == record.ask:
            count["locked"] += 1
        else:
            count["open"] += 1

    assert feed.summary.rows == 576_096
    assert count == {"open": 278_318, "locked": 9_726}


def test_lean_quote_rows_are_one_sided_and_pair_bid_with_offer(real: Real) -> None:
    """What shows that the rows are the market's sides and not the quotes of single venues."""
    rows = [line.split(b",") for line in lines_of(real(TICKS.format("bac", "quote")))]
    pairs = list(zip(rows[::2], rows[1::2], strict=True))

    assert len(rows) == 576_096
    assert all(row[1:3] == [b"0", b"0"] or row[3:5] == [b"0", b"0"] for row in rows)
    assert all(bid[0] == ask[0] and bid[1] != b"0" != ask[3] for bid, ask in pairs)
    assert sum(bid[5] != ask[5] for bid, ask in pairs) == 214_567


def test_lean_trades_lie_within_the_market(real: Real) -> None:
    feeds = [FileFeed(real(TICKS.format("bac", kind))) for kind in ("quote", "trade")]
    market: EquityQuote | None = None
    inside: Counter[bool] = Counter()

    for record in samples.records(merge_feeds(feeds)):
        if isinstance(record, EquityQuote):
            market = record
        elif isinstance(record, EquityPrint) and market is not None and record.session == "rth":
            assert market.bid is not None
            assert market.ask is not None
            inside[market.bid <= record.price <= market.ask] += 1

    assert inside[True] / inside.total() > 0.95


@pytest.mark.parametrize("first", [0, 100_000, 572_096])
def test_consolidation_of_real_rows_is_what_sorting_gives(real: Real, first: int) -> None:
    """The rows stand in for venue quotes: their order, venues, sizes and repeats are real ones."""
    midnight = ns("2013-10-08T00:00:00-04:00")
    rows = []
    for line in lines_of(real(TICKS.format("bac", "quote")))[first : first + SLICE_ROWS]:
        ms, bid, bid_size, ask, ask_size, venue, *_ = line.decode().split(",")
        pair = (int(bid), int(bid_size)), (int(ask), int(ask_size))
        is_bid = bid != "0"
        at = midnight + int(ms) * 1_000_000
        rows.append(Row(at, venue, pair[0] if is_bid else None, None if is_bid else pair[1]))

    states, news = consolidated(rows)

    assert states == naive(rows)
    assert news[1:] == [now != then for then, now in pairwise(states)]


def test_theta_stock_capture_is_read_whole(real: Real) -> None:
    feed, found, quotes = whole(real(THETA), symbol="AAPL")

    assert (len(found), feed.summary.rows) == (8192, 8192)
    off = [record for record in found if record.off_exchange_flag]
    assert Counter(record.trf_id for record in off) == {"Q": 1351, "N": 178, "B": 4}
    assert {record.exchange for record in off} == {"D"}
    assert all(record.trf_id is None for record in found if not record.off_exchange_flag)
    assert len({record.seq for record in found}) < len(found)
    assert found[-1].source_ts - found[0].source_ts == 5_033_000_000
    assert not feed.summary.unknown_venues
    assert not feed.summary.unknown_conditions
    assert sum("I" in record.conditions for record in found) == 6415
    assert sum(record.conditions == ("I", "F") for record in found) == 3403
    assert len(quotes) == 1486
    assert feed.summary.dropped_quotes == 0
    assert all(q.bid_size is None or q.bid_size % 100 == 0 for q in quotes)


def test_theta_prints_meet_the_quote_of_their_row(real: Real) -> None:
    feed, _, _ = whole(real(THETA), symbol="AAPL")
    lines = real(THETA).read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    quoted = {
        f"{row['exchange']}.{row['sequence']}": (float(row["bid"]), float(row["ask"]))
        for row in (dict(zip(header, line.split(","), strict=True)) for line in lines[1:])
    }
    market: EquityQuote | None = None
    same: Counter[bool] = Counter()

    for record in samples.records(feed.records()):
        if isinstance(record, EquityQuote):
            market = record
        elif isinstance(record, EquityPrint) and market is not None:
            key = record.trace_id.rsplit(":", 1)[1]
            same[(market.bid, market.ask) == quoted[key]] += 1

    # Quotes published later, but stamped before earlier trades, are met by those too.
    assert same[True] / same.total() > 0.9


@pytest.mark.parametrize("day", ["14", "15", "16"])
def test_trf_evening_is_read_whole_oldest_first(real: Real, day: str) -> None:
    feed, found, _ = whole(real(TRF.format(day)))

    assert len(found) == 1000
    kinds = {(r.exchange, r.off_exchange_flag, r.trf_id, r.underlying_id) for r in found}
    assert kinds == {("D", True, "A", "SPY")}
    assert {record.raw_conditions for record in found} == {("side:A",), ("side:M",), ("side:B",)}
    assert {record.session for record in found} == {"post"}
    assert [record.seq for record in found] == list(range(1, 1001))
    assert feed.name == "file-trf"


@pytest.mark.parametrize(
    ("dataset", "schema", "prints", "scopes"),
    [
        ("XNAS.ITCH", "trades", 4, []),
        ("XNAS.ITCH", "tbbo", 4, ["venue"]),
        ("XNAS.ITCH", "mbp-1", 0, ["venue"]),
        ("EQUS.MINI", "trades", 4, []),
        ("EQUS.MINI", "tbbo", 4, ["nbbo"]),
        ("EQUS.MINI", "mbp-1", 0, ["nbbo"]),
        ("EQUS.MINI", "bbo-1s", 0, ["nbbo"]),
        ("EQUS.MINI", "bbo-1m", 0, ["nbbo"]),
    ],
)
def test_databento_equities_are_read(
    real: Real, dataset: str, schema: str, prints: int, scopes: list[str]
) -> None:
    feed, found, quotes = whole(real(DBN.format(dataset, schema)))

    assert (len(found), feed.summary.rows) == (prints, 4)
    assert sorted({quote.scope for quote in quotes}) == scopes
    assert not any(quote.consolidated for quote in quotes)
    venue = {"XNAS.ITCH": "Q", "EQUS.MINI": ""}[dataset]
    assert {record.exchange for record in found} <= {venue}
    assert {quote.bid_exchange for quote in quotes} <= {venue or None, None}
    symbol = {"XNAS.ITCH": "NVDA", "EQUS.MINI": "QQQ"}[dataset]
    assert {record.underlying_id for record in found} <= {symbol}
    assert {quote.underlying_id for quote in quotes} <= {symbol}


def test_databento_trades_and_tbbo_give_one_print_one_id(real: Real) -> None:
    for dataset in ("XNAS.ITCH", "EQUS.MINI"):
        _, trades, _ = whole(real(DBN.format(dataset, "trades")))
        _, quoted, _ = whole(real(DBN.format(dataset, "tbbo")))

        assert [record.trace_id for record in trades] == [record.trace_id for record in quoted]
