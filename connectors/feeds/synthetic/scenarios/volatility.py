"""Premium sold, and a strangle bought that is no one's profile."""

from typing import Final

from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.scenarios.fills import one_sided
from connectors.feeds.synthetic.scenarios.model import Scenario
from connectors.feeds.synthetic.scenarios.names import LIQUID
from connectors.feeds.synthetic.scenarios.names import OVERWRITE
from connectors.feeds.synthetic.scenarios.names import PUT_WRITE
from connectors.feeds.synthetic.scenarios.names import STRADDLE
from connectors.feeds.synthetic.scenarios.names import VOL_SELLER
from connectors.feeds.synthetic.stage import Stage

FAMILY: Final = "vol"

_DTE: Final = 35


def _write(stage: Stage, right: str, moneyness: float) -> str:
    contract = stage.contract(right, _DTE, moneyness)
    total = stage.size(stage.value(contract), (450.0, 2_600.0), (155_000.0, 390_000.0))
    start = (stage.venues(1)[0], stage.between(5.0, 60.0))
    one_sided(stage, contract, total, stage.count(3, 5), start, place="B")
    return ""


def _covered_call_overwrite(stage: Stage) -> str:
    return _write(stage, "C", 1.06)


def _cash_secured_put_write(stage: Stage) -> str:
    return _write(stage, "P", 0.96)


def _short_straddle(stage: Stage) -> str:
    call = stage.contract("C", _DTE, 1.0)
    put = stage.neighbour(call, call.strike, "P")
    worth = stage.value(call) + stage.value(put)
    size = stage.size(worth, (50.0, 1_500.0), (250_000.0, 700_000.0))
    stage.package([(call, 1), (put, 1)], size, stage.between(0.1, 0.24), "f")
    return ""


def _long_strangle(stage: Stage) -> str:
    call = stage.contract("C", 30, 1.05)
    put = stage.neighbour(call, 0.95 * stage.setting.price, "P")
    worth = stage.value(call) + stage.value(put)
    size = stage.size(worth, (250.0, 1_000.0), (120_000.0, 400_000.0))
    stage.package([(call, 1), (put, 1)], size, stage.between(0.76, 0.9), "f")
    return ""


SCENARIOS: Final = (
    Scenario(
        scenario_id="covered_call_overwrite",
        family=FAMILY,
        expectation=Expectation(VOL_SELLER, "bearish", (0.45, 0.74), (OVERWRITE,)),
        play=_covered_call_overwrite,
        symbols=LIQUID,
        needs_calm_lead=True,
    ),
    Scenario(
        scenario_id="cash_secured_put_write",
        family=FAMILY,
        expectation=Expectation(VOL_SELLER, "bullish", (0.45, 0.74), (PUT_WRITE,)),
        play=_cash_secured_put_write,
        symbols=LIQUID,
        needs_calm_lead=True,
    ),
    Scenario(
        scenario_id="short_straddle_harvest",
        family=FAMILY,
        expectation=Expectation(VOL_SELLER, "neutral", (0.50, 0.74), (STRADDLE,)),
        play=_short_straddle,
        symbols=LIQUID,
        needs_calm_lead=True,
        weight=1.5,
    ),
    Scenario(
        scenario_id="long_strangle",
        family=FAMILY,
        expectation=Expectation(None, "unknown", None, (STRADDLE,), abstains=True),
        play=_long_strangle,
        symbols=LIQUID,
    ),
)
