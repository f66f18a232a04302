"""Explanations of an inference, as a trader reads them."""

from flows.common.eastern import percent
from flows.equities.dark.config import DarkConfig
from flows.equities.dark.entry import Totals
from flows.equities.dark.event import ABSORBED_BLOCK
from flows.equities.dark.event import CONFIRMED
from flows.equities.dark.event import REJECTED
from flows.equities.dark.event import STEALTH_ACCUMULATION
from flows.equities.dark.event import Band
from flows.equities.dark.event import Event
from flows.equities.observed import MICRO


def shares_text(micro: int) -> str:
    """
    Return shares as a trader writes them.

    Examples
    --------
    >>> shares_text(12_500_000_000), shares_text(1_500_000)
    ('12,500', '1.5')
    """
    whole, rest = divmod(micro, MICRO)
    return f"{whole:,}" if not rest else f"{micro / MICRO:,.6f}".rstrip("0")


def price_text(at_e4: int) -> str:
    """
    Return a price in dollars, to the cent unless it has a part of one.

    Examples
    --------
    >>> price_text(1_000_500), price_text(1_000_525)
    ('$100.05', '$100.0525')
    """
    return f"${at_e4 / 10_000:,.4f}" if at_e4 % 100 else f"${at_e4 / 10_000:,.2f}"


def seconds_text(milliseconds: int) -> str:
    """Return a span in seconds."""
    return f"{milliseconds / 1000:g} s"


def explanations(event: Event, totals: Totals, config: DarkConfig) -> list[str]:
    """Return what an event rests on, in sentences."""
    if event.band is not None:
        return _zone(event, event.band, totals, config)
    if event.kind == ABSORBED_BLOCK:
        return _block(event, totals, config)
    return _side(event, totals, config)


def _block(event: Event, totals: Totals, config: DarkConfig) -> list[str]:
    spread = event.spread_pct
    where = "between bid and ask" if spread != 0.0 else "where bid and ask were locked"
    width = f", spread {spread:.3f}% of the mid" if spread else ""
    if "size_q99" in event.baseline:
        basis = f"99th percentile of this symbol's off-exchange sizes, floor {_floor(config)}"
    else:
        basis = "the floor, this symbol has no size baseline yet"
    return [
        f"One off-exchange (TRF) print of {shares_text(totals.micro)} shares at "
        f"{price_text(totals.low_e4)}, {where}{width}",
        f"Block threshold {event.thresholds['T_block']:,.0f} shares ({basis})",
        _follow(event, config.block_follow_ms, "absorbed", "not absorbed"),
    ]


def _floor(config: DarkConfig) -> str:
    return f"{config.block_min_shares:,}"


def _side(event: Event, totals: Totals, config: DarkConfig) -> list[str]:
    is_buy = event.kind == STEALTH_ACCUMULATION
    where = "at or near the ask and above" if is_buy else "at or near the bid and below"
    share = percent(totals.micro / (totals.micro + event.other_micro))
    if "win_mean" in event.baseline:
        dates = event.baseline["dates"]
        basis = f"usual for this half-hour over {dates:.0f} trading dates, with floors"
    else:
        basis = "the floors, this half-hour has no baseline yet"
    return [
        f"{shares_text(totals.micro)} shares in {totals.prints} off-exchange (TRF) prints {where} "
        f"within {seconds_text(config.infer_window_ms)}",
        f"{share} of the off-exchange shares that had a side in that window",
        f"Thresholds {event.thresholds['T_shares']:,.0f} shares in "
        f"{event.thresholds['T_prints']:.0f} prints ({basis})",
        _follow(event, config.side_follow_ms, "it held", "the market went against it"),
    ]


def _follow(event: Event, after_ms: int, confirmed: str, rejected: str) -> str:
    after = seconds_text(after_ms)
    if event.follow_through_bps is None:
        return f"Not judged yet: the mid {after} later decides"
    moved = f"The mid moved {event.follow_through_bps:+.1f} bps in the {after} after it"
    said = {CONFIRMED: confirmed, REJECTED: rejected}.get(event.status)
    return moved if said is None else f"{moved}: {said}"


def _zone(event: Event, band: Band, totals: Totals, config: DarkConfig) -> list[str]:
    low, high = band.low_row * band.row_e4, (band.high_row + 1) * band.row_e4
    minutes = config.zone_window_ms // 60_000
    share = percent(totals.micro / event.other_micro) if event.other_micro else "0%"
    below = band.touches - band.from_above
    return [
        f"{shares_text(totals.micro)} off-exchange (TRF) shares in {totals.prints} prints between "
        f"{price_text(low)} and {price_text(high)} within {minutes} minutes",
        f"{share} of all shares traded in that band",
        f"The lit price came back {band.touches} times ({band.from_above} from above, {below} from "
        f"below) and turned within {seconds_text(config.touch_hold_ms)} in {percent(band.hold)} "
        "of them",
        f"Threshold {event.thresholds['T_zone']:,.0f} shares",
    ]
