"""Aggressor: who most likely initiated a print, by which rule, with which probability."""

from collections.abc import Sequence
from typing import Final
from typing import Protocol

from flows.options.conditions import ConditionFacts
from flows.options.config import AggressorConfig
from flows.options.config import QuoteConfig
from flows.options.quotes import PRICED_STATES
from flows.options.quotes import JoinedQuote

Verdict = tuple[str, float, str]

UNKNOWN: Final[Verdict] = ("unknown", 0.5, "unknown")
INELIGIBLE: Final[Verdict] = ("unknown", 0.5, "ineligible")
VERY_WIDE_PCT: Final = 0.50
SIDES: Final = frozenset({"buy", "sell"})


class Traded(Protocol):
    """What the stack reads of a print or of its tape row."""

    @property
    def size(self) -> int:
        """Contracts."""

    @property
    def vendor_aggressor(self) -> str | None:
        """`buy`, `sell` or null."""

    @property
    def venue_bid(self) -> float | None:
        """Best bid of the executing venue, $."""

    @property
    def venue_ask(self) -> float | None:
        """Best ask of the executing venue, $."""

    @property
    def venue_bid_size(self) -> int | None:
        """Contracts."""

    @property
    def venue_ask_size(self) -> int | None:
        """Contracts."""


def _by_size(size: int, bid_size: int | None, ask_size: int | None) -> str | None:
    if bid_size is None or ask_size is None or bid_size == ask_size:
        return None
    if size == bid_size:
        return "buy"
    return "sell" if size == ask_size else None


