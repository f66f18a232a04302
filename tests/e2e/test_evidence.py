"""From an alert to the quotes its prints traded against, and every figure as the store has it."""

import random
import re
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from datetime import tzinfo
from typing import Any
from typing import Final
from urllib.parse import quote
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator

from tests.e2e.desk import Desk
from tests.e2e.desk import Terminal

NEW_YORK: Final = ZoneInfo("America/New_York")
SEED: Final = 20
CELLS: Final = 200
MOST_STEPS: Final = 300
SIDES: Final = {"MID": "M", "MISSING": "–", "STALE": "S"}
SCALES: Final = {"": 1.0, "k": 1e3, "M": 1e6, "B": 1e9}

Record = Mapping[str, Any]


def opened_alert(terminal: Terminal) -> str:
    """Open the newest alert about options that still has prints, by keyboard; return its id."""
    # A retracted one may have lost all of them to cancels.
    terminal.open("alerts?kind=options&state=open,updated")
    terminal.wait_rows("alerts")
    terminal.focus_pane("alerts")
    terminal.press("j", "Enter")
    terminal.page.wait_for_selector(".evidence .chain-node")
    found = re.search(r"[?&]e=([^&]+)", terminal.page.url)
    assert found is not None, terminal.page.url
    return unquote(found.group(1))


def drawer(terminal: Terminal) -> Locator:
    return terminal.page.locator(".drawer.evidence")


