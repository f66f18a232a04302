"""Puts scenarios on in the live market, at the mode's rate."""

import math
from collections.abc import Sequence
from random import Random
from typing import Final

import msgspec
import numpy as np

from connectors.feeds.synthetic.calendar import NS_PER_S
from connectors.feeds.synthetic.calendar import trade_date
from connectors.feeds.synthetic.choices import Weighted
from connectors.feeds.synthetic.config import ModeRates
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.drafts import Draft
from connectors.feeds.synthetic.drafts import TradeDraft
from connectors.feeds.synthetic.labels import LabelBook
from connectors.feeds.synthetic.market import TRADING_S_PER_YEAR
from connectors.feeds.synthetic.market import Lead
from connectors.feeds.synthetic.market import Market
from connectors.feeds.synthetic.records import session_of
from connectors.feeds.synthetic.scenarios.catalog import SCENARIOS
from connectors.feeds.synthetic.scenarios.model import Scenario
from connectors.feeds.synthetic.scenarios.model import label_of
from connectors.feeds.synthetic.scenarios.names import EVENT_NAMES
from connectors.feeds.synthetic.stage import Setting
from connectors.feeds.synthetic.stage import Stage
from connectors.feeds.synthetic.stage import announcement
from connectors.feeds.synthetic.universe import Listing

_CALM_LEAD_S: Final = 61
_SHORT_LEAD_S: Final = 5
_BUSY_AFTER_S: Final = 10.0
# So long nobody does the same thing in the same underlying again, where there is another.
_REST_S: Final = 900
# Most directional activity is followed by the underlying, for a minute and a bit, by a multiple of
# its deviation over that time.
_FOLLOWED: Final = 0.8
_FOLLOWED_S: Final = 62.0
_FOLLOWED_DEVIATIONS: Final = (0.6, 1.3)
_AHEAD: Final = {"bullish": 1.0, "bearish": -1.0}
# Nearest of the event scenarios' distances; every event name's earnings are so far away.
_EVENT_DAYS: Final = 2
# Dollars that an underlying moves in a year.
_SUITABLE_YEARLY_MOVE: Final = (8.0, 70.0)
_REPERTOIRE: Final = Weighted([(each, each.weight) for each in SCENARIOS.values()])


def _is_suitable(name: Listing) -> bool:
    """Tell whether options of an underlying cost what scenarios want: a few dollars."""
    low, high = _SUITABLE_YEARLY_MOVE
    return low <= name.price * name.volatility <= high


class _Booked(msgspec.Struct, frozen=True):
    """A scenario that waits for the end of its lead."""

    due_ns: int
    number: int
    scenario: Scenario
    underlying: int


