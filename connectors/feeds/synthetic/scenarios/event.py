"""Positioning for earnings that were announced before."""

from typing import Final

from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.scenarios.fills import fill_all
from connectors.feeds.synthetic.scenarios.model import Scenario
from connectors.feeds.synthetic.scenarios.names import CALL_SWEEP
from connectors.feeds.synthetic.scenarios.names import EVENT
from connectors.feeds.synthetic.scenarios.names import EVENT_NAMES
from connectors.feeds.synthetic.scenarios.names import SPIKE
from connectors.feeds.synthetic.stage import Fill
from connectors.feeds.synthetic.stage import Stage

FAMILY: Final = "event"

_REACH: Final = (0.02, 0.35)
# Of a probe's size: slightly more bought than sold, the rest inside the spread.
_BOUGHT: Final = 0.46
_SOLD: Final = 0.34


def _probe(stage: Stage, right: str, start_ms: float) -> float:
    """Trade both sides of a contract while its volatility rises by six points."""
    contract = stage.contract_worth(right, 9, stage.between(2.4, 3.4), _REACH)
    total = stage.size(
        stage.value(contract, iv_shift=0.03), (440.0, 1_000.0), (155_000.0, 245_000.0)
    )
    count = stage.count(5, 7)
    bought, sold = round(total * _BOUGHT), round(total * _SOLD)
    asks, bids = (count - 1) // 2, count - 1 - (count - 1) // 2
    sides: list[tuple[int, str]] = [
        *((size, "A") for size in stage.shares(bought, asks)),
        (total - bought - sold, "MID"),
        *((size, "B") for size in stage.shares(sold, bids)),
    ]
    stage.rng.shuffle(sides)
    venues = stage.venues(3)
    fills = [
        Fill(
            start_ms + 55.0 * n + stage.between(0.0, 15.0),
            size,
            place,
            venues[n % len(venues)],
            "I",
            0.06 * n / (count - 1),
        )
        for n, (size, place) in enumerate(sides)
    ]
    return fill_all(stage, contract, fills)


def _earnings_vol_probe(stage: Stage) -> str:
    ended_ms = _probe(stage, "C", 5.0)
    _probe(stage, "P", ended_ms + stage.between(2_100.0, 3_500.0))
    return ""


def _pre_event_ramp(stage: Stage) -> str:
    contract = stage.contract_worth("C", 9, stage.between(3.2, 4.2), _REACH)
    total = stage.size(stage.value(contract), (420.0, 640.0), (155_000.0, 235_000.0))
    venues = stage.venues(3)
    fills = [
        Fill(5.0 + 8.0 * n, size, "A", venues[n % 3], "S", 0.004 * n)
        for n, size in enumerate(stage.shares(total, 6))
    ]
    fill_all(stage, contract, fills)
    return ""


SCENARIOS: Final = (
    Scenario(
        scenario_id="earnings_vol_probe",
        family=FAMILY,
        expectation=Expectation(EVENT, "mixed", (0.48, 0.72), (SPIKE,)),
        play=_earnings_vol_probe,
        symbols=EVENT_NAMES,
        event_days=2,
        spread_bps=(100.0, 200.0),
    ),
    Scenario(
        scenario_id="pre_event_ramp",
        family=FAMILY,
        expectation=Expectation(EVENT, "bullish", (0.48, 0.72), (CALL_SWEEP,)),
        play=_pre_event_ramp,
        symbols=EVENT_NAMES,
        event_days=3,
    ),
)
