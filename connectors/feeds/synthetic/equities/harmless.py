"""What looks large and means nothing: contingent trades, lit blocks, a stock that is halted."""

from typing import Final

from connectors.feeds.synthetic.equities.concealed import BLOCK_SHARES
from connectors.feeds.synthetic.equities.concealed import block
from connectors.feeds.synthetic.equities.model import UNKNOWN
from connectors.feeds.synthetic.equities.model import StockExpectation
from connectors.feeds.synthetic.equities.model import StockScenario
from connectors.feeds.synthetic.equities.stage import Fill
from connectors.feeds.synthetic.equities.stage import StockStage

FAMILY: Final = "neutral"
STOPPED_FAMILY: Final = "stopped"
CONTINGENT: Final = ("V", "7", "W", "4")
HALT: Final = "halt"
RESUME: Final = "resume"
HALTED_S: Final = 300.0
# Inferences wait so long after a halt.
GRACE_S: Final = 5.0

_REOPENING: Final = "5"
_HALT_AT_S: Final = 30.0
# So that reports of the last trades are out.
_HUSHED_BEFORE_S: Final = 1.0
_LIT_SHARES: Final = (2_000, 8_000)
_LIT_BLOCKS: Final = (8, 14)
_LIT_S: Final = 120.0


def _contingent(stage: StockStage) -> str:
    block(stage, CONTINGENT[stage.count(0, len(CONTINGENT) - 1)])
    return UNKNOWN


def _lit_blocks(stage: StockStage) -> str:
    for n in range(stage.count(*_LIT_BLOCKS)):
        # Both sides for certain, then as it comes.
        place = ("ask", "bid")[n] if n < 2 else ("ask", "bid")[stage.count(0, 1)]
        at_s = 10.0 + stage.between(0.0, _LIT_S)
        letter = ("@", "F")[stage.count(0, 1)]
        size = stage.count(*_LIT_SHARES)
        stage.fill(Fill(at_s, size, place, letter, off_exchange=False))
    stage.seconds = _LIT_S + 40.0
    return UNKNOWN


def _halt(stage: StockStage) -> str:
    resume_s = _HALT_AT_S + HALTED_S
    stage.tell(_HALT_AT_S, HALT)
    stage.tell(resume_s, RESUME)
    stage.hush(_HALT_AT_S - _HUSHED_BEFORE_S, resume_s + GRACE_S + 1.0)
    stage.hold_still(resume_s, resume_s + 2.0 * GRACE_S)
    stage.fill(Fill(resume_s + 0.05, 5_000, "ask", _REOPENING, off_exchange=False, labelled=False))
    # At any other time this would be a block.
    stage.fill(Fill(resume_s + stage.between(1.0, 3.0), stage.count(*BLOCK_SHARES), "mid"))
    stage.seconds = resume_s + 40.0
    return UNKNOWN


SCENARIOS: Final = (
    StockScenario(
        scenario_id="contingent_noise",
        family=FAMILY,
        expectation=StockExpectation(),
        play=_contingent,
    ),
    StockScenario(
        scenario_id="lit_noise",
        family=FAMILY,
        expectation=StockExpectation(),
        play=_lit_blocks,
    ),
    StockScenario(
        scenario_id="halt",
        family=STOPPED_FAMILY,
        expectation=StockExpectation(),
        play=_halt,
        weight=0.4,
    ),
)
