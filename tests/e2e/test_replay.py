"""A recorded stretch driven from the screen: a run begun, stepped, and left for live again."""

import re
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any
from typing import Final
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.e2e.desk import Desk
from tests.e2e.desk import Terminal

NEW_YORK: Final = ZoneInfo("America/New_York")
# Flows of a run start in processes of their own, on a machine that has more to do.
PATIENCE_MS: Final = 240_000
# What a run goes through at most, so that its end is soon reached flat out.
STRETCH: Final = timedelta(minutes=3)

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


def back_to_live(run: Replayed) -> None:
    run.terminal.press("Escape", "Escape")
    run.terminal.page.locator(".replay-badge").wait_for(state="detached")
    assert run.terminal.page.locator(".replay-frame").count() == 0
    assert "run=" not in run.terminal.page.url


@pytest.mark.timeout(900)
def test_a_recorded_stretch_is_driven_from_the_screen(
    terminal: Terminal, ended: list[tuple[Desk, str]]
) -> None:
    run = begun(terminal, stretch_of(terminal.desk), ended)
    drive(run)
    back_to_live(run)
    terminal.wait_rows("options-tape", 18)
