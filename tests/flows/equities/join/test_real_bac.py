"""BAC on 2013-10-08, 125,872 prints and the market of that day, against joins of pandas."""

from functools import lru_cache
from importlib import import_module
from typing import Any
from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from connectors.feeds.base.items import Accepted
from connectors.feeds.files.open import FileFeed
from flows.common.conditions import policy
from flows.equities.join.config import JoinConfig
from flows.equities.join.join import Joined
from flows.equities.join.join import join
from flows.equities.join.quotes import QuoteBook
from flows.equities.join.side import TickRule
from schemas.records.equities_prints import EquityPrint
from schemas.records.equities_quotes import EquityQuote
from tests.conftest import real_data_path
from tests.flows.equities.join.rows import MS_NS
from tests.flows.equities.join.rows import SECOND_NS

FOLDER = "lean/equity/usa/tick/bac/20131008_{}.zip"
CONFIG = JoinConfig()


class Oracle(NamedTuple):
    """What pandas says of each print, in the order of the tape."""

    quote_trace_id: list[str | None]
    nbbo_side: list[str]
    direction: list[str]


@lru_cache(maxsize=1)
def tape() -> tuple[list[EquityPrint], list[EquityQuote]]:
    prints: list[EquityPrint] = []
    quotes: list[EquityQuote] = []
    for kind in ("trade", "quote"):
        for item in FileFeed(real_data_path(FOLDER.format(kind))).records():
            assert isinstance(item, Accepted)
            if isinstance(item.record, EquityPrint):
                prints.append(item.record)
            else:
                assert isinstance(item.record, EquityQuote)
                quotes.append(item.record)
    return prints, quotes


def as_is(payload: object) -> EquityQuote | None:
    assert isinstance(payload, EquityQuote)
    return payload


def joined(prints: list[EquityPrint], quotes: list[EquityQuote]) -> list[Joined]:
    """Push and join in event time, a quote before a print of its stamp."""
    book, tick = QuoteBook(as_is), TickRule()
    found = []
    ahead = iter(quotes)
    following = next(ahead, None)
    for printed in prints:
        while following is not None and following.source_ts <= printed.source_ts:
            book.push(following.source_ts, following)
            following = next(ahead, None)
        update = policy(printed.conditions, printed.session)
        found.append(join(printed, book, tick, update, CONFIG))
        if update.last == "yes":
            tick.observe(found[-1].trade_date, printed.source_ts, found[-1].at_e4)
    return found


def e4(prices: list[float | None]) -> NDArray[np.float64]:
    """Return whole 1/10,000 dollars, NaN for none: exact in a double."""
    dollars = np.array([np.nan if at is None else at for at in prices], dtype=np.float64)
    return np.round(dollars * 10_000)


def oracle(prints: list[EquityPrint], quotes: list[EquityQuote]) -> Oracle:
    pandas: Any = import_module("pandas")
    left = pandas.DataFrame(
        {
            "order": np.arange(len(prints)),
            "at": [p.source_ts if p.exec_ts is None else p.exec_ts for p in prints],
            "price": e4([p.price for p in prints]),
        }
    ).sort_values("at", kind="stable")
    right = pandas.DataFrame(
        {
            "at": [q.source_ts for q in quotes],
            "quote_ts": [q.source_ts for q in quotes],
            "trace_id": [q.trace_id for q in quotes],
            "bid": e4([q.bid for q in quotes]),
            "ask": e4([q.ask for q in quotes]),
        }
    )
    both = pandas.merge_asof(left, right, on="at", allow_exact_matches=True).sort_values("order")
    price, bid, ask = (both[name].to_numpy() for name in ("price", "bid", "ask"))
    age_ns = (both["at"] - both["quote_ts"]).to_numpy()
    position = 10 * (price - bid)
    side = np.select(
        [
            np.isnan(bid) | np.isnan(ask) | (bid > ask),
            age_ns > SECOND_NS,
            price > ask,
            price < bid,
            bid == ask,
            position >= 8 * (ask - bid),
            position <= 2 * (ask - bid),
        ],
        ["MISSING", "STALE", "AA", "BB", "MID", "A", "B"],
        "MID",
    )
    updates = [policy(p.conditions, p.session) for p in prints]
    is_last = np.array([update.last == "yes" for update in updates])
    may_direct = np.array([update.direction for update in updates])
    is_lit = np.array([not p.off_exchange_flag for p in prints])
    tick = _ticks(pandas, price, is_last)
    direction = np.select(
        [
            ~may_direct,
            np.isin(side, ["AA", "A"]),
            np.isin(side, ["BB", "B"]),
            is_lit & (tick > 0),
            is_lit & (tick < 0),
        ],
        ["unknown", "buy", "sell", "buy", "sell"],
        "unknown",
    )
    named = [None if name != name else name for name in both["trace_id"].tolist()]  # noqa: PLR0124
    return Oracle(named, side.tolist(), direction.tolist())


