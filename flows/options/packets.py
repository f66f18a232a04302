"""A packet and its record."""

from collections.abc import Mapping
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from flows.options.aggressor import AggressorStack
from flows.options.aggressor import Verdict
from flows.options.aggressor import reverse_tick_sides
from flows.options.config import PACKET_POLICY
from flows.options.config import OptionsConfig
from flows.options.enrichment import Contract
from flows.options.features import packet_features
from flows.options.market_context import NO_CONTEXT
from flows.options.market_context import MarketContext
from flows.options.observation import observation
from flows.options.packet_evidence import packet_refs
from flows.options.placements import Placed
from flows.options.placements import placed_sizes
from flows.options.placements import sweep_kind
from flows.options.single_print import single_features
from flows.options.single_print import single_observation
from flows.options.structures.link import StructureLink
from flows.options.tape import Member
from schemas.records import FlowPacket
from schemas.records import JoinQuality
from schemas.records import OptionsPrint
from schemas.records import PacketFeatures

PACKET_VERSION: Final = "flow.packets.v1"
NS_PER_MS: Final = 1_000_000
MULTI_VENUE: Final = frozenset({"multi_venue", "both"})
_DOMINANT: Final = {
    "AA": "buy", "A": "buy", "MID": None, "B": "sell", "BB": "sell", "MISSING": None, "STALE": None,
}  # fmt: skip
NO_LINKS: Final[Mapping[str, StructureLink]] = MappingProxyType({})
POSSIBLE_STRUCTURE: Final = {"possible_structure": 1.0}


class Packet(msgspec.Struct, eq=False, gc=False):
    """
    Prints of one contract clustered in event time, from the first print to the last revision.

    Parameters
    ----------
    id : str
        `pk:<contract>:<first member>`.
    contract : Contract
        Of all members.
    members : list[Member]
        In order of arrival, reversed ones included.
    start_ns, deadline : int
        Time of the first member, and the last instant at which a print still joins.
    release_ns : int
        When it is emitted.
    is_complex, is_late : bool
        Holds complex prints; is one late print.
    reversals : tuple[tuple[int, int], ...]
        For each cancel the member's index and how many members there were: rows that came later
        already count the session's volume without it.
    context : MarketContext
        The market at the close.
    continues : str | None
        Packet before it in a chain of the same side; `chain_length` counts the chain.
    revision : int
        0, then one more for each cancel after emission.
    is_emitted : bool
        It has been emitted.
    placed, sweep : Placed | None, str | None
        Placements and sweep kind of the live members once asked for; a reversal forgets them.
    is_worth : bool
        When it closed it was worth emitting by itself.
    links : dict[str, StructureLink] | None
        Structures of its members by print id; null without any.
    """

    id: str
    contract: Contract
    members: list[Member]
    start_ns: int
    deadline: int
    release_ns: int
    is_complex: bool
    is_late: bool
    reversals: tuple[tuple[int, int], ...] = ()
    context: MarketContext = NO_CONTEXT
    continues: str | None = None
    chain_length: int = 1
    revision: int = 0
    is_emitted: bool = False
    placed: Placed | None = None
    sweep: str | None = None
    is_worth: bool = False
    links: dict[str, StructureLink] | None = None

    def link(self, trace_id: str, link: StructureLink) -> None:
        """Note the structure of a member."""
        if self.links is None:
            self.links = {}
        self.links[trace_id] = link

    def absorbed_by(self, live: Sequence[Member]) -> str | None:
        """
        Return the structure that takes this packet in, null if none does.

        Notes
        -----
        More than half of the live contracts are in structures that absorb their legs; the id is
        that of the one with most of them. Source: options flow specification, 6.1.
        """
        links = self.links
        if links is None:
            return None
        total = 0
        sizes: dict[str, int] = {}
        for member in live:
            row = member.row
            total += row.size
            link = links.get(row.trace_id)
            if link is not None and link.absorbs:
                sizes[link.structure_id] = sizes.get(link.structure_id, 0) + row.size
        if 2 * sum(sizes.values()) <= total:
            return None
        return min(sizes, key=lambda name: (-sizes[name], name))

    def is_context_leg(self) -> bool:
        """Tell whether a member is in a structure that is too uncertain to absorb its legs."""
        links = self.links
        return links is not None and any(not link.absorbs for link in links.values())

    def placements(self) -> Placed:
        """Return the placements of the live members."""
        placed = self.placed
        if placed is None:
            placed = self.placed = placed_sizes(self.live_members())
        return placed

    def dominant_side(self, live: Sequence[Member]) -> str | None:
        """Return `buy` or `sell`, whichever side of the market has more size; null if neither."""
        if len(live) == 1:
            return _DOMINANT[live[0].row.nbbo_side]
        placed = self.placements()
        if placed.buy_side == placed.sell_side:
            return None
        return "buy" if placed.buy_side > placed.sell_side else "sell"

    def one_side(self, live: Sequence[Member]) -> str | None:
        """Return `buy` or `sell` where .80 of the placed size lies there; null otherwise."""
        if len(live) == 1:
            return _DOMINANT[live[0].row.nbbo_side]
        return self.dominant_side(live) if self.placements().is_one_sided else None

    def reverse(self, index: int) -> Member:
        """Reverse a member and return it with its new row."""
        member = self.members[index]
        member.row = msgspec.structs.replace(
            member.row, reversed=True, revision=member.row.revision + 1
        )
        self.reversals = (*self.reversals, (index, len(self.members)))
        self.placed = None
        self.sweep = None
        return member

    def live_members(self) -> list[Member]:
        """Return the members no cancel has reversed."""
        if not self.reversals:
            return self.members
        return [member for member in self.members if not member.row.reversed]

    def session_volume(self, last: Member) -> int:
        """Return the session volume at a member, without what was reversed since."""
        volume = last.row.session_volume
        if self.reversals:
            at = next(i for i, member in enumerate(self.members) if member is last)
            for index, seen in self.reversals:
                if index < at < seen:
                    volume -= self.members[index].row.size
        return volume


