"""Everything the equities engine is told."""

import hashlib
from typing import Final

import msgspec

from flows.equities.candles.config import CandleConfig
from flows.equities.dark.config import DarkConfig
from flows.equities.join.config import JoinConfig
from flows.equities.orderflow.config import OrderFlowConfig
from flows.equities.profile.config import ProfileConfig
from flows.equities.signals.config import SignalConfig
from flows.equities.signals.definitions import Strategy
from flows.equities.state.config import LvnConfig
from flows.equities.state.config import StateConfig
from flows.errors import MisconfiguredFlow

MAX_CORRECTION_INDEX: Final = 100_000_000


class CorrectionConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    How much is kept for cancels and late reports.

    Parameters
    ----------
    index_max : int, default 2000000
        Prints of a partition that can still be cancelled, 52 bytes each, 1,000 to 100,000,000;
        beyond, the oldest are forgotten first (`CORRECTION_INDEX_MAX`).
    """

    index_max: int = 2_000_000

    def __post_init__(self) -> None:
        if not 1_000 <= self.index_max <= MAX_CORRECTION_INDEX:
            msg = (
                f"CORRECTION_INDEX_MAX is {self.index_max}, expected 1000 to {MAX_CORRECTION_INDEX}"
            )
            raise MisconfiguredFlow(msg)


class EquitiesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Everything the equities engine is told.

    Parameters
    ----------
    join, candles, orderflow, profile, dark, state, lvn, signals, corrections
        One part per stage.
    sources : tuple of str
        Sources whose prints are aggregated; one that ends in `-` stands for all that begin so.
        None: every source.
    strategies : tuple of Strategy
        What makes signals.
    """

    join: JoinConfig = JoinConfig()
    candles: CandleConfig = CandleConfig()
    orderflow: OrderFlowConfig = OrderFlowConfig()
    profile: ProfileConfig = ProfileConfig()
    dark: DarkConfig = DarkConfig()
    state: StateConfig = StateConfig()
    lvn: LvnConfig = LvnConfig()
    signals: SignalConfig = SignalConfig()
    corrections: CorrectionConfig = CorrectionConfig()
    sources: tuple[str, ...] = ()
    strategies: tuple[Strategy, ...] = ()

    @property
    def config_hash(self) -> str:
        """Return 8 hex digits over the effective thresholds, strategies included."""
        parts = msgspec.to_builtins(self)
        # What memory is spent, and whose prints are counted, changes no result.
        for name in ("corrections", "sources"):
            del parts[name]
        text = msgspec.json.encode(parts, order="sorted")
        return hashlib.blake2b(text, digest_size=4).hexdigest()

    def is_own(self, source: str) -> bool:
        """Return whether the prints of a source are aggregated."""
        return not self.sources or any(
            source.startswith(own) if own.endswith("-") else source == own for own in self.sources
        )
