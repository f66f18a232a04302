"""Attention: short-dated options far out of the money, many small tickets."""

from typing import Final

from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.scenarios.fills import fill_all
from connectors.feeds.synthetic.scenarios.model import Scenario
from connectors.feeds.synthetic.scenarios.names import ACTIVE
from connectors.feeds.synthetic.scenarios.names import RETAIL
from connectors.feeds.synthetic.scenarios.names import SPIKE
from connectors.feeds.synthetic.stage import Fill
from connectors.feeds.synthetic.stage import Stage
from flows.options.contracts import ContractId

FAMILY: Final = "retail"

_CALL_WORTH: Final = (0.40, 0.58)
_PUT_WORTH: Final = (0.60, 1.10)


def _tickets(
    stage: Stage, contract: ContractId, dollars: list[float], inside: int, shock: float
) -> None:
    """Print tickets over several venues, some inside the spread, while volatility rises."""
    venues = stage.venues(3)
    count = len(dollars)
    unit = 100.0 * stage.value(contract)
    middles = [count * (2 * n + 1) // (2 * inside) for n in range(inside)] if inside else []
    ms = 5.0
    fills = []
    for n, premium in enumerate(dollars):
        fills.append(
            Fill(
                ms,
                max(1, round(premium / unit)),
                "MID" if n in middles else "A",
                venues[n % len(venues)],
                "I" if stage.rng.random() < 0.7 else "a",
                shock * n / (count - 1),
            )
        )
        ms += stage.between(20.0, 45.0)
    fill_all(stage, contract, fills)


def _call_chase(stage: Stage) -> str:
    contract = stage.contract("C", stage.count(0, 1), 1.08)
    # The wing is bid up until tickets of a few thousand dollars buy hundreds of contracts.
    stage.reprice(contract, stage.between(*_CALL_WORTH))
    count = stage.count(7, 10)
    dollars = [stage.between(5_200.0, 9_500.0) for _ in range(count)]
    _tickets(stage, contract, dollars, round(0.25 * count), 0.05)
    return ""


def _put_panic(stage: Stage) -> str:
    contract = stage.contract("P", 2, 0.94)
    stage.reprice(contract, stage.between(*_PUT_WORTH))
    count = stage.count(6, 8)
    total = stage.between(56_000.0, 105_000.0)
    dollars = [total * part / 1_000.0 for part in stage.shares(1_000, count)]
    _tickets(stage, contract, dollars, 0, 0.04)
    return ""


SCENARIOS: Final = (
    Scenario(
        scenario_id="call_chase",
        family=FAMILY,
        expectation=Expectation(RETAIL, "bullish", (0.48, 0.76), (SPIKE,)),
        play=_call_chase,
        symbols=ACTIVE,
        move_bps=(2.0, 8.0),
        weight=1.5,
    ),
    Scenario(
        scenario_id="put_panic",
        family=FAMILY,
        expectation=Expectation(RETAIL, "bearish", (0.46, 0.76), (SPIKE,)),
        play=_put_panic,
        symbols=ACTIVE,
        move_bps=(-12.0, -4.0),
    ),
)
