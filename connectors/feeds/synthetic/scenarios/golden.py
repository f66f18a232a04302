"""The seven golden fixtures: scenarios with fixed seeds on fixed settings."""

from random import Random
from types import MappingProxyType
from typing import Final

import msgspec

from connectors.errors import MisconfiguredConnector
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.scenarios.catalog import scenario_of
from connectors.feeds.synthetic.scenarios.run import ScenarioRun
from connectors.feeds.synthetic.scenarios.run import play_alone
from connectors.feeds.synthetic.stage import Setting


class Golden(msgspec.Struct, frozen=True):
    """
    One fixture.

    Parameters
    ----------
    scenario_id : str
        What is played.
    seed : int
        Of every choice.
    setting : Setting
        Underlying, price, volatility and option spread.
    probability_range : tuple of float
        Bounds of the best probability.
    """

    scenario_id: str
    seed: int
    setting: Setting
    probability_range: tuple[float, float]


_FIXTURES: Final = MappingProxyType(
    {
        "institutional-directional-flow": Golden(
            "call_sweep", 301, Setting("SPY", 502.0, 0.28, 70.0), (0.72, 0.92)
        ),
        "retail-attention-call-chase": Golden(
            "call_chase", 302, Setting("NVDA", 142.0, 0.54, 120.0), (0.52, 0.76)
        ),
        "event-noise-positioning": Golden(
            "earnings_vol_probe", 303, Setting("TSLA", 318.0, 0.82, 220.0), (0.48, 0.72)
        ),
        "volatility-seller-supply": Golden(
            "short_straddle_harvest", 304, Setting("SPY", 501.0, 0.90, 95.0), (0.50, 0.74)
        ),
        "hedge-reactive-put-flow": Golden(
            "reactive_put_wall", 305, Setting("QQQ", 428.0, 0.48, 140.0), (0.50, 0.78)
        ),
        "structure-arbitrage-calm": Golden(
            "box_spread", 306, Setting("IWM", 211.0, 0.31, 105.0), (0.50, 0.76)
        ),
        "no-alert-wide-quote-chop": Golden(
            "wide_quote_chop", 307, Setting("SPY", 499.0, 0.72, 1100.0), (0.0, 0.35)
        ),
    }
)


def golden_names() -> tuple[str, ...]:
    """Return the names of the golden fixtures."""
    return tuple(_FIXTURES)


def golden_scenario(name: str) -> str:
    """Return the scenario a golden fixture plays."""
    return _fixture(name).scenario_id


def golden_run(name: str) -> ScenarioRun:
    """
    Play a golden fixture; its labels carry the fixture's own probability range.

    Raises
    ------
    MisconfiguredConnector
        There is no such fixture.

    Notes
    -----
    Source: options flow specification, 12.
    """
    golden = _fixture(name)
    rng = Random(f"{name}:{golden.seed}")  # noqa: S311 - a market, not a secret
    run = play_alone(
        scenario_of(golden.scenario_id), golden.setting, rng, session=(golden.seed, None)
    )
    labels = tuple(_bounded(label, golden) for label in run.labels)
    return msgspec.structs.replace(run, labels=labels)


def _bounded(label: Label, golden: Golden) -> Label:
    return msgspec.structs.replace(label, probability_range=golden.probability_range)


def _fixture(name: str) -> Golden:
    found = _FIXTURES.get(name)
    if found is None:
        msg = f"no golden fixture {name!r}, expected one of {', '.join(_FIXTURES)}"
        raise MisconfiguredConnector(msg)
    return found
