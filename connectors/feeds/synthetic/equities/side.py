"""The stocks of the live market: trades where there are options, and staged activity elsewhere."""

from collections.abc import Sequence
from itertools import count
from random import Random
from typing import Final

import msgspec

from connectors.feeds.synthetic.calendar import NS_PER_S
from connectors.feeds.synthetic.choices import Weighted
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.drafts import Draft
from connectors.feeds.synthetic.drafts import StockDraft
from connectors.feeds.synthetic.equities.background import StockBackground
from connectors.feeds.synthetic.equities.background import StockTick
from connectors.feeds.synthetic.equities.catalog import STOCK_SCENARIOS
from connectors.feeds.synthetic.equities.model import StockScenario
from connectors.feeds.synthetic.equities.model import stock_label
from connectors.feeds.synthetic.equities.names import staged
from connectors.feeds.synthetic.equities.stage import StockStage
from connectors.feeds.synthetic.equities.tape import Quote
from connectors.feeds.synthetic.equities.tape import Sizes
from connectors.feeds.synthetic.equities.tape import TapeWriter
from connectors.feeds.synthetic.labels import LabelBook
from connectors.feeds.synthetic.records import session_of
from connectors.feeds.synthetic.universe import Listing
from flows.common.sessions import RTH
from flows.common.sessions import trade_date_and_segment

_REPERTOIRE: Final = Weighted([(each, each.weight) for each in STOCK_SCENARIOS.values()])
_QUIET_S: Final = (120.0, 300.0)
# A stock stays so near to where it began, but is elsewhere for each activity: what one left behind
# at a price says nothing about the next.
_RANGE_BPS: Final = 120.0
# So long nobody does the same thing in the same stock again.
_REST_NS: Final = 2_700 * NS_PER_S
_DRAWS: Final = 8
# Between activities orders are larger, so that a block stays in the hundredth part of all.
_BETWEEN_SIZES: Final = Sizes(odd=0.25, one=0.30, lit_most=2_000, off_most=600)


class _Staged(msgspec.Struct):
    """A stock in which one stretch follows the other."""

    name: Listing
    price: float
    next_ns: int
    stretches: int = 0
    is_due: bool = False
    played_until: dict[str, int] = {}


class StockSide:
    """
    Make the trade reports of the live market.

    Parameters
    ----------
    config : SyntheticConfig
        Seed, modes and start; `equities_mode` is set.
    names : sequence of Listing
        Stocks with options.
    labels : LabelBook
        Told of each labelled activity.

    Notes
    -----
    Source: feed specification, 9.8. All chance is seeded apart from the options': with and without
    these reports the options market of a configuration is the same. Therefore labelled activity,
    which leads prices, is played in stocks without options, in regular hours only: each of them
    has a few quiet minutes, then an activity, and so on.
    """

    def __init__(
        self, config: SyntheticConfig, names: Sequence[Listing], labels: LabelBook
    ) -> None:
        mode = config.equities_mode or config.mode
        keys = count(1)
        self._config = config
        self._labels = labels
        self._session = session_of(config.seed, config.start_ts)
        self._seed = f"stocks:{self._session}:{config.mode}:{mode}"
        self._keys = keys
        self._background = StockBackground(mode, names, TapeWriter(keys))
        self._writer = TapeWriter(keys, has_late=False)
        self._staged = [_Staged(name, name.price, config.start_ts) for name in staged(mode)]
        self._played = 0
        self._known = {each.name.symbol: each for each in self._staged}

    def change(self, mode: str, names: Sequence[Listing], at_ns: int) -> None:
        """
        Trade in another mode from a tick on.

        Parameters
        ----------
        mode : str
            How lively, and in how many further stocks activity is played.
        names : sequence of Listing
            Stocks with options.
        at_ns : int
            Where the tick begins, ns UTC.
        """
        self._background = StockBackground(mode, names, TapeWriter(self._keys))
        self._staged = [
            self._known.setdefault(name.symbol, _Staged(name, name.price, at_ns))
            for name in staged(mode)
        ]
        for each in self._staged:
            # One that comes back has missed what would have been played meanwhile.
            each.next_ns = max(each.next_ns, at_ns)

    def tick(
        self, at_ns: int, interval_ns: int, quotes: Sequence[StockDraft], shares: Sequence[float]
    ) -> list[Draft]:
        """
        Return what begins within a tick.

        Parameters
        ----------
        at_ns, interval_ns : int
            Where the tick begins, ns UTC, and how long it is.
        quotes : sequence of StockDraft
            Of the stocks with options, in force from the tick's beginning to its end.
        shares : sequence of float
            Of their trades, how many are off exchange.

        Returns
        -------
        list of Draft
            In no particular order; many lie beyond the tick.
        """
        rng = self._rng(f"{at_ns}")
        found: list[Draft] = []
        market = [Quote(each.symbol, each.bid, each.ask) for each in quotes]
        found += self._background.trades(rng, StockTick(at_ns, interval_ns, market, shares))
        for each in self._staged:
            while each.next_ns < at_ns + interval_ns:
                found += self._stretch(each)
        return found

    def _rng(self, part: str) -> Random:
        return Random(f"{self._seed}:{part}")  # noqa: S311 - a market, not a secret

    def _stretch(self, staged: _Staged) -> list[Draft]:
        """Make the next stretch of a stock, and note where it ends."""
        staged.stretches += 1
        rng = self._rng(f"{staged.name.symbol}:{staged.stretches}")
        scenario = self._drawn(rng, staged)
        label_id = f"lb:{self._session}:s{self._played + 1}"
        stage = StockStage(rng, staged.name, staged.price, staged.next_ns, label_id)
        direction = "" if scenario is None else scenario.play(stage)
        if scenario is None or not is_regular(stage.at_ns, stage.end_ns):
            scenario, stage = None, self._quiet(rng, staged)
        drafts, labelled = stage.drafts(self._writer)
        if scenario is not None:
            self._played += 1
            staged.played_until[scenario.scenario_id] = stage.end_ns + _REST_NS
            self._labels.begin(stock_label(scenario, label_id, direction), labelled)
        staged.next_ns, staged.price = stage.end_ns, stage.end_price
        staged.is_due = scenario is None
        return drafts

    def _drawn(self, rng: Random, staged: _Staged) -> StockScenario | None:
        """Return what is played next; None for nothing."""
        if not staged.is_due or not self._config.scenarios:
            return None
        for _ in range(_DRAWS):
            scenario = _REPERTOIRE.draw(rng)
            if staged.played_until.get(scenario.scenario_id, 0) <= staged.next_ns:
                return scenario
        return None

    @staticmethod
    def _quiet(rng: Random, staged: _Staged) -> StockStage:
        stage = StockStage(rng, staged.name, staged.price, staged.next_ns, "")
        stage.seconds = stage.between(*_QUIET_S)
        stage.sizes = _BETWEEN_SIZES
        there = staged.name.price * (1.0 + stage.between(-_RANGE_BPS, _RANGE_BPS) / 1e4)
        stage.go(stage.seconds, (there / staged.price - 1.0) * 1e4)
        return stage


def is_regular(from_ns: int, until_ns: int) -> bool:
    """Tell whether a stretch of time lies within one regular session."""
    first, last = trade_date_and_segment(from_ns), trade_date_and_segment(until_ns)
    return first == last and first[1] == RTH
