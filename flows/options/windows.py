"""Where a window of event time ends."""

from typing import Final

from flows.options.contracts import trade_date_and_session

NS_PER_MINUTE: Final = 60_000_000_000


def window_end(start_ns: int, span_ns: int, root: str) -> int:
    """
    Return start + span, cut to the session: its parts change on whole minutes only.

    Parameters
    ----------
    start_ns, span_ns : int
        ns UTC, ns.
    root : str
        Whose session it is.

    Returns
    -------
    int
        The last instant that belongs to the window.
    """
    end_ns = start_ns + span_ns
    minute = end_ns // NS_PER_MINUTE
    if minute != start_ns // NS_PER_MINUTE and trade_date_and_session(
        start_ns, root
    ) != trade_date_and_session(end_ns, root):
        return minute * NS_PER_MINUTE - 1
    return end_ns
