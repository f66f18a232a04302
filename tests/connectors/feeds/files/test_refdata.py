"""Calendars, universes and columns of open interest become exactly the reference records."""

import json
from datetime import date
from datetime import datetime
from pathlib import Path

import pytest

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.base.items import Accepted
from connectors.feeds.files.open import FileFeed
from connectors.feeds.files.open import merge_feeds
from connectors.feeds.files.open import open_feeds
from connectors.feeds.files.sniff import sniff
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsPrint
from tests.connectors.feeds.files import samples

FETCHED = "2024-03-04T06:00:00-05:00"
PUBLISHED = "2024-03-04T06:30:00-05:00"
FRIDAY = (date(2024, 3, 1) - date(1970, 1, 1)).days


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000_000


def event(feed: FileFeed, line: int, seq: int, **values: object) -> MarketEvent:
    base: dict[str, object] = {
        "source_ts": ns(FETCHED),
        "ingest_ts": ns(FETCHED),
        "announced_ts": ns(FETCHED),
        "kind": "earnings",
        "seq": seq,
        "trace_id": f"{feed.name}:{feed.session}:events:{line}",
        "schema_version": "refdata.events.v1",
        "source": feed.name.replace("-", ":", 1),
    }
    return MarketEvent(**{**base, **values})  # type: ignore[arg-type] # checked by equality


def figure(feed: FileFeed, line: int, seq: int, contract: str, oi: int) -> OpenInterest:
    return OpenInterest(
        source_ts=ns(PUBLISHED),
        ingest_ts=ns(PUBLISHED),
        seq=seq,
        trace_id=f"{feed.name}:{feed.session}:open-interest:{line}",
        schema_version="refdata.open-interest.v1",
        source=feed.name.replace("-", ":", 1),
        option_contract_id=contract,
        underlying_id=contract.partition("-")[0],
        oi=oi,
        as_of_date=FRIDAY,
        published_ts=ns(PUBLISHED),
    )


def test_earnings_are_announced_when_they_were_fetched(tmp_path: Path) -> None:
    feed = FileFeed(samples.alphavantage(tmp_path))

    found = samples.records(feed.records())

    assert found == [
        event(
            feed, 2, 1,
            event_id="earnings:XYZ:2024-01-31", underlying_id="XYZ",
            event_ts=ns("2024-03-12T16:00:00-04:00"), timing="amc",
        ),
        event(
            feed, 3, 2,
            event_id="earnings:BRK.B:2023-12-31", underlying_id="BRK.B",
            event_ts=ns("2024-03-08T08:00:00-05:00"), timing="bmo",
        ),
        event(
            feed, 4, 3,
            event_id="earnings:ABC:2024-02-29", underlying_id="ABC",
            event_ts=ns("2024-04-02T16:00:00-04:00"), timing="unknown",
        ),
    ]  # fmt: skip


def test_fetch_day_of_a_calendar_is_named_or_asked_for(tmp_path: Path) -> None:
    path = samples.alphavantage(tmp_path, name="calendar.csv")

    with pytest.raises(MissingFact, match=r"on what day it was fetched.*--date YYYY-MM-DD"):
        FileFeed(path)
    named = [FileFeed(path, date=day) for day in ("2024-03-04", "2024-03-05")]

    first, second = (samples.records(feed.records())[0].source_ts for feed in named)
    assert (first, second) == (ns(FETCHED), ns("2024-03-05T06:00:00-05:00"))
    assert named[0].session != named[1].session


def test_calendar_without_times_of_day_is_read(tmp_path: Path) -> None:
    lines = [samples.ALPHAVANTAGE_HEADER, *samples.ALPHAVANTAGE_ROWS]
    cut = [line.rpartition(",")[0] for line in lines]
    feed = FileFeed(samples.write(tmp_path / "earnings_20240304.csv", cut))

    found = samples.records(feed.records())

    assert [each.timing for each in found if isinstance(each, MarketEvent)] == ["unknown"] * 3


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",NAME,2024-03-12,2024-01-31,,USD,", "missing_field"),
        ("x y,NAME,2024-03-12,2024-01-31,,USD,", "bad_symbol"),
        ("XYZ,NAME,,2024-01-31,,USD,", "missing_field"),
        ("XYZ,NAME,2024-03-12,,,USD,", "missing_field"),
        ("XYZ,NAME,13/13/24,2024-01-31,,USD,", "bad_timestamp"),
        ("XYZ,NAME,2024-03-12,soon,,USD,", "bad_timestamp"),
        ("XYZ,NAME,2024-03-12,2024-01-31,,USD,at noon", "not_decodable"),
        ("XYZ,NAME,2024-03-12", "missing_field"),
    ],
)
def test_bad_calendar_row_is_a_dead_letter_of_the_events(
    tmp_path: Path, row: str, reason: str
) -> None:
    feed = FileFeed(samples.alphavantage(tmp_path, [samples.ALPHAVANTAGE_ROWS[0], row]))

    items = list(feed.records())

    (reject,) = samples.rejects(items)
    assert (reject.topic, reject.reason, reject.line) == ("refdata.events", reason, 3)
    assert len(samples.records(items)) == 1


