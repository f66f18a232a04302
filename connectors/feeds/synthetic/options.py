"""The synthetic options feed: a pure function of seed, mode, start and tick."""

import heapq
from collections.abc import Callable
from collections.abc import Iterator
from random import Random
from typing import Final

from connectors.feeds.base.identity import PositionCounter
from connectors.feeds.base.identity import trace_id
from connectors.feeds.base.items import EQUITY_QUOTES
from connectors.feeds.base.items import OPTIONS_NBBO
from connectors.feeds.base.items import OPTIONS_PRINTS
from connectors.feeds.base.items import TOPIC_RANK
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import Origin
from connectors.feeds.synthetic.choices import CODES
from connectors.feeds.synthetic.choices import COMPLEX_CODES
from connectors.feeds.synthetic.choices import PLACEMENTS
from connectors.feeds.synthetic.choices import VENUES
from connectors.feeds.synthetic.choices import poisson
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.market import Market
from connectors.feeds.synthetic.orders import BURSTS
from connectors.feeds.synthetic.orders import Desk
from connectors.feeds.synthetic.orders import Order
from connectors.feeds.synthetic.orders import package
from connectors.feeds.synthetic.orders import package_legs
from connectors.feeds.synthetic.tick import Tick
from connectors.feeds.synthetic.tick import quote_record
from connectors.feeds.synthetic.tick import stock_record
from connectors.feeds.synthetic.tick import trade_record
from connectors.feeds.synthetic.universe import Universe
from connectors.feeds.synthetic.universe import listings

SOURCE: Final = "synthetic"
TOPICS: Final = (EQUITY_QUOTES, OPTIONS_NBBO, OPTIONS_PRINTS)

_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000
_CANCEL_ONE_IN: Final = 20_000
_CANCEL_DELAY_MS: Final = 400
_SURGE_SECOND: Final = 59