def open_packet(
    contract: Contract, first: Member, deadline: int, *, is_complex: bool, is_late: bool
) -> Packet:
    """Return a packet of one print."""
    row = first.row
    return Packet(
        f"pk:{contract.option_contract_id}:{row.trace_id}", contract, [first], row.source_ts,
        deadline, deadline, is_complex, is_late,
    )  # fmt: skip


class PacketBuilder:
    """
    Build the records of packets.

    Parameters
    ----------
    config : OptionsConfig
        Thresholds of the aggressor stack and of sweeps.

    Notes
    -----
    Source: options flow specification, 1.6, 3.3 and 5.
    """

    def __init__(self, config: OptionsConfig) -> None:
        self._stack = AggressorStack(config.aggressor, config.quotes)
        self._max_gap_ns = config.cluster.sweep_max_gap_ms * NS_PER_MS
        self._window_ms = config.cluster.window_ms
        self._config_hash = config.config_hash

    def sweep_kind(self, packet: Packet, live: Sequence[Member]) -> str:
        """Return the kind of sweep the live members of a packet make."""
        if len(live) == 1:
            return "iso" if live[0].facts.iso else "none"
        sweep = packet.sweep
        if sweep is None:
            sweep = sweep_kind(live, packet.placements(), self._max_gap_ns)
            packet.sweep = sweep
        return sweep

    def record(self, packet: Packet, cause: OptionsPrint | None = None) -> FlowPacket:
        """
        Return a packet's record at its current revision.

        Parameters
        ----------
        packet : Packet
            Closed.
        cause : OptionsPrint | None
            The cancel that makes a revision; its time is when the revision became knowable.

        Notes
        -----
        A packet whose members are all reversed has count 0, no members, sizes, premiums and ratios
        0, nullable features null and no evidence; contract, times and dte stay, so that whoever
        scored it can retract.
        """
        live = packet.live_members()
        contract = packet.contract
        multi_venue = False
        signals = 0
        if live:
            features, quality, multi_venue = self._measured(packet, live)
            for member in live:
                signals += member.row.signal_pass
        else:
            features, quality = nothing_left(packet.members[-1])
        rows = [member.row for member in packet.members]
        ingest_ts = rows[0].ingest_ts
        if len(rows) > 1:
            ingest_ts = max([row.ingest_ts for row in rows])
        seq = rows[-1].seq
        source_ts = packet.release_ns
        if cause is not None:
            ingest_ts = max(ingest_ts, cause.ingest_ts)
            seq = cause.seq
            source_ts = max(source_ts, cause.source_ts)
        reversed_ids = (
            tuple([row.trace_id for row in rows if row.reversed]) if packet.reversals else ()
        )
        return FlowPacket(
            source_ts, ingest_ts, seq, packet.id, PACKET_VERSION, packet.id, "contract",
            packet.revision, contract.underlying_id, contract.option_contract_id, contract.right,
            contract.strike, contract.expiry, rows[0].source_ts, rows[-1].source_ts,
            self._window_ms, len(live), signals, _ids(live),
            reversed_ids, packet.continues, packet.chain_length,
            "no_trade_size" if multi_venue else "full", packet.is_late, features,
            POSSIBLE_STRUCTURE if packet.is_context_leg() else {}, quality, (), None,
            packet.absorbed_by(live), packet.context.baselines.snapshot_id,
            packet_refs(live, packet.context), PACKET_POLICY, self._config_hash,
        )  # fmt: skip

    def _measured(
        self, packet: Packet, live: Sequence[Member]
    ) -> tuple[PacketFeatures, JoinQuality, bool]:
        links = packet.links or NO_LINKS
        if len(live) == 1:
            only = live[0]
            volume = packet.session_volume(only)
            is_matched = only.row.trace_id in links
            return (
                single_features(only, packet.context, volume, is_matched=is_matched),
                single_observation(only, is_matched=is_matched),
                False,
            )
        placed = packet.placements()
        sweep = self.sweep_kind(packet, live)
        multi_venue = sweep in MULTI_VENUE
        features, unknown = packet_features(
            live,
            self._verdicts(live, multi_venue),
            packet.context,
            placed=placed,
            sweep=sweep,
            session_volume=packet.session_volume(live[-1]),
            matched=links,
        )
        return features, observation(live, placed, unknown, links), multi_venue

    def _verdicts(self, members: Sequence[Member], multi_venue: bool) -> list[Verdict]:
        if multi_venue:
            verdicts = [
                self._stack.decide(
                    member.row,
                    member.at_e4,
                    member.quote,
                    member.facts,
                    unresolved=member.unresolved,
                    trade_size=False,
                )
                for member in members
            ]
        else:
            verdicts = [
                (row.aggressor_side, row.aggressor_probability, row.aggressor_method)
                for member in members
                if (row := member.row)
            ]
        if "unknown" not in [method for _, _, method in verdicts]:
            return verdicts
        sides = reverse_tick_sides(
            [member.at_e4 for member in members],
            [member.facts.eligible_price for member in members],
        )
        for at, side in enumerate(sides):
            if side != "unknown" and verdicts[at][2] == "unknown":
                member = members[at]
                probability = self._stack.capped(
                    self._stack.reverse_tick_probability, member.quote, member.facts
                )
                verdicts[at] = (side, probability, "reverse_tick")
        return verdicts


def _ids(live: Sequence[Member]) -> tuple[str, ...]:
    if len(live) == 1:
        return (live[0].row.trace_id,)
    return tuple([member.row.trace_id for member in live])


def nothing_left(last: Member) -> tuple[PacketFeatures, JoinQuality]:
    """Return the features and join quality of a packet whose members are all reversed."""
    row = last.row
    none = (None,)
    zeros = (0,) * 7
    features = PacketFeatures(
        0, 0, 0.0, 0.0, None, None, None, 0, 0.0, 0.0, None, None, None, 0, 0.0, (),
        *zeros, *zeros, 0.0, 0.0, 0.0, None, None, None, 0.0, 0.0,
        0.5, 0.0, 0.5, False, {},
        0, *((0.0,) * 9), "none", False, False, "mixed", 1, 1.0, None,
        row.dte_days, None, None, None, row.is_etf, *(none * 6), *(none * 7), *(none * 5),
        None, None, None, max(row.session_volume - row.size, 0),
    )  # fmt: skip
    return features, JoinQuality(*((0.0,) * 12), 0, None, None, None)
