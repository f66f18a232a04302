"""First pass over a batch: what stood at each print, joined in event order."""

from collections.abc import Sequence
from typing import Any
from typing import Final

import msgspec

from flows.common.prices import price_e4
from flows.options.conditions import ConditionFacts
from flows.options.conditions import condition_facts
from flows.options.config import OptionsConfig
from flows.options.contracts import expiry_instant_ns
from flows.options.contracts import trade_date_and_session
from flows.options.iv_batch import Greeks
from flows.options.iv_batch import IvBatch
from flows.options.iv_batch import no_greeks
from flows.options.pricing import MIN_YEARS
from flows.options.quotes import NO_QUOTE
from flows.options.quotes import TWO_SIDED_STATES
from flows.options.quotes import JoinedQuote
from flows.options.quotes import QuoteHistory
from flows.options.quotes import attached_quote
from flows.options.quotes import topic_quote
from flows.options.refdata.definitions import NO_DEFINITIONS
from flows.options.refdata.definitions import ContractDefinitions
from flows.options.underlyings import JoinedUnderlying
from flows.options.underlyings import UnderlyingQuotes
from flows.options.underlyings import join_underlying
from schemas.records import EquityQuote
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsNbbo
from schemas.records import OptionsPrint

Event = tuple[OptionsPrint | OptionsNbbo | EquityQuote | MarketEvent | OpenInterest, bool]

NS_PER_YEAR: Final = 365 * 86_400 * 1_000_000_000
NS_PER_S: Final = 1_000_000_000
NS_PER_DAY: Final = 86_400 * NS_PER_S
# The log is ordered; a step back of this much is a new pass (an older file behind a newer one).
REWIND_NS: Final = 60 * NS_PER_S


class Contract(msgspec.Struct, frozen=True, gc=False):
    """
    What never changes about a contract, worked out once.

    Parameters
    ----------
    option_contract_id, underlying_id, root, right, multiplier_source : str
        As in the print.
    sign : float
        +1 call, −1 put.
    strike : float
        $.
    expiry : int
        Days since 1970-01-01.
    expiry_ns : int
        Settlement instant, ns UTC.
    adjusted, flex : bool
        As in the print.
    unresolved : bool
        Adjusted or flexible and not defined: no greeks, no moneyness, no direction.
    is_etf : bool
        The underlying is on the ETF list.
    spot_ratio : float
        Units of the underlying behind each $ of price, 1 unless defined otherwise.
    dividend_yield : float
        Continuous, per year.
    multiplier : int | None
        As defined; null leaves it to the print.
    until : int
        First trade date on which other terms hold, days since 1970-01-01.
    """

    option_contract_id: str
    underlying_id: str
    root: str
    right: str
    multiplier_source: str
    sign: float
    strike: float
    expiry: int
    expiry_ns: int
    adjusted: bool
    flex: bool
    unresolved: bool
    is_etf: bool
    spot_ratio: float
    dividend_yield: float
    multiplier: int | None
    until: int


class JoinedPrint(msgspec.Struct, gc=False):
    """
    A print with everything that stood at its time; `greeks` is filled once a batch.

    `clock_ns` is the newest event time seen up to the print: its own unless it came late.
    """

    record: OptionsPrint
    is_late: bool
    clock_ns: int
    contract: Contract
    facts: ConditionFacts
    at_e4: int
    quote: JoinedQuote
    underlying: JoinedUnderlying
    trade_date: int
    session: str
    slot: int
    greeks: Greeks


NEVER_DAYS: Final = 1 << 31
PENDING: Final[Greeks] = no_greeks("ok", None)