def evidence_of(desk: Desk, ref: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.get("/evidence", ref=ref)
    return found


def at_node(terminal: Terminal) -> str:
    """Return the ref of the node of the chain that has the keyboard."""
    key = terminal.page.locator(".chain-node.at").get_attribute("data-key") or ""
    return key.rpartition(">")[2]


def walk_to(terminal: Terminal, prefix: str) -> str:
    """Walk down the chain with arrows until a record of a kind has the keyboard."""
    terminal.page.locator(".chain").focus()
    for _ in range(MOST_STEPS):
        if at_node(terminal).startswith(prefix):
            return at_node(terminal)
        before = at_node(terminal)
        # Opens a node, or goes on to the first below an open one; a leaf stays where it is.
        terminal.press("ArrowRight")
        is_leaf = terminal.page.locator(".chain-node.at").get_attribute("aria-expanded") is None
        if is_leaf and at_node(terminal) == before:
            terminal.press("ArrowDown")
    msg = (
        f"no {prefix} within {MOST_STEPS} steps: {drawer(terminal).locator('.chain').inner_text()}"
    )
    raise AssertionError(msg)


def test_an_alert_is_walked_to_its_prints_and_their_quotes(terminal: Terminal) -> None:
    alert = opened_alert(terminal)
    known = evidence_of(terminal.desk, alert)
    assert at_node(terminal) == alert

    reached = walk_to(terminal, "print:")
    terminal.press("Enter")

    shown = drawer(terminal).locator(".chain-record")
    assert shown.locator(".mono").first.inner_text() == reached
    prints = {f"print:{each['trace_id']}": each for each in known["prints"]}
    (field,) = [
        each.inner_text()
        for each in shown.locator(".fields > div").all()
        if each.locator("dt").inner_text().endswith(" size")
    ]
    assert field.splitlines()[-1].split()[0].replace(",", "") == str(prints[reached]["size"])
    # Only a print that had a quote rests on one.
    quoted = [each for each in known["links"] if each[1].startswith("option-nbbo:")]
    if quoted:
        assert walk_to(terminal, "option-nbbo:") in {to for _, to in quoted}


def test_every_link_of_why_opens_the_record_it_names(terminal: Terminal) -> None:
    alert = opened_alert(terminal)
    # Pinned, it stays at hand when another is opened.
    terminal.press("p")
    why = drawer(terminal).locator('section[aria-label="Why"]')
    while (ranges := why.locator('.why-number[aria-expanded="false"]')).count():
        ranges.first.click()
    refs = [str(each.get_attribute("title")) for each in why.locator(".why-number").all()]
    missing = {each["ref"] for each in evidence_of(terminal.desk, alert)["missing"]}
    assert refs

    for at, ref in enumerate(refs):
        why.locator(".why-number").nth(at).click()
        if at_node(terminal) == ref:
            if ref not in missing:
                record = drawer(terminal).locator(".chain-record .mono").first
                assert record.inner_text() == ref
            continue
        # What is not in the chain is opened as evidence of its own.
        terminal.page.wait_for_function(
            "ref => document.querySelector('.evidence-ref')?.textContent === ref", arg=ref
        )
        drawer(terminal).locator(f'[role="tab"][title="{alert}"]').click()
        terminal.page.wait_for_function(
            "ref => document.querySelector('.evidence-ref')?.textContent === ref", arg=alert
        )


def test_pinned_evidence_is_the_same_after_a_change_of_filter_and_a_reload(
    terminal: Terminal,
) -> None:
    alert = opened_alert(terminal)
    terminal.press("p")
    tab = drawer(terminal).locator(f'[role="tab"][title="{alert}"]', has_text="▪")
    tab.wait_for()
    before = drawer(terminal).locator('section[aria-label="Why"]').inner_text()
    terminal.press("Escape")
    drawer(terminal).wait_for(state="detached")

    terminal.page.goto(terminal.page.url.replace("/alerts?", "/tape?sym=ZZZZ&"))
    terminal.page.goto(f"{terminal.page.url}&e={quote(alert)}")
    terminal.page.reload()

    drawer(terminal).locator(".chain-node").first.wait_for()
    assert drawer(terminal).locator(".evidence-ref").inner_text() == alert
    assert drawer(terminal).locator('section[aria-label="Why"]').inner_text() == before
    assert tab.get_attribute("aria-selected") == "true"


def held_cells(terminal: Terminal) -> dict[str, dict[str, str]]:
    """Return the cells of the held tape by trace id and column, all in one look."""
    found: dict[str, dict[str, str]] = terminal.pane("options-tape").evaluate(
        """pane => Object.fromEntries(
            [...pane.querySelectorAll('.ag-row')].map(row => [
                row.getAttribute('row-id'),
                Object.fromEntries([...row.querySelectorAll('.ag-cell')]
                    .map(cell => [cell.getAttribute('col-id'), cell.textContent])),
            ]))"""
    )
    return found


def stamp(source_ts: str, zone: tzinfo) -> str:
    at = datetime.fromtimestamp(int(source_ts[:10]), zone)
    return f"{at:%H:%M:%S}.{source_ts[10:13]}"


def number(text: str) -> float:
    """Return what a figure says: `$1.24M`, `1,204`, `−0.05`."""
    match = re.fullmatch(r"\$?([−-]?)([\d,]*\.?\d+)([kMB]?)", text)
    assert match is not None, text
    sign, digits, scale = match.groups()
    return (-1 if sign else 1) * float(digits.replace(",", "")) * SCALES[scale]


def is_told(text: str, value: float | None) -> bool:
    """Tell whether a figure is a value, to the digits it is written with."""
    if value is None:
        return text == "–"
    return abs(number(text) - value) <= 0.006 * abs(value)


def is_price(text: str, value: float | None) -> bool:
    if value is None:
        return text in {"", "–"}
    return abs(number(text) - value) <= 0.0051


def is_true(column: str, text: str, record: Record, zone: tzinfo) -> bool | None:
    """Tell whether a cell says what its record does; null for columns that are not judged."""
    exact = {
        "time": stamp(str(record["source_ts"]), zone),
        "symbol": record["underlying_id"],
        "dte": str(record["dte_days"]),
        "side": SIDES.get(record["nbbo_side"], record["nbbo_side"]),
        "size": f"{record['size']:,}",
        "venue": record["exchange"] or "–",
        "condition": " ".join(record["conditions"]),
    }
    if column in exact:
        return bool(text.strip() == exact[column])
    if column == "premium":
        return is_told(text, record["notional"])
    if column in {"price", "spot"}:
        return is_price(text, record["price" if column == "price" else "underlying_mid"])
    if column == "iv":
        iv = record["iv"]
        return text == "–" if iv is None else bool(abs(number(text) - 100 * iv) <= 0.051)
    return None


def test_two_hundred_cells_of_the_tape_say_what_the_store_does(terminal: Terminal) -> None:
    terminal.open("tape?preset=all")
    terminal.wait_rows("options-tape", 18)
    terminal.focus_pane("options-tape")
    terminal.press("Space")
    terminal.wait(
        lambda: len([key for key in held_cells(terminal) if not key.isdigit()]) >= 18,
        "the held rows",
    )
    for zone in (NEW_YORK, UTC):
        cells = held_cells(terminal)
        answer = terminal.desk.get(
            "/prints/options/by-trace?" + "&".join(f"trace_id={quote(each)}" for each in cells)
        )
        records = {each["trace_id"]: each for each in answer["data"]}
        assert set(records) == set(cells)
        places = [(row, column) for row in cells for column in cells[row]]
        judged = [
            (row, column, cells[row][column], verdict)
            for row, column in places
            if (verdict := is_true(column, cells[row][column], records[row], zone)) is not None
        ]
        chosen = random.Random(SEED).sample(  # noqa: S311 - which cells is no secret
            judged, min(CELLS, len(judged))
        )
        assert len(chosen) == CELLS
        assert [each for each in chosen if not each[3]] == []
        terminal.press("u")
        terminal.page.wait_for_function(
            "zone => document.querySelector('[col-id=time] .ag-header-cell-text')"
            ".textContent.endsWith(zone)",
            arg="UTC" if zone is NEW_YORK else "ET",
        )
