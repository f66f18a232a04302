"""The options engine: events of one partition in, derived records out."""

from collections.abc import Sequence
from typing import Any
from typing import Final

import msgspec

from flows.errors import MisconfiguredFlow
from flows.options.archive import CancelArchive
from flows.options.cancels import OUT_OF_WINDOW
from flows.options.cancels import CancelDesk
from flows.options.clustering import Clusterer
from flows.options.clustering import ContractFlow
from flows.options.clustering import UnderlyingFlow
from flows.options.config import OptionsConfig
from flows.options.enrichment import NS_PER_DAY
from flows.options.enrichment import NS_PER_S
from flows.options.enrichment import REWIND_NS
from flows.options.enrichment import Event
from flows.options.enrichment import JoinedPrint
from flows.options.enrichment import JoinStage
from flows.options.inference import Inference
from flows.options.packets import PacketBuilder
from flows.options.packing import PacketUnpacker
from flows.options.session_prints import NOT_COUNTED
from flows.options.session_prints import print_digest
from flows.options.state import load_flows
from flows.options.state import pack_flows
from flows.options.tape import TapeBuilder
from flows.options.timers import NEVER
from schemas.records import ClassifierHit
from schemas.records import EquityQuote
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import OptionsTape
from schemas.records import SmartMoneyEvent

Derived = OptionsTape | FlowPacket | SmartMoneyEvent | ClassifierHit | FlowAlert

STATE_VERSION: Final = 1
KNOWN_VENUES: Final = frozenset("ABCDEHIJMNOPQSTUWXZ")

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


