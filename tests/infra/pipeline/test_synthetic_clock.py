"""When the synthetic market begins."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.pipeline.synthetic_clock import session_start_ns

NS = 10**9
NEW_YORK = ZoneInfo("America/New_York")


def at(text: str) -> int:
    """Return an instant of New York, ns UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()) * NS


@pytest.mark.parametrize(
    ("now", "newest", "start"),
    [
        # The exchange trades, before and after its regular session too.
        ("2025-11-20 09:30", None, "2025-11-20 09:30"),
        ("2025-11-20 04:00", None, "2025-11-20 04:00"),
        ("2025-11-20 19:59", None, "2025-11-20 19:59"),
        # Night: the session that is over; before the next one begins too.
        ("2025-11-20 20:00", None, "2025-11-20 10:00"),
        ("2025-11-21 03:59", None, "2025-11-20 10:00"),
        # Weekend and holiday.
        ("2025-11-22 15:00", None, "2025-11-21 10:00"),
        ("2025-11-24 03:00", None, "2025-11-21 10:00"),
        ("2025-11-27 12:00", None, "2025-11-26 10:00"),
        # The log has records of that session: after them.
        ("2025-11-22 15:00", "2025-11-21 11:15", "2025-11-21 11:16"),
        ("2025-11-22 15:00", "2025-11-20 15:00", "2025-11-21 10:00"),
        # Nothing of the session is left, or the log is beyond it: now.
        ("2025-11-22 15:00", "2025-11-21 15:50", "2025-11-22 15:00"),
        ("2025-11-22 15:00", "2025-11-22 14:00", "2025-11-22 15:00"),
        # A half day ends at 13:00.
        ("2025-11-29 12:00", "2025-11-28 12:30", "2025-11-28 12:31"),
        ("2025-11-29 12:00", "2025-11-28 12:50", "2025-11-29 12:00"),
    ],
)
def test_a_market_begins_where_there_is_something_to_see(
    now: str, newest: str | None, start: str
) -> None:
    newest_ns = 0 if newest is None else at(newest)

    assert session_start_ns(at(now), newest_ns) == at(start)


@given(
    st.integers(at("2025-01-01 00:00"), at("2025-12-31 00:00")), st.integers(0, 40 * 86_400 * NS)
)
def test_event_time_never_goes_back(now_ns: int, age_ns: int) -> None:
    newest_ns = now_ns - age_ns

    assert newest_ns <= session_start_ns(now_ns, newest_ns) <= now_ns
