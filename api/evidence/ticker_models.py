"""What the routes of symbols answer with."""

from typing import Literal

from pydantic import Field

from api.models import IsoDate
from api.models import Nanos
from api.models import Strict

Basis = Literal["live", "stored", "prior_close", "missing"]


class Block(Strict):
    """What every block says of itself."""

    as_of: Nanos | None = Field(description="newest event it rests on; null when missing")
    basis: Basis = Field(
        description="live: within a minute of now; prior_close: of a session before; stored: else"
    )


class Price(Block):
    """A price in dollars."""

    price: float | None
    source: Literal["bars", "tape"] | None = Field(
        description="close of a one-minute bar, or mid an option print saw"
    )


class Change(Block):
    """Change against the close before."""

    change_pct: float | None


class SessionBlock(Block):
    """Regular hours of the session."""

    high: float | None
    low: float | None
    vwap: float | None
    volume: float | None
    off_exchange_share: float | None


class PremiumBlock(Block):
    """Option premium of the trade date, dollars."""

    call_premium: float | None
    put_premium: float | None
    call_net_premium: float | None
    put_net_premium: float | None
    net_premium: float | None = Field(description="calls' net minus puts' net")
    call_drift: float | None
    put_drift: float | None
    excluded: float | None


class PutCallBlock(Block):
    """Contracts of puts over those of calls."""

    put_size: float | None
    call_size: float | None
    ratio: float | None


class AlertsBlock(Block):
    """Alerts of the trade date that were not retracted."""

    count: int
    newest_id: str | None
    newest_ts: Nanos | None
    top_severity: Literal["low", "medium", "high"] | None


class TopPacket(Strict):
    """One of the packets of largest premium."""

    id: str
    total_premium: float
    total_size: int
    option_contract_id: str | None
    order_shape: str
    end_ts: Nanos


class PacketsBlock(Block):
    """Top three packets of the trade date by premium."""

    data: list[TopPacket]


class TopProfile(Strict):
    """One of the profiles of largest premium."""

    profile_id: str
    events: int
    premium: float
    probability: float = Field(description="largest of its events")
    newest_ts: Nanos


class ProfilesBlock(Block):
    """Top three profiles of the trade date by the premium of events that name them."""

    data: list[TopProfile]


class NearLevel(Strict):
    """A level near the last price."""

    kind: Literal["lvn", "hvn", "poc", "vah", "val"]
    price: float
    window: str
    profile_id: str


class LevelsBlock(Block):
    """The three nearest levels of the newest profiles."""

    data: list[NearLevel]


class ValueArea(Block):
    """Value area of the newest session profile."""

    poc: float | None
    vah: float | None
    val: float | None
    window: str | None
    profile_id: str | None


class StateBlock(Block):
    """Balance or imbalance of the auction."""

    state: str | None
    confidence: int | None
    preset: str | None
    since_ts: Nanos | None
    trace_id: str | None


class EventBlock(Block):
    """The next announced event."""

    kind: str | None
    event_ts: Nanos | None
    timing: str | None
    event_id: str | None


class HeadlinesBlock(Block):
    """Newest headlines; nothing publishes news yet."""

    data: list[str]


class TickerSummary(Strict):
    """A symbol at an instant."""

    symbol: str
    as_of: Nanos
    trade_date: IsoDate
    last: Price
    prev_close: Price
    change: Change
    session: SessionBlock
    premium: PremiumBlock
    put_call: PutCallBlock
    alerts: AlertsBlock
    packets: PacketsBlock
    profiles: ProfilesBlock
    levels: LevelsBlock
    value_area: ValueArea
    market_state: StateBlock
    next_event: EventBlock
    headlines: HeadlinesBlock


class HeatShare(Strict):
    """What one kind of event adds to the heat."""

    part: Literal["alert", "profile", "packet", "off_exchange", "news"]
    heat: float
    share: float
    events: int


class RailTicker(Strict):
    """A symbol of the rail."""

    symbol: str
    is_pinned: bool
    heat: float
    newest_ts: Nanos | None
    shares: list[HeatShare] = Field(description="the three largest")
    last: Price
    prev_close: float | None
    change_pct: float | None


class Rail(Strict):
    """Symbols, pinned ones first, then by heat."""

    as_of: Nanos
    data: list[RailTicker]


class Found(Strict):
    """A symbol or contract."""

    symbol: str
    option_contract_id: str | None
    expiry: IsoDate | None
    strike: float | None
    right: Literal["C", "P"] | None
    size: int = Field(description="contracts traded, as stored")


class SearchAnswer(Strict):
    """What matches."""

    data: list[Found]
