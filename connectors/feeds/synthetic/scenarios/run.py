"""A scenario by itself: its market from two minutes before until it is over."""

import math
from random import Random
from typing import Final

import msgspec

from connectors.feeds.base.items import RawRecord
from connectors.feeds.synthetic.calendar import EPOCH
from connectors.feeds.synthetic.calendar import NS_PER_S
from connectors.feeds.synthetic.calendar import eastern_ns
from connectors.feeds.synthetic.drafts import Draft
from connectors.feeds.synthetic.drafts import EventDraft
from connectors.feeds.synthetic.drafts import InterestDraft
from connectors.feeds.synthetic.drafts import StockDraft
from connectors.feeds.synthetic.drafts import TradeDraft
from connectors.feeds.synthetic.drafts import draft_order
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.labels import LabelBook
from connectors.feeds.synthetic.market import stock_quote
from connectors.feeds.synthetic.records import Scribe
from connectors.feeds.synthetic.records import session_of
from connectors.feeds.synthetic.scenarios.catalog import SCENARIOS
from connectors.feeds.synthetic.scenarios.catalog import scenario_of
from connectors.feeds.synthetic.scenarios.model import Scenario
from connectors.feeds.synthetic.scenarios.model import label_of
from connectors.feeds.synthetic.stage import Setting
from connectors.feeds.synthetic.stage import Stage
from connectors.feeds.synthetic.stage import announcement
from connectors.feeds.synthetic.universe import KNOWN

LEAD_S: Final = 130
MOVE_S: Final = 60
_PAST_LEAD_S: Final = 70
_PAST_TAIL_S: Final = 4
_NOISE_BPS: Final = 0.15
_LOT: Final = 100
# A Monday with no holiday near, so that expiries fall where a scenario wants them.
_DAY: Final = "2025-06-02"
_HOUR: Final = 10
_APART_S: Final = 300

_VOLATILITY: Final = {name.symbol: (name.price, name.volatility) for name in KNOWN}


class ScenarioRun(msgspec.Struct, frozen=True):
    """
    Everything a scenario needs, and what it is.

    Parameters
    ----------
    items : tuple of records
        Raw records in publishing order: by event time, refdata before quotes before trades.
    labels : tuple of Label
        Of its activity.
    """

    items: tuple[RawRecord, ...]
    labels: tuple[Label, ...]


def scenario_run(scenario_id: str, seed: int, start_ns: int | None = None) -> ScenarioRun:
    """
    Play a scenario in a market of its own.

    Parameters
    ----------
    scenario_id : str
        Which.
    seed : int
        Of every choice, the underlying's included.
    start_ns : int | None
        First event of its session, ns UTC; without it a Monday morning, each scenario at a time
        of its own so that ids never meet.

    Raises
    ------
    MisconfiguredConnector
        There is no such scenario.

    Notes
    -----
    Source: options flow specification, 12. A function of its arguments alone. Ids are
    `synthetic:<seed>-<start>:<stream>:<serial>`. `closing_unwind` begins two sessions earlier.
    """
    scenario = scenario_of(scenario_id)
    rng = Random(f"{scenario_id}:{seed}")  # noqa: S311 - a market, not a secret
    symbol = scenario.symbols[int(rng.random() * len(scenario.symbols))]
    price, volatility = _VOLATILITY[symbol]
    spread_bps = scenario.spread_bps[0] + rng.random() * (
        scenario.spread_bps[1] - scenario.spread_bps[0]
    )
    setting = Setting(
        symbol, round(price * (0.97 + 0.06 * rng.random()), 2), volatility, spread_bps
    )
    return play_alone(scenario, setting, rng, session=(seed, start_ns))


def play_alone(
    scenario: Scenario, setting: Setting, rng: Random, *, session: tuple[int, int | None]
) -> ScenarioRun:
    """
    Play a scenario on a setting.

    Parameters
    ----------
    scenario : Scenario
        Which.
    setting : Setting
        Underlying and surface.
    rng : Random
        Of every further choice.
    session : tuple
        Seed and start of the ids; without a start the scenario's own.
    """
    seed, given_ns = session
    start_ns = _default_start(scenario.scenario_id) if given_ns is None else given_ns
    at_ns = start_ns + LEAD_S * NS_PER_S
    label_id = f"lb:{session_of(seed, start_ns)}:1"
    stage = Stage(rng, setting, at_ns, label_id, has_past=True)
    direction = scenario.play(stage)
    drafts: list[Draft] = [*stage.drafts]
    if scenario.event_days:
        drafts.append(announcement(setting.symbol, start_ns, scenario.event_days))
    drafts += _path(scenario, stage, start_ns)
    drafts.sort(key=draft_order)
    labels: list[Label] = []
    book = LabelBook(labels.append)
    prints = sum(isinstance(each, TradeDraft) and each.label == label_id for each in drafts)
    book.begin(label_of(scenario, label_id, direction), prints)
    scribe = Scribe(session_of(seed, start_ns), book)
    return ScenarioRun(tuple(scribe.record(draft, 0)[1] for draft in drafts), tuple(labels))


def _default_start(scenario_id: str) -> int:
    days = (EPOCH.fromisoformat(_DAY) - EPOCH).days
    place = list(SCENARIOS).index(scenario_id)
    return eastern_ns(days, _HOUR) + place * _APART_S * NS_PER_S


def _path(scenario: Scenario, stage: Stage, start_ns: int) -> list[StockDraft]:
    """Quote the underlying each second: flat, the move before, the activity, what follows."""
    moved_bps = stage.between(*scenario.move_bps)
    last_ns = max(draft.at_ns for draft in stage.drafts)
    later_bps, later_s = stage.after or (0.0, 1.0)
    tail_s = max(scenario.tail_s, (last_ns - stage.at_ns) / NS_PER_S + 3.0)
    found: list[StockDraft] = []
    for second in range(LEAD_S + math.ceil(tail_s)):
        since_s = second - LEAD_S
        before = -moved_bps * min(1.0, max(0.0, -since_s / MOVE_S))
        after = later_bps * min(1.0, max(0.0, since_s / later_s))
        found.append(_quoted(stage, start_ns + second * NS_PER_S, before + after))
    past = [
        draft.at_ns
        for draft in stage.drafts
        if draft.at_ns < start_ns and not isinstance(draft, EventDraft | InterestDraft)
    ]
    if past:
        first_ns = min(past) - _PAST_LEAD_S * NS_PER_S
        seconds = (max(past) - first_ns) // NS_PER_S + _PAST_TAIL_S
        found += [_quoted(stage, first_ns + n * NS_PER_S, 0.0) for n in range(seconds)]
    return found


def _quoted(stage: Stage, at_ns: int, moved_bps: float) -> StockDraft:
    setting, rng = stage.setting, stage.rng
    price = setting.price * (1.0 + (moved_bps + rng.gauss(0.0, _NOISE_BPS)) / 1e4)
    bid, ask = stock_quote(price, min(setting.iv, 1.0))
    sizes = [_LOT * stage.count(1, 12) for _ in range(2)]
    return StockDraft(at_ns, setting.symbol, bid, ask, sizes[0], sizes[1])
