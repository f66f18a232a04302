"""Bad files are refused with a reason and a remedy; bad rows are dead letters one can look up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.embedded.stack import EmbeddedStack
from tests.connectors.feeds.files import dbn_samples
from tests.connectors.feeds.files import samples
from tests.infra.cli.command import in_process
from tests.infra.cli.command import islandflow

GOOD = samples.TOS_ROWS[0]
# Enough sound rows that the bad ones stay below the share at which a file is refused.
SOUND = 200


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("nothing.csv", None, "does not exist; expected a vendor's export file"),
        ("empty.csv", b"", "is empty"),
        ("a.csv", b"a,b,c\n1,2,3\n", "found columns a, b, c"),
        ("b.zip", b"PK\x03\x04rest", "zip archive"),
        ("c.dbn.zst", b"\x28\xb5\x2f\xfd\x04\x00", "c.dbn.zst"),
        ("d.dbn", b"DBN\x03", "d.dbn"),
    ],
)
def test_unreadable_file_is_refused_before_anything_starts(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    found = in_process("run", path, "--data", tmp_path / "data", "--json")

    assert (found.code, found.out) == (2, "")
    assert name in found.err
    assert says in found.err
    assert not (tmp_path / "data").exists()


def test_another_vendors_file_is_told_what_it_looks_like(tmp_path: Path) -> None:
    found = in_process("run", samples.theta(tmp_path), "--feed", "cboe")

    assert found.code == 2
    assert "did you mean --format theta" in found.err or "did you mean --feed theta" in found.err


def test_mostly_bad_file_ends_with_code_3_and_its_first_lines(tmp_path: Path) -> None:
    bad = GOOD.replace(",1.25,", ",-1.25,")
    path = samples.tos(tmp_path, [GOOD] * 1000 + [bad] * 60)

    found = islandflow("run", path, "--json")

    assert (found.code, found.out) == (3, "")
    assert "XYZ_sample.csv:1002" in found.err
    assert "invalid_price" in found.err


TRADES = [dbn_samples.trade(ts_event=dbn_samples.EVENT + n, sequence=n + 1) for n in range(3)]


def test_cut_compressed_stream_without_a_whole_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.trades.dbn.zst"
    dbn_samples.write(path, dbn_samples.metadata("trades"), TRADES, packed=True)
    path.write_bytes(path.read_bytes()[:-9])

    found = islandflow("run", path)

    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("error: ")
    assert f"{path} is no whole DBN file: the zstd stream ends early" in found.err


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bad-rows")


@pytest.fixture(scope="module")
def ran(folder: Path) -> dict[str, Any]:
    """Return what a run over two files with bad rows came to."""
    tos = samples.tos(
        folder,
        [
            *[GOOD] * SOUND,
            GOOD.replace(",1.25,", ",-1.25,"),  # line 202
            GOOD.replace("2024-03-15", "2024-02-30"),  # line 203
            GOOD.replace("09:00:01", "08:59:59"),  # line 204, out of order
            GOOD.replace(",CBOE,", ",MARS,").replace(",,MARS", ",Weird,MARS"),  # line 205
        ],
    )
    cboe = samples.cboe(folder, [*samples.CBOE_ROWS[:2], samples.CBOE_ROWS[0]])
    result: dict[str, Any] = islandflow(
        "run", tos, cboe, "--data", folder / "data", "--json"
    ).json()
    return result


@pytest.fixture(scope="module")
def stack(folder: Path, ran: dict[str, Any]) -> Iterator[Path]:
    assert ran["published"]
    with EmbeddedStack(folder / "data"):
        yield folder / "data"


def sql(data: Path, statement: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = in_process("sql", statement, "--data", data, "--json").json()
    return rows


def test_bad_rows_are_dead_letters_with_file_and_line(stack: Path, ran: dict[str, Any]) -> None:
    letters = in_process("dlq", "ls", "--data", stack, "--json").json()

    assert ran["dead_letters"] == 2
    assert {(letter["position"], letter["error"].split(":")[0]) for letter in letters} == {
        ("XYZ_sample.csv:202", "invalid_price"),
        ("XYZ_sample.csv:203", "bad_symbol"),
    }
    assert all(letter["origin"] == "file-tos" for letter in letters)
    shown = in_process("dlq", "show", letters[0]["id"], "--data", stack).json()
    assert shown["value"].startswith("2024-03-04 09:00:01")


def test_equal_rows_without_a_sequence_are_kept_and_with_one_dropped(
    stack: Path, ran: dict[str, Any]
) -> None:
    found = sql(stack, "SELECT source, count() AS n FROM options_tape FINAL GROUP BY 1")

    assert {row["source"]: row["n"] for row in found} == {
        "file:tos": SOUND + 2,
        "file:cboe": 2,
    }
    assert ran["published"] == SOUND + 4


def test_row_out_of_order_takes_its_place_in_time(stack: Path) -> None:
    rows = sql(
        stack,
        "SELECT trace_id FROM options_tape FINAL WHERE root='XYZ' AND source='file:tos' "
        "ORDER BY source_ts, seq LIMIT 1",
    )

    assert rows[0]["trace_id"].endswith(":204")


def test_unknown_venue_and_condition_are_kept_as_they_came(stack: Path) -> None:
    (row,) = sql(
        stack,
        "SELECT exchange, raw_conditions, conditions, signal_class, condition_caveats "
        "FROM options_tape FINAL WHERE trace_id LIKE '%:205'",
    )

    assert row["exchange"] == "MARS"
    assert row["raw_conditions"] == ["Weird"]
    assert "unknown_condition" in row["condition_caveats"]


def test_rejected_rows_are_passed_over_by_replay(stack: Path) -> None:
    found = in_process("dlq", "replay", "--data", stack, "--json").json()

    assert found == {"replayed": 0, "skipped": 2}


def test_cut_file_keeps_the_whole_records_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.trades.dbn"
    dbn_samples.write(path, dbn_samples.metadata("trades"), TRADES)
    path.write_bytes(path.read_bytes()[:-20])

    found = islandflow("run", path, "--data", tmp_path / "data")
    letters = in_process("dlq", "ls", "--data", tmp_path / "data", "--json").json()

    assert found.code == 0, found.err
    assert "is damaged" in found.out
    assert "the 2 records before are kept" in " ".join(found.out.split())
    assert [letter["position"] for letter in letters] == ["cut.trades.dbn:3"]