class Director:
    """
    Begin, lead and play scenarios.

    Parameters
    ----------
    config : SyntheticConfig
        Seed, mode and start.
    names : sequence of Listing
        The universe.
    market : Market
        Is led where a scenario needs it, and gives prices.
    labels : LabelBook
        Told of each play.
    """

    def __init__(
        self, config: SyntheticConfig, names: Sequence[Listing], market: Market, labels: LabelBook
    ) -> None:
        self._config = config
        self._rates = config.rates
        self._names = names
        self._focus: frozenset[str] = frozenset()
        self._market = market
        self._labels = labels
        self._session = session_of(config.seed, config.start_ts)
        self._booked: list[_Booked] = []
        self._begun = 0
        self._busy_until: dict[int, int] = {}
        self._played_until: dict[tuple[str, int], int] = {}
        self._announced_for = -1
        self._announced = 0

    def change(self, rates: ModeRates, names: Sequence[Listing], focus: Sequence[str]) -> None:
        """
        Play otherwise from now on; what waits for its lead is played where it was to be.

        Parameters
        ----------
        rates : ModeRates
            How much is played, and how large.
        names : sequence of Listing
            The universe; underlyings known so far keep their places.
        focus : sequence of str
            Symbols that are preferred.
        """
        self._rates = rates
        self._names = names
        self._focus = frozenset(focus)
        self._booked = [each for each in self._booked if each.underlying < len(names)]

    def inject(self, scenario_id: str, symbol: str, at_ns: int) -> str:
        """
        Begin a scenario; return why it cannot be, empty when it is begun.

        Parameters
        ----------
        scenario_id : str
            Which.
        symbol : str
            In which underlying; empty for any that suits and is free.
        at_ns : int
            Where the tick begins, ns UTC.
        """
        scenario = SCENARIOS[scenario_id]
        rng = self._rng(self._begun + 1, "begin")
        if symbol:
            places = [n for n, name in enumerate(self._names) if name.symbol == symbol]
            if not places or not self._suits(scenario, self._names[places[0]]):
                return f"{scenario_id} cannot be played in {symbol}: not listed, or unsuitable"
            underlying: int | None = places[0]
        else:
            underlying = self._underlying_for(scenario, rng, at_ns)
        if underlying is None:
            return f"no underlying that suits {scenario_id} is free"
        self._begun += 1
        self._book(scenario, underlying, rng, at_ns)
        return ""

    def announcements(self, at_ns: int) -> list[Draft]:
        """Return what is announced at the beginning of a trade date: earnings soon."""
        today = trade_date(at_ns)
        if today != self._announced_for:
            self._announced_for, self._announced = today, 0
        if self._announced >= len(self._names) or not self._config.scenarios:
            return []
        new = self._names[self._announced :]
        self._announced = len(self._names)
        return [
            announcement(name.symbol, at_ns, _EVENT_DAYS)
            for name in new
            if name.symbol in EVENT_NAMES
        ]

    def tick(self, rng: np.random.Generator, at_ns: int, interval_ns: int) -> list[Draft]:
        """
        Begin scenarios and play those that are due within a tick.

        Parameters
        ----------
        rng : numpy.random.Generator
            Of the tick: decides how many begin.
        at_ns, interval_ns : int
            Where the tick begins, ns UTC, and how long it is.

        Returns
        -------
        list of Draft
            In no particular order; many lie beyond the tick.
        """
        if not self._config.scenarios:
            return []
        mean = self._rates.bursts_per_min * interval_ns / (60 * NS_PER_S)
        for _ in range(int(rng.poisson(mean))):
            self._begin(at_ns)
        drafts: list[Draft] = []
        due = [each for each in self._booked if each.due_ns < at_ns + interval_ns]
        self._booked = [each for each in self._booked if each.due_ns >= at_ns + interval_ns]
        for booked in sorted(due, key=lambda each: (each.due_ns, each.number)):
            drafts += self._play(booked, max(booked.due_ns, at_ns))
        return drafts

    def _rng(self, number: int, part: str) -> Random:
        text = f"{self._session}:{self._config.mode}:{number}:{part}"
        return Random(text)  # noqa: S311 - a market, not a secret

    def _begin(self, at_ns: int) -> None:
        self._begun += 1
        number = self._begun
        rng = self._rng(number, "begin")
        scenario = _REPERTOIRE.draw(rng)
        underlying = self._underlying_for(scenario, rng, at_ns)
        if underlying is not None:
            self._book(scenario, underlying, rng, at_ns)

    def _book(self, scenario: Scenario, underlying: int, rng: Random, at_ns: int) -> None:
        lead_s = _CALM_LEAD_S if scenario.needs_calm_lead else _SHORT_LEAD_S
        due_ns = at_ns + lead_s * NS_PER_S
        low, high = scenario.move_bps
        moved_bps = low + (high - low) * rng.random()
        self._market.lead(Lead(underlying, moved_bps / lead_s, at_ns, due_ns + NS_PER_S))
        over_s = max(_BUSY_AFTER_S, scenario.tail_s)
        self._played_until[scenario.scenario_id, underlying] = at_ns + _REST_S * NS_PER_S
        self._busy_until[underlying] = due_ns + math.ceil(over_s) * NS_PER_S
        self._booked.append(_Booked(due_ns, self._begun, scenario, underlying))

    def _underlying_for(self, scenario: Scenario, rng: Random, at_ns: int) -> int | None:
        """Return an underlying nothing else happens in; None when there is none."""
        free = [
            index
            for index, name in enumerate(self._names)
            if self._busy_until.get(index, 0) <= at_ns and self._suits(scenario, name)
        ]
        focused = [index for index in free if self._names[index].symbol in self._focus]
        free = focused or free
        rested = [
            index
            for index in free
            if self._played_until.get((scenario.scenario_id, index), 0) <= at_ns
        ]
        among = rested or free
        return among[int(rng.random() * len(among))] if among else None

    @staticmethod
    def _suits(scenario: Scenario, name: Listing) -> bool:
        """Tell whether a scenario would be what it is in an underlying."""
        takes_any = not scenario.event_days and not scenario.is_fund_only
        return (name.symbol in EVENT_NAMES) == (scenario.event_days > 0) and (
            name.symbol in scenario.symbols or (takes_any and _is_suitable(name))
        )

    def _play(self, booked: _Booked, at_ns: int) -> list[Draft]:
        rng = self._rng(booked.number, "play")
        scenario, rates = booked.scenario, self._rates
        low, high = scenario.spread_bps
        setting = Setting(
            self._names[booked.underlying].symbol,
            float(self._market.prices[booked.underlying]),
            float(self._market.base_iv[booked.underlying]),
            low + (high - low) * rng.random(),
        )
        label_id = f"lb:{self._session}:{booked.number}"
        stage = Stage(
            rng, setting, at_ns, label_id, factors=(rates.size_factor, rates.premium_factor)
        )
        direction = scenario.play(stage)
        expected = scenario.expectation.direction
        prints = sum(
            isinstance(draft, TradeDraft) and draft.label == label_id for draft in stage.drafts
        )
        self._labels.begin(label_of(scenario, label_id, direction), prints)
        bps, seconds = stage.after or self._follow_through(stage, direction or expected)
        if bps:
            until_ns = at_ns + math.ceil(seconds) * NS_PER_S
            self._market.lead(Lead(booked.underlying, bps / seconds, at_ns, until_ns))
        return stage.drafts

    @staticmethod
    def _follow_through(stage: Stage, direction: str) -> tuple[float, float]:
        """Return where the underlying goes after directional activity, bps, and in what time."""
        if stage.rng.random() >= _FOLLOWED:
            return 0.0, 1.0
        deviation = stage.setting.iv * math.sqrt(_FOLLOWED_S / TRADING_S_PER_YEAR)
        bps = stage.between(*_FOLLOWED_DEVIATIONS) * deviation * 1e4
        return bps * _AHEAD.get(direction, 0.0), _FOLLOWED_S
