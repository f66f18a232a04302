"""Short-dated index hedges that follow a move of the underlying."""

from typing import Final

from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.scenarios.fills import ask_burst
from connectors.feeds.synthetic.scenarios.model import Scenario
from connectors.feeds.synthetic.scenarios.names import HEDGE
from connectors.feeds.synthetic.scenarios.names import ZERO_DTE
from connectors.feeds.synthetic.stage import Stage

FAMILY: Final = "hedge"

_SIZE: Final = (1_250.0, 2_500.0)
_PREMIUM: Final = (64_000.0, 145_000.0)


def _hedge(stage: Stage, right: str, dte: int, reach: float) -> str:
    contract = stage.contract_worth(right, dte, stage.between(0.48, 0.62), (0.0, reach))
    total = stage.size(stage.value(contract), _SIZE, _PREMIUM)
    start = (stage.venues(1)[0], stage.between(5.0, 60.0))
    ask_burst(stage, contract, total, stage.count(4, 6), start)
    return ""


def _reactive_put_wall(stage: Stage) -> str:
    return _hedge(stage, "P", 1, 0.0135)


def _gamma_pinch(stage: Stage) -> str:
    return _hedge(stage, "C", 0, 0.009)


SCENARIOS: Final = (
    Scenario(
        scenario_id="reactive_put_wall",
        family=FAMILY,
        expectation=Expectation(HEDGE, "bearish", (0.50, 0.78), ()),
        play=_reactive_put_wall,
        symbols=("SPY",),
        is_fund_only=True,
        move_bps=(-27.0, -15.0),
        needs_calm_lead=True,
    ),
    Scenario(
        scenario_id="gamma_pinch_call_hedge",
        family=FAMILY,
        expectation=Expectation(HEDGE, "bullish", (0.50, 0.78), (ZERO_DTE,)),
        play=_gamma_pinch,
        symbols=("SPY",),
        is_fund_only=True,
        move_bps=(15.0, 27.0),
        needs_calm_lead=True,
    ),
)
