"""Each vendor's rows become exactly the records of the specification."""

from datetime import UTC
from datetime import datetime
from pathlib import Path

import pytest

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.files.open import FileFeed
from schemas.records import OptionsPrint
from tests.connectors.feeds.files import samples

EXPIRY = 19797  # 2024-03-15


def ns(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return (int(moment.timestamp()) * 1_000 + moment.microsecond // 1_000) * 1_000_000


def expected(**values: object) -> OptionsPrint:
    base: dict[str, object] = {
        "schema_version": "options.prints.v1",
        "option_contract_id": "XYZ-2024-03-15-50-C",
        "underlying_id": "XYZ",
        "root": "XYZ",
        "right": "C",
        "multiplier_source": "default",
        "expiry": EXPIRY,
        "multiplier": 100,
        "strike": 50.0,
        "price": 1.25,
        "adjusted": False,
        "flex": False,
        "conditions": (),
        "raw_conditions": (),
    }
    return OptionsPrint(**{**base, **values})  # type: ignore[arg-type] # checked by equality


PUT = {"option_contract_id": "XYZ-2024-03-15-47.5-P", "right": "P", "strike": 47.5, "price": 0.4}


def test_tos_rows_keep_equal_fills_and_the_order_of_the_tape(tmp_path: Path) -> None:
    feed = FileFeed(samples.tos(tmp_path))

    found = samples.prints(feed.records())

    first = ns("2024-03-04T10:00:01-05:00")
    fill = {
        "source": "file:tos",
        "exchange": "C",
        "size": 7,
        "nbbo_bid": 1.2,
        "nbbo_ask": 1.3,
        "underlying_bid": 49.9,
        "underlying_ask": 49.9,
        "provider_iv": 0.4,
    }
    key = f"file-tos:{feed.session}:prints:"
    last = ns("2024-03-04T10:00:02-05:00")
    assert found == [
        expected(source_ts=first, ingest_ts=first, seq=1, trace_id=f"{key}2", **fill),
        expected(source_ts=first + 1, ingest_ts=first + 1, seq=2, trace_id=f"{key}3", **fill),
        expected(
            source_ts=last,
            ingest_ts=last,
            seq=3,
            trace_id=f"{key}4",
            source="file:tos",
            exchange="",
            size=3,
            conditions=("f",),
            raw_conditions=("Spread",),
            nbbo_bid=0.0,
            nbbo_ask=0.45,
            underlying_bid=49.8,
            underlying_ask=49.8,
            **PUT,
        ),
    ]


def test_theta_rows_carry_the_quote_at_the_trade(tmp_path: Path) -> None:
    feed = FileFeed(samples.theta(tmp_path))

    found = samples.prints(feed.records())

    key = f"file-theta:{feed.session}:prints:"
    at, later = ns("2024-03-04T15:00:01.250+00:00"), ns("2024-03-04T15:00:02+00:00")
    assert found == [
        expected(
            source_ts=at,
            ingest_ts=at,
            seq=2**32 - 5,
            trace_id=f"{key}43.{2**32 - 5}",
            source="file:theta",
            exchange="M",
            size=4,
            conditions=("I",),
            raw_conditions=("18",),
            nbbo_bid=1.2,
            nbbo_ask=1.3,
            nbbo_bid_size=10,
            nbbo_ask_size=20,
            nbbo_ts=at - 150_000_000,
            nbbo_bid_venue="C",
            nbbo_ask_venue="I",
        ),
        expected(
            source_ts=later,
            ingest_ts=later,
            seq=77,
            trace_id=f"{key}999.77",
            source="file:theta",
            exchange="999",
            size=2,
            raw_conditions=("0",),
            nbbo_bid=0.0,
            nbbo_ask=0.45,
            nbbo_bid_size=1,
            nbbo_ask_size=9,
            nbbo_ts=later,
            nbbo_bid_venue="N",
            nbbo_ask_venue="P",
            **PUT,
        ),
    ]
    assert feed.summary.unknown_venues == {"999": 1}


def test_theta_quote_after_its_trade_is_dropped_and_counted(tmp_path: Path) -> None:
    row = samples.THETA_ROWS[0].replace("1709564401100", "1709564401251")
    feed = FileFeed(samples.theta(tmp_path, [row]))

    (found,) = samples.prints(feed.records())

    assert (found.nbbo_bid, found.nbbo_ask, found.nbbo_ts, found.nbbo_bid_venue) == (None,) * 4
    assert feed.summary.dropped_quotes == 1


def test_cboe_rows_are_sorted_and_carry_nbbo_and_venue_quotes(tmp_path: Path) -> None:
    feed = FileFeed(samples.cboe(tmp_path))

    found = samples.prints(feed.records())

    key = f"file-cboe:{feed.session}:prints:"
    stamps = [ns(f"2024-03-04T10:00:0{s}-05:00") for s in ("1", "2.500", "3")]
    trade = {
        "source": "file:cboe",
        "exchange": "C",
        "size": 30,
        "nbbo_bid": 1.2,
        "nbbo_ask": 1.3,
    }
    assert found == [
        expected(
            source_ts=stamps[0],
            ingest_ts=stamps[0],
            seq=900,
            trace_id=f"{key}900",
            source="file:cboe",
            exchange="I",
            size=5,
            conditions=("f",),
            raw_conditions=("35",),
            nbbo_bid=0.35,
            nbbo_ask=0.45,
            nbbo_bid_size=3,
            nbbo_ask_size=4,
            nbbo_bid_venue="C",
            nbbo_ask_venue="C",
            underlying_bid=49.9,
            underlying_ask=49.92,
            **PUT,
        ),
        expected(
            source_ts=stamps[1],
            ingest_ts=stamps[1],
            seq=901,
            trace_id=f"{key}901",
            conditions=("I",),
            raw_conditions=("18",),
            nbbo_bid_size=40,
            nbbo_ask_size=60,
            nbbo_bid_venue="I",
            nbbo_ask_venue="N",
            venue_bid=1.2,
            venue_ask=1.35,
            venue_bid_size=11,
            venue_ask_size=12,
            underlying_bid=49.9,
            underlying_ask=49.92,
            **trade,
        ),
        expected(
            source_ts=stamps[2],
            ingest_ts=stamps[2],
            seq=902,
            trace_id=f"{key}902",
            conditions=("A",),
            raw_conditions=("40",),
            **trade,
        ),
    ]


def test_barchart_rows_read_screens_with_thousands_and_a_footer(tmp_path: Path) -> None:
    feed = FileFeed(samples.barchart(tmp_path))

    found = samples.prints(feed.records())

    at = ns("2024-03-04T10:00:01-05:00")
    key = f"file-barchart:{feed.session}:prints:"
    assert found == [
        expected(
            source_ts=at,
            ingest_ts=at,
            seq=1,
            trace_id=f"{key}2",
            source="file:barchart",
            exchange="",
            option_contract_id="XYZ-2024-03-15-1050-C",
            strike=1050.0,
            size=1200,
            conditions=("I",),
            raw_conditions=("AUTO",),
            nbbo_bid=1.2,
            nbbo_ask=1.3,
            nbbo_bid_size=501,
            nbbo_ask_size=1,
            underlying_bid=1049.9,
            underlying_ask=1049.9,
            provider_iv=1.3208,
        ),
        expected(
            source_ts=at + 1,
            ingest_ts=at + 1,
            seq=2,
            trace_id=f"{key}3",
            source="file:barchart",
            exchange="",
            option_contract_id="BRKB-2024-03-15-395-P",
            underlying_id="BRK.B",
            root="BRKB",
            right="P",
            strike=395.0,
            price=2.19,
            size=150,
            conditions=("f",),
            raw_conditions=("MLET", "ToOpen"),
            nbbo_bid=0.0,
            nbbo_ask=3.0,
            nbbo_bid_size=0,
            nbbo_ask_size=3,
            underlying_bid=400.5,
            underlying_ask=400.5,
            provider_iv=0.148,
        ),
    ]
    assert (feed.summary.rows, feed.summary.ignored, feed.summary.rejects) == (2, 1, 0)


def test_barchart_date_comes_from_the_caller_or_is_asked_for(tmp_path: Path) -> None:
    lines = [samples.BARCHART_HEADER, *samples.BARCHART_ROWS]
    path = samples.write(tmp_path / "flow.csv", lines)

    with pytest.raises(MissingFact, match="--date YYYY-MM-DD"):
        FileFeed(path)
    found = samples.read(path, date="2024-07-01")

    assert found[0].source_ts == ns("2024-07-01T10:00:01-04:00")


def test_tos_symbol_comes_from_the_name_or_the_caller_or_is_asked_for(tmp_path: Path) -> None:
    path = samples.tos(tmp_path, name="17-may.csv")

    with pytest.raises(MissingFact, match="--symbol"):
        FileFeed(path)
    found = samples.read(path, symbol="abc")

    assert {record.underlying_id for record in found} == {"ABC"}


def test_shuffled_columns_crlf_and_bom_change_nothing(tmp_path: Path) -> None:
    plain = samples.read(samples.tos(tmp_path))
    table = [line.split(",") for line in (samples.TOS_HEADER, *samples.TOS_ROWS)]
    order = list(reversed(range(len(table[0]))))
    lines = [",".join(row[column] for column in order) for row in table]
    shuffled = samples.write(tmp_path / "XYZ_other.csv", lines, end="\r\n")
    shuffled.write_bytes(b"\xef\xbb\xbf" + shuffled.read_bytes())

    found = samples.read(shuffled)

    def content(record: OptionsPrint) -> tuple[object, ...]:
        values = {name: getattr(record, name) for name in record.__struct_fields__}
        return tuple(value for name, value in values.items() if name != "trace_id")

    assert [content(record) for record in found] == [content(record) for record in plain]


def test_vendor_aggressor_codes_name_the_side_and_are_no_condition(tmp_path: Path) -> None:
    rows = [samples.CBOE_ROWS[0].replace(",18,0,", f",{code},0,") for code in (145, 146)]
    rows[1] = rows[1].replace(",901,", ",903,")

    found = samples.read(samples.cboe(tmp_path, rows))

    assert [(record.vendor_aggressor, record.conditions) for record in found] == [
        ("buy", ()),
        ("sell", ()),
    ]


def test_unknown_condition_passes_through_and_is_counted(tmp_path: Path) -> None:
    rows = [samples.CBOE_ROWS[0].replace(",18,0,", ",206,0,")]
    feed = FileFeed(samples.cboe(tmp_path, rows))

    (found,) = samples.prints(feed.records())

    assert (found.conditions, found.raw_conditions) == (("nx:206",), ("206",))
    assert feed.summary.unknown_conditions == {"nx:206": 1}


def test_same_file_read_twice_gives_the_same_records(tmp_path: Path) -> None:
    feed = FileFeed(samples.cboe(tmp_path))

    assert list(feed.records()) == list(feed.records())
    assert feed.summary.rows == 3


def test_dst_change_is_read_with_the_right_offset(tmp_path: Path) -> None:
    rows = [samples.TOS_ROWS[0].replace("2024-03-04", day) for day in ("2024-03-08", "2024-03-11")]

    before, after = samples.read(samples.tos(tmp_path, rows))

    assert after.source_ts - before.source_ts == (3 * 24 - 1) * 3600 * 1_000_000_000
    assert datetime.fromtimestamp(before.source_ts // 10**9, UTC).hour == 15
