"""Stretches of the synthetic market for its tests."""

import itertools
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import RawRecord
from connectors.feeds.synthetic.config import SyntheticConfig
from connectors.feeds.synthetic.labels import Label
from connectors.feeds.synthetic.options import SyntheticOptions
from schemas.records import OptionsPrint

NS_PER_S = 1_000_000_000
OPEN = int(datetime.fromisoformat("2025-05-22T10:00:00-04:00").timestamp()) * NS_PER_S

R = TypeVar("R")


def config(mode: str = "realistic", **changes: int | bool) -> SyntheticConfig:
    values: dict[str, int | bool] = {"seed": 7, "start_ts": OPEN, **changes}
    return SyntheticConfig(mode=mode, **values)  # type: ignore[arg-type] # ints and a bool


def items(mode: str = "realistic", ticks: int = 60, **changes: int | bool) -> list[FeedItem]:
    market = SyntheticOptions(config(mode, **changes))
    return [item for _, found in itertools.islice(market.ticks(), ticks) for item in found]


def labelled(
    mode: str = "realistic", ticks: int = 60, **changes: int | bool
) -> tuple[list[RawRecord], list[Label]]:
    labels: list[Label] = []
    market = SyntheticOptions(config(mode, **changes), labels.append)
    found = [item for _, tick in itertools.islice(market.ticks(), ticks) for item in tick]
    return records(found), labels


def records(found: Iterable[FeedItem]) -> list[RawRecord]:
    return [item.record for item in found if isinstance(item, Accepted)]


def only(found: Iterable[RawRecord], kind: type[R]) -> list[R]:
    return [record for record in found if isinstance(record, kind)]


def prints(found: Iterable[FeedItem]) -> list[OptionsPrint]:
    return only(records(found), OptionsPrint)
