"""Equity ticks through `islandflow run`: made-up archives, and a real day of two names."""

import random
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import real_data_path
from tests.infra.cli.command import complaints
from tests.infra.cli.command import interrupted
from tests.infra.cli.command import islandflow
from tests.infra.cli.command import processes_of
from tests.infra.cli.command import running
from tests.services.kills import FlowOfRun

NAMES = ("xyz", "abc")
# 10:00 New York, and about eleven minutes.
BEGIN_MS = 36_000_000
MINUTES = 11
PACED = ("--speed", str(MINUTES * 60 / 4))
# Longer than all waits together, so that a run is still publishing when it is ended.
SLOW = ("--speed", str(MINUTES * 60 / 600))
SHORT_EPOCHS = {"FLOW_EPOCH_S": "1"}
# 457,258 records: a quarter of a minute on a machine with nothing else to do.
REAL_DEADLINE_S = 250.0
REAL = "lean/equity/usa/tick/{}/20131008_{}.zip"


def archive(path: Path, member: str, rows: Iterable[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(member, "".join(f"{row}\n" for row in rows))
    return path


def rows_of(seed: int) -> tuple[list[str], list[str]]:
    """Return rows of trades and quotes: a market that moves, and two off-exchange bursts."""
    chance = random.Random(seed)  # noqa: S311 - made-up prints, not secrets
    trades, quotes = [], []
    at_e4 = 1_000_000
    for second in range(MINUTES * 60):
        ms = BEGIN_MS + 1_000 * second
        at_e4 += chance.choice((-100, 0, 0, 0, 100))
        bid, ask = at_e4 - 200, at_e4 + 200
        # Every second's market is another one: one that is told again is not published again.
        quotes += [f"{ms},{bid},{500 + second},0,0,P,1,0", f"{ms},0,0,{ask},700,Q,1,0"]
        is_burst = second % 300 in range(30, 36)
        price = ask if is_burst else chance.choice((bid, at_e4, ask))
        venue = "D" if is_burst else chance.choice("DQPK")
        bits = "20" if is_burst else chance.choice(("0", "20", "80000000", "100000", "200"))
        trades.append(f"{ms + 300},{price},{900 if is_burst else 10 + second},{venue},{bits},0")
    return trades, quotes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("equities")


@pytest.fixture(scope="module")
def ticks(folder: Path) -> list[Path]:
    """Return archives of trades and quotes of two names."""
    found = []
    for seed, name in enumerate(NAMES):
        trades, quotes = rows_of(seed)
        for kind, rows in (("Trade", trades), ("Quote", quotes)):
            path = folder / "ticks" / name / f"20240304_{kind.lower()}.zip"
            found.append(archive(path, f"20240304_{name}_{kind}_Tick.csv", rows))
    return found


@pytest.fixture(scope="module")
def plain(folder: Path, ticks: list[Path]) -> dict[str, Any]:
    """Return what an undisturbed run with one worker and large batches came to."""
    found = islandflow("run", *ticks, "--data", folder / "plain", "--digest", "--json")
    assert complaints(found.err) == ""
    result: dict[str, Any] = found.json()
    return result


def same(result: dict[str, Any], plain: dict[str, Any]) -> None:
    for name in ("topics", "tables", "digests", "alerts", "equities"):
        assert result[name] == plain[name]


def test_run_derives_and_stores_every_kind_of_record(plain: dict[str, Any]) -> None:
    topics, tables = plain["topics"], plain["tables"]
    prints = quotes = len(NAMES) * MINUTES * 60

    assert plain["published"] == prints + quotes
    assert (topics["equities.prints"], tables["equities_prints"]) == (prints, prints)
    assert (topics["equities.quotes"], tables["equities_quotes"]) == (quotes, quotes)
    for name in (
        *("equities.joins", "dark.inferred", "equities.candles", "equities.profile"),
        *("equities.order-flow", "equities.state", "flow.alerts"),
    ):
        assert topics[name] >= tables[name.replace(".", "_").replace("-", "_")] > 0, name
    assert plain["dead_letters"] == 0
    # Two bursts a name; the third begins as the tape ends.
    assert sum(plain["equities"]["inferred"]["stealth_accumulation"].values()) >= 2 * len(NAMES)
    assert {"dark.stealth_accumulation", "flow.aggressive"} <= {a["kind"] for a in plain["alerts"]}
    assert topics["options.tape"] == topics["options.net-premium"] == 0


def digested(ticks: list[Path], data: Path) -> list[str | Path]:
    return ["run", *ticks, "--data", data, "--digest", "--json"]


def test_two_workers_and_odd_batches_give_the_same_records(
    tmp_path: Path, ticks: list[Path], plain: dict[str, Any]
) -> None:
    found = islandflow(*digested(ticks, tmp_path / "two"), "--workers", "2", "--batch", "7")

    same(found.json(), plain)


def test_paced_run_with_batches_of_one_gives_the_same_records(
    tmp_path: Path, ticks: list[Path], plain: dict[str, Any]
) -> None:
    found = islandflow(*digested(ticks, tmp_path / "paced"), *PACED, "--batch", "1")

    same(found.json(), plain)


def test_killed_flow_is_brought_back_and_the_interrupted_run_completed(
    tmp_path: Path, ticks: list[Path], plain: dict[str, Any]
) -> None:
    data, output = tmp_path / "killed", tmp_path / "output"
    flow = FlowOfRun(data, "equities", "equities.candles")
    arguments = digested(ticks, data)
    with running(*arguments, *SLOW, output=output, settings=SHORT_EPOCHS) as process:
        victim = flow.wait_for_pid()
        flow.let_it_get_on()
        flow.kill_ahead_of_its_store(victim)
        flow.wait_for_pid(but=victim)
        flow.let_it_get_on()
        assert interrupted(process) == 130, output.read_text()
        assert processes_of(data) == {}

    result = islandflow(*arguments).json()

    same(result, plain)
    assert 0 < result["published"] < plain["published"]
    assert sum(result["repeats"].values()) > 0  # what was written behind the killed one's snapshot


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what 2013-10-08 came to: BAC with its market, and AIG's trades."""
    names = (("bac", "trade"), ("bac", "quote"), ("aig", "trade"))
    paths = [real_data_path(REAL.format(*name)) for name in names]
    data = tmp_path_factory.mktemp("real")
    found = islandflow("run", *paths, "--data", data, "--json", deadline_s=REAL_DEADLINE_S)
    result: dict[str, Any] = found.json()
    return result


def test_every_row_of_a_real_day_is_stored(real: dict[str, Any]) -> None:
    topics, tables = real["topics"], real["tables"]

    assert topics["equities.prints"] == tables["equities_prints"] == 125_872 + 43_342
    assert topics["equities.quotes"] == tables["equities_quotes"] == 288_044
    assert real["published"] == 125_872 + 43_342 + 288_044
    assert (real["dead_letters"], real["flow_restarts"]) == (0, 0)
    # Nothing of a day without corrections is written twice; what is revised is stored once.
    for name in ("equities.joins", "equities.order-flow", "equities.state", "signals"):
        assert topics[name] == tables[name.replace(".", "_").replace("-", "_")], name


def test_off_exchange_shares_of_a_real_day_are_those_of_the_files(real: dict[str, Any]) -> None:
    found = {
        row["underlying_id"]: (row["prints"], row["off_exchange_prints"])
        for row in real["equities"]["off_exchange"]
    }

    assert found == {"BAC": (125_872, 50_793), "AIG": (43_342, 9_681)}
    sides = real["equities"]["sides"]
    assert sum(side["prints"] for side in sides.values()) == 50_793 + 9_681
    # Only BAC has quotes.
    assert sides["MISSING"]["prints"] >= 9_681


def test_alerts_of_a_real_day_are_inferred_and_say_so(real: dict[str, Any]) -> None:
    dark = [each for each in real["alerts"] if each["kind"].startswith("dark.")]

    assert len({each["kind"] for each in dark}) >= 3
    for each in dark:
        assert "nferred" in each["headline"]
        assert "dark pool" not in f"{each['headline']} {each['why']}".lower()
        assert each["details"]["label"] == "Inferred from off-exchange (TRF) prints"
