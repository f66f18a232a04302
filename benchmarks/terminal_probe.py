"""What a page of the terminal costs, and whether it shows what it claims to, from outside it."""

import base64
import itertools
import json
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Final

from playwright.sync_api import Browser
from playwright.sync_api import CDPSession
from playwright.sync_api import Page

from benchmarks.report import percentile

TAPE: Final = "options-tape"
LEAST_ROWS: Final = 18
LEAST_CELLS: Final = 8
LEAST_CHANGED: Final = 0.9
LEAST_MESSAGES_PER_S: Final = 15
# A canvas with fewer has no bars on it.
LEAST_COLOURS: Final = 4
LOOK_MS: Final = 2000
TRACED: Final = ("disabled-by-default-devtools.timeline", "devtools.timeline")

# Runs before the page's own code. Of the page it reads the newest row's time, once a frame and
# after that frame was painted; all else it hears from the browser.
WATCH: Final = """(() => {
  if (window.__probe !== undefined) return;
  const probe = { messages: 0, frames: 0, stats: null, firstRows: null, shift: 0, shifted: {},
                  ages: [], keeps: false, kept: [] };
  window.__probe = probe;
  const utf8 = new TextDecoder();
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        probe.messages += 1;
        if (probe.keeps) probe.kept.push(typeof data === "string" ? data : utf8.decode(data));
      });
    }
    send(data) {
      if (typeof data === "string" && data.startsWith('{"op":"stats"')) {
        probe.stats = JSON.parse(data);
      }
      super.send(data);
    }
  };
  const HOUR = 3600000;
  let shown = "";
  const painted = new MessageChannel();
  painted.port1.onmessage = () => {
    const cell = document.querySelector('[data-pane="options-tape"] [row-index="0"] .col-time');
    const text = cell === null ? "" : cell.textContent;
    if (text === "" || text === shown) return;
    shown = text;
    probe.firstRows ??= performance.now();
    const [, minutes, seconds] = text.split(":");
    const age = (Date.now() - Number(minutes) * 60000 - Number(seconds) * 1000) % HOUR;
    probe.ages.push((age + HOUR) % HOUR);
    if (probe.ages.length > 20000) probe.ages.splice(0, 10000);
  };
  const frame = () => {
    requestAnimationFrame(frame);
    probe.frames += 1;
    painted.port2.postMessage(0);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (probe.firstRows === null || entry.hadRecentInput) continue;
      probe.shift += entry.value;
      for (const { node } of entry.sources) {
        const name = node?.className || node?.parentElement?.className || "gone";
        probe.shifted[name] = (probe.shifted[name] ?? 0) + 1;
      }
    }
  }).observe({ type: "layout-shift", buffered: true });
})()"""

LOOK: Final = """(pane) => ({
  rows: [...document.querySelectorAll(`[data-pane="${pane}"] .ag-row`)]
    .map((row) => [Number(row.getAttribute("row-index")),
                   [...row.querySelectorAll(".ag-cell")].map((cell) => cell.textContent)]),
  clock: document.querySelector(".bar-clock")?.textContent ?? null,
  messages: window.__probe?.messages ?? 0,
  at: performance.now(),
})"""

COUNT: Final = """() => ({
  tape_rows: Math.max(0, ...[...document.querySelectorAll(".tape")].map(
    (tape) => tape.querySelectorAll(".ag-row").length)),
  nodes: document.querySelectorAll("*").length,
})"""

# Pictures are compared by the page: a browser knows how to read them.
COMPARE: Final = """async (pictures) => {
  const [before, after] = await Promise.all(pictures.map(async (picture) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  }));
  let changed = 0;
  for (let at = 0; at < after.length; at += 1) changed += before[at] === after[at] ? 0 : 1;
  return { colours: new Set(after).size, changed };
}"""


def percentiles(values: Sequence[float]) -> dict[str, float | None] | None:
    """Return p50, p95 and p99; null without values."""
    if not values:
        return None
    return {f"p{share}": percentile(values, share / 100) for share in (50, 95, 99)}


def watch(page: Page) -> None:
    """Watch every document this tab loads from now on."""
    page.add_init_script(WATCH)