class SyntheticOptions:
    """
    A market of options that never ends.

    Parameters
    ----------
    config : SyntheticConfig
        Seed, mode, start and interval.

    Attributes
    ----------
    origin : Origin
        Feed `synthetic`, session `<seed>-<start_ts>`.

    Notes
    -----
    Source: options flow specification, 12. Two instances of equal configuration give equal
    records. Quotes come before trades at equal stamps; each print's contract has a quote at most
    300 ms before it; each underlying has one equity quote per tick.
    """

    def __init__(self, config: SyntheticConfig) -> None:
        self._config = config
        self._rates = config.rates
        self._session = f"{config.seed}-{config.start_ts}"
        self.origin = Origin(SOURCE, self._session, f"{config.mode}-{config.seed}", TOPICS)
        self._listings = listings(self._rates, config.seed)
        self._market = Market(self._listings)
        self._universe = self._listed(config.start_ts)
        self._pending: list[tuple[int, int, Order]] = []
        self._ordered = 0
        self._quoted: dict[str, tuple[int, int, int, int]] = {}
        self._serials = {topic: PositionCounter() for topic in TOPICS}

    @property
    def contract_count(self) -> int:
        """Contracts listed now."""
        return len(self._universe.contracts)

    def _listed(self, at_ns: int) -> Universe:
        return Universe(self._listings, self._rates, self._market.prices(), at_ns)

    def ticks(self, clock: Callable[[], int] | None = None) -> Iterator[tuple[int, list[FeedItem]]]:
        """
        Yield virtual time and items of one tick after the other, from the first.

        Parameters
        ----------
        clock : Callable | None
            Gives `ingest_ts` (ns UTC) where it is later than `source_ts`; None makes both equal,
            so that the records are a function of the configuration alone.
        """
        interval_ns = self._config.emit_interval_ms * _NS_PER_MS
        number = 0
        while True:
            at_ns = self._config.start_ts + number * interval_ns
            yield at_ns, self._tick(number, at_ns, interval_ns, clock)
            number += 1

    def items(self, clock: Callable[[], int] | None = None) -> Iterator[FeedItem]:
        """Yield the items of all ticks."""
        for _, found in self.ticks(clock):
            yield from found

    def _tick(
        self, number: int, at_ns: int, interval_ns: int, clock: Callable[[], int] | None
    ) -> list[FeedItem]:
        config, seconds = self._config, interval_ns / _NS_PER_S
        rng = Random(f"{config.seed}:{config.mode}:{config.start_ts}:{number}")  # noqa: S311 - a market, not a secret
        if at_ns + interval_ns >= self._universe.valid_until_ns:
            self._universe = self._listed(at_ns)
            self._quoted.clear()
        self._market.step(rng, at_ns, seconds)
        desk = Desk(self._market, self._universe, self._rates, rng, at_ns)
        self._begin_bursts(desk, seconds)
        tick = Tick(self._market, rng, at_ns, at_ns + interval_ns, self._quoted)
        for underlying in range(len(self._listings)):
            tick.stock(underlying)
        self._background(desk, self._print_count(rng, at_ns, seconds), interval_ns)
        prints = 0
        while self._pending and self._pending[0][0] < at_ns + interval_ns:
            tick.trade(heapq.heappop(self._pending)[2])
            prints += 1
        ambient = max(0.0, self._rates.quotes_per_s - self._rates.prints_per_s) * seconds
        for _ in range(poisson(rng, ambient)):
            tick.quote(self._universe.pick(rng.random()), at_ns + int(rng.random() * interval_ns))
        return self._records(tick, clock)

    def _push(self, order: Order) -> None:
        self._ordered += 1
        heapq.heappush(self._pending, (order.at_ns, self._ordered, order))

    def _print_count(self, rng: Random, at_ns: int, seconds: float) -> int:
        # Bursts bring prints of their own, about five each.
        bursts = 5.0 * self._rates.bursts_per_min / 60.0
        count = poisson(rng, max(0.0, self._rates.prints_per_s - bursts) * seconds)
        elapsed_s = (at_ns - self._config.start_ts) // _NS_PER_S
        if self._rates.surge_prints and elapsed_s % 60 == _SURGE_SECOND:
            count += round(self._rates.surge_prints * min(1.0, seconds))
        return count

    def _begin_bursts(self, desk: Desk, seconds: float) -> None:
        for _ in range(poisson(desk.rng, self._rates.bursts_per_min * seconds / 60.0)):
            underlying = self._universe.pick(desk.rng.random()).underlying
            for order in BURSTS.draw(desk.rng)(desk, underlying):
                self._push(order)

    def _background(self, desk: Desk, wanted: int, interval_ns: int) -> None:
        rng, made = desk.rng, 0
        while made < wanted:
            contract = self._universe.pick(rng.random())
            at_ns = desk.at_ns + int(rng.random() * interval_ns)
            code = CODES.draw(rng)
            if code in COMPLEX_CODES:
                legs = package_legs(desk, contract)
                size = desk.quiet_size(contract, ratio=2)
                position = 0.25 + 0.5 * rng.random()
                orders = package(desk, legs, at_ns, code, size, position)
            else:
                place, size = PLACEMENTS.draw(rng), desk.quiet_size(contract)
                orders = [Order(at_ns, contract, place, size, VENUES.draw(rng), code)]
            for order in orders:
                self._push(order)
            made += len(orders)

    def _records(self, tick: Tick, clock: Callable[[], int] | None) -> list[FeedItem]:
        now_ns = 0 if clock is None else clock()
        items: list[FeedItem] = []
        for stock in tick.stocks:
            identity = self._identity(EQUITY_QUOTES, "quotes")
            name = self._listings[stock.underlying].symbol
            record = stock_record(stock, name, identity, now_ns)
            items.append(Accepted(self.origin, EQUITY_QUOTES, record, record.seq))
        options: list[FeedItem] = []
        tick.quotes.sort(key=lambda quote: (quote.at_ns, quote.order))
        for quote in tick.quotes:
            made = quote_record(quote, self._identity(OPTIONS_NBBO, "nbbo"), now_ns)
            options.append(Accepted(self.origin, OPTIONS_NBBO, made, made.seq))
        for trade in tick.trades:
            found = trade_record(trade, self._identity(OPTIONS_PRINTS, "prints"), now_ns)
            options.append(Accepted(self.origin, OPTIONS_PRINTS, found, found.seq))
            if tick.rng.random() * _CANCEL_ONE_IN < 1.0:
                self._push(tick.cancel_of(trade, _CANCEL_DELAY_MS * _NS_PER_MS))
        # Sorting is stable and both parts are in time order already, so this is a merge.
        options.sort(key=lambda item: (item.record.source_ts, TOPIC_RANK[item.topic]))  # type: ignore[union-attr] # no rejects
        return items + options

    def _identity(self, topic: str, stream: str) -> tuple[str, int]:
        serial = self._serials[topic].next()
        return trace_id(SOURCE, self._session, stream, serial), serial
