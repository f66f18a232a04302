"""What becomes of positions and prints: rolled, closed, absorbed, cancelled."""

from typing import Final

from connectors.feeds.synthetic.background import cancel_of
from connectors.feeds.synthetic.calendar import NS_PER_MS
from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.scenarios.fills import one_sided
from connectors.feeds.synthetic.scenarios.fills import sweep
from connectors.feeds.synthetic.scenarios.model import Scenario
from connectors.feeds.synthetic.scenarios.names import ABSORBED
from connectors.feeds.synthetic.scenarios.names import CALL_SWEEP
from connectors.feeds.synthetic.scenarios.names import INSTITUTIONAL
from connectors.feeds.synthetic.scenarios.names import LIQUID
from connectors.feeds.synthetic.scenarios.names import ROLL
from connectors.feeds.synthetic.scenarios.names import UNWIND
from connectors.feeds.synthetic.stage import Fill
from connectors.feeds.synthetic.stage import Stage

FAMILY: Final = "lifecycle"

_SESSIONS_BEFORE: Final = 2
_FOLLOWED_S: Final = 60.0
_QUOTE_EVERY_MS: Final = 500.0
_CANCEL_AFTER_MS: Final = (6_000.0, 20_000.0)


def _roll_up_out(stage: Stage) -> str:
    near = stage.contract("C", 5, 0.99)
    far = stage.contract("C", 33, 1.04)
    size = stage.size(stage.value(near), (300.0, 900.0), (60_000.0, 400_000.0))
    stage.interest(near, size * stage.count(2, 5))
    stage.interest(far, max(1, round(0.4 * size)))
    stage.package([(far, 1), (near, -1)], size, stage.between(0.76, 0.9), "f")
    return ""


def _closing_unwind(stage: Stage) -> str:
    contract = stage.contract_worth("C", 4, stage.between(1.5, 3.0), (-0.03, 0.04))
    size = stage.size(stage.value(contract), (260.0, 900.0), (60_000.0, 220_000.0))
    venue = stage.venues(1)[0]
    if stage.has_past:
        opened_ms = stage.interest(contract, max(1, round(size / 3)), _SESSIONS_BEFORE)
        opened = round(size * stage.between(0.9, 1.1))
        fills = stage.shares(opened, 3)
        for n, part in enumerate(fills):
            fill = Fill(opened_ms + 5.0 + 30.0 * n, part, "A", venue, "I")
            stage.trade(contract, fill, labelled=False)
    stage.interest(contract, round(2.5 * size))
    one_sided(stage, contract, size, 3, (venue, stage.between(5.0, 60.0)), place="B")
    return ""


def _absorbed_sweep(stage: Stage) -> str:
    contract, ended_ms = sweep(stage, "C")
    fall_bps = stage.between(-16.0, -9.0)
    stage.after = (fall_bps, _FOLLOWED_S)
    ms = ended_ms + _QUOTE_EVERY_MS
    while ms < 1_000.0 * (_FOLLOWED_S + 3.0):
        share = min(1.0, ms / (1_000.0 * _FOLLOWED_S))
        # Volatility comes in as well: what was paid up for is not kept.
        stage.quote(contract, ms, iv_shift=-0.01 * share, spot_bps=fall_bps * share)
        ms += _QUOTE_EVERY_MS
    return ""


def _cancelled_block(stage: Stage) -> str:
    contract = stage.contract_worth("C", 21, stage.between(2.5, 5.0), (0.0, 0.15))
    ms = 5.0
    for _ in range(3):
        fill = Fill(ms, stage.count(1, 4), "MID", stage.venues(1)[0], "I")
        stage.trade(contract, fill, labelled=False)
        ms += stage.between(900.0, 1_500.0)
    size = stage.size(stage.value(contract), (620.0, 1_600.0), (250_000.0, 600_000.0))
    block = stage.trade(contract, Fill(ms, size, "A", stage.venues(1)[0], "I"))
    delay_ms = stage.between(*_CANCEL_AFTER_MS)
    stage.drafts.append(cancel_of(block, round(delay_ms) * NS_PER_MS))
    return ""


_ANYTHING: Final = "unknown"

SCENARIOS: Final = (
    Scenario(
        scenario_id="roll_up_out",
        family=FAMILY,
        expectation=Expectation(None, _ANYTHING, None, (ROLL,), may_abstain=True),
        play=_roll_up_out,
        symbols=LIQUID,
    ),
    Scenario(
        scenario_id="closing_unwind",
        family=FAMILY,
        expectation=Expectation(None, _ANYTHING, None, (UNWIND,), may_abstain=True),
        play=_closing_unwind,
        symbols=LIQUID,
    ),
    Scenario(
        scenario_id="absorbed_sweep",
        family=FAMILY,
        expectation=Expectation(INSTITUTIONAL, "bullish", None, (CALL_SWEEP,), later=(ABSORBED,)),
        play=_absorbed_sweep,
        symbols=LIQUID,
        tail_s=70.0,
    ),
    Scenario(
        scenario_id="cancelled_block",
        family=FAMILY,
        expectation=Expectation(
            None, _ANYTHING, None, (), may_abstain=True, alert_state="retracted"
        ),
        play=_cancelled_block,
        symbols=LIQUID,
        weight=0.5,
    ),
)