class AggressorStack:
    """
    Decide the side of a print by the first rule that can.

    Parameters
    ----------
    config : AggressorConfig
        Probability of each rule.
    quotes : QuoteConfig
        The positions that divide "near the touch" from "nearer the mid".

    Notes
    -----
    Policy `aggressor.policy.v1`; source: options flow specification, 3.3. Placement is a
    measurement, this is an inference, and the two may disagree.
    """

    __slots__ = ("_buy_e4", "_config", "_sell_e4")

    def __init__(self, config: AggressorConfig, quotes: QuoteConfig) -> None:
        self._config = config
        self._buy_e4 = round(quotes.side_buy_position * 10_000)
        self._sell_e4 = round(quotes.side_sell_position * 10_000)

    def decide(
        self,
        record: Traded,
        at_e4: int,
        quote: JoinedQuote,
        facts: ConditionFacts,
        *,
        unresolved: bool,
        trade_size: bool = True,
    ) -> Verdict:
        """
        Return side, probability of that side, and method.

        Parameters
        ----------
        record : Traded
            The print.
        at_e4 : int
            Its price in 1/10,000 dollar.
        quote : JoinedQuote
            Its quote.
        facts : ConditionFacts
            Its condition.
        unresolved : bool
            The contract's deliverable is not known; nothing is inferred.
        trade_size : bool
            False leaves out every rule before the quote rule (members of a multi-venue sweep).
        """
        if unresolved or facts.aggressor == "none" or not facts.placement_usable:
            return INELIGIBLE
        side, probability, method = self._first_rule(record, at_e4, quote, facts, trade_size)
        if side == "unknown":
            return UNKNOWN
        return side, self.capped(probability, quote, facts), method

    def capped(self, probability: float, quote: JoinedQuote, facts: ConditionFacts) -> float:
        """Return a probability under the caps of its condition and quote."""
        config = self._config
        if facts.aggressor == "reduced" and probability > config.cap_reduced:
            probability = config.cap_reduced
        if probability > config.cap_quote:
            spread_pct = quote.spread_pct
            very_wide = quote.state == "wide" and spread_pct is not None
            if quote.is_weak_zero_bid or (very_wide and (spread_pct or 0.0) > VERY_WIDE_PCT):
                return config.cap_quote
        return probability

    def _first_rule(
        self,
        record: Traded,
        at_e4: int,
        quote: JoinedQuote,
        facts: ConditionFacts,
        trade_size: bool,
    ) -> Verdict:
        config = self._config
        has_quote = quote.state in PRICED_STATES and not quote.is_stale
        if trade_size:
            vendor = record.vendor_aggressor
            if vendor is not None and vendor in SIDES:
                return vendor, config.p_feed, "feed"
            if not facts.iso:
                decided = self._by_trade_size(record, at_e4, quote, has_quote)
                if decided is not None:
                    return decided
        twice_from_mid = 2 * at_e4 - quote.bid_e4 - quote.ask_e4
        if has_quote and twice_from_mid:
            return self._by_quote(at_e4, quote, twice_from_mid)
        decided = self._by_venue(record, at_e4)
        if decided is not None:
            return decided
        if has_quote and quote.bid_size is not None and quote.ask_size is not None:
            if quote.ask_size > quote.bid_size:
                return "buy", config.p_depth, "depth"
            if quote.ask_size < quote.bid_size:
                return "sell", config.p_depth, "depth"
        return UNKNOWN

    def _by_trade_size(
        self, record: Traded, at_e4: int, quote: JoinedQuote, has_quote: bool
    ) -> Verdict | None:
        bid = record.venue_bid
        ask = record.venue_ask
        if (
            bid is not None
            and ask is not None
            and round(bid * 10_000) <= at_e4 <= round(ask * 10_000)
        ):
            side = _by_size(record.size, record.venue_bid_size, record.venue_ask_size)
            if side is not None:
                return side, self._config.p_trade_size_venue, "trade_size_venue"
        if has_quote and quote.bid_e4 <= at_e4 <= quote.ask_e4:
            side = _by_size(record.size, quote.bid_size, quote.ask_size)
            if side is not None:
                return side, self._config.p_trade_size_nbbo, "trade_size_nbbo"
        return None

    def _by_quote(self, at_e4: int, quote: JoinedQuote, twice_from_mid: int) -> Verdict:
        config = self._config
        side = "buy" if twice_from_mid > 0 else "sell"
        bid_e4 = quote.bid_e4
        ask_e4 = quote.ask_e4
        if at_e4 > ask_e4 or at_e4 < bid_e4:
            return side, config.p_quote_outside, "quote_nbbo"
        if at_e4 in (bid_e4, ask_e4):
            return side, config.p_quote_touch, "quote_nbbo"
        width_e4 = ask_e4 - bid_e4
        above_bid = 10_000 * (at_e4 - bid_e4)
        if above_bid >= self._buy_e4 * width_e4 or above_bid <= self._sell_e4 * width_e4:
            return side, config.p_quote_near, "quote_nbbo"
        return side, config.p_quote_inside, "quote_nbbo"

    def _by_venue(self, record: Traded, at_e4: int) -> Verdict | None:
        bid = record.venue_bid
        ask = record.venue_ask
        if bid is None or ask is None or not 0.0 <= bid <= ask or ask == 0.0:
            return None
        twice_from_mid = 2 * at_e4 - round(bid * 10_000) - round(ask * 10_000)
        if twice_from_mid == 0:
            return None
        side = "buy" if twice_from_mid > 0 else "sell"
        return side, self._config.p_quote_venue, "quote_venue"

    @property
    def reverse_tick_probability(self) -> float:
        """Probability of the reverse tick rule."""
        return self._config.p_reverse_tick


def reverse_tick_sides(prices_e4: Sequence[int], usable: Sequence[bool]) -> list[str]:
    """
    Decide each member of a packet by the next different price after it.

    Parameters
    ----------
    prices_e4 : Sequence[int]
        Prices in 1/10,000 dollar, in order of time.
    usable : Sequence[bool]
        Whether a member may serve as a later price (its condition updates price memory).

    Returns
    -------
    list[str]
        `sell` where the next different price is higher, `buy` where it is lower, else `unknown`.

    Notes
    -----
    Never looks past the packet. Source: options flow specification, 3.3 rule 7.
    """
    sides = ["unknown"] * len(prices_e4)
    # `after` is the nearest later price, `beyond` the nearest later price different from it.
    after: int | None = None
    beyond: int | None = None
    for at in range(len(prices_e4) - 1, -1, -1):
        price = prices_e4[at]
        following = after if after != price else beyond
        if following is not None:
            sides[at] = "sell" if following > price else "buy"
        if usable[at] and price != after:
            beyond = after
            after = price
    return sides
