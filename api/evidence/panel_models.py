"""What the panels' routes answer with."""

from typing import Literal

from pydantic import Field

from api.models import IsoDate
from api.models import Nanos
from api.models import Strict
from api.models import record_model

_Profile = record_model("equities.profile")


class PremiumInterval(Strict):
    """Net premium of one interval; money in dollars."""

    window_start: Nanos
    interval_ms: int
    trade_date: IsoDate
    forming: bool = Field(description="a bucket of it was still open")
    print_count: int
    call_buy: float
    call_sell: float
    put_buy: float
    put_sell: float
    call_net_premium: float = Field(description="call_buy - call_sell")
    put_net_premium: float = Field(description="put_buy - put_sell")
    call_ask_bid_net: float = Field(description="premium of calls at the ask minus at the bid")
    put_ask_bid_net: float = Field(description="premium of puts at the ask minus at the bid")
    excluded: float = Field(description="mid, complex, stock-tied, late, of unknown side")
    gross: float = Field(description="all premium")
    excluded_share: float | None = Field(description="excluded of gross; null without premium")
    call_drift: float | None = Field(
        description="sum of call_net_premium since 09:30 Eastern; null before that"
    )
    put_drift: float | None = Field(
        description="sum of put_net_premium since 09:30 Eastern; null before that"
    )


class NetPremium(Strict):
    """Series of one underlying, oldest first."""

    underlying_id: str
    interval_ms: int
    data: list[PremiumInterval]


class GridCell(Strict):
    """Premium of one strike and expiry; money in dollars."""

    expiry: IsoDate
    strike: float
    call_buy: float
    call_sell: float
    put_buy: float
    put_sell: float
    call_net_premium: float
    put_net_premium: float
    net_premium: float = Field(description="calls' net minus puts' net")
    excluded: float
    premium: float
    size: int
    print_count: int
    first_ts: Nanos
    last_ts: Nanos


class PremiumGrid(Strict):
    """Net premium by strike and expiry."""

    underlying_id: str
    start_ts: Nanos
    end_ts: Nanos
    data: list[GridCell]


class MixCount(Strict):
    """Events of one name in one interval."""

    window_start: Nanos
    name: str = Field(description="profile ('' for none), named or abstained, or severity")
    events: int
    premium: float = Field(description="dollars")


class Mix(Strict):
    """Counts by interval and name."""

    by: Literal["profile", "abstention", "severity"]
    interval_ms: int
    data: list[MixCount]


class DarkLevel(Strict):
    """Off-exchange trading in one price row."""

    price: float = Field(description="lower edge of the row")
    volume: float
    notional: float
    print_count: int
    share: float = Field(description="of all off-exchange volume in the range")
    first_ts: Nanos
    last_ts: Nanos


class DarkLevels(Strict):
    """Off-exchange trading by price, from the top; wholesalers as well as dark pools."""

    underlying_id: str
    row_e4: int
    start_ts: Nanos
    end_ts: Nanos
    data: list[DarkLevel]


class CalibrationBin(Strict):
    """Stated probability against what came."""

    low: float
    high: float
    n: int
    mean_probability: float
    hit_rate: float


class ScoreGroup(Strict):
    """Alerts that share a name; '' is all of them."""

    name: str
    alerts: int
    settled: int
    n: int = Field(description="alerts whose return to the horizon is known")
    known_share: float
    hits: int
    hit_rate: float | None
    low: float | None = Field(description="95 % Wilson interval")
    high: float | None
    base_rate: float | None = Field(description="same underlyings, same time of day, no alert")
    base_n: int
    base_samples: int
    mean_signed_bps: float | None
    is_enough: bool = Field(description="n reaches 30; below it is too small to say anything")
    oi_outcomes: dict[str, int]
    calibration: list[CalibrationBin]


class Scorecard(Strict):
    """How alerts turned out; past results, no forecast."""

    by: Literal["classifier", "profile", "score_band"]
    horizon: str
    start_ts: Nanos
    end_ts: Nanos
    overall: ScoreGroup | None
    data: list[ScoreGroup]


class ProfileAnswer(Strict):
    """Latest volume profile."""

    underlying_id: str
    window: Literal["session", "rolling", "composite"]
    data: _Profile  # type: ignore[valid-type]


class LowVolumeNode(Strict):
    """One low-volume node and how far it is."""

    price: float
    window: str
    profile_id: str
    profile_ts: Nanos
    distance: float = Field(description="dollars, above the last price positive")
    distance_bps: float | None


class LowVolumeNodes(Strict):
    """Low-volume nodes, the nearest first."""

    underlying_id: str
    price: float | None = Field(description="last price they are measured from")
    price_ts: Nanos | None
    data: list[LowVolumeNode]
