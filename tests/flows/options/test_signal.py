from typing import Any

import msgspec
import pytest

from flows.errors import MisconfiguredFlow
from flows.options.conditions import condition_facts
from flows.options.config import OptionsConfig
from flows.options.config import SignalConfig
from flows.options.config import SignalMode
from flows.options.signal import SignalFilter
from tests.flows.options.engine_events import nbbo
from tests.flows.options.engine_events import printed
from tests.flows.options.engine_events import rows


def decide(
    premium: float,
    side: str | None = "A",
    code: str = "I",
    *,
    size: int = 10,
    age_ms: float | None = 0.0,
    etf: bool = False,
    weak_zero_bid: bool = False,
    lz: float | None = None,
    mode: SignalMode = "smart-money",
    **limits: float,
) -> tuple[bool, tuple[str, ...]]:
    chosen = SignalFilter(msgspec.convert({"mode": mode, **limits}, SignalConfig))
    return chosen.decide(
        premium,
        size,
        condition_facts((code,)),
        chosen.side(side, age_ms, weak_zero_bid=weak_zero_bid),
        is_etf=etf,
        caveats=(),
        premium_lz=lz,
    )


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"premium": 1, "mode": "all"}, "mode:all"),
        ({"premium": 1e6, "code": "C", "mode": "all"}, "reject:condition-ineligible"),
        ({"premium": 1e6, "code": "B"}, "reject:condition-ineligible"),
        ({"premium": 5_000, "lz": 3.0}, "keep:baseline-outlier"),
        ({"premium": 4_999, "lz": 9.0}, "reject:min-notional"),
        ({"premium": 5_000, "lz": 9.0, "relative_z": 0}, "reject:min-notional"),
        ({"premium": 5_000, "lz": 9.0, "code": "f"}, "reject:min-notional"),
        ({"premium": 5_000, "lz": None}, "reject:min-notional"),
        ({"premium": 9_999}, "reject:min-notional"),
        ({"premium": 100_000, "side": "B"}, "keep:auto-large"),
        ({"premium": 100_000, "code": "c"}, "keep:auto-large"),
        ({"premium": 99_999, "code": "c"}, "reject:context-only"),
        ({"premium": 10_000, "code": "f", "side": None}, "keep:complex-leg"),
        ({"premium": 49_999, "etf": True}, "reject:etf-min-notional"),
        ({"premium": 50_000, "etf": True}, "keep:ask-side"),
        ({"premium": 25_000, "code": "S", "side": "B"}, "keep:sweep-or-iso"),
        ({"premium": 24_999, "code": "S", "side": "B"}, "reject:bid-side-min-notional"),
        ({"premium": 24_999, "side": "BB"}, "reject:bid-side-min-notional"),
        ({"premium": 25_000, "side": "B"}, "keep:bid-side"),
        ({"premium": 19_999, "side": "MID"}, "reject:mid-min-notional"),
        ({"premium": 20_000, "side": "MID"}, "keep:mid"),
        ({"premium": 20_000, "side": "MID", "code": "S"}, "reject:no-signal-rule"),
        ({"premium": 20_000, "side": "MID", "code": "S", "size": 500}, "keep:large-contract-count"),
        ({"premium": 49_999, "side": None}, "reject:missing-nbbo-min-notional"),
        ({"premium": 50_000, "side": None}, "keep:missing-nbbo-large"),
        ({"premium": 49_999, "age_ms": 1_500.1}, "reject:missing-nbbo-min-notional"),
        ({"premium": 10_000, "age_ms": 1_500}, "keep:ask-side"),
        ({"premium": 10_000, "age_ms": None}, "keep:ask-side"),
        ({"premium": 10_000, "side": "AA"}, "keep:ask-side"),
        ({"premium": 10_000, "weak_zero_bid": True}, "reject:no-signal-rule"),
        ({"premium": 10_000, "weak_zero_bid": True, "size": 500}, "keep:large-contract-count"),
        ({"premium": 5_000, "mode": "balanced"}, "keep:ask-side"),
        ({"premium": 75_000, "mode": "balanced", "side": "B"}, "keep:auto-large"),
        ({"premium": 14_999, "mode": "balanced", "side": "B"}, "reject:bid-side-min-notional"),
        ({"premium": 12_500, "mode": "balanced", "side": "MID"}, "keep:mid"),
        ({"premium": 25_000, "mode": "balanced", "side": None}, "keep:missing-nbbo-large"),
        ({"premium": 24_999, "mode": "balanced", "etf": True}, "reject:etf-min-notional"),
        ({"premium": 300, "min_notional": 200}, "keep:ask-side"),
        ({"premium": 30_000, "side": "B", "bid_side_min_notional": 40_000},
         "reject:bid-side-min-notional"),
    ],
)  # fmt: skip
def test_first_rule_that_matches_decides(inputs: dict[str, Any], reason: str) -> None:
    passed, reasons = decide(**inputs)
    assert reasons[0] == reason
    assert passed == (not reason.startswith("reject"))


def test_reasons_carry_every_fact_tag() -> None:
    assert decide(300_000, code="b", etf=True)[1] == ("keep:auto-large", "iso", "auction", "etf")
    row = rows([nbbo(0, 2.0, 2.1), printed(1, 2.1, 90, code="zz", contract="SPY-2025-07-18-600-C")])
    assert row[0].signal_reasons == (
        "reject:etf-min-notional", "etf", "caveat:unknown_condition",
    )  # fmt: skip


def test_mode_is_named_on_every_row() -> None:
    config = OptionsConfig(signal=SignalConfig(mode="all"))
    row = rows([printed(0, 0.01, 1)], config)[0]
    assert (row.signal_pass, row.signal_profile, row.signal_reasons[0]) == (True, "all", "mode:all")


def test_unknown_mode_is_refused_by_its_variable_name() -> None:
    with pytest.raises(MisconfiguredFlow, match="OPTIONS_SIGNAL_MODE is 'loud'"):
        SignalConfig(mode="loud")  # type: ignore[arg-type]
