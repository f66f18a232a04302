"""The gateway is killed under three tabs and comes back: no print is missing, none shown twice."""

import signal
from typing import Final

import pytest

from infra.embedded.stack import running_stack
from tests.api.recorded import Gateway
from tests.api.recorded import running_gateway
from tests.e2e.conftest import OpenTab
from tests.e2e.desk import Desk
from tests.e2e.desk import Terminal
from tests.e2e.test_tape import HELD
from tests.e2e.test_tape import TAPE
from tests.e2e.test_tape import figure
from tests.e2e.test_tape import held_ids

pytestmark = pytest.mark.timeout(600)

PRINTS: Final = {"view": "raw", "security": "stock", "min_notional": 20_000}
PAGE: Final = "tape?preset=all&security=stock&min_notional=20000"
LOST_NS: Final = 10 * 10**9
LEAST_LOST: Final = 10
LEAST_ROWS: Final = 5
PATIENCE_MS: Final = 240_000
# Whether the tab is hidden is the test's to say: a browser without a window never hides one.
HIDING: Final = """(() => {
  window.__hidden = false;
  Object.defineProperty(document, "hidden", { get: () => window.__hidden });
})()"""
HIDE: Final = """(hidden) => {
  window.__hidden = hidden;
  document.dispatchEvent(new Event("visibilitychange"));
}"""


# Takes down all that the head of the tape ever says: some of it stands there for seconds only.
LISTEN: Final = """(pane) => {
  const head = document.querySelector(`[data-pane="${pane}"] .pane-head`);
  window.__said = [];
  new MutationObserver(() => window.__said.push(head.innerText))
    .observe(head, { childList: true, characterData: true, subtree: true });
}"""
SAID: Final = "word => window.__said.some((each) => each.includes(word))"


def newest(desk: Desk) -> dict[str, str]:
    """Return the newest print of the log, as the terminal that goes on has it."""
    found: dict[str, str] = desk.get("/prints/options", **PRINTS, limit=1)["data"][0]
    return found


def came_since(desk: Desk, since_ns: int) -> list[str]:
    """Return ids of stored prints later than an event time, newest first."""
    rows = desk.get("/history/options", **PRINTS, limit=1000)["data"]
    return [row["trace_id"] for row in rows if int(row["source_ts"]) > since_ns]


def opened(open_tab: OpenTab, served: Gateway) -> Terminal:
    tab = open_tab(desk=Desk(served.url))
    # The gateway is killed: the browser says so for each thing it cannot reach.
    tab.complaints.allow("ERR_CONNECTION|ERR_EMPTY_RESPONSE|WebSocket|Failed to fetch")
    tab.page.add_init_script(HIDING)
    tab.open(PAGE)
    tab.focus_pane(TAPE)
    # Alone on its page: it is the tape's records that are counted.
    tab.press("z")
    tab.wait(lambda: len(tab.texts(TAPE)) >= LEAST_ROWS, "rows", PATIENCE_MS)
    return tab


def until_lost(desk: Desk, tab: Terminal, since_ns: int) -> None:
    """Wait until ten seconds of the market have passed that no tab has seen."""
    tab.wait(
        lambda: (
            int(newest(desk)["source_ts"]) > since_ns + LOST_NS
            and len(came_since(desk, since_ns)) >= LEAST_LOST
        ),
        "ten seconds of prints",
        PATIENCE_MS,
    )


def test_ten_seconds_without_a_gateway_lose_nothing(open_tab: OpenTab, desk: Desk) -> None:
    addresses = None if desk.data_dir is None else running_stack(desk.data_dir)
    if desk.data_dir is None or addresses is None:
        pytest.skip("the services of a terminal that somebody else started are not known")
    settings = {"API_DELIVER_POLICY": "new"}
    with running_gateway(addresses, desk.data_dir, settings) as served:
        following, held, hidden = (opened(open_tab, served) for _ in range(3))
        tabs = (following, held, hidden)
        following.page.evaluate(LISTEN, TAPE)
        held.hold(TAPE)
        before = held_ids(held, 10)[:10]
        hidden.page.evaluate(HIDE, True)
        since_ns = int(newest(desk)["source_ts"])
        served.process.send_signal(signal.SIGKILL)
        served.process.wait()
        for tab in tabs:
            tab.page.wait_for_selector(".bar-light.waiting")
        following.page.wait_for_function(SAID, arg="not live")
        # Reading on into history fails now, and says so.
        held.press("End")
        held.wait(lambda: "unreachable" in held.header(TAPE), "a failed page of history")
        until_lost(desk, following, since_ns)
    port = int(served.url.rpartition(":")[2])
    with running_gateway(addresses, desk.data_dir, settings, port=port):
        for tab in tabs:
            tab.press("R")
            tab.wait_live()
        following.page.wait_for_function(SAID, arg="resumed, 0 missed")
        hidden.page.evaluate(HIDE, False)
        assert held_ids(held, 10)[:10] == before
        held.press("End")
        held.wait(lambda: "unreachable" not in held.header(TAPE), "a page of history")
        lost = came_since(desk, since_ns)
        for tab in tabs:
            tab.press("f")
            tab.wait(lambda tab=tab: figure(tab, HELD) == 0, "a tape that follows")  # type: ignore[misc]
            shown = shown_since(tab, lost)

            assert sorted(shown) == sorted(lost)


def shown_since(tab: Terminal, lost: list[str]) -> list[str]:
    """Hold a tape that has them all, and return which of these ids it shows, each as often."""
    ids: list[str] = []

    def has_all() -> bool:
        tab.hold(TAPE)
        ids[:] = held_ids(tab, len(lost) + 100)
        if set(lost) <= set(ids):
            return True
        tab.press("f")
        tab.wait(lambda: figure(tab, HELD) == 0, "a tape that follows")
        return False

    # Each look is a walk through the whole tape.
    tab.wait(has_all, "every print that was missed")
    wanted = set(lost)
    return [each for each in ids if each in wanted]
