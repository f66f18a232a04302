"""The record of a structure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from flows.options.config import PACKET_POLICY
from flows.options.config import OptionsConfig
from flows.options.features import packet_features
from flows.options.observation import observation
from flows.options.packet_evidence import MAX_MEMBER_REFS
from flows.options.packet_evidence import context_refs
from flows.options.packet_evidence import oi_ref
from flows.options.packets import PACKET_VERSION
from flows.options.packets import nothing_left
from flows.options.placements import placed_sizes
from flows.options.structures.economics import Economics
from flows.options.structures.structure import Structure
from flows.options.tape import Member
from schemas.records import EvidenceRef
from schemas.records import FlowPacket
from schemas.records import JoinQuality
from schemas.records import OptionsPrint
from schemas.records import PacketFeatures
from schemas.records import PacketLeg
from schemas.records import PacketStructure

NO_PACKAGE: Final = PacketStructure(
    "multi_leg", None, 0, 0.0, (), "unknown", 0.5, None, None, None, 0.0, 0.0, None, None,
    "unknown", False, 0.0, (), (),
)  # fmt: skip


def _leg_iv_shock(structure: Structure) -> float | None:
    """Return the widest range of volatilities within one leg: between legs it is skew."""
    ranges: dict[str, tuple[float, float]] = {}
    for one in structure.live_prints():
        iv = one.member.row.iv
        if iv is not None:
            low, high = ranges.get(one.contract.option_contract_id, (iv, iv))
            ranges[one.contract.option_contract_id] = (min(low, iv), max(high, iv))
    if not ranges:
        return None
    return round(max([high - low for low, high in ranges.values()]) * 1e6) / 1e6


def _main_row(economics: Economics, members: Sequence[Member]) -> Member:
    """Return the last print of the leg with the largest premium."""
    main = max(economics.legs, key=lambda leg: leg.premium).option_contract_id
    return [member for member in members if member.row.option_contract_id == main][-1]


def _features(
    structure: Structure, economics: Economics, members: Sequence[Member]
) -> tuple[PacketFeatures, JoinQuality]:
    placed = placed_sizes(members)
    ids = dict.fromkeys([member.row.trace_id for member in members])
    verdicts = [
        (row.aggressor_side, row.aggressor_probability, row.aggressor_method)
        for member in members
        if (row := member.row)
    ]
    main = _main_row(economics, members)
    features, unknown = packet_features(
        members,
        verdicts,
        structure.context,
        placed=placed,
        sweep="none",
        session_volume=main.row.session_volume,
        matched=ids,
    )
    sizes: dict[float, int] = {}
    for member in members:
        row = member.row
        sizes[row.strike] = sizes.get(row.strike, 0) + row.size
    total = features.total_size
    row = main.row
    features = msgspec.structs.replace(
        features,
        vwap=None,
        first_price=None,
        last_price=None,
        strike_count=len(sizes),
        strike_concentration=round(sum([(size / total) ** 2 for size in sizes.values()]) * 1e6)
        / 1e6,
        dte_days=min([member.row.dte_days for member in members]),
        moneyness=row.moneyness,
        otm_pct=row.otm_pct,
        atm_proximity=row.atm_proximity,
        execution_iv_shock=_leg_iv_shock(structure),
        delta=None,
        nbbo_bid=None,
        nbbo_ask=None,
        nbbo_mid=None,
        nbbo_spread=None,
        nbbo_bid_size=None,
        nbbo_ask_size=None,
        nbbo_ts=None,
        oi=None,
        oi_as_of=None,
        volume_oi_ratio=None,
        size_oi_ratio=None,
        opening_sides_lower_bound=None,
    )
    return features, observation(members, placed, unknown, ids)


class StructureBuilder:
    """
    Build the records of structures.

    Parameters
    ----------
    config : OptionsConfig
        In force; its hash goes into the records.

    Notes
    -----
    Ratios are over all member prints; prices, quotes and open interest, which belong to one
    contract, are null; strike fields and session volume are those of the leg with the largest
    premium, `dte_days` the earliest. Source: options flow specification, 1.6 and 6.1.
    """

    def __init__(self, config: OptionsConfig) -> None:
        self._config_hash = config.config_hash

    def record(self, structure: Structure, cause: OptionsPrint | None = None) -> FlowPacket:
        """
        Return a closed structure's record at its current revision.

        Parameters
        ----------
        structure : Structure
            Closed.
        cause : OptionsPrint | None
            The cancel that makes a revision; its time is when the revision became knowable.

        Notes
        -----
        One whose members are all reversed has count 0, no legs and the type `multi_leg`, so that
        whoever scored it can retract.
        """
        everyone = structure.members()
        live = [member for member in everyone if not member.row.reversed]
        found = structure.economics()
        if found is None:
            features, quality = nothing_left(everyone[-1])
            package = msgspec.structs.replace(
                NO_PACKAGE, tier=structure.tier, confidence=structure.confidence
            )
            legs: tuple[PacketLeg, ...] = ()
        else:
            features, quality = _features(structure, found, live)
            package, legs = found.structure, found.legs
        rows = [member.row for member in everyone]
        ingest_ts = max([row.ingest_ts for row in rows])
        seq = rows[-1].seq
        source_ts = structure.release_ns
        if cause is not None:
            ingest_ts = max(ingest_ts, cause.ingest_ts)
            seq = cause.seq
            source_ts = max(source_ts, cause.source_ts)
        return FlowPacket(
            source_ts, ingest_ts, seq, structure.id, PACKET_VERSION, structure.id, "structure",
            structure.revision, structure.underlying_id, None, None, None, None,
            rows[0].source_ts, rows[-1].source_ts, structure.window_ms, len(live),
            sum([member.row.signal_pass for member in live]),
            tuple([member.row.trace_id for member in live]),
            tuple([row.trace_id for row in rows if row.reversed]), None, 1, "full", False,
            features, {}, quality, legs, package, None,
            structure.context.baselines.snapshot_id, _evidence(structure, live), PACKET_POLICY,
            self._config_hash,
        )  # fmt: skip


def _evidence(structure: Structure, live: Sequence[Member]) -> tuple[EvidenceRef, ...]:
    if not live:
        return ()
    refs = [EvidenceRef("option_print", live[0].row.trace_id, "anchor")]
    refs.extend(
        EvidenceRef("option_print", member.row.trace_id, "member")
        for member in live[1:MAX_MEMBER_REFS]
    )
    held = [one.packet_id for one in structure.live_prints()]
    refs.extend(
        EvidenceRef("flow_packet", packet_id, "member") for packet_id in dict.fromkeys(held)
    )
    newest = {one.contract.option_contract_id: one.member for one in structure.live_prints()}
    refs.extend(oi_ref(member) for member in newest.values() if member.row.oi_as_of is not None)
    refs.extend(context_refs(structure.context))
    return tuple(refs)
