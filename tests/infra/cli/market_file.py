"""A made-up trading hour over several underlyings, in the layout of Cboe DataShop."""

import random
from pathlib import Path

from tests.connectors.feeds.files.samples import CBOE_HEADER
from tests.connectors.feeds.files.samples import write

NAMES = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG")
VENUES = (1, 2, 3, 4, 5, 6, 7)
CANCEL = "40"
SPAN_S = 1800


def _row(
    name: str, strike: int, right: str, at_ms: int, number: int, venue: int, size: int, price: float
) -> str:
    minute, milli = divmod(at_ms, 60_000)
    stamp = f"2024-03-04 {10 + minute // 60:02d}:{minute % 60:02d}:{milli / 1000:06.3f}"
    bid, ask = 2.0, 2.1
    return (
        f"{name},{stamp},{number},{name},2024-04-19,{strike}.000,{right},{venue},{size},"
        f"{price:.4f},18,0,{bid:.4f},{ask:.4f},99.9900,100.0100,1,{venue},{size + 3},{bid:.4f},"
        f"{size + 5},{ask:.4f}"
    )


def market_rows(prints: int, seed: int = 7) -> list[str]:
    """
    Return rows in time order: single prints, bursts over many venues, and cancels of some.

    A burst is one order swept through six venues within 60 ms; every fifth burst loses its first
    fill to a cancel two seconds later.
    """
    chance = random.Random(seed)  # noqa: S311 - made-up prints, not secrets
    timed: list[tuple[int, str]] = []
    number = 1000
    bursts = 0
    while len(timed) < prints:
        at_ms = chance.randrange(SPAN_S * 1000)
        name, right = chance.choice(NAMES), chance.choice("CP")
        strike = chance.choice((90, 95, 100, 105, 110))
        price = chance.choice((2.0, 2.02, 2.05, 2.08, 2.1))
        if chance.random() < 0.8:
            number += 1
            size, venue = chance.randrange(1, 40), chance.choice(VENUES)
            timed.append((at_ms, _row(name, strike, right, at_ms, number, venue, size, price)))
            continue
        bursts += 1
        for fill, venue in enumerate(VENUES[:6]):
            number += 1
            size, fill_ms = 60 + 10 * fill, at_ms + 10 * fill
            timed.append((fill_ms, _row(name, strike, right, fill_ms, number, venue, size, 2.1)))
            if fill == 0 and bursts % 5 == 0:
                number += 1
                void = _row(name, strike, right, fill_ms + 2000, number, venue, size, 2.1)
                timed.append((fill_ms + 2000, void.replace(",18,0,", f",{CANCEL},0,")))
    return [row for _, row in sorted(timed, key=lambda item: item[0])]


def market_file(path: Path, prints: int) -> Path:
    return write(path, [CBOE_HEADER, *market_rows(prints)])
