"""Recorded stretches driven from the screen: stepped, sought, played, held against live, left."""

import re
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any
from typing import Final
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.e2e.conftest import OpenTab
from tests.e2e.desk import OPTIONS
from tests.e2e.desk import Desk
from tests.e2e.desk import Terminal
from tests.e2e.desk import running_desk
from tests.e2e.routes import answers_of
from tests.e2e.routes import wrong

NEW_YORK: Final = ZoneInfo("America/New_York")
# Flows of a run start in processes of their own, on a machine that has more to do.
PATIENCE_MS: Final = 240_000
# What a run goes through at most, so that its end is soon reached flat out.
STRETCH: Final = timedelta(minutes=3)
# A real day of one underlying, and the ten minutes of it that are replayed.
VST: Final = "tos_vst_option_tape/VST_2025-05-25_112147_cleaned.csv"
VST_BEGIN: Final = datetime(2025, 5, 23, 10, 0, tzinfo=NEW_YORK)
VST_END: Final = VST_BEGIN + timedelta(minutes=10)
# Of those that take a run; what nothing publishes is not among them.
LEAST_ROUTES: Final = 70

Run = dict[str, Any]
Times = tuple[datetime, datetime]


def eastern(ts: str) -> datetime:
    """Return an event time as the terminal shows it, to the millisecond."""
    at = datetime.fromtimestamp(int(ts[:10]), UTC) + timedelta(milliseconds=int(ts[10:13]))
    return at.astimezone(NEW_YORK)


def stretch_of(desk: Desk) -> Times:
    """Return whole seconds around the first alert about options: three minutes at most."""
    oldest = eastern(desk.get("/replay/options", view="raw", limit=1)["data"][0]["source_ts"])
    alerts = desk.get("/replay/alerts", kind="options", limit=1)["data"]
    first = eastern(alerts[0]["source_ts"])
    begin = max(oldest, first - STRETCH + timedelta(seconds=10)).replace(microsecond=0)
    return begin, (first + timedelta(seconds=11)).replace(microsecond=0)


class Replayed:
    """A run on screen and what the gateway says of it."""

    def __init__(self, terminal: Terminal, name: str) -> None:
        self.terminal = terminal
        self.name = name

    @property
    def status(self) -> Run:
        found: Run = self.terminal.desk.get(f"/replay/runs/{self.name}")
        return found

    @property
    def clock(self) -> datetime | None:
        event_ts = self.status["clock"]["event_ts"]
        return None if event_ts is None else eastern(event_ts)

    @property
    def records(self) -> int:
        return sum(self.status["records"].values())

    def until(self, is_so: Callable[[Run], bool], what: str) -> Run:
        """Wait until what the gateway says of the run is so; return what it then says."""
        found: list[Run] = []

        def asked() -> bool:
            found.append(self.status)
            assert found[-1]["state"] != "failed", found[-1]["error"]
            return is_so(found[-1])

        self.terminal.wait(asked, what, PATIENCE_MS)
        return found[-1]

    def until_state(self, state: str) -> Run:
        return self.until(lambda run: run["state"] == state, f"{self.name} is {state}")

    def tell(self, act: Callable[[], None]) -> None:
        """Do what sends the run a command, once it stands; again where it could not be told."""
        page = self.terminal.page
        # A busy machine may let the run fall silent for a while, and the gateway refuses then.
        self.terminal.complaints.allow("409")

        def is_taken() -> bool:
            page.locator('.replay-bar [aria-label="play"]:enabled').wait_for()
            with page.expect_response(f"**/replay/runs/{self.name}/*") as asked:
                act()
            return asked.value.ok

        self.terminal.wait(is_taken, "a command taken", PATIENCE_MS)

    def step(self, act: Callable[[], None], what: str) -> Run:
        """Do what steps the run; return what it says once it stands farther on."""
        before = self.records
        self.tell(act)
        return self.until(
            lambda run: run["state"] == "paused" and sum(run["records"].values()) > before, what
        )


@pytest.fixture
def ended() -> Iterator[list[tuple[Desk, str]]]:
    """Yield a list of runs; whatever happens they are gone at the end."""
    runs: list[tuple[Desk, str]] = []
    yield runs
    for desk, name in runs:
        # A stack that has ended has taken its runs with it.
        with suppress(httpx.TransportError):
            desk.send("DELETE", f"/replay/runs/{name}")


def begun(terminal: Terminal, times: Times, runs: list[tuple[Desk, str]]) -> Replayed:
    """Fill in the form of a new run, begin it paused, and wait until it can be driven."""
    begin, end = times
    page = terminal.page
    terminal.open("replay")
    form = terminal.pane("replay-new")
    form.locator('input[type="date"]').fill(f"{begin:%Y-%m-%d}")
    form.locator('input[name$="-from"]').fill(f"{begin:%H:%M:%S}")
    form.locator('input[name$="-to"]').fill(f"{end:%Y-%m-%d %H:%M:%S}")
    form.get_by_text("begin paused").click()
    form.get_by_role("button", name="Start and open").click()
    page.wait_for_url(re.compile(r"[?&]run="))
    found = re.search(r"[?&]run=([^&]+)", page.url)
    assert found is not None
    runs.append((terminal.desk, found.group(1)))
    run = Replayed(terminal, found.group(1))
    run.until_state("paused")
    return run


