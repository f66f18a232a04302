"""What the names in and around a LEAN tick archive say, and which archives are refused."""

import zipfile
from pathlib import Path

import pytest

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.files.open import FileFeed
from connectors.feeds.files.open import open_feeds
from connectors.feeds.files.sniff import sniff
from tests.connectors.feeds.files import equity_samples
from tests.connectors.feeds.files import samples
from tests.connectors.feeds.files.equity_samples import ns

GOOD = equity_samples.LEAN_TRADES[1]
OPEN = ns("2024-03-04T09:30:00-05:00")


@pytest.mark.parametrize(
    ("member", "folder", "symbol"),
    [
        ("20240304_brk.b_Trade_Tick.csv", ".", "BRK.B"),
        ("deep/20240304_xyz_trade_tick.csv", ".", "XYZ"),
        ("20240304_Trade_Tick.csv", "tick/abc", "ABC"),
        ("Trade_Tick.csv", ".", "OPT"),
    ],
)
def test_symbol_comes_from_the_member_the_folder_or_the_caller(
    tmp_path: Path, member: str, folder: str, symbol: str
) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    path = equity_samples.lean(tmp_path / folder, [GOOD], member)

    (found,) = equity_samples.prints(FileFeed(path, symbol="opt").records())

    assert (found.underlying_id, found.source_ts) == (symbol, OPEN)


def test_what_only_the_caller_says_is_part_of_the_identity(tmp_path: Path) -> None:
    path = equity_samples.lean(tmp_path, [GOOD], "Trade_Tick.csv")

    sessions = {FileFeed(path, symbol=symbol).session for symbol in ("ABC", "XYZ")}

    assert len(sessions) == 2


def test_archive_without_symbol_or_date_asks_for_it(tmp_path: Path) -> None:
    path = equity_samples.lean(tmp_path, [GOOD], "Trade_Tick.csv")
    with pytest.raises(MissingFact, match="name it with --symbol"):
        FileFeed(path)
    undated = path.rename(tmp_path / "ticks.zip")
    with pytest.raises(MissingFact, match="name it with --date"):
        FileFeed(undated, symbol="XYZ")
    with pytest.raises(MissingFact, match="expected a listed stock"):
        FileFeed(undated, symbol="??", date="2024-03-04")

    assert FileFeed(undated, symbol="XYZ", date="2024-03-04").format == "lean"


def test_archive_of_another_date_than_the_named_one_is_refused(tmp_path: Path) -> None:
    path = equity_samples.lean_trades(tmp_path)

    with pytest.raises(WrongFormat, match="of another date"):
        FileFeed(path, date="2024-03-05")
    assert FileFeed(path, date="2024-03-04").format == "lean"


def pack(path: Path, *members: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    return path


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([], "archive of nothing"),
        (["a.csv"], r"archive of a\.csv; LEAN tick archives are read"),
        (["1_x_Trade_Tick.csv", "1_y_Trade_Tick.csv"], "which hold one"),
        (["a", "b", "c", "d", "e"], "and 2 more"),
    ],
)
def test_other_archive_is_refused_with_what_it_holds(
    tmp_path: Path, members: list[str], message: str
) -> None:
    path = pack(tmp_path / "x.zip", *members)

    with pytest.raises(WrongFormat, match=message):
        FileFeed(path)


def test_format_lean_is_refused_for_what_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(WrongFormat, match=r"expected a LEAN tick archive .* --format tos"):
        FileFeed(samples.tos(tmp_path), format="lean")
    with pytest.raises(WrongFormat, match=r"expected a thinkorswim .* --format lean"):
        FileFeed(equity_samples.lean_trades(tmp_path), format="tos")
    assert FileFeed(equity_samples.lean_trades(tmp_path), format="lean").format == "lean"


def test_name_of_the_archive_does_not_matter(tmp_path: Path) -> None:
    path = equity_samples.lean_trades(tmp_path).rename(tmp_path / "20240304_trade.zip.zip")

    assert sniff(path) == "lean"


def test_folder_is_trades_and_quotes_of_a_day(tmp_path: Path) -> None:
    equity_samples.lean_trades(tmp_path)
    equity_samples.lean_quotes(tmp_path)

    assert [feed.path.name for feed in open_feeds([tmp_path])] == [
        *("20240304_quote.zip", "20240304_trade.zip"),
    ]
