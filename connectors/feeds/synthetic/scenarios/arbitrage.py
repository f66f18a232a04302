"""Parity: packages that owe nothing to where the underlying goes."""

from typing import Final

from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.scenarios.model import Scenario
from connectors.feeds.synthetic.scenarios.names import ARBITRAGE
from connectors.feeds.synthetic.scenarios.names import LIQUID
from connectors.feeds.synthetic.stage import Stage

FAMILY: Final = "arbitrage"

_EXPECTATION: Final = Expectation(ARBITRAGE, "neutral", (0.50, 0.76), ())


def _box_spread(stage: Stage) -> str:
    low = stage.contract("C", 40, 0.98)
    high = stage.neighbour(low, low.strike + 0.04 * stage.setting.price)
    legs = [
        (low, 1),
        (high, -1),
        (stage.neighbour(low, low.strike, "P"), -1),
        (stage.neighbour(low, high.strike, "P"), 1),
    ]
    stage.package(legs, 500, stage.between(0.45, 0.55), "f")
    return ""


def _conversion(stage: Stage) -> str:
    call = stage.contract("C", 30, 1.0)
    put = stage.neighbour(call, call.strike, "P")
    sign = 1 if stage.rng.random() < 0.5 else -1
    stage.package([(call, -sign), (put, sign)], 700, stage.between(0.65, 0.8), "n")
    return ""


SCENARIOS: Final = (
    Scenario(
        scenario_id="box_spread",
        family=FAMILY,
        expectation=_EXPECTATION,
        play=_box_spread,
        symbols=LIQUID,
        weight=1.5,
    ),
    Scenario(
        scenario_id="conversion",
        family=FAMILY,
        expectation=_EXPECTATION,
        play=_conversion,
        symbols=LIQUID,
    ),
)
