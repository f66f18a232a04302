"""Trading date and segment of an instant: DST, early closes, weekends, 04:00 and 20:00."""

from datetime import date
from datetime import datetime
from datetime import timedelta
from zoneinfo import ZoneInfo

import exchange_calendars
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.common.calendar import EPOCH
from flows.common.sessions import day_bounds_ns
from flows.common.sessions import rth_bounds_ns
from flows.common.sessions import trade_date_and_segment

NEW_YORK = ZoneInfo("America/New_York")
SECOND_NS = 1_000_000_000


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()) * SECOND_NS


def days(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


@pytest.mark.parametrize(
    ("at", "trade_date", "segment"),
    [
        # a regular Tuesday
        ("2013-10-08T03:59:59", "2013-10-08", "closed"),
        ("2013-10-08T04:00:00", "2013-10-08", "pre"),
        ("2013-10-08T09:29:59", "2013-10-08", "pre"),
        ("2013-10-08T09:30:00", "2013-10-08", "rth"),
        ("2013-10-08T15:59:59", "2013-10-08", "rth"),
        ("2013-10-08T16:00:00", "2013-10-08", "post"),
        ("2013-10-08T19:59:59", "2013-10-08", "post"),
        ("2013-10-08T20:00:00", "2013-10-09", "closed"),
        ("2013-10-09T00:00:00", "2013-10-09", "closed"),
        # the day after Thanksgiving closes at 13:00
        ("2024-11-29T12:59:59", "2024-11-29", "rth"),
        ("2024-11-29T13:00:00", "2024-11-29", "post"),
        ("2024-11-29T19:59:59", "2024-11-29", "post"),
        # Friday evening, the weekend and Sunday evening are Monday's
        ("2024-11-29T20:00:00", "2024-12-02", "closed"),
        ("2024-11-30T12:00:00", "2024-12-02", "closed"),
        ("2024-12-01T21:00:00", "2024-12-02", "closed"),
        # a holiday is the next session's
        ("2024-11-27T20:00:00", "2024-11-29", "closed"),
        ("2024-11-28T11:00:00", "2024-11-29", "closed"),
        # the Mondays after both changes of the clock
        ("2024-03-11T09:29:59", "2024-03-11", "pre"),
        ("2024-03-11T09:30:00", "2024-03-11", "rth"),
        ("2024-03-11T04:00:00", "2024-03-11", "pre"),
        ("2024-11-04T09:29:59", "2024-11-04", "pre"),
        ("2024-11-04T16:00:00", "2024-11-04", "post"),
        ("2024-11-04T20:00:00", "2024-11-05", "closed"),
        # both hours called 01:30 of the night the clock goes back
        ("2024-11-03T01:30:00", "2024-11-04", "closed"),
    ],
)
def test_segments_of_new_york(at: str, trade_date: str, segment: str) -> None:
    assert trade_date_and_segment(ns(at)) == (days(trade_date), segment)


@pytest.mark.parametrize(
    ("day", "open_utc", "close_utc"),
    [
        ("2024-03-08", "14:30", "21:00"),
        ("2024-03-11", "13:30", "20:00"),
        ("2024-11-29", "14:30", "18:00"),
        ("2013-10-08", "13:30", "20:00"),
    ],
)
def test_regular_session_in_utc(day: str, open_utc: str, close_utc: str) -> None:
    bounds = [
        int(datetime.fromisoformat(f"{day}T{at}:00+00:00").timestamp()) * SECOND_NS
        for at in (open_utc, close_utc)
    ]
    assert list(rth_bounds_ns(days(day))) == bounds


def test_day_without_a_session_has_no_regular_bounds() -> None:
    with pytest.raises(ValueError, match="has no session"):
        rth_bounds_ns(days("2024-11-28"))


def test_last_nanosecond_of_a_segment_still_belongs_to_it() -> None:
    day = days("2013-10-08")
    open_ns, close_ns = rth_bounds_ns(day)
    start_ns, end_ns = day_bounds_ns(day)
    assert [trade_date_and_segment(at - 1)[1] for at in (start_ns, open_ns, close_ns, end_ns)] == [
        "closed",
        "pre",
        "rth",
        "post",
    ]


@given(st.integers(0, 24 * 60 * 366 * 4))
def test_bounds_and_segments_agree_with_the_exchange_calendar(minutes: int) -> None:
    calendar = exchange_calendars.get_calendar("XNYS")
    at = datetime(2021, 1, 1, tzinfo=NEW_YORK) + timedelta(minutes=minutes)
    at_ns = int(at.timestamp()) * SECOND_NS
    trade_date, segment = trade_date_and_segment(at_ns)
    label = (EPOCH + timedelta(days=trade_date)).isoformat()
    assert calendar.is_session(label)
    open_ns = calendar.session_open(label).value
    close_ns = calendar.session_close(label).value
    assert (segment == "rth") == (open_ns <= at_ns < close_ns)
    assert (segment in {"pre", "post"}) <= (at.date().isoformat() == label)
