"""Definitions of strategies are read, and refused with a reason."""

from pathlib import Path

import pytest

from flows.equities.signals.definitions import AuctionMarketParams
from flows.equities.signals.definitions import PriceAboveSmaParams
from flows.equities.signals.definitions import aggression_presets
from flows.equities.signals.definitions import parse_strategies
from flows.errors import MisconfiguredFlow

PACKAGED = Path(__file__).parents[4] / "flows" / "equities" / "signals" / "strategies.yaml"

ROW = """
strategies:
  - id: one
    type: {type}
    symbols: {symbols}
    active: true
    params: {params}
"""


def a_file(
    kind: str = "price_above_sma", symbols: str = '["SPY"]', params: str = "{}"
) -> str:  # fmt: skip
    return ROW.format(type=kind, symbols=symbols, params=params)


def test_packaged_file_says_the_defaults_of_the_specification() -> None:
    auction, sma = parse_strategies(PACKAGED.read_bytes())

    assert auction.params == AuctionMarketParams()
    assert sma.params == PriceAboveSmaParams()
    assert aggression_presets((auction, sma)) == ("strategy-1",)


def test_defaults_are_those_of_the_specification() -> None:
    sma, auction = PriceAboveSmaParams(), AuctionMarketParams()

    assert (sma.period, sma.interval_ms, sma.signal) == (20, 60_000, "BUY")
    assert (auction.preset, auction.min_score, auction.allow_balance) == ("strategy-1", 70, False)
    assert (auction.balance_score, auction.atr_period) == (80, 14)
    assert (auction.stop_atr, auction.target_atr) == (1.5, 3.0)


def test_a_strategy_applies_to_its_symbols_while_it_is_active() -> None:
    (named,) = parse_strategies(a_file())
    (every,) = parse_strategies(a_file(symbols='["*"]'))
    (off,) = parse_strategies(a_file().replace("true", "false"))

    assert [named.applies_to(name) for name in ("SPY", "QQQ")] == [True, False]
    assert every.applies_to("QQQ")
    assert not off.applies_to("SPY")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("strategies: 5", "strategies.yaml: Expected `array`"),
        ("{", "strategies.yaml"),
        (a_file("price_below_sma"), "one: type is 'price_below_sma'"),
        (a_file(symbols='["spy"]'), "one: symbols has 'spy'"),
        (a_file(symbols="[]"), "one: symbols has none"),
        (a_file(params="{period: 1}"), "one: params: period is 1, expected 2 to 1000"),
        (a_file(params="{interval_ms: 120000}"), "interval_ms is 120000"),
        (a_file(params="{signal: HOLD}"), "one: params: Invalid enum value"),
        (a_file(params="{periods: 20}"), "unknown field `periods`"),
        (a_file("auction_market", params="{preset: live-9}"), "preset is 'live-9'"),
        (a_file("auction_market", params="{stop_atr: 0}"), "stop_atr is 0"),
        (a_file().replace("id: one", "id: 'A:b'"), "id 'A:b'"),
        (a_file() + a_file().partition("strategies:")[2], "id 'one' is used twice"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(MisconfiguredFlow) as refused:
        parse_strategies(text)

    assert reason in str(refused.value)
