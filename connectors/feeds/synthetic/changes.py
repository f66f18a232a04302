"""What can be changed of a synthetic market while it runs."""

from collections.abc import Sequence
from typing import Final
from typing import Protocol

import msgspec

from connectors.errors import MisconfiguredConnector
from connectors.feeds.synthetic.config import MODES
from connectors.feeds.synthetic.config import ModeRates
from connectors.feeds.synthetic.scenarios.catalog import SCENARIOS

MAX_FACTOR: Final = 10.0
MAX_FOCUS: Final = 20
# How many times as often a focused underlying is traded.
FOCUS_WEIGHT: Final = 8.0


class MarketSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How lively a market is.

    Parameters
    ----------
    mode : str
        Of options, and of which stocks there are: `realistic`, `active` or `firehose`.
    equities_mode : str
        Of trades in stocks; empty for a market in which they are quoted only.
    prints_factor, quotes_factor, scenarios_factor : float
        Multiples of the mode's background prints, option quotes and scenarios, 0 to 10.
    focus : tuple of str
        Underlyings in which options trade eight times as often, and scenarios are played where
        they suit.

    Raises
    ------
    MisconfiguredConnector
        A value is out of range.
    """

    mode: str
    equities_mode: str = ""
    prints_factor: float = 1.0
    quotes_factor: float = 1.0
    scenarios_factor: float = 1.0
    focus: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        modes = ", ".join(MODES)
        _expect(self.mode in MODES, "mode", self.mode, modes)
        is_mode = not self.equities_mode or self.equities_mode in MODES
        _expect(is_mode, "equities_mode", self.equities_mode, modes)
        for name in ("prints_factor", "quotes_factor", "scenarios_factor"):
            value = getattr(self, name)
            _expect(0.0 <= value <= MAX_FACTOR, name, value, f"0 to {MAX_FACTOR:g}")
        _expect(len(self.focus) <= MAX_FOCUS, "focus", len(self.focus), f"at most {MAX_FOCUS}")

    @property
    def rates(self) -> ModeRates:
        """Rates of the mode, multiplied."""
        base = MODES[self.mode]
        return msgspec.structs.replace(
            base,
            prints_per_s=base.prints_per_s * self.prints_factor,
            surge_prints=round(base.surge_prints * self.prints_factor),
            quotes_per_s=base.quotes_per_s * self.quotes_factor,
            bursts_per_min=base.bursts_per_min * self.scenarios_factor,
        )


class MarketChange(msgspec.Struct, frozen=True, kw_only=True):
    """
    A change at the beginning of a tick.

    Parameters
    ----------
    settings : MarketSettings
        From then on.
    inject : str
        Scenario that is begun once, after its lead of 5 or 61 s; empty for none.
    inject_symbol : str
        Its underlying; empty for any that suits and is free.

    Raises
    ------
    MisconfiguredConnector
        There is no such scenario.
    """

    settings: MarketSettings
    inject: str = ""
    inject_symbol: str = ""

    def __post_init__(self) -> None:
        is_known = not self.inject or self.inject in SCENARIOS
        _expect(is_known, "scenario", self.inject, ", ".join(SCENARIOS))


class Changes(Protocol):
    """Where a market's changes come from."""

    def due(self, tick: int, at_ns: int) -> Sequence[MarketChange]:
        """Return what changes with a tick, which begins at a market time (ns UTC)."""
        ...

    def note(self, tick: int, at_ns: int, change: MarketChange, why_not: str) -> None:
        """Take note, before the tick's records, of a change made; or of why it was not."""
        ...


class RecordedChanges:
    """
    The changes a session is known to have had: with them it comes out the same again.

    Parameters
    ----------
    changes : sequence of (tick, MarketChange)
        In the order they were made.
    """

    def __init__(self, changes: Sequence[tuple[int, MarketChange]]) -> None:
        self._by_tick: dict[int, list[MarketChange]] = {}
        for tick, change in changes:
            self._by_tick.setdefault(tick, []).append(change)

    def due(self, tick: int, at_ns: int) -> Sequence[MarketChange]:
        """Return what changed with a tick."""
        del at_ns
        return self._by_tick.get(tick, ())

    def note(self, tick: int, at_ns: int, change: MarketChange, why_not: str) -> None:
        """Do nothing: it is known."""


def _expect(is_right: bool, what: str, value: object, expected: str) -> None:
    if not is_right:
        msg = f"{what} of the synthetic market is {value!r}, expected {expected}"
        raise MisconfiguredConnector(msg)