def shown_times(terminal: Terminal, pane: str) -> list[str]:
    return [cells[0] for cells in terminal.texts(pane)]


def check_nothing_later(run: Replayed, panes: tuple[str, ...]) -> None:
    """Hold every row of a page against the clock of a run that stands."""
    clock = run.clock
    assert clock is not None
    for pane in panes:
        times = shown_times(run.terminal, pane)
        assert [
            each for each in times if each > f"{clock:%H:%M:%S}.{clock.microsecond // 1000:03d}"
        ] == []


def drive(run: Replayed) -> None:
    """Step by one event, then to the first alert: nothing is shown that is later than the clock."""
    terminal, page = run.terminal, run.terminal.page
    assert "REPLAY" in page.locator(".replay-badge").inner_text()
    assert page.locator(".replay-frame").count() == 1
    before = run.records
    stepped = run.step(lambda: terminal.press("."), "an event came")
    assert sum(stepped["records"].values()) == before + 1

    to_alert = terminal.pane("replay-clock").get_by_role("button", name="alert", exact=True)
    run.step(to_alert.click, "an alert came")
    terminal.wait(
        lambda: bool(terminal.desk.get("/flow/alerts", run=run.name, limit=1)["data"]), "the alert"
    )

    terminal.press("g", "t")
    terminal.wait_rows("alerts")
    check_nothing_later(run, ("options-tape", "packets", "alerts"))


def seek_back(run: Replayed, begin: datetime) -> None:
    """Type an earlier time under the badge: a new generation stands there, none of the old one."""
    page = run.terminal.page
    generation, clock = run.status["generation"], run.clock
    assert clock is not None
    to = (begin + (clock - begin) / 2).replace(microsecond=0)
    assert begin <= to < clock
    page.locator(".replay-badge").click()
    field = page.locator(".replay-under").get_by_label(re.compile("go to"))

    def go() -> None:
        field.fill(f"{to:%H:%M:%S}")
        field.press("Enter")

    run.tell(go)
    run.until(
        lambda each: each["generation"] > generation and each["state"] == "paused",
        "a new generation stands",
    )
    # Null in front of the run's first record.
    assert run.clock is None or run.clock <= to
    page.keyboard.press("Escape")
    page.locator(".replay-under").wait_for(state="detached")


def play_to_the_end(run: Replayed) -> Run:
    """Play flat out to the end, where what was derived is compared with live."""
    terminal = run.terminal
    while (speed := run.status["speed"]) != 0:
        run.tell(lambda: terminal.press(">"))
        run.until(lambda each, was=speed: each["speed"] != was, "faster")  # type: ignore[misc]
    # On a button `Space` would press it.
    terminal.page.evaluate("document.activeElement?.blur()")
    run.tell(lambda: terminal.press("Space"))
    return run.until(
        lambda each: (
            each["state"] == "finished" and each["comparison"] not in {"", "comparing with live"}
        ),
        "the comparison with live",
    )


def check_verdict(run: Replayed, found: Run) -> None:
    assert (found["matches_live"], found["error"]) == ("true", ""), found["comparison"]
    same = re.fullmatch(r"([\d,]+) of \1 derived records", found["comparison"])
    assert same is not None, found["comparison"]
    assert same.group(1) != "0"
    run.terminal.press("g", "r")
    verdict = run.terminal.pane("replay-clock").locator(".chip", has_text="identical to live")
    verdict.wait_for()
    assert same.group(0) in verdict.inner_text()


def back_to_live(run: Replayed) -> None:
    run.terminal.press("Escape", "Escape")
    run.terminal.page.locator(".replay-badge").wait_for(state="detached")
    assert run.terminal.page.locator(".replay-frame").count() == 0
    assert "run=" not in run.terminal.page.url


@pytest.mark.timeout(900)
def test_a_recorded_stretch_is_driven_from_the_screen(
    terminal: Terminal, ended: list[tuple[Desk, str]]
) -> None:
    begin, end = stretch_of(terminal.desk)
    run = begun(terminal, (begin, end), ended)
    drive(run)
    seek_back(run, begin)
    back_to_live(run)
    terminal.wait_rows("options-tape", 18)


@pytest.mark.timeout(900)
def test_a_day_of_one_underlying_is_identical_to_live(
    open_tab: OpenTab,
    real: Callable[[str], Path],
    tmp_path: Path,
    ended: list[tuple[Desk, str]],
) -> None:
    tape = real(VST)
    settings = {"OPTIONS_INGEST_ADAPTER": "file", "FILE_FEED_PATH": str(tape)}
    with running_desk(tmp_path, OPTIONS, **settings) as desk:
        run = begun(open_tab(desk), (VST_BEGIN, VST_END), ended)
        drive(run)
        seek_back(run, VST_BEGIN)
        check_verdict(run, play_to_the_end(run))
        answers = answers_of(desk, run.name)
        # The tape is one of options alone, so nobody has made a volume profile.
        assert answers.pop("/equities/profile").json()["code"] == "not_found"
        assert len(answers) >= LEAST_ROUTES
        assert wrong(answers) == {}
        back_to_live(run)
