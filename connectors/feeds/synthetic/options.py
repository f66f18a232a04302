"""The synthetic market: a pure function of seed, mode, start and tick."""

import heapq
from collections.abc import Callable
from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np

from connectors.feeds.base.items import EQUITY_PRINTS
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import Origin
from connectors.feeds.synthetic.background import Moment
from connectors.feeds.synthetic.background import ambient
from connectors.feeds.synthetic.background import background
from connectors.feeds.synthetic.calendar import NS_PER_MS
from connectors.feeds.synthetic.calendar import NS_PER_S
from connectors.feeds.synthetic.calendar import session_before
from connectors.feeds.synthetic.calendar import trade_date
from connectors.feeds.synthetic.changes import FOCUS_WEIGHT
from connectors.feeds.synthetic.changes import Changes
from connectors.feeds.synthetic.changes import MarketChange
from connectors.feeds.synthetic.changes import MarketSettings
from connectors.feeds.synthetic.config import MODES
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.director import Director
from connectors.feeds.synthetic.drafts import Draft
from connectors.feeds.synthetic.drafts import InterestDraft
from connectors.feeds.synthetic.drafts import StockDraft
from connectors.feeds.synthetic.drafts import draft_order
from connectors.feeds.synthetic.equities.side import StockSide
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.labels import LabelBook
from connectors.feeds.synthetic.market import Market
from connectors.feeds.synthetic.records import SOURCE
from connectors.feeds.synthetic.records import STREAMS
from connectors.feeds.synthetic.records import Scribe
from connectors.feeds.synthetic.records import session_of
from connectors.feeds.synthetic.universe import Universe
from connectors.feeds.synthetic.universe import listings

TOPICS: Final = tuple(STREAMS)

_SURGE_SECOND: Final = 59
_LOT: Final = 100
# Prints of an average scenario, which count towards the mode's rate.
_PRINTS_PER_SCENARIO: Final = 5.0
_MEDIAN_INTEREST: Final = 600.0
_INTEREST_DEVIATION: Final = 1.3


def _unheard(label: Label) -> None:
    """Drop a label nobody asked for."""


