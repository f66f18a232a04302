"""Packet features: what the members of a packet measure together."""

import math
from collections.abc import Container
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from flows.options.aggressor import Verdict
from flows.options.market_context import MarketContext
from flows.options.market_context import baseline_fields
from flows.options.market_context import event_fields
from flows.options.market_context import interest_fields
from flows.options.placements import Placed
from flows.options.tape import Member
from schemas.records import PacketFeatures

NS_PER_MS: Final = 1e6
BLOCK_SIZE: Final = 500
SMALL_BLOCK_SIZE: Final = 100
RETAIL_CODES: Final = frozenset({"a", "b"})
RETAIL_SIZE: Final = 10


def _median(values: list[float]) -> float:
    values.sort()
    half = len(values) // 2
    if len(values) & 1:
        return values[half]
    return (values[half - 1] + values[half]) / 2


def _prices(
    members: Sequence[Member],
) -> tuple[float | None, float | None, float | None, int, float]:
    value_e4 = size = largest = 0
    premiums: list[float] = []
    first: float | None = None
    last: float | None = None
    for member in members:
        if member.facts.eligible_price:
            row = member.row
            if first is None:
                first = row.price
            last = row.price
            value_e4 += member.at_e4 * row.size
            size += row.size
            largest = max(largest, row.size)
            premiums.append(member.cents / 100)
    if first is None:
        return None, None, None, 0, 0.0
    median = _median(premiums) if len(premiums) > 1 else premiums[0]
    vwap = round(value_e4 * 100 / size) / 1e6
    return vwap, first, last, largest, round(median * 100) / 100


def _timing(members: Sequence[Member]) -> tuple[float, float | None, float | None, float | None]:
    n = len(members)
    start_ns = members[0].row.source_ts
    if n == 1:
        return 0.0, None, None, None
    duration_ns = members[-1].row.source_ts - start_ns
    gaps = [
        float(after.row.source_ts - before.row.source_ts) for before, after in pairwise(members)
    ]
    mean = round(duration_ns / (n - 1)) / NS_PER_MS
    median = round(_median(gaps)) / NS_PER_MS
    return duration_ns / NS_PER_MS, mean, median, max(gaps) / NS_PER_MS


def _venues(members: Sequence[Member], total: int) -> tuple[int, float, tuple[str, ...]]:
    if len(members) == 1:
        return 1, 0.0, (members[0].row.exchange,)
    sizes: dict[str, int] = {}
    for member in members:
        row = member.row
        sizes[row.exchange] = sizes.get(row.exchange, 0) + row.size
    names = sorted(sizes)
    if len(names) == 1:
        return 1, 0.0, tuple(names)
    shares = [sizes[name] / total for name in names]
    entropy = -sum(share * math.log(share) for share in shares) / math.log(len(names))
    return len(names), round(entropy * 1e6) / 1e6, tuple(names)


def _placement(
    placed: Placed, total: int
) -> tuple[float, float, float, float | None, float | None, float | None, float, float]:
    sizes = placed.sizes
    coverage = round(placed.placed * 1e6 / total) / 1e6
    stale = round(sizes[6] * 1e6 / total) / 1e6
    missing = round(sizes[5] * 1e6 / total) / 1e6
    if not placed.placed:
        return coverage, stale, missing, None, None, None, 0.0, 0.0
    scale = 1e6 / placed.placed
    aggressive = placed.buy_side + placed.sell_side
    bias = round((placed.buy_side - placed.sell_side) * scale) / 1e6
    buy = sell = 0.0
    if aggressive:
        buy = round(placed.buy_side * 1e6 / aggressive) / 1e6
        sell = round(placed.sell_side * 1e6 / aggressive) / 1e6
    return (
        coverage, stale, missing, round(aggressive * scale) / 1e6, round(sizes[2] * scale) / 1e6,
        bias, buy, sell,
    )  # fmt: skip


def _sides(
    members: Sequence[Member], verdicts: Sequence[Verdict], total: int, bias: float | None
) -> tuple[float, float, float, bool, dict[str, int], float, float | None]:
    buying = certain = 0.0
    unknown = 0
    methods: dict[str, int] = {}
    expected_delta: float | None = None
    for member, (side, probability, method) in zip(members, verdicts, strict=True):
        row = member.row
        size = row.size
        if side == "unknown":
            unknown += size
        p_buy = 1.0 - probability if side == "sell" else probability
        buying += size * p_buy
        certain += size * probability
        methods[method] = methods.get(method, 0) + size
        if row.dollar_delta is not None:
            expected_delta = (expected_delta or 0.0) + row.dollar_delta * (2.0 * p_buy - 1.0)
    p_buy = buying / total
    expected = round((2.0 * p_buy - 1.0) * 1e6) / 1e6
    conflict = (
        bias is not None
        and abs(bias) >= 0.20
        and abs(expected) >= 0.10
        and (bias > 0) != (expected > 0)
    )
    return (
        round(p_buy * 1e6) / 1e6,
        expected,
        round(certain / total * 1e6) / 1e6,
        conflict,
        methods,
        round(unknown * 1e6 / total) / 1e6,
        None if expected_delta is None else round(expected_delta * 100) / 100,
    )


