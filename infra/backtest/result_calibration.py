"""What a backtest found about stated probabilities, as plain records."""

import msgspec


class CalibrationBin(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts whose stated probability lies in [low, high), and the share of them that hit."""

    low: float
    high: float
    n: int
    mean_probability: float
    hit_rate: float
    wilson_low: float
    wilson_high: float


class CalibrationResult(msgspec.Struct, frozen=True, kw_only=True):
    """
    How far stated probabilities lie from what came.

    Parameters
    ----------
    horizon : str
        One of `HORIZONS`.
    n : int
        Bullish and bearish alerts with a return.
    ece : float | None
        Expected calibration error; null without alerts.
    brier : float | None
        Mean squared distance of probability and hit; null without alerts.
    base_n : int
        Alerts that have a base rate.
    brier_base : float | None
        The same for stating each alert's base rate instead, over those.
    bins : tuple of CalibrationBin
        Those that are not empty, ascending.
    is_evidence : bool
        Whether n reaches 30.
    """

    horizon: str
    n: int
    ece: float | None
    brier: float | None
    brier_base: float | None
    base_n: int
    bins: tuple[CalibrationBin, ...]
    is_evidence: bool
