"""Aggressive flow as an alert."""

from typing import Final

from flows.equities.alert_draft import AlertDraft
from flows.equities.orderflow.aggression import BUY
from flows.equities.orderflow.aggression import MAX_SCORE
from flows.equities.orderflow.aggression import PRESETS
from flows.equities.orderflow.aggression import SELL
from flows.equities.orderflow.aggression import AggressionInputs
from flows.equities.orderflow.aggression import score_parts
from flows.equities.orderflow.config import BUCKET_NS
from flows.equities.orderflow.record import SNAPSHOT
from schemas.records import EquityOrderFlow
from schemas.records import EvidenceRef

AGGRESSIVE_KIND: Final = "flow.aggressive"
AGGRESSIVE_COOLDOWN_S: Final = 60.0

_BIAS: Final = {BUY: "bullish", SELL: "bearish"}
_SIDE: Final = {BUY: "Aggressive buying", SELL: "Aggressive selling"}


def alert_of(flow: EquityOrderFlow, previous: EquityOrderFlow | None) -> AlertDraft | None:
    """
    Return an alert when flow has become aggressive.

    Parameters
    ----------
    flow : EquityOrderFlow
        Record just made; buckets of a minute never alert.
    previous : EquityOrderFlow | None
        The snapshot before it of the same underlying; null when there is none.

    Returns
    -------
    AlertDraft | None
        Null unless the first preset says aggressive, and did not in the previous snapshot. A
        snapshot knows its own second's prints and not those of the trailing minute that was
        scored, so notional, shares and prints are 0.

    Notes
    -----
    Source: equities specification, 15.
    """
    if flow.window != SNAPSHOT or not flow.aggression or not flow.aggression[0].is_aggressive:
        return None
    if previous is not None and previous.aggression and previous.aggression[0].is_aggressive:
        return None
    found = flow.aggression[0]
    inputs = AggressionInputs(
        found.volume_ratio, found.cvd_momentum, found.buy_pressure, found.sell_pressure
    )
    parts = score_parts(PRESETS[found.preset], inputs)
    pressure = max(found.buy_pressure, found.sell_pressure)
    components = (
        ("volume", found.volume_ratio, float(parts.volume)),
        ("sides", pressure, float(parts.sides)),
        ("momentum", abs(found.cvd_momentum), float(parts.momentum)),
        ("pressure", pressure, float(parts.pressure)),
    )
    headline = (
        f"{_SIDE.get(found.direction, 'Aggressive two-sided trading')} in {flow.underlying_id}: "
        f"delta {found.cvd_momentum:+,.0f} shares, {found.buy_pressure:.0f}% buy, "
        f"volume {found.volume_ratio:.1f}× the mean minute"
    )
    why = [found.message]
    if found.conflict:
        why.append("Pressure and momentum point in opposite directions")
    return AlertDraft(
        kind=AGGRESSIVE_KIND,
        key=found.direction,
        cooldown_s=AGGRESSIVE_COOLDOWN_S,
        subject=flow.trace_id,
        state="open",
        score=found.score,
        direction=_BIAS.get(found.direction, "neutral"),
        headline=headline,
        why=tuple(why),
        components=components,
        details={
            "preset": found.preset,
            "direction": found.direction,
            "label": found.label,
            "volume_ratio": f"{found.volume_ratio:.6f}",
            "cvd_momentum": f"{found.cvd_momentum:.6f}",
            "buy_pressure": f"{found.buy_pressure:.6f}",
            "sell_pressure": f"{found.sell_pressure:.6f}",
            "message": found.message,
        },
        refs=(EvidenceRef("order_flow", flow.trace_id, "anchor"),),
        first_ts=flow.window_end - BUCKET_NS,
        last_ts=flow.window_end,
        ts=flow.source_ts,
        ingest_ts=flow.ingest_ts,
        seq=flow.seq,
        notional=0.0,
        shares=0,
        prints=0,
        confidence=found.score / MAX_SCORE,
    )
