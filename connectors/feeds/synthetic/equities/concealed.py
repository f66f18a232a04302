"""Large interest that is worked off exchange: blocks, accumulation, distribution, zones."""

from typing import Final

from connectors.feeds.synthetic.equities.model import ACCUMULATION
from connectors.feeds.synthetic.equities.model import BLOCK
from connectors.feeds.synthetic.equities.model import DISTRIBUTION
from connectors.feeds.synthetic.equities.model import UNKNOWN
from connectors.feeds.synthetic.equities.model import ZONE
from connectors.feeds.synthetic.equities.model import StockExpectation
from connectors.feeds.synthetic.equities.model import StockScenario
from connectors.feeds.synthetic.equities.stage import Fill
from connectors.feeds.synthetic.equities.stage import StockStage

FAMILY: Final = "dark"

# 1.5 to 3 times the least size of a block, shares.
BLOCK_SHARES: Final = (3_000, 6_000)
WORKED_PRINTS: Final = (5, 9)
WORKED_SHARES: Final = (600, 1_500)
WORKED_S: Final = 50.0
MOVED_BPS: Final = 20.0
MOVED_S: Final = 3.0
# Prints of each visit of a zone's price: the first one and four returns, twelve in all.
VISITS: Final = (3, 3, 2, 2, 2)
VISIT_EVERY_S: Final = 290.0
ZONE_SHARES: Final = (1_200, 1_900)

# More in one place would be a zone as well.
_WORKED_MOST: Final = 10_000
_LEAD_S: Final = 20.0
_STILL_S: Final = 15.0
_FOLLOWED_S: Final = 75.0
_FOLLOWED_BPS: Final = 4.0
_CANCELLED_S: Final = (3.0, 15.0)
_FIRST_VISIT_S: Final = 60.0
_VISIT_S: Final = 40.0
_APPROACH_S: Final = 15.0
_LEAVE_S: Final = 6.0
_AWAY_BPS: Final = 35.0
_LIT_EVERY_S: Final = 4.0
_ZONE_GAP_S: Final = 12.0


def block(stage: StockStage, letter: str = "@") -> float:
    """Trade a block at the middle of a quote that stands still; return when, s."""
    at_s = _LEAD_S + stage.between(0.0, 5.0)
    stage.hold_still(at_s - 3.0, at_s + _STILL_S)
    stage.fill(Fill(at_s, stage.count(*BLOCK_SHARES), "mid", letter))
    stage.seconds = at_s + _STILL_S + 10.0
    return at_s


def _block(stage: StockStage) -> str:
    block(stage)
    return UNKNOWN


def _block_moved(stage: StockStage) -> str:
    at_s = block(stage)
    bps = MOVED_BPS if stage.rng.random() < 0.5 else -MOVED_BPS
    stage.go(at_s, 0.0)
    stage.go(at_s + MOVED_S, bps)
    return UNKNOWN


def _worked(stage: StockStage, place: str, *, is_cancelled: bool = False) -> None:
    sizes = _carried(stage) if is_cancelled else _sizes(stage)
    start_s, step_s = _LEAD_S, WORKED_S / len(sizes)
    end_s = start_s + WORKED_S
    for n, size in enumerate(sizes):
        at_s = start_s + step_s * (n + stage.between(0.0, 0.9))
        is_taken = is_cancelled and n == 0
        after_s = end_s - at_s + stage.between(*_CANCELLED_S) if is_taken else None
        stage.fill(Fill(at_s, size, place, cancelled_after_s=after_s))
    stage.go(end_s, 0.0)
    stage.go(end_s + _FOLLOWED_S, _FOLLOWED_BPS if place == "ask" else -_FOLLOWED_BPS)
    stage.seconds = end_s + _FOLLOWED_S


def _sizes(stage: StockStage) -> list[int]:
    count = stage.count(*WORKED_PRINTS)
    while True:
        sizes = [stage.count(*WORKED_SHARES) for _ in range(count)]
        if sum(sizes) < _WORKED_MOST:
            return sizes


def _carried(stage: StockStage) -> list[int]:
    """Return sizes with the largest first, so that whatever is inferred rests on it."""
    if stage.rng.random() < 0.5:
        return sorted(_sizes(stage), reverse=True)
    # Without the first one the others are too few shares.
    return [stage.count(1_300, WORKED_SHARES[1]), *(stage.count(600, 740) for _ in range(4))]


def _accumulation(stage: StockStage) -> str:
    _worked(stage, "ask")
    return "buy"


def _distribution(stage: StockStage) -> str:
    _worked(stage, "bid")
    return "sell"


def _cancelled(stage: StockStage) -> str:
    _worked(stage, "ask", is_cancelled=True)
    return "buy"


def _zone(stage: StockStage) -> str:
    is_support = stage.rng.random() < 0.5
    place, level_bps = ("bid", -_AWAY_BPS) if is_support else ("ask", _AWAY_BPS)
    for visit, count in enumerate(VISITS):
        at_s = _FIRST_VISIT_S + visit * VISIT_EVERY_S
        over_s = at_s + _VISIT_S
        stage.go(at_s - _APPROACH_S, 0.0)
        stage.go(at_s, level_bps)
        stage.go(over_s, level_bps)
        stage.go(over_s + _LEAVE_S, 0.0)
        stage.hold_still(at_s, over_s)
        # Exchanges trade at the very price as well, in round lots: the last price touches it.
        stage.hush(at_s - 2.0, over_s + 1.0)
        for n in range(int(_VISIT_S / _LIT_EVERY_S)):
            _lit(stage, at_s + 0.5 + n * _LIT_EVERY_S, place)
        _lit(stage, over_s + _LEAVE_S + 1.0, place)
        for n in range(count):
            printed_s = at_s + 4.0 + _ZONE_GAP_S * n + stage.between(0.0, 6.0)
            stage.fill(Fill(printed_s, stage.count(*ZONE_SHARES), place))
    stage.seconds = _FIRST_VISIT_S + len(VISITS) * VISIT_EVERY_S - 140.0
    return "support" if is_support else "resistance"


def _lit(stage: StockStage, at_s: float, place: str) -> None:
    stage.fill(Fill(at_s, 100 * stage.count(1, 2), place, off_exchange=False, labelled=False))


SCENARIOS: Final = (
    StockScenario(
        scenario_id="dark_block",
        family=FAMILY,
        expectation=StockExpectation((BLOCK,), "confirmed"),
        play=_block,
        weight=0.5,
    ),
    StockScenario(
        scenario_id="dark_block_moved",
        family=FAMILY,
        expectation=StockExpectation((BLOCK,), "rejected"),
        play=_block_moved,
        weight=0.5,
    ),
    StockScenario(
        scenario_id="dark_accumulation",
        family=FAMILY,
        expectation=StockExpectation((ACCUMULATION,)),
        play=_accumulation,
        weight=1.5,
    ),
    StockScenario(
        scenario_id="dark_distribution",
        family=FAMILY,
        expectation=StockExpectation((DISTRIBUTION,)),
        play=_distribution,
        weight=1.5,
    ),
    StockScenario(
        scenario_id="dark_zone",
        family=FAMILY,
        expectation=StockExpectation((ZONE,)),
        play=_zone,
    ),
    StockScenario(
        scenario_id="cancelled_dark",
        family=FAMILY,
        expectation=StockExpectation((ACCUMULATION,), is_taken_back=True),
        play=_cancelled,
    ),
)
