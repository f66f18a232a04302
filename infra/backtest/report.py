"""One page that answers whether alerts beat their base rate: no network, no script."""

from typing import Final

from infra.backtest.report_html import Html
from infra.backtest.report_html import element
from infra.backtest.report_html import joined
from infra.backtest.report_html import markup
from infra.backtest.report_sections import Origin
from infra.backtest.report_sections import Section
from infra.backtest.report_sections import sections
from infra.backtest.report_style import style_sheet
from infra.backtest.result import BacktestResult
from infra.backtest.result import HorizonResult
from infra.backtest.words import PAST
from infra.backtest.words import QUESTION
from infra.backtest.words import answer
from infra.backtest.words import answer_word
from infra.backtest.words import bps
from infra.backtest.words import horizon_name
from infra.backtest.words import judged
from infra.backtest.words import lift_interval
from infra.backtest.words import main_result
from infra.backtest.words import points
from infra.backtest.words import share
from infra.backtest.words import share_interval
from infra.cli.output import counted

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def report(result: BacktestResult, origin: Origin) -> str:
    """
    Return the page of a backtest, a whole HTML document.

    Parameters
    ----------
    result : BacktestResult
        What was found.
    origin : Origin
        Where it comes from; its horizon is what the answer is about.

    Notes
    -----
    Equal arguments, equal bytes. The page loads nothing and says so to the browser. It follows
    the reader's light or dark setting and prints on white.
    """
    found = sections(result, origin)
    title = f"Backtest {origin.name}: {answer_word(main_result(result, origin.horizon))}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Html(style_sheet())),
    )
    body = element(
        "body",
        element("a", "Skip to the results", href=f"#{found[0].key}", class_="skip"),
        element("header", *_top(result, origin), _links(found)),
        element("main", *(_section(each) for each in found)),
        element("footer", element("p", f"{PAST} {result.label}", class_="note")),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _top(result: BacktestResult, origin: Origin) -> list[Html]:
    name = joined([element("strong", f"Backtest of {result.flow} alerts"), f" · {origin.name}"])
    word, _, rest = answer(result, origin.horizon).partition(":")
    parts = [
        element("div", element("p", name), element("p", PAST, class_="past"), class_="top"),
        element("h1", QUESTION),
        element("p", element("strong", f"{word}:"), rest, class_="answer"),
    ]
    found = main_result(result, origin.horizon)
    if found is not None:
        parts.append(_figures(result, found))
        parts += [element("p", each, class_="note") for each in _warnings(result, found)]
    return parts


def _figures(result: BacktestResult, found: HorizonResult) -> Html:
    """Return the figures of the answer, or those of moves where nothing had a direction."""
    lift = judged(found)
    sessions = counted(len(result.data.sessions), "session")
    if found.n == 0 and found.move_n:
        told = [
            ("alerts without a direction", f"{found.move_n:,}", sessions),
            ("mean move", _plain(found.move_mean_bps), "bps, whichever way"),
            ("base", _plain(found.move_base_bps), "bps, same symbols and times of day"),
            ("lift", bps(lift.mean) or "–", _interval(lift_interval(lift, in_bps=True), "bps")),
        ]
    else:
        judged_alerts = f"alerts judged at {horizon_name(found.horizon)}"
        rate_interval = share_interval(found.wilson_low, found.wilson_high)
        told = [
            (judged_alerts, f"{found.known_n:,}", sessions),
            ("hit rate", share(found.hit_rate) or "–", _interval(rate_interval, "")),
            ("base rate", share(found.base_hit_rate) or "–", "same symbols and times of day"),
            ("lift, points", points(lift.mean) or "–", _interval(lift_interval(lift), "")),
            ("mean change the alert's way", bps(found.mean_bps) or "–", _base_bps(found)),
        ]
    return element(
        "dl",
        *(
            element(
                "div",
                element("dt", name),
                element("dd", value),
                element("dd", more, class_="more"),
            )
            for name, value, more in told
        ),
        class_="figures",
    )


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"


def _base_bps(found: HorizonResult) -> str:
    base = bps(found.base_mean_bps)
    return "bps" if base is None else f"bps; base {base}"


def _interval(text: str | None, unit: str) -> str:
    return "no interval" if text is None else f"95%: {text} {unit}".rstrip()


def _warnings(result: BacktestResult, found: HorizonResult) -> list[Html]:
    """Return what limits the answer most: how the interval was made, and the gravest caveat."""
    lift = judged(found)
    told = []
    if lift.is_understated and lift.low is not None:
        blocks = f"{lift.blocks:,} {lift.by}"
        told.append(markup(f"The interval rests on {blocks}; it is narrower than it should be."))
    if result.caveats:
        every = f"All {len(result.caveats)} caveats"
        more = [" ", element("a", every, href="#caveats"), "."] if len(result.caveats) > 1 else []
        told.append(joined([result.caveats[0], *more]))
    return told


def _links(found: list[Section]) -> Html:
    entries = [element("li", element("a", each.title, href=f"#{each.key}")) for each in found]
    return element("nav", element("ul", *entries), aria_label="Sections")


def _section(found: Section) -> Html:
    heading = element("h2", found.title, id=f"{found.key}-title")
    return element(
        "section", heading, *found.parts, id=found.key, aria_labelledby=f"{found.key}-title"
    )
