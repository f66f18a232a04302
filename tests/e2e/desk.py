"""One running terminal and the ways of looking at it: what every journey through it uses."""

import re
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

import httpx
from playwright.sync_api import ConsoleMessage
from playwright.sync_api import Locator
from playwright.sync_api import Page

from tests.conftest import REPOSITORY
from tests.infra.cli.command import running
from tests.infra.cli.command import wait_until

if TYPE_CHECKING:
    import subprocess

# The machine may be busy with everything else the gate runs.
PATIENCE_MS: Final = 120_000
# For the head of a tape to say what a key has done.
SETTLE_MS: Final = 500
FIRST_SCREEN: Final = (1440, 900)
DIST: Final = REPOSITORY / "ui" / "dist"
# A lively market from the same seed, and no limit that a person at the screen would never meet.
LIVELY: Final = {
    "API_AUTH": "disabled",
    "FLOW_EPOCH_S": "1",
    "SYNTHETIC_MARKET_MODE": "active",
    "SYNTHETIC_SEED": "7",
    "RATE_LIMIT_REST": "10000000",
    "RATE_LIMIT_LOOKUP": "10000000",
    "RATE_LIMIT_WS": "10000000",
}
ADDRESS: Final = re.compile(r"open the terminal at (http://\S+)")
# What a page cannot be without: a screen of the tape as it first shows, packets, an alert.
OPTIONS: Final = (
    "/prints/options?security=stock&min_notional=10000&side=AA,A,MID&limit=24",
    "/flow/packets?limit=20",
    "/flow/smart-money?limit=1",
    "/flow/alerts?limit=1",
)
OPTIONS_AND_STOCKS: Final = (*OPTIONS, "/prints/equities?off_exchange=true&limit=1")


