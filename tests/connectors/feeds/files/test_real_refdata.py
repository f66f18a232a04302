"""Reference data of real files; skipped where they are absent."""

import re
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from connectors.feeds.files.open import FileFeed
from connectors.feeds.files.open import open_feeds
from connectors.feeds.files.sniff import sniff
from flows.options.contracts import contract_from_parts
from flows.options.contracts import eastern_ns
from flows.options.contracts import osi_symbol
from flows.options.contracts import parse_contract
from flows.options.refdata.calendar import EventCalendar
from flows.options.refdata.open_interest import OpenInterestBook
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from tests.connectors.feeds.files import samples

Real = Callable[[str], Path]

EPOCH = date(1970, 1, 1)
EARNINGS = "alphavantage_earnings/earnings_calendar_full.csv"
MINUTES = "lean/indexoption/usa/minute/"
OPEN_INTEREST_ZIPS = [
    "spx/20210104_openinterest_european.zip",
    "spx/20210114_openinterest_european.zip",
    "spxw/20210104_openinterest_european.zip.zip",
    "spxw/20230626_openinterest_european.zip",
]
NAME = re.compile(r"(\d{8})_(\w+)_minute_openinterest_european_(call|put)_(\d+)_(\d{8})\.csv")


def days(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


def figures(feed: FileFeed) -> list[OpenInterest]:
    return [each for each in samples.records(feed.records()) if isinstance(each, OpenInterest)]


def test_earnings_calendar_is_read_whole(real: Real) -> None:
    feed = FileFeed(real(EARNINGS), date="2026-04-19")

    found = [each for each in samples.records(feed.records()) if isinstance(each, MarketEvent)]

    assert (feed.format, len(found), feed.summary.rejects) == ("alphavantage", 9_644, 0)
    assert Counter(each.timing for each in found) == {"amc": 862, "bmo": 682, "unknown": 8_100}
    assert len({each.event_id for each in found}) == len({each.trace_id for each in found}) == 9_644
    assert min(each.event_ts for each in found) == eastern_ns(days("2026-04-20"), 8 * 60)
    assert max(each.event_ts for each in found) <= eastern_ns(days("2026-11-04"), 16 * 60)
    assert {"BRK.B", "BF.B"} & {each.underlying_id for each in found}


def test_next_earnings_are_seen_from_the_fetch_to_the_report(real: Real) -> None:
    calendar = EventCalendar()
    feed = FileFeed(real(EARNINGS), date="2026-04-19")
    for record in samples.records(feed.records()):
        assert isinstance(record, MarketEvent)
        calendar.add(record)

    fetched = eastern_ns(days("2026-04-19"), 6 * 60)
    looks = [fetched - 1, fetched, eastern_ns(days("2026-04-20"), 959)]
    found = [calendar.next_event("ALK", ts) for ts in looks]

    assert [None if each is None else each.days for each in found] == [None, 1, 0]


@pytest.mark.parametrize(
    ("folder", "counts", "copies"),
    [
        (
            "option/usa/universes/aapl",
            [1832, 1853, 1866, 1962, 0, 3720, 3731, 3733, 3737, 3459, 3465],
            {"all_zero": 2180},
        ),
        (
            "option/usa/universes/goog",
            [87, 1340, 1259, 1298, 1341, 1364, 0],
            {"copy_of:20151230.csv": 2016},
        ),
        (
            "indexoption/usa/universes/spx",
            [178, 183, 6, 0, *[6] * 9],
            {"copy_of:20201230.csv": 6},
        ),
        ("indexoption/usa/universes/spxw", [0, 12], {"all_zero": 12}),
    ],
)
def test_universes_tell_every_figure_once(
    real: Real, folder: str, counts: list[int], copies: dict[str, int]
) -> None:
    feeds = open_feeds([real(f"lean/{folder}")])

    found = [figures(feed) for feed in feeds]

    assert [len(each) for each in found] == counts
    withheld: Counter[str] = sum((feed.summary.withheld for feed in feeds), Counter())
    assert {why: count for why, count in withheld.items() if why != "no_open_interest"} == copies
    assert all(feed.summary.rejects == 0 for feed in feeds)
    told = [(each.option_contract_id, each.as_of_date) for part in found for each in part]
    assert len(set(told)) == len(told)


def test_split_changes_the_strikes_of_the_universe(real: Real) -> None:
    before, after = (
        {parse_contract(each.option_contract_id).strike for each in figures(FileFeed(path))}
        for path in (
            real("lean/option/usa/universes/aapl/20140605.csv"),
            real("lean/option/usa/universes/aapl/20140609.csv"),
        )
    )

    assert (490.0 in before, 70.71 in before) == (True, False)
    assert (490.0 / 7 in after, 70.71 in after) == (True, True)


def test_universe_of_a_monday_is_as_of_the_friday_before(real: Real) -> None:
    feed = FileFeed(real("lean/option/usa/universes/aapl/20140609.csv"))
    book = OpenInterestBook()
    found = figures(feed)
    for record in found:
        book.add(record)

    contract, oi = found[0].option_contract_id, found[0].oi
    monday, friday = days("2014-06-09"), days("2014-06-06")
    published = eastern_ns(monday, 390)

    assert book.known(contract, monday, published) == (oi, friday)
    assert book.known(contract, monday, published - 1) is None
    assert book.known(contract, monday + 1, eastern_ns(monday + 1, 600)) is None


@pytest.mark.parametrize("name", OPEN_INTEREST_ZIPS)
def test_names_of_open_interest_files_are_contracts(real: Real, name: str) -> None:
    with zipfile.ZipFile(real(MINUTES + name)) as archive:
        names = archive.namelist()

    for each in names:
        found = NAME.fullmatch(each)
        assert found is not None
        _, root, right, strike_e4, expiry = found.groups()
        contract = contract_from_parts(root, days(expiry), int(strike_e4) / 10_000, right)
        assert parse_contract(osi_symbol(contract)) == contract
        assert (contract.underlying_id, contract.adjusted, contract.flex) == ("SPX", False, False)


@pytest.mark.parametrize("day", ["20210104", "20210114"])
def test_universe_repeats_what_was_published_at_half_past_six(real: Real, day: str) -> None:
    universe = figures(FileFeed(real(f"lean/indexoption/usa/universes/spx/{day}.csv")))
    told: dict[str, int] = {}
    with zipfile.ZipFile(real(f"{MINUTES}spx/{day}_openinterest_european.zip")) as archive:
        for name in archive.namelist():
            found = NAME.fullmatch(name)
            assert found is not None
            _, root, right, strike_e4, expiry = found.groups()
            contract = contract_from_parts(root, days(expiry), int(strike_e4) / 10_000, right)
            ms, oi = archive.read(name).decode().split(",")
            assert 390 <= int(ms) / 60_000 <= 391
            told[contract.option_contract_id] = int(oi)

    assert {each.option_contract_id: each.oi for each in universe} == told
    assert {each.published_ts for each in universe} == {eastern_ns(days(day), 390)}


def test_opra_statistics_are_one_figure_of_the_session_before(real: Real) -> None:
    feed = FileFeed(real("databento_python_tests/OPRA.PILLAR/test_data.statistics.dbn.zst"))

    (found,) = figures(feed)

    assert found.option_contract_id == "AAPL-2025-02-21-250-C"
    assert (found.oi, found.as_of_date) == (57_924, days("2025-02-19"))
    assert feed.summary.duplicates == 3
    # OPRA sends it at half past six, as other files are taken to say.
    assert eastern_ns(days("2025-02-20"), 390) <= found.published_ts
    assert found.published_ts < eastern_ns(days("2025-02-20"), 391)


@pytest.mark.parametrize(("name", "count"), [("etfs", 302), ("stocks", 375)])
def test_barchart_open_interest_is_known_to_its_prints(real: Real, name: str, count: int) -> None:
    feed = FileFeed(real(f"barchart_options_flow/{name}.csv"), date="2026-02-20")
    items = list(feed.records())
    told = [each for each in samples.records(items) if isinstance(each, OpenInterest)]
    book = OpenInterestBook()
    for record in told:
        book.add(record)

    known = [
        book.known(each.option_contract_id, days("2026-02-20"), each.source_ts)
        for each in samples.prints(items)
    ]

    assert len(told) == len({each.option_contract_id for each in told}) == count
    assert all(each is not None and each[1] == days("2026-02-19") for each in known)


@pytest.mark.parametrize(
    ("path", "kind"),
    [(EARNINGS, "alphavantage"), ("lean/option/usa/universes/goog/20151222.csv", "lean-universe")],
)
def test_real_files_of_reference_data_are_recognised(real: Real, path: str, kind: str) -> None:
    assert sniff(real(path)) == kind
