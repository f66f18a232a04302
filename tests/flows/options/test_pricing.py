import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.config import OptionsConfig
from flows.options.config import PricingConfig
from flows.options.enrichment import Event
from flows.options.iv_batch import IvBatch
from flows.options.pricing import ABOVE_BOUND
from flows.options.pricing import BELOW_INTRINSIC
from flows.options.pricing import MIN_YEARS
from flows.options.pricing import OK
from flows.options.pricing import OUT_OF_RANGE
from flows.options.pricing import Column
from flows.options.pricing import greeks
from flows.options.pricing import implied_volatility
from flows.options.pricing import normal_cdf
from flows.options.pricing import option_price
from tests.flows.options.engine_events import PUT
from tests.flows.options.engine_events import equity
from tests.flows.options.engine_events import nbbo
from tests.flows.options.engine_events import printed
from tests.flows.options.engine_events import rows

RATE = 0.04


def column(*values: float) -> Column:
    return np.array(values, dtype=np.float64)


def price(
    spot: float, strike: float, years: float, sign: float, iv: float, dividend: float = 0.0
) -> float:
    contract = (column(spot), column(strike), column(years), column(sign))
    return float(option_price(*contract, column(iv), RATE, dividend)[0])


def test_normal_distribution_has_double_accuracy() -> None:
    xs = np.concatenate((np.linspace(-9, 9, 4001), column(-38.0, -7.0710678118, 0.0, 30.0)))
    exact = [0.5 * math.erfc(-x / math.sqrt(2)) for x in xs]
    assert float(np.max(np.abs(normal_cdf(xs) - exact))) < 1e-15
    assert abs(float(normal_cdf(column(1.0))[0]) - NormalDist().cdf(1.0)) < 1e-15


@pytest.mark.parametrize(
    ("spot", "strike", "years", "sign", "iv", "rate", "dividend", "expected"),
    [
        # J. Hull, Options, Futures, and Other Derivatives: stock options, then an index option
        (42.0, 40.0, 0.5, 1.0, 0.20, 0.10, 0.0, 4.76),
        (42.0, 40.0, 0.5, -1.0, 0.20, 0.10, 0.0, 0.81),
        (930.0, 900.0, 2 / 12, 1.0, 0.20, 0.08, 0.03, 51.83),
    ],
)
def test_known_prices(
    spot: float, strike: float, years: float, sign: float, iv: float, rate: float,
    dividend: float, expected: float,
) -> None:  # fmt: skip
    contract = (column(spot), column(strike), column(years), column(sign))
    assert float(option_price(*contract, column(iv), rate, dividend)[0]) == pytest.approx(
        expected, abs=5e-3
    )


options = st.tuples(
    st.floats(5, 5_000),
    st.floats(-0.7, 0.7),
    st.floats(MIN_YEARS, 3.0),
    st.sampled_from([1.0, -1.0]),
    st.floats(0.011, 9.0),
)


@given(options)
def test_put_call_parity(option: tuple[float, float, float, float, float]) -> None:
    spot, log_strike, years, _, iv = option
    strike = spot * math.exp(log_strike)
    call = price(spot, strike, years, 1.0, iv)
    put = price(spot, strike, years, -1.0, iv)
    assert call - put == pytest.approx(spot - strike * math.exp(-RATE * years), abs=1e-9 * spot)


@given(options)
def test_solved_volatility_gives_the_price_back(
    option: tuple[float, float, float, float, float],
) -> None:
    spot, log_strike, years, sign, iv = option
    strike = spot * math.exp(log_strike)
    mid = price(spot, strike, years, sign, iv)
    contract = (column(spot), column(strike), column(years), column(sign))
    solved, status = implied_volatility(column(mid), *contract, RATE, 0.0)
    if status[0] == OK:
        again = price(spot, strike, years, sign, float(solved[0]))
        assert abs(again - mid) <= 1e-6
    else:
        bound = spot if sign > 0 else strike * math.exp(-RATE * years)
        intrinsic = max(sign * (spot - strike * math.exp(-RATE * years)), 0.0)
        assert status[0] in {BELOW_INTRINSIC, ABOVE_BOUND}
        assert mid <= intrinsic + 0.005 + 1e-12 or mid >= bound * (1 - 1e-9)


