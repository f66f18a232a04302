"""Tick archives of LEAN become prints and the market that stood; bad ones are told apart."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from connectors.feeds.base.errors import TooManyRejects
from connectors.feeds.base.errors import WrongInput
from connectors.feeds.files.open import FileFeed
from tests.connectors.feeds.files import equity_samples
from tests.connectors.feeds.files import samples
from tests.connectors.feeds.files.equity_samples import OPEN_MS
from tests.connectors.feeds.files.equity_samples import equity_print
from tests.connectors.feeds.files.equity_samples import equity_quote
from tests.connectors.feeds.files.equity_samples import ns

OPEN = ns("2024-03-04T09:30:00-05:00")
QUARTER = 250_000_000


def test_trades_become_prints_in_the_order_of_the_tape(tmp_path: Path) -> None:
    feed = FileFeed(equity_samples.lean_trades(tmp_path))

    found = equity_samples.prints(feed.records())

    key = f"file-lean:{feed.session}:prints:"
    lit = {"source": "file:lean", "price": 50.01, "size": 250.0, "exchange": "N"}
    opening = {"conditions": ("O",), "raw_conditions": ("40",)}
    before = OPEN - 1_000_000
    assert found == [
        equity_print(
            source_ts=before,
            ingest_ts=before,
            seq=1,
            trace_id=f"{key}1",
            source="file:lean",
            price=50.0,
            size=100.0,
            exchange="P",
            session="pre",
            conditions=("T",),
            raw_conditions=("2000",),
        ),
        equity_print(source_ts=OPEN, ingest_ts=OPEN, seq=2, trace_id=f"{key}2", **lit, **opening),
        equity_print(
            source_ts=OPEN + 1, ingest_ts=OPEN + 1, seq=3, trace_id=f"{key}3", **lit, **opening
        ),
        equity_print(
            source_ts=OPEN + QUARTER,
            ingest_ts=OPEN + QUARTER,
            seq=4,
            trace_id=f"{key}4",
            source="file:lean",
            price=50.005,
            size=37.0,
            exchange="D",
            off_exchange_flag=True,
            conditions=("F", "I"),
            raw_conditions=("80000020", "suspicious"),
        ),
    ]
    assert feed.session == feed.sha256[:12]
    assert (feed.summary.rows, feed.summary.accepted) == (4, 4)


def test_bid_and_offer_of_one_instant_are_one_quote_told_when_it_changes(tmp_path: Path) -> None:
    feed = FileFeed(equity_samples.lean_quotes(tmp_path))

    found = equity_samples.quotes(feed.records())

    key = f"file-lean:{feed.session}:quotes:"
    offer = {"ask": 50.02, "ask_size": 400.0, "ask_exchange": "Q", "source": "file:lean"}
    later = OPEN + QUARTER + 2
    assert found == [
        equity_quote(
            source_ts=OPEN,
            ingest_ts=OPEN,
            seq=1,
            trace_id=f"{key}1",
            bid=50.0,
            bid_size=300.0,
            bid_exchange="P",
            **offer,
        ),
        equity_quote(
            source_ts=later,
            ingest_ts=later,
            seq=2,
            trace_id=f"{key}5",
            bid=50.01,
            bid_size=200.0,
            bid_exchange="N",
            **offer,
        ),
    ]
    assert feed.summary.rows == 6


BID = f"{OPEN_MS},500000,300,0,0,P,1,0"
ASK = f"{OPEN_MS},0,0,500200,400,Q,1,0"
Market = tuple[float | None, float | None]


@pytest.mark.parametrize(
    ("rows", "markets"),
    [
        ([BID], [(50.0, None)]),
        ([ASK], [(None, 50.02)]),
        ([ASK, BID], [(None, 50.02), (50.0, 50.02)]),
        # An offer of a later instant is no part of the quote before it.
        ([BID, ASK.replace(str(OPEN_MS), str(OPEN_MS + 1))], [(50.0, None), (50.0, 50.02)]),
        ([BID, BID.replace("500000", "500100")], [(50.0, None), (50.01, None)]),
        ([f"{OPEN_MS},500000,300,500200,400,P,1,0"], [(50.0, 50.02)]),
        ([BID, ASK, f"{OPEN_MS},0,0,0,0,P,1,0"], [(50.0, 50.02)]),
        # A side that is not firm, doubted, or without size or price is no quote.
        ([BID, ASK, f"{OPEN_MS},500000,300,0,0,P,400,0"], [(50.0, 50.02), (None, 50.02)]),
        ([BID, ASK, f"{OPEN_MS},500000,300,0,0,P,1,1"], [(50.0, 50.02), (None, 50.02)]),
        ([BID, ASK, f"{OPEN_MS},500000,0,0,0,P,1,0"], [(50.0, 50.02), (None, 50.02)]),
        ([BID, ASK, f"{OPEN_MS},0,300,0,0,P,1,0"], [(50.0, 50.02), (None, 50.02)]),
        # Crossed and locked markets are told as they are.
        ([BID, ASK.replace("500200", "499900")], [(50.0, 49.99)]),
        # A venue that is best no longer leaves nothing behind.
        (
            [BID, ASK, BID.replace("500000", "499900").replace(",P,", ",N,"), ASK],
            [(50.0, 50.02), (49.99, 50.02)],
        ),
    ],
)
def test_newest_row_of_a_side_is_the_market(
    tmp_path: Path, rows: list[str], markets: list[Market]
) -> None:
    found = equity_samples.quotes(FileFeed(equity_samples.lean_quotes(tmp_path, rows)).records())

    assert [(quote.bid, quote.ask) for quote in found] == markets
    assert len({quote.trace_id for quote in found}) == len(found)
    for quote in found:
        assert (quote.bid is None) == (quote.bid_size is None) == (quote.bid_exchange is None)
        assert (quote.ask is None) == (quote.ask_size is None) == (quote.ask_exchange is None)


GOOD = equity_samples.LEAN_TRADES[1]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (GOOD.replace("500100", "-1"), "invalid_price"),
        (GOOD.replace("500100", "nan"), "invalid_price"),
        (GOOD.replace("500100", ""), "invalid_price"),
        (GOOD.replace(",250,", ",0,"), "invalid_size"),
        (GOOD.replace(",250,", ",-2,"), "invalid_size"),
        (GOOD.replace(",250,", ",9999999999999,"), "invalid_size"),
        (GOOD.replace(str(OPEN_MS), "86400000"), "bad_timestamp"),
        (GOOD.replace(str(OPEN_MS), "-5"), "bad_timestamp"),
        (GOOD.replace(str(OPEN_MS), "9:30"), "bad_timestamp"),
        (GOOD.replace(",40,", ",zz,"), "not_decodable"),
        (GOOD.replace(",40,", ",-4,"), "not_decodable"),
        (GOOD.replace(",0", ",2"), "not_decodable"),
        (GOOD.replace(",N,", ",,"), "missing_field"),
        (GOOD + ",1", "missing_field"),
        ("1,2,3", "missing_field"),
        ("\xff\xfe garbage", "missing_field"),
    ],
)
def test_bad_row_is_a_dead_letter_and_takes_no_place(tmp_path: Path, row: str, reason: str) -> None:
    feed = FileFeed(equity_samples.lean_trades(tmp_path, [GOOD, row, GOOD]))

    items = list(feed.records())

    (reject,) = samples.rejects(items)
    assert (reject.reason, reject.topic, reject.line) == (reason, "equities.prints", 2)
    assert (reject.raw, bool(reject.message)) == (row.encode(), True)
    assert [found.source_ts for found in equity_samples.prints(items)] == [OPEN, OPEN + 1]
    assert (feed.summary.rows, feed.summary.accepted, feed.summary.rejects) == (3, 2, 1)


def test_bad_quote_is_a_dead_letter_of_quotes(tmp_path: Path) -> None:
    bad = BID.replace("300", "x")
    items = list(FileFeed(equity_samples.lean_quotes(tmp_path, [BID, ASK, bad])).records())

    assert [(r.topic, r.reason) for r in samples.rejects(items)] == [
        ("equities.quotes", "invalid_size")
    ]


@pytest.mark.parametrize(
    ("row", "price", "size"),
    [
        (GOOD.replace("500100", "500100.5"), 50.01005, 250.0),
        (GOOD.replace(",250,", ",0.25,"), 50.01, 0.25),
        (GOOD + "\r", 50.01, 250.0),
    ],
)
def test_unusual_numbers_are_read_exactly(
    tmp_path: Path, row: str, price: float, size: float
) -> None:
    (found,) = equity_samples.prints(
        FileFeed(equity_samples.lean_trades(tmp_path, [row])).records()
    )

    assert (found.price, found.size) == (price, size)


def test_blank_lines_and_a_missing_last_end_are_no_rows(tmp_path: Path) -> None:
    feed = FileFeed(equity_samples.lean(tmp_path, [GOOD, "", GOOD], end="\r\n"))

    assert len(equity_samples.prints(feed.records())) == feed.summary.rows == 2


def test_mostly_bad_archive_hands_on_nothing(tmp_path: Path) -> None:
    rows = [GOOD] * 949 + [GOOD.replace(",250,", ",0,")] * 51
    feed = FileFeed(equity_samples.lean_trades(tmp_path, rows))

    with pytest.raises(TooManyRejects, match=r"51 of 1,000 rows"):
        next(feed.records())


@pytest.mark.parametrize("run_rows", [2, 1000])
def test_archive_out_of_order_is_sorted(tmp_path: Path, run_rows: int) -> None:
    rows = [GOOD.replace(str(OPEN_MS), str(OPEN_MS + ms)) for ms in (5, 3, 5, 1, 3)]
    feed = FileFeed(equity_samples.lean_trades(tmp_path, rows), run_rows=run_rows)

    found = equity_samples.prints(feed.records())

    assert [print_.trace_id.rsplit(":", 1)[1] for print_ in found] == ["4", "2", "5", "1", "3"]
    assert [print_.source_ts - OPEN for print_ in found] == [
        *(1_000_000, 3_000_000, 3_000_001, 5_000_000, 5_000_001),
    ]


def test_archive_in_order_needs_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        pytest.fail("a temporary file was made")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    feed = FileFeed(equity_samples.lean_trades(tmp_path, [GOOD] * 50), run_rows=3)

    assert len(equity_samples.prints(feed.records())) == 50


def test_damaged_archive_keeps_the_rows_before_and_says_so(tmp_path: Path) -> None:
    rows = [f"{OPEN_MS + n},{500000 + n * 7919 % 1009},{n % 97 + 1},P,1,0" for n in range(40_000)]
    path = equity_samples.lean_trades(tmp_path, rows)
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") - 30] ^= 0xFF
    path.write_bytes(content)
    feed = FileFeed(path)

    items = list(feed.records())

    assert 20_000 < len(equity_samples.prints(items)) <= 40_000
    assert samples.rejects(items)[-1].reason == "not_decodable"
    assert "is damaged" in str(feed.summary.damaged)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    at=st.integers(min_value=0),
    byte=st.integers(0, 255),
    kind=st.sampled_from(["lean_trades", "lean_quotes"]),
    cut=st.booleans(),
)
def test_changed_or_cut_archive_never_crashes(
    tmp_path: Path, at: int, byte: int, kind: str, cut: bool
) -> None:
    path: Path = getattr(equity_samples, kind)(tmp_path)
    content = bytearray(path.read_bytes())
    place = at % len(content)
    content[place] = byte
    path.write_bytes(content[:place] if cut else content)

    try:
        list(FileFeed(path).records())
    except WrongInput:
        return


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lines=st.lists(st.text('0123456789.,PQD-"x \r', max_size=40), max_size=12),
    kind=st.sampled_from(["lean_trades", "lean_quotes"]),
)
def test_any_text_becomes_records_or_dead_letters_in_order(
    tmp_path: Path, lines: list[str], kind: str
) -> None:
    good = {"lean_trades": GOOD, "lean_quotes": BID}[kind]
    path: Path = getattr(equity_samples, kind)(tmp_path, [good, *lines])
    feed = FileFeed(path)

    items = list(feed.records())

    stamps = [record.source_ts for record in samples.records(items)]
    assert stamps == sorted(stamps)
    assert len(samples.rejects(items)) == feed.summary.rejects <= feed.summary.rows
