"""Accuracy of the side rules on trades whose aggressor is known.

`python -m benchmarks.side_accuracy [--futures FILE] [--tape FILE] [--table]` prints one JSON
object; `--table` adds a small table on stderr.

`--futures` is a CSV of trades with the exchange's own aggressor and the quote that stood before
each (`ts_event, side` B/A/N`, price, size, bid_px_00, ask_px_00, bid_sz_00, ask_sz_00`). Our rules
are shown beside the published ones as the `tclf` package computes them. `--tape` is a thinkorswim
option tape with its author's `Aggressor` column, which is a rule itself and no truth.
"""

import argparse
import csv
import gzip
import json
import platform
import sys
from collections.abc import Iterator
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from typing import Final

import msgspec
import numpy as np
import pandas as pd
from tclf.classical_classifier import ClassicalClassifier

from flows.options.conditions import condition_facts
from flows.options.config import OptionsConfig
from flows.options.quotes import Placement
from flows.options.side_accuracy import NO_DECISION
from flows.options.side_accuracy import Decision
from flows.options.side_accuracy import LabelledTrade
from flows.options.side_accuracy import RuleScore
from flows.options.side_accuracy import decide
from flows.options.side_accuracy import joined_quote
from flows.options.side_accuracy import score

MEANING_FUTURES: Final = (
    "Index futures, not options: one order book in which every aggressor trades at the touch that "
    "stood before it, so the quote rule is right by construction and says little about options. "
    "In options the trade-size rule rests on customer limit orders met by market makers; here an "
    "order that takes exactly the size shown is the aggressor's own, and the rule is wrong by "
    "construction. The figures test the implementation, and that the rules are applied in the "
    "order stated; they are no estimate of accuracy on options, for which see the published "
    "figures of the specification (section 3.3)."
)
MEANING_TAPE: Final = (
    "Agreement with the tape author's at-bid/at-ask rule, which is no truth about who initiated a "
    "trade. Prints he calls between bid and ask carry no side and are left out."
)
TCLF_RULES: Final = ("quote", "lr", "emo", "clnv", "tick", "rev_tick", "trade_size", "depth")
FUTURES_SIDES: Final = {"B": "buy", "A": "sell"}
AUTHOR_SIDES: Final = {"Buyer (At Ask)": "buy", "Seller (At Bid)": "sell"}


def futures_trades(path: Path) -> list[LabelledTrade]:
    """Return the trades of a futures CSV, in file order; side N is no label."""
    return [
        LabelledTrade(
            int(row["ts_event"]),
            float(row["price"]),
            int(row["size"]),
            float(row["bid_px_00"]),
            float(row["ask_px_00"]),
            int(row["bid_sz_00"]),
            int(row["ask_sz_00"]),
            FUTURES_SIDES.get(row["side"]),
        )
        for row in _rows(path)
    ]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def tclf_sides(trades: Sequence[LabelledTrade], rule: str) -> list[str]:
    """
    Return `buy`, `sell` or `unknown` of each trade by a rule of `tclf`.

    Its tick rules look at the closest different price before or after, over all trades given.
    """
    prices = pd.Series([trade.price for trade in trades], dtype=float)
    frame = pd.DataFrame(
        {
            "trade_price": prices,
            "trade_size": [float(trade.size) for trade in trades],
            "bid_best": [trade.bid for trade in trades],
            "ask_best": [trade.ask for trade in trades],
            "bid_size_best": [_number(trade.bid_size) for trade in trades],
            "ask_size_best": [_number(trade.ask_size) for trade in trades],
            "price_best_lag": _closest_different(prices),
            "price_best_lead": _closest_different(prices[::-1])[::-1],
        }
    )
    classifier = ClassicalClassifier(layers=[(rule, "best")], strategy="const").fit(frame)
    names = {1: "buy", -1: "sell", 0: "unknown"}
    return [names[int(side)] for side in classifier.predict(frame)]


def _number(size: int | None) -> float:
    return np.nan if size is None else float(size)


