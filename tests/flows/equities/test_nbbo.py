"""The market of all venues: best price, largest, earliest; quotes die with the segment."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.common.sessions import trade_date_and_segment
from flows.equities.nbbo import ConsolidatedNbbo
from flows.equities.nbbo import segment_end_ns

State = tuple[tuple[int, int, str], tuple[int, int, str]]
NONE = (0, 0, "")


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 10**9


NOON = ns("2013-10-08T12:00:00-04:00")


def book_of(*bids: tuple[str, int, int]) -> ConsolidatedNbbo:
    book = ConsolidatedNbbo()
    for venue, price, size in bids:
        book.on_bid(NOON, venue, price, size)
    return book


@pytest.mark.parametrize(
    ("bids", "best"),
    [
        ([("P", 100, 5)], (100, 5, "P")),
        ([("P", 100, 5), ("Q", 101, 1)], (101, 1, "Q")),
        ([("P", 100, 5), ("Q", 100, 6)], (100, 6, "Q")),
        ([("P", 100, 5), ("Q", 100, 5)], (100, 5, "P")),
        # Sizes are not summed.
        ([("P", 100, 5), ("Q", 100, 4)], (100, 5, "P")),
        # A repeated quote keeps its place, a changed one loses it.
        ([("P", 100, 5), ("Q", 100, 5), ("P", 100, 5)], (100, 5, "P")),
        ([("P", 100, 5), ("Q", 100, 5), ("P", 100, 4), ("P", 100, 5)], (100, 5, "Q")),
        ([("P", 100, 5), ("Q", 99, 9), ("P", 98, 5)], (99, 9, "Q")),
        ([("P", 100, 5), ("Q", 99, 9), ("P", 0, 5)], (99, 9, "Q")),
        ([("P", 100, 5), ("Q", 99, 9), ("P", 100, 0)], (99, 9, "Q")),
        ([("P", 100, 5), ("P", -1, 5)], NONE),
        ([("P", 0, 0)], NONE),
    ],
)
def test_best_bid_is_price_then_size_then_time(
    bids: list[tuple[str, int, int]], best: tuple[int, int, str]
) -> None:
    assert book_of(*bids).bid.state == best


def test_best_offer_is_the_least_price() -> None:
    book = ConsolidatedNbbo()
    book.on_ask(NOON, "P", 102, 5)
    book.on_ask(NOON, "Q", 101, 1)
    book.on_ask(NOON, "N", 101, 3)

    assert book.ask.state == (101, 3, "N")


@pytest.mark.parametrize(
    ("venue", "price", "size", "is_new"),
    [
        ("P", 100, 5, False),
        ("Q", 99, 5, False),
        ("Q", 100, 5, False),
        ("Q", 0, 0, False),
        ("Q", 100, 6, True),
        ("P", 100, 4, True),
        ("P", 101, 5, True),
        ("P", 0, 0, True),
    ],
)
def test_only_another_price_size_or_venue_is_news(
    venue: str, price: int, size: int, is_new: bool
) -> None:
    book = book_of(("P", 100, 5))

    assert book.on_bid(NOON, venue, price, size) is is_new


def test_locked_and_crossed_markets_are_told_as_they_are() -> None:
    book = ConsolidatedNbbo()

    assert book.on_quote(NOON, "P", (100, 1), (101, 1))
    assert book.on_quote(NOON, "Q", (101, 2), (103, 1))
    assert (book.bid.price_e4, book.ask.price_e4) == (101, 101)
    assert book.on_quote(NOON, "N", (102, 2), (104, 1))
    assert (book.bid.price_e4, book.ask.price_e4) == (102, 101)


@pytest.mark.parametrize(
    ("last", "first_after"),
    [
        ("2013-10-08T03:59:59-04:00", "2013-10-08T04:00:00-04:00"),
        ("2013-10-08T09:29:59-04:00", "2013-10-08T09:30:00-04:00"),
        ("2013-10-08T15:59:59-04:00", "2013-10-08T16:00:00-04:00"),
        ("2013-11-29T12:59:59-05:00", "2013-11-29T13:00:00-05:00"),
        ("2013-10-08T19:59:59-04:00", "2013-10-08T20:00:00-04:00"),
        ("2013-10-11T21:00:00-04:00", "2013-10-14T04:00:00-04:00"),
    ],
)
def test_venue_quotes_die_at_the_boundary_of_the_session(last: str, first_after: str) -> None:
    book = ConsolidatedNbbo()
    book.on_quote(ns(last), "P", (100, 5), (101, 5))
    book.on_bid(ns(first_after) - 1, "Q", 99, 5)
    assert book.bid.state == (100, 5, "P")

    assert book.on_ask(ns(first_after), "Q", 102, 7)

    assert (book.bid.state, book.ask.state) == (NONE, (102, 7, "Q"))
    assert segment_end_ns(ns(last)) == ns(first_after)


def test_the_same_market_after_a_boundary_is_no_news() -> None:
    book = ConsolidatedNbbo()
    book.on_bid(ns("2013-10-08T15:00:00-04:00"), "P", 100, 5)

    assert not book.on_bid(ns("2013-10-08T16:00:00-04:00"), "P", 100, 5)
    assert book.on_bid(ns("2013-10-09T16:00:00-04:00"), "P", 0, 0)
    assert book.bid.state == NONE


class Row(NamedTuple):
    at: int
    venue: str
    bid: tuple[int, int] | None
    ask: tuple[int, int] | None


def naive(rows: Iterable[Row]) -> list[State]:
    """Sort all that is known at each row: the rule as it is written."""
    states: list[State] = []
    bids: dict[str, tuple[int, int, int]] = {}
    asks: dict[str, tuple[int, int, int]] = {}
    segment: tuple[int, str] | None = None
    for place, row in enumerate(rows):
        if trade_date_and_segment(row.at) != segment:
            segment = trade_date_and_segment(row.at)
            bids, asks = {}, {}
        for side, quote in ((bids, row.bid), (asks, row.ask)):
            if quote is None or side.get(row.venue, (0, 0, 0))[:2] == quote:
                continue
            side.pop(row.venue, None)
            if quote[0] > 0 and quote[1] > 0:
                side[row.venue] = (*quote, place)
        bid = min(bids.items(), key=lambda v: (-v[1][0], -v[1][1], v[1][2]), default=None)
        ask = min(asks.items(), key=lambda v: (v[1][0], -v[1][1], v[1][2]), default=None)
        states.append(
            (
                NONE if bid is None else (bid[1][0], bid[1][1], bid[0]),
                NONE if ask is None else (ask[1][0], ask[1][1], ask[0]),
            )
        )
    return states


def consolidated(rows: Iterable[Row]) -> tuple[list[State], list[bool]]:
    book, states, news = ConsolidatedNbbo(), [], []
    for row in rows:
        if row.bid is not None and row.ask is not None:
            is_new = book.on_quote(row.at, row.venue, row.bid, row.ask)
        elif row.bid is not None:
            is_new = book.on_bid(row.at, row.venue, *row.bid)
        elif row.ask is not None:
            is_new = book.on_ask(row.at, row.venue, *row.ask)
        else:
            continue
        states.append((book.bid.state, book.ask.state))
        news.append(is_new)
    return states, news


SIDES = st.tuples(st.integers(0, 4), st.integers(0, 3))
ROWS = st.builds(
    Row,
    st.integers(0, 60 * 60).map(lambda s: ns("2013-10-08T15:30:00-04:00") + s * 10**9),
    st.sampled_from("NPQZ"),
    SIDES | st.none(),
    SIDES | st.none(),
).filter(lambda row: row.bid is not None or row.ask is not None)


@given(st.lists(ROWS, max_size=60))
def test_market_is_what_sorting_all_quotes_gives(rows: list[Row]) -> None:
    rows.sort(key=lambda row: row.at)

    states, news = consolidated(rows)

    assert states == naive(rows)
    before: list[State] = [(NONE, NONE), *states]
    assert news == [now != then for now, then in zip(states, before, strict=False)]


def test_new_york_closes_early_on_half_days() -> None:
    at = datetime(2013, 12, 24, 13, 0, tzinfo=ZoneInfo("America/New_York"))

    assert segment_end_ns(ns("2013-12-24T10:00:00-05:00")) == int(at.timestamp()) * 10**9
