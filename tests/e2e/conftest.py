"""A terminal that runs, a browser, and a tab that must not complain."""

import os
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from typing import Final

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import BrowserContext
from playwright.sync_api import expect
from playwright.sync_api import sync_playwright

from tests.e2e.desk import DIST
from tests.e2e.desk import FIRST_SCREEN
from tests.e2e.desk import PATIENCE_MS
from tests.e2e.desk import Complaints
from tests.e2e.desk import Desk
from tests.e2e.desk import Terminal
from tests.e2e.desk import running_desk

HERE: Final = Path(__file__).parent
CHROMIUM: Final = os.environ.get("CHROMIUM_PATH", "/usr/bin/chromium")
# What a journey leaves behind when it is over.
DOCUMENTS: Final = ("presets", "watchlists", "workspaces")

OpenTab = Callable[..., Terminal]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a terminal that runs already be used in place of one of the tests' own."""
    parser.addoption(
        "--terminal", default=None, metavar="URL", help="a running terminal; none is started then"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that `-m "not services"` leaves them out."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.services)


# Of the package, not of the session: Playwright's event loop stays entered in this thread while it
# runs, and tests of other folders run loops of their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Yield Chromium without a window, or skip where there is none."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; CHROMIUM_PATH says where one is")
    if not (DIST / "index.html").exists():
        pytest.skip("ui/dist is not built: `make ui` builds it")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="package")
def desk(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """Yield the terminal every test of this folder looks at; its market goes on all the while."""
    # Unknown where pytest was not pointed at this folder: the option is read too late then.
    given = request.config.getoption("--terminal", default=None)
    if given is not None:
        yield Desk(str(given).rstrip("/"))
        return
    with running_desk(tmp_path_factory.mktemp("desk")) as started:
        yield started


def saved_documents(desk: Desk) -> frozenset[tuple[str, str]]:
    """Return kind and id of everything the operator has saved."""
    return frozenset(
        (kind, each["id"]) for kind in DOCUMENTS for each in desk.get(f"/{kind}")["data"]
    )


def forget_documents(desk: Desk, kept: frozenset[tuple[str, str]]) -> None:
    """Delete what was saved since."""
    for kind, name in saved_documents(desk) - kept:
        version = desk.get(f"/{kind}/{name}")["version"]
        desk.send("DELETE", f"/{kind}/{name}", **{"If-Match": f'"{version}"'})


@pytest.fixture
def open_tab(browser: Browser, desk: Desk) -> Iterator[OpenTab]:
    """
    Yield a function that opens a tab in a context of its own.

    Its arguments are those of `Browser.new_context`, besides `desk` for another terminal than the
    common one; first screen and dark unless said. At the end each tab must be free of complaints.
    What the tabs saved is gone then, so that no test finds the workspace of another.
    """
    before = saved_documents(desk)
    with ExitStack() as ended:
        ended.callback(forget_documents, desk, before)
        tabs: list[Terminal] = []

        def opened(
            desk: Desk = desk,
            context: BrowserContext | None = None,
            **options: Any,  # noqa: ANN401 - Playwright's own
        ) -> Terminal:
            if context is None:
                width, height = FIRST_SCREEN
                chosen: dict[str, Any] = {
                    "viewport": {"width": width, "height": height},
                    "color_scheme": "dark",
                    **options,
                }
                context = browser.new_context(**chosen)
                ended.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            complaints = Complaints()
            complaints.listen(page)
            tabs.append(Terminal(page, desk, complaints))
            return tabs[-1]

        yield opened
        for tab in tabs:
            assert tab.complaints.rest() == []


@pytest.fixture
def terminal(open_tab: OpenTab) -> Terminal:
    """Return a tab of the first screen, 1440 × 900 and dark, nothing opened in it yet."""
    return open_tab()
