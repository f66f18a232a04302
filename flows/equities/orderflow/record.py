"""Order flow as records."""

from typing import Final

import msgspec

from flows.equities.orderflow.config import BUCKET_NS
from flows.equities.orderflow.config import ORDER_FLOW_POLICY
from flows.equities.orderflow.config import SNAPSHOT_NS
from flows.equities.orderflow.minutes import MinuteFlow
from flows.equities.orderflow.minutes import pressures
from flows.equities.orderflow.minutes import shares
from flows.equities.stage import Desk
from schemas.records import Aggression
from schemas.records import EquityOrderFlow

ORDER_FLOW_VERSION: Final = "equities.order-flow.v1"
SNAPSHOT: Final = "1s"
BUCKET: Final = "1m"

_INTERVAL_MS: Final = {SNAPSHOT: 1_000, BUCKET: 60_000}
_INTERVAL_NS: Final = {SNAPSHOT: SNAPSHOT_NS, BUCKET: BUCKET_NS}


class Header(msgspec.Struct, frozen=True, gc=False):
    """
    What a record says about itself.

    Parameters
    ----------
    source_ts : int
        Boundary at which it became knowable, ns UTC.
    ingest_ts, seq : int
        Greatest receipt of the prints and cancels seen so far, and the last one's sequence.
    revision : int
        0, 1, 2, …
    session : str
        Segment of the window.
    config_hash : str
        8 hex digits over the effective thresholds.
    """

    source_ts: int
    ingest_ts: int
    seq: int
    revision: int
    session: str
    config_hash: str


def record_of(
    desk: Desk,
    window: str,
    header: Header,
    flow: MinuteFlow,
    aggression: tuple[Aggression, ...],
) -> EquityOrderFlow:
    """
    Build a record of a window, `1s` or `1m`.

    Parameters
    ----------
    desk : Desk
        Whose prints they are.
    window : str
        `1s` snapshot or `1m` bucket.
    header : Header
        What the record says about itself.
    flow : MinuteFlow
        Sums of the window and up to its end.
    aggression : tuple of Aggression
        One result a preset, of the minute that ends with the window.
    """
    interval_ms = _INTERVAL_MS[window]
    start = flow.start_ns
    buy_pressure, sell_pressure = pressures(flow.buy, flow.sell)
    return EquityOrderFlow(
        header.source_ts,
        header.ingest_ts,
        header.seq,
        f"orderflow:{desk.source}:{desk.underlying_id}:{interval_ms}:{start}",
        ORDER_FLOW_VERSION,
        header.revision,
        desk.source,
        desk.underlying_id,
        interval_ms,
        window,
        start,
        start + _INTERVAL_NS[window],
        True,
        header.session,
        flow.buys,
        flow.sells,
        shares(flow.buy),
        shares(flow.sell),
        shares(flow.unknown),
        shares(flow.buy - flow.sell),
        shares(flow.cumulative),
        shares(flow.cumulative_day),
        buy_pressure,
        sell_pressure,
        aggression,
        ORDER_FLOW_POLICY,
        header.config_hash,
    )
