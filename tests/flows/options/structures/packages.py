"""Packages as events: legs with a sign, a ratio and a place in their quotes."""

from collections.abc import Sequence
from typing import Final

import msgspec

from flows.options.config import OptionsConfig
from flows.options.config import SignalConfig
from flows.options.enrichment import Event
from schemas.records import FlowPacket
from tests.flows.options.engine_events import equity
from tests.flows.options.engine_events import nbbo
from tests.flows.options.engine_events import packets
from tests.flows.options.engine_events import printed

ALL: Final = OptionsConfig(signal=SignalConfig(mode="all"))
NEAR: Final = "2025-06-20"
FAR: Final = "2025-09-19"
SPREAD: Final = 0.4


class LegSpec(msgspec.Struct, frozen=True):
    """One leg: sign and ratio in the package, and the contract."""

    sign: int
    ratio: int
    right: str
    strike: float
    expiry: str = NEAR

    @property
    def contract(self) -> str:
        return f"NVDA-{self.expiry}-{self.strike:g}-{self.right}"

    @property
    def bid(self) -> float:
        """A plausible bid with the stock at 140: intrinsic value and some time."""
        depth = 140 - self.strike if self.right == "C" else self.strike - 140
        return round(max(depth, 0.0) + (3.0 if self.expiry == NEAR else 6.0), 2)


def legs(text: str) -> tuple[LegSpec, ...]:
    """Read `+C130 -2C140 +P130@far`."""
    found = []
    for word in text.split():
        sign = 1 if word[0] == "+" else -1
        body, _, expiry = word[1:].partition("@")
        at = next(i for i, char in enumerate(body) if char in "CP")
        ratio = int(body[:at] or 1)
        found.append(LegSpec(sign, ratio, body[at], float(body[at + 1 :]), FAR if expiry else NEAR))
    return tuple(found)


def leg_print(
    leg: LegSpec,
    position: float,
    size: int,
    *,
    ms: float = 1.0,
    code: str = "f",
    exchange: str = "C",
    name: str = "",
) -> list[Event]:
    """Return a quote of a leg and a print at a position in it."""
    ask = round(leg.bid + SPREAD, 2)
    price = round(leg.bid + position * SPREAD, 4)
    return [
        nbbo(ms, leg.bid, ask, leg.contract, trace_id=f"q{name}:{leg.contract}:{ms:g}"),
        printed(
            ms,
            price,
            size,
            code,
            leg.contract,
            exchange=exchange,
            trace_id=f"p{name}:{leg.contract}:{ms:g}:{exchange}:{code}",
        ),
    ]


def package(
    spec: Sequence[LegSpec],
    size: int = 50,
    *,
    is_bought: bool = True,
    inside: float = 0.0,
    ms: float = 1.0,
    code: str = "f",
    exchange: str = "C",
    step_ms: float = 0.0,
    name: str = "",
) -> list[Event]:
    """
    Return the prints of a package, each leg at its touch, or `inside` the spread from there.
    """
    events = [equity(ms, 139.99, 140.01)]
    for at, leg in enumerate(spec):
        is_buy = (leg.sign > 0) == is_bought
        events += leg_print(
            leg,
            1.0 - inside if is_buy else inside,
            size * leg.ratio,
            ms=ms + at * step_ms,
            code=code,
            exchange=exchange,
            name=name,
        )
    return events


def structures(events: list[Event], config: OptionsConfig = ALL) -> list[FlowPacket]:
    """Return the structure packets of a tape."""
    return [packet for packet in packets(events, config) if packet.structure is not None]


def leg_packets(events: list[Event], config: OptionsConfig = ALL) -> list[FlowPacket]:
    """Return the other packets of a tape."""
    return [packet for packet in packets(events, config) if packet.structure is None]


def types(events: list[Event], config: OptionsConfig = ALL) -> list[str]:
    """Return the types of the structures of a tape."""
    return [
        packet.structure.type
        for packet in structures(events, config)
        if packet.structure is not None
    ]
