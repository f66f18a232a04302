"""Activity in a stock by itself: its tape from two minutes before until it is over."""

from datetime import date
from itertools import count
from random import Random
from typing import Final

from connectors.feeds.synthetic.calendar import EPOCH
from connectors.feeds.synthetic.calendar import NS_PER_S
from connectors.feeds.synthetic.calendar import eastern_ns
from connectors.feeds.synthetic.drafts import Draft
from connectors.feeds.synthetic.drafts import draft_order
from connectors.feeds.synthetic.equities.catalog import STOCK_SCENARIOS
from connectors.feeds.synthetic.equities.catalog import stock_scenario_of
from connectors.feeds.synthetic.equities.model import stock_label
from connectors.feeds.synthetic.equities.names import STAGED
from connectors.feeds.synthetic.equities.stage import StockStage
from connectors.feeds.synthetic.equities.tape import TapeWriter
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.labels import LabelBook
from connectors.feeds.synthetic.records import Scribe
from connectors.feeds.synthetic.records import session_of
from connectors.feeds.synthetic.scenarios.run import ScenarioRun

LEAD_S: Final = 120.0
TAIL_S: Final = 90.0
# A Wednesday, away from the days on which option scenarios are played.
_DAY: Final = date(2025, 6, 4)
_HOUR: Final = 10
_APART_S: Final = 1_800


def stock_scenario_run(scenario_id: str, seed: int, start_ns: int | None = None) -> ScenarioRun:
    """
    Play a scenario in a stock of its own.

    Parameters
    ----------
    scenario_id : str
        Which.
    seed : int
        Of every choice, the stock's included.
    start_ns : int | None
        First event of its session, ns UTC; without it a Wednesday in regular hours, each scenario
        at a time of its own so that ids never meet.

    Raises
    ------
    MisconfiguredConnector
        There is no such scenario.

    Notes
    -----
    Source: feed specification, 9.8. A function of its arguments alone. Ids are
    `synthetic:<seed>-<start>:<stream>:<serial>`.
    """
    scenario = stock_scenario_of(scenario_id)
    start = _default_start(scenario_id) if start_ns is None else start_ns
    rng = Random(f"{scenario_id}:{seed}")  # noqa: S311 - a market, not a secret
    name = STAGED[int(rng.random() * len(STAGED))]
    price = name.price * (0.97 + 0.06 * rng.random())
    session = session_of(seed, start)
    label_id = f"lb:{session}:1"
    writer = TapeWriter(count(1), has_late=False)
    before = StockStage(rng, name, price, start, label_id)
    before.seconds = LEAD_S
    stage = StockStage(rng, name, before.end_price, before.end_ns, label_id)
    direction = scenario.play(stage)
    after = StockStage(rng, name, stage.end_price, stage.end_ns, label_id)
    after.seconds = TAIL_S
    drafts: list[Draft] = []
    labelled = 0
    for each in (before, stage, after):
        made, marked = each.drafts(writer)
        drafts += made
        labelled += marked
    drafts.sort(key=draft_order)
    labels: list[Label] = []
    book = LabelBook(labels.append)
    book.begin(stock_label(scenario, label_id, direction), labelled)
    scribe = Scribe(session, book)
    return ScenarioRun(tuple(scribe.record(draft, 0)[1] for draft in drafts), tuple(labels))


def _default_start(scenario_id: str) -> int:
    place = list(STOCK_SCENARIOS).index(scenario_id)
    return eastern_ns((_DAY - EPOCH).days, _HOUR) + place * _APART_S * NS_PER_S
