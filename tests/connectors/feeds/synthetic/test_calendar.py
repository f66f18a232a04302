"""Sessions and expiries of the synthetic market."""

from datetime import date
from datetime import datetime

import pytest

from connectors.feeds.synthetic.calendar import event_date
from connectors.feeds.synthetic.calendar import expiry_near
from connectors.feeds.synthetic.calendar import is_session
from connectors.feeds.synthetic.calendar import session_before
from connectors.feeds.synthetic.calendar import trade_date


def at(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}-04:00").timestamp()) * 1_000_000_000


def days(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("now", "dte", "wanted"),
    [
        ("2025-06-02T10:30", 0, "2025-06-02"),
        ("2025-06-02T10:30", 1, "2025-06-03"),
        ("2025-06-02T10:30", 14, "2025-06-16"),
        ("2025-06-02T10:30", 5, "2025-06-06"),  # a Saturday: Friday is nearer than Monday
        ("2025-06-06T10:30", 1, "2025-06-06"),  # Friday: rather today than in three days
        ("2025-06-06T15:45", 0, "2025-06-09"),  # about to settle
        ("2025-06-10T10:30", 9, "2025-06-20"),  # Juneteenth
        ("2025-06-07T10:30", 0, "2025-06-09"),  # Saturday
    ],
)
def test_expiry_is_the_nearest_that_lives(now: str, dte: int, wanted: str) -> None:
    assert expiry_near(at(now), dte) == days(wanted)


def test_sessions_before_skip_weekends_and_holidays() -> None:
    assert session_before(days("2025-06-02")) == days("2025-05-30")
    assert session_before(days("2025-06-20"), 2) == days("2025-06-17")
    assert not is_session(days("2025-06-19"))


@pytest.mark.parametrize(
    ("now", "wanted"),
    [("2025-06-02T10:30", "2025-06-04"), ("2025-06-05T10:30", "2025-06-06"),
     ("2025-06-06T10:30", "2025-06-09")],
)  # fmt: skip
def test_event_falls_on_a_session_within_days(now: str, wanted: str) -> None:
    assert event_date(at(now), 2) == days(wanted)


def test_evening_belongs_to_the_next_session() -> None:
    assert trade_date(at("2025-06-06T21:00")) == days("2025-06-09")
