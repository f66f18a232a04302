"""What came after a decision: signs, base samples, and nothing that was not there."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.options.base_rates import base_rates
from flows.options.forward_returns import HORIZONS
from flows.options.forward_returns import MidPath
from infra.backtest.market import Market
from infra.backtest.market import base_days
from infra.backtest.measures import Measured
from infra.backtest.measures import horizon_index
from infra.backtest.measures import measure
from infra.backtest.measures import outlasts_blocks
from infra.backtest.observations import Observation
from tests.infra.backtest.markets import MINUTE
from tests.infra.backtest.markets import SESSION
from tests.infra.backtest.markets import S
from tests.infra.backtest.markets import at
from tests.infra.backtest.markets import decision
from tests.infra.backtest.markets import market_of
from tests.infra.backtest.markets import open_of
from tests.infra.backtest.markets import sessions_from
from tests.infra.backtest.markets import walk

DAYS = sessions_from(SESSION, 3)
MARKET = market_of(walk(1, DAYS))
FIVE = horizon_index("5m")


def one(each: Observation, market: Market = MARKET) -> Measured:
    (found,) = measure([each], {"NVDA": market})
    return found


def rising(bps_a_minute: float) -> Market:
    path = walk(0, [SESSION], step_bps=0.0)[SESSION]
    minutes = (path.ts - path.ts[0]) / MINUTE
    return market_of({SESSION: MidPath(path.ts, 100.0 * (1.0 + minutes * bps_a_minute / 1e4))})


@pytest.mark.parametrize(
    ("direction", "bps", "is_hit", "base"),
    [("bullish", 10.0, True, 1.0), ("bearish", -10.0, False, 0.0), ("neutral", None, None, None)],
)
def test_a_rising_mid_is_a_hit_for_bulls_alone(
    direction: str, bps: float | None, is_hit: bool | None, base: float | None
) -> None:
    found = one(decision(at(SESSION, 0), direction=direction), rising(2.0))
    signed = found.signed_bps(FIVE)
    assert (None if signed is None else round(signed, 3)) == bps
    assert (found.is_hit(FIVE), found.base_hit_rate(FIVE)) == (is_hit, base)


def test_the_lift_is_over_the_alerts_own_base() -> None:
    # As steep everywhere: who bought did no better than who bought at any other minute.
    found = one(decision(at(SESSION, 10)), rising(2.0))
    assert found.hit_lift(FIVE) == 0.0
    assert found.bps_lift(FIVE) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("direction", ["neutral", "mixed", "unknown"])
def test_without_a_direction_only_the_size_of_the_move_counts(direction: str) -> None:
    found = one(decision(at(SESSION, 10), direction=direction), rising(2.0))
    assert found.hit_lift(FIVE) is None
    assert found.bps_lift(FIVE) is None
    assert found.move_lift(FIVE) == pytest.approx(0.0, abs=0.05)
    assert one(decision(at(SESSION, 10)), rising(2.0)).move_lift(FIVE) is None


def test_no_move_is_no_hit() -> None:
    found = one(decision(at(SESSION, 10)), rising(0.0))
    assert found.is_hit(FIVE) is False
    assert found.base_hit_rate(FIVE) == 0.0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2), st.integers(0, 389 * 60 * 10), st.sampled_from(["bullish", "bearish"]))
def test_rates_are_those_of_the_settlement_over_the_same_sessions(
    day: int, tenth: int, direction: str
) -> None:
    session = DAYS[day]
    emission = open_of(session) + tenth * S // 10
    found = one(decision(emission, session, direction=direction))
    times = MARKET.times
    expected = base_rates(
        emission, direction, MARKET.path, times[session], [times[d] for d in base_days(session)]
    )
    for place, horizon in enumerate(HORIZONS):
        if horizon in expected:
            assert found.base_hit_rate(place) == expected[horizon].rate
            assert found.outcomes[place].base_n == expected[horizon].samples
        else:
            assert found.base_hit_rate(place) is None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 389 * 60), st.integers(0, 5), st.integers(1, 2**31))
def test_mids_before_the_emission_change_no_return(second: int, place: int, seed: int) -> None:
    emission = open_of(SESSION) + second * S
    before = MARKET.path.ts < emission
    noise = np.random.default_rng(seed).uniform(0.5, 2.0, len(before))
    changed = MidPath(MARKET.path.ts, np.where(before, noise, 1.0) * MARKET.path.mids)
    own = one(decision(emission)).outcomes[place]
    other = one(decision(emission), Market(changed, MARKET.times)).outcomes[place]
    assert (own.bps, own.end_ns) == (other.bps, other.end_ns)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 389 * 60), st.integers(0, 5))
def test_mids_after_a_horizon_do_not_matter_for_it(second: int, place: int) -> None:
    emission = open_of(SESSION) + second * S
    own = one(decision(emission)).outcomes[place]
    if own.bps is None:
        return
    kept = MARKET.path.ts <= own.end_ns
    cut = MidPath(MARKET.path.ts[kept], MARKET.path.mids[kept])
    other = one(decision(emission), Market(cut, MARKET.times)).outcomes[place]
    assert (own.bps, own.end_ns) == (other.bps, other.end_ns)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 389 * 60), st.integers(0, 4), st.integers(1, 2**31))
def test_only_the_two_mids_at_the_ends_matter(second: int, place: int, seed: int) -> None:
    emission = open_of(SESSION) + second * S
    own = one(decision(emission)).outcomes[place]
    if own.bps is None:
        return
    ts = MARKET.path.ts
    ends = (np.searchsorted(ts, emission), np.searchsorted(ts, own.end_ns, side="right") - 1)
    noise = np.random.default_rng(seed).uniform(0.5, 2.0, len(ts))
    noise[list(ends)] = 1.0
    changed = Market(MidPath(ts, MARKET.path.mids * noise), MARKET.times)
    assert one(decision(emission), changed).outcomes[place].bps == own.bps


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1), st.integers(0, 389 * 60), st.integers(0, 4))
def test_later_sessions_change_neither_outcome_nor_base(day: int, second: int, place: int) -> None:
    session = DAYS[day]
    emission = open_of(session) + second * S
    kept = MARKET.path.ts <= MARKET.times[session].close_ns
    cut = Market(MidPath(MARKET.path.ts[kept], MARKET.path.mids[kept]), MARKET.times)
    assert (
        one(decision(emission, session), cut).outcomes[place]
        == one(decision(emission, session)).outcomes[place]
    )


def test_a_decision_outside_regular_hours_has_no_base_rate() -> None:
    found = one(decision(open_of(SESSION) - 5 * S))
    assert not found.is_in_hours
    assert found.is_hit(FIVE) is not None
    assert found.hit_lift(FIVE) is None


def test_an_underlying_without_mids_has_nothing_known() -> None:
    found = one(decision(at(SESSION, 10), underlying_id="TSLA"))
    assert all(each.bps is None and each.base_n == 0 for each in found.outcomes)


def test_what_is_kept_between_runs_says_nothing_of_who_decided() -> None:
    known: dict[tuple[str, int], Measured] = {}
    bull, bear = decision(at(SESSION, 7)), decision(at(SESSION, 7), id="x", direction="bearish")
    markets = {"NVDA": MARKET}
    first, second = measure([bull, bear], markets, known)
    assert [first, second] == [*measure([bull], markets), *measure([bear], markets)]
    assert first.signed_bps(FIVE) == -(second.signed_bps(FIVE) or 0.0)
    assert len(known) == 1


def test_decisions_of_a_half_hour_share_a_block_and_the_next_one_does_not() -> None:
    blocks = [one(decision(at(SESSION, minute))).block for minute in (0, 29.9, 30)]
    assert blocks[0] == blocks[1] == blocks[2] - 1


def test_the_hour_and_the_closes_outlast_a_half_hour() -> None:
    assert [outlasts_blocks(name) for name in HORIZONS] == [False, False, False, True, True, True]


def test_base_samples_come_from_the_session_and_the_four_before_it() -> None:
    days = sessions_from(SESSION, 8)
    assert base_days(days[7]) == days[3:8]
    market = market_of(walk(2, days))
    last = one(decision(at(days[7], 10), days[7]), market).outcomes[FIVE].base_n
    first = one(decision(at(days[0], 10), days[0]), market).outcomes[FIVE].base_n
    # 30 minutes of the half-hour, the alert's own left out.
    assert (first, last) == (29, 5 * 30 - 1)


def test_a_decision_is_a_plain_value() -> None:
    found = one(decision(at(SESSION, 10)))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=Measured) == found
