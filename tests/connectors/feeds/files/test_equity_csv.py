"""ThetaData stock captures and TRF prints become exactly the records of the specification."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.base.errors import TooManyRejects
from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.base.errors import WrongInput
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import item_order
from connectors.feeds.files.open import FileFeed
from connectors.feeds.files.open import merge_feeds
from connectors.feeds.files.open import open_feeds
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from schemas.records import OptionsPrint
from tests.connectors.feeds.files import equity_samples
from tests.connectors.feeds.files import samples
from tests.connectors.feeds.files.equity_samples import THETA_ROWS
from tests.connectors.feeds.files.equity_samples import TRF_ROWS
from tests.connectors.feeds.files.equity_samples import equity_print
from tests.connectors.feeds.files.equity_samples import equity_quote
from tests.connectors.feeds.files.equity_samples import ns


def test_theta_stock_rows_become_prints_and_the_market_beside_them(tmp_path: Path) -> None:
    feed = FileFeed(equity_samples.theta_stocks(tmp_path), symbol="xyz")

    items = list(feed.records())

    key = f"file-theta:{feed.session}"
    first, second, third = (
        ns(f"2024-03-04T10:00:0{at}-05:00") for at in ("1.250", "1.300", "2.000")
    )
    quoted = first - 150_000_000
    assert equity_samples.prints(items) == [
        equity_print(
            source_ts=first,
            ingest_ts=first,
            seq=2**32 - 5,
            trace_id=f"{key}:prints:7.{2**32 - 5}",
            source="file:theta",
            price=50.25,
            size=4.0,
            exchange="P",
            conditions=("I", "F"),
            raw_conditions=("115", "32", "95", "115"),
        ),
        equity_print(
            source_ts=second,
            ingest_ts=second,
            seq=78,
            trace_id=f"{key}:prints:57.78",
            source="file:theta",
            price=50.255,
            size=300.0,
            exchange="D",
            off_exchange_flag=True,
            trf_id="Q",
            raw_conditions=("0", "32"),
        ),
        equity_print(
            source_ts=third,
            ingest_ts=third,
            seq=79,
            trace_id=f"{key}:prints:999.79",
            source="file:theta",
            price=50.2,
            size=100.0,
            exchange="999",
            raw_conditions=("0", "32"),
        ),
    ]
    assert equity_samples.quotes(items) == [
        equity_quote(
            source_ts=quoted,
            ingest_ts=quoted,
            seq=1,
            trace_id=f"{key}:quotes:2",
            source="file:theta",
            bid=50.2,
            ask=50.3,
            bid_size=300.0,
            ask_size=200.0,
            bid_exchange="P",
            ask_exchange="Q",
        ),
        equity_quote(
            source_ts=third,
            ingest_ts=third,
            seq=2,
            trace_id=f"{key}:quotes:4",
            source="file:theta",
            bid=50.2,
            ask=None,
            bid_size=100.0,
            ask_size=None,
            bid_exchange="Z",
            ask_exchange=None,
        ),
    ]
    # The quote of an instant comes before the print of it.
    assert [type(record) for record in samples.records(items)] == [
        *(EquityQuote, EquityPrint, EquityPrint, EquityQuote, EquityPrint),
    ]
    assert feed.summary.unknown_venues == {"999": 1}
    assert feed.summary.accepted_by_topic == {"equities.prints": 3, "equities.quotes": 2}


def test_theta_quote_sizes_are_shares_from_the_day_the_tapes_changed(tmp_path: Path) -> None:
    before, after = ns("2025-11-02T23:59:59-05:00"), ns("2025-11-03T00:00:00-05:00")
    rows = [
        THETA_ROWS[0]
        .replace("1709564401250", str(at // 10**6))
        .replace("1709564401100", str(at // 10**6))
        for at in (before, after)
    ]

    feed = FileFeed(equity_samples.theta_stocks(tmp_path, rows), symbol="XYZ")

    found = equity_samples.quotes(feed.records())
    assert [(quote.bid_size, quote.ask_size) for quote in found] == [(300.0, 200.0), (3.0, 2.0)]


def test_theta_stock_quote_after_its_trade_is_dropped_and_counted(tmp_path: Path) -> None:
    row = THETA_ROWS[0].replace("1709564401100", "1709564401251")
    feed = FileFeed(equity_samples.theta_stocks(tmp_path, [row]), symbol="XYZ")

    items = list(feed.records())

    assert (len(equity_samples.prints(items)), equity_samples.quotes(items)) == (1, [])
    assert feed.summary.dropped_quotes == 1


def test_theta_stock_row_without_a_quote_is_a_print_alone(tmp_path: Path) -> None:
    row = THETA_ROWS[0].replace("1709564401100", "0")
    feed = FileFeed(equity_samples.theta_stocks(tmp_path, [row]), symbol="XYZ")

    assert [type(record) for record in samples.records(feed.records())] == [EquityPrint]
    assert feed.summary.dropped_quotes == 0


def test_theta_stock_repeat_of_a_sequence_is_dropped(tmp_path: Path) -> None:
    path = equity_samples.theta_stocks(tmp_path, [THETA_ROWS[0], THETA_ROWS[0]])
    feed = FileFeed(path, symbol="XYZ")

    assert len(equity_samples.prints(feed.records())) == 1
    assert feed.summary.duplicates == 1


def test_theta_stock_file_needs_its_symbol(tmp_path: Path) -> None:
    path = equity_samples.theta_stocks(tmp_path)

    with pytest.raises(MissingFact, match="no column with the stock; name it with --symbol"):
        FileFeed(path)
    assert FileFeed(path, symbol="A").session != FileFeed(path, symbol="B").session


def test_theta_is_one_format_with_two_layouts(tmp_path: Path) -> None:
    stocks, options = equity_samples.theta_stocks(tmp_path), samples.theta(tmp_path)

    assert FileFeed(stocks, format="theta", symbol="XYZ").origin.topics == (
        *("equities.prints", "equities.quotes"),
    )
    assert FileFeed(options, format="theta").origin.topics == ("options.prints",)
    lost = samples.write(tmp_path / "lost.csv", [samples.THETA_HEADER.replace("right", "side")])
    with pytest.raises(WrongFormat, match=r"ThetaData option trades .* missing: right"):
        FileFeed(lost)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (",50.25,", ",-1,", "invalid_price"),
        (",4,7,", ",0,7,", "invalid_size"),
        ("1709564401250", "170956440", "bad_timestamp"),
        (",-5,", ",x,", "not_decodable"),
        (",50.2,", ",oops,", "not_decodable"),
    ],
)
def test_theta_stock_bad_row_is_a_dead_letter_of_prints(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    assert old in THETA_ROWS[0]
    path = equity_samples.theta_stocks(tmp_path, [THETA_ROWS[0].replace(old, new, 1)])

    (reject,) = samples.rejects(FileFeed(path, symbol="XYZ").records())

    assert (reject.reason, reject.topic, reject.line) == (reason, "equities.prints", 2)


def test_trf_rows_become_off_exchange_prints_oldest_first(tmp_path: Path) -> None:
    feed = FileFeed(equity_samples.trf(tmp_path))

    found = equity_samples.prints(feed.records())

    key = f"file-trf:{feed.session}:prints:"
    open_, late = ns("2024-03-04T09:31:00.001-05:00"), ns("2024-03-04T19:59:58.600-05:00")
    off = {"source": "file:trf", "exchange": "D", "off_exchange_flag": True, "session": "post"}
    assert found == [
        equity_print(
            source_ts=open_,
            ingest_ts=open_,
            seq=1,
            trace_id=f"{key}aa000001",
            source="file:trf",
            price=50.1,
            size=1.0,
            exchange="OTHER",
            raw_conditions=("side:B",),
        ),
        equity_print(
            source_ts=late,
            ingest_ts=late,
            seq=2,
            trace_id=f"{key}aa000002",
            price=50.26,
            size=7.0,
            trf_id="Q",
            raw_conditions=("side:A",),
            **off,
        ),
        equity_print(
            source_ts=late,
            ingest_ts=late,
            seq=3,
            trace_id=f"{key}aa000003",
            price=50.255,
            size=120.0,
            trf_id="A",
            raw_conditions=("side:M",),
            **off,
        ),
    ]
    assert feed.summary.unknown_venues == {"OTHER": 1}


def test_trf_id_is_told_apart_by_an_ordinal_and_repeats_are_dropped(tmp_path: Path) -> None:
    other = TRF_ROWS[0].replace(",120,", ",121,")
    feed = FileFeed(equity_samples.trf(tmp_path, [TRF_ROWS[0], other, TRF_ROWS[0]]))

    found = equity_samples.prints(feed.records())

    ids = [(record.trace_id.rsplit(":", 1)[1], record.size) for record in found]
    assert ids == [("aa000003.1", 121.0), ("aa000003", 120.0)]
    assert feed.summary.duplicates == 1


def test_trf_symbol_is_in_the_name_or_said(tmp_path: Path) -> None:
    path = equity_samples.trf(tmp_path, name="prints.csv")

    with pytest.raises(MissingFact, match="SYMBOL_YYYY-MM-DD"):
        FileFeed(path)
    (first, *_) = equity_samples.prints(FileFeed(path, symbol="brk.b").records())
    assert first.underlying_id == "BRK.B"
    (first, *_) = equity_samples.prints(
        FileFeed(equity_samples.trf(tmp_path), symbol="QQQ").records()
    )
    assert first.underlying_id == "XYZ"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("2024-03-04 19:59:58.600", "yesterday", "bad_timestamp"),
        ("50.2550", "free", "invalid_price"),
        (",120,", ",-1,", "invalid_size"),
        ("aa000003", "", "missing_field"),
    ],
)
def test_trf_bad_row_is_a_dead_letter(tmp_path: Path, old: str, new: str, reason: str) -> None:
    feed = FileFeed(equity_samples.trf(tmp_path, [TRF_ROWS[0].replace(old, new), TRF_ROWS[1]]))

    items = list(feed.records())

    assert [(r.reason, r.topic) for r in samples.rejects(items)] == [(reason, "equities.prints")]
    assert len(equity_samples.prints(items)) == 1


def test_trf_rows_of_another_date_than_the_named_one_are_rejected(tmp_path: Path) -> None:
    feed = FileFeed(equity_samples.trf(tmp_path), date="2024-03-05")

    assert {r.reason for r in samples.rejects(feed.records())} == {"bad_timestamp"}


def test_several_kinds_and_underlyings_are_merged_by_time(tmp_path: Path) -> None:
    paths = [
        samples.tos(tmp_path),
        equity_samples.lean_trades(tmp_path),
        equity_samples.lean_quotes(tmp_path),
        equity_samples.trf(tmp_path, name="ABC_2024-03-04_prints.csv"),
        equity_samples.theta_stocks(tmp_path),
    ]
    feeds = open_feeds(paths, symbol="QQQ")

    items = list(merge_feeds(feeds))

    orders = [item_order(item) for item in items]
    assert orders == sorted(orders)
    assert len(items) == sum(feed.summary.accepted for feed in feeds)
    by_type = {
        (type(item.record), item.record.underlying_id)
        for item in items
        if isinstance(item, Accepted)
    }
    assert (EquityPrint, "XYZ") in by_type
    assert (EquityQuote, "XYZ") in by_type
    assert (EquityPrint, "ABC") in by_type
    assert (EquityPrint, "QQQ") in by_type
    assert (EquityQuote, "QQQ") in by_type
    assert (OptionsPrint, "QQQ") in by_type


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    at=st.integers(min_value=0),
    byte=st.integers(0, 255),
    kind=st.sampled_from(["theta_stocks", "trf"]),
    cut=st.booleans(),
)
def test_changed_or_cut_file_never_crashes(
    tmp_path: Path, at: int, byte: int, kind: str, cut: bool
) -> None:
    path: Path = getattr(equity_samples, kind)(tmp_path)
    content = bytearray(path.read_bytes())
    place = at % len(content)
    content[place] = byte
    path.write_bytes(content[:place] if cut else content)

    try:
        list(FileFeed(path, symbol="XYZ").records())
    except (WrongInput, TooManyRejects):
        return
