"""What is kept comes back: presets, workspaces, addresses, files, theme and zone."""

import csv
import re
from io import StringIO
from pathlib import Path
from typing import Any
from typing import Final

from playwright.sync_api import expect

from tests.e2e.conftest import OpenTab
from tests.e2e.desk import Desk
from tests.e2e.desk import Terminal

MOST_URL_BYTES: Final = 2048
HOUR_OF: Final = re.compile(r"^(\d\d):")


def filter_by(terminal: Terminal, text: str) -> None:
    """Type a filter over the options tape."""
    terminal.press("/")
    terminal.page.wait_for_selector(".filter-text:focus")
    terminal.page.keyboard.type(text)
    terminal.press("Enter")
    terminal.page.wait_for_selector(".filter-text", state="detached")


def document(desk: Desk, kind: str, **fields: object) -> dict[str, Any] | None:
    """Return the first document of a kind whose body, or name, has these values."""
    for each in desk.get(f"/{kind}")["data"]:
        if all(
            {**each["body"], "name": each["name"]}.get(name) == it for name, it in fields.items()
        ):
            return dict(each)
    return None


def test_a_preset_is_saved_from_the_tape_and_is_back_after_a_reload(terminal: Terminal) -> None:
    terminal.open("tape")
    filter_by(terminal, "puts all >40k side:a,aa view:raw")
    terminal.run("save the filter as a preset")
    name = terminal.page.get_by_role("dialog", name="save preset").get_by_label("Name")
    name.wait_for()
    terminal.page.keyboard.type("big puts")
    terminal.press("Enter")
    preset = terminal.page.locator(".filter-preset")
    expect(preset).to_have_text("big puts")
    saved = document(terminal.desk, "presets", name="big puts")
    assert saved is not None
    assert saved["body"]["filters"] == {
        "view": "raw",
        "side": ["AA", "A"],
        "type": ["put"],
        "min_notional": 40000,
    }

    terminal.run("preset smart-money")
    expect(preset).to_have_text("smart-money")
    terminal.reload()
    terminal.run("preset: big puts")
    expect(preset).to_have_text("big puts")
    expect(terminal.page.locator(".bar-summary")).to_contain_text("≥ $40k")


def test_a_workspace_comes_back_after_a_reload_and_in_another_browser(
    terminal: Terminal, open_tab: OpenTab
) -> None:
    terminal.open("tape?ws=7")
    terminal.focus_pane("packets")
    terminal.run("close the pane")
    filter_by(terminal, "calls all >20k side:all view:raw")
    terminal.press("u")
    terminal.wait(
        lambda: document(terminal.desk, "workspaces", key=7, zone="UTC") is not None,
        "the workspace saved",
    )
    panes = pane_ids(terminal)
    assert "packets" not in panes

    terminal.reload()
    assert pane_ids(terminal) == panes
    expect(terminal.page.locator(".bar-clock")).to_contain_text("UTC")

    elsewhere = open_tab()
    elsewhere.open("health")
    elsewhere.press("7")
    elsewhere.page.wait_for_url("**/app/tape*")
    elsewhere.wait(lambda: pane_ids(elsewhere) == panes, "the panes of the workspace")
    expect(elsewhere.page.locator(".bar-clock")).to_contain_text("UTC")
    expect(elsewhere.page.locator(".bar-summary")).to_contain_text("≥ $20k")


def pane_ids(terminal: Terminal) -> list[str]:
    found: list[str] = terminal.page.evaluate(
        "[...document.querySelectorAll('[data-pane]')].map(pane => pane.dataset.pane)"
    )
    return found


def test_an_address_opens_the_same_screen_for_somebody_else(
    terminal: Terminal, open_tab: OpenTab
) -> None:
    newest = terminal.desk.get("/flow/alerts", limit=1)["data"][0]
    terminal.open("tape")
    terminal.press("s")
    terminal.page.keyboard.type("NVDA")
    terminal.press("Enter")
    filter_by(terminal, "all >15k dte<90 side:aa,a,mid view:raw")
    terminal.page.wait_for_url("**dte_max=90**")
    address = f"{terminal.page.url}&e={newest['alert_id']}"
    assert len(address.encode()) < MOST_URL_BYTES
    chips = terminal.page.locator(".filter-bar").inner_text()

    other = open_tab()
    other.page.goto(address)
    other.wait_live()
    expect(other.page.locator(".evidence-ref")).to_have_text(newest["alert_id"])
    assert other.page.locator(".filter-bar").inner_text() == chips
    expect(other.page.locator(".bar-symbol")).to_have_value("NVDA")
    assert other.page.url == address


