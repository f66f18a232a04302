"""Clustering: prints of one contract become packets, closed and released in event time."""

from collections.abc import Iterator
from typing import Final

from flows.options.archive import CancelArchive
from flows.options.baselines.book import Baselines
from flows.options.baselines.measure import PacketBaselines
from flows.options.config import OptionsConfig
from flows.options.features import BLOCK_SIZE
from flows.options.market_context import MarketContext
from flows.options.market_context import expires_after
from flows.options.open_flows import ComplexGroup
from flows.options.open_flows import ContractFlow
from flows.options.open_flows import Due
from flows.options.open_flows import Ladder
from flows.options.open_flows import LegGroup
from flows.options.open_flows import OpenStructure
from flows.options.open_flows import UnderlyingFlow
from flows.options.packets import Packet
from flows.options.packets import PacketBuilder
from flows.options.packets import open_packet
from flows.options.refdata.calendar import EventCalendar
from flows.options.signal import SignalFilter
from flows.options.structures.closing import StructureCloser
from flows.options.structures.complex_desk import ComplexDesk
from flows.options.structures.ladder_desk import LadderDesk
from flows.options.structures.leg_desk import LegDesk
from flows.options.tape import Member
from flows.options.timers import RANK_PACKET
from flows.options.timers import RANK_RELEASE
from flows.options.timers import TimerHeap
from flows.options.windows import window_end
from schemas.records import FlowPacket

__all__ = ["Clusterer", "ContractFlow", "UnderlyingFlow"]

NS_PER_MS: Final = 1_000_000
CHAIN_GAP_NS: Final = 2_000 * NS_PER_MS
SMALL_PACKET_SIZE: Final = 10
OUTLIER_SIZE: Final = 100
OUTLIER_RZ: Final = 4.0
UNUSUAL_Z: Final = 3.0


