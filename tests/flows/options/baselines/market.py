"""A made-up stream of prints and packets for the baselines."""

import random
from typing import NamedTuple

from flows.common.calendar import eastern_ns
from flows.options.baselines.book import Baselines

THURSDAY = 20_230  # 2025-05-22
FRIDAY = 20_231
TUESDAY = 20_235  # 2025-05-27, after Memorial Day
WEDNESDAY = 20_236
TEN = 600  # minutes of the day in New York
NS_PER_MINUTE = 60_000_000_000


class Activity(NamedTuple):
    contract_id: str
    underlying_id: str
    trade_date: int
    ts: int
    premium: float
    size: int
    spread: float | None
    iv: float | None


def at(trade_date: int, minute: int = TEN) -> int:
    return eastern_ns(trade_date, minute)


def activity(
    count: int,
    seed: int = 1,
    *,
    contracts: int = 5,
    trade_date: int = THURSDAY,
    underlyings: int = 1,
) -> list[Activity]:
    dice = random.Random(seed)  # noqa: S311 - a seeded market, no secret
    made = []
    for number in range(count):
        contract = dice.randrange(contracts)
        root = f"U{contract % underlyings}"
        made.append(
            Activity(
                f"{root}-2025-06-20-{contract}-C",
                root,
                trade_date,
                at(trade_date) + number * 1_000_000_000,
                round(dice.lognormvariate(7.0, 1.5), 2),
                dice.choice((1, 2, 5, 10, 100, 400)),
                dice.choice((None, 0.01, 0.05, dice.random())),
                dice.choice((None, 0.2, 0.3, dice.random())),
            )
        )
    return made


def feed_print(book: Baselines, each: Activity) -> None:
    book.add_print(*each)


def feed_packet(book: Baselines, each: Activity) -> None:
    book.add_packet(
        each.contract_id, each.underlying_id, each.ts, each.premium, each.size, each.spread
    )


def feed(book: Baselines, events: list[Activity]) -> None:
    """Let every print be a packet of its own."""
    for each in events:
        feed_print(book, each)
        feed_packet(book, each)