def _ticks(
    pandas: Any,  # noqa: ANN401 - has no types here
    price: NDArray[np.float64],
    is_last: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the sign of each price against the last different last-eligible price before it."""
    eligible = pandas.Series(price).where(is_last)
    before = eligible.shift().ffill()
    moves = np.sign(eligible.dropna().diff()).replace(0, np.nan).ffill()
    carried = moves.reindex(range(len(price))).shift().where(eligible.shift().notna()).ffill()
    against = np.sign(price - before.to_numpy())
    ticks: NDArray[np.float64] = np.where(against == 0, carried.to_numpy(), against)
    return ticks


def assert_equal(prints: list[EquityPrint], quotes: list[EquityQuote]) -> list[Joined]:
    found, wanted = joined(prints, quotes), oracle(prints, quotes)
    assert [each.quote and each.quote.trace_id for each in found] == wanted.quote_trace_id
    assert [each.nbbo_side for each in found] == wanted.nbbo_side
    assert [each.direction for each in found] == wanted.direction
    return found


def test_every_print_of_the_day_has_the_quote_side_and_direction_of_merge_asof() -> None:
    prints, quotes = tape()
    assert len(prints) == 125_872
    assert sum(p.off_exchange_flag for p in prints) == 50_793
    found = assert_equal(prints, quotes)
    assert {each.direction_rule for each in found} == {"quote", "tick", "none"}
    assert all(each.quote is None or each.quote.ts <= each.join_ts for each in found)


def test_executions_before_their_publication_have_the_quote_that_stood_then() -> None:
    prints, quotes = tape()
    # The files give no executions: lags of up to ten seconds, the same in each run.
    lags_ms = np.random.default_rng(20_131_008).integers(0, 10_001, len(prints)).tolist()
    lagged = [
        msgspec.structs.replace(p, exec_ts=p.source_ts - lag_ms * MS_NS)
        if p.off_exchange_flag
        else p
        for p, lag_ms in zip(prints, lags_ms, strict=True)
    ]
    assert_equal(lagged, quotes)


@pytest.mark.parametrize(
    ("sides", "share"),
    [
        ({"AA", "A"}, lambda at, bid, ask: at >= ask),
        ({"BB", "B"}, lambda at, bid, ask: at <= bid),
        ({"MID"}, lambda at, bid, ask: (at > bid) & (at < ask)),
    ],
    ids=["at_or_above_the_ask", "at_or_below_the_bid", "inside"],
)
def test_shares_of_sides_are_those_of_the_raw_file(
    sides: set[str],
    share: Any,  # noqa: ANN401 - a comparison of columns
) -> None:
    prints, quotes = tape()
    rth = [p.session == "rth" for p in prints]
    found = [each for each, inside in zip(joined(prints, quotes), rth, strict=True) if inside]
    placed = [
        each
        for each in found
        if each.nbbo_side not in {"MISSING", "STALE"} and "locked" not in each.quality_flags
    ]
    ours = sum(each.nbbo_side in sides for each in placed) / len(placed)
    at, bid, ask = _raw_join()
    theirs = float(share(at, bid, ask).mean())
    assert abs(ours - theirs) <= 0.03


@lru_cache(maxsize=1)
def _raw_join() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return price, bid and ask of the regular session, straight from the two files."""
    pandas: Any = import_module("pandas")
    trades = pandas.read_csv(
        real_data_path(FOLDER.format("trade")), header=None, usecols=[0, 1], names=["ms", "at"]
    )
    names = ["ms", "bid", "bid_size", "ask", "ask_size"]
    quotes = pandas.read_csv(
        real_data_path(FOLDER.format("quote")), header=None, usecols=range(5), names=names
    )
    quotes["bid"] = quotes["bid"].where(quotes["bid"] > 0).ffill()
    quotes["ask"] = quotes["ask"].where(quotes["ask"] > 0).ffill()
    quotes = quotes.dropna(subset=["bid", "ask"]).drop_duplicates("ms", keep="last")
    both = pandas.merge_asof(trades, quotes, on="ms")
    both = both[
        (both["ms"] >= 34_200_000) & (both["ms"] < 57_600_000) & (both["bid"] < both["ask"])
    ]
    return both["at"].to_numpy(), both["bid"].to_numpy(), both["ask"].to_numpy()
