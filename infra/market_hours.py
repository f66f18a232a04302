"""When the market is open, for programs that may not ask a flow."""

from flows.common.sessions import CLOSED
from flows.common.sessions import trade_date_and_segment


def is_session_open(at_ns: int) -> bool:
    """Return whether an instant (ns UTC) lies in a session, 04:00 to 20:00 New York."""
    return trade_date_and_segment(at_ns)[1] != CLOSED


def session_date(at_ns: int) -> int:
    """Return the trading date an instant (ns UTC) belongs to, in days since 1970-01-01."""
    return trade_date_and_segment(at_ns)[0]
