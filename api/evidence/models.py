"""What the evidence routes answer with."""

from typing import Literal

from pydantic import Field

from api.models import Nanos
from api.models import Source
from api.models import Strict
from api.models import record_model

# Records of the chain, a model a topic; what the topics of a list have in common is their origin.
_Alert = record_model("flow.alerts")
_Hit = record_model("flow.classifier-hits")
_Money = record_model("flow.smart-money")
_Packet = record_model("flow.packets")
_Print = record_model("options.tape")
_Quote = record_model("options.nbbo")
_EquityPrint = record_model("equities.prints")
_EquityQuote = record_model("equities.quotes")
_Join = record_model("equities.joins")
_Dark = record_model("dark.inferred")
_Signal = record_model("signals")
_State = record_model("equities.state")
_OrderFlow = record_model("equities.order-flow")
_Profile = record_model("equities.profile")
_Candle = record_model("equities.candles")
_NetPremium = record_model("options.net-premium")
_Event = record_model("refdata.events")
_OpenInterest = record_model("refdata.open-interest")
_Baseline = record_model("baselines.snapshots")


class Outcome(Strict):
    """What the underlying did from an alert's first activity to a horizon."""

    horizon: Literal["5m", "30m", "close", "next_close"]
    target_ts: Nanos
    state: Literal["pending", "known", "unknown"]
    basis: Literal["candles", "tape"] | None = Field(
        description="closed one-minute bars, or mids the option tape saw; null unless known"
    )
    entry_ts: Nanos | None
    entry_price: float | None
    exit_ts: Nanos | None
    exit_price: float | None
    bps: float | None = Field(description="move of the underlying")
    signed_bps: float | None = Field(
        description="the move in the alert's direction; null without bullish or bearish"
    )


class OutcomesAnswer(Strict):
    """Outcomes of one alert."""

    alert_id: str
    underlying_id: str
    direction: str
    first_ts: Nanos
    data: list[Outcome]


class UsedBy(Strict):
    """A record that refers to the root."""

    ref: str
    kind: str
    source_ts: Nanos
    told: str | None = Field(description="its headline, classifier, profile, shape or side")


class Missing(Strict):
    """A reference without a record."""

    ref: str
    reason: Literal["not_found", "expired", "not_yet_stored"]


class Truncated(Strict):
    """A list that goes on."""

    shown: int
    total: int
    next_cursor: str | None = Field(description="parameter cursor of the next part")


class Level(Strict):
    """A price of profiles."""

    source: str
    underlying_id: str
    level_kind: str
    price: float
    profile_ids: list[str]


class Evidence(Strict):
    """A record with everything it rests on, and what refers to it."""

    root: str
    alert: _Alert | None  # type: ignore[valid-type]
    outcomes: list[Outcome]
    hits: list[_Hit]  # type: ignore[valid-type]
    smart_money: list[_Money]  # type: ignore[valid-type]
    packets: list[_Packet]  # type: ignore[valid-type]
    prints: list[_Print]  # type: ignore[valid-type]
    quotes: list[_Quote]  # type: ignore[valid-type]
    equity_prints: list[_EquityPrint]  # type: ignore[valid-type]
    equity_quotes: list[_EquityQuote]  # type: ignore[valid-type]
    joins: list[_Join]  # type: ignore[valid-type]
    dark: list[_Dark]  # type: ignore[valid-type]
    signals: list[_Signal]  # type: ignore[valid-type]
    states: list[_State]  # type: ignore[valid-type]
    order_flow: list[_OrderFlow]  # type: ignore[valid-type]
    profiles: list[_Profile]  # type: ignore[valid-type]
    candles: list[_Candle]  # type: ignore[valid-type]
    net_premium: list[_NetPremium]  # type: ignore[valid-type]
    levels: list[Level]
    news: list[dict[str, object]] = Field(description="nothing publishes news yet")
    events: list[_Event]  # type: ignore[valid-type]
    open_interest: list[_OpenInterest]  # type: ignore[valid-type]
    baselines: list[_Baseline]  # type: ignore[valid-type]
    used_by: list[UsedBy]
    links: list[tuple[str, str]] = Field(description="from a record to what it rests on")
    missing: list[Missing]
    truncated: dict[str, Truncated] = Field(description="by list")
    source: Source
