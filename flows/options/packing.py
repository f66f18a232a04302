"""Packets as compact plain data, and back."""

from operator import itemgetter
from typing import Any
from typing import Final

import msgspec

from flows.common.prices import premium_cents
from flows.common.prices import price_e4
from flows.options.baselines.measure import NO_BASELINES
from flows.options.baselines.measure import MetricBaseline
from flows.options.baselines.measure import PacketBaselines
from flows.options.conditions import condition_facts
from flows.options.config import TAPE_POLICY
from flows.options.config import OptionsConfig
from flows.options.enrichment import Contract
from flows.options.market_context import MarketContext
from flows.options.packets import Packet
from flows.options.packets import open_packet
from flows.options.quotes import JoinedQuote
from flows.options.quotes import grade_quote
from flows.options.refdata.calendar import NextEvent
from flows.options.session_prints import print_digest
from flows.options.structures.link import StructureLink
from flows.options.tape import TAPE_VERSION
from flows.options.tape import Member
from schemas.records import OptionsTape

# Fields of a row that its contract and its condition give back.
_OF_CONTRACT: Final = (
    "option_contract_id", "underlying_id", "root", "right", "multiplier_source", "expiry",
    "strike", "adjusted", "flex", "is_etf",
)  # fmt: skip
_OF_CONDITION: Final = (
    "signal_class", "eligible_volume", "eligible_price", "iso", "auction", "cross", "floor",
    "complex", "stock_tied", "late", "opening", "cancel",
)  # fmt: skip
_OF_POLICY: Final = ("schema_version", "policy_version", "config_hash", "signal_profile")
_LISTS: Final = ("conditions", "raw_conditions", "condition_caveats", "signal_reasons")
ROW_FIELDS: Final = tuple(
    field
    for field in OptionsTape.__struct_fields__
    if field not in {*_OF_CONTRACT, *_OF_CONDITION, *_OF_POLICY}
)
# The whole row at once, then the places wanted: cheaper than asking for each field by name.
_of_row: Final = itemgetter(*map(OptionsTape.__struct_fields__.index, ROW_FIELDS))
_astuple: Final = msgspec.structs.astuple


def pack_packet(packet: Packet) -> tuple[object, ...]:
    """
    Return a packet as plain data; about 400 bytes a member when encoded.

    Notes
    -----
    Links to structures that are still open are left out: these bring them back themselves.
    """
    links = packet.links
    return (
        packet.deadline,
        packet.is_complex,
        packet.is_late,
        packet.release_ns,
        packet.revision,
        packet.is_emitted,
        packet.continues,
        packet.chain_length,
        pack_context(packet.context),
        packet.reversals,
        [pack_member(member) for member in packet.members],
        packet.is_worth,
        None
        if links is None
        else [
            (at, link.structure_id, link.absorbs, link.closes_ns)
            for at, member in enumerate(packet.members)
            if (link := links.get(member.row.trace_id)) is not None and link.structure_id
        ],
    )


def first_serial(data: Any) -> int:  # noqa: ANN401 - decoded data
    """Return the serial of the first member of what `pack_packet` packed."""
    return int(data[10][0][3])


def pack_member(member: Member) -> tuple[object, ...]:
    """Return a member as plain data, without what its contract and condition give back."""
    return (
        member.underlying_bid,
        member.underlying_ask,
        member.underlying_ts,
        member.serial,
        _of_row(_astuple(member.row)),
    )


def pack_context(context: MarketContext) -> tuple[object, ...]:
    """Return a context as plain data."""
    event = context.event
    baselines = context.baselines
    return (
        context.strike_share_60s,
        context.mid_60s_before,
        context.sigma_bps,
        None if event is None else _astuple(event),
        context.expiry_after_event,
        None
        if baselines is NO_BASELINES
        else (
            _astuple(baselines.premium),
            _astuple(baselines.size),
            _astuple(baselines.spread),
            baselines.snapshot_id,
        ),
        context.outlier_size,
    )