@pytest.mark.parametrize(
    ("mid", "strike", "sign", "expected"),
    [
        (100 - 90 * math.exp(-RATE * 0.5) + 0.005, 90.0, 1.0, BELOW_INTRINSIC),
        (100 - 90 * math.exp(-RATE * 0.5) + 0.006, 90.0, 1.0, OK),
        (100.0, 100.0, 1.0, ABOVE_BOUND),
        (99.99, 100.0, 1.0, OUT_OF_RANGE),
        (110 * math.exp(-RATE * 0.5), 110.0, -1.0, ABOVE_BOUND),
        (0.005, 130.0, 1.0, BELOW_INTRINSIC),
        (0.006, 130.0, 1.0, OK),
    ],
)
def test_statuses_at_the_bounds(mid: float, strike: float, sign: float, expected: int) -> None:
    contract = (column(100.0), column(strike), column(0.5), column(sign))
    iv, status = implied_volatility(column(mid), *contract, RATE, 0.0)
    assert status.tolist() == [expected]
    assert bool(np.isnan(iv[0])) == (expected != OK)


@given(options)
def test_greeks_are_the_slopes_of_the_price(
    option: tuple[float, float, float, float, float],
) -> None:
    spot, log_strike, years, sign, iv = option
    spot, iv, years = 100.0, min(max(iv, 0.1), 3.0), max(years, 0.02)
    strike = spot * math.exp(log_strike)
    contract = (column(spot), column(strike), column(years), column(sign))
    parts = greeks(*contract, column(iv), RATE, 0.02)
    delta, gamma, vega, theta = (float(part[0]) for part in parts)

    def at(spot: float = spot, years: float = years, iv: float = iv) -> float:
        return price(spot, strike, years, sign, iv, 0.02)

    step = 1e-3
    assert delta == pytest.approx((at(spot + step) - at(spot - step)) / (2 * step), abs=1e-6)
    second = (at(spot + 0.01) - 2 * at() + at(spot - 0.01)) / 0.01**2
    assert gamma == pytest.approx(second, abs=1e-5)
    assert vega == pytest.approx((at(iv=iv + 1e-5) - at(iv=iv - 1e-5)) / 2e-5 / 100, abs=1e-6)
    slope = (at(years=years - 1e-7) - at(years=years + 1e-7)) / 2e-7 / 365
    assert theta == pytest.approx(slope, abs=1e-5)


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_value_never_depends_on_its_neighbours(size: int) -> None:
    rng = np.random.default_rng(7)
    n = 1_000
    spot = rng.uniform(20, 600, n)
    strike = spot * np.exp(rng.normal(0, 0.2, n))
    years = rng.uniform(MIN_YEARS, 1.5, n)
    sign = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    mids = option_price(spot, strike, years, sign, rng.uniform(0.02, 4, n), RATE, 0.0)

    def solved(batch: int) -> list[object]:
        results: list[object] = []
        for start in range(0, n, batch):
            pending = IvBatch(PricingConfig())
            for i in range(start, min(start + batch, n)):
                terms = (float(strike[i]), float(years[i]), float(sign[i]), 0.0)
                provider = 0.3 if i % 3 else None
                pending.add("ok" if i % 5 else "stale_quote", float(mids[i]), float(spot[i]), terms,
                            100, provider)  # fmt: skip
            results += pending.solve()
        return results

    assert solved(size) == solved(n // 2 + 1)


BASE = [equity(0, 139.9, 140.1), nbbo(0, 4.9, 5.1)]


def test_computed_volatility_and_dollar_greeks() -> None:
    row = rows([*BASE, printed(1, 5.0, 10)])[0]
    assert (row.iv_status, row.iv_source, row.underlying_source) == ("ok", "computed", "quote_mid")
    assert row.iv is not None
    assert row.delta is not None
    assert row.gamma is not None
    assert row.dollar_delta == pytest.approx(row.delta * 1_000 * 140, abs=0.1)
    assert row.dollar_gamma_1pct == pytest.approx(row.gamma * 140**2 * 0.01 * 1_000, abs=0.2)
    assert (row.moneyness, row.otm_pct, row.atm_proximity) == (1.0, 0.0, 0.0)
    assert row.dte_days == 46


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([equity(0, 139.9, 140.1), printed(1, 5.0)], "no_quote"),
        ([equity(0, 139.9, 140.1), nbbo(0, 5.2, 5.1), printed(1, 5.0)], "no_quote"),
        ([equity(0, 139.9, 140.1), nbbo(0, 0.0, 5.1), printed(1, 5.0)], "no_quote"),
        ([*BASE, printed(1_001, 5.0)], "stale_quote"),
        ([nbbo(0, 4.9, 5.1), printed(1, 5.0)], "no_underlying"),
        ([equity(0, 139.9, 140.1), nbbo(5_001, 4.9, 5.1), printed(5_001, 5.0)], "no_underlying"),
        ([equity(0, 159.9, 160.1), nbbo(0, 4.9, 5.1), printed(1, 5.0)], "below_intrinsic"),
        ([equity(0, 1.9, 2.1), nbbo(0, 4.9, 5.1), printed(1, 5.0)], "above_bound"),
        ([equity(0, 139.9, 140.1), nbbo(0, 139.8, 139.9), printed(1, 139.8)], "out_of_range"),
    ],
)
def test_first_failing_test_is_the_status_and_nothing_is_made_up(
    events: list[Event], status: str
) -> None:
    row = rows(events)[0]
    assert row.iv_status == status
    assert row.iv_source == "none"
    greeks_of_row = (row.iv, row.delta, row.gamma, row.vega, row.theta, row.dollar_delta)
    assert greeks_of_row == (None,) * 6


