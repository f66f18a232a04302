"""The tape as it is read: filtered, held, scrolled back through history, followed again."""

import re
from typing import Final

import pytest

from tests.e2e.desk import Terminal

pytestmark = pytest.mark.timeout(600)

TAPE: Final = "options-tape"
EVERY_PRINT: Final = "tape?preset=all"
LEAST_HISTORY: Final = 450
SETTLED_NS: Final = 5 * 10**9
NEW: Final = re.compile(r"\+([\d,]+) new")
HELD: Final = re.compile(r"([\d,]+) rows held")
# Rows of a held tape by place: a grid makes only those near the reader.
IDS: Final = """(pane) => [...document.querySelectorAll(`[data-pane="${pane}"] .ag-row`)]
  .map((row) => [Number(row.getAttribute("row-index")), row.getAttribute("row-id")])"""
SCROLL: Final = """([pane, top]) => {
  const viewport = document.querySelector(`[data-pane="${pane}"] .ag-grid-viewport`);
  if (top !== null) viewport.scrollTop = top;
  return [viewport.scrollTop, viewport.scrollHeight - viewport.clientHeight, viewport.clientHeight];
}"""


def figure(terminal: Terminal, pattern: re.Pattern[str]) -> int:
    """Return a number of the tape's head, 0 where it is not said."""
    found = pattern.search(terminal.header(TAPE))
    return 0 if found is None else int(found[1].replace(",", ""))


def scrolled(terminal: Terminal, top: float | None) -> tuple[float, float, float]:
    """Scroll a held tape; return where it stands, where it ends and how much of it is seen."""
    at, end, seen = terminal.page.evaluate(SCROLL, [TAPE, top])
    return at, end, seen


def held_ids(terminal: Terminal, least: int) -> list[str]:
    """Return the ids of the newest rows of a held tape, read by scrolling through it."""
    found: dict[int, str] = {}
    _, _, seen = scrolled(terminal, 0)
    while len(found) < least:
        # Rows of one place: those seen before it moved on are not read for others.
        before = len(found)
        terminal.wait(
            lambda: dict(terminal.page.evaluate(IDS, TAPE)).get(len(found)) is not None,
            f"row {len(found)} of a held tape",
        )
        rows = dict(terminal.page.evaluate(IDS, TAPE))
        while len(found) in rows:
            found[len(found)] = rows[len(found)]
        at, end, _ = scrolled(terminal, None)
        if at >= end or len(found) == before:
            break
        scrolled(terminal, min(end, at + seen))
    return [found[at] for at in sorted(found)]


def test_a_filter_typed_keeps_to_what_the_gateway_keeps(terminal: Terminal) -> None:
    terminal.open(EVERY_PRINT)
    terminal.wait_rows(TAPE, 18)
    terminal.focus_pane(TAPE)
    terminal.press("/")
    terminal.page.locator(".filter-text").fill("put >20k")
    terminal.press("Enter")
    column = terminal.columns(TAPE).index("contract")

    def is_kept() -> bool:
        contracts = [cells[column] for cells in terminal.texts(TAPE)]
        return bool(contracts) and all(re.search(r"P\b", each) for each in contracts)

    terminal.wait(is_kept, "puts only")
    wanted = terminal.desk.get(
        "/prints/options", view="raw", type="put", min_notional=20_000, limit=200
    )["data"]

    assert "type=put" in terminal.page.url
    assert "min_notional=20000" in terminal.page.url
    assert wanted
    assert {(row["right"], row["notional"] >= 20_000) for row in wanted} == {("P", True)}


def test_history_is_read_while_rows_stream_and_live_is_one_key_away(terminal: Terminal) -> None:
    terminal.open(EVERY_PRINT)
    terminal.wait_rows(TAPE, 18)
    terminal.focus_pane(TAPE)
    terminal.hold(TAPE)
    terminal.wait(lambda: figure(terminal, HELD) > 0, "a held tape")
    first = dict(terminal.page.evaluate(IDS, TAPE))
    # On to where the live rows end, and beyond them, a page of history each time.
    while (before := figure(terminal, HELD)) < LEAST_HISTORY:
        _, end, _ = scrolled(terminal, None)
        scrolled(terminal, end)
        terminal.wait(
            lambda before=before: figure(terminal, HELD) > before,  # type: ignore[misc]
            "a page of history",
        )
    terminal.wait(lambda: figure(terminal, NEW) > 0, "rows that came meanwhile")
    ids = held_ids(terminal, LEAST_HISTORY)
    stands = [first[at] for at in sorted(first)][:18]
    stored = stored_rows(terminal, ids[0], ids[-1])
    terminal.press("f")
    terminal.wait(lambda: figure(terminal, HELD) == 0, "a tape that follows")
    top = terminal.texts(TAPE)[0]
    terminal.wait(lambda: terminal.texts(TAPE)[0] != top, "newer rows on top")

    # What was on screen when it was held is there still, in its place.
    assert ids[: len(stands)] == stands
    assert len(ids) >= LEAST_HISTORY
    assert len(set(ids)) == len(ids)
    # Partitions reach the tape side by side, so of its last seconds a row may have come after hold.
    first_ns, last_ns = stored[ids[-1]], max(stored[each] for each in ids) - SETTLED_NS
    within = {each for each, at_ns in stored.items() if first_ns < at_ns < last_ns}
    assert within == {each for each in ids if first_ns < stored[each] < last_ns}


def stored_rows(terminal: Terminal, newest: str, oldest: str) -> dict[str, int]:
    """Return id → event time of what history tells, from its newest to a held tape's oldest row."""

    def page(**cursor: object) -> tuple[dict[str, int], str | None]:
        found = terminal.desk.get("/history/options", view="raw", limit=1000, **cursor)
        rows = {row["trace_id"]: int(row["source_ts"]) for row in found["data"]}
        return rows, found["next_cursor"]

    terminal.wait(lambda: newest in page()[0], "the newest held row in the store")
    found, cursor = page()
    while oldest not in found and cursor is not None:
        more, cursor = page(cursor=cursor)
        found |= more
    return found


def test_selecting_a_row_holds_the_tape_and_escape_lets_it_go(terminal: Terminal) -> None:
    terminal.open(EVERY_PRINT)
    terminal.wait_rows(TAPE, 18)
    terminal.focus_pane(TAPE)
    terminal.press("j", "j")
    selected = terminal.pane(TAPE).locator(".ag-row.selected")
    selected.wait_for()
    held = selected.get_attribute("row-id")
    terminal.wait(lambda: figure(terminal, NEW) > 0, "rows that came meanwhile")
    after = selected.get_attribute("row-id")
    terminal.press("Escape")
    terminal.wait(lambda: figure(terminal, HELD) == 0, "a tape that follows")

    assert held == after
    assert terminal.pane(TAPE).locator(".ag-row.selected").count() == 0
