"""Speed of the terminal: its first screen in Chromium while a market rushes by.

`python -m benchmarks.terminal [--rate N] [--seconds S] [--quick]` records a short session of the
synthetic market through every flow, starts the real gateway over it, opens the first screen in
Chromium at 1440 × 900 and sends N prints a second that pass its filter, packets, alerts and bars
beside them. It prints one JSON object: frames a second, the main thread's work a frame (by the
clock on the wall, and by the thread's own), what the callbacks of a frame took, milliseconds from
receipt to paint by pane and from the feed to the newest painted row, rows and nodes of the page,
the slope of its heap, its first paint; `doubts`, which must be empty, else the figures prove
nothing; and `bounds`, each figure beside what it must keep (terminal specification, 13). Broker,
feed, gateway and browser share the machine.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Final

from playwright.sync_api import Browser
from playwright.sync_api import Page
from playwright.sync_api import sync_playwright

from api.assets import TERMINAL
from benchmarks.market import record_session
from benchmarks.report import described
from benchmarks.report import has_files
from benchmarks.report import print_answer
from benchmarks.served import gateway
from benchmarks.stack import own_stack
from benchmarks.terminal_feed import MARKET
from benchmarks.terminal_feed import SESSION_S
from benchmarks.terminal_feed import Feed
from benchmarks.terminal_feed import Stamper
from benchmarks.terminal_feed import templates
from benchmarks.terminal_probe import COUNT
from benchmarks.terminal_probe import Work
from benchmarks.terminal_probe import doubts
from benchmarks.terminal_probe import heap_mb
from benchmarks.terminal_probe import percentiles
from benchmarks.terminal_probe import slope_per_min
from benchmarks.terminal_probe import trace_work
from benchmarks.terminal_probe import watch

CHROMIUM: Final = Path("/usr/bin/chromium")
SCREEN: Final = (1440, 900)
TIMEOUT_MS: Final = 120_000
WARM_UP_S: Final = 5.0
# A collection of the heap stands at both ends of each; none lies within what is traced.
SEGMENTS: Final = 6
TRACED_S: Final = 10.0
MS: Final = 1000
SLOW_RATE: Final = 200


@dataclass(frozen=True, slots=True)
class Bound:
    """
    What a figure must keep.

    Attributes
    ----------
    name : str
        Of the figure.
    most, least : float | None
        Inclusive; null where it has no such end.
    read : Callable
        Takes it out of the answer; null where it was not measured.
    """

    name: str
    most: float | None
    least: float | None
    read: Callable[[Any], float | None]

    def judged(self, found: Any) -> dict[str, Any]:  # noqa: ANN401 - the answer so far
        """Return the figure beside its ends, and whether it keeps them."""
        value = self.read(found)
        ends = {"most": self.most, "least": self.least}
        kept = (
            value is not None
            and (self.most is None or value <= self.most)
            and (self.least is None or value >= self.least)
        )
        return {
            "found": value,
            **{name: end for name, end in ends.items() if end is not None},
            "is_kept": kept,
        }


def _paint(pane: str) -> Callable[[Any], float | None]:
    def read(found: Any) -> float | None:  # noqa: ANN401 - the answer
        figures = found["receive_to_paint_ms"].get(pane)
        return None if figures is None else round(float(figures["p99"]), 1)

    return read


def _of(figure: str, share: str) -> Callable[[Any], float | None]:
    return lambda found: None if found[figure] is None else found[figure][share]


def bounds(rate: int) -> list[Bound]:
    """Return what a run at a rate must keep."""
    tape_ms = 34.0 if rate <= SLOW_RATE else 140.0
    return [
        Bound("frames_per_s", None, 58.0, lambda found: found["frames_per_s"]),
        Bound("work_ms_p95", 16.0, None, _of("work_ms", "p95")),
        Bound("work_ms_p99", 33.0, None, _of("work_ms", "p99")),
        Bound("tape_paint_ms_p99", tape_ms, None, _paint("options")),
        Bound("packets_paint_ms_p99", 34.0, None, _paint("flow")),
        Bound("alerts_paint_ms_p99", 34.0, None, _paint("alerts")),
        Bound("tape_rows", 60, None, lambda found: found["tape_rows"]),
        Bound("nodes", 6000, None, lambda found: found["nodes"]),
        Bound("heap_mb", 200.0, None, lambda found: found["heap_mb"][-1]),
        Bound("heap_mb_per_min", 0.3, None, lambda found: found["heap_mb_per_min"]),
        Bound("first_paint_ms", 1500.0, None, lambda found: found["first_paint_ms"]),
        Bound("first_rows_ms", 2000.0, None, lambda found: found["first_rows_ms"]),
        Bound("layout_shift", 0.0, None, lambda found: found["layout_shift"]),
        Bound("requests_per_min", 6.0, None, lambda found: found["requests_per_min"]),
    ]


def run(browser: Browser, page: Page, seconds: float) -> dict[str, Any]:
    """Measure a page that streams; it is watched and loaded."""
    session = page.context.new_cdp_session(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.wait_for_timeout(WARM_UP_S * MS)
    began_s = time.monotonic()
    heap = [(0.0, heap_mb(session))]
    frames = messages = 0
    watched_ms = 0.0
    work = Work()
    ages: list[float] = []
    for segment in range(SEGMENTS):
        page.evaluate("() => { __probe.ages.length = 0 }")
        before = page.evaluate("() => [__probe.frames, __probe.messages, performance.now()]")
        length_s = seconds / SEGMENTS
        if segment == SEGMENTS - 1:
            # Tracing itself costs the page something, so the frames above are counted without.
            work = trace_work(browser, page, min(length_s, TRACED_S))
        else:
            page.wait_for_timeout(length_s * MS)
            after = page.evaluate("() => [__probe.frames, __probe.messages, performance.now()]")
            frames += after[0] - before[0]
            messages += after[1] - before[1]
            watched_ms += after[2] - before[2]
            ages += page.evaluate("() => __probe.ages")
        heap.append((time.monotonic() - began_s, heap_mb(session)))
    slope = slope_per_min(heap)
    return {
        "frames_per_s": round(frames / watched_ms * MS, 1),
        "messages_per_s": round(messages / watched_ms * MS, 1),
        "work_ms": percentiles(work.frames),
        "work_cpu_ms": percentiles(work.frames_cpu),
        "callbacks_ms": percentiles(work.callbacks),
        "traced_frames": len(work.frames),
        "receive_to_paint_ms": page.evaluate("() => __probe.stats?.paint_ms ?? {}"),
        "feed_to_paint_ms": percentiles(ages),
        **page.evaluate(COUNT),
        "heap_mb": [round(each, 1) for _, each in heap],
        "heap_mb_per_min": None if slope is None else round(slope, 2),
        "layout_shift": round(page.evaluate("() => __probe.shift"), 4),
        "shifted": page.evaluate("() => __probe.shifted"),
        "requests_per_min": round(len(requests) / (time.monotonic() - began_s) * 60, 1),
        "status_line": page.locator(".status-line").inner_text().replace("\n", " "),
    }


def opened(browser: Browser, url: str) -> tuple[Page, dict[str, Any]]:
    """Open the first screen and return it with what its beginning took."""
    width, height = SCREEN
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="dark")
    page.set_default_timeout(TIMEOUT_MS)
    watch(page)
    page.goto(f"{url}/app/tape")
    page.wait_for_function("() => __probe.firstRows !== null")
    begin = page.evaluate(
        """() => ({
          first_paint_ms: performance.getEntriesByName("first-contentful-paint")[0].startTime,
          first_rows_ms: __probe.firstRows,
        })"""
    )
    return page, {name: round(value, 1) for name, value in begin.items()}


def main() -> None:
    """Measure and print."""
    parser = described(__doc__)
    parser.add_argument("--rate", type=int, default=2000, help="prints a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--quick", action="store_true", help="12 seconds")
    parser.add_argument("--chromium", type=Path, default=CHROMIUM)
    options = parser.parse_args()
    if not has_files("terminal", [options.chromium, TERMINAL / "index.html"]):
        return
    seconds = 12.0 if options.quick else options.seconds
    with own_stack() as (stack, folder), sync_playwright() as playwright:
        wire, _ = record_session(stack.addresses, folder, MARKET, SESSION_S)
        stamper = Stamper(templates(stack.addresses, wire), f"bench-{time.monotonic_ns()}")
        browser = playwright.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox"]
        )
        with gateway(stack.addresses, folder) as (url, _):
            # The first page of a browser pays for its cold start.
            opened(browser, url)[0].close()
            page, begin = opened(browser, url)
            with Feed(stack.addresses, wire, stamper, options.rate) as feed:
                page.wait_for_timeout(WARM_UP_S * MS)
                answer: dict[str, Any] = {
                    "chromium": browser.version,
                    "load": round(os.getloadavg()[0], 2),
                    "rate": options.rate,
                    "seconds": seconds,
                    "doubts": doubts(page),
                    **begin,
                    **run(browser, page, seconds),
                    "sent_per_s": feed.rate,
                }
        browser.close()
    answer["bounds"] = {each.name: each.judged(answer) for each in bounds(options.rate)}
    print_answer("terminal", answer, versions=("playwright", "fastapi", "confluent-kafka"))


if __name__ == "__main__":
    main()
