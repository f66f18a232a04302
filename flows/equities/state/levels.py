"""Value areas and low-volume nodes of the sessions a price is compared with."""

from typing import Final

import msgspec

from flows.common.prices import price_e4
from flows.common.sessions import trade_date_and_segment
from flows.equities.observed import MICRO
from schemas.records import EquityProfile

SESSION: Final = "session"
COMPOSITE: Final = "composite"
DATES_KEPT: Final = 4
_RTH_SUFFIX: Final = "-rth"


class Levels(msgspec.Struct, frozen=True, gc=False):
    """
    What is kept of a profile.

    Parameters
    ----------
    trade_date : int
        Days since 1970-01-01; of a composite its last session.
    profile_id : str
        `trace_id` of the profile.
    window_start : int
        ns UTC.
    ingest_ts : int
        Of the profile.
    closed : bool
        The session is over.
    poc_e4, vah_e4, val_e4 : int
        1/10,000 dollar.
    total_micro : int
        Volume in 1/1,000,000 share.
    row_e4 : int
        Height of a row, 1/10,000 dollar.
    lvns_e4 : tuple of int
        Low-volume nodes, 1/10,000 dollar.
    """

    trade_date: int
    profile_id: str
    window_start: int
    ingest_ts: int
    closed: bool
    poc_e4: int
    vah_e4: int
    val_e4: int
    total_micro: int
    row_e4: int
    lvns_e4: tuple[int, ...]


def is_regular_session(profile: EquityProfile) -> bool:
    """Return whether a profile is that of a regular session, developing or closed."""
    return profile.window == SESSION and profile.trace_id.endswith(_RTH_SUFFIX)


def composite_sessions(profile: EquityProfile) -> int | None:
    """Return how many sessions a profile is made of; null when it is no composite."""
    if profile.window != COMPOSITE:
        return None
    count = profile.trace_id.rpartition(":")[2].partition("-")[0]
    return int(count) if count.isdecimal() else None


def levels_of(profile: EquityProfile) -> Levels | None:
    """Return what is kept of a profile; null when it holds no volume and so no levels."""
    if profile.poc is None or profile.vah is None or profile.val is None:
        return None
    # The end of a window lies outside it.
    day_of = profile.window_start if profile.window == SESSION else profile.window_end - 1
    return Levels(
        trade_date_and_segment(day_of)[0],
        profile.trace_id,
        profile.window_start,
        profile.ingest_ts,
        profile.closed,
        price_e4(profile.poc),
        price_e4(profile.vah),
        price_e4(profile.val),
        round(profile.total_volume * MICRO),
        profile.row_e4,
        tuple([price_e4(node) for node in profile.lvns]),
    )


class SessionLevels:
    """The newest profile of each of the last regular sessions."""

    def __init__(self) -> None:
        self._dates: dict[int, Levels] = {}

    def take(self, profile: EquityProfile) -> bool:
        """Take a profile and return whether it was one of a regular session."""
        if not is_regular_session(profile):
            return False
        levels = levels_of(profile)
        if levels is None:
            # Every print of the session was cancelled.
            self._dates.pop(trade_date_and_segment(profile.window_start)[0], None)
            return True
        self._dates[levels.trade_date] = levels
        if len(self._dates) > DATES_KEPT:
            del self._dates[min(self._dates)]
        return True

    def developing(self, trade_date: int) -> Levels | None:
        """Return the profile of a date's own session."""
        return self._dates.get(trade_date)

    def previous(self, trade_date: int) -> Levels | None:
        """Return the profile of the newest closed session before a date."""
        found = [d for d, each in self._dates.items() if d < trade_date and each.closed]
        return self._dates[max(found)] if found else None

    def state(self) -> list[Levels]:
        """Return the profiles as plain data."""
        return [self._dates[date] for date in sorted(self._dates)]

    def load(self, state: list[Levels]) -> None:
        """Take over a state."""
        self._dates = {each.trade_date: each for each in state}


def area_in_force(
    developing: Levels | None,
    previous: Levels | None,
    at_ns: int,
    needed: tuple[int, float],
) -> Levels | None:
    """
    Choose the value area a price is compared with.

    Parameters
    ----------
    developing, previous : Levels | None
        Today's session so far, and the session before.
    at_ns : int
        ns UTC.
    needed : tuple[int, float]
        ns the developing session must have lasted, and % of the previous session's volume it
        must hold.

    Returns
    -------
    Levels | None
        Null while there is no previous session and the developing one is too short.

    Notes
    -----
    Source: equities specification, 12.
    """
    age_ns, volume_pct = needed
    if developing is None or at_ns - developing.window_start < age_ns:
        return previous
    if previous is None or developing.total_micro * 100 >= volume_pct * previous.total_micro:
        return developing
    return previous