def test_universe_tells_what_stood_at_the_end_of_the_session_before(tmp_path: Path) -> None:
    feed = FileFeed(samples.universe(tmp_path))

    found = samples.records(feed.records())

    assert found == [
        figure(feed, 3, 1, "XYZ-2024-03-15-50-C", 120),
        figure(feed, 5, 2, "XYZ-2024-04-19-70.71-C", 0),
    ]
    assert (feed.summary.rows, feed.summary.ignored) == (2, 2)
    assert feed.summary.withheld == {"no_open_interest": 1}


def test_root_of_a_universe_is_its_folder_or_the_callers_or_asked_for(tmp_path: Path) -> None:
    weekly = FileFeed(samples.universe(tmp_path, root="indexoption/usa/universes/spxw"))
    loose = samples.universe(tmp_path, root="downloads")

    with pytest.raises(MissingFact, match="--symbol"):
        FileFeed(loose)
    with pytest.raises(MissingFact, match="--date"):
        FileFeed(loose.rename(loose.with_name("today.csv")), symbol="spx")
    (first, _) = samples.records(weekly.records())

    assert isinstance(first, OpenInterest)
    assert (first.option_contract_id, first.underlying_id) == ("SPXW-2024-03-15-50-C", "SPX")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([row.replace(",120,", ",0,") for row in samples.UNIVERSE_ROWS], "all_zero"),
        ([row.replace(",120,", ",,") for row in samples.UNIVERSE_ROWS[:3]], "all_zero"),
    ],
)
def test_universe_written_without_figures_publishes_none(
    tmp_path: Path, rows: list[str], reason: str
) -> None:
    feed = FileFeed(samples.universe(tmp_path, rows))

    assert samples.records(feed.records()) == []
    assert feed.summary.withheld == {reason: len(rows) - 1}


def test_universe_that_was_not_renewed_is_not_published_under_the_newer_date(
    tmp_path: Path,
) -> None:
    first = samples.universe(tmp_path)
    samples.universe(tmp_path, name="20240305.csv")
    fresh = [*samples.UNIVERSE_ROWS[:3], samples.UNIVERSE_ROWS[3].replace(",0,0,0", ",0,9,0")]
    samples.universe(tmp_path, fresh, name="20240306.csv")

    feeds = open_feeds([first.parent])
    found = [samples.records(feed.records()) for feed in feeds]

    assert [len(each) for each in found] == [2, 0, 2]
    assert feeds[1].summary.withheld == {"copy_of:20240304.csv": 3}
    assert len({feed.session for feed in feeds}) == 3


def test_equal_universes_of_two_roots_are_two_sessions(tmp_path: Path) -> None:
    paths = [samples.universe(tmp_path, root=f"option/usa/universes/{root}") for root in "ab"]

    assert len({feed.session for feed in open_feeds(paths)}) == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("20240315,50,X,,,,,,120,,,,,,", "bad_symbol"),
        ("20240399,50,C,,,,,,120,,,,,,", "bad_symbol"),
        ("20240315,fifty,C,,,,,,120,,,,,,", "bad_symbol"),
        ("20240315,50,C,,,,,,-1,,,,,,", "invalid_size"),
        ("20240315,50,C,,,,,,many,,,,,,", "not_decodable"),
    ],
)
def test_bad_universe_row_is_a_dead_letter_of_the_open_interest(
    tmp_path: Path, row: str, reason: str
) -> None:
    feed = FileFeed(samples.universe(tmp_path, [*samples.UNIVERSE_ROWS, row]))

    (reject,) = samples.rejects(feed.records())

    assert (reject.topic, reject.reason, reject.line) == ("refdata.open-interest", reason, 6)


def test_barchart_tells_open_interest_once_a_contract_before_its_prints(tmp_path: Path) -> None:
    again = samples.BARCHART_ROWS[0].replace("10:00:01", "10:00:02").replace(",10,132", ",11,132")
    none = samples.BARCHART_ROWS[1].replace(",395,", ",390,").replace("150,10,", "150,N/A,")
    feed = FileFeed(samples.barchart(tmp_path, [*samples.BARCHART_ROWS, again, none]))

    found = samples.records(feed.records())

    brkb = figure(feed, 3, 2, "BRKB-2024-03-15-395-P", 10)
    assert found[0] == figure(feed, 2, 1, "XYZ-2024-03-15-1050-C", 10)
    assert found[1] != brkb
    assert isinstance(found[1], OpenInterest)
    assert (found[1].oi, found[1].underlying_id) == (10, "BRK.B")
    assert [type(each) for each in found[2:]] == [OptionsPrint] * 4


