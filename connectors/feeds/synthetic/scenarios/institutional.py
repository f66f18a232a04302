"""Large, one-sided buying: sweeps, lifted offers, far expiries, a spread, a ladder."""

from typing import Final

from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.scenarios.fills import ask_burst
from connectors.feeds.synthetic.scenarios.fills import sweep
from connectors.feeds.synthetic.scenarios.model import Scenario
from connectors.feeds.synthetic.scenarios.names import CALL_SWEEP
from connectors.feeds.synthetic.scenarios.names import CHEAP
from connectors.feeds.synthetic.scenarios.names import FAR_DATED
from connectors.feeds.synthetic.scenarios.names import INSTITUTIONAL
from connectors.feeds.synthetic.scenarios.names import LADDER
from connectors.feeds.synthetic.scenarios.names import LIQUID
from connectors.feeds.synthetic.scenarios.names import NEW_POSITION
from connectors.feeds.synthetic.scenarios.names import PUT_SWEEP
from connectors.feeds.synthetic.scenarios.names import SPIKE
from connectors.feeds.synthetic.scenarios.names import VERTICAL
from connectors.feeds.synthetic.stage import Stage

FAMILY: Final = "institutional"

_LIFT_SIZE: Final = (420.0, 1_500.0)


def _call_sweep(stage: Stage) -> str:
    sweep(stage, "C")
    return ""


def _put_sweep(stage: Stage) -> str:
    sweep(stage, "P")
    return ""


def _by_right(right: str) -> str:
    return "bullish" if right == "C" else "bearish"


def _ask_lift(stage: Stage) -> str:
    right = "C" if stage.rng.random() < 0.6 else "P"
    contract = stage.contract_worth(right, 14, stage.between(2.5, 5.0), (0.0, 0.10))
    venue, ms = stage.venues(1)[0], stage.between(5.0, 100.0)
    for _ in range(3):
        total = stage.size(stage.value(contract), _LIFT_SIZE, (155_000.0, 390_000.0))
        ms = ask_burst(stage, contract, total, stage.count(3, 4), (venue, ms))
        ms += stage.between(700.0, 1_800.0)
    return _by_right(right)


def _far_dated(stage: Stage) -> str:
    contract = stage.contract_worth("C", 75, stage.between(4.0, 8.0), (0.0, 0.25))
    total = stage.size(stage.value(contract), (420.0, 1_200.0), (205_000.0, 490_000.0))
    start = (stage.venues(1)[0], stage.between(5.0, 100.0))
    ask_burst(stage, contract, total, stage.count(2, 3), start)
    return ""


def _call_debit_vertical(stage: Stage) -> str:
    near = stage.contract("C", 21, 1.0)
    far = stage.neighbour(near, near.strike + 0.9 * stage.deviation(near))
    net = stage.value(near) - stage.value(far)
    # A thousand a leg unless that would be another order of premium.
    size = stage.size(net, (1_000.0, 1_000.0), (82_000.0, 295_000.0))
    stage.package([(near, 1), (far, -1)], size, stage.between(0.74, 0.9), "f")
    return ""


def _ladder(stage: Stage) -> str:
    first = stage.contract_worth("C", 14, stage.between(2.4, 3.6), (0.0, 0.08))
    # Strikes a quarter of a deviation apart: each is worth less than the one before.
    gap = max(0.25 * stage.deviation(first), stage.strike_step)
    rungs = [stage.neighbour(first, first.strike + n * gap) for n in range(4)]
    total = stage.size(
        sum(stage.value(each) for each in rungs) / 4.0, (300.0, 1_800.0), (160_000.0, 380_000.0)
    )
    venues = stage.venues(4)
    ms = stage.between(5.0, 60.0)
    for contract, part, venue in zip(rungs, _distinct(stage.shares(total, 4)), venues, strict=True):
        ask_burst(stage, contract, part, 2, (venue, ms))
        ms += stage.between(140.0, 240.0)
    return ""


def _distinct(sizes: list[int]) -> list[int]:
    """Return sizes no two of which look like legs of one order: none within 4 % of another."""
    found: list[int] = []
    for size in sorted(sizes):
        least = found[-1] * 1.04 + 2 if found else 0.0
        found.append(max(size, int(least) + 1) if size < least else size)
    return found


def _new_position(stage: Stage) -> str:
    right = "C" if stage.rng.random() < 0.6 else "P"
    contract = stage.contract_worth(right, 40, stage.between(1.5, 4.0), (0.0, 0.20))
    total = stage.size(stage.value(contract), (150.0, 1_200.0), (64_000.0, 290_000.0))
    stage.interest(contract, max(1, round(total / 3)))
    start = (stage.venues(1)[0], stage.between(5.0, 100.0))
    ask_burst(stage, contract, total, 3, start)
    return _by_right(right)


def _expect(direction: str, bounds: tuple[float, float], *must_fire: str) -> Expectation:
    return Expectation(INSTITUTIONAL, direction, bounds, must_fire)


SCENARIOS: Final = (
    Scenario(
        scenario_id="call_sweep",
        family=FAMILY,
        expectation=_expect("bullish", (0.72, 0.92), CALL_SWEEP, SPIKE),
        play=_call_sweep,
        symbols=LIQUID,
        weight=2.0,
    ),
    Scenario(
        scenario_id="put_sweep",
        family=FAMILY,
        expectation=_expect("bearish", (0.72, 0.92), PUT_SWEEP, SPIKE),
        play=_put_sweep,
        symbols=LIQUID,
        weight=2.0,
    ),
    Scenario(
        scenario_id="ask_lift_accumulation",
        family=FAMILY,
        expectation=_expect("unknown", (0.55, 0.85), SPIKE),
        play=_ask_lift,
        symbols=LIQUID,
    ),
    Scenario(
        scenario_id="far_dated_conviction",
        family=FAMILY,
        expectation=_expect("bullish", (0.50, 0.85), FAR_DATED),
        play=_far_dated,
        symbols=CHEAP,
    ),
    Scenario(
        scenario_id="call_debit_vertical",
        family=FAMILY,
        expectation=_expect("bullish", (0.45, 0.75), VERTICAL),
        play=_call_debit_vertical,
        symbols=("UBER", "DIS", "PYPL"),
    ),
    Scenario(
        scenario_id="ladder_accumulation",
        family=FAMILY,
        expectation=_expect("bullish", (0.50, 0.80), LADDER),
        play=_ladder,
        symbols=LIQUID,
    ),
    Scenario(
        scenario_id="new_position",
        family=FAMILY,
        expectation=_expect("unknown", (0.45, 0.85), NEW_POSITION),
        play=_new_position,
        symbols=LIQUID,
    ),
)
