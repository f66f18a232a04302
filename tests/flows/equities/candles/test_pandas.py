"""Bars against pandas' resample of the eligible prints."""

import pandas as pd
import pytest

from flows.equities.candles.config import INTERVALS_MS
from tests.flows.equities.candles.tape import MS
from tests.flows.equities.candles.tape import Event
from tests.flows.equities.candles.tape import final
from tests.flows.equities.candles.tape import walk
from tests.flows.equities.candles.tapes import busy_minutes
from tests.flows.equities.candles.tapes import survivors


@pytest.fixture(scope="module")
def tape() -> list[Event]:
    return busy_minutes(20250522)


@pytest.mark.parametrize("interval_ms", INTERVALS_MS)
def test_bars_equal_those_of_pandas(tape: list[Event], interval_ms: int) -> None:
    left = sorted(survivors(tape), key=lambda p: (p.ts, p.seq))
    rows = pd.DataFrame(
        {
            "ts": pd.to_datetime([p.ts for p in left], utc=True),
            "price": [p.at_e4 / 10_000 for p in left],
            "micro": [p.micro for p in left],
            "value": [p.at_e4 * p.micro for p in left],
            "last": [p.last for p in left],
        }
    ).set_index("ts")
    rule = pd.Timedelta(milliseconds=interval_ms)
    counted = rows["micro"].resample(rule).agg(["sum", "count"])
    counted = counted[counted["count"] > 0]
    lasts = rows[rows["last"]]
    prices = lasts["price"].resample(rule).ohlc().dropna()
    sums = lasts[["value", "micro"]].resample(rule).sum()
    sums = sums[sums["micro"] > 0]
    vwap = sums["value"] / sums["micro"] / 10_000

    bars = {
        start: bar
        for (length, start), bar in final(walk(tape)).items()
        if length == interval_ms and bar.trade_count
    }

    assert {start: (bar.volume, bar.trade_count) for start, bar in bars.items()} == {
        at.value: (row["sum"] / 1e6, row["count"]) for at, row in counted.iterrows()
    }
    priced = {start: bar for start, bar in bars.items() if bar.price_basis == "last"}
    assert {s: (b.open, b.high, b.low, b.close) for s, b in priced.items()} == {
        at.value: tuple(row[["open", "high", "low", "close"]]) for at, row in prices.iterrows()
    }
    assert {start: bar.vwap for start, bar in priced.items()} == pytest.approx(
        {at.value: value for at, value in vwap.items()}, abs=1e-6
    )
    assert len(priced) > 0
    assert min(bars) % (interval_ms * MS) == 0
