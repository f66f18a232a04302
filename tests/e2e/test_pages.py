"""Every page opens by its path, has something to show, fits the screen and complains of nothing."""

import re
from pathlib import Path
from typing import Final
from typing import cast

import pytest

from tests.e2e.conftest import OpenTab
from tests.e2e.desk import FIRST_SCREEN
from tests.e2e.desk import Terminal

SCREENS: Final = (FIRST_SCREEN, (1280, 720), (390, 844))
# Path, its tapes, and words that only its other panes have.
PAGES: Final = (
    ("tape", ("options-tape", "packets", "alerts"), ()),
    ("smart-money", ("smart-money",), ()),
    ("alerts", ("alerts",), ()),
    ("off-exchange", ("off-exchange-prints",), ("Off-exchange includes wholesalers",)),
    ("equities", ("equity-prints",), ()),
    ("ticker/NVDA", (), ("NVDA", "net premium")),
    ("replay", (), ("New run",)),
    ("health", (), ("source → ingest", "receive → paint")),
    ("settings", (), ("Theme", "Colours")),
)
# Terminal specification, 4: pane, width, height at 1440 × 900.
FIRST_PAGE: Final = {
    "options-tape": (892, 530),
    "packets": (892, 307),
    "chart": (547, 426),
    "alerts": (547, 411),
}


def set_theme(terminal: Terminal, theme: str) -> None:
    terminal.page.add_init_script(
        f"localStorage.setItem('islandflow.look', JSON.stringify({{theme: '{theme}'}}))"
    )


def size_of(terminal: Terminal, selector: str) -> tuple[float, float]:
    box = terminal.page.locator(selector).bounding_box()
    assert box is not None, selector
    return box["width"], box["height"]


def overflow(terminal: Terminal) -> list[str]:
    """Return what is wider than the window, or lies outside of it unreachably."""
    found = terminal.page.evaluate(
        """() => {
            const out = [];
            const wide = element => element.scrollWidth > element.clientWidth + 1;
            if (wide(document.documentElement)) out.push('document');
            for (const element of document.querySelectorAll('.shell > *, .pane')) {
                const { left, right } = element.getBoundingClientRect();
                if (left < -1 || right > innerWidth + 1) out.push(element.className);
            }
            return out;
        }"""
    )
    return cast("list[str]", found)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("path", "tapes", "words"), PAGES, ids=[each[0] for each in PAGES])
def test_a_page_has_something_to_show_at_every_size(
    open_tab: OpenTab,
    tmp_path: Path,
    theme: str,
    path: str,
    tapes: tuple[str, ...],
    words: tuple[str, ...],
) -> None:
    terminal = open_tab(color_scheme="light" if theme == "dark" else "dark")
    set_theme(terminal, theme)
    terminal.open(path)
    for tape in tapes:
        terminal.wait_rows(tape)
    for each in words:
        terminal.page.locator("main").get_by_text(each).first.wait_for()
    assert terminal.page.evaluate("document.documentElement.dataset.theme") == theme
    for width, height in SCREENS:
        terminal.page.set_viewport_size({"width": width, "height": height})
        terminal.settle()
        # Panes are laid out anew a frame after the window has its size.
        terminal.wait(lambda: overflow(terminal) == [], f"a page that fits {width} × {height}")
        image = tmp_path / f"{width}.png"
        terminal.page.screenshot(path=image)
        assert image.stat().st_size > 0


def test_the_first_screen_is_laid_out_as_specified(terminal: Terminal) -> None:
    terminal.open("tape")
    terminal.wait_rows("options-tape", 18)
    terminal.page.wait_for_selector('[data-pane="chart"] canvas')

    sizes = {pane: size_of(terminal, f'[data-pane="{pane}"]') for pane in FIRST_PAGE}
    assert sizes == {pane: pytest.approx(size, abs=1) for pane, size in FIRST_PAGE.items()}
    assert size_of(terminal, ".control-bar") == (1440, 40)
    assert size_of(terminal, ".status-line") == (1440, 22)
    assert terminal.page.locator(".control-bar").count() == 1
    assert size_of(terminal, '[data-pane="options-tape"] .pane-head')[1] == 26
    assert size_of(terminal, '[data-pane="options-tape"] .ag-header')[1] == pytest.approx(24, abs=1)


def test_the_status_line_tells_the_next_event_of_the_symbol(terminal: Terminal) -> None:
    symbol = "NVDA"
    terminal.open(f"tape?sym={symbol}")
    event = terminal.desk.get(f"/tickers/{symbol}")["next_event"]
    shown = "–" if event["kind"] is None else event["kind"]
    terminal.wait(lambda: f"next event {shown}" in terminal.status(), "the next event")


def full_rows(terminal: Terminal, pane: str) -> int:
    """Count the rows with something in them that lie whole within a tape."""
    found = terminal.pane(pane).evaluate(
        """pane => {
            const grid = pane.querySelector('.ag-grid-viewport');
            if (grid === null) return 0;
            const { top, bottom } = grid.getBoundingClientRect();
            return [...pane.querySelectorAll('.ag-row')].filter(row => {
                const box = row.getBoundingClientRect();
                const isWhole = box.top >= top - 0.5 && box.bottom <= bottom + 0.5;
                return isWhole && row.innerText.trim() !== '';
            }).length;
        }"""
    )
    return cast("int", found)


def test_the_first_screen_shows_eighteen_whole_rows_of_tape(terminal: Terminal) -> None:
    terminal.open("tape")
    terminal.wait(lambda: full_rows(terminal, "options-tape") >= 18, "18 whole rows")
    assert terminal.texts("options-tape")[0][0] != ""


def test_no_colour_says_what_neither_letter_nor_glyph_says(terminal: Terminal) -> None:
    terminal.open("tape")
    terminal.wait_rows("options-tape", 5)
    coloured = terminal.page.evaluate(
        """() => [...document.querySelectorAll('.up, .down, .warn, .crit')]
            .map(element => element.textContent.trim()).filter(text => text !== '')"""
    )
    assert coloured != []
    # Letters and words, direction glyphs, signs, and percentages that name their side by place.
    mute = [text for text in coloured if not re.search(r"[A-Za-z▲▼◆◐○◧■□+−%!–]", text)]
    assert mute == []


MOVING: Final = """() => [...document.querySelectorAll('*')].flatMap(element => {
    const { transitionProperty, transitionDuration, animationName, animationDuration } =
        getComputedStyle(element);
    const seconds = text => Math.max(...text.split(',').map(parseFloat));
    const fades = seconds(transitionDuration);
    return fades > 0 || animationName !== 'none'
        ? [[transitionProperty, fades, animationName, seconds(animationDuration)]]
        : [];
})"""


def test_nothing_moves_for_those_who_asked_for_stillness(open_tab: OpenTab) -> None:
    terminal = open_tab(reduced_motion="reduce")
    terminal.open("tape")
    terminal.wait_rows("options-tape", 5)
    terminal.press("Control+k")
    terminal.page.wait_for_selector(".palette [role=option]")
    assert terminal.page.evaluate(MOVING) == []
    assert terminal.page.evaluate("document.getAnimations().length") == 0


def test_what_moves_is_brief_and_only_fades(terminal: Terminal) -> None:
    terminal.open("tape")
    terminal.wait_rows("options-tape", 5)
    for moved, lasts_s, _, plays_s in terminal.page.evaluate(MOVING):
        assert set(moved.split(", ")) <= {"opacity", "all", "none"}
        assert max(lasts_s, plays_s) <= 0.12
