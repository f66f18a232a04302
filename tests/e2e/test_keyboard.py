"""A session at the desk without a mouse; where the keys go can be seen at every step."""

from typing import Final
from urllib.parse import parse_qs
from urllib.parse import urlsplit

from tests.e2e.desk import Terminal

# What has the keyboard, when it can not be seen that it has; else nothing.
UNSEEN: Final = """() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return 'nothing has the keyboard';
    const label = element.getAttribute('aria-label') ?? '';
    const name = `${element.tagName} ${element.className} ${label}`;
    if (!element.matches(':focus-visible')) return `${name} is not focus-visible`;
    const own = getComputedStyle(element);
    const frame = getComputedStyle(element, '::after');
    const outlined = own.outlineStyle !== 'none' && parseFloat(own.outlineWidth) >= 2;
    const framed = frame.content !== 'none' && parseFloat(frame.borderTopWidth) >= 2
        && frame.borderTopColor !== 'rgba(0, 0, 0, 0)';
    const box = element.getBoundingClientRect();
    if (box.width < 1 || box.height < 1) return `${name} takes no room`;
    return outlined || framed ? '' : `${name} does not show that it has the keyboard`;
}"""
# Each step back to where one was takes a few tabs; more means one got lost.
MOST_TABS: Final = 60


def assert_seen(terminal: Terminal, step: str) -> None:
    assert terminal.page.evaluate(UNSEEN) == "", step


def params(terminal: Terminal) -> dict[str, str]:
    return {name: each[0] for name, each in parse_qs(urlsplit(terminal.page.url).query).items()}


def tab_to(terminal: Terminal, selector: str) -> None:
    for _ in range(MOST_TABS):
        terminal.press("Tab")
        if terminal.page.evaluate("wanted => document.activeElement?.matches(wanted)", selector):
            return
    msg = f"no way by Tab to {selector}"
    raise AssertionError(msg)


def test_a_walk_from_palette_to_pinned_print_and_back(terminal: Terminal) -> None:
    page = terminal.page
    terminal.open("health")
    assert_seen(terminal, "first pane")

    terminal.press("Control+k")
    page.wait_for_selector(".palette input:focus")
    assert_seen(terminal, "palette")
    page.keyboard.type("nvda")
    terminal.press("Enter")
    page.wait_for_url("**/app/ticker/NVDA*")

    terminal.press("g", "t")
    page.wait_for_url("**/app/tape*")
    terminal.wait_panes()
    assert_seen(terminal, "tape")
    symbol = terminal.desk.get("/flow/packets", limit=1)["data"][0]["underlying_id"]
    terminal.press("s")
    assert_seen(terminal, "symbol box")
    page.keyboard.type(symbol)
    terminal.press("Enter")
    terminal.wait(lambda: params(terminal).get("sym") == symbol, "the symbol in the address")
    assert_seen(terminal, "after the symbol")

    terminal.press("/")
    page.wait_for_selector(".filter-text:focus")
    assert_seen(terminal, "filter")
    page.keyboard.type("all >0 side:all view:raw")
    terminal.press("Enter")
    terminal.wait(lambda: params(terminal).get("preset") == "all", "the filter in the address")
    assert_seen(terminal, "after the filter")
    terminal.wait_rows("options-tape")

    terminal.hold("options-tape")
    terminal.press("j", "j", "k")
    terminal.pane("options-tape").locator(".ag-row.selected").wait_for()
    assert_seen(terminal, "row")
    terminal.press("f")
    terminal.pane("options-tape").locator(".tape-follow").wait_for(state="detached")

    terminal.focus_pane("packets")
    assert_seen(terminal, "packets")
    terminal.wait_rows("packets")
    terminal.press("j")
    terminal.pane("packets").locator(".ag-row.selected").wait_for()
    terminal.press("Enter")
    page.wait_for_selector(".evidence [role=treeitem]")
    packet = params(terminal)["e"]
    assert packet.startswith(("pk:", "st:"))
    assert_seen(terminal, "drawer")

    walk_to_a_print(terminal)
    terminal.press("p")
    terminal.wait(lambda: params(terminal).get("pins") == params(terminal)["e"], "the pin")

    terminal.press("2")
    page.wait_for_url("**/app/alerts*")
    terminal.wait_panes()
    terminal.wait_rows("alerts")
    terminal.press("1")
    page.wait_for_url("**/app/tape*")
    assert params(terminal)["sym"] == symbol
    assert params(terminal)["preset"] == "all"
    assert_seen(terminal, "back")


def walk_to_a_print(terminal: Terminal) -> None:
    """From the root of the drawer's chain to the first print in it, and into its own evidence."""
    tab_to(terminal, "[role=tree]")
    assert_seen(terminal, "chain")
    for _ in range(MOST_TABS):
        terminal.press("ArrowDown", "ArrowRight")
        terminal.press("Shift+Enter")
        # The chain of what has been opened has the keyboard now.
        terminal.page.wait_for_selector(".evidence [role=tree]:focus")
        if params(terminal)["e"].startswith("print:"):
            return
    msg = "no print in the chain"
    raise AssertionError(msg)


def test_the_drawer_gives_the_keyboard_back(terminal: Terminal) -> None:
    terminal.open("tape")
    terminal.wait_rows("packets")
    terminal.focus_pane("packets")
    terminal.press("j", "Enter")
    terminal.page.wait_for_selector(".evidence")
    terminal.press("Escape")
    terminal.page.wait_for_selector(".evidence", state="detached")
    assert_seen(terminal, "after the drawer")
    assert terminal.page.evaluate("document.activeElement.dataset.pane") == "packets"


def test_every_key_of_the_list_is_there_and_the_watchlist_takes_one(terminal: Terminal) -> None:
    terminal.open("tape?sym=NVDA")
    terminal.wait_rows("alerts")
    terminal.press("?")
    listed = set(terminal.page.locator(".key-list kbd").all_inner_texts())
    wanted = {
        *("Ctrl+k", ":", "?", "1", "9", "j", "k", "Enter", "Esc", "J", "K", "z", "/", "s"),
        *("Space", "f", "Home", "End", "w", "c", "x", "u", "n", "m", "R", "g t", "g a", "g h"),
    }
    assert wanted - listed == set()
    terminal.press("Escape")
    terminal.page.wait_for_selector(".key-list", state="detached")

    def watched() -> bool:
        lists = terminal.desk.get("/watchlists")["data"]
        return any("NVDA" in each["body"]["symbols"] for each in lists)

    before = watched()
    terminal.press("w")
    terminal.wait(lambda: watched() != before, "the watchlist changed")
    terminal.press("w")
    terminal.wait(lambda: watched() == before, "the watchlist as it was")
