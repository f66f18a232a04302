"""What likely openings are remembered, so that a later unwind of one can be recognised."""

from functools import lru_cache
from typing import Any
from typing import Final

from flows.common.calendar import last_session_at_or_before
from flows.errors import FlowError

MAX_OPENINGS: Final = 8
MAX_SESSIONS: Final = 5
# Sizes within a quarter of each other count as one position.
SIZE_TOLERANCE: Final = 0.25

_OPPOSITE: Final = {"bought": "sold", "sold": "bought"}


@lru_cache(maxsize=64)
def earliest_remembered(trade_date: int) -> int:
    """Return the oldest session that still counts on a trade date: the fifth before it (days)."""
    session = trade_date
    for _ in range(MAX_SESSIONS):
        session = last_session_at_or_before(session - 1)
    return session


class HitHistory:
    """
    Remember the openings (hit 6) of each contract for five sessions, the newest eight of them.

    Notes
    -----
    A function of the hits in order; nothing is dropped but by count or by session. Contracts whose
    openings are all too old are forgotten when a later session begins. Source: options flow
    specification, 9, row 7 (d).
    """

    __slots__ = ("_newest_date", "_openings")

    def __init__(self) -> None:
        self._newest_date = 0
        self._openings: dict[str, list[tuple[int, str, int]]] = {}

    def __len__(self) -> int:
        """Return how many contracts are remembered."""
        return len(self._openings)

    def record(self, contract_id: str, trade_date: int, side: str, size: int) -> None:
        """
        Remember an opening.

        Parameters
        ----------
        contract_id : str
            The option contract.
        trade_date : int
            Session, days since 1970-01-01.
        side : str
            `bought` or `sold`; an opening of any other side has no opposite and is not kept.
        size : int
            Contracts.
        """
        if side not in _OPPOSITE:
            return
        if trade_date > self._newest_date:
            self._newest_date = trade_date
            self._forget_before(earliest_remembered(trade_date))
        openings = self._openings.setdefault(contract_id, [])
        openings.append((trade_date, side, size))
        if len(openings) > MAX_OPENINGS:
            del openings[0]

    def opposite(self, contract_id: str, trade_date: int, side: str, size: int) -> bool:
        """
        Tell whether trading a side may undo an opening of the last five sessions.

        Parameters
        ----------
        contract_id : str
            The option contract.
        trade_date : int
            Session of the trade, days since 1970-01-01; an earlier trade of the same session
            counts too.
        side : str
            `bought`, `sold` or `unknown`; an unknown side undoes nothing.
        size : int
            Contracts; at most a quarter more or less than the opening's.
        """
        openings = self._openings.get(contract_id)
        opened = _OPPOSITE.get(side)
        if openings is None or opened is None:
            return False
        earliest = earliest_remembered(trade_date)
        for opened_date, opened_side, opened_size in openings:
            if (
                opened_side == opened
                and earliest <= opened_date <= trade_date
                and abs(size - opened_size) <= SIZE_TOLERANCE * opened_size
            ):
                return True
        return False

    def _forget_before(self, earliest: int) -> None:
        self._openings = {
            contract_id: openings
            for contract_id, openings in self._openings.items()
            if openings[-1][0] >= earliest
        }

    def state(self) -> object:
        """Return the openings as plain lists, strings and numbers."""
        return [
            self._newest_date,
            [
                [contract_id, [list(opening) for opening in openings]]
                for contract_id, openings in self._openings.items()
            ],
        ]

    def load(self, state: object) -> None:
        """
        Replace what is remembered by what `state` returned, on the wire or not.

        Raises
        ------
        FlowError
            The state has another shape.
        """
        if not isinstance(state, list | tuple) or len(state) != 2:
            msg = "the history of openings has another shape; start without the recovery store once"
            raise FlowError(msg)
        plain: list[Any] = list(state)
        self._newest_date = plain[0]
        self._openings = {
            contract_id: [(date, side, size) for date, side, size in openings]
            for contract_id, openings in plain[1]
        }