def test_expired_within_five_minutes() -> None:
    contract = "NVDA-2025-06-02-140-C"
    close_ms = 6 * 3_600_000
    for left_ms, status in ((300_000, "ok"), (299_999, "expired")):
        ms = close_ms - left_ms
        events = [equity(ms, 139.9, 140.1), nbbo(ms, 0.5, 0.52, contract)]
        row = rows([*events, printed(ms, 0.5, contract=contract)])[0]
        assert (row.iv_status, row.dte_days) == (status, 0)


def test_provider_volatility_is_used_only_when_computing_failed() -> None:
    assert rows([*BASE, printed(1, 5.0, provider_iv=0.9)])[0].iv_source == "computed"
    row = rows([BASE[0], printed(1, 5.0, provider_iv=0.9)])[0]
    assert (row.iv, row.iv_source, row.iv_status) == (0.9, "provider", "no_quote")
    assert row.delta is not None
    blind = rows([printed(1, 5.0, provider_iv=0.9)])[0]
    assert (blind.iv, blind.iv_source, blind.delta) == (0.9, "provider", None)
    nonsense = rows([BASE[0], printed(1, 5.0, provider_iv=math.nan)])[0]
    assert (nonsense.iv, nonsense.iv_source) == (None, "none")


def test_adjusted_contract_has_no_volatility() -> None:
    contract = "NVDA1-2025-07-18-140-C"
    events = [BASE[0], nbbo(0, 4.9, 5.1, contract), printed(1, 5.0, contract=contract)]
    assert rows(events)[0].iv_status == "adjusted"


def test_put_is_out_of_the_money_below_the_underlying() -> None:
    row = rows([equity(0, 159.9, 160.1), nbbo(0, 1.0, 1.1, PUT), printed(1, 1.1, contract=PUT)])[0]
    assert (row.moneyness, row.otm_pct, row.atm_proximity) == (0.875, 0.125, 0.125)
    assert row.delta is not None
    assert row.delta < 0


def test_rate_enters_the_volatility() -> None:
    events = [*BASE, printed(1, 5.0)]
    dear = rows(events, OptionsConfig(pricing=PricingConfig(risk_free_rate=0.08)))[0]
    assert dear.iv != rows(events)[0].iv