def test_an_export_has_the_rows_that_rest_has(terminal: Terminal, tmp_path: Path) -> None:
    desk = terminal.desk
    newest = desk.get("/prints/options", view="raw", limit=200)["data"]
    stamps = sorted({each["source_ts"] for each in newest})
    # Between prints, so that neither bound has one on it.
    first, last = str(int(stamps[len(stamps) // 4]) + 1), str(int(stamps[-len(stamps) // 4]) + 1)
    asked = {"view": "raw", "start_ts": first, "before_ts": last, "before_seq": 0, "limit": 1000}
    wanted = {each["trace_id"] for each in newest if first < each["source_ts"] < last}
    path = f"/export/options?view=raw&start_ts={first}&end_ts={last}&format=csv"
    # What memory holds already may not be stored yet, and a file is written from what is stored.
    terminal.wait(lambda: wanted <= traces(desk.send("GET", path).text), "the prints stored")

    terminal.open("tape")
    terminal.run("preset all")
    expect(terminal.page.locator(".filter-preset")).to_have_text("all")
    terminal.focus_pane("options-tape")
    terminal.press("x")
    form = terminal.page.get_by_role("dialog", name="export")
    form.get_by_label("From, ET").fill(first)
    form.get_by_label("To, ET").fill(last)
    with terminal.page.expect_download() as begun:
        terminal.press("Enter")
    begun.value.save_as(tmp_path / "prints.csv")

    rows = list(csv.DictReader(StringIO((tmp_path / "prints.csv").read_text())))
    stored = desk.get("/history/options", **asked)["data"]
    assert len(stored) >= len(wanted) > 0
    assert [key(each) for each in rows] == [key(each) for each in reversed(stored)]


def traces(text: str) -> set[str]:
    return {each["trace_id"] for each in csv.DictReader(StringIO(text))}


def key(record: dict[str, Any]) -> tuple[str, str, str, float, float]:
    """Return what of a print is the same in a file and in JSON."""
    return (
        record["trace_id"],
        str(record["source_ts"]),
        record["option_contract_id"],
        float(record["price"]),
        float(record["size"]),
    )


def test_a_theme_stays_over_a_reload(terminal: Terminal) -> None:
    terminal.open("tape")
    assert terminal.page.evaluate("document.documentElement.dataset.theme") == "dark"
    terminal.run("theme: light")
    ground = "getComputedStyle(document.querySelector('.pane')).backgroundColor"
    terminal.wait(lambda: terminal.page.evaluate(ground) == "rgb(255, 255, 255)", "light panes")
    terminal.reload()
    assert terminal.page.evaluate("document.documentElement.dataset.theme") == "light"
    assert terminal.page.evaluate(ground) == "rgb(255, 255, 255)"


def test_one_key_puts_every_column_and_clock_into_the_other_zone(terminal: Terminal) -> None:
    terminal.open("tape")
    for pane in ("options-tape", "packets", "alerts"):
        terminal.wait_rows(pane)
    clock = terminal.page.locator(".bar-clock")
    expect(clock).to_contain_text("ET")
    for pane in ("options-tape", "packets", "alerts"):
        assert terminal.columns(pane)[0] == "time ET"
    terminal.focus_pane("options-tape")
    terminal.press("Space", "j")
    eastern = terminal.texts("options-tape")[0][0]

    terminal.press("u")
    expect(clock).to_contain_text("UTC")
    for pane in ("options-tape", "packets", "alerts"):
        terminal.wait(lambda pane=pane: terminal.columns(pane)[0] == "time UTC", pane)  # type: ignore[misc]
    terminal.wait(lambda: terminal.texts("options-tape")[0][0] != eastern, "the held row in UTC")
    universal = terminal.texts("options-tape")[0][0]
    hours = [int(found[1]) for found in map(HOUR_OF.match, (eastern, universal)) if found]
    assert (hours[1] - hours[0]) % 24 in {4, 5}
    assert eastern[2:] == universal[2:]


def test_a_change_in_two_tabs_shows_both_and_asks(terminal: Terminal, open_tab: OpenTab) -> None:
    desk = terminal.desk
    terminal.open("tape?ws=6")
    filter_by(terminal, "calls all >20k side:all view:raw")
    terminal.wait(lambda: document(desk, "workspaces", key=6) is not None, "the first save")
    other = open_tab()
    other.complaints.allow("412")
    with other.page.expect_response("**/workspaces"):
        other.open("tape?ws=6")
    expect(other.page.locator(".bar-workspace")).to_contain_text("6")

    terminal.press("u")
    terminal.wait(lambda: document(desk, "workspaces", key=6, zone="UTC") is not None, "the zone")
    filter_by(other, "puts all >90k side:all view:raw")

    asked = other.page.get_by_role("dialog", name="changed in two places")
    asked.wait_for()
    mine, theirs = asked.locator("section").all_inner_texts()
    assert "90000" in mine
    assert "90000" not in theirs
    assert '"UTC"' in theirs
    now = document(desk, "workspaces", key=6)
    assert now is not None
    assert now["body"]["zone"] == "UTC"

    asked.get_by_role("button", name="Keep what this tab shows").click()
    asked.wait_for(state="detached")
    terminal.wait(
        lambda: "90000" in str(document(desk, "workspaces", key=6)), "what the tab shows saved"
    )