ENTRY = {
    "underlying_id": "XYZ",
    "kind": "fda",
    "event_ts": "2024-05-01T12:00:00-04:00",
    "announced_ts": "2024-03-04T06:00:00.5-05:00",
    "event_id": "fda:XYZ:decision",
}


def calendar(folder: Path, entries: object) -> Path:
    path = folder / "events.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def test_operators_calendar_is_read_as_it_says(tmp_path: Path) -> None:
    dated = {
        "underlying_id": "BRK.B",
        "kind": "earnings",
        "event_date": "2024-05-04",
        "timing": "bmo",
        "announced_ts": ns(FETCHED),
    }
    feed = FileFeed(calendar(tmp_path, [ENTRY, dated]))

    found = samples.records(feed.records())

    half = ns(FETCHED) + 500_000_000
    assert feed.format == "calendar"
    assert found == [
        event(
            feed, 2, 2,
            event_id="earnings:BRK.B:2024-05-04", underlying_id="BRK.B",
            event_ts=ns("2024-05-04T08:00:00-04:00"), timing="bmo",
        ),
        event(
            feed, 1, 1,
            event_id="fda:XYZ:decision", underlying_id="XYZ", kind="fda", timing="unknown",
            source_ts=half, ingest_ts=half, announced_ts=half,
            event_ts=ns("2024-05-01T12:00:00-04:00"),
        ),
    ]  # fmt: skip


def test_operators_calendar_must_say_since_when_it_is_known(tmp_path: Path) -> None:
    entry = {name: value for name, value in ENTRY.items() if name != "announced_ts"}
    path = calendar(tmp_path, [ENTRY, entry])

    with pytest.raises(MissingFact, match=r"events\.json, entry 2 has no announced_ts.*--date"):
        FileFeed(path)
    found = samples.records(FileFeed(path, date="2024-03-04").records())

    assert found[0].source_ts == ns(FETCHED)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "halt"}, "not_decodable"),
        ({"underlying_id": "x"}, "not_decodable"),
        ({"event_ts": "2024-05-01T12:00:00"}, "not_decodable"),
        ({"event_ts": 12}, "bad_timestamp"),
        ({"announced_ts": "1824-05-01T12:00:00+00:00"}, "bad_timestamp"),
        ({"event_ts": None}, "missing_field"),
        ({"event_date": "2024-05-01"}, "missing_field"),
        ({"timing": "noon"}, "not_decodable"),
        ({"note": "?"}, "not_decodable"),
    ],
)
def test_bad_entry_is_a_dead_letter_with_its_number(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    feed = FileFeed(calendar(tmp_path, [ENTRY, {**ENTRY, **change}]))

    items = list(feed.records())

    (reject,) = samples.rejects(items)
    assert (reject.topic, reject.reason, reject.line) == ("refdata.events", reason, 2)
    assert json.loads(reject.raw) == {**ENTRY, **change}
    assert len(samples.records(items)) == 1


@pytest.mark.parametrize("content", ["{}", "[1, 2]", "[", '[{"price": 1}]', "[{]"])
def test_json_that_is_no_calendar_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)

    with pytest.raises(WrongFormat, match=r"other\.json is no event calendar"):
        FileFeed(path)


def test_wrong_format_of_reference_data_is_told_with_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(WrongFormat, match="did you mean --format calendar"):
        FileFeed(calendar(tmp_path, [ENTRY]), format="alphavantage")
    with pytest.raises(WrongFormat, match="did you mean --format lean-universe"):
        FileFeed(samples.universe(tmp_path), format="calendar")
    assert sniff(samples.alphavantage(tmp_path)) == "alphavantage"


def test_reference_data_comes_before_the_prints_it_is_known_for(tmp_path: Path) -> None:
    paths = [
        samples.tos(tmp_path),
        samples.universe(tmp_path),
        samples.alphavantage(tmp_path),
    ]

    items = [item for item in merge_feeds(open_feeds(paths)) if isinstance(item, Accepted)]

    topics = list(dict.fromkeys(item.topic for item in items))
    assert topics == ["refdata.events", "refdata.open-interest", "options.prints"]
    assert [item.record.source_ts for item in items] == sorted(
        item.record.source_ts for item in items
    )
