"""Clustering: prints of one contract become packets, closed and released in event time."""

from typing import Final

from flows.options.archive import CancelArchive
from flows.options.config import OptionsConfig
from flows.options.contracts import trade_date_and_session
from flows.options.enrichment import Contract
from flows.options.features import MarketContext
from flows.options.packets import Packet
from flows.options.packets import PacketBuilder
from flows.options.packets import open_packet
from flows.options.session_prints import SessionPrints
from flows.options.signal import SignalFilter
from flows.options.tape import Member
from flows.options.timers import RANK_PACKET
from flows.options.timers import RANK_RELEASE
from flows.options.timers import TimerHeap
from flows.options.underlyings import TrailingSize
from flows.options.underlyings import UnderlyingPath
from schemas.records import FlowPacket

NS_PER_MS: Final = 1_000_000
NS_PER_MINUTE: Final = 60_000_000_000
CHAIN_GAP_NS: Final = 2_000 * NS_PER_MS
SMALL_PACKET_SIZE: Final = 10

Chain = tuple[str, int, int]


class UnderlyingFlow:
    """Recent path and volume of one underlying."""

    __slots__ = ("path", "trailing")

    def __init__(self) -> None:
        self.path = UnderlyingPath()
        self.trailing = TrailingSize()

    def restart(self) -> None:
        """Forget everything: the log starts again."""
        self.path = UnderlyingPath()
        self.trailing = TrailingSize()


class ContractFlow:
    """
    What packets of one contract need: open windows, chains, volume, members kept for cancels.

    `kept` holds the packets that are open or wait for release.
    """

    __slots__ = (
        "chains",
        "contract",
        "kept",
        "open_complex",
        "open_simple",
        "prints",
        "seen_ns",
        "trailing",
        "underlying",
    )

    def __init__(self, contract: Contract, underlying: UnderlyingFlow) -> None:
        self.contract = contract
        self.underlying = underlying
        self.open_simple: Packet | None = None
        self.open_complex: Packet | None = None
        self.kept: list[Packet] = []
        self.chains: dict[str, Chain] = {}
        self.prints = SessionPrints()
        self.trailing = TrailingSize()
        self.seen_ns = 0


class Clusterer:
    """
    Open, fill, close and release packets.

    A packet takes prints up to its deadline: start + window, or the end of its session if that
    comes first. It closes when its timer fires and is released at once (sweeps, fewer than ten
    contracts), `leg_gap_ms` after the close (complex prints) or two windows after its start. A
    late print is a packet of its own, closed no earlier than the newest event seen.

    Parameters
    ----------
    config : OptionsConfig
        Bounds, and the premium from which a packet without a signal print is emitted.
    builder : PacketBuilder
        Makes the records.
    archive : CancelArchive
        Takes the packets that are through.

    Notes
    -----
    Source: options flow specification, 5.1.
    """

    def __init__(
        self, config: OptionsConfig, builder: PacketBuilder, archive: CancelArchive
    ) -> None:
        cluster = config.cluster
        self._window_ns = cluster.window_ms * NS_PER_MS
        self._leg_gap_ns = cluster.leg_gap_ms * NS_PER_MS
        self._max_members = cluster.max_members
        self._base_cents = SignalFilter(config.signal).base_minimum * 100
        self._builder = builder
        self._archive = archive
        self.timers: TimerHeap[tuple[ContractFlow, Packet]] = TimerHeap()
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
        if not row.late_arrival:
            packet = flow.open_complex if is_complex else flow.open_simple
            if packet is not None and len(packet.members) < self._max_members:
                packet.members.append(member)
                return
        deadline = self._deadline(row.source_ts, flow.contract.root)
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

    def _deadline(self, start_ns: int, root: str) -> int:
        """Return start + window, cut to the session: its parts change on whole minutes only."""
        end_ns = start_ns + self._window_ns
        minute = end_ns // NS_PER_MINUTE
        if minute != start_ns // NS_PER_MINUTE and trade_date_and_session(
            start_ns, root
        ) != trade_date_and_session(end_ns, root):
            return minute * NS_PER_MINUTE - 1
        return end_ns

    def fire(self, before_ns: int) -> list[FlowPacket]:
        """
        Fire every timer with a deadline before a time, in order.

        Parameters
        ----------
        before_ns : int
            ns UTC; timers of exactly this time wait.
        """
        released: list[FlowPacket] = []
        timers = self.timers
        while timers.next_deadline < before_ns:
            deadline, rank, (flow, packet) = timers.take()
            if rank == RANK_PACKET:
                record = self._close(flow, packet, deadline)
            else:
                record = self._release(flow, packet)
            if record is not None:
                released.append(record)
        return released

    def _close(self, flow: ContractFlow, packet: Packet, deadline: int) -> FlowPacket | None:
        if flow.open_simple is packet:
            flow.open_simple = None
        elif flow.open_complex is packet:
            flow.open_complex = None
        live = packet.live_members()
        if not live or not self._is_worth_emitting(live):
            self._finish(flow, packet)
            return None
        self._observe_market(flow, packet, live, deadline)
        if not packet.is_late:
            self._chain(flow, packet, live)
        if packet.is_complex:
            packet.release_ns = deadline + self._leg_gap_ns
        elif (
            not packet.is_late
            and (sum([member.row.size for member in live]) if len(live) > 1 else live[0].row.size)
            >= SMALL_PACKET_SIZE
            and self._builder.sweep_kind(packet, live) == "none"
        ):
            packet.release_ns = max(deadline, packet.start_ns + 2 * self._window_ns)
        if packet.release_ns <= deadline:
            return self._release(flow, packet)
        self.timers.set(packet.release_ns, RANK_RELEASE, packet.id, (flow, packet))
        return None

    def _release(self, flow: ContractFlow, packet: Packet) -> FlowPacket | None:
        live = packet.live_members()
        if packet.reversals and not (live and self._is_worth_emitting(live)):
            self._finish(flow, packet)
            return None
        packet.is_emitted = True
        record = self._builder.record(packet)
        self._finish(flow, packet)
        return record

    def _finish(self, flow: ContractFlow, packet: Packet) -> None:
        if packet.is_emitted:
            self.emitted += 1
        else:
            self.unemitted += 1
        flow.kept.remove(packet)
        self._archive.keep(packet)

    def _is_worth_emitting(self, live: list[Member]) -> bool:
        cents = 0
        for member in live:
            if member.row.signal_pass:
                return True
            cents += member.cents
        return cents >= self._base_cents

    def _observe_market(
        self, flow: ContractFlow, packet: Packet, live: list[Member], deadline: int
    ) -> None:
        underlying = flow.underlying
        all_sizes = underlying.trailing.total_at(deadline)
        share = None
        if all_sizes > 0:
            share = round(flow.trailing.total_at(deadline) * 1e6 / all_sizes) / 1e6
        packet.context = MarketContext(
            share,
            underlying.path.mid_before(live[-1].row.source_ts, 60),
            underlying.path.sigma_bps(),
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