def _closest_different(prices: "pd.Series[float]") -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Return for each price the nearest one before it that differs, NaN where there is none."""
    before = prices.shift()
    found: np.ndarray[Any, np.dtype[np.float64]] = (
        before.where(before != prices).ffill().to_numpy(dtype=np.float64)
    )
    return found


def measured_futures(path: Path) -> dict[str, Any]:
    """Return scores of our rules and of tclf's on trades with the exchange's aggressor."""
    trades = futures_trades(path)
    ours = decide(trades, condition_facts(("I",)), OptionsConfig())
    theirs = {
        rule: [
            NO_DECISION if side == "unknown" else Decision(side, 1.0)
            for side in tclf_sides(trades, rule)
        ]
        for rule in TCLF_RULES
    }
    return {
        "meaning": MEANING_FUTURES,
        "trades": len(trades),
        "labelled": sum(trade.side is not None for trade in trades),
        "ours": {name: _plain(score(found, trades)) for name, found in ours.items()},
        "tclf": {
            name: {k: v for k, v in _plain(score(found, trades)).items() if k in _WITHOUT_P}
            for name, found in theirs.items()
        },
    }


_WITHOUT_P: Final = ("trades", "decided", "right", "coverage", "accuracy", "with_coin")


def _plain(found: RuleScore) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(found)
    return plain


def measured_tape(path: Path) -> dict[str, Any]:
    """Return how placement and stack agree with the author's column of an option tape."""
    config = OptionsConfig()
    placement = Placement(config.quotes)
    rows = list(_rows(path))
    trades = [
        LabelledTrade(
            0,
            float(row["Trade_Price"]),
            int(row["TradeQuantity"]),
            float(row["Option_Bid"]),
            float(row["Option_Ask"]),
            None,
            None,
            AUTHOR_SIDES.get(row["Aggressor"]),
        )
        for row in rows
    ]
    crosses: dict[str, dict[str, int]] = {}
    for row, trade in zip(rows, trades, strict=True):
        side = placement.geo_side(round(trade.price * 10_000), joined_quote(trade, config))
        counts = crosses.setdefault(row["Aggressor"], {})
        counts[side or "MISSING"] = counts.get(side or "MISSING", 0) + 1
    ours = decide(trades, condition_facts(("I",)), config)
    return {
        "meaning": MEANING_TAPE,
        "prints": len(trades),
        "labelled": sum(trade.side is not None for trade in trades),
        "agreement": _plain(score(ours["quote"], trades)),
        "placement_by_author": {name: dict(sorted(c.items())) for name, c in crosses.items()},
    }


def table(found: dict[str, Any]) -> str:
    """Return the figures as lines for a terminal."""
    lines = []
    for part in ("futures", "tape"):
        if part not in found:
            continue
        lines += [f"{part}: {found[part]['meaning']}", ""]
        head = ("rule", "coverage", "accuracy", "with coin", "stated")
        lines.append(f"{head[0]:<32}{head[1]:>10}{head[2]:>10}{head[3]:>11}{head[4]:>8}")
        scores = (
            {"quote vs author": found[part]["agreement"]}
            if part == "tape"
            else {f"{who} {k}": v for who in ("ours", "tclf") for k, v in found[part][who].items()}
        )
        for name, each in scores.items():
            cells = [each.get(key) for key in ("coverage", "accuracy", "with_coin", "stated")]
            shown = ["–" if cell is None else f"{cell:.3f}" for cell in cells]
            lines.append(f"{name:<32}{shown[0]:>10}{shown[1]:>10}{shown[2]:>11}{shown[3]:>8}")
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    """Measure what is given and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--futures", type=Path, help="CSV of trades with the exchange's side")
    parser.add_argument("--tape", type=Path, help="thinkorswim option tape")
    parser.add_argument("--table", action="store_true", help="a table on stderr as well")
    arguments = parser.parse_args()
    if arguments.futures is None and arguments.tape is None:
        parser.error("nothing to measure: give --futures or --tape")
    found: dict[str, Any] = {
        "benchmark": "side_accuracy",
        "python": platform.python_version(),
        "tclf": version("tclf"),
    }
    if arguments.futures is not None:
        found["futures"] = measured_futures(arguments.futures)
    if arguments.tape is not None:
        found["tape"] = measured_tape(arguments.tape)
    print(json.dumps(found, indent=2))
    if arguments.table:
        print(table(found), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
