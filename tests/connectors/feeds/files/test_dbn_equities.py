"""Databento files of US equities: prints, scopes of quotes, consolidation, identities."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.base.errors import WrongInput
from connectors.feeds.files.open import FileFeed
from tests.connectors.feeds.files import dbn_samples
from tests.connectors.feeds.files import samples
from tests.connectors.feeds.files.dbn_samples import EVENT
from tests.connectors.feeds.files.dbn_samples import INSTRUMENT
from tests.connectors.feeds.files.dbn_samples import RECEIVED
from tests.connectors.feeds.files.dbn_samples import UNDEF
from tests.connectors.feeds.files.dbn_samples import consolidated
from tests.connectors.feeds.files.dbn_samples import dbn
from tests.connectors.feeds.files.dbn_samples import level
from tests.connectors.feeds.files.dbn_samples import trade
from tests.connectors.feeds.files.dbn_samples import venue_quoted
from tests.connectors.feeds.files.equity_samples import equity_print
from tests.connectors.feeds.files.equity_samples import equity_quote
from tests.connectors.feeds.files.equity_samples import prints
from tests.connectors.feeds.files.equity_samples import quotes

XNAS = 2
EQUS_MINI = 95
SOURCE = {"source": "databento", "source_ts": EVENT, "ingest_ts": RECEIVED}
SIDES = {"bid": 1.2, "ask": 1.3, "bid_size": 11.0, "ask_size": 12.0}
ADD: Any = dbn.Action.ADD


def feed_of(
    tmp_path: Path,
    schema: str,
    *records: bytes,
    dataset: str = "XNAS.ITCH",
    symbol: str | None = "XYZ",
) -> FileFeed:
    head = dbn_samples.metadata(schema, dataset=dataset, symbol=symbol)
    return FileFeed(dbn_samples.write(tmp_path / f"{schema}.dbn", head, records))


def mbp1(bid: int, ask: int, **changes: object) -> bytes:
    pair = dbn.BidAskPair(bid_px=bid, ask_px=ask, bid_sz=11, ask_sz=12)
    return venue_quoted(**{"action": ADD, "publisher_id": XNAS, "levels": pair, **changes})


def sample(schema: str, **changes: object) -> bytes:
    values = {
        "rtype": int(dbn.RType.from_schema(dbn.Schema.from_str(schema))),
        "publisher_id": XNAS,
        "instrument_id": INSTRUMENT,
        "ts_event": EVENT - 10**9,
        "price": 1_250_000_000,
        "size": 7,
        "side": dbn.Side.NONE,
        "ts_recv": RECEIVED,
        "sequence": 901,
        "levels": dbn.BidAskPair(bid_px=1_200_000_000, ask_px=1_300_000_000, bid_sz=11, ask_sz=12),
    }
    return bytes(dbn.BBOMsg(**{**values, **changes}))


def test_trade_becomes_a_print_of_its_venue(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "trades", trade(publisher_id=XNAS))

    assert samples.records(feed.records()) == [
        equity_print(
            **SOURCE,
            seq=901,
            trace_id=f"databento:XNAS.ITCH-2024-03-04:prints:2.{INSTRUMENT}.901.{EVENT}",
            price=1.25,
            size=7.0,
            exchange="Q",
        )
    ]
    assert feed.origin.topics == ("equities.prints", "equities.quotes")


@pytest.mark.parametrize(
    ("publisher", "exchange", "trf_id"),
    [
        (9, "N", None),
        (43, "P", None),
        (54, "D", "Q"),
        (56, "D", "B"),
        (55, "D", "N"),
        (EQUS_MINI, "", None),
        (9999, "9999", None),
    ],
)
def test_publisher_is_venue_or_facility(
    tmp_path: Path, publisher: int, exchange: str, trf_id: str | None
) -> None:
    feed = feed_of(tmp_path, "trades", trade(publisher_id=publisher), dataset="EQUS.PLUS")

    (found,) = prints(feed.records())

    assert (found.exchange, found.trf_id) == (exchange, trf_id)
    assert found.off_exchange_flag is (trf_id is not None)
    assert feed.summary.unknown_venues == ({"9999": 1} if exchange == "9999" else {})


def test_tbbo_is_a_print_and_before_it_the_venues_own_quote(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "tbbo", venue_quoted(publisher_id=XNAS))

    key = f"2.{INSTRUMENT}.901.{EVENT}"
    assert samples.records(feed.records()) == [
        equity_quote(
            **SOURCE,
            **SIDES,
            seq=901,
            trace_id=f"databento:XNAS.ITCH-2024-03-04:quotes:{key}",
            scope="venue",
            bid_exchange="Q",
            ask_exchange="Q",
        ),
        equity_print(
            **SOURCE,
            seq=901,
            trace_id=f"databento:XNAS.ITCH-2024-03-04:prints:{key}",
            price=1.25,
            size=7.0,
            exchange="Q",
        ),
    ]


def test_equal_quote_of_trades_of_one_instant_is_told_once(tmp_path: Path) -> None:
    rows = [venue_quoted(publisher_id=XNAS, sequence=n) for n in (1, 2)]
    later = venue_quoted(publisher_id=XNAS, sequence=3, ts_event=EVENT + 1)

    items = list(feed_of(tmp_path, "tbbo", *rows, later).records())

    assert (len(prints(items)), [quote.seq for quote in quotes(items)]) == (3, [1, 3])


def test_aggregated_book_is_the_market_without_venues(tmp_path: Path) -> None:
    row = venue_quoted(publisher_id=EQUS_MINI)
    items = list(feed_of(tmp_path, "tbbo", row, dataset="EQUS.MINI").records())

    (quote,), (found,) = quotes(items), prints(items)
    assert (quote.scope, quote.consolidated) == ("nbbo", False)
    assert (quote.bid_exchange, quote.ask_exchange) == (None, None)
    assert (quote.bid, quote.ask, found.exchange) == (1.2, 1.3, "")


def test_mbp1_gives_the_changes_of_the_book_and_a_clear_is_a_void(tmp_path: Path) -> None:
    feed = feed_of(
        tmp_path,
        "mbp-1",
        mbp1(1_200_000_000, UNDEF),
        mbp1(1_200_000_000, 1_300_000_000, sequence=902),
        venue_quoted(publisher_id=XNAS, sequence=903),
        mbp1(UNDEF, UNDEF, sequence=904, action=dbn.Action.CLEAR),
    )

    found = quotes(feed.records())

    assert [(q.bid, q.ask, q.bid_size, q.ask_size) for q in found] == [
        (1.2, None, 11.0, None),
        (1.2, 1.3, 11.0, 12.0),
        (None, None, None, None),
    ]
    assert {q.scope for q in found} == {"venue"}
    assert (feed.summary.rows, feed.summary.ignored) == (3, 1)


def test_venues_side_by_side_are_consolidated(tmp_path: Path) -> None:
    iex, chicago, book = 41, 39, 1_200_000_000
    feed = feed_of(
        tmp_path,
        "mbp-1",
        mbp1(book, book + 10**8, publisher_id=iex),
        mbp1(book - 10**7, book + 2 * 10**8, publisher_id=chicago, sequence=902),
        mbp1(book - 10**7, book + 5 * 10**7, publisher_id=chicago, sequence=903),
        mbp1(UNDEF, UNDEF, publisher_id=iex, sequence=904),
        dataset="DBEQ.BASIC",
    )

    found = quotes(feed.records())

    assert [(q.bid, q.bid_exchange, q.ask, q.ask_exchange) for q in found] == [
        (1.2, "V", 1.3, "V"),
        (1.2, "V", 1.25, "M"),
        (1.19, "M", 1.25, "M"),
    ]
    assert {(q.scope, q.consolidated) for q in found} == {("nbbo", True)}
    assert [q.seq for q in found] == [901, 903, 904]


def test_venue_quotes_known_only_at_trades_are_not_consolidated(tmp_path: Path) -> None:
    items = list(
        feed_of(tmp_path, "tbbo", venue_quoted(publisher_id=41), dataset="DBEQ.BASIC").records()
    )

    assert (len(prints(items)), quotes(items)) == (1, [])


@pytest.mark.parametrize("schema", ["bbo-1s", "bbo-1m"])
def test_sample_is_of_the_end_of_its_interval_not_of_the_last_trade(
    tmp_path: Path, schema: str
) -> None:
    (found,) = quotes(feed_of(tmp_path, schema, sample(schema)).records())

    assert (found.source_ts, found.ingest_ts, found.scope) == (RECEIVED, RECEIVED, "venue")
    assert found.trace_id.endswith(f":quotes:2.{INSTRUMENT}.901.{RECEIVED}")


@pytest.mark.parametrize("schema", ["tcbbo", "cmbp-1"])
def test_consolidated_book_carries_its_venues(tmp_path: Path, schema: str) -> None:
    action = dbn.Action.TRADE if schema == "tcbbo" else dbn.Action.MODIFY
    row = consolidated(
        schema, publisher_id=EQUS_MINI, action=action, levels=level(bid_pb=2, ask_pb=43)
    )
    items = list(feed_of(tmp_path, schema, row, row, dataset="EQUS.ALL").records())

    found = quotes(items)
    first = found[0]
    assert (first.scope, first.consolidated) == ("nbbo", False)
    assert (first.bid, first.ask, first.bid_exchange, first.ask_exchange) == (1.2, 1.3, "Q", "P")
    assert len(prints(items)) == (2 if schema == "tcbbo" else 0)
    assert len(found) == (1 if schema == "tcbbo" else 2)
    ids = [record.trace_id for record in samples.records(items)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"price": UNDEF}, "invalid_price"),
        ({"size": 0}, "invalid_size"),
        ({"ts_recv": 0}, "bad_timestamp"),
        ({"instrument_id": 1}, "bad_symbol"),
        ({"action": dbn.Action.CANCEL}, "unknown_message"),
    ],
)
def test_bad_record_is_a_dead_letter_of_prints(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    bad = trade(publisher_id=XNAS, **changes)
    feed = feed_of(tmp_path, "trades", trade(publisher_id=XNAS), bad)

    items = list(feed.records())

    (reject,) = samples.rejects(items)
    assert (reject.reason, reject.topic, reject.line) == (reason, "equities.prints", 2)
    assert len(prints(items)) == 1


@pytest.mark.parametrize(
    ("symbol", "underlying"), [("BRK.B", "BRK.B"), ("BRK B", "BRK.B"), ("AAC+", "AAC+")]
)
def test_symbol_is_the_underlying(tmp_path: Path, symbol: str, underlying: str) -> None:
    (found,) = prints(feed_of(tmp_path, "trades", trade(), symbol=symbol).records())

    assert found.underlying_id == underlying


def test_symbol_that_is_none_is_rejected(tmp_path: Path) -> None:
    items = feed_of(tmp_path, "trades", trade(), symbol="?!").records()

    assert [reject.reason for reject in samples.rejects(items)] == ["bad_symbol"]


def test_record_of_another_date_than_the_named_one_is_rejected(tmp_path: Path) -> None:
    head = dbn_samples.metadata("trades", dataset="XNAS.ITCH", symbol="XYZ")
    path = dbn_samples.write(tmp_path / "x.dbn", head, [trade(publisher_id=XNAS)])

    items = list(FileFeed(path, date="2024-03-05").records())

    assert [reject.reason for reject in samples.rejects(items)] == ["bad_timestamp"]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("mbo", "books are not rebuilt here; download mbp-1"),
        ("mbp-10", "download mbp-1"),
        ("definition", "put it beside a trades, tbbo or mbp-1 file"),
        ("ohlcv-1m", "bars are made from prints here"),
        ("imbalance", "expected one of bbo-1m, bbo-1s, cbbo-1m"),
    ],
)
def test_other_schema_is_refused_with_a_hint(tmp_path: Path, schema: str, message: str) -> None:
    with pytest.raises(WrongFormat, match=message):
        feed_of(tmp_path, schema)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(min_value=0), byte=st.integers(0, 255))
def test_changed_byte_never_crashes(tmp_path: Path, at: int, byte: int) -> None:
    head = dbn_samples.metadata("tbbo", dataset="XNAS.ITCH", symbol="XYZ")
    rows = [venue_quoted(publisher_id=XNAS), venue_quoted(publisher_id=XNAS, sequence=5)]
    path = dbn_samples.write(tmp_path / "x.dbn", head, rows)
    content = bytearray(path.read_bytes())
    content[at % len(content)] = byte
    path.write_bytes(content)

    try:
        items = list(FileFeed(path).records())
    except WrongInput:
        return
    assert len(items) <= 5
