"""Legs: what the prints of one contract contribute to a package."""

from collections.abc import Sequence
from typing import Final

import msgspec

from flows.options.enrichment import Contract
from flows.options.quotes import PRICED_STATES
from flows.options.tape import Member

BUY_SIDE: Final = frozenset({"A", "AA"})
SELL_SIDE: Final = frozenset({"B", "BB"})


class Print(msgspec.Struct, frozen=True, gc=False):
    """
    A print as a structure holds it.

    Parameters
    ----------
    contract : Contract
        Of the print.
    packet_id : str
        Packet of its contract that holds it.
    member : Member
        The print itself, shared with its packet while that waits.
    """

    contract: Contract
    packet_id: str
    member: Member


class Leg(msgspec.Struct, frozen=True, gc=False):
    """
    The live prints of one contract in a package, added up.

    Parameters
    ----------
    contract : Contract
        Of the leg.
    packet_id : str
        Packet of its first print.
    size, cents : int
        Contracts, premium.
    price : float
        Volume-weighted, $ per unit.
    usable_price, bid, ask : float | None
        Price and quote as of each print, weighted by size over the prints whose quote is usable;
        null when these are less than half of the leg.
    position : float | None
        Where the price lies between bid (0) and ask (1); null without a spread between them.
    delta, iv : float | None
        Weighted by size over the prints that have them.
    oi, oi_as_of : int | None
        Open interest at the last print, and the session at whose end it stood.
    session_volume : int
        Contracts of the session up to the last print.
    dte, multiplier : int
        Calendar days to expiry, units per contract.
    buy_size, sell_size : int
        Contracts on the ask side and on the bid side.
    """

    contract: Contract
    packet_id: str
    size: int
    cents: int
    price: float
    usable_price: float | None
    bid: float | None
    ask: float | None
    position: float | None
    delta: float | None
    iv: float | None
    oi: int | None
    oi_as_of: int | None
    session_volume: int
    dte: int
    multiplier: int
    buy_size: int
    sell_size: int


def _is_usable(member: Member) -> bool:
    quote = member.quote
    return (
        member.facts.placement_usable and not quote.is_stale and quote.state in PRICED_STATES
        and quote.ask is not None
    )  # fmt: skip


def _weighted(values: Sequence[tuple[float | None, int]]) -> float | None:
    size = sum(weight for value, weight in values if value is not None)
    if not size:
        return None
    total = sum(value * weight for value, weight in values if value is not None)
    return round(total / size * 1e6) / 1e6


def _leg(prints: Sequence[Print]) -> Leg:
    size = cents = value_e4 = usable = usable_e4 = bid_e4 = ask_e4 = buys = sells = 0
    for one in prints:
        member = one.member
        row = member.row
        count = row.size
        size += count
        cents += member.cents
        value_e4 += member.at_e4 * count
        if _is_usable(member):
            usable += count
            usable_e4 += member.at_e4 * count
            bid_e4 += member.quote.bid_e4 * count
            ask_e4 += member.quote.ask_e4 * count
        if row.nbbo_side in BUY_SIDE:
            buys += count
        elif row.nbbo_side in SELL_SIDE:
            sells += count
    rows = [one.member.row for one in prints]
    last = rows[-1]
    at = bid = ask = position = None
    if 2 * usable >= size:
        scale = usable * 10_000
        at, bid, ask = usable_e4 / scale, bid_e4 / scale, ask_e4 / scale
        if ask_e4 > bid_e4:
            position = round((usable_e4 - bid_e4) / (ask_e4 - bid_e4) * 1e6) / 1e6
    return Leg(
        prints[0].contract, prints[0].packet_id, size, cents,
        round(value_e4 * 100 / size) / 1e6, at, bid, ask, position,
        _weighted([(row.delta, row.size) for row in rows]),
        _weighted([(row.iv, row.size) for row in rows]),
        last.oi, last.oi_as_of, last.session_volume, last.dte_days, last.multiplier, buys, sells,
    )  # fmt: skip


def legs_of(prints: Sequence[Print]) -> tuple[Leg, ...]:
    """
    Add up prints by contract.

    Parameters
    ----------
    prints : Sequence[Print]
        In order of time; reversed ones are left out.

    Returns
    -------
    tuple[Leg, ...]
        By expiry, strike and right (calls first), the order of a package's legs everywhere.
    """
    by_contract: dict[str, list[Print]] = {}
    for one in prints:
        if not one.member.row.reversed:
            by_contract.setdefault(one.contract.option_contract_id, []).append(one)
    legs = [_leg(part) for part in by_contract.values()]
    legs.sort(key=leg_order)
    return tuple(legs)


def leg_order(leg: Leg) -> tuple[int, float, str, str]:
    """Return the key that orders the legs of a package."""
    contract = leg.contract
    return contract.expiry, contract.strike, contract.right, contract.option_contract_id
