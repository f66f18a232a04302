"""Where the market stands in event time, for those who look back at a packet later."""

from typing import Any
from typing import Final

from flows.options.followup import FollowUpMarket

NS_PER_MS: Final = 1_000_000


class MarketNow:
    """
    Newest mid of each underlying, and newest quote of each watched contract.

    Kept in step with the timers, unlike the quote histories, which run ahead to the end of a batch.
    One entry an underlying; one a watched contract, dropped when nothing watches it any more.
    """

    __slots__ = ("_max_age_ns", "_options", "_underlyings")

    def __init__(self, max_age_ms: float) -> None:
        self._max_age_ns = round(max_age_ms * NS_PER_MS)
        self._underlyings: dict[str, tuple[int, float]] = {}
        self._options: dict[str, tuple[int, float | None, float | None]] = {}

    def underlying(self, underlying_id: str, ts: int, mid: float) -> None:
        """Note the mid of an underlying, $ at ns UTC."""
        self._underlyings[underlying_id] = (ts, mid)

    def option(self, contract_id: str, ts: int, bid: float | None, ask: float | None) -> None:
        """Note the quote of a watched contract, $ at ns UTC."""
        self._options[contract_id] = (ts, bid, ask)

    def forget(self, contract_id: str) -> None:
        """Drop a contract that is no longer watched."""
        self._options.pop(contract_id, None)

    def at(self, now_ns: int, underlying_id: str, contract_id: str | None) -> FollowUpMarket:
        """
        Return the market as of a time.

        Parameters
        ----------
        now_ns : int
            ns UTC, not before anything noted.
        underlying_id : str
            Whose mid is wanted, whatever its age.
        contract_id : str | None
            Whose quote is wanted, if it is two-sided and fresh.
        """
        mid = age_ms = None
        found = self._underlyings.get(underlying_id)
        if found is not None:
            mid = found[1]
            age_ms = (now_ns - found[0]) / NS_PER_MS
        quote = None if contract_id is None else self._options.get(contract_id)
        if quote is None or now_ns - quote[0] > self._max_age_ns:
            return FollowUpMarket(mid, age_ms, None, None, None)
        _, bid, ask = quote
        if bid is None or ask is None or not 0.0 < bid <= ask:
            return FollowUpMarket(mid, age_ms, None, None, None)
        return FollowUpMarket(mid, age_ms, bid, ask, (bid + ask) / 2)

    def state(self) -> list[object]:
        """Return plain data from which `load` builds an equal object."""
        return [list(self._underlyings.items()), list(self._options.items())]

    def load(self, state: Any) -> None:  # noqa: ANN401 - decoded data
        """Replace everything by what `state` returned."""
        underlyings, options = state
        self._underlyings = {name: (ts, mid) for name, (ts, mid) in underlyings}
        self._options = {name: (ts, bid, ask) for name, (ts, bid, ask) in options}
