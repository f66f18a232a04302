"""Typed references from a packet to what it rests on."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from flows.common.eastern import iso_date
from flows.options.baselines.measure import COLD
from flows.options.market_context import MarketContext
from flows.options.tape import Member
from schemas.records import EvidenceRef

MAX_MEMBER_REFS: Final = 500


def packet_refs(live: Sequence[Member], context: MarketContext) -> tuple[EvidenceRef, ...]:
    """Return what a packet rests on: its prints, the newest quote, and what it was measured by."""
    if not live:
        return ()
    refs = [EvidenceRef("option_print", live[0].row.trace_id, "anchor")]
    if len(live) > 1:
        refs.extend(
            EvidenceRef("option_print", member.row.trace_id, "member")
            for member in live[1:MAX_MEMBER_REFS]
        )
    quote_id = live[-1].row.nbbo_trace_id
    if quote_id is not None:
        refs.append(EvidenceRef("option_nbbo", quote_id, "context"))
    if live[-1].row.oi_as_of is not None:
        refs.append(oi_ref(live[-1]))
    if context.event is not None or context.baselines.snapshot_id != COLD:
        refs.extend(context_refs(context))
    return tuple(refs)


@lru_cache(maxsize=65_536)
def _oi_id(option_contract_id: str, as_of: int) -> str:
    return f"{option_contract_id}@{iso_date(as_of)}"


def oi_ref(member: Member) -> EvidenceRef:
    """Return the reference to the open interest a member knew of: contract and session."""
    row = member.row
    return EvidenceRef("oi_snapshot", _oi_id(row.option_contract_id, row.oi_as_of or 0), "context")


def context_refs(context: MarketContext) -> list[EvidenceRef]:
    """Return references to the event and the baselines a packet was measured against."""
    refs = []
    if context.event is not None:
        refs.append(EvidenceRef("event_calendar", context.event.event_id, "context"))
    snapshot_id = context.baselines.snapshot_id
    if snapshot_id != COLD:
        refs.append(EvidenceRef("baseline_snapshot", snapshot_id, "baseline"))
    return refs
