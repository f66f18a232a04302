"""Bad rows become dead letters with their place; bad files are refused with a clear message."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from connectors.feeds.base.errors import TooManyRejects
from connectors.feeds.base.errors import UnreadableFile
from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.base.errors import WrongInput
from connectors.feeds.base.items import OPTIONS_PRINTS
from connectors.feeds.files.open import FileFeed
from connectors.feeds.files.open import merge_feeds
from connectors.feeds.files.open import open_feeds
from connectors.feeds.files.sniff import AUTO
from connectors.feeds.files.sniff import FORMATS
from connectors.feeds.files.sniff import sniff
from infra.cli.options import FeedFormat
from infra.settings import FeedSettings
from tests.connectors.feeds.files import samples

GOOD = samples.TOS_ROWS[0]


def broken(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (broken(",1.25,", ",-1.25,"), "invalid_price"),
        (broken(",1.25,", ",nan,"), "invalid_price"),
        (broken(",1.25,", ",inf,"), "invalid_price"),
        (broken(",1.25,", ",1_0,"), "invalid_price"),
        (broken(",1.25,", ",,"), "missing_field"),
        (broken(",C,7,", ",C,0,"), "invalid_size"),
        (broken(",C,7,", ",C,-7,"), "invalid_size"),
        (broken(",C,7,", ",C,7.5,"), "invalid_size"),
        (broken(",C,7,", ",C,99999999999,"), "invalid_size"),
        (broken(",C,7,", ",X,7,"), "bad_symbol"),
        (broken("50.0,C", "abc,C"), "bad_symbol"),
        (broken("50.0,C", "0,C"), "bad_symbol"),
        (broken("2024-03-15", "2024-02-30"), "bad_symbol"),
        (broken("2024-03-15", ""), "missing_field"),
        (broken("2024-03-04 09:00:01", "2024-03-04 09:00:61"), "bad_timestamp"),
        (broken("2024-03-04 09:00:01", "2024-13-04 09:00:01"), "bad_timestamp"),
        (broken("2024-03-04 09:00:01", "04.03.2024"), "bad_timestamp"),
        (broken("2024-03-04 09:00:01", "1024-03-04 09:00:01"), "bad_timestamp"),
        (broken(",1.3,", ",oops,"), "not_decodable"),
        (broken("x", '"x'), "not_decodable"),
        ("2024-03-04 09:00:01,only,three", "missing_field"),
    ],
)
def test_bad_row_is_a_dead_letter_with_line_and_bytes(
    tmp_path: Path, row: str, reason: str
) -> None:
    feed = FileFeed(samples.tos(tmp_path, [GOOD, row, GOOD]))

    items = list(feed.records())

    (reject,) = samples.rejects(items)
    assert (reject.reason, reject.topic) == (reason, OPTIONS_PRINTS)
    assert reject.position == "XYZ_sample.csv:3"
    assert reject.raw == row.encode()
    assert reject.message
    assert [record.seq for record in samples.prints(items)] == [1, 2]
    summary = feed.summary
    assert (summary.rows, summary.accepted, dict(summary.rejected)) == (3, 2, {reason: 1})


def test_bytes_that_are_no_text_are_one_dead_letter(tmp_path: Path) -> None:
    path = samples.tos(tmp_path, [GOOD])
    path.write_bytes(path.read_bytes() + b"\xff\xfe\x00 garbage\n" + GOOD.encode() + b"\n")

    items = list(FileFeed(path).records())

    assert [(r.reason, r.line) for r in samples.rejects(items)] == [("not_decodable", 3)]
    assert len(samples.prints(items)) == 2


def test_an_endless_line_is_not_swallowed_whole(tmp_path: Path) -> None:
    path = samples.tos(tmp_path, [GOOD, "y" * 200_000, GOOD])

    items = list(FileFeed(path).records())

    assert len(samples.prints(items)) == 2
    assert all(len(reject.raw) <= 65_536 for reject in samples.rejects(items))


def test_rows_of_another_date_than_the_named_one_are_rejected(tmp_path: Path) -> None:
    other = GOOD.replace("2024-03-04", "2024-03-05")
    feed = FileFeed(samples.tos(tmp_path, [GOOD, other]), date="2024-03-04")

    items = list(feed.records())

    assert [(r.reason, r.line) for r in samples.rejects(items)] == [("bad_timestamp", 3)]


def test_rows_out_of_order_are_sorted(tmp_path: Path) -> None:
    late = GOOD.replace("09:00:01", "09:00:00")

    found = samples.read(samples.tos(tmp_path, [GOOD, late, GOOD]))

    assert [record.trace_id.rsplit(":", 1)[1] for record in found] == ["3", "2", "4"]
    assert [record.source_ts for record in found] == sorted(record.source_ts for record in found)


def test_repeat_with_a_vendor_sequence_is_dropped_and_counted(tmp_path: Path) -> None:
    feed = FileFeed(samples.cboe(tmp_path, [*samples.CBOE_ROWS, samples.CBOE_ROWS[0]]))

    found = samples.prints(feed.records())

    assert len(found) == 3
    assert (feed.summary.rows, feed.summary.accepted, feed.summary.duplicates) == (4, 3, 1)


def test_other_row_with_a_known_sequence_gets_an_ordinal(tmp_path: Path) -> None:
    other = samples.CBOE_ROWS[0].replace(",30,1.2500", ",31,1.2500")
    feed = FileFeed(samples.cboe(tmp_path, [samples.CBOE_ROWS[0], other]))

    found = samples.prints(feed.records())

    key = f"file-cboe:{feed.session}:prints:901"
    assert [(record.trace_id, record.size) for record in found] == [(key, 30), (f"{key}.1", 31)]


def test_repeat_without_a_vendor_sequence_is_kept(tmp_path: Path) -> None:
    found = samples.read(samples.tos(tmp_path, [GOOD] * 3))

    assert len({record.trace_id for record in found}) == 3


def test_mostly_bad_file_stops_before_anything_is_handed_on(tmp_path: Path) -> None:
    bad = broken(",1.25,", ",-1.25,")
    rows = [GOOD] * 949 + [bad] * 51
    feed = FileFeed(samples.tos(tmp_path, rows))

    with pytest.raises(TooManyRejects, match=r"51 of 1,000 rows") as stopped:
        next(feed.records())

    assert stopped.value.exit_code == 3
    assert str(stopped.value).count("invalid_price") == 10
    assert "XYZ_sample.csv:951" in str(stopped.value)


def test_five_percent_of_bad_rows_are_borne(tmp_path: Path) -> None:
    rows = [GOOD] * 950 + [broken(",1.25,", ",-1.25,")] * 50

    items = list(FileFeed(samples.tos(tmp_path, rows)).records())

    assert len(samples.rejects(items)) == 50


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\xff\xfe" * 50, b"\xff\xfeT\x00i\x00"])
def test_file_without_text_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)

    with pytest.raises(WrongInput, match=r"file\.csv") as refused:
        FileFeed(path)

    assert refused.value.exit_code == 2


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="does not exist"):
        FileFeed(tmp_path / "nothing.csv")
    with pytest.raises(UnreadableFile, match="is no file"):
        FileFeed(tmp_path)
    with pytest.raises(UnreadableFile, match="holds no file of a known format"):
        open_feeds([tmp_path])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04rest", "zip archive"),
        (b"\x1f\x8b\x08rest", "gunzip"),
        (b"a,b,c\n1,2,3\n", "found columns a, b, c"),
        (b"trade_timestamp,quote_timestamp,sequence,price\n", "ThetaData stock trades"),
        (b"time,side,price,size,tid\n", "TRF prints file.* missing: exchange"),
    ],
)
def test_other_file_is_refused_with_what_it_is(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)

    with pytest.raises(WrongFormat, match=message):
        FileFeed(path)


def test_wrong_format_names_what_is_missing_and_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(WrongFormat) as refused:
        FileFeed(samples.theta(tmp_path), format="cboe")

    text = str(refused.value)
    assert "expected a Cboe DataShop option trades file" in text
    assert "found columns symbol, expiration, strike" in text
    assert "missing: underlying_symbol" in text
    assert "did you mean --format theta?" in text


def test_unknown_format_name_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(WrongFormat, match="one of auto, dbn, cboe, theta, tos, barchart, "):
        FileFeed(samples.theta(tmp_path), format="excel")


def test_every_format_can_be_asked_for() -> None:
    settable = get_args(FeedSettings.model_fields["file_feed_format"].annotation)

    assert {each.value for each in FeedFormat} == set(settable) == {AUTO, *FORMATS}


def test_file_with_a_lost_column_is_told_which(tmp_path: Path) -> None:
    path = samples.write(tmp_path / "XYZ.csv", [samples.TOS_HEADER.replace("Trade_Price", "Px")])

    with pytest.raises(WrongFormat, match=r"looks like a thinkorswim .* missing: Trade_Price"):
        sniff(path)


def test_header_without_rows_is_an_empty_day(tmp_path: Path) -> None:
    feed = FileFeed(samples.tos(tmp_path, []))

    assert list(feed.records()) == []
    assert feed.summary.rows == 0


def test_folder_is_all_its_files_of_one_format(tmp_path: Path) -> None:
    samples.tos(tmp_path, name="AAA_day.csv")
    samples.tos(tmp_path, [GOOD], name="BBB_day.csv")
    samples.write(tmp_path / "zzz_cboe.csv", [samples.CBOE_HEADER, *samples.CBOE_ROWS])
    (tmp_path / "notes.txt").write_text("nothing of ours")

    feeds = open_feeds([tmp_path])
    found = samples.prints(merge_feeds(feeds))

    assert [feed.path.name for feed in feeds] == ["AAA_day.csv", "BBB_day.csv"]
    assert len(found) == 4
    assert [record.source_ts for record in found] == sorted(record.source_ts for record in found)


def test_file_named_twice_is_opened_once(tmp_path: Path) -> None:
    path = samples.tos(tmp_path)

    assert len(open_feeds([path, path])) == 1


def test_runs_beyond_memory_give_the_same_records(tmp_path: Path) -> None:
    rows = [
        GOOD.replace("09:00:01", f"09:{n * 37 % 60:02}:{n * 11 % 60:02}").replace(
            ",C,7,", f",C,{n + 1},"
        )
        for n in range(100)
    ]
    path = samples.tos(tmp_path, [*rows, broken(",1.25,", ",-1,")])

    whole = list(FileFeed(path).records())
    spilled = list(FileFeed(path, run_rows=7).records())

    assert spilled == whole
    assert len(whole) == 101


def test_files_read_at_once_share_what_one_may_hold_in_memory(tmp_path: Path) -> None:
    paths = [
        samples.tos(tmp_path, [GOOD, GOOD.replace(",C,7,", f",C,{n + 1},")], name=f"XYZ_{n}.csv")
        for n in range(4)
    ]

    feeds = open_feeds(paths)

    assert sum(feed.run_rows for feed in feeds) == FileFeed(paths[0]).run_rows
    assert len(list(merge_feeds(feeds))) == 8


KINDS = ["tos", "theta", "cboe", "barchart", "alphavantage", "universe"]
FUZZED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def outcome(path: Path) -> int:
    """Read a file; anything but records, rejects and a refusal fails the test."""
    try:
        return len(list(FileFeed(path).records()))
    except (WrongInput, TooManyRejects):
        return -1


@FUZZED
@given(content=st.binary(max_size=300))
def test_random_bytes_never_crash(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "XYZ_fuzz.csv"
    path.write_bytes(content)

    outcome(path)


@FUZZED
@given(
    cut=st.integers(min_value=0),
    kind=st.sampled_from(["tos", "theta", "cboe", "barchart", "alphavantage"]),
)
def test_cut_file_keeps_the_whole_rows_before_the_cut(tmp_path: Path, cut: int, kind: str) -> None:
    path: Path = getattr(samples, kind)(tmp_path)
    content = path.read_bytes()
    header = content.index(b"\n") + 1
    at = header + cut % (len(content) - header)
    path.write_bytes(content[:at])

    whole_rows = content[header:at].count(b"\n")

    assert outcome(path) >= whole_rows


@FUZZED
@given(
    at=st.integers(min_value=0),
    byte=st.integers(min_value=0, max_value=255),
    kind=st.sampled_from(KINDS),
)
def test_changed_byte_never_crashes(tmp_path: Path, at: int, byte: int, kind: str) -> None:
    path: Path = getattr(samples, kind)(tmp_path)
    content = bytearray(path.read_bytes())
    content[at % len(content)] = byte
    path.write_bytes(content)

    outcome(path)
