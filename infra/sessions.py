"""Sessions of the exchange, for whoever may not import the flows."""

from datetime import UTC
from datetime import datetime

import msgspec

from flows.common.calendar import EASTERN
from flows.common.calendar import EPOCH
from flows.common.calendar import NS_PER_S
from flows.common.calendar import OPEN_MINUTE
from flows.common.calendar import eastern_ns
from flows.common.calendar import first_session_at_or_after
from flows.common.calendar import last_session_at_or_before
from flows.common.calendar import session_close_ns
from flows.common.sessions import CLOSED
from flows.common.sessions import trade_date_and_segment


class Session(msgspec.Struct, frozen=True, order=True):
    """
    One regular session.

    Parameters
    ----------
    days : int
        Its date, days since 1970-01-01.
    open_ns, close_ns : int
        ns UTC; the close is earlier on half days.
    """

    days: int
    open_ns: int
    close_ns: int

    @property
    def date(self) -> str:
        """The date as `YYYY-MM-DD`."""
        return EPOCH.fromordinal(EPOCH.toordinal() + self.days).isoformat()


def is_session_open(at_ns: int) -> bool:
    """Return whether an instant (ns UTC) lies in a session, 04:00 to 20:00 New York."""
    return trade_date_and_segment(at_ns)[1] != CLOSED


def session_date(at_ns: int) -> int:
    """Return the trading date an instant (ns UTC) belongs to, in days since 1970-01-01."""
    return trade_date_and_segment(at_ns)[0]


def eastern_days(at_ns: int) -> int:
    """Return the date in New York of an instant, ns UTC, as days since 1970-01-01."""
    return (datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(EASTERN).date() - EPOCH).days


def _session(days: int) -> Session:
    close_ns = session_close_ns(days)
    # Beyond the years of the calendar a date closes with its last minute.
    end_ns = eastern_ns(days, 24 * 60 - 1) if close_ns is None else close_ns
    return Session(days, eastern_ns(days, OPEN_MINUTE), end_ns)


def session_at(at_ns: int) -> Session:
    """Return the session of the date in New York of an instant; on a day off the next one."""
    return _session(first_session_at_or_after(eastern_days(at_ns)))


def session_up_to(at_ns: int) -> Session:
    """Return the session of the date in New York of an instant; on a day off the last one."""
    return _session(last_session_at_or_before(eastern_days(at_ns)))


def next_session(session: Session, count: int = 1) -> Session:
    """Return the session `count` sessions later; earlier when negative."""
    days = session.days
    for _ in range(abs(count)):
        days = (
            first_session_at_or_after(days + 1)
            if count > 0
            else last_session_at_or_before(days - 1)
        )
    return _session(days)


def sessions_between(first: Session, last: Session) -> list[Session]:
    """Return the sessions from one to another, both included."""
    found = [first]
    while found[-1].days < last.days:
        found.append(next_session(found[-1]))
    return found
