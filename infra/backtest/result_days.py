"""What a backtest found by session and by size of return, as plain records."""

import msgspec


class DayHorizon(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a session's alerts did up to one horizon.

    Parameters
    ----------
    horizon : str
        One of `HORIZONS`.
    known_n, hits : int
        Bullish and bearish alerts with a return, and those that went their way.
    hit_rate, mean_bps : float | None
        Share of hits, and mean change the alerts' way; null without any.
    base_n : int
        Those that have base samples too.
    base_hit_rate : float | None
        Mean of their own base rates; null without any.
    lift : float | None
        Their mean hit less own base rate, shares; null without any.
    """

    horizon: str
    known_n: int
    hits: int
    hit_rate: float | None
    mean_bps: float | None
    base_n: int
    base_hit_rate: float | None
    lift: float | None


class DayResult(msgspec.Struct, frozen=True, kw_only=True):
    """
    A session with a decision.

    Parameters
    ----------
    session : str
        ISO date.
    alerts, directed : int
        Alerts of it, and the bullish and bearish ones among them.
    horizons : tuple of DayHorizon
        In the order of `HORIZONS`.
    """

    session: str
    alerts: int
    directed: int
    horizons: tuple[DayHorizon, ...]


class ReturnDistribution(msgspec.Struct, frozen=True, kw_only=True):
    """
    Changes of the mid up to one horizon, positive the alert's way.

    Parameters
    ----------
    horizon : str
        One of `HORIZONS`.
    n : int
        Bullish and bearish alerts with a return.
    base_n, base_samples : int
        Those of them that have base samples, and the samples behind them.
    edges : tuple of float
        Of the bins, bps, ascending, 0 among them; empty without alerts. A bin holds its upper
        edge; the outer ones hold what lies beyond as well.
    counts : tuple of int
        Alerts by bin.
    base_shares : tuple of float
        Share of base samples by bin, each alert's own samples with the weight of one alert; empty
        where there are none.
    p05, p25, p50, p75, p95 : float | None
        Quantiles of the alerts' changes, bps; null without alerts.
    """

    horizon: str
    n: int
    base_n: int
    base_samples: int
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    base_shares: tuple[float, ...] = ()
    p05: float | None = None
    p25: float | None = None
    p50: float | None = None
    p75: float | None = None
    p95: float | None = None
