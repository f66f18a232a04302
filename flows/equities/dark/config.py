"""Configuration of the off-exchange inference."""

from typing import Final

import msgspec

from flows.errors import MisconfiguredFlow

DARK_POLICY: Final = "dark.policy.v1"
HALF_HOUR_MS: Final = 1_800_000

# Field, environment variable, least and greatest value.
_RANGES: Final = (
    ("infer_window_ms", "DARK_INFER_WINDOW_MS", 1_000, 600_000),
    ("infer_cooldown_ms", "DARK_INFER_COOLDOWN_MS", 0, 3_600_000),
    ("block_min_shares", "DARK_BLOCK_MIN", 1, 100_000_000),
    ("accumulate_min_shares", "DARK_ACCUMULATE_MIN", 1, 100_000_000),
    ("accumulate_min_prints", "DARK_ACCUMULATE_PRINTS", 1, 10_000),
    ("print_min_shares", "DARK_PRINT_MIN", 1, 1_000_000),
    ("max_spread_pct", "DARK_SPREAD_MAX_PCT", 0.01, 10.0),
    ("side_share", "DARK_SIDE_SHARE", 0.5, 1.0),
    ("shares_multiple", "DARK_SHARES_MULTIPLE", 0.0, 100.0),
    ("prints_multiple", "DARK_PRINTS_MULTIPLE", 0.0, 100.0),
    ("zone_multiple", "DARK_ZONE_MULTIPLE", 0.0, 100.0),
    ("size_quantile", "DARK_SIZE_QUANTILE", 0.5, 0.9999),
    ("size_decay", "DARK_SIZE_DECAY", 0.0, 1.0),
    ("size_min_weight", "DARK_SIZE_MIN_WEIGHT", 1.0, 1e9),
    ("window_alpha", "DARK_WINDOW_ALPHA", 0.01, 1.0),
    ("window_min_dates", "DARK_WINDOW_MIN_DATES", 1, 1_000),
    ("revise_confidence", "DARK_REVISE_CONFIDENCE", 0.01, 1.0),
    ("revise_shares_ratio", "DARK_REVISE_SHARES_RATIO", 1.01, 100.0),
    ("block_follow_ms", "DARK_BLOCK_FOLLOW_MS", 1, 60_000),
    ("block_follow_bps", "DARK_BLOCK_FOLLOW_BPS", 0.0, 1_000.0),
    ("side_follow_ms", "DARK_SIDE_FOLLOW_MS", 1, 3_600_000),
    ("side_follow_bps", "DARK_SIDE_FOLLOW_BPS", 0.0, 1_000.0),
    ("follow_quote_max_age_ms", "DARK_FOLLOW_QUOTE_MAX_AGE_MS", 1, 3_600_000),
    ("evidence_max", "DARK_EVIDENCE_MAX", 1, 20),
    ("zone_min_shares", "DARK_ZONE_MIN", 1, 1_000_000_000),
    ("zone_window_ms", "DARK_ZONE_WINDOW_MS", 60_000, 14_400_000),
    ("zone_evaluate_ms", "DARK_ZONE_EVALUATE_MS", 1_000, 60_000),
    ("zone_band_bps", "DARK_ZONE_BAND_BPS", 0.1, 100.0),
    ("zone_min_prints", "DARK_ZONE_PRINTS", 1, 10_000),
    ("zone_share", "DARK_ZONE_SHARE", 0.0, 1.0),
    ("zone_min_touches", "DARK_ZONE_TOUCHES", 1, 100),
    ("zone_hold", "DARK_ZONE_HOLD", 0.0, 1.0),
    ("touch_away_ms", "DARK_TOUCH_AWAY_MS", 0, 600_000),
    ("touch_hold_ms", "DARK_TOUCH_HOLD_MS", 1, 600_000),
    ("zone_revise_ratio", "DARK_ZONE_REVISE_RATIO", 1.01, 100.0),
    ("zone_revise_ms", "DARK_ZONE_REVISE_MS", 0, 3_600_000),
    ("through_widths", "DARK_THROUGH_WIDTHS", 1, 100),
    ("through_ms", "DARK_THROUGH_MS", 0, 3_600_000),
)


class DarkConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Thresholds of what is inferred from off-exchange prints; fixed numbers of shares are floors.

    Parameters
    ----------
    infer_window_ms : int, default 60000
        Sliding window of accumulation and distribution, and length of a baseline sample; divides
        half an hour, 1,000 to 600,000.
    infer_cooldown_ms : int, default 30000
        Event time after an event in which its kind opens no second one, 0 to 3,600,000.
    block_min_shares, accumulate_min_shares : int, default 2000, 3000
        Floors of T_block and T_shares, 1 to 100,000,000 shares.
    accumulate_min_prints : int, default 4
        Floor of T_prints, 1 to 10,000.
    print_min_shares : int, default 200
        Smaller prints are not looked at, 1 to 1,000,000 shares.
    is_extended : bool, default False
        Infer before and after the regular session too.
    max_spread_pct : float, default 0.5
        Widest quote, percent of the mid, 0.01 to 10.
    side_share : float, default 0.65
        Least share of one side in the window's directed off-exchange shares, 0.5 to 1.
    shares_multiple, prints_multiple, zone_multiple : float, default 3.0, 1.5, 2.0
        T_shares per `win_mean`, T_prints per `cnt_mean`, T_zone per T_shares, 0 to 100.
    size_quantile : float, default 0.99
        Quantile of print sizes that is T_block, 0.5 to 0.9999.
    size_decay : float, default 0.8
        What a size counts at the next trading date, 0 to 1 of what it counted before.
    size_min_weight : float, default 500.0
        Weight from which the sizes are a baseline, 1 to 1e9 prints.
    window_alpha : float, default 0.2
        Weight of the newest trading date in the exponential mean, 0.01 to 1.
    window_min_dates : int, default 3
        Trading dates from which a half-hour has a baseline, 1 to 1,000.
    revise_confidence : float, default 0.10
        Gain in confidence that revises an open event, 0.01 to 1.
    revise_shares_ratio : float, default 1.5
        Growth in shares that revises an open event, 1.01 to 100.
    block_follow_ms, side_follow_ms : int, default 5000, 60000
        Time after which a block, or accumulation and distribution, are judged, 1 to 60,000 and to
        3,600,000.
    block_follow_bps, side_follow_bps : float, default 5.0, 10.0
        Move of the mid that still confirms them, 0 to 1,000 basis points.
    follow_quote_max_age_ms : int, default 60000
        Older quotes judge nothing, 1 to 3,600,000.
    evidence_max : int, default 20
        Joins named as evidence, 1 to 20; totals are exact beyond it.
    zone_min_shares : int, default 10000
        Floor of T_zone, 1 to 1,000,000,000 shares.
    zone_window_ms : int, default 1800000
        Rolling window of zones, 60,000 to 14,400,000; a multiple of `zone_evaluate_ms`.
    zone_evaluate_ms : int, default 10000
        Cadence of zones, whole seconds, 1,000 to 60,000.
    zone_band_bps : float, default 5.0
        Width of a band before it is put on a row, 0.1 to 100 basis points of price.
    zone_min_prints : int, default 8
        Least off-exchange prints in a band, 1 to 10,000.
    zone_share : float, default 0.60
        Least off-exchange share of the band's shares, 0 to 1.
    zone_min_touches : int, default 3
        Least returns of the lit price, 1 to 100.
    zone_hold : float, default 0.67
        Least share of them that turned back, rounded to two decimals, 0 to 1.
    touch_away_ms : int, default 10000
        Time away that makes a return a touch, 0 to 600,000.
    touch_hold_ms : int, default 60000
        Time in which a touch has to turn back, 1 to 600,000.
    zone_revise_ratio : float, default 1.5
        Growth in shares that revises a zone, 1.01 to 100.
    zone_revise_ms : int, default 60000
        Least time between two records of a zone, 0 to 3,600,000.
    through_widths : int, default 2
        Bands beyond a zone at which it counts as traded through, 1 to 100.
    through_ms : int, default 60000
        Time the lit price has to stay there, 0 to 3,600,000.

    Raises
    ------
    MisconfiguredFlow
        A value is out of range; the message names the environment variable.
    """

    infer_window_ms: int = 60_000
    infer_cooldown_ms: int = 30_000
    block_min_shares: int = 2_000
    accumulate_min_shares: int = 3_000
    accumulate_min_prints: int = 4
    print_min_shares: int = 200
    is_extended: bool = False
    max_spread_pct: float = 0.5
    side_share: float = 0.65
    shares_multiple: float = 3.0
    prints_multiple: float = 1.5
    zone_multiple: float = 2.0
    size_quantile: float = 0.99
    size_decay: float = 0.8
    size_min_weight: float = 500.0
    window_alpha: float = 0.2
    window_min_dates: int = 3
    revise_confidence: float = 0.10
    revise_shares_ratio: float = 1.5
    block_follow_ms: int = 5_000
    block_follow_bps: float = 5.0
    side_follow_ms: int = 60_000
    side_follow_bps: float = 10.0
    follow_quote_max_age_ms: int = 60_000
    evidence_max: int = 20
    zone_min_shares: int = 10_000
    zone_window_ms: int = 1_800_000
    zone_evaluate_ms: int = 10_000
    zone_band_bps: float = 5.0
    zone_min_prints: int = 8
    zone_share: float = 0.60
    zone_min_touches: int = 3
    zone_hold: float = 0.67
    touch_away_ms: int = 10_000
    touch_hold_ms: int = 60_000
    zone_revise_ratio: float = 1.5
    zone_revise_ms: int = 60_000
    through_widths: int = 2
    through_ms: int = 60_000

    def __post_init__(self) -> None:
        for field, variable, least, greatest in _RANGES:
            value = getattr(self, field)
            if not least <= value <= greatest:
                msg = f"{variable} is {value}, expected {least} to {greatest}"
                raise MisconfiguredFlow(msg)
        if HALF_HOUR_MS % self.infer_window_ms:
            msg = f"DARK_INFER_WINDOW_MS is {self.infer_window_ms}, expected a divisor of 1800000"
            raise MisconfiguredFlow(msg)
        if self.zone_evaluate_ms % 1_000:
            msg = f"DARK_ZONE_EVALUATE_MS is {self.zone_evaluate_ms}, expected whole seconds"
            raise MisconfiguredFlow(msg)
        if self.zone_window_ms % self.zone_evaluate_ms:
            msg = (
                f"DARK_ZONE_WINDOW_MS is {self.zone_window_ms}, "
                f"expected a multiple of {self.zone_evaluate_ms}"
            )
            raise MisconfiguredFlow(msg)
