"""One tick of the synthetic market: what is quoted and traded, and the records of it."""

from random import Random
from typing import Final

import msgspec

from connectors.feeds.synthetic.choices import VENUES
from connectors.feeds.synthetic.choices import price_cents
from connectors.feeds.synthetic.market import Market
from connectors.feeds.synthetic.orders import Order
from connectors.feeds.synthetic.universe import MULTIPLIER
from connectors.feeds.synthetic.universe import Contract
from schemas.records import EquityQuote
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint

SOURCE: Final = "synthetic"
FRESH_QUOTE_NS: Final = 300_000_000
MAX_LEAD_NS: Final = 60_000_000
_ROUND_LOT: Final = 100
_CANCEL_LAST: Final = "C"


class StockQuote(msgspec.Struct, frozen=True, gc=False):
    """Quote of an underlying, $ and shares."""

    at_ns: int
    underlying: int
    bid: float
    ask: float
    bid_size: float
    ask_size: float


class OptionQuote(msgspec.Struct, frozen=True, gc=False):
    """Quote of a contract, cents and contracts."""

    at_ns: int
    order: int
    contract: Contract
    bid: int
    ask: int
    bid_size: int
    ask_size: int
    bid_venue: str
    ask_venue: str


class Trade(msgspec.Struct, frozen=True, gc=False):
    """Trade of a contract, cents and contracts."""

    at_ns: int
    contract: Contract
    price: int
    size: int
    venue: str
    code: str


class Tick:
    """
    Collect what happens in one tick.

    Parameters
    ----------
    market : Market
        Prices.
    rng : Random
        Generator of the tick.
    start_ns, end_ns : int
        Virtual time it covers.
    quoted : dict
        Newest quote of each contract (time, bid, ask, tick; cents), kept over ticks.
    """

    def __init__(
        self,
        market: Market,
        rng: Random,
        start_ns: int,
        end_ns: int,
        quoted: dict[str, tuple[int, int, int, int]],
    ) -> None:
        self.rng = rng
        self.stocks: list[StockQuote] = []
        self.quotes: list[OptionQuote] = []
        self.trades: list[Trade] = []
        self._market = market
        self._start_ns = start_ns
        self._end_ns = end_ns
        self._quoted = quoted

    def stock(self, underlying: int) -> None:
        """Quote an underlying at the start of the tick."""
        bid, ask = self._market.stock_quote(underlying)
        bid_size, ask_size = (
            float(_ROUND_LOT * (1 + int(12 * self.rng.random()))) for _ in range(2)
        )
        self.stocks.append(StockQuote(self._start_ns, underlying, bid, ask, bid_size, ask_size))

    def quote(self, contract: Contract, at_ns: int) -> tuple[int, int, int]:
        """Quote a contract and return bid, ask and tick in cents."""
        rng = self.rng
        bid, ask, tick = self._market.option_quote(contract, at_ns)
        draw = rng.random()
        bid_size, ask_size = 1 + int(200 * draw * draw), 1 + int(200 * (1.0 - draw) ** 2)
        venues = VENUES.draw(rng), VENUES.draw(rng)
        order = len(self.quotes)
        self.quotes.append(
            OptionQuote(at_ns, order, contract, bid, ask, bid_size, ask_size, *venues)
        )
        newest = self._quoted.get(contract.identity.option_contract_id)
        if newest is None or newest[0] <= at_ns:
            self._quoted[contract.identity.option_contract_id] = (at_ns, bid, ask, tick)
        return bid, ask, tick

    def trade(self, order: Order) -> None:
        """Trade as ordered, after a fresh quote of the contract; orders come in time order."""
        at_ns = max(order.at_ns, self._start_ns)
        newest = self._quoted.get(order.contract.identity.option_contract_id)
        if newest is not None and at_ns - FRESH_QUOTE_NS <= newest[0] <= at_ns:
            _, bid, ask, tick = newest
        else:
            lead_ns = int(self.rng.random() * MAX_LEAD_NS)
            bid, ask, tick = self.quote(order.contract, max(self._start_ns, at_ns - lead_ns))
        if order.price_cents is not None:
            price = order.price_cents
        elif isinstance(order.place, str):
            price = price_cents(order.place, bid, ask, tick, self.rng.random())
        else:
            price = max(1, bid + round(order.place * (ask - bid)))
        self.trades.append(Trade(at_ns, order.contract, price, order.size, order.venue, order.code))

    @staticmethod
    def cancel_of(trade: Trade, delay_ns: int) -> Order:
        """Return the order that cancels a trade: same contract, price, size and venue."""
        return Order(
            at_ns=trade.at_ns + delay_ns,
            contract=trade.contract,
            place="MID",
            size=trade.size,
            venue=trade.venue,
            code=_CANCEL_LAST,
            price_cents=trade.price,
        )


def stock_record(
    quote: StockQuote, symbol: str, identity: tuple[str, int], now_ns: int
) -> EquityQuote:
    """Return the record of an underlying's quote; `ingest_ts` is never before `source_ts`."""
    made_id, serial = identity
    return EquityQuote(
        source_ts=quote.at_ns,
        ingest_ts=max(quote.at_ns, now_ns),
        seq=serial,
        trace_id=made_id,
        schema_version="equities.quotes.v1",
        source=SOURCE,
        underlying_id=symbol,
        scope="nbbo",
        consolidated=True,
        bid=round(quote.bid, 2),
        ask=round(quote.ask, 2),
        bid_size=quote.bid_size,
        ask_size=quote.ask_size,
        bid_exchange=None,
        ask_exchange=None,
        conditions=(),
    )


def quote_record(quote: OptionQuote, identity: tuple[str, int], now_ns: int) -> OptionsNbbo:
    """Return the record of a contract's quote."""
    made_id, serial = identity
    contract = quote.contract.identity
    return OptionsNbbo(
        source_ts=quote.at_ns,
        ingest_ts=max(quote.at_ns, now_ns),
        seq=serial,
        trace_id=made_id,
        schema_version="options.nbbo.v1",
        source=SOURCE,
        option_contract_id=contract.option_contract_id,
        underlying_id=contract.underlying_id,
        kind="stream",
        bid=quote.bid / 100,
        ask=quote.ask / 100,
        bid_size=quote.bid_size if quote.bid else 0,
        ask_size=quote.ask_size,
        bid_venue=quote.bid_venue,
        ask_venue=quote.ask_venue,
    )


def trade_record(trade: Trade, identity: tuple[str, int], now_ns: int) -> OptionsPrint:
    """Return the record of a trade."""
    made_id, serial = identity
    contract, conditions = trade.contract.identity, (trade.code,)
    return OptionsPrint(
        source_ts=trade.at_ns,
        ingest_ts=max(trade.at_ns, now_ns),
        seq=serial,
        trace_id=made_id,
        schema_version="options.prints.v1",
        source=SOURCE,
        option_contract_id=contract.option_contract_id,
        underlying_id=contract.underlying_id,
        root=contract.root,
        right=contract.right,
        multiplier_source="default",
        exchange=trade.venue,
        expiry=contract.expiry,
        multiplier=MULTIPLIER,
        size=trade.size,
        strike=contract.strike,
        price=trade.price / 100,
        adjusted=contract.adjusted,
        flex=contract.flex,
        conditions=conditions,
        raw_conditions=conditions,
    )