class OptionsEngine:
    """
    Turn the events of one partition into tape rows, packets, events, hits and alerts.

    Events come ordered by (`source_ts`, topic rank, offset); late ones are flagged and processed
    on arrival. Output depends on the events alone: not on where a batch ends, nor on when
    `advance` is called. After `restore` it goes on byte for byte as if never stopped.

    Parameters
    ----------
    config : OptionsConfig
        Thresholds; their hash goes into every record.

    Notes
    -----
    Source: options flow specification, 0 to 5.
    """

    def __init__(self, config: OptionsConfig) -> None:
        self.config = config
        cluster = config.cluster
        self._ttl_ns = cluster.rolling_ttl_sec * NS_PER_S
        self._stage = JoinStage(config)
        self._tape = TapeBuilder(config)
        builder = PacketBuilder(config)
        self._archive = CancelArchive(cluster)
        self._clusterer = Clusterer(config, builder, self._archive)
        unpacker = PacketUnpacker(config)
        self._desk = CancelDesk(self._archive, builder, unpacker, cluster.cancel_lookback_ms)
        self._inference = Inference(config.inference)
        self._contracts: dict[str, ContractFlow] = {}
        self._underlyings: dict[str, UnderlyingFlow] = {}
        self._clock_ns = 0
        self._counts: dict[str, int] = {}
        self._placements: dict[str, int] = {}
        self._iv_statuses: dict[str, int] = {}

    def process(self, batch: Sequence[Event]) -> list[Derived]:
        """
        Process events in order.

        Parameters
        ----------
        batch : Sequence[Event]
            Records with whether each came late.

        Returns
        -------
        list[Derived]
            Records in the order they became knowable.
        """
        out: list[Derived] = []
        timers = self._clusterer.timers
        for step in self._stage.join(batch):
            if isinstance(step, JoinedPrint):
                ts = step.clock_ns
                if timers.next_deadline < ts:
                    self._fire(ts, out)
                if ts != self._clock_ns:
                    self._tick(ts)
                self._print(step, out)
            else:
                self._equity_quote(*step, out)
        if timers.next_deadline < self._stage.clock_ns:
            self._fire(self._stage.clock_ns, out)
        return out

    def advance(self, watermark_ns: int) -> list[Derived]:
        """
        Fire every timer with a deadline before a watermark.

        Parameters
        ----------
        watermark_ns : int
            ns UTC; every event before it has been processed.
        """
        out: list[Derived] = []
        self._fire(watermark_ns, out)
        return out

    def finish(self) -> list[Derived]:
        """
        Fire every open timer: the end of the input.

        The engine stays usable. Events that follow may be of an earlier date; a step back of more
        than a minute forgets quotes, paths and packets kept for cancels.
        """
        return self.advance(NEVER)

    def _fire(self, before_ns: int, out: list[Derived]) -> None:
        on_packet = self._inference.on_packet
        for packet in self._clusterer.fire(before_ns):
            out.append(packet)
            out.extend(on_packet(packet))

    def _tick(self, ts: int) -> None:
        last = self._clock_ns
        self._clock_ns = ts
        if ts < last - REWIND_NS:
            self._archive.clear()
            for underlying in self._underlyings.values():
                underlying.restart()
            idle = [name for name, flow in self._contracts.items() if not flow.kept]
        elif ts // NS_PER_DAY != last // NS_PER_DAY and last:
            before_ns = ts - self._ttl_ns
            idle = [
                name
                for name, flow in self._contracts.items()
                if flow.seen_ns < before_ns and not flow.kept
            ]
        else:
            return
        for name in idle:
            del self._contracts[name]

    def _print(self, joined: JoinedPrint, out: list[Derived]) -> None:
        record = joined.record
        facts = joined.facts
        flow = self._contracts.get(record.option_contract_id)
        if flow is None:
            flow = self._flow(joined)
        flow.seen_ns = record.source_ts
        self._count("prints")
        if (
            joined.is_late
            or facts.caveats
            or facts.code == "u"
            or record.exchange not in KNOWN_VENUES
        ):
            self._count_unusual(joined)
        underlying = joined.underlying
        if underlying.source == "provider" and underlying.mid is not None and not joined.is_late:
            flow.underlying.path.add(record.source_ts, underlying.mid)
        if facts.cancel:
            self._cancel(flow, joined, out)
            return
        if not facts.eligible_volume:
            volume = flow.prints.volume_of(joined.trade_date)
            member = self._tape.member(joined, volume, NOT_COUNTED)
            self._count_row(member.row)
            out.append(member.row)
            return
        size = record.size
        digest = print_digest(record, joined.at_e4)
        serial, volume = flow.prints.add(joined.trade_date, size, digest, is_late=joined.is_late)
        member = self._tape.member(joined, volume, (serial, digest))
        self._count_row(member.row)
        out.append(member.row)
        flow.trailing.add(record.source_ts, size)
        flow.underlying.trailing.add(record.source_ts, size)
        self._clusterer.add(flow, member, self._clock_ns)

    def _cancel(self, flow: ContractFlow, joined: JoinedPrint, out: list[Derived]) -> None:
        reversal = self._desk.cancel(flow, joined)
        self._count(reversal.outcome)
        caveats = (OUT_OF_WINDOW,) if reversal.outcome == OUT_OF_WINDOW else ()
        volume = flow.prints.volume_of(joined.trade_date)
        row = self._tape.member(joined, volume, NOT_COUNTED, caveats).row
        self._count_row(row)
        out.append(row)
        if reversal.row is not None:
            out.append(reversal.row)
        if reversal.packet is not None:
            out.append(reversal.packet)
            out.extend(self._inference.on_packet(reversal.packet))

    def _flow(self, joined: JoinedPrint) -> ContractFlow:
        contract = joined.contract
        underlying = self._underlying(contract.underlying_id)
        flow = self._contracts[contract.option_contract_id] = ContractFlow(contract, underlying)
        return flow

    def _underlying(self, underlying_id: str) -> UnderlyingFlow:
        underlying = self._underlyings.get(underlying_id)
        if underlying is None:
            underlying = self._underlyings[underlying_id] = UnderlyingFlow()
        return underlying

    def _equity_quote(self, quote: EquityQuote, is_late: bool, out: list[Derived]) -> None:
        self._count("equity_quotes")
        if is_late:
            self._count("late_arrivals")
            return
        ts = quote.source_ts
        if self._clusterer.timers.next_deadline < ts:
            self._fire(ts, out)
        if ts != self._clock_ns:
            self._tick(ts)
        bid = quote.bid
        ask = quote.ask
        if bid is not None and ask is not None and 0.0 < bid <= ask:
            self._underlying(quote.underlying_id).path.add(ts, (bid + ask) / 2)

    def _count(self, name: str) -> None:
        try:
            self._counts[name] += 1
        except KeyError:
            self._counts[name] = 1

    def _count_unusual(self, joined: JoinedPrint) -> None:
        if joined.is_late:
            self._count("late_arrivals")
        facts = joined.facts
        if facts.caveats and "unknown_condition" in facts.caveats:
            self._count(f"unknown_condition:{facts.code}")
        if facts.code == "u":
            self._count("compression_prints")
        venue = joined.record.exchange
        if venue and venue not in KNOWN_VENUES:
            self._count(f"unknown_venue:{venue}")

    def _count_row(self, row: OptionsTape) -> None:
        # A handful of keys, met on the first rows: an increment is cheaper than a look before it.
        try:
            self._placements[row.nbbo_side] += 1
        except KeyError:
            self._placements[row.nbbo_side] = 1
        try:
            self._iv_statuses[row.iv_status] += 1
        except KeyError:
            self._iv_statuses[row.iv_status] = 1

    def snapshot(self) -> bytes:
        """Return the whole state as versioned plain data; equal states give equal bytes."""
        return _encode(
            {
                "version": STATE_VERSION,
                "clock_ns": self._clock_ns,
                "stage": self._stage.state(),
                "flows": pack_flows(self._contracts, self._underlyings, self._clusterer),
                "archive": self._archive.state(),
                "inference": self._inference.snapshot(),
                "counts": [
                    list(counts.items())
                    for counts in (self._counts, self._placements, self._iv_statuses)
                ],
            }
        )

    @classmethod
    def restore(cls, config: OptionsConfig, state: bytes) -> "OptionsEngine":
        """
        Build the engine that made a snapshot.

        Parameters
        ----------
        config : OptionsConfig
            Thresholds from here on.
        state : bytes
            From `snapshot`.

        Raises
        ------
        MisconfiguredFlow
            The state is of a version this code does not read.
        """
        data: dict[str, Any] = _decode(state)
        if data.get("version") != STATE_VERSION:
            msg = (
                f"state has version {data.get('version')!r}, expected {STATE_VERSION}; "
                "start without the recovery store once (COMPUTE_CONSUMER_RESET=true)"
            )
            raise MisconfiguredFlow(msg)
        engine = cls(config)
        engine._clock_ns = data["clock_ns"]
        engine._stage.load(data["stage"])
        load_flows(
            data["flows"],
            engine._contracts,
            engine._underlyings,
            engine._clusterer,
            PacketUnpacker(config),
        )
        engine._archive.load(data["archive"])
        engine._inference.restore(data["inference"])
        counts, placements, statuses = data["counts"]
        engine._counts = dict(counts)
        engine._placements = dict(placements)
        engine._iv_statuses = dict(statuses)
        return engine

    @property
    def counters(self) -> dict[str, int]:
        """Counts since the start (they survive a restore), and how much is open now."""
        clusterer = self._clusterer
        return {
            **self._counts,
            **{f"placement:{side}": n for side, n in self._placements.items()},
            **{f"iv_status:{status}": n for status, n in self._iv_statuses.items()},
            "packets_emitted": clusterer.emitted,
            "packets_unemitted": clusterer.unemitted,
            "pending_timers": len(clusterer.timers),
            "archived_packets": len(self._archive),
            "archive_cut": self._archive.cut,
            **self._inference.counters,
        }
