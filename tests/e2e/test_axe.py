"""No page, drawer or dialog is out of reach for anybody: axe finds nothing, in either theme."""

from collections.abc import Callable
from collections.abc import Iterator
from typing import Final
from typing import cast

import pytest

from tests.conftest import REPOSITORY
from tests.e2e.conftest import OpenTab
from tests.e2e.desk import Terminal

AXE: Final = REPOSITORY / "ui" / "node_modules" / "axe-core" / "axe.min.js"
PAGES: Final = (
    *("tape", "smart-money", "alerts", "off-exchange", "equities", "ticker/NVDA"),
    *("replay", "health", "settings"),
)
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(terminal: Terminal, where: str, part: str = "html") -> list[str]:
    """
    Return what axe finds wrong with a part of the screen: rule, elements, why.

    A target that the edge of what scrolls cuts in two is as large as it is once scrolled to; axe
    measures what is left of it.
    """
    found = terminal.page.evaluate(
        """async ([part, rules]) => {
            const isCut = (target) => {
                const element = document.querySelector(target.at(-1));
                const box = element.getBoundingClientRect();
                if (box.width < 24 || box.height < 24) return false;
                for (let at = element.parentElement; at !== null; at = at.parentElement) {
                    const { left, right, top, bottom } = at.getBoundingClientRect();
                    const hides = getComputedStyle(at).overflow !== 'visible';
                    const isOver = box.left < left || box.right > right
                        || box.top < top || box.bottom > bottom;
                    if (hides && isOver) return true;
                }
                return false;
            };
            const { violations } = await axe.run(part, {
                runOnly: rules, resultTypes: ['violations'],
            });
            return violations.flatMap(({ id, impact, nodes }) => nodes
                .filter(({ target }) => id !== 'target-size' || !isCut(target))
                .slice(0, 5).map(({ target, failureSummary }) =>
                    `${id} (${impact}) ${target.join(' ')} ${failureSummary}`));
        }""",
        [part, RULES],
    )
    return [f"{where}: {each}" for each in cast("list[str]", found)]


def show_palette(terminal: Terminal) -> None:
    terminal.press("Control+k")


def show_keys(terminal: Terminal) -> None:
    terminal.press("?")


def show_export(terminal: Terminal) -> None:
    # A tape that is still being loaded has no keys yet.
    terminal.wait_rows("equity-prints")
    terminal.focus_pane("equity-prints")
    terminal.press("x")


def show_held(terminal: Terminal) -> None:
    terminal.wait_rows("options-tape")
    terminal.focus_pane("options-tape")
    terminal.hold("options-tape")


def show_preset(terminal: Terminal) -> None:
    terminal.run("save the filter as a preset")


def show_rule(terminal: Terminal) -> None:
    terminal.run("new alert rule")


def show_nothing_more(_: Terminal) -> None:
    """Show what the address says."""


def show_menu(terminal: Terminal) -> None:
    terminal.page.locator(".filter-preset").click()


def show_arranging(terminal: Terminal) -> None:
    terminal.run("arrange panes")
    terminal.page.wait_for_selector(".arrange")


def show_chart_table(terminal: Terminal) -> None:
    terminal.page.wait_for_selector('[data-pane="chart"] canvas')
    terminal.focus_pane("chart")
    terminal.press("v")


# Name: page, how it is brought about there, and the part of the screen it is. The rest of the page
# is looked at with the pages.
STATES: Final[dict[str, tuple[str, Callable[[Terminal], None], str]]] = {
    "palette": ("settings", show_palette, ".palette"),
    "key list": ("settings", show_keys, ".key-list"),
    "alert rule": ("settings", show_rule, '[aria-label="alert rule"]'),
    "export": ("equities", show_export, '[aria-label="export"]'),
    "empty": ("equities?sym=ZZZZZ", show_nothing_more, ".pane-state"),
    "arranging": ("equities", show_arranging, "main"),
    "held": ("tape", show_held, '[data-pane="options-tape"]'),
    "preset": ("tape", show_preset, '[aria-label="save preset"]'),
    "menu": ("tape", show_menu, "[role=menu]"),
    "chart as a table": ("tape", show_chart_table, '[data-pane="chart"]'),
}


@pytest.fixture(params=["dark", "light"])
def themed(request: pytest.FixtureRequest, open_tab: OpenTab) -> Iterator[Terminal]:
    """Yield a tab in each theme that axe may be put into: the content policy forbids it else."""
    if not AXE.exists():
        pytest.skip("ui/node_modules holds no axe-core: `make ui` installs it")
    terminal = open_tab(bypass_csp=True)
    terminal.page.add_init_script(
        f"localStorage.setItem('islandflow.look', JSON.stringify({{theme: '{request.param}'}}))"
    )
    terminal.page.add_init_script(path=AXE)
    yield terminal
    assert terminal.page.evaluate("document.documentElement.dataset.theme") == request.param


def test_no_page_violates_a_rule(themed: Terminal) -> None:
    found = []
    for path in PAGES:
        themed.open(path)
        themed.settle()
        found += violations(themed, path)
    assert found == []


def test_no_drawer_dialog_or_state_violates_a_rule(themed: Terminal) -> None:
    found = []
    for name, (path, show, part) in STATES.items():
        themed.open(path)
        show(themed)
        themed.page.locator(part).first.wait_for()
        found += violations(themed, name, part)
    assert found == []


def test_no_evidence_violates_a_rule(themed: Terminal) -> None:
    alert = themed.desk.get("/flow/alerts", limit=1)["data"][0]["alert_id"]
    packet = themed.desk.get("/flow/packets", limit=1)["data"][0]["id"]
    found = []
    for ref in (alert, packet):
        themed.open(f"settings?e={ref}")
        themed.page.wait_for_selector(".drawer.evidence [role=tree] [role=treeitem]")
        found += violations(themed, ref, ".drawer.evidence")
    assert found == []


def test_a_screen_with_a_fault_in_it_is_found_out(themed: Terminal) -> None:
    themed.open("settings")
    themed.page.evaluate("document.querySelector('main').innerHTML = '<img src=\"data:,\">'")
    assert any("image-alt" in each for each in violations(themed, "settings", "main"))