def doubts(page: Page, look_ms: float = LOOK_MS) -> list[str]:
    """
    Return why figures of this page would prove nothing; empty when it shows a live market.

    It is looked at twice: rows must be filled and others, the chart drawn and redrawn, the socket
    busy, the clock ticking (terminal specification, 14).

    Parameters
    ----------
    page : Page
        Watched since before it was loaded.
    look_ms : float
        Between the looks.
    """
    before, picture_before = page.evaluate(LOOK, TAPE), chart_picture(page)
    page.wait_for_timeout(look_ms)
    after, picture_after = page.evaluate(LOOK, TAPE), chart_picture(page)
    found = row_doubts(before["rows"], after["rows"])
    seconds = (after["at"] - before["at"]) / 1000
    rate = (after["messages"] - before["messages"]) / seconds
    if rate < LEAST_MESSAGES_PER_S:
        found.append(f"{rate:.1f} messages a second, expected {LEAST_MESSAGES_PER_S}")
    if after["clock"] is None or after["clock"] == before["clock"]:
        found.append(f"the clock stands at {after['clock']}")
    if picture_before is None or picture_after is None:
        found.append("no chart")
    else:
        seen = page.evaluate(COMPARE, [picture_before, picture_after])
        if seen["colours"] < LEAST_COLOURS:
            found.append(f"the chart has {seen['colours']} colours")
        if seen["changed"] == 0:
            found.append("the chart does not change")
    return found


def row_doubts(before: Sequence[Any], after: Sequence[Any]) -> list[str]:
    """
    Return why two looks at a tape show no stream.

    Parameters
    ----------
    before, after : sequence
        (Place, texts of the cells) of each row.
    """
    filled = {at: cells for at, cells in after if sum(map(bool, cells)) >= LEAST_CELLS}
    if len(filled) < LEAST_ROWS:
        return [f"{len(filled)} filled rows, expected {LEAST_ROWS}"]
    old = dict(before)
    changed = sum(old.get(at) != cells for at, cells in filled.items()) / len(filled)
    if changed < LEAST_CHANGED:
        return [f"{changed:.0%} of rows changed, expected {LEAST_CHANGED:.0%}"]
    return []


def chart_picture(page: Page) -> str | None:
    """Return what is painted of the chart, PNG in base 64; null without a chart."""
    chart = page.locator('[data-pane="chart"] .tv-lightweight-charts')
    if chart.count() == 0:
        return None
    return base64.b64encode(chart.first.screenshot()).decode()


@dataclass(slots=True)
class Work:
    """
    What the page's main thread did, ms.

    Attributes
    ----------
    frames : list of float
        Of each frame, from the begin of one to the begin of the next: scripts, style, layout,
        paint, and the messages that came in between.
    frames_cpu : list of float
        The same by the thread's own clock, which stands still while others have its core.
    callbacks : list of float
        Of each frame's callbacks alone: what the terminal drains and commits.
    """

    frames: list[float] = field(default_factory=list)
    frames_cpu: list[float] = field(default_factory=list)
    callbacks: list[float] = field(default_factory=list)


def trace_work(browser: Browser, page: Page, seconds: float) -> Work:
    """Trace the page for a time and return what its main thread did."""
    browser.start_tracing(page=page, categories=list(TRACED))
    page.wait_for_timeout(seconds * 1000)
    events: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    return work_of(events)


def work_of(events: Sequence[Mapping[str, Any]]) -> Work:
    """Return the work of the thread that drew most frames."""
    drawn = [each for each in events if each["name"] == "FireAnimationFrame"]
    places = [(each["pid"], each["tid"]) for each in drawn]
    if not places:
        return Work()
    place = max(set(places), key=places.count)
    mine = sorted(
        (each for each in events if (each["pid"], each["tid"]) == place and "dur" in each),
        key=lambda each: each["ts"],
    )
    callbacks: dict[int, float] = {}
    tasks = []
    starts: list[int] = []
    for each in mine:
        if each["name"] == "RunTask":
            tasks.append(each)
        elif each["name"] == "FireAnimationFrame":
            # Callbacks of one frame lie in one task.
            task_ts = tasks[-1]["ts"] if tasks else each["ts"]
            callbacks[task_ts] = callbacks.get(task_ts, 0.0) + each["dur"] / 1000
            if not starts or starts[-1] != task_ts:
                starts.append(task_ts)
    work = Work(callbacks=list(callbacks.values()))
    at = 0
    for start, end in itertools.pairwise(starts):
        wall = cpu = 0.0
        while at < len(tasks) and tasks[at]["ts"] < end:
            if tasks[at]["ts"] >= start:
                wall += tasks[at]["dur"] / 1000
                cpu += tasks[at].get("tdur", 0) / 1000
            at += 1
        work.frames.append(wall)
        work.frames_cpu.append(cpu)
    return work


def heap_mb(session: CDPSession) -> float:
    """Return the heap after a collection, MB."""
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def slope_per_min(points: Sequence[tuple[float, float]]) -> float | None:
    """Return the slope of a line through (seconds, value), a minute; null below three points."""
    # Two always make a line.
    if len(points) < 3:
        return None
    mean_s = sum(at for at, _ in points) / len(points)
    mean = sum(value for _, value in points) / len(points)
    spread = sum((at - mean_s) ** 2 for at, _ in points)
    return 60 * sum((at - mean_s) * (value - mean) for at, value in points) / spread
