from datetime import date
from datetime import timedelta

from flows.common.calendar import EPOCH
from flows.common.calendar import eastern_ns
from flows.common.calendar import session_close_ns
from infra.session_table import TABLE
from infra.session_table import closes
from infra.session_table import table


def test_table_is_what_the_calendar_library_says() -> None:
    assert TABLE.read_text(encoding="utf-8") == table()


def test_every_day_closes_when_the_calendar_library_says() -> None:
    known = closes()
    day = date(1989, 12, 1)
    while day.year <= 2100:
        days = (day - EPOCH).days
        minute = known.get(days)
        expected = None if minute is None else eastern_ns(days, minute)
        assert session_close_ns(days) == expected, day
        day += timedelta(days=1)
