"""Noise: small prints nobody should make anything of."""

from typing import Final

from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.scenarios.fills import fill_all
from connectors.feeds.synthetic.scenarios.model import Scenario
from connectors.feeds.synthetic.scenarios.names import LIQUID
from connectors.feeds.synthetic.stage import Fill
from connectors.feeds.synthetic.stage import Stage
from flows.options.contracts import ContractId

FAMILY: Final = "neutral"

_EXPECTATION: Final = Expectation(
    None, "unknown", (0.0, 0.35), (), abstains=True, no_alert=True, no_hits=True
)
_MISSING: Final = 0.12
_STALE: Final = 0.44
# Beyond the bound up to which a quote is fresh, in ms.
_STALE_MS: Final = 1_300.0


def _contract(stage: Stage, least: float = 0.6) -> ContractId:
    """Return a contract 9 to 45 days out that is worth a few dollars."""
    right = "C" if stage.rng.random() < 0.5 else "P"
    dollars = stage.between(least, 3.0)
    return stage.contract_worth(right, stage.count(9, 45), dollars, (0.0, 0.25))


def _sizes(stage: Stage, contract: ContractId, count: int) -> list[int]:
    """Split 500 to 7,500 dollars into prints of at least one contract."""
    most = stage.between(500.0, 7_500.0) / (100.0 * stage.value(contract))
    return [max(1, int(most / count))] * count


def _single_print_mid(stage: Stage) -> str:
    contract = _contract(stage)
    (size,) = _sizes(stage, contract, 1)
    stage.trade(contract, Fill(5.0, size, "MID", stage.venues(1)[0], "I"))
    return ""


def _both_sides(stage: Stage, contract: ContractId, count: int) -> None:
    places = ["A", "B", "MID", "MID"] if count == 3 else ["A", "B", "A", "B"]
    fills = [
        Fill(5.0 + 70.0 * n, size, places[n], stage.venues(1)[0], "I")
        for n, size in enumerate(_sizes(stage, contract, count))
    ]
    fill_all(stage, contract, fills)


def _two_sided_scalp(stage: Stage) -> str:
    _both_sides(stage, _contract(stage), stage.count(2, 4))
    return ""


def _wide_quote_chop(stage: Stage) -> str:
    _both_sides(stage, _contract(stage, 1.2), stage.count(2, 4))
    return ""


def _stale_quote_noise(stage: Stage) -> str:
    contract = _contract(stage)
    count = stage.count(2, 4)
    draws = [stage.rng.random() for _ in range(count)]
    # At least one print has no fresh quote; those without any quote come before the first one.
    draws[0] *= _MISSING + _STALE
    ms, is_quoted = 5.0, False
    for draw, size in zip(sorted(draws), _sizes(stage, contract, count), strict=True):
        place = ("A", "MID", "B")[stage.count(0, 2)]
        venue = stage.venues(1)[0]
        is_fresh = draw >= _MISSING + _STALE
        if draw >= _MISSING and not is_fresh and not is_quoted:
            stage.quote(contract, ms, avoid=size)
            is_quoted, ms = True, ms + _STALE_MS
        stage.trade(contract, Fill(ms, size, place, venue, "I", quoted=is_fresh))
        ms += stage.between(60.0, 110.0)
    return ""


SCENARIOS: Final = (
    Scenario(
        scenario_id="single_print_mid",
        family=FAMILY,
        expectation=_EXPECTATION,
        play=_single_print_mid,
        symbols=LIQUID,
        weight=0.5,
    ),
    Scenario(
        scenario_id="two_sided_scalp",
        family=FAMILY,
        expectation=_EXPECTATION,
        play=_two_sided_scalp,
        symbols=LIQUID,
        weight=0.5,
    ),
    Scenario(
        scenario_id="stale_quote_noise",
        family=FAMILY,
        expectation=_EXPECTATION,
        play=_stale_quote_noise,
        symbols=LIQUID,
        weight=0.5,
    ),
    Scenario(
        scenario_id="wide_quote_chop",
        family=FAMILY,
        expectation=_EXPECTATION,
        play=_wide_quote_chop,
        symbols=LIQUID,
        spread_bps=(850.0, 1_300.0),
        weight=0.5,
    ),
)
