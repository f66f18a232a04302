from typing import Any

import pytest

from flows.options.aggressor import reverse_tick_sides
from flows.options.config import AggressorConfig
from flows.options.config import OptionsConfig
from tests.flows.options.engine_events import nbbo
from tests.flows.options.engine_events import packets
from tests.flows.options.engine_events import printed
from tests.flows.options.engine_events import rows

VENUE = {"venue_bid": 2.0, "venue_ask": 2.1, "venue_bid_size": 50, "venue_ask_size": 70}


def verdict(
    price: float,
    *,
    size: int = 33,
    code: str = "I",
    age_ms: float = 1,
    quote: tuple[float, float] = (2.0, 2.1),
    **changes: Any,  # noqa: ANN401 - fields of the record
) -> tuple[str, float, str]:
    row = rows([nbbo(0, *quote), printed(age_ms, price, size, code, **changes)])[0]
    return row.aggressor_side, row.aggressor_probability, row.aggressor_method


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"price": 2.1, "code": "c"}, ("unknown", 0.5, "ineligible")),
        ({"price": 2.1, "code": "f"}, ("unknown", 0.5, "ineligible")),
        ({"price": 2.1, "code": "t"}, ("unknown", 0.5, "ineligible")),
        ({"price": 2.0, "vendor_aggressor": "buy"}, ("buy", 0.95, "feed")),
        ({"price": 2.1, "size": 50, **VENUE}, ("buy", 0.80, "trade_size_venue")),
        ({"price": 2.0, "size": 70, **VENUE}, ("sell", 0.80, "trade_size_venue")),
        ({"price": 2.1, "size": 50, "code": "S", **VENUE}, ("buy", 0.62, "quote_nbbo")),
        ({"price": 2.2, "size": 50, **VENUE}, ("buy", 0.55, "quote_nbbo")),
        ({"price": 2.1, "size": 11}, ("buy", 0.70, "trade_size_nbbo")),
        ({"price": 2.1, "size": 13}, ("sell", 0.70, "trade_size_nbbo")),
        ({"price": 2.1, "size": 13, "code": "b"}, ("buy", 0.58, "quote_nbbo")),
        ({"price": 2.1}, ("buy", 0.62, "quote_nbbo")),
        ({"price": 2.0}, ("sell", 0.62, "quote_nbbo")),
        ({"price": 2.09}, ("buy", 0.58, "quote_nbbo")),
        ({"price": 2.02}, ("sell", 0.58, "quote_nbbo")),
        ({"price": 2.06}, ("buy", 0.55, "quote_nbbo")),
        ({"price": 2.04}, ("sell", 0.55, "quote_nbbo")),
        ({"price": 2.11}, ("buy", 0.55, "quote_nbbo")),
        ({"price": 1.99}, ("sell", 0.55, "quote_nbbo")),
        ({"price": 2.05, "venue_bid": 2.0, "venue_ask": 2.08}, ("buy", 0.58, "quote_venue")),
        ({"price": 2.05, "venue_bid": 2.05, "venue_ask": 2.08}, ("sell", 0.58, "quote_venue")),
        ({"price": 2.05}, ("buy", 0.55, "depth")),
        ({"price": 2.1, "age_ms": 1_500}, ("unknown", 0.5, "unknown")),
        ({"price": 2.1, "age_ms": 1_500, "size": 11}, ("unknown", 0.5, "unknown")),
        ({"price": 2.1, "age_ms": 1_500, **VENUE}, ("buy", 0.58, "quote_venue")),
        ({"price": 2.1, "code": "a", "vendor_aggressor": "sell"}, ("sell", 0.58, "feed")),
        ({"price": 3.0, "quote": (1.0, 3.0)}, ("buy", 0.55, "quote_nbbo")),  # very wide
        ({"price": 2.0, "quote": (0.0, 2.0)}, ("buy", 0.55, "quote_nbbo")),  # zero bid
        ({"price": 0.1, "quote": (0.0, 0.1)}, ("buy", 0.62, "quote_nbbo")),  # cheap
        ({"price": 2.1, "quote": (2.2, 2.1)}, ("unknown", 0.5, "unknown")),
        ({"price": 2.0, "quote": (2.0, 2.0)}, ("buy", 0.55, "depth")),
        ({"price": 2.1, "quote": (2.0, 2.0)}, ("buy", 0.55, "quote_nbbo")),
    ],
)
def test_first_rule_that_decides_wins_and_caps_apply(
    inputs: dict[str, Any], expected: tuple[str, float, str]
) -> None:
    assert verdict(**inputs) == expected


def test_adjusted_contract_has_no_direction() -> None:
    contract = "NVDA1-2025-07-18-140-C"
    row = rows([nbbo(0, 2.0, 2.1, contract), printed(1, 2.1, contract=contract)])[0]
    assert row.aggressor_method == "ineligible"
    assert row.condition_caveats == ("adjusted_unresolved",)
    assert (row.delta, row.moneyness) == (None, None)


def test_probabilities_come_from_the_configuration() -> None:
    config = OptionsConfig(aggressor=AggressorConfig(p_quote_touch=0.77))
    row = rows([nbbo(0, 2.0, 2.1), printed(1, 2.1, 33)], config)[0]
    assert row.aggressor_probability == 0.77


@pytest.mark.parametrize(
    ("prices", "usable", "sides"),
    [
        ([5, 6], [1, 1], ["sell", "unknown"]),
        ([6, 5], [1, 1], ["buy", "unknown"]),
        ([5, 5, 4], [1, 1, 1], ["buy", "buy", "unknown"]),
        ([5, 5, 5], [1, 1, 1], ["unknown"] * 3),
        ([5, 9, 4], [1, 0, 1], ["buy", "buy", "unknown"]),
        ([5, 4, 4, 5], [1, 1, 1, 1], ["buy", "sell", "sell", "unknown"]),
        ([5, 6, 5, 6], [1, 1, 1, 1], ["sell", "buy", "sell", "unknown"]),
    ],
)
def test_reverse_tick_looks_at_the_next_different_price(
    prices: list[int], usable: list[int], sides: list[str]
) -> None:
    assert reverse_tick_sides(prices, [bool(flag) for flag in usable]) == sides


def test_reverse_tick_decides_only_in_the_packet() -> None:
    events = [printed(0, 2.0, 100), printed(10, 2.2, 100)]
    assert [row.aggressor_method for row in rows(events)] == ["unknown", "unknown"]
    features = packets(events)[0].features
    assert features.aggressor_method_sizes == {"reverse_tick": 100, "unknown": 100}
    assert features.buy_probability == pytest.approx((0.46 + 0.5) / 2)
    assert packets(events)[0].join_quality.unknown_side_ratio == 0.5


def test_multi_venue_sweep_is_decided_again_without_trade_sizes() -> None:
    quote = nbbo(0, 2.0, 2.1)
    sweep = [quote, printed(1, 2.1, 13), printed(2, 2.1, 90, exchange="N")]
    tape = rows(sweep)
    assert [row.aggressor_method for row in tape] == ["trade_size_nbbo", "quote_nbbo"]
    packet = packets(sweep)[0]
    assert packet.aggressor_stack == "no_trade_size"
    assert packet.features.aggressor_method_sizes == {"quote_nbbo": 103}
    one_venue = packets([quote, printed(1, 2.1, 13), printed(2, 2.1, 90)])[0]
    assert one_venue.aggressor_stack == "full"
