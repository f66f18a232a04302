"""Ladders of simple packets: several strikes of one right and expiry, taken on one side."""

from typing import Final

from flows.options.config import OptionsConfig
from flows.options.open_flows import Due
from flows.options.open_flows import Ladder
from flows.options.open_flows import UnderlyingFlow
from flows.options.packets import Packet
from flows.options.structures.closing import StructureCloser
from flows.options.structures.leg_desk import MAX_COINCIDENCES
from flows.options.structures.leg_desk import packet_prints
from flows.options.structures.legs import legs_of
from flows.options.structures.link import StructureLink
from flows.options.structures.rates import SideKey
from flows.options.structures.sizes import free_ratios
from flows.options.structures.structure import INFERRED_TIER
from flows.options.structures.structure import LADDER_CONFIDENCE
from flows.options.structures.structure import Structure
from flows.options.structures.templates import LADDER_STRIKES
from flows.options.structures.templates import Fit
from flows.options.structures.templates import is_ladder
from flows.options.timers import RANK_RELEASE
from flows.options.timers import TimerHeap
from schemas.records import FlowPacket
from schemas.records import StructureCandidate

NS_PER_MS: Final = 1_000_000


class LadderDesk:
    """
    Gather packets by right, expiry and side; emit a ladder over three or more strikes.

    Evaluated when every packet that started within `ladder_window_ms` of the first has been
    released, so that those in other structures are known and left out. A ladder never absorbs.

    Parameters
    ----------
    config : OptionsConfig
        Windows.
    timers : TimerHeap[Due]
        Of the partition.
    closer : StructureCloser
        Emits.

    Notes
    -----
    In a busy underlying packets of one side are at several strikes at any moment: the coincidence
    guard of inferred structures holds here too, over the ladder's window. Source: options flow
    specification, 6.1 and 6.3.
    """

    def __init__(
        self, config: OptionsConfig, timers: TimerHeap[Due], closer: StructureCloser
    ) -> None:
        cluster = config.cluster
        self._span_ms = cluster.ladder_window_ms
        self._span_ns = self._span_ms * NS_PER_MS
        self._wait_ns = self._span_ns + 2 * cluster.window_ms * NS_PER_MS
        self._timers = timers
        self._closer = closer

    def add(self, underlying: UnderlyingFlow, side: SideKey, packet: Packet) -> None:
        """
        Take a packet that has just closed, on one side of the market.

        Parameters
        ----------
        underlying : UnderlyingFlow
            Of its contract; it has been counted in the rates.
        side : SideKey
            Right, expiry and side.
        packet : Packet
            Simple, not late, at least ten contracts.
        """
        pending = underlying.ladders.get(side)
        if pending is not None:
            newest = pending[-1]
            if 0 <= packet.start_ns - newest.first_ns <= self._span_ns:
                newest.packets.append(packet)
                return
        if self._chance(underlying, side, packet.deadline, 1) >= MAX_COINCIDENCES:
            return
        deadline = packet.start_ns + self._wait_ns
        ladder = Ladder(underlying, side, packet.start_ns, deadline)
        ladder.packets.append(packet)
        if pending is None:
            underlying.ladders[side] = [ladder]
        else:
            pending.append(ladder)
        self._timers.set(deadline, RANK_RELEASE, ladder.id, ladder)

    def _chance(self, underlying: UnderlyingFlow, side: SideKey, ts: int, own: int) -> float:
        return underlying.rates.of_side(side, ts, self._span_ms / 1_000, own)

    def evaluate(self, ladder: Ladder) -> FlowPacket | None:
        """Return the record of a ladder if it is one."""
        underlying = ladder.underlying
        pending = underlying.ladders[ladder.side]
        pending.remove(ladder)
        if not pending:
            del underlying.ladders[ladder.side]
        if len(ladder.packets) < LADDER_STRIKES:
            return None
        free = [packet for packet in ladder.packets if not packet.links]
        prints = [part for packet in free for part in packet_prints(packet)]
        legs = legs_of(prints)
        if len(legs) < LADDER_STRIKES or not is_ladder(legs):
            return None
        chance = self._chance(underlying, ladder.side, ladder.deadline, len(free))
        if chance >= MAX_COINCIDENCES:
            return None
        structure = Structure(
            f"{prints[0].member.row.trace_id}#ladder", underlying.underlying_id, INFERRED_TIER,
            round(LADDER_CONFIDENCE * (1.0 - chance) * 1e6) / 1e6, prints,
            tuple([leg.contract.option_contract_id for leg in legs]),
            free_ratios([leg.size for leg in legs]), Fit("ladder", None, (1,) * len(legs)),
            (StructureCandidate("ladder", 1.0),), False, ladder.first_ns,
            ladder.first_ns + self._span_ns, ladder.deadline, self._span_ms,
            StructureLink("", absorbs=False, closes_ns=ladder.deadline),
        )  # fmt: skip
        return self._closer.close(underlying, structure, ladder.deadline)
