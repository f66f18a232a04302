"""What the engine knows beside the prints: baselines, calendar, open interest, the market now."""

from typing import Any

from flows.options.baselines.book import Baselines
from flows.options.config import OptionsConfig
from flows.options.engine_counts import EngineCounts
from flows.options.enrichment import JoinedPrint
from flows.options.market_now import MarketNow
from flows.options.refdata.calendar import EventCalendar
from flows.options.refdata.open_interest import OpenInterestBook
from flows.options.underlyings import UnderlyingPath
from schemas.records import EquityQuote
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsTape


class EngineContext:
    """
    State shared by the stages of one engine, in step with its event time.

    Parameters
    ----------
    config : OptionsConfig
        Windows of the baselines, ages of quotes.
    """

    def __init__(self, config: OptionsConfig) -> None:
        self._config = config
        self.baselines = Baselines(config.baselines)
        self.calendar = EventCalendar()
        self.open_interest = OpenInterestBook()
        self.market = MarketNow(config.quotes.max_age_ms)
        self.counts = EngineCounts()

    def restart(self) -> None:
        """Forget what an older tape must not know of: baselines of days that are yet to come."""
        self.baselines.load(Baselines(self._config.baselines).state())

    def refdata(self, record: MarketEvent | OpenInterest) -> None:
        """Take in a scheduled event or an open interest."""
        if isinstance(record, MarketEvent):
            self.counts.count("events")
            self.calendar.add(record)
        else:
            self.counts.count("open_interest")
            self.open_interest.add(record)

    def equity_quote(self, quote: EquityQuote, path: UnderlyingPath) -> None:
        """Take in a quote of an underlying that did not come late."""
        bid = quote.bid
        ask = quote.ask
        if bid is not None and ask is not None and 0.0 < bid <= ask:
            mid = (bid + ask) / 2
            path.add(quote.source_ts, mid)
            self.market.underlying(quote.underlying_id, quote.source_ts, mid)

    def print_arrived(self, joined: JoinedPrint, path: UnderlyingPath, *, is_watched: bool) -> None:
        """Take in what a print carries about its underlying and its contract's quote."""
        self.counts.arrival(joined)
        if joined.is_late:
            return
        record = joined.record
        underlying = joined.underlying
        if underlying.source == "provider" and underlying.mid is not None:
            path.add(record.source_ts, underlying.mid)
            self.market.underlying(record.underlying_id, record.source_ts, underlying.mid)
        if is_watched:
            quote = joined.quote
            ts = record.source_ts if quote.ts is None else quote.ts
            self.market.option(record.option_contract_id, ts, quote.bid, quote.ask)

    def count_print(self, row: OptionsTape) -> None:
        """Make a volume-eligible print part of the baselines."""
        self.baselines.add_print(
            row.option_contract_id, row.underlying_id, row.trade_date, row.source_ts, row.notional,
            row.size, row.nbbo_spread_pct, row.iv,
        )  # fmt: skip

    def take_back(self, row: OptionsTape) -> None:
        """Take a cancelled print out of the baselines, where it is still in a window."""
        self.baselines.reverse_print(
            row.option_contract_id, row.underlying_id, row.trade_date, row.source_ts, row.notional,
            row.size, row.nbbo_spread_pct, row.iv,
        )  # fmt: skip

    def state(self) -> list[object]:
        """Return plain data from which `load` builds an equal context."""
        return [
            self.baselines.state(),
            self.calendar.state(),
            self.open_interest.state(),
            self.market.state(),
            self.counts.state(),
        ]

    def load(self, state: Any) -> None:  # noqa: ANN401 - decoded data
        """Fill a new context from `state`."""
        baselines, calendar, open_interest, market, counts = state
        self.baselines.load(baselines)
        self.calendar.load(calendar)
        self.open_interest.load(open_interest)
        self.market.load(market)
        self.counts.load(counts)