class ContractTerms:
    """
    What a contract's fixed facts are worked out from.

    Parameters
    ----------
    config : OptionsConfig
        ETF list and default dividend yield.
    definitions : ContractDefinitions
        What roots deliver, from a date on.
    """

    __slots__ = ("_definitions", "_dividend_yield", "_etfs")

    def __init__(self, config: OptionsConfig, definitions: ContractDefinitions) -> None:
        self._etfs = frozenset(config.signal.etf_underlyings)
        self._dividend_yield = config.pricing.dividend_yield
        self._definitions = definitions

    def contract(self, record: OptionsPrint, trade_date: int) -> Contract:
        """Return the facts of a print's contract as of its trade date."""
        root = record.root
        definition = self._definitions.resolve(root, trade_date)
        until = self._definitions.next_change(root, trade_date)
        odd = record.adjusted or record.flex
        ratio = 1.0 if definition is None else definition.spot_ratio
        return Contract(
            option_contract_id=record.option_contract_id,
            underlying_id=record.underlying_id,
            root=root,
            right=record.right,
            multiplier_source=record.multiplier_source if definition is None else "refdata",
            sign=1.0 if record.right == "C" else -1.0,
            strike=record.strike,
            expiry=record.expiry,
            expiry_ns=expiry_instant_ns(
                root, record.expiry, None if definition is None else definition.settlement
            ),
            adjusted=record.adjusted,
            flex=record.flex,
            unresolved=ratio is None
            or (odd and definition is None and record.multiplier_source != "refdata"),
            is_etf=record.underlying_id in self._etfs,
            spot_ratio=1.0 if ratio is None else ratio,
            dividend_yield=self._dividend_yield
            if definition is None
            else definition.dividend_yield,
            multiplier=None if definition is None else definition.multiplier,
            until=NEVER_DAYS if until is None else until,
        )


def _equity_quote(row: list[Any]) -> EquityQuote:
    """Rebuild a quote from its fields; arrays come back from plain data as lists."""
    fields: list[Any] = [tuple(part) if isinstance(part, list) else part for part in row]
    return EquityQuote(*fields)


class ContractQuotes:
    """Quotes of a contract, its fixed facts once a print came, and when it was last seen."""

    __slots__ = ("contract", "history", "seen_ns", "underlying", "underlying_id")

    def __init__(self, underlying_id: str, underlying: UnderlyingQuotes) -> None:
        self.history = QuoteHistory()
        self.underlying_id = underlying_id
        self.underlying = underlying
        self.contract: Contract | None = None
        self.seen_ns = 0


