"""Closing a structure: its identity, the market around it, and whether it is emitted."""

from typing import Final

from flows.options.archive import CancelArchive
from flows.options.baselines.book import Baselines
from flows.options.config import OptionsConfig
from flows.options.market_context import MarketContext
from flows.options.market_context import expires_after
from flows.options.open_flows import UnderlyingFlow
from flows.options.refdata.calendar import EventCalendar
from flows.options.signal import SignalFilter
from flows.options.structures.records import StructureBuilder
from flows.options.structures.structure import Structure
from flows.options.tape import Member
from schemas.records import FlowPacket

MOVE_SECONDS: Final = 60


class StructureCloser:
    """
    Give a structure its id and context, and emit it if it is large enough.

    Parameters
    ----------
    config : OptionsConfig
        The gross premium from which a structure without a signal print is emitted.
    archive : CancelArchive
        Takes emitted structures.
    baselines : Baselines
        Of the underlying; a structure never becomes part of them, its legs do.
    calendar : EventCalendar
        Scheduled events.

    Notes
    -----
    Source: options flow specification, 5.1 and 6.1.
    """

    def __init__(
        self,
        config: OptionsConfig,
        archive: CancelArchive,
        baselines: Baselines,
        calendar: EventCalendar,
    ) -> None:
        self._base_cents = SignalFilter(config.signal).base_minimum * 100
        self._builder = StructureBuilder(config)
        self._archive = archive
        self._baselines = baselines
        self._calendar = calendar
        self.emitted = 0
        self.unemitted = 0

    def close(
        self, underlying: UnderlyingFlow, structure: Structure, now_ns: int
    ) -> FlowPacket | None:
        """
        Close a structure.

        Parameters
        ----------
        underlying : UnderlyingFlow
            Of its members.
        structure : Structure
            With its final template.
        now_ns : int
            When it became known.

        Returns
        -------
        FlowPacket | None
            Its record; null when it is too small, or nothing of it is left. Its link then stays
            without an id.
        """
        live = [one.member for one in structure.live_prints()]
        cents = sum([member.cents for member in live])
        if not live or (
            cents < self._base_cents and not any(member.row.signal_pass for member in live)
        ):
            self.unemitted += 1
            return None
        structure.release_ns = now_ns
        structure.id = structure.link.structure_id = structure.identity()
        structure.context = self._context(underlying, structure, live, cents)
        self.emitted += 1
        self._archive.keep_structure(structure)
        return self._builder.record(structure)

    def _context(
        self, underlying: UnderlyingFlow, structure: Structure, live: list[Member], cents: int
    ) -> MarketContext:
        last = live[-1].row
        event = self._calendar.next_event(structure.underlying_id, last.source_ts)
        return MarketContext(
            None,
            underlying.path.mid_before(last.source_ts, MOVE_SECONDS),
            underlying.path.sigma_bps(),
            event,
            expires_after(min([member.row.expiry for member in live]), event),
            self._baselines.structure(
                structure.underlying_id,
                last.source_ts,
                cents / 100,
                sum([member.row.size for member in live]),
            ),
        )