class Clusterer:
    """
    Open, fill, close and release packets, and hand them to the structure desks.

    A packet takes prints up to its deadline: start + window, or the end of its session if that
    comes first. It closes when its timer fires and becomes part of the baselines. It is released at
    once (sweeps, fewer than ten contracts, late prints), with its group of possible legs (two
    windows after the group's start), or `leg_gap_ms` after the close and not before the structures
    of its members are known (complex prints). A late print is a packet of its own, closed no
    earlier than the newest event seen.

    Parameters
    ----------
    config : OptionsConfig
        Bounds, and the premium from which a packet without a signal print is emitted.
    builder : PacketBuilder
        Makes the records.
    archive : CancelArchive
        Takes the packets that are through.
    baselines : Baselines
        Asked before, told after each packet.
    calendar : EventCalendar
        Scheduled events.

    Notes
    -----
    Source: options flow specification, 5.1, 6.1 and 7.
    """

    def __init__(
        self,
        config: OptionsConfig,
        builder: PacketBuilder,
        archive: CancelArchive,
        baselines: Baselines,
        calendar: EventCalendar,
    ) -> None:
        cluster = config.cluster
        self._window_ns = cluster.window_ms * NS_PER_MS
        self._leg_gap_ns = cluster.leg_gap_ms * NS_PER_MS
        self._max_members = cluster.max_members
        self._base_cents = SignalFilter(config.signal).base_minimum * 100
        self._builder = builder
        self._archive = archive
        self._baselines = baselines
        self._calendar = calendar
        self.timers: TimerHeap[Due] = TimerHeap()
        self.closer = StructureCloser(config, archive, baselines, calendar)
        self._complex = ComplexDesk(config, self.timers, self.closer)
        self._legs = LegDesk(config, self.timers, self.closer)
        self._ladders = LadderDesk(config, self.timers, self.closer)
        self.emitted = 0
        self.unemitted = 0

    def add(self, flow: ContractFlow, member: Member, clock_ns: int) -> None:
        """
        Put a volume-eligible print into its packet.

        Parameters
        ----------
        flow : ContractFlow
            Of its contract.
        member : Member
            The print.
        clock_ns : int
            Newest event time seen, which a late packet's close may not precede.
        """
        row = member.row
        is_complex = member.facts.complex
        is_late = row.late_arrival
        packet = None
        if not is_late:
            packet = flow.open_complex if is_complex else flow.open_simple
        if packet is not None and len(packet.members) < self._max_members:
            packet.members.append(member)
        else:
            packet = self._open(flow, member, clock_ns)
        if is_complex and not is_late and not flow.contract.unresolved:
            self._complex.add(flow, packet, member)

    def _open(self, flow: ContractFlow, member: Member, clock_ns: int) -> Packet:
        row = member.row
        is_complex = member.facts.complex
        deadline = window_end(row.source_ts, self._window_ns, flow.contract.root)
        if row.late_arrival:
            deadline = max(deadline, clock_ns)
        packet = open_packet(
            flow.contract, member, deadline, is_complex=is_complex, is_late=row.late_arrival
        )
        flow.kept.append(packet)
        if not row.late_arrival:
            if is_complex:
                flow.open_complex = packet
            else:
                flow.open_simple = packet
        self.timers.set(deadline, RANK_PACKET, packet.id, (flow, packet))
        return packet

    def fire(self, before_ns: int) -> list[FlowPacket]:
        """
        Fire every timer with a deadline before a time, in order.

        Parameters
        ----------
        before_ns : int
            ns UTC; timers of exactly this time wait.

        Returns
        -------
        list[FlowPacket]
            Packets and structures in the order they became knowable, a structure before its legs.
        """
        released: list[FlowPacket] = []
        timers = self.timers
        while timers.next_deadline < before_ns:
            deadline, rank, due = timers.take()
            if isinstance(due, tuple):
                flow, packet = due
                if rank == RANK_PACKET:
                    record = self._close(flow, packet, deadline)
                else:
                    record = self._release(flow, packet, deadline)
                if record is not None:
                    released.append(record)
            elif isinstance(due, LegGroup):
                released.extend(self._legs.evaluate(due))
                for flow, packet in due.packets:
                    record = self._release(flow, packet, deadline)
                    if record is not None:
                        released.append(record)
            else:
                record = self._fire_structure(due, deadline)
                if record is not None:
                    released.append(record)
                    if isinstance(due, Ladder):
                        released.extend(self._emit_rungs(due, deadline))
        return released

    def _emit_rungs(self, ladder: Ladder, deadline: int) -> Iterator[FlowPacket]:
        """Emit what a ladder names and what was too small to be emitted by itself."""
        for packet in ladder.packets:
            if packet.links or packet.is_emitted or not packet.live_members():
                continue
            packet.is_emitted = True
            packet.release_ns = deadline
            self.emitted += 1
            self.unemitted -= 1
            self._archive.replace(packet)
            yield self._builder.record(packet)

    def _fire_structure(
        self, due: ComplexGroup | Ladder | OpenStructure, deadline: int
    ) -> FlowPacket | None:
        if isinstance(due, ComplexGroup):
            self._complex.evaluate(due)
            return None
        if isinstance(due, Ladder):
            return self._ladders.evaluate(due)
        return self._complex.close(due, deadline)

    def _close(self, flow: ContractFlow, packet: Packet, deadline: int) -> FlowPacket | None:
        if flow.open_simple is packet:
            flow.open_simple = None
        elif flow.open_complex is packet:
            flow.open_complex = None
        live = packet.live_members()
        if not live:
            # A structure may still hold its reversed members: a complex packet waits all the same.
            if packet.is_complex:
                self._await_release(flow, packet, deadline + self._leg_gap_ns)
            else:
                self._finish(flow, packet)
            return None
        size, cents, largest, spread = _totals(live)
        waits = packet.is_complex or (
            size >= SMALL_PACKET_SIZE
            and not packet.is_late
            and not flow.contract.unresolved
            and _has_price(live)
        )
        names = (flow.contract.option_contract_id, flow.contract.underlying_id)
        at_ns = live[-1].row.source_ts
        premium = cents / 100
        is_worth = self._is_large(live, cents)
        if waits or is_worth or self._baselines.unusual_premium(*names, at_ns, premium):
            before = self._baselines.packet(*names, at_ns, premium, size, spread)
            z = before.premium.z_eff
            is_worth = is_worth or (z is not None and z >= UNUSUAL_Z)
            self._observe_market(flow, packet, (largest, size), deadline, before)
        self._baselines.add_packet(*names, at_ns, premium, size, spread)
        packet.is_worth = is_worth
        if is_worth and not packet.is_late:
            self._chain(flow, packet, live)
        if packet.is_complex:
            self._await_release(flow, packet, deadline + self._leg_gap_ns)
            return None
        if waits and self._waits_for_legs(flow, packet, live, size):
            return None
        return self._release(flow, packet, deadline)

    def _waits_for_legs(
        self, flow: ContractFlow, packet: Packet, live: list[Member], size: int
    ) -> bool:
        """Count a possible leg or rung and offer it to the desks; tell whether it has to wait."""
        is_sweep = self._builder.sweep_kind(packet, live) != "none"
        contract = flow.contract
        side = packet.one_side(live)
        key = None if side is None else (contract.right, contract.expiry, side)
        underlying = flow.underlying
        underlying.rates.count(
            live[0].row.trade_date, packet.start_ns, None if is_sweep else size, key
        )
        if key is not None:
            self._ladders.add(underlying, key, packet)
        if is_sweep:
            return False
        packet.release_ns = self._legs.offer(flow, packet, size)
        return True

    def _await_release(self, flow: ContractFlow, packet: Packet, release_ns: int) -> None:
        packet.release_ns = release_ns
        self.timers.set(release_ns, RANK_RELEASE, packet.id, (flow, packet))

    def _release(self, flow: ContractFlow, packet: Packet, now_ns: int) -> FlowPacket | None:
        links = packet.links
        if links is not None:
            waits_until = max(
                [link.closes_ns for link in links.values() if not link.structure_id], default=0
            )
            if waits_until > now_ns:
                self._await_release(flow, packet, waits_until)
                return None
            # What is closed without an id was too small to be emitted: it explains nothing.
            packet.links = {
                trace_id: link for trace_id, link in links.items() if link.structure_id
            } or None
        record = None
        if self._is_to_emit(packet):
            packet.is_emitted = True
            record = self._builder.record(packet)
        self._finish(flow, packet)
        return record

    def _is_to_emit(self, packet: Packet) -> bool:
        if not packet.reversals:
            return packet.is_worth or packet.links is not None
        live = packet.live_members()
        return bool(live) and (
            packet.links is not None or self._is_large(live, sum([member.cents for member in live]))
        )

    def _finish(self, flow: ContractFlow, packet: Packet) -> None:
        if packet.is_emitted:
            self.emitted += 1
        else:
            self.unemitted += 1
        flow.kept.remove(packet)
        self._archive.keep(packet)

    def _is_large(self, live: list[Member], cents: int) -> bool:
        if cents >= self._base_cents or live[0].row.signal_pass:
            return True
        return len(live) > 1 and any(member.row.signal_pass for member in live)

    def _observe_market(
        self,
        flow: ContractFlow,
        packet: Packet,
        sizes: tuple[int, int],
        deadline: int,
        before: PacketBaselines,
    ) -> None:
        underlying = flow.underlying
        contract = flow.contract
        all_sizes = underlying.trailing.total_at(deadline)
        share = None
        if all_sizes > 0:
            share = round(flow.trailing.total_at(deadline) * 1e6 / all_sizes) / 1e6
        largest, size = sizes
        outlier = None
        if OUTLIER_SIZE <= largest < BLOCK_SIZE and 5 * largest >= 4 * size:
            own = len(packet.members)
            rz = self._baselines.print_size_rz(contract.option_contract_id, largest, own)
            if rz is not None and rz >= OUTLIER_RZ:
                outlier = largest
        at_ns = packet.members[-1].row.source_ts
        event = self._calendar.next_event(contract.underlying_id, at_ns)
        packet.context = MarketContext(
            share,
            underlying.path.mid_before(at_ns, 60),
            underlying.path.sigma_bps(),
            event,
            None if event is None else expires_after(contract.expiry, event),
            before,
            outlier,
        )

    def _chain(self, flow: ContractFlow, packet: Packet, live: list[Member]) -> None:
        side = packet.dominant_side(live)
        if side is None:
            return
        key = f"{side}#complex" if packet.is_complex else side
        previous = flow.chains.get(key)
        if previous is not None:
            packet_id, end_ns, length = previous
            if 0 <= live[0].row.source_ts - end_ns <= CHAIN_GAP_NS:
                packet.continues = packet_id
                packet.chain_length = length + 1
        flow.chains[key] = (packet.id, live[-1].row.source_ts, packet.chain_length)

    def counts(self) -> tuple[int, int, int, int]:
        """Return packets and structures, emitted and not, since the start."""
        return self.emitted, self.unemitted, self.closer.emitted, self.closer.unemitted

    def load_counts(self, counts: tuple[int, int, int, int]) -> None:
        """Replace the counts by what `counts` returned."""
        self.emitted, self.unemitted, self.closer.emitted, self.closer.unemitted = counts


def _totals(live: list[Member]) -> tuple[int, int, int, float | None]:
    """Return contracts, cents, the largest print and the mean quoted spread ($) of some prints."""
    if len(live) == 1:
        only = live[0]
        size = only.row.size
        return size, only.cents, size, only.row.nbbo_spread
    size = cents = largest = 0
    spreads: list[float] = []
    for member in live:
        row = member.row
        size += row.size
        cents += member.cents
        largest = max(largest, row.size)
        if row.nbbo_spread is not None:
            spreads.append(row.nbbo_spread)
    return size, cents, largest, sum(spreads) / len(spreads) if spreads else None


def _has_price(live: list[Member]) -> bool:
    return live[0].facts.eligible_price or any(member.facts.eligible_price for member in live)
