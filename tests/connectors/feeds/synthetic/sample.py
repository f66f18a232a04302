"""Stretches of the synthetic market for its tests."""

import itertools
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from random import Random
from typing import TypeVar

from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import RawRecord
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.options import SyntheticOptions
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from schemas.records import OptionsPrint

NS_PER_S = 1_000_000_000
OPEN = int(datetime.fromisoformat("2025-05-22T10:00:00-04:00").timestamp()) * NS_PER_S

R = TypeVar("R")


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - a market, not a secret


def config(mode: str = "realistic", **changes: int | bool | str) -> SyntheticConfig:
    values: dict[str, int | bool | str] = {"seed": 7, "start_ts": OPEN, **changes}
    return SyntheticConfig(mode=mode, **values)  # type: ignore[arg-type] # named above


def items(mode: str = "realistic", ticks: int = 60, **changes: int | bool | str) -> list[FeedItem]:
    market = SyntheticOptions(config(mode, **changes))
    return [item for _, found in itertools.islice(market.ticks(), ticks) for item in found]


def labelled(
    mode: str = "realistic", ticks: int = 60, **changes: int | bool | str
) -> tuple[list[RawRecord], list[Label]]:
    labels: list[Label] = []
    market = SyntheticOptions(config(mode, **changes), labels.append)
    found = [item for _, tick in itertools.islice(market.ticks(), ticks) for item in tick]
    return records(found), labels


def records(found: Iterable[FeedItem]) -> list[RawRecord]:
    return [item.record for item in found if isinstance(item, Accepted)]


class Market:
    """Quotes of stocks in the order of the log, to be looked up by time."""

    def __init__(self, found: Iterable[RawRecord]) -> None:
        self._stamps: dict[str, list[int]] = {}
        self._quotes: dict[str, list[EquityQuote]] = {}
        for quote in only(found, EquityQuote):
            self._stamps.setdefault(quote.underlying_id, []).append(quote.source_ts)
            self._quotes.setdefault(quote.underlying_id, []).append(quote)

    def quote(self, symbol: str, at_ns: int) -> EquityQuote:
        """Return the quote in force at a time; at equal stamps it precedes the trade."""
        after = bisect_right(self._stamps[symbol], at_ns)
        assert after, f"{symbol} has no quote yet"
        return self._quotes[symbol][after - 1]

    def bid_ask_e4(self, symbol: str, at_ns: int) -> tuple[int, int]:
        quote = self.quote(symbol, at_ns)
        assert quote.bid is not None
        assert quote.ask is not None
        return round(quote.bid * 10_000), round(quote.ask * 10_000)


def executed_ns(record: EquityPrint) -> int:
    return record.source_ts if record.exec_ts is None else record.exec_ts


def only(found: Iterable[RawRecord], kind: type[R]) -> list[R]:
    return [record for record in found if isinstance(record, kind)]


def prints(found: Iterable[FeedItem]) -> list[OptionsPrint]:
    return only(records(found), OptionsPrint)
