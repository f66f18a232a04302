"""When the synthetic market begins: now, or in the last session while the exchange is closed."""

from typing import Final

from connectors.kafka.bounded import Start
from connectors.kafka.bounded import read_log
from infra.sessions import is_session_open
from infra.sessions import next_session
from infra.sessions import session_up_to

NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000
# Half an hour after the open: spreads and sizes are those of most of the day.
AFTER_OPEN_NS: Final = 30 * 60 * NS_PER_S
# There should be some of the session left to see.
BEFORE_CLOSE_NS: Final = 15 * 60 * NS_PER_S
# The flows' clocks have gone on since the newest record; what begins later than they is not late.
AFTER_NEWEST_NS: Final = 60 * NS_PER_S
NEWEST: Final = Start("offset", -1)
MARKET: Final = ("equities.prints", "equities.quotes", "options.nbbo", "options.prints")


def newest_event_ns(brokers: str) -> int:
    """
    Return the event time of the newest print or quote of the log, ns UTC; 0 for an empty log.

    A record of ours is stamped with its event time, so none has to be decoded.

    Raises
    ------
    MisconfiguredConnector
        A topic is missing.
    TransientConnector
        The broker does not answer.
    """
    stamps = [each.timestamp_ms for name in MARKET for each in read_log(brokers, name, NEWEST)]
    return max(stamps, default=0) * NS_PER_MS


def session_start_ns(now_ns: int, newest_ns: int) -> int:
    """
    Return the event time a market that is watched now should begin at, ns UTC.

    While the exchange trades, 04:00 to 20:00 New York, that is now. Nights and days off have no
    bars, levels or off-exchange inference, so a market of such hours would show half of the
    platform: it begins in the last session instead, half an hour after the open, or a minute after
    the newest record of the log. Event time never goes back: where that session is (nearly) over
    in the log, it is now all the same.

    Parameters
    ----------
    now_ns : int
        Wall time, ns UTC.
    newest_ns : int
        Newest event time of the log, ns UTC; 0 for an empty one.
    """
    if is_session_open(now_ns):
        return now_ns
    session = session_up_to(now_ns)
    if session.close_ns > now_ns:
        session = next_session(session, -1)
    start_ns = max(session.open_ns + AFTER_OPEN_NS, newest_ns + AFTER_NEWEST_NS)
    return start_ns if start_ns <= session.close_ns - BEFORE_CLOSE_NS else now_ns
