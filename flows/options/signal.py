"""Signal filter: which prints deserve attention, and why."""

import math
from functools import lru_cache
from typing import Final

from flows.options.conditions import ConditionFacts
from flows.options.config import SignalConfig

ASK_SIDES: Final = frozenset({"A", "AA"})

Decision = tuple[bool, tuple[str, ...]]


@lru_cache(maxsize=8192)
def _reasons(
    decisive: str,
    iso: bool,
    auction: bool,
    etf: bool,
    is_complex: bool,
    caveats: tuple[str, ...],
) -> tuple[str, ...]:
    tags = [decisive]
    if iso:
        tags.append("iso")
    if auction:
        tags.append("auction")
    if etf:
        tags.append("etf")
    if is_complex:
        tags.append("complex")
    tags.extend(f"caveat:{caveat}" for caveat in caveats)
    return tuple(tags)


class SignalFilter:
    """
    Keep or reject prints; the first rule that matches decides.

    Parameters
    ----------
    config : SignalConfig
        Mode and thresholds.

    Notes
    -----
    Policy `signal.policy.v1`; source: options flow specification, 4.3. It gates attention, never
    what is clustered or counted.
    """

    __slots__ = ("_keeps_all", "_max_age_ms", "_thresholds", "mode")

    def __init__(self, config: SignalConfig) -> None:
        self.mode = config.mode
        self._keeps_all = config.mode == "all"
        self._max_age_ms = config.nbbo_max_age_ms
        self._thresholds = config.thresholds()

    @property
    def base_minimum(self) -> float:
        """Premium in $ below which nothing is a signal and no packet is emitted."""
        return self._thresholds.base

    @property
    def outlier_floor(self) -> float:
        """Premium in $ below which no baseline is asked; infinite when that rule is off."""
        return self._thresholds.base / 2 if self._thresholds.relative_z > 0 else math.inf

    def side(self, geo_side: str | None, age_ms: float | None, *, weak_zero_bid: bool) -> str:
        """
        Return the side the filter goes by.

        Parameters
        ----------
        geo_side : str | None
            Placement whatever the age; null counts as MISSING.
        age_ms : float | None
            Age of the quote; unknown counts as fresh.
        weak_zero_bid : bool
            A zero bid under an ask above ten cents: never the ask side (`NONE`).
        """
        if geo_side is None:
            return "MISSING"
        if age_ms is not None and age_ms > self._max_age_ms:
            return "STALE"
        return "NONE" if weak_zero_bid and geo_side in ASK_SIDES else geo_side

    def decide(
        self,
        premium: float,
        size: int,
        facts: ConditionFacts,
        side: str,
        *,
        is_etf: bool,
        caveats: tuple[str, ...],
        premium_lz: float | None = None,
    ) -> Decision:
        """
        Return whether a print passes, and the reasons: the deciding one, then every fact tag.

        Parameters
        ----------
        premium : float
            $.
        size : int
            Contracts.
        facts : ConditionFacts
            Its condition.
        side : str
            From `side`.
        is_etf : bool
            The underlying is on the ETF list.
        caveats : tuple[str, ...]
            Become `caveat:` tags.
        premium_lz : float | None
            z of the log premium against the underlying's own prints; null keeps nothing.
        """
        if self._keeps_all and not facts.cancel:
            passed, decisive = True, "mode:all"
        else:
            passed, decisive = self._rule(premium, size, facts, side, is_etf, premium_lz)
        return passed, _reasons(decisive, facts.iso, facts.auction, is_etf, facts.complex, caveats)

    def _rule(
        self,
        premium: float,
        size: int,
        facts: ConditionFacts,
        side: str,
        is_etf: bool,
        premium_lz: float | None,
    ) -> tuple[bool, str]:
        limits = self._thresholds
        signal_class = facts.signal_class
        if signal_class == "no":
            return False, "reject:condition-ineligible"
        if (
            premium_lz is not None
            and 0 < limits.relative_z <= premium_lz
            and premium >= limits.base / 2
            and signal_class == "full"
        ):
            return True, "keep:baseline-outlier"
        if premium < limits.base:
            return False, "reject:min-notional"
        if premium >= limits.auto_keep:
            return True, "keep:auto-large"
        if signal_class == "ctx":
            return False, "reject:context-only"
        if signal_class == "struct":
            return True, "keep:complex-leg"
        if is_etf and premium < limits.etf:
            return False, "reject:etf-min-notional"
        if facts.iso and premium >= limits.side:
            return True, "keep:sweep-or-iso"
        return self._by_side(premium, size, facts.iso, side)

    def _by_side(self, premium: float, size: int, iso: bool, side: str) -> tuple[bool, str]:
        limits = self._thresholds
        if side in {"B", "BB"}:
            if premium < limits.side:
                return False, "reject:bid-side-min-notional"
            return True, "keep:bid-side"
        if side == "MID" and not iso:
            if premium < limits.mid:
                return False, "reject:mid-min-notional"
            return True, "keep:mid"
        if side in {"MISSING", "STALE"}:
            if premium < limits.missing:
                return False, "reject:missing-nbbo-min-notional"
            return True, "keep:missing-nbbo-large"
        if side in ASK_SIDES:
            return True, "keep:ask-side"
        if size >= limits.large_size:
            return True, "keep:large-contract-count"
        return False, "reject:no-signal-rule"