class JoinStage:
    """
    Join each print of a batch with its quotes, then solve all volatilities at once.

    Reads events in order and looks at or before each print only, so its results do not depend on
    where a batch ends. Contracts idle for `rolling_ttl_sec` are forgotten when the day changes.
    """

    def __init__(
        self, config: OptionsConfig, definitions: ContractDefinitions = NO_DEFINITIONS
    ) -> None:
        self._config = config
        self._terms = ContractTerms(config, definitions)
        self._ttl_ns = config.cluster.rolling_ttl_sec * NS_PER_S
        self._batch = IvBatch(config.pricing)
        self.clock_ns = 0
        self.contracts: dict[str, ContractQuotes] = {}
        self.underlyings: dict[str, UnderlyingQuotes] = {}

    def join(self, events: Sequence[Event]) -> list[JoinedPrint | Event]:
        """
        Return the prints of a batch, joined, and its other events as they came, in order.

        Parameters
        ----------
        events : Sequence[Event]
            Records with their lateness, in the order of the log.
        """
        steps: list[JoinedPrint | Event] = []
        joined: list[JoinedPrint] = []
        contracts = self.contracts
        for event in events:
            record, is_late = event
            ts = record.source_ts
            if not is_late and ts != self.clock_ns:
                self._tick(ts)
            if type(record) is OptionsNbbo:
                quotes = contracts.get(record.option_contract_id)
                if quotes is None:
                    quotes = self._track(record.option_contract_id, record.underlying_id)
                quotes.history.push(record)
                quotes.seen_ns = ts
                stream_ts = quotes.underlying.stream_ts
                if stream_ts is None or stream_ts < ts:
                    quotes.underlying.stream_ts = ts
                steps.append(event)
            elif type(record) is OptionsPrint:
                step = self._join_print(record, is_late)
                joined.append(step)
                steps.append(step)
            else:
                if type(record) is EquityQuote:
                    self._underlying(record.underlying_id).push(record)
                steps.append(event)
        results = self._batch.solve()
        for step in joined:
            if step.slot >= 0:
                step.greeks = results[step.slot]
        return steps

    def _tick(self, ts: int) -> None:
        last = self.clock_ns
        self.clock_ns = ts
        if ts < last - REWIND_NS:
            for quotes in self.contracts.values():
                quotes.history = QuoteHistory()
                quotes.contract = None
            for underlying in self.underlyings.values():
                underlying.quotes = []
                underlying.stream_ts = None
        elif ts // NS_PER_DAY != last // NS_PER_DAY and last:
            self._forget_idle(ts - self._ttl_ns)

    def state(self) -> list[object]:
        """Return plain data from which `load` builds an equal stage."""
        astuple = msgspec.structs.astuple
        return [
            self.clock_ns,
            [
                (name, quotes.stream_ts, [astuple(quote) for quote in quotes.quotes])
                for name, quotes in self.underlyings.items()
            ],
            [
                (
                    name,
                    quotes.underlying_id,
                    quotes.seen_ns,
                    None if quotes.contract is None else astuple(quotes.contract),
                    [astuple(quote) for quote in quotes.history.quotes],
                )
                for name, quotes in self.contracts.items()
            ],
        ]

    def load(self, state: Any) -> None:  # noqa: ANN401 - decoded data
        """Fill a new stage from `state`."""
        self.clock_ns, underlyings, contracts = state
        for name, stream_ts, rows in underlyings:
            quotes = self._underlying(name)
            quotes.stream_ts = stream_ts
            quotes.quotes = [_equity_quote(row) for row in rows]
        for name, underlying_id, seen_ns, contract, rows in contracts:
            tracked = self._track(name, underlying_id)
            tracked.seen_ns = seen_ns
            tracked.contract = None if contract is None else Contract(*contract)
            tracked.history = QuoteHistory([OptionsNbbo(*row) for row in rows])

    def _forget_idle(self, before_ns: int) -> None:
        idle = [name for name, quotes in self.contracts.items() if quotes.seen_ns < before_ns]
        for name in idle:
            del self.contracts[name]

    def _underlying(self, underlying_id: str) -> UnderlyingQuotes:
        quotes = self.underlyings.get(underlying_id)
        if quotes is None:
            quotes = self.underlyings[underlying_id] = UnderlyingQuotes()
        return quotes

    def _track(self, contract_id: str, underlying_id: str) -> ContractQuotes:
        quotes = ContractQuotes(underlying_id, self._underlying(underlying_id))
        self.contracts[contract_id] = quotes
        return quotes

    def _join_print(self, record: OptionsPrint, is_late: bool) -> JoinedPrint:
        ts = record.source_ts
        quotes = self.contracts.get(record.option_contract_id)
        if quotes is None:
            quotes = self._track(record.option_contract_id, record.underlying_id)
        trade_date, session = trade_date_and_session(ts, record.root)
        contract = quotes.contract
        if contract is None or trade_date >= contract.until:
            contract = quotes.contract = self._terms.contract(record, trade_date)
        if contract.multiplier is not None:
            record = msgspec.structs.replace(
                record, multiplier=contract.multiplier, multiplier_source="refdata"
            )
        quotes.seen_ns = ts
        bounds = self._config.quotes
        quote = attached_quote(record, bounds)
        if quote is None:
            newest = quotes.history.quote_at_or_before(ts)
            quote = (
                NO_QUOTE
                if newest is None
                else topic_quote(newest, ts, quotes.underlying.stream_ts, bounds)
            )
        underlying = join_underlying(record, quotes.underlying, bounds.underlying_max_age_ms)
        spot = underlying.mid
        if spot is not None and contract.spot_ratio != 1.0:
            spot *= contract.spot_ratio
        slot, greeks = self._price(record, contract, quote, spot)
        return JoinedPrint(
            record, is_late, self.clock_ns, contract, condition_facts(record.conditions),
            price_e4(record.price), quote, underlying, trade_date, session, slot, greeks,
        )  # fmt: skip

    def _price(
        self, record: OptionsPrint, contract: Contract, quote: JoinedQuote, spot: float | None
    ) -> tuple[int, Greeks]:
        years = (contract.expiry_ns - record.source_ts) / NS_PER_YEAR
        status = "ok"
        if quote.state not in TWO_SIDED_STATES:
            status = "no_quote"
        elif quote.is_stale:
            status = "stale_quote"
        elif spot is None:
            status = "no_underlying"
        elif years < MIN_YEARS:
            status = "expired"
        elif contract.unresolved:
            status = "adjusted"
        provider_iv = record.provider_iv
        if (
            spot is None
            or years <= 0.0
            or contract.unresolved
            or (status != "ok" and provider_iv is None)
        ):
            return -1, no_greeks(status, provider_iv)
        slot = self._batch.add(
            status,
            quote.mid if status == "ok" else None,
            spot,
            (contract.strike, years, contract.sign, contract.dividend_yield),
            record.size * record.multiplier,
            provider_iv,
        )
        return slot, PENDING