class SyntheticOptions:
    """
    A market of options and stocks that never ends.

    Parameters
    ----------
    config : SyntheticConfig
        Seed, mode, start and interval.
    labels : Callable | None
        Gets the label of each scenario once its last print has been emitted.

    Attributes
    ----------
    origin : Origin
        Feed `synthetic`, session `<seed>-<start_ts>`.

    Notes
    -----
    Source: options flow specification, 12; feed specification, 9.8. Two instances of equal
    configuration give equal records. Refdata comes before quotes, quotes before trades at equal
    stamps; each background print has a quote of its contract at most 60 ms before it; each
    underlying has one equity quote per tick, in force for all of it, and trades at or inside it
    where `equities_mode` is set; open interest of all listed contracts is published at the start
    of a trade date.
    """

    def __init__(
        self, config: SyntheticConfig, labels: Callable[[Label], None] | None = None
    ) -> None:
        self._config = config
        self._rates = config.rates
        self._settings = MarketSettings(mode=config.mode, equities_mode=config.equities_mode or "")
        session = session_of(config.seed, config.start_ts)
        has_reports = config.equities_mode is not None
        topics = tuple(topic for topic in TOPICS if has_reports or topic != EQUITY_PRINTS)
        self.origin = Origin(SOURCE, session, f"{config.mode}-{config.seed}", topics)
        book = LabelBook(labels or _unheard)
        self._listings = listings(self._rates, config.seed)
        self._weighed = self._listings
        self._market = Market(self._listings)
        self._universe = self._listed(config.start_ts)
        self._interest_of = (-1, self._universe)
        self._director = Director(config, self._listings, self._market, book)
        self._stocks = StockSide(config, self._listings, book) if has_reports else None
        self._scribe = Scribe(session, book)
        self._pending: list[tuple[int, int, int, Draft]] = []
        self._drafted = 0
        self._ahead = 0
        # Contracts of today whose open interest has been told, after a change of mode.
        self._told: frozenset[str] = frozenset()

    @property
    def contract_count(self) -> int:
        """Contracts listed for the background now."""
        return len(self._universe.contracts)

    def _listed(self, at_ns: int) -> Universe:
        prices = self._market.prices[: len(self._weighed)]
        return Universe(self._weighed, self._rates, prices, at_ns)

    def apply(self, change: MarketChange, at_ns: int) -> str:
        """
        Change the market with the tick that is next; return why it cannot be, empty when it is.

        Prices, contracts' underlyings and what is under way go on; a seed and a start stay.

        Parameters
        ----------
        change : MarketChange
            From now on.
        at_ns : int
            Where the tick begins, ns UTC.
        """
        settings = change.settings
        if bool(settings.equities_mode) != (self._stocks is not None):
            return "whether stocks trade is settled when the feed starts"
        known = {name.symbol for name in listings(settings.rates, self._config.seed)}
        unknown = [symbol for symbol in settings.focus if symbol not in known]
        if unknown:
            return f"{unknown[0]} is not listed in the mode {settings.mode}"
        if settings != self._settings:
            self._set(settings, at_ns)
        if change.inject:
            return self._director.inject(change.inject, change.inject_symbol, at_ns)
        return ""

    def _set(self, settings: MarketSettings, at_ns: int) -> None:
        before, self._settings = self._settings, settings
        self._rates = settings.rates
        self._listings = listings(self._rates, self._config.seed)
        self._weighed = tuple(
            [
                msgspec.structs.replace(name, weight=FOCUS_WEIGHT * name.weight)
                if name.symbol in settings.focus
                else name
                for name in self._listings
            ]
        )
        self._market.extend(self._listings[len(self._market.prices) :])
        if settings.mode != before.mode:
            self._told |= {each.option_contract_id for each in self._universe.contracts}
            self._universe = self._listed(at_ns)
        else:
            prices = self._market.prices[: len(self._weighed)]
            self._universe.weigh(self._weighed, prices, at_ns)
        self._director.change(self._rates, self._listings, settings.focus)
        if self._stocks is not None:
            self._stocks.change(settings.equities_mode, self._listings, at_ns)

    def ticks(
        self, clock: Callable[[], int] | None = None, changes: Changes | None = None
    ) -> Iterator[tuple[int, list[FeedItem]]]:
        """
        Yield virtual time and items of one tick after the other, from the first.

        Parameters
        ----------
        clock : Callable | None
            Gives `ingest_ts` (ns UTC) where it is later than `source_ts`; None makes both equal,
            so that the records are a function of the configuration alone, and of the changes.
        changes : Changes | None
            What is changed between ticks; None for nothing.
        """
        interval_ns = self._config.emit_interval_ms * NS_PER_MS
        number = 0
        while True:
            at_ns = self._config.start_ts + number * interval_ns
            for change in () if changes is None else changes.due(number, at_ns):
                why_not = self.apply(change, at_ns)
                if changes is not None:
                    changes.note(number, at_ns, change, why_not)
            drafts = self._tick(number, at_ns, interval_ns)
            yield at_ns, self._items(drafts, 0 if clock is None else clock())
            number += 1

    def items(
        self, clock: Callable[[], int] | None = None, changes: Changes | None = None
    ) -> Iterator[FeedItem]:
        """Yield the items of all ticks."""
        for _, found in self.ticks(clock, changes):
            yield from found

    def _tick(self, number: int, at_ns: int, interval_ns: int) -> list[Draft]:
        config, seconds = self._config, interval_ns / NS_PER_S
        mode = tuple(MODES).index(config.mode)
        rng = np.random.default_rng([config.seed, mode, config.start_ts, number])
        if at_ns + interval_ns >= self._universe.valid_until_ns:
            self._universe = self._listed(at_ns)
        self._market.step(rng, at_ns, seconds)
        refdata, stock_quotes = self._refdata(rng, at_ns), self._stock_quotes(rng, at_ns)
        drafts: list[Draft] = [*refdata, *stock_quotes]
        moment = Moment(
            self._market, self._universe, rng, at_ns, interval_ns, self._rates.size_factor
        )
        prints = self._print_count(rng, at_ns, seconds)
        quotes, trades = background(moment, prints - self._ahead)
        # Each quote belongs to a print; packages may have brought more prints than wanted.
        self._ahead += len(quotes) - prints
        idle = max(0.0, self._rates.quotes_per_s - self._rates.prints_per_s) * seconds
        played = self._director.tick(rng, at_ns, interval_ns)
        drafts += [*quotes, *ambient(moment, int(rng.poisson(idle)))]
        for later in (*trades, *played):
            self._push(later)
        if self._stocks is not None:
            shares = self._market.off_exchange_shares()
            for report in self._stocks.tick(at_ns, interval_ns, stock_quotes, shares):
                self._push(report)
        end_ns = at_ns + interval_ns
        while self._pending and self._pending[0][0] < end_ns:
            drafts.append(heapq.heappop(self._pending)[3])
        # Sorting is stable: at equal stamps the legs of a package stay neighbours.
        drafts.sort(key=draft_order)
        return drafts

    def _push(self, draft: Draft) -> None:
        self._drafted += 1
        heapq.heappush(self._pending, (*draft_order(draft), self._drafted, draft))

    def _print_count(self, rng: np.random.Generator, at_ns: int, seconds: float) -> int:
        per_s = self._rates.prints_per_s
        if self._config.scenarios:
            per_s -= _PRINTS_PER_SCENARIO * self._rates.bursts_per_min / 60.0
        count = int(rng.poisson(max(0.0, per_s) * seconds))
        elapsed_s = (at_ns - self._config.start_ts) // NS_PER_S
        if self._rates.surge_prints and elapsed_s % 60 == _SURGE_SECOND:
            count += round(self._rates.surge_prints * min(1.0, seconds))
        return count

    def _stock_quotes(self, rng: np.random.Generator, at_ns: int) -> list[StockDraft]:
        quotes = self._market.stock_quotes(at_ns)[: len(self._listings)]
        sizes = (_LOT * rng.integers(1, 13, (len(quotes), 2))).tolist()
        return [
            StockDraft(at_ns, name.symbol, bid, ask, *size)
            for name, (bid, ask), size in zip(self._listings, quotes, sizes, strict=True)
        ]

    def _refdata(self, rng: np.random.Generator, at_ns: int) -> list[Draft]:
        """Return events and open interest that become known with this tick."""
        found = self._director.announcements(at_ns)
        today = trade_date(at_ns)
        day, universe = self._interest_of
        if day == today and universe is self._universe:
            return found
        self._interest_of = (today, self._universe)
        told = self._told if day == today else frozenset()
        self._told = frozenset()
        as_of = session_before(today)
        normals = rng.standard_normal(self.contract_count)
        figures = _MEDIAN_INTEREST * np.exp(_INTEREST_DEVIATION * normals)
        found += [
            InterestDraft(at_ns, contract, round(oi), as_of)
            for contract, oi in zip(self._universe.contracts, figures.tolist(), strict=True)
            if contract.option_contract_id not in told
        ]
        return found

    def _items(self, drafts: list[Draft], now_ns: int) -> list[FeedItem]:
        items: list[FeedItem] = []
        for draft in drafts:
            topic, record = self._scribe.record(draft, now_ns)
            items.append(Accepted(self.origin, topic, record, record.seq))
        return items
