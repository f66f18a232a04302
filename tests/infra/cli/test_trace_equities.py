"""How records of equities are written in the tree of `islandflow trace`."""

from typing import Any

import pytest

from infra.cli.trace_equities import LABELS
from infra.cli.trace_equities import price_text
from infra.cli.trace_equities import prints_statement
from infra.cli.trace_equities import reasons
from infra.evidence import Node
from infra.evidence import Row
from tests.infra.cli.test_words import TEN_EASTERN
from tests.infra.cli.test_words import tree_of

MINUTE = 60 * 10**9
WINDOW = {"window_start": TEN_EASTERN, "window_end": TEN_EASTERN + MINUTE}


def join(**changes: object) -> Row:
    return {
        "source_ts": TEN_EASTERN,
        "size": 900.0,
        "price": 13.8299,
        "nbbo_side": "A",
        "direction": "buy",
        "off_exchange_flag": True,
        "exchange": "D",
        "trf_id": None,
        "quote_trace_id": "file-x:q:quotes:1",
        "bid": 13.82,
        "ask": 13.83,
        "quote_age_ms": 12.0,
        "join_quality": 0.8,
        "quality_flags": [],
        "cancelled": False,
        **changes,
    }


def dark(why: list[str]) -> Row:
    return {
        "source_ts": TEN_EASTERN,
        "kind": "stealth_accumulation",
        "status": "confirmed",
        "underlying_id": "XYZ",
        "shares": 41_406.0,
        "notional": 572_645.0,
        "print_count": 9,
        "price_low": 13.82,
        "price_high": 13.83,
        "confidence": 0.65,
        "label": "Inferred from off-exchange (TRF) prints",
        "explanations": why,
    }


ROWS: dict[str, tuple[Row, str]] = {
    "dark": (
        dark([]),
        "[magenta]inferred stealth accumulation[/magenta] XYZ 41,406 shares, $572.6K, "
        "9 off-exchange prints between 13.82 and 13.83, confidence 65%, [green]confirmed[/green]  "
        "2025-05-23 10:00:00.000 ET",
    ),
    "equity_join": (
        join(),
        "10:00:00.000      900 @ 13.8299   A       buy      off-exchange (TRF)  "
        "quote 13.82 × 13.83 12 ms before  quality 0.80",
    ),
    "equity_print": (
        {
            **join(underlying_id="XYZ", action="trade", session="rth", conditions=["@", "I"]),
            "off_exchange_flag": False,
        },
        "2025-05-23 10:00:00.000 ET  XYZ  900 @ 13.8299  venue D  rth  @ I",
    ),
    "equity_quote": (
        {
            "source_ts": TEN_EASTERN, "underlying_id": "XYZ", "bid": 13.82, "ask": None,
            "bid_size": 100.0, "ask_size": None, "scope": "venue",
        },
        "2025-05-23 10:00:00.000 ET  XYZ  13.82 × -  100 × - shares  one venue",
    ),
    "candle": (
        {
            **WINDOW, "interval_ms": 300_000, "underlying_id": "XYZ", "open": 1.0, "high": 2.0,
            "low": 1.0, "close": 1.5, "volume": 200.0, "off_exchange_volume": 50.0,
            "trade_count": 2, "closed": True,
        },
        "[yellow]5-minute bar[/yellow] XYZ 1.00 2.00 1.00 1.50, 200 shares in 2 prints, "
        "25% off-exchange  2025-05-23 10:00:00 to 10:01:00 ET",
    ),
    "level": (
        {"level_kind": "low-volume node", "underlying_id": "XYZ", "price": 13.79},
        "[yellow]low-volume node[/yellow] XYZ 13.79",
    ),
    "signal": (
        {
            "source_ts": TEN_EASTERN, "strategy": "auction-1", "underlying_id": "XYZ",
            "kind": "entry_short", "price": 10.0, "stop": 10.5, "target": None,
        },
        "[cyan]signal of auction-1[/cyan] XYZ entry short at 10.00, stop 10.50  "
        "2025-05-23 10:00:00.000 ET",
    ),
    "event": (
        {"kind": "halt", "underlying_id": "XYZ", "event_ts": TEN_EASTERN},
        "[blue]halt[/blue] XYZ 2025-05-23 10:00:00.000 ET",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(ROWS))
def test_record_is_one_line(kind: str) -> None:
    row, text = ROWS[kind]

    assert LABELS[kind](row) == text


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"trf_id": "N"}, "off-exchange (TRF N)"),
        ({"off_exchange_flag": False}, "venue D"),
        ({"quote_trace_id": None, "nbbo_side": "MISSING"}, "no quote"),
        ({"quality_flags": ["late_report", "wide"]}, "late report wide"),
        ({"cancelled": True}, "cancelled"),
        ({"quote_age_ms": None}, "quote 13.82 × 13.83  quality"),
    ],
)
def test_join_tells_what_is_special(changes: dict[str, Any], part: str) -> None:
    assert part in LABELS["equity_join"](join(**changes))


def test_reasons_of_an_inference_are_not_told_again_under_its_alert() -> None:
    row = {
        "source_ts": TEN_EASTERN, "severity": "high", "score": 65, "headline": "h",
        "state": "open", "why": ["first reason", "second reason"],
    }  # fmt: skip
    inference = Node("dark", "dark:x", dark(["first reason", "second reason"]))

    text = tree_of(Node("alert", "alert:x", row, [inference]), None, width=200)

    assert text.count("first reason") == 1
    assert tree_of(inference, None, width=200).count("first reason") == 1


def test_joins_beyond_the_limit_are_counted() -> None:
    joins = [Node("equity_join", f"join:{number}", join()) for number in range(5)]

    text = tree_of(Node("dark", "dark:x", dark([]), joins), 2, width=200)

    assert "… and 3 more joins; --all shows every one" in text
    assert "join:1" in text
    assert "join:2" not in text


def test_order_flow_and_state_are_explained() -> None:
    flow = {"aggression": [{"preset": "live-1", "message": "Strong buying"}]}

    assert reasons("order_flow", flow) == ["live-1: Strong buying"]
    assert reasons("state", {"votes": {"location": 1.0, "flow": -1.0}}) == [
        "votes: location +1, flow -1"
    ]
    assert reasons("state", {"votes": {}}) == []


def test_window_names_the_statement_that_lists_its_prints() -> None:
    row = {**WINDOW, "underlying_id": "XYZ"}

    statement = prints_statement("candle", row)

    assert statement is not None
    assert "FROM ticks WHERE underlying_id = 'XYZ'" in statement
    assert f"source_ts >= {TEN_EASTERN} AND source_ts < {TEN_EASTERN + MINUTE}" in statement
    assert prints_statement("equity_join", row) is None


@pytest.mark.parametrize(
    ("price", "text"), [(13.8, "13.80"), (13.8299, "13.8299"), (0.0005, "0.0005")]
)
def test_price_shows_what_it_has_beyond_the_cent(price: float, text: str) -> None:
    assert price_text(price) == text
