"""What the engine knew about the market when a packet closed, and the features it gives."""

from typing import Final

import msgspec

from flows.common.eastern import eastern_date
from flows.options.baselines.measure import NO_BASELINES
from flows.options.baselines.measure import PacketBaselines
from flows.options.refdata.calendar import NextEvent
from schemas.records import OptionsTape

EVENT_HORIZON_DAYS: Final = 21

_astuple: Final = msgspec.structs.astuple


class MarketContext(msgspec.Struct, frozen=True, gc=False):
    """
    What the engine knew about the market when a packet closed.

    Parameters
    ----------
    strike_share_60s : float | None
        This contract's share of the underlying's contracts in the trailing 60 s.
    mid_60s_before : float | None
        Mid of the underlying 60 s before the last member, $.
    sigma_bps : float | None
        Standard deviation of its one-second changes over 600 s.
    event : NextEvent | None
        Next scheduled event as known at the last member.
    expiry_after_event : bool | None
        Whether the contract expires on or after its day; null without an event.
    baselines : PacketBaselines
        Before this packet became part of them.
    outlier_size : int | None
        Size from which a print is known to be unusual for the contract; null when the largest
        print is not.
    """

    strike_share_60s: float | None
    mid_60s_before: float | None
    sigma_bps: float | None
    event: NextEvent | None = None
    expiry_after_event: bool | None = None
    baselines: PacketBaselines = NO_BASELINES
    outlier_size: int | None = None


NO_CONTEXT: Final = MarketContext(None, None, None)

EventFields = tuple[int | None, str | None, str | None, bool | None, float | None]
InterestFields = tuple[int | None, int | None, float | None, float | None, int | None]
MetricFields = tuple[
    float | None, float | None, float | None, float | None, float | None, float | None,
    float | None, int | None, str | None,
]  # fmt: skip
BaselineFields = tuple[*MetricFields, *MetricFields, *MetricFields]

NO_EVENT_FIELDS: Final[EventFields] = (None, None, None, None, None)
NO_INTEREST_FIELDS: Final[InterestFields] = (None, None, None, None, None)
NO_METRIC_FIELDS: Final[MetricFields] = _astuple(NO_BASELINES.premium)
NO_BASELINE_FIELDS: Final[BaselineFields] = (
    *NO_METRIC_FIELDS, *NO_METRIC_FIELDS, *NO_METRIC_FIELDS
)  # fmt: skip


def expires_after(expiry: int, event: NextEvent | None) -> bool | None:
    """
    Tell whether a contract still trades on the day of an event.

    Parameters
    ----------
    expiry : int
        Days since 1970-01-01.
    event : NextEvent | None
        As known; without one the answer is None.
    """
    return None if event is None else expiry >= eastern_date(event.event_ts)


def event_fields(context: MarketContext) -> EventFields:
    """
    Return the event features of a packet, null without a known event.

    Notes
    -----
    `pre_event_concentration` falls from 1 on the day to 0 three weeks before. Source: options flow
    specification, 5.3.
    """
    event = context.event
    if event is None:
        return NO_EVENT_FIELDS
    days = event.days
    near = 1.0 - days / EVENT_HORIZON_DAYS if 0 <= days <= EVENT_HORIZON_DAYS else 0.0
    return (
        days, event.event_id, event.kind, context.expiry_after_event, round(near * 1e6) / 1e6
    )  # fmt: skip


def interest_fields(row: OptionsTape, total_size: int, session_volume: int) -> InterestFields:
    """
    Return the open-interest features of a packet.

    Parameters
    ----------
    row : OptionsTape
        Last member.
    total_size, session_volume : int
        Contracts of the packet, and of the session at its end.

    Notes
    -----
    At least volume − open interest of the session's sides were openings. Source: options flow
    specification, 5.3.
    """
    oi = row.oi
    if oi is None:
        return NO_INTEREST_FIELDS
    opening = max(0, session_volume - oi)
    if oi == 0:
        return oi, row.oi_as_of, None, None, opening
    return (
        oi, row.oi_as_of, round(session_volume / oi * 1e6) / 1e6,
        round(total_size / oi * 1e6) / 1e6, opening,
    )  # fmt: skip


def baseline_fields(baselines: PacketBaselines) -> BaselineFields:
    """Return the baselines of premium, size and quoted spread, nine values each."""
    if baselines is NO_BASELINES:
        return NO_BASELINE_FIELDS
    premium: MetricFields = _astuple(baselines.premium)
    size: MetricFields = _astuple(baselines.size)
    spread: MetricFields = _astuple(baselines.spread)
    return (*premium, *size, *spread)
