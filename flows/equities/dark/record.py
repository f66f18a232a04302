"""Events as records of `dark.inferred`."""

from typing import Final

import msgspec

from flows.common.prices import round6
from flows.equities.dark.config import DARK_POLICY
from flows.equities.dark.config import DarkConfig
from flows.equities.dark.entry import Entry
from flows.equities.dark.entry import Totals
from flows.equities.dark.entry import largest
from flows.equities.dark.entry import pack
from flows.equities.dark.entry import totals_of
from flows.equities.dark.event import ABSORBED_BLOCK
from flows.equities.dark.event import DISTRIBUTION
from flows.equities.dark.event import HIDDEN_LIQUIDITY_ZONE
from flows.equities.dark.event import STEALTH_ACCUMULATION
from flows.equities.dark.event import Event
from flows.equities.dark.text import explanations
from flows.equities.observed import MICRO
from flows.equities.stage import Desk
from schemas.records import DarkInference
from schemas.records import EvidenceRef

LABEL: Final = "Inferred from off-exchange (TRF) prints"
SCHEMA_VERSION: Final = "dark.inferred.v1"
_PRICE_SCALE: Final = 10_000
_ROLES: Final = {
    ABSORBED_BLOCK: "block",
    STEALTH_ACCUMULATION: "ask_side",
    DISTRIBUTION: "bid_side",
    HIDDEN_LIQUIDITY_ZONE: "in_band",
}


class Stamp(msgspec.Struct, frozen=True, gc=False):
    """
    What brought a record about.

    Parameters
    ----------
    source_ts : int
        When it became knowable, ns UTC.
    ingest_ts, seq : int
        Of the newest input.
    """

    source_ts: int
    ingest_ts: int
    seq: int


def join_id(trace_id: str) -> str:
    """Return the id of a print's join."""
    return f"join:{trace_id}"


class Publisher:
    """
    Turn events into records, each one revision higher than the one before.

    Parameters
    ----------
    who : Desk
        Source and underlying.
    config : DarkConfig
        For the evidence and the words.
    config_hash : str
        Copied.
    """

    def __init__(self, who: Desk, config: DarkConfig, config_hash: str) -> None:
        self._underlying_id = who.underlying_id
        self._config = config
        self._config_hash = config_hash

    def publish(
        self, event: Event, entries: list[Entry], stamp: Stamp, note: str = ""
    ) -> DarkInference:
        """
        Return the next revision of an event that rests on these prints, one at least.

        The event keeps the prints, their totals and the stamp. `note` is a last explanation.
        """
        totals = totals_of(entries)
        event.members = pack(entries)
        event.first_ts, event.last_ts = totals.first_ts, totals.last_ts
        event.micro = totals.micro
        event.revision += 1
        event.ingest_ts = max(event.ingest_ts, stamp.ingest_ts, totals.ingest_ts)
        event.seq = stamp.seq
        return self._record(event, entries, totals, stamp.source_ts, note)

    def _record(
        self, event: Event, entries: list[Entry], totals: Totals, source_ts: int, note: str
    ) -> DarkInference:
        low_e4, high_e4 = totals.low_e4, totals.high_e4
        band = event.band
        if band is not None:
            low_e4, high_e4 = band.low_row * band.row_e4, (band.high_row + 1) * band.row_e4
        said = explanations(event, totals, self._config)
        role = _ROLES[event.kind]
        spread_pct = event.spread_pct
        return DarkInference(
            source_ts=source_ts,
            ingest_ts=event.ingest_ts,
            seq=event.seq,
            trace_id=event.trace_id,
            schema_version=SCHEMA_VERSION,
            revision=event.revision,
            underlying_id=self._underlying_id,
            kind=event.kind,
            status=event.status,
            confidence=event.confidence,
            window_start_ts=totals.first_ts,
            window_end_ts=totals.last_ts,
            price=round6(totals.notional_e10 / (totals.micro * _PRICE_SCALE)),
            price_low=low_e4 / _PRICE_SCALE,
            price_high=high_e4 / _PRICE_SCALE,
            shares=totals.micro / MICRO,
            notional=round6(totals.notional_e10 / (MICRO * _PRICE_SCALE)),
            print_count=totals.prints,
            label=LABEL,
            thresholds=dict(event.thresholds),
            baseline=dict(event.baseline),
            explanations=tuple([*said, note] if note else said),
            spread_pct=None if spread_pct is None else round6(spread_pct),
            follow_through_bps=event.follow_through_bps,
            zone_side=None if band is None else band.side,
            evidence_refs=tuple(
                EvidenceRef("equity_join", join_id(entry[5]), role)
                for entry in largest(entries, self._config.evidence_max)
            ),
            policy_version=DARK_POLICY,
            config_hash=self._config_hash,
        )