def unpack_context(data: Any) -> MarketContext:  # noqa: ANN401 - decoded data
    """Return the context that `pack_context` packed."""
    share, mid, sigma, event, after, baselines, outlier = data
    known = NO_BASELINES
    if baselines is not None:
        premium, size, spread, snapshot_id = baselines
        known = PacketBaselines(
            MetricBaseline(*premium), MetricBaseline(*size), MetricBaseline(*spread), snapshot_id
        )
    return MarketContext(
        share, mid, sigma, None if event is None else NextEvent(*event), after, known, outlier
    )


def quote_of_row(row: OptionsTape, max_age_ms: float, wide_spread_pct: float) -> JoinedQuote:
    """Rebuild the joined quote of a tape row."""
    state, bid_e4, ask_e4, mid, spread, spread_pct = (
        ("none", 0, 0, None, None, None)
        if row.nbbo_source == "none"
        else grade_quote(
            row.nbbo_bid, row.nbbo_ask, row.nbbo_bid_size, row.nbbo_ask_size, wide_spread_pct
        )
    )
    age_ms = row.nbbo_age_ms
    return JoinedQuote(
        row.nbbo_source, state, row.nbbo_bid, row.nbbo_ask, row.nbbo_bid_size, row.nbbo_ask_size,
        row.nbbo_ts, row.nbbo_bid_venue, row.nbbo_ask_venue, row.nbbo_trace_id, bid_e4, ask_e4,
        mid, spread, spread_pct, age_ms, age_ms is not None and age_ms > max_age_ms,
    )  # fmt: skip


class PacketUnpacker:
    """
    Rebuild packets from plain data.

    Parameters
    ----------
    config : OptionsConfig
        In force; its hash and signal mode go into the rebuilt rows.
    """

    __slots__ = ("_fixed", "_quotes")

    def __init__(self, config: OptionsConfig) -> None:
        self._quotes = config.quotes
        self._fixed: dict[str, Any] = {
            "schema_version": TAPE_VERSION,
            "policy_version": TAPE_POLICY,
            "config_hash": config.config_hash,
            "signal_profile": config.signal.mode,
        }

    def unpack(self, data: Any, contract: Contract) -> Packet:  # noqa: ANN401 - decoded data
        """
        Return the packet that `pack_packet` packed.

        Parameters
        ----------
        data
            Decoded plain data.
        contract : Contract
            Its contract.
        """
        (
            deadline, is_complex, is_late, release_ns, revision, is_emitted, continues,
            chain_length, context, reversals, packed, is_worth, links,
        ) = data  # fmt: skip
        members = [self.member(part, contract) for part in packed]
        packet = open_packet(contract, members[0], deadline, is_complex=is_complex, is_late=is_late)
        packet.members = members
        packet.release_ns = release_ns
        packet.revision = revision
        packet.is_emitted = is_emitted
        packet.continues = continues
        packet.chain_length = chain_length
        packet.context = unpack_context(context)
        packet.is_worth = is_worth
        if links is not None:
            packet.links = {
                members[at].row.trace_id: StructureLink(structure_id, absorbs, closes_ns)
                for at, structure_id, absorbs, closes_ns in links
            }
        packet.reversals = tuple((index, seen) for index, seen in reversals)
        return packet

    def member(self, part: Any, contract: Contract) -> Member:  # noqa: ANN401 - decoded data
        """Return the member that `pack_member` packed."""
        bid, ask, ts, serial, values = part
        fields: dict[str, Any] = dict(zip(ROW_FIELDS, values, strict=True))
        for name in _LISTS:
            fields[name] = tuple(fields[name])
        facts = condition_facts(fields["conditions"])
        for name in _OF_CONTRACT:
            fields[name] = getattr(contract, name)
        for name in _OF_CONDITION:
            fields[name] = getattr(facts, name)
        row = OptionsTape(**fields, **self._fixed)
        at_e4 = price_e4(row.price)
        cents = premium_cents(at_e4, row.size, row.multiplier)
        digest = print_digest(row, at_e4)
        quote = quote_of_row(row, self._quotes.max_age_ms, self._quotes.wide_spread_pct)
        return Member(
            row, facts, at_e4, cents, quote, bid, ask, ts, contract.unresolved, serial, digest
        )