def _conditions(
    members: Sequence[Member], total: int, matched: Container[str]
) -> tuple[int, float, float, float, float, float, float, float, float, float]:
    isos = iso = auction = crossed = multi = tied = late = unknown = special = retail = 0
    for member in members:
        facts = member.facts
        size = member.row.size
        if facts.iso:
            isos += 1
            iso += size
        if facts.auction:
            auction += size
        if facts.cross or facts.floor:
            crossed += size
        if facts.complex:
            multi += size
        if facts.stock_tied:
            tied += size
        if facts.late:
            late += size
        if (
            facts.cross
            or facts.floor
            or facts.late
            or facts.opening
            or (facts.complex and member.row.trace_id not in matched)
        ):
            special += size
        if facts.caveats and "unknown_condition" in facts.caveats:
            unknown += size
        if size <= RETAIL_SIZE and facts.code in RETAIL_CODES:
            retail += size
    scale = 1e6 / total
    return (
        isos,
        round(iso * scale) / 1e6,
        round(auction * scale) / 1e6,
        round(crossed * scale) / 1e6,
        round(multi * scale) / 1e6,
        round(tied * scale) / 1e6,
        round(late * scale) / 1e6,
        round(unknown * scale) / 1e6,
        round(special * scale) / 1e6,
        round(retail * scale) / 1e6,
    )


def is_block_size(largest: int, outlier_size: int | None) -> bool:
    """
    Tell whether a print is large enough for a block.

    Parameters
    ----------
    largest : int
        Contracts.
    outlier_size : int | None
        Size from which prints are unusual for the contract.
    """
    if largest >= BLOCK_SIZE:
        return True
    return outlier_size is not None and largest >= max(outlier_size, SMALL_BLOCK_SIZE)


def _shape(
    members: Sequence[Member],
    sweep: str,
    placed: Placed,
    total: int,
    venue_count: int,
    outlier_size: int | None,
) -> tuple[str, bool, bool, str]:
    n = len(members)
    largest = members[0].row.size if n == 1 else max(member.row.size for member in members)
    is_block = 5 * largest >= 4 * total and is_block_size(largest, outlier_size)
    is_split = n >= 3 and venue_count == 1 and placed.is_one_sided and not is_block
    if sweep != "none":
        shape = "sweep"
    elif is_block:
        shape = "block"
    elif is_split:
        shape = "split"
    else:
        shape = "single" if n == 1 else "mixed"
    return sweep, is_block, is_split, shape


def _volatility(
    members: Sequence[Member],
) -> tuple[float | None, float | None, float | None, float | None]:
    size = 0
    weighted = low = high = 0.0
    delta: float | None = None
    gamma: float | None = None
    for member in members:
        row = member.row
        iv = row.iv
        if iv is not None:
            low = iv if not size or iv < low else low
            high = iv if not size or iv > high else high
            size += row.size
            weighted += row.size * iv
        if row.dollar_delta is not None:
            delta = (delta or 0.0) + row.dollar_delta
        if row.dollar_gamma_1pct is not None:
            gamma = (gamma or 0.0) + row.dollar_gamma_1pct
    return (
        round(weighted / size * 1e6) / 1e6 if size else None,
        round((high - low) * 1e6) / 1e6 if size else None,
        None if delta is None else round(delta * 100) / 100,
        None if gamma is None else round(gamma * 100) / 100,
    )


def _moves(
    first: float | None, last: float | None, context: MarketContext
) -> tuple[float | None, float | None, float | None]:
    before = context.mid_60s_before
    sigma = context.sigma_bps
    return (
        None if first is None or last is None else round((last / first - 1.0) * 1e10) / 1e6,
        None if before is None or last is None else round((last / before - 1.0) * 1e10) / 1e6,
        None if sigma is None else round(sigma * 1e6) / 1e6,
    )


def packet_features(
    members: Sequence[Member],
    verdicts: Sequence[Verdict],
    context: MarketContext,
    *,
    placed: Placed,
    sweep: str,
    session_volume: int,
    matched: Container[str] = (),
) -> tuple[PacketFeatures, float]:
    """
    Return the features of a packet, and the share of its size without a known side.

    Parameters
    ----------
    members : Sequence[Member]
        In order of time, at least one, none reversed.
    verdicts : Sequence[Verdict]
        The aggressor of each member as the packet sees it.
    context : MarketContext
        The market at the packet's close.
    placed : Placed
        Placements of the members.
    sweep : str
        Result of `sweep_kind`.
    session_volume : int
        At the last member.
    matched : Container[str]
        Ids of the complex prints that are in a structure: nothing special about these.

    Notes
    -----
    Sums leave out unknown values, null when all are. Source: options flow specification, 5.2, 5.3.
    """
    total = cents = 0
    for member in members:
        total += member.row.size
        cents += member.cents
    dollars = cents / 100
    last_member = members[-1]
    last = last_member.row
    venues = _venues(members, total)
    placement = _placement(placed, total)
    buying, bias, certainty, conflict, methods, unknown, expected_delta = _sides(
        members, verdicts, total, placement[5]
    )
    iv, iv_shock, dollar_delta, dollar_gamma = _volatility(members)
    values = (
        len(members), total, dollars, dollars,
        *_prices(members), *_timing(members), *venues,
        *placed.counts, *placed.sizes, *placement,
        buying, bias, certainty, conflict, methods,
        *_conditions(members, total, matched),
        *_shape(members, sweep, placed, total, venues[0], context.outlier_size),
        1, 1.0, context.strike_share_60s,
        last.dte_days, last.moneyness, last.otm_pct, last.atm_proximity, last.is_etf,
        iv, iv_shock, last.delta, dollar_delta, dollar_gamma, expected_delta,
        last.nbbo_bid, last.nbbo_ask, last.nbbo_mid, last.nbbo_spread, last.nbbo_bid_size,
        last.nbbo_ask_size, last.nbbo_ts,
        last_member.underlying_bid, last_member.underlying_ask, last.underlying_mid,
        last.underlying_spread_bps, last_member.underlying_ts,
        *_moves(members[0].row.underlying_mid, last.underlying_mid, context), session_volume,
        *event_fields(context), *interest_fields(last, total, session_volume),
        *baseline_fields(context.baselines),
    )  # fmt: skip
    return PacketFeatures(*values), unknown
