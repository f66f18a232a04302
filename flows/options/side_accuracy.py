"""How often the aggressor rules are right on trades whose aggressor is known."""

from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.prices import round6
from flows.options.aggressor import AggressorStack
from flows.options.aggressor import reverse_tick_sides
from flows.options.conditions import ConditionFacts
from flows.options.config import OptionsConfig
from flows.options.quotes import JoinedQuote
from flows.options.quotes import grade_quote

UNDECIDED: Final = "unknown"
# Rules that can be had by themselves, in the order of the stack.
RULES: Final = ("trade_size", "quote", "depth", "reverse_tick")
STACKS: Final = ("stack", "stack_without_trade_size")


class LabelledTrade(msgspec.Struct, frozen=True, gc=False):
    """
    A trade with the quote that stood before it and, if known, who initiated it.

    Parameters
    ----------
    ts : int
        ns UTC.
    price, bid, ask : float
        $ per unit.
    size : int
        Units traded.
    bid_size, ask_size : int | None
        Units quoted; null is unknown.
    side : str | None
        `buy`, `sell`, or null when the label says neither.
    """

    ts: int
    price: float
    size: int
    bid: float
    ask: float
    bid_size: int | None
    ask_size: int | None
    side: str | None

    @property
    def vendor_aggressor(self) -> str | None:
        """Nothing: the label is what is to be found."""
        return None

    @property
    def venue_bid(self) -> float | None:
        """Nothing: there is one quote only."""
        return None

    @property
    def venue_ask(self) -> float | None:
        """Nothing: there is one quote only."""
        return None

    @property
    def venue_bid_size(self) -> int | None:
        """Nothing: there is one quote only."""
        return None

    @property
    def venue_ask_size(self) -> int | None:
        """Nothing: there is one quote only."""
        return None


class Decision(msgspec.Struct, frozen=True, gc=False):
    """
    What a rule says of a trade.

    Parameters
    ----------
    side : str
        `buy`, `sell` or `unknown`.
    probability : float
        Stated probability of that side, .5 when unknown.
    """

    side: str
    probability: float


NO_DECISION: Final = Decision(UNDECIDED, 0.5)


class CalibrationBin(msgspec.Struct, frozen=True, gc=False):
    """
    Decisions of one stated probability.

    Parameters
    ----------
    stated : float
        Probability the rule stated.
    trades : int
        Labelled trades it stated it for.
    observed : float
        Share of them it was right about.
    """

    stated: float
    trades: int
    observed: float


class RuleScore(msgspec.Struct, frozen=True, gc=False):
    """
    Score of a rule over labelled trades.

    Parameters
    ----------
    trades, decided, right : int
        Labelled trades; those the rule decided; those it was right about.
    coverage : float | None
        decided / trades.
    accuracy : float | None
        right / decided.
    with_coin : float | None
        Accuracy over all trades when a fair coin decides the rest.
    stated : float | None
        Mean stated probability over decided trades.
    calibration : tuple of CalibrationBin
        By stated probability, ascending.
    """

    trades: int
    decided: int
    right: int
    coverage: float | None
    accuracy: float | None
    with_coin: float | None
    stated: float | None
    calibration: tuple[CalibrationBin, ...]


def _ratio(part: float, whole: int) -> float | None:
    return round6(part / whole) if whole else None


def score(decisions: Sequence[Decision], trades: Sequence[LabelledTrade]) -> RuleScore:
    """
    Hold decisions against the labels of their trades.

    Parameters
    ----------
    decisions : Sequence[Decision]
        One a trade.
    trades : Sequence[LabelledTrade]
        Those without a label are left out.
    """
    labelled = 0
    by_stated: dict[float, list[int]] = {}
    for decision, trade in zip(decisions, trades, strict=True):
        if trade.side is None:
            continue
        labelled += 1
        if decision.side != UNDECIDED:
            counts = by_stated.setdefault(decision.probability, [0, 0])
            counts[0] += 1
            counts[1] += decision.side == trade.side
    decided = sum(count for count, _ in by_stated.values())
    right = sum(count for _, count in by_stated.values())
    return RuleScore(
        trades=labelled,
        decided=decided,
        right=right,
        coverage=_ratio(decided, labelled),
        accuracy=_ratio(right, decided),
        with_coin=_ratio(right + (labelled - decided) / 2, labelled),
        stated=_ratio(sum(p * count for p, (count, _) in by_stated.items()), decided),
        calibration=tuple(
            CalibrationBin(p, count, round6(good / count))
            for p, (count, good) in sorted(by_stated.items())
        ),
    )


def joined_quote(trade: LabelledTrade, config: OptionsConfig) -> JoinedQuote:
    """Return a trade's quote as attached and fresh."""
    state, bid_e4, ask_e4, mid, spread, spread_pct = grade_quote(
        trade.bid, trade.ask, trade.bid_size, trade.ask_size, config.quotes.wide_spread_pct
    )
    return JoinedQuote(
        "attached", state, trade.bid, trade.ask, trade.bid_size, trade.ask_size, None, None, None,
        None, bid_e4, ask_e4, mid, spread, spread_pct, None, False,
    )  # fmt: skip


def decide(
    trades: Sequence[LabelledTrade], facts: ConditionFacts, config: OptionsConfig
) -> dict[str, list[Decision]]:
    """
    Decide trades by each rule alone, and by the stack with and without the trade-size rule.

    Parameters
    ----------
    trades : Sequence[LabelledTrade]
        In order of time.
    facts : ConditionFacts
        Condition taken to hold for all of them.
    config : OptionsConfig
        Thresholds, probabilities and the packet window.

    Returns
    -------
    dict
        Decisions by name of `RULES` and `STACKS`, one a trade.

    Notes
    -----
    The reverse tick looks no farther than a packet does: within `window_ms` of its first trade.
    Source: options flow specification, 3.3.
    """
    stack = AggressorStack(config.aggressor, config.quotes)
    found: dict[str, list[Decision]] = {name: [] for name in (*RULES, *STACKS)}
    for trade in trades:
        at_e4 = round(trade.price * 10_000)
        quote = joined_quote(trade, config)
        side, probability, method = stack.decide(trade, at_e4, quote, facts, unresolved=False)
        full = Decision(side, probability)
        side, probability, rest = stack.decide(
            trade, at_e4, quote, facts, unresolved=False, trade_size=False
        )
        without = Decision(side, probability)
        found["stack"].append(full)
        found["stack_without_trade_size"].append(without)
        is_by_size = method.startswith("trade_size")
        found["trade_size"].append(full if is_by_size else NO_DECISION)
        found["quote"].append(without if rest == "quote_nbbo" else NO_DECISION)
        found["depth"].append(without if rest == "depth" else NO_DECISION)
    found["reverse_tick"] = _reverse_ticks(trades, config, stack.reverse_tick_probability)
    for name in STACKS:
        found[name] = [
            later if decision.side == UNDECIDED else decision
            for decision, later in zip(found[name], found["reverse_tick"], strict=True)
        ]
    return found


def _reverse_ticks(
    trades: Sequence[LabelledTrade], config: OptionsConfig, probability: float
) -> list[Decision]:
    window_ns = config.cluster.window_ms * 1_000_000
    found: list[Decision] = []
    start = 0
    for end in range(1, len(trades) + 1):
        if end < len(trades) and trades[end].ts <= trades[start].ts + window_ns:
            continue
        prices = [round(trade.price * 10_000) for trade in trades[start:end]]
        sides = reverse_tick_sides(prices, [True] * len(prices))
        found += [
            NO_DECISION if side == UNDECIDED else Decision(side, probability) for side in sides
        ]
        start = end
    return found