@dataclass(frozen=True)
class Desk:
    """
    A running terminal.

    Attributes
    ----------
    url : str
        Where the gateway answers, without a slash at the end.
    data_dir : Path | None
        Its data, null for a terminal that somebody else started.
    process : Popen | None
        `islandflow up`, null likewise.
    """

    url: str
    data_dir: Path | None = None
    process: "subprocess.Popen[bytes] | None" = field(repr=False, default=None)

    def get(self, path: str, **query: object) -> Any:  # noqa: ANN401 - whatever the route answers
        """Return what a route answers; raises where it refuses."""
        given = {name: str(value) for name, value in query.items()}
        found = httpx.get(self.url + path, params=given or None, timeout=30, trust_env=False)
        found.raise_for_status()
        return found.json()

    def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Write something, as the terminal itself does."""
        asked = {"Origin": self.url, "X-Islandflow": "1", **headers}
        return httpx.request(
            method, self.url + path, json=body, headers=asked, timeout=30, trust_env=False
        )


def answers_rows(url: str, path: str) -> bool:
    """Tell whether a route answers with as many rows as were asked of it."""
    try:
        found = httpx.get(url + path, timeout=10, trust_env=False)
    except httpx.TransportError:
        return False
    wanted = int(path.rpartition("=")[2])
    return found.status_code == httpx.codes.OK and len(found.json()["data"]) >= wanted


@contextmanager
def running_desk(
    folder: Path, needed: Sequence[str] = OPTIONS_AND_STOCKS, **settings: str
) -> Iterator[Desk]:
    """
    Run `islandflow up` on free ports until its pages have something to show.

    Parameters
    ----------
    folder : Path
        For its data and its output.
    needed : sequence of str
        What the gateway is asked until it answers with as many rows as are asked for.
    settings : str
        Environment besides that of a lively market.
    """
    data, output = folder / "data", folder / "output"
    with running("up", "--data", data, output=output, settings={**LIVELY, **settings}) as process:

        def told() -> bool:
            assert process.poll() is None, output.read_text()
            return ADDRESS.search(output.read_text()) is not None

        wait_until(told, output.read_text)
        url = ADDRESS.findall(output.read_text())[0].rstrip("/")
        url = url.removesuffix("/app")
        for path in needed:
            wait_until(lambda path=path: answers_rows(url, path), output.read_text)  # type: ignore[misc]
        yield Desk(url, data, process)
        process.terminate()
        process.wait(PATIENCE_MS / 1000)


class Complaints:
    """What a page complained of: errors on its console and errors nobody caught."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.allowed: list[re.Pattern[str]] = []

    def listen(self, page: Page) -> None:
        """Take down what this page says from now on."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.found.append(f"not caught: {error}"))

    def allow(self, pattern: str) -> None:
        """Expect errors that match: a test that provokes one says so."""
        self.allowed.append(re.compile(pattern))

    def rest(self) -> list[str]:
        """Return what nobody expected."""
        return [
            each for each in self.found if not any(known.search(each) for known in self.allowed)
        ]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.found.append(f"{message.text} ({message.location.get('url', '')})")


class Terminal:
    """
    A tab with the terminal in it, and what a reader sees of it.

    Attributes
    ----------
    page : Page
        The tab.
    desk : Desk
        What it is served by.
    complaints : Complaints
        Of this tab; the fixture that gave it fails the test for any that was not allowed.
    """

    def __init__(self, page: Page, desk: Desk, complaints: Complaints) -> None:
        self.page = page
        self.desk = desk
        self.complaints = complaints

    def open(self, path: str = "tape", *, live: bool = True) -> None:
        """Open a page by its path under `/app/` and wait for its panes, and for the socket."""
        self.page.goto(f"{self.desk.url}/app/{path}")
        self.wait_panes()
        if live:
            self.wait_live()

    def reload(self) -> None:
        """Load the page anew and wait as when it was opened."""
        self.page.reload()
        self.wait_panes()
        self.wait_live()

    def wait_panes(self) -> None:
        """Wait until the code of every pane is there: only then do its keys and commands count."""
        self.page.wait_for_selector(".pane .pane-head")
        self.page.wait_for_selector(".pane [aria-busy=true]", state="detached")

    def wait_live(self) -> None:
        """Wait until the control bar says that the gateway is heard."""
        self.page.wait_for_selector(".bar-light.live")

    def pane(self, pane_id: str) -> Locator:
        """Return a pane by the id its layout gives it, such as `options-tape`."""
        return self.page.locator(f'[data-pane="{pane_id}"]')

    def rows(self, pane_id: str) -> Locator:
        """Return the rows of a tape that hold a record, newest first."""
        return (
            self.pane(pane_id)
            .locator(".ag-row")
            .filter(has=self.page.locator(".ag-cell:not(:empty)", has_text=re.compile(r"\S")))
        )

    def texts(self, pane_id: str) -> list[list[str]]:
        """Return the cells of a tape as they stand now, row by row from the top, in one look."""
        found: list[list[str]] = self.pane(pane_id).evaluate(
            """pane => [...pane.querySelectorAll('.ag-row')]
                .sort((a, b) => a.rowIndex - b.rowIndex
                    || Number(a.getAttribute('row-index')) - Number(b.getAttribute('row-index')))
                .map(row => [...row.querySelectorAll('.ag-cell')].map(cell => cell.textContent))
                .filter(cells => cells.some(text => text.trim() !== ''))"""
        )
        return found

    def wait_rows(self, pane_id: str, least: int = 1) -> None:
        """Wait until a tape shows so many rows with something in them."""
        self.wait(lambda: len(self.texts(pane_id)) >= least, f"{least} rows in {pane_id}")

    def header(self, pane_id: str) -> str:
        """Return the words of a pane's head."""
        return self.pane(pane_id).locator(".pane-head").inner_text()

    def columns(self, pane_id: str) -> list[str]:
        """Return the titles of a tape's columns."""
        return self.pane(pane_id).locator(".ag-header-cell-text").all_inner_texts()

    def status(self) -> str:
        """Return the words of the status line."""
        return self.page.locator(".status-line").inner_text()

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as Playwright names them."""
        for key in keys:
            self.page.keyboard.press(key)

    def run(self, command: str) -> None:
        """Find a command in the palette by its words and run it, with the keyboard alone."""
        self.press("Control+k")
        self.page.wait_for_selector(".palette input:focus")
        self.page.keyboard.type(command)
        self.page.locator(".palette [role=option][aria-selected=true]").filter(
            has_text=re.compile(re.escape(command), re.IGNORECASE)
        ).wait_for()
        self.press("Enter")
        self.page.wait_for_selector(".palette", state="detached")

    def settle(self) -> None:
        """Wait until no pane shows that it is still being read in."""
        self.page.wait_for_function(
            """() => [...document.querySelectorAll('.pane')].every(
                pane => (pane.querySelector('.pane-body') ?? pane).textContent.trim() !== ''
                    || pane.querySelector('canvas') !== null)"""
        )

    def hold(self, pane_id: str) -> None:
        """Hold a tape with its key; again where rows of another filter have let it go since."""
        head = self.pane(pane_id).locator(".tape-follow")

        def is_held() -> bool:
            if head.count() == 0:
                self.press("Space")
                self.page.wait_for_timeout(SETTLE_MS)
            return head.count() > 0

        self.wait(is_held, f"{pane_id} held")

    def focus_pane(self, pane_id: str) -> None:
        """Give a pane the keyboard, with the keys that walk from pane to pane."""
        for _ in range(self.page.locator("[data-pane]").count()):
            if "active" in (self.pane(pane_id).get_attribute("class") or "").split():
                return
            self.press("J")
        assert "active" in (self.pane(pane_id).get_attribute("class") or ""), pane_id

    def wait(self, is_so: Callable[[], bool], what: str, patience_ms: int = PATIENCE_MS) -> None:
        """Wait for a condition that is asked from here rather than in the page."""
        deadline = time.monotonic() + patience_ms / 1000
        while not is_so():
            assert time.monotonic() < deadline, f"waited in vain for: {what}"
            self.page.wait_for_timeout(50)
