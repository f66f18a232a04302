"""Dark inference of section 7 of the equities specification, plainly and with its floors only."""

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from connectors.feeds.base.items import RawRecord
from schemas.records import EquityPrint
from schemas.records import MarketEvent
from tests.connectors.feeds.synthetic.sample import NS_PER_S
from tests.connectors.feeds.synthetic.sample import Market
from tests.connectors.feeds.synthetic.sample import executed_ns
from tests.connectors.feeds.synthetic.sample import only

T_BLOCK, T_SHARES, T_PRINTS, T_ZONE = 2_000, 3_000, 4, 10_000
LEAST_SHARES = 200
WINDOW_NS = 60 * NS_PER_S
MAX_AGE_NS = NS_PER_S
NO_LEVELS = frozenset("V7W4")
NO_LAST = frozenset("V7W4I")
ROWS_E4 = (100, 200, 500, 1_000, 2_000)


@dataclass
class Inferred:
    """What is inferred of one stock: blocks by status, completed windows, zones by side."""

    blocks: dict[str, list[str]] = field(default_factory=dict)
    windows: dict[str, list[frozenset[str]]] = field(default_factory=dict)
    zones: set[str] = field(default_factory=set)

    @property
    def kinds(self) -> set[str]:
        return {
            *(("absorbed_block",) if self.blocks else ()),
            *self.windows,
            *(("hidden_liquidity_zone",) if self.zones else ()),
        }


@dataclass
class Placed:
    """A trade beside the quote of its execution."""

    record: EquityPrint
    price_e4: int
    side: str
    spread_bps: float
    mid_e4: float


def placed(found: Iterable[EquityPrint], market: Market) -> list[Placed]:
    result = []
    for record in found:
        at_ns = executed_ns(record)
        quote = market.quote(record.underlying_id, at_ns)
        assert at_ns - quote.source_ts <= MAX_AGE_NS
        bid, ask = market.bid_ask_e4(record.underlying_id, at_ns)
        price = round(record.price * 10_000)
        x = (price - bid) / (ask - bid)
        side = "AA" if x > 1 else "BB" if x < 0 else "A" if x >= 0.8 else "B" if x <= 0.2 else "MID"
        mid = (bid + ask) / 2
        result.append(Placed(record, price, side, (ask - bid) / mid * 1e4, mid))
    return result


def infer(records: Sequence[RawRecord], without: frozenset[str] = frozenset()) -> Inferred:
    """Infer from the records of one stock; trades named in `without` count as cancelled."""
    market, found = Market(records), Inferred()
    trades = placed(
        (
            each
            for each in only(records, EquityPrint)
            if each.action == "trade" and each.trace_id not in without
        ),
        market,
    )
    eligible = [
        each
        for each in trades
        if each.record.off_exchange_flag
        and each.record.size >= LEAST_SHARES
        and each.record.session == "rth"
        and each.spread_bps <= 50
        and NO_LEVELS.isdisjoint(each.record.conditions)
        and not is_halted(records, each.record.source_ts)
    ]
    _blocks(eligible, market, found)
    for kind, sides, others in (
        ("stealth_accumulation", {"A", "AA"}, {"B", "BB"}),
        ("distribution", {"B", "BB"}, {"A", "AA"}),
    ):
        windows = _windows(eligible, sides, others)
        if windows:
            found.windows[kind] = windows
    found.zones = _zones(eligible, trades)
    return found


def is_halted(records: Sequence[RawRecord], at_ns: int) -> bool:
    events = [each for each in only(records, MarketEvent) if each.source_ts <= at_ns]
    if not events:
        return False
    return events[-1].kind == "halt" or at_ns < events[-1].source_ts + 5 * NS_PER_S


def _blocks(eligible: Sequence[Placed], market: Market, found: Inferred) -> None:
    for each in eligible:
        if each.side == "MID" and each.record.size >= T_BLOCK:
            later = executed_ns(each.record) + 5 * NS_PER_S
            bid, ask = market.bid_ask_e4(each.record.underlying_id, later)
            moved_bps = abs((bid + ask) / 2 / each.mid_e4 - 1) * 1e4
            status = "confirmed" if moved_bps <= max(each.spread_bps, 5.0) else "rejected"
            found.blocks.setdefault(status, []).append(each.record.trace_id)


def _windows(eligible: Sequence[Placed], sides: set[str], others: set[str]) -> list[frozenset[str]]:
    result = []
    for last in eligible:
        since = last.record.source_ts - WINDOW_NS
        within = [e for e in eligible if since < e.record.source_ts <= last.record.source_ts]
        mine = [each.record for each in within if each.side in sides]
        against = sum(each.record.size for each in within if each.side in others)
        shares = sum(each.size for each in mine)
        enough = shares >= T_SHARES and len(mine) >= T_PRINTS
        if enough and shares >= 0.65 * (shares + against) and last.record in mine:
            result.append(frozenset(each.trace_id for each in mine))
    return result


def _zones(eligible: Sequence[Placed], trades: Sequence[Placed]) -> set[str]:
    if not trades:
        return set()
    wanted_e4 = trades[0].price_e4 * 5e-4
    row_e4 = min(ROWS_E4, key=lambda row: abs(row - wanted_e4))
    found = set()
    for row in sorted({each.price_e4 // row_e4 for each in eligible}):
        mine = [each for each in eligible if each.price_e4 // row_e4 == row]
        volume = sum(each.record.size for each in mine)
        everything = sum(
            each.record.size
            for each in trades
            if each.price_e4 // row_e4 == row and NO_LEVELS.isdisjoint(each.record.conditions)
        )
        touches = _touches(trades, row * row_e4, row_e4)
        above = sum(side == "above" for side, _ in touches)
        held = sum(is_held for _, is_held in touches)
        if volume < T_ZONE or len(mine) < 8 or volume < 0.6 * everything or len(touches) < 3:
            continue
        if held >= 0.67 * len(touches):
            share = above / len(touches)
            found.add(
                "support" if share >= 2 / 3 else "resistance" if share <= 1 / 3 else "two_sided"
            )
    return found


def _touches(trades: Sequence[Placed], low_e4: int, row_e4: int) -> list[tuple[str, bool]]:
    """Return each touch of a row by the lit last price: the side it came from, and whether held."""
    lit = [
        each
        for each in trades
        if not each.record.off_exchange_flag and NO_LAST.isdisjoint(each.record.conditions)
    ]
    high_e4 = low_e4 + row_e4
    result: list[tuple[str, bool]] = []
    away_since, side = None, ""
    for number, each in enumerate(lit):
        at_ns, price = each.record.source_ts, each.price_e4
        where = _away(price, low_e4, high_e4, row_e4)
        if where:
            if where != side:
                away_since, side = at_ns, where
        elif low_e4 <= price < high_e4:
            if away_since is not None and at_ns - away_since >= 10 * NS_PER_S:
                later = [e for e in lit[number:] if e.record.source_ts <= at_ns + WINDOW_NS]
                back = [_away(e.price_e4, low_e4, high_e4, row_e4) for e in later]
                result.append((side, side in back))
            away_since, side = None, ""
    return result


def _away(price_e4: int, low_e4: int, high_e4: int, row_e4: int) -> str:
    if price_e4 >= high_e4 + row_e4 - 1:
        return "above"
    return "below" if price_e4 < low_e4 - row_e4 + 1 else ""
