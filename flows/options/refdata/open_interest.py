"""Open interest of contracts, as it was known at a print."""

from collections.abc import Sequence
from typing import Any
from typing import Final
from typing import TypeAlias

from flows.options.contracts import session_before
from schemas.records import OpenInterest

# Sessions whose prints have not come yet, at most; the one first heard of goes first.
MAX_SESSIONS: Final = 64

# (published_ts, oi), and the same again for each correction, in order of publication.
_Figures: TypeAlias = tuple[int, ...]


class OpenInterestBook:
    """
    Open interest by the session it was counted after.

    A look sees what was published by then and nothing else, whatever was added since: a
    correction replaces a figure from its own publication on. Of figures published at one instant
    the last added holds.

    Notes
    -----
    Source: options flow specification, 11. O(1). Memory: prints of a newer session end the use of
    what lies behind the session before it, and at most `MAX_SESSIONS` are kept.
    """

    __slots__ = ("_before", "_newest", "_sessions", "_trade_date")

    def __init__(self) -> None:
        self._sessions: dict[int, dict[str, _Figures]] = {}
        self._newest = -1
        # The session before the trade date last asked for: prints come in runs of one date.
        self._trade_date = -1
        self._before = -1

    def add(self, record: OpenInterest) -> None:
        """Take a figure."""
        session = self._sessions.get(record.as_of_date)
        if session is None:
            session = self._sessions[record.as_of_date] = {}
            if len(self._sessions) > MAX_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
        known = session.get(record.option_contract_id)
        session[record.option_contract_id] = (
            (record.published_ts, record.oi)
            if known is None
            else _with(known, record.published_ts, record.oi)
        )

    def known(self, contract_id: str, trade_date: int, ts: int) -> tuple[int, int] | None:
        """
        Return the open interest a print may use.

        Parameters
        ----------
        contract_id : str
            The print's contract.
        trade_date : int
            Session the print belongs to, days since 1970-01-01.
        ts : int
            The print's event time, ns UTC.

        Returns
        -------
        tuple[int, int] | None
            Contracts, and the date they are as of: the session before `trade_date`. None when
            that figure was not published by `ts`; an older one is never used, nor one of the day
            itself.
        """
        if trade_date != self._trade_date:
            self._turn_to(trade_date)
        session = self._sessions.get(self._before)
        if session is None:
            return None
        figures = session.get(contract_id)
        if figures is None:
            return None
        at = len(figures) - 2
        while at >= 0:
            if figures[at] <= ts:
                return figures[at + 1], self._before
            at -= 2
        return None

    def _turn_to(self, trade_date: int) -> None:
        self._trade_date = trade_date
        self._before = session_before(trade_date)
        if trade_date > self._newest:
            self._newest = trade_date
            # A print of the session before may still come late.
            oldest = session_before(self._before)
            for as_of in [each for each in self._sessions if each < oldest]:
                del self._sessions[as_of]

    def state(self) -> list[Any]:
        """Return plain data from which `load` builds an equal book."""
        return [
            self._newest,
            [
                [as_of, [[contract_id, list(figures)] for contract_id, figures in session.items()]]
                for as_of, session in self._sessions.items()
            ],
        ]

    def load(self, state: Sequence[Any]) -> None:
        """Become what `state` came from."""
        self._newest, sessions = state
        self._trade_date = self._before = -1
        self._sessions = {
            as_of: {contract_id: tuple(figures) for contract_id, figures in session}
            for as_of, session in sessions
        }


def _with(figures: _Figures, published_ts: int, oi: int) -> _Figures:
    """Insert a figure behind those published at or before it."""
    at = len(figures)
    while at > 0 and figures[at - 2] > published_ts:
        at -= 2
    if at > 0 and figures[at - 2] == published_ts:
        return (*figures[: at - 2], published_ts, oi, *figures[at:])
    return (*figures[:at], published_ts, oi, *figures[at:])
